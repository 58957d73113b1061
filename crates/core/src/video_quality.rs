//! How much a person wants to spend on videos. What anything but [`VideoQuality::Automatic`] changes is in the part of the program
//! that is loaded on demand, like the settings in which it is chosen.

use visavis_signaling::{Source, TrackSettings, VideoSettings, VideoSize};

use crate::encoding::{EncodingParameters, Encodings, ResolutionScale};

/// Most that a video that we send takes while data is saved, in bits per second: what is left for it beside the sound where a
/// gigabyte has to last for a day.
pub const SAVE_DATA_BITRATE: u32 = 150_000;
const SAVE_DATA_FRAMERATE: u32 = 15;
const SAVE_DATA_SCREEN_FRAMERATE: u32 = 5;
/// In what size others are asked for, at most, and we are sent.
const SAVE_DATA_CAMERA: VideoSize = VideoSize { width: 320, height: 180 };
const SAVE_DATA_SCREEN: VideoSize = VideoSize { width: 640, height: 360 };

/// How much a person wants to spend on videos.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VideoQuality {
    /// As large as videos are shown, and as much as the connection carries.
    #[default]
    Automatic,
    /// As little as possible: small pictures, of which each takes at most [`SAVE_DATA_BITRATE`] to send.
    SaveData,
    /// Captured larger, and sent with twice the bits.
    Best,
}

impl VideoQuality {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Automatic, Self::SaveData, Self::Best];

    /// Its name, as it is kept and configured.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::SaveData => "saveData",
            Self::Best => "best",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|quality| quality.as_str() == name)
    }

    /// In what size and with how many frames per second the camera is asked for.
    pub fn capture(self) -> (VideoSize, u32) {
        match self {
            Self::Automatic => (VideoSize { width: 1280, height: 720 }, 30),
            Self::SaveData => (VideoSize { width: 640, height: 360 }, SAVE_DATA_FRAMERATE),
            Self::Best => (VideoSize { width: 1920, height: 1080 }, 30),
        }
    }

    /// How a source of this size is sent that would be sent like this otherwise.
    pub(crate) fn sent(self, source: Source, captured: Option<VideoSize>, otherwise: Encodings) -> Encodings {
        match self {
            Self::Automatic => otherwise,
            Self::SaveData | Self::Best => self.limit_sent(source, captured, otherwise),
        }
    }

    /// In what size somebody is asked for who is shown like this.
    pub(crate) fn asked(self, shown: VideoSettings) -> VideoSettings {
        match self {
            Self::Automatic | Self::Best => shown,
            Self::SaveData => Self::limit_asked(shown),
        }
    }

    #[inline(never)]
    fn limit_sent(self, source: Source, captured: Option<VideoSize>, sent: Encodings) -> Encodings {
        match self {
            Self::Automatic => sent,
            Self::SaveData => save_data(source, captured, sent),
            Self::Best => sent.map(|encoding| EncodingParameters {
                max_bitrate: encoding.max_bitrate.map(|bitrate| bitrate.saturating_mul(2)),
                ..encoding
            }),
        }
    }

    #[inline(never)]
    fn limit_asked(shown: VideoSettings) -> VideoSettings {
        Source::VIDEO.into_iter().fold(shown, |shown, source| {
            let smaller = |settings| match settings {
                TrackSettings::Enabled(size) => TrackSettings::Enabled(within(size, limit(source))),
                TrackSettings::Disabled => TrackSettings::Disabled,
            };
            shown.with(source, shown.get(source).map(smaller))
        })
    }
}

/// Largest size in which a source is shown.
fn limit(source: Source) -> VideoSize {
    match source {
        Source::Screen => SAVE_DATA_SCREEN,
        Source::Camera | Source::SecondCamera | Source::Microphone | Source::ScreenAudio => SAVE_DATA_CAMERA,
    }
}

fn within(size: VideoSize, limit: VideoSize) -> VideoSize {
    VideoSize { width: size.width.min(limit.width), height: size.height.min(limit.height) }
}

fn save_data(source: Source, captured: Option<VideoSize>, sent: Encodings) -> Encodings {
    let (size, _) = VideoQuality::SaveData.capture();
    let VideoSize { width, height } = captured.unwrap_or(size);
    let is_screen = source == Source::Screen;
    let smallest = ResolutionScale::largest(width, SAVE_DATA_CAMERA.width)
        .min(ResolutionScale::largest(height, SAVE_DATA_CAMERA.height));
    // Of layers only the smallest is sent, to whoever would receive any.
    let is_layered = matches!(sent, Encodings::Layers(_));
    let anybody = sent.as_slice().iter().any(|encoding| encoding.active);
    let mut first = true;
    sent.map(|encoding| {
        let active = anybody && std::mem::take(&mut first);
        let scale = encoding.scale_resolution_down_by;
        let framerate = if is_screen { SAVE_DATA_SCREEN_FRAMERATE } else { SAVE_DATA_FRAMERATE };
        EncodingParameters {
            active,
            scale_resolution_down_by: if is_screen || is_layered { scale } else { scale.max(smallest) },
            max_bitrate: Some(encoding.max_bitrate.unwrap_or(u32::MAX).min(SAVE_DATA_BITRATE)),
            max_framerate: Some(encoding.max_framerate.unwrap_or(u32::MAX).min(framerate)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_layers_the_smallest_is_sent_to_whoever_would_receive_any() {
        let layer = |active| EncodingParameters { active, ..EncodingParameters::default() };
        for wanted in [[true; 3], [false, true, true], [false, false, true]] {
            let sent = Encodings::Layers(wanted.map(layer));
            let limited = VideoQuality::SaveData.limit_sent(Source::Camera, None, sent);
            let active: Vec<bool> = limited.as_slice().iter().map(|layer| layer.active).collect();
            assert_eq!(active, [true, false, false], "{wanted:?}");
        }
        let nobody = Encodings::Layers([false; 3].map(layer));
        let limited = VideoQuality::SaveData.limit_sent(Source::Camera, None, nobody);
        assert!(limited.as_slice().iter().all(|layer| !layer.active));
    }

    #[test]
    fn a_screen_keeps_its_size() {
        let captured = Some(VideoSize { width: 2560, height: 1440 });
        let limited = VideoQuality::SaveData.limit_sent(Source::Screen, captured, Encodings::default());
        let [screen] = limited.as_slice() else { panic!("{limited:?}") };
        assert_eq!(screen.scale_resolution_down_by, ResolutionScale::ONE);
        assert_eq!((screen.max_bitrate, screen.max_framerate), (Some(SAVE_DATA_BITRATE), Some(5)));
    }
}
