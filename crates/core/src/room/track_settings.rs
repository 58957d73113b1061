//! In what size we show the others, and who is told; what is sent to those who tell us.

use visavis_signaling::{ParticipantId, Remote, Source, Timestamp};

use super::Room;
use crate::track_settings::{TrackSettings, VideoSettings};

impl Room {
    /// Somebody's video is shown in another size.
    #[inline(never)]
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

    /// Tells those who are in the mesh in what size we show them, and sends them what they show. What a selective forwarding
    /// unit would be told, its dialect would have to say.
    #[inline(never)]
    pub(super) fn follow_tiles(&mut self, now: Timestamp) {
        let connected = self.connections.iter().filter(|(_, connection)| connection.is_connected());
        let receivers = connected.count() as u32;
        for (remote, connection) in self.connections.iter_mut() {
            if let Remote::Participant(id) = remote {
                let settings = self.video_settings.get(id).copied().unwrap_or_default();
                connection.send_track_settings(now, settings, &mut self.out);
                connection.allocate_video(now, receivers, &mut self.out);
            }
        }
    }
}
