//! In what size we show the others, and who is told; what is sent to those who tell us.

use visavis_signaling::{Outbound, ParticipantId, Remote, Source, Timestamp, TrackSettings, VideoSettings};

use super::Room;

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

    /// Tells those who are in the mesh in what size we show them, and sends them what they show; for the others, tells the
    /// selective forwarding unit, and sends it the layers that anybody receives.
    #[inline(never)]
    pub(super) fn follow_tiles(&mut self, now: Timestamp) {
        let connected = self.connections.iter().filter(|(_, connection)| connection.is_connected());
        let receivers = connected.count() as u32;
        let quality = self.media.video_quality();
        for (remote, connection) in self.connections.iter_mut() {
            if let Remote::Participant(id) = remote {
                let settings = quality.asked(self.video_settings.get(id).copied().unwrap_or_default());
                connection.send_track_settings(now, settings, &mut self.out);
            }
            connection.allocate_video(now, receivers, quality, &mut self.out);
        }
        if !self.session.is_joined() {
            return;
        }
        for member in self.roster.iter_mut().filter(|member| member.is_forwarded()) {
            let settings = quality.asked(self.video_settings.get(&member.id).copied().unwrap_or_default());
            if member.track_settings.take(now, settings) {
                let told = Outbound::TrackSettings { publisher: member.id.clone(), settings };
                self.signal_client.send(now, told, &mut self.out);
            }
        }
    }

    /// When the server that forwards is to be told something, if nothing else happens before.
    pub(super) fn track_settings_due_at(&self) -> Option<Timestamp> {
        let forwarded = self.roster.iter().filter(|member| member.is_forwarded() && self.session.is_joined());
        forwarded.filter_map(|member| member.track_settings.due_at()).min()
    }

    /// The server that forwards says which layers of a source of ours anybody receives.
    pub(super) fn set_subscribed_qualities(&mut self, source: Source, enabled: [bool; 3]) {
        for (_, connection) in self.connections.iter_mut() {
            connection.set_subscribed_qualities(source, enabled);
        }
    }
}
