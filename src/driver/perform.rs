//! Effects: each goes to the part that carries out its group. A new one breaks the build here.

use visavis_core::{
    ConnectionEffect, ConnectionId, Effect, Input, MediaEffect, PreflightEffect, SocketEffect, Test, TestId,
};

use wasm_bindgen_futures::spawn_local;

use super::{EventLoop, dispatch};
use crate::dom::sleep;
use crate::on_demand;

/// Milliseconds until a part of the program is asked for again that could not be loaded.
const LOAD_RETRY_DELAY: i32 = 5000;

impl EventLoop {
    /// Carries out one decision of the room.
    pub(super) fn perform(&self, effect: Effect) {
        match effect {
            Effect::Socket(effect) => self.perform_socket(effect),
            Effect::Probe(probe) => self.probe_server(probe),
            Effect::Connection(id, effect) => self.perform_connection(id, effect),
            Effect::Media(effect) => self.perform_media(&effect),
            Effect::LoadInteractions => self.load_interactions(),
            Effect::Preflight(id, PreflightEffect::Start(test)) => self.test(id, &test),
            Effect::Preflight(id, PreflightEffect::End) => {
                self.rtc.end_test(id);
                self.media.end_test(id);
            }
        }
    }

    /// Tried until it works: somebody has something to say.
    fn load_interactions(&self) {
        let event_loop = self.myself.clone();
        spawn_local(async move {
            while event_loop.strong_count() > 0 && on_demand::load().await.is_err() {
                sleep(LOAD_RETRY_DELAY).await;
            }
            dispatch(&event_loop, Input::InteractionsLoaded);
        });
    }

    fn perform_socket(&self, effect: SocketEffect) {
        match effect {
            SocketEffect::Open(endpoint) => self.socket.open(&endpoint),
            SocketEffect::Send(frame) => self.socket.send(&frame),
            SocketEffect::Close => self.socket.close(),
        }
    }

    fn perform_connection(&self, id: ConnectionId, effect: ConnectionEffect) {
        match effect {
            ConnectionEffect::Create(role, config) => self.rtc.create(id, role, &config),
            ConnectionEffect::Close => self.rtc.close(id),
            ConnectionEffect::ReplaceTrack(source, track) => self.rtc.replace_track(id, source, track),
            ConnectionEffect::SetParameters(source, parameters) => {
                self.rtc.set_parameters(id, source, &parameters);
            }
            ConnectionEffect::SetLocalDescription => self.rtc.set_local_description(id),
            ConnectionEffect::SetRemoteDescription { description, adopted } => {
                self.rtc.set_remote_description(id, &description, adopted);
            }
            ConnectionEffect::SetProvisionalAnswer(sdp) => self.rtc.set_provisional_answer(id, &sdp),
            ConnectionEffect::AddReceiver(kind) => self.rtc.add_receiver(id, kind),
            ConnectionEffect::AddTransceiver(source, encodings) => {
                self.rtc.add_transceiver(id, source, &encodings);
            }
            ConnectionEffect::CreateDataChannel(channel) => self.rtc.create_data_channel(id, channel),
            ConnectionEffect::SendMessage(text) => self.rtc.send_message(id, &text),
            ConnectionEffect::ClosePeerChannel => self.rtc.close_peer_channel(id),
            ConnectionEffect::AddIceCandidate(candidate) => self.rtc.add_candidate(id, &candidate),
            ConnectionEffect::SetConfiguration(config) => self.rtc.set_configuration(id, &config),
            ConnectionEffect::RestartIce => self.rtc.restart_ice(id),
            ConnectionEffect::GetStats => self.rtc.get_stats(id),
            // Only the part of the program that shows them asks for them.
            ConnectionEffect::GetDetails => self.rtc.get_details(id),
            // And only the same part asks for files.
            ConnectionEffect::File(effect) => self.rtc.transfer_file(id, effect),
        }
    }

    fn perform_media(&self, effect: &MediaEffect) {
        match effect {
            MediaEffect::GetUserMedia { capture, sources, devices } => {
                self.media.get_user_media(*capture, sources, devices.as_deref());
            }
            MediaEffect::EnumerateDevices => self.media.enumerate_devices(),
            MediaEffect::GetDisplayMedia { capture } => self.media.get_display_media(*capture),
            MediaEffect::StopTrack(track) => self.media.stop(*track),
            MediaEffect::SetTrackEnabled(track, enabled) => self.media.set_enabled(*track, *enabled),
        }
    }

    fn test(&self, id: TestId, test: &Test) {
        let event_loop = self.myself.clone();
        let emit = move |finding| dispatch(&event_loop, Input::Preflight(id, finding));
        match test {
            Test::Track(track) => self.media.test(id, *track, emit),
            Test::Ice(server) => self.rtc.test(id, Some(server), emit),
            Test::Connection => self.rtc.test(id, None, emit),
        }
    }
}
