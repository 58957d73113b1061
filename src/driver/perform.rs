//! Effects: one line each, so that a new one breaks the build here.

use visavis_core::{Effect, Input, Test, TestId};

use super::{Pump, dispatch};

impl Pump {
    /// Carries out one decision of the room.
    pub(super) fn perform(&self, effect: Effect) {
        match effect {
            Effect::OpenSocket(endpoint) => self.socket.open(&endpoint),
            Effect::SendFrame(frame) => self.socket.send(&frame),
            Effect::CloseSocket => self.socket.close(),
            Effect::Probe(probe) => self.probe_server(probe),
            Effect::GetUserMedia { capture, microphone, camera } => {
                self.media.capture(capture, microphone, camera);
            }
            Effect::StopTrack(track) => self.media.stop(track),
            Effect::SetTrackEnabled(track, enabled) => self.media.set_enabled(track, enabled),
            Effect::CreateConnection(id, role, config) => self.rtc.create(id, role, &config),
            Effect::CloseConnection(id) => self.rtc.close(id),
            Effect::ReplaceTrack(id, source, track) => self.rtc.replace_track(id, source, track),
            Effect::SetLocalDescription(id) => self.rtc.set_local_description(id),
            Effect::SetRemoteDescription(id, description) => {
                self.rtc.set_remote_description(id, &description);
            }
            Effect::AddIceCandidate(id, candidate) => self.rtc.add_candidate(id, &candidate),
            Effect::SetConfiguration(id, config) => self.rtc.set_configuration(id, &config),
            Effect::RestartIce(id) => self.rtc.restart_ice(id),
            Effect::GetStats(id) => self.rtc.get_stats(id),
            Effect::Test(id, test) => self.test(id, &test),
            Effect::EndTest(id) => {
                self.rtc.end_test(id);
                self.media.end_test(id);
            }
        }
    }

    fn test(&self, id: TestId, test: &Test) {
        let pump = self.myself.clone();
        let tell = move |finding| dispatch(&pump, Input::Tested(id, finding));
        match test {
            Test::Track(track) => self.media.test(id, *track, tell),
            Test::Ice(server) => self.rtc.test(id, Some(server), tell),
            Test::Connection => self.rtc.test(id, None, tell),
        }
    }
}
