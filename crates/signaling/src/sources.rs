//! What participants publish.

/// `MediaStreamTrack.kind` (W3C mediacapture-streams 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MediaKind {
    /// Sound.
    Audio,
    /// Pictures.
    Video,
}

impl MediaKind {
    /// The name in the standard, and in the `m=` lines of descriptions (RFC 8866 section 5.14).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Video => "video",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Audio, Self::Video].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What begins the line of a description that says what a section is of (RFC 4796).
pub const CONTENT_ATTRIBUTE: &str = "a=content:";

/// Where a track comes from. A participant publishes at most one track of each source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The person's voice.
    Microphone,
    /// The person's picture.
    Camera,
    /// A screen, a window or a tab.
    Screen,
    /// The sound of what is shared.
    ScreenAudio,
    /// Another camera beside the first: what is on the table, or the whole room.
    SecondCamera,
}

impl Source {
    /// Every source, in the order in which their media sections appear in a first offer.
    pub const ALL: [Self; 5] =
        [Self::Microphone, Self::Camera, Self::Screen, Self::ScreenAudio, Self::SecondCamera];

    /// Those that are pictures.
    pub const VIDEO: [Self; 3] = [Self::Camera, Self::Screen, Self::SecondCamera];

    /// Sources with a transceiver in every connection from its beginning, so that pages which know no others meet what they
    /// expect: one audio and one video section.
    pub const MICROPHONE_AND_CAMERA: [Self; 2] = [Self::Microphone, Self::Camera];

    /// What its tracks are.
    pub fn kind(self) -> MediaKind {
        match self {
            Self::Microphone | Self::ScreenAudio => MediaKind::Audio,
            Self::Camera | Self::Screen | Self::SecondCamera => MediaKind::Video,
        }
    }

    /// The name on the wire, in `data-source` attributes and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Microphone => "microphone",
            Self::Camera => "camera",
            Self::Screen => "screen",
            Self::ScreenAudio => "screen-audio",
            Self::SecondCamera => "second-camera",
        }
    }

    /// The key of a field about it, in messages of our own protocols.
    pub fn key(self) -> &'static str {
        match self {
            Self::Microphone | Self::Camera | Self::Screen => self.as_str(),
            Self::ScreenAudio => "screenAudio",
            Self::SecondCamera => "secondCamera",
        }
    }

    /// What its media section is of (`a=content`, RFC 4796); `None` for microphone and camera, which are in the first sections
    /// that say nothing.
    pub fn content(self) -> Option<&'static str> {
        match self {
            Self::Microphone | Self::Camera => None,
            Self::Screen | Self::ScreenAudio => Some("slides"),
            Self::SecondCamera => Some("alt"),
        }
    }

    /// What a line of a description says that its section is of, if it says that and a source of ours is.
    pub fn content_of_line(line: &str) -> Option<&'static str> {
        let content = line.strip_prefix(CONTENT_ATTRIBUTE)?;
        Self::ALL.into_iter().filter_map(Self::content).find(|known| *known == content)
    }

    /// Whether it is a screen, or its sound (`getDisplayMedia`), and not a device.
    pub fn is_display(self) -> bool {
        match self {
            Self::Microphone | Self::Camera | Self::SecondCamera => false,
            Self::Screen | Self::ScreenAudio => true,
        }
    }

    /// Its place in [`Self::VIDEO`], if it is a picture.
    pub fn video_index(self) -> Option<usize> {
        Self::VIDEO.into_iter().position(|video| video == self)
    }

    /// The source of that name, if this version knows it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back() {
        for source in Source::ALL {
            assert_eq!(Source::from_name(source.as_str()), Some(source), "{source:?}");
        }
        assert_eq!(Source::from_name("telescope"), None);
    }
}
