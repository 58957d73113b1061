//! Effects: one line each, so that a new one breaks the build here.

use visavis_core::Effect;

use super::Pump;

impl Pump {
    /// Carries out one decision of the room.
    pub(super) fn perform(&self, effect: Effect) {
        match effect {
            Effect::OpenSocket(endpoint) => self.socket.open(&endpoint),
            Effect::SendFrame(frame) => self.socket.send(&frame),
            Effect::CloseSocket => self.socket.close(),
            Effect::Probe(probe) => self.look(probe),
            Effect::Capture { capture, microphone, camera } => {
                self.media.capture(capture, microphone, camera);
            }
            Effect::StopTrack(track) => self.media.stop(track),
            Effect::SetTrackEnabled(track, enabled) => self.media.set_enabled(track, enabled),
            Effect::CreateConnection(id, role, config) => self.rtc.create(id, role, &config),
            Effect::CloseConnection(id) => self.rtc.close(id),
            Effect::SendTrack(id, source, track) => self.rtc.send_track(id, source, track),
            Effect::SetLocalDescription(id) => self.rtc.set_local_description(id),
            Effect::SetRemoteDescription(id, description) => {
                self.rtc.set_remote_description(id, &description);
            }
            Effect::AddCandidate(id, candidate) => self.rtc.add_candidate(id, &candidate),
            Effect::SetConfiguration(id, config) => self.rtc.set_configuration(id, &config),
            Effect::RestartIce(id) => self.rtc.restart_ice(id),
            Effect::ReadStats(id) => self.rtc.read_stats(id),
        }
    }
}
