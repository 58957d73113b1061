//! In what size we show the videos of the others: the server sends the layer that fits, and nothing of what is not shown
//! (`UpdateTrackSettings`).

use super::people::People;
use super::request;
use crate::dialect::DialectOutput;
use crate::json::{Fields, Json};
use crate::signal::ParticipantId;
use crate::sources::Source;
use crate::track_settings::{TrackSettings, VideoSettings};

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

    /// Tells the server what it does not know yet.
    pub(super) fn send_changes(&mut self, people: &People, out: &mut Vec<DialectOutput>) {
        self.wanted.retain(|(publisher, _)| people.has(publisher));
        self.told.retain(|(track, _)| people.publication(track).is_some());
        for (publisher, settings) in &self.wanted {
            for source in [Source::Camera, Source::Screen] {
                let (Some(track), Some(settings)) = (people.track(publisher, source), settings.get(source))
                else {
                    continue;
                };
                if self.told.iter().any(|(known, told)| known == track && *told == settings) {
                    continue;
                }
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
