//! In what size somebody's video is shown: what LiveKit's clients tell their server with `UpdateTrackSettings`.

use crate::json::{Fields, Json, JsonError, Object};
use crate::sources::Source;

/// Most pixels of one side: those of the largest screens that are sold.
pub const MAX_VIDEO_SIDE: u16 = 8192;

/// A size in physical pixels; each side is at least 1, and at most [`MAX_VIDEO_SIDE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VideoSize {
    /// From left to right.
    pub width: u16,
    /// From top to bottom.
    pub height: u16,
}

/// How one video is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackSettings {
    /// Nobody sees it: it is out of view, or the whole page is.
    Disabled,
    /// As large as this.
    Enabled(VideoSize),
}

/// How everything is shown that one participant may publish. Of what is `None` nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VideoSettings {
    /// In the order of [`Source::VIDEO`].
    videos: [Option<TrackSettings>; Source::VIDEO.len()],
}

impl VideoSettings {
    /// How a source is shown; nothing is known of those without a picture.
    pub fn get(&self, source: Source) -> Option<TrackSettings> {
        self.videos[source.video_index()?]
    }

    /// A source is shown like this from now on.
    #[must_use]
    pub fn with(mut self, source: Source, settings: Option<TrackSettings>) -> Self {
        if let Some(at) = source.video_index() {
            self.videos[at] = settings;
        }
        self
    }

    /// Reads the fields of a message between Visavis pages. `null` and a field that is not there mean different things.
    ///
    /// # Errors
    /// If a size is none.
    pub fn read(fields: &Object<'_>) -> Result<Self, JsonError> {
        Source::VIDEO.into_iter().try_fold(Self::default(), |settings, source| {
            let key = source.key();
            if !fields.keys().any(|known| known == key) {
                return Ok(settings);
            }
            let size = fields.optional_object(key)?.map(|size| VideoSize::read(&size)).transpose()?;
            Ok(settings.with(source, Some(size.map_or(TrackSettings::Disabled, TrackSettings::Enabled))))
        })
    }

    /// Adds the fields of a message between Visavis pages.
    pub fn write(&self, fields: &mut Fields) {
        for source in Source::VIDEO {
            let key = source.key();
            match self.get(source) {
                Some(TrackSettings::Enabled(size)) => fields.put(key, size),
                Some(TrackSettings::Disabled) => fields.put(key, Json::Null),
                None => {}
            }
        }
    }
}

impl VideoSize {
    fn read(fields: &Object<'_>) -> Result<Self, JsonError> {
        let side = |key| {
            let side = fields.optional_u32(key)?.and_then(|side| u16::try_from(side).ok());
            let side = side.filter(|side| (1..=MAX_VIDEO_SIDE).contains(side));
            side.ok_or_else(|| fields.error(key, "must be a number of pixels"))
        };
        Ok(Self { width: side("width")?, height: side("height")? })
    }
}

impl From<VideoSize> for Json {
    fn from(size: VideoSize) -> Self {
        let mut fields = Fields::default();
        fields.number("width", size.width.into());
        fields.number("height", size.height.into());
        fields.into()
    }
}
