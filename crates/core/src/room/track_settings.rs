//! In what size we show the others, and who is told.

use visavis_signaling::{ParticipantId, Remote, Source, Timestamp};

use super::Room;
use crate::track_settings::{TrackSettings, VideoSettings};

impl Room {
    /// Somebody's video is shown in another size.
    pub(super) fn set_track_settings(
        &mut self,
        participant: ParticipantId,
        source: Source,
        settings: Option<TrackSettings>,
    ) {
        let before = self.video_settings.remove(&participant).unwrap_or_default();
        let now = before.with(source, settings);
        // Kept while somebody leaves and comes back before anything is shown: their tile is the same.
        if now != VideoSettings::default() && self.roster.get(&participant).is_some() {
            self.video_settings.insert(participant, now);
        }
    }

    /// In what size somebody is shown.
    pub(super) fn video_settings_of(&self, participant: &ParticipantId) -> VideoSettings {
        self.video_settings.get(participant).copied().unwrap_or_default()
    }

    /// Tells those who are in the mesh. What a selective forwarding unit would be told, its dialect would have to say.
    pub(super) fn send_track_settings(&mut self, now: Timestamp) {
        for (remote, connection) in self.connections.iter_mut() {
            let settings = match remote {
                Remote::Participant(id) => self.video_settings.get(id).copied(),
                Remote::Server(_) => None,
            };
            connection.send_track_settings(now, settings.unwrap_or_default(), &mut self.out);
        }
    }
}
