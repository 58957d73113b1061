//! In what size we show the videos of the others: the server sends the layer that fits, and nothing of what is not shown
//! (`UpdateTrackSettings`).
//!
//! Where there is one connection, the server begins to send what is new as soon as it has our offer, and its first key frame comes
//! before its answer, when the browser cannot take it yet; the next one may be a second later. So it is to send nothing of a
//! track before we have the answer that brings it.

use super::people::People;
use super::request;
use crate::dialect::DialectOutput;
use crate::json::{Fields, Json};
use crate::signal::ParticipantId;
use crate::track_settings::{TrackSettings, VideoSettings, VideoSize};

/// How large a video is wanted that was held back, and whose size nobody has said.
const WHOLE: TrackSettings = TrackSettings::Enabled(VideoSize { width: 1280, height: 720 });

/// What is shown, and what the server knows of it.
#[derive(Debug, Default)]
pub(super) struct Shown {
    wanted: Vec<(ParticipantId, VideoSettings)>,
    /// By the `sid` of each track: one that is published anew has another.
    told: Vec<(String, TrackSettings)>,
}

impl Shown {
    /// Somebody's videos are shown like this from now on.
    pub(super) fn set(&mut self, publisher: ParticipantId, settings: VideoSettings) {
        self.wanted.retain(|(known, _)| *known != publisher);
        self.wanted.push((publisher, settings));
    }

    /// Tells the server what it does not know yet. `is_held_back`: of this track nothing is to be sent for now.
    pub(super) fn send_changes(
        &mut self,
        people: &People,
        is_held_back: impl Fn(&str) -> bool,
        out: &mut Vec<DialectOutput>,
    ) {
        self.wanted.retain(|(publisher, _)| people.has(publisher));
        self.told.retain(|(track, _)| people.publication(track).is_some());
        for (publisher, source, track) in people.videos() {
            let wanted = self.wanted.iter().find(|(known, _)| known == publisher);
            let wanted = wanted.and_then(|(_, settings)| settings.get(source));
            let told = self.told.iter().find(|(known, _)| known == track).map(|(_, told)| *told);
            let settings = match is_held_back(track) {
                true => Some(TrackSettings::Disabled),
                false => wanted.or(told.map(|_| WHOLE)),
            };
            if let Some(settings) = settings.filter(|settings| told != Some(*settings)) {
                out.push(request("trackSetting", track_setting(track, settings)));
                self.told.retain(|(known, _)| known != track);
                self.told.push((track.to_owned(), settings));
            }
        }
    }
}

fn track_setting(track: &str, settings: TrackSettings) -> Fields {
    let mut fields = Fields::default();
    fields.put("trackSids", Json::List(vec![Json::text(track)]));
    match settings {
        TrackSettings::Disabled => fields.bool("disabled", true),
        TrackSettings::Enabled(size) => {
            fields.number("width", size.width.into());
            fields.number("height", size.height.into());
        }
    }
    fields
}
