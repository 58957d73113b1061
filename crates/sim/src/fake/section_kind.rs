//! What a media section is for.

/// Audio, video, or the data channel beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SectionKind {
    /// `"audio"`.
    Audio,
    /// `"video"`.
    Video,
    /// `"application"`: the section of all data channels.
    Application,
}

impl SectionKind {
    /// The name in `addTransceiver` and in the SDP.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Application => "application",
        }
    }
}
