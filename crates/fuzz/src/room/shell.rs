//! The browser: strict about what it is asked, honest in what it says.

use visavis_core::signaling::{IceCandidate, SessionDescription};
use visavis_core::{
    CaptureId, ConnectionEvent, ConnectionId, Effect, Flow, Input, MediaError, MediaEvent, OperationError,
    Role, TrackId,
};
use visavis_sim::fake::{FakeConnection, Kind};

use super::{Asked, Connection, Page, Socket, refusal};

/// A candidate as the browser gathers it.
pub(super) fn gathered(fake: &FakeConnection) -> IceCandidate {
    let ufrag = fake.local_ufrag().unwrap_or_default();
    IceCandidate {
        candidate: format!("candidate:1 1 udp 1 127.0.0.1 9 typ host ufrag {ufrag}"),
        sdp_mid: Some("0".to_owned()),
        sdp_m_line_index: Some(0),
        username_fragment: Some(ufrag.to_owned()),
    }
}

impl Page {
    pub(super) fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::OpenSocket(_) => {
                assert_eq!(self.socket, Socket::None, "there is a socket already");
                self.socket = Socket::Opening;
            }
            Effect::SendFrame(frame) => {
                assert_eq!(self.socket, Socket::Open, "nobody hears {frame:.99}");
                let value = serde_json::from_str::<serde_json::Value>(&frame);
                assert!(value.is_ok_and(|value| value.is_object()), "not JSON: {frame:.99}");
            }
            Effect::CloseSocket => {
                assert_ne!(self.socket, Socket::None, "there is no socket");
                self.socket = Socket::None;
            }
            Effect::Capture { capture, microphone, camera } => {
                self.asked.push(Asked::Capture(capture, microphone, camera));
            }
            Effect::StopTrack(track) => assert!(self.tracks.remove(&track), "no such track"),
            Effect::SetTrackEnabled(track, _) => assert!(self.tracks.contains(&track), "no such track"),
            Effect::CreateConnection(id, role, _) => self.create(id, role),
            Effect::CloseConnection(id) => {
                assert!(self.connections.remove(&id).is_some(), "no such connection");
                self.asked.retain(|asked| asked.connection() != Some(id));
            }
            Effect::SendTrack(..)
            | Effect::SetLocalDescription(_)
            | Effect::SetRemoteDescription(..)
            | Effect::AddCandidate(..)
            | Effect::SetConfiguration(..)
            | Effect::RestartIce(_)
            | Effect::ReadStats(_) => self.perform_connection(effect),
        }
    }

    fn create(&mut self, id: ConnectionId, role: Role) {
        assert!(self.used.insert(id), "{id:?} is used twice");
        let mut fake = FakeConnection::new(format!("c{}", id.0));
        if role == Role::Offerer {
            fake.add_transceiver(Kind::Audio);
            fake.add_transceiver(Kind::Video);
        }
        let connection = Connection { fake, busy: false, stillborn: false, flow: Flow::default() };
        self.connections.insert(id, connection);
        self.asked.push(Asked::Make(id));
    }

    fn perform_connection(&mut self, effect: Effect) {
        let (Effect::SendTrack(id, ..)
        | Effect::SetLocalDescription(id)
        | Effect::SetRemoteDescription(id, _)
        | Effect::AddCandidate(id, _)
        | Effect::SetConfiguration(id, _)
        | Effect::RestartIce(id)
        | Effect::ReadStats(id)) = effect
        else {
            return;
        };
        let Some(connection) = self.connections.get_mut(&id) else {
            unreachable!("no such connection: {effect:?}")
        };
        match effect {
            Effect::SendTrack(_, _, Some(track)) => assert!(self.tracks.contains(&track), "no such track"),
            Effect::SetLocalDescription(_) | Effect::SetRemoteDescription(..) => {
                assert!(!std::mem::replace(&mut connection.busy, true), "another operation is under way");
                self.asked.push(match effect {
                    Effect::SetRemoteDescription(_, description) => Asked::SetRemote(id, description),
                    _ => Asked::SetLocal(id),
                });
            }
            Effect::AddCandidate(_, candidate) if !connection.stillborn => {
                let refused = connection.fake.add_candidate(&candidate).err();
                assert_ne!(refused, Some("InvalidStateError"), "a candidate without a description");
            }
            Effect::RestartIce(_) => connection.fake.restart_ice(),
            Effect::ReadStats(_) => self.asked.push(Asked::Stats(id)),
            _ => {}
        }
    }

    pub(super) fn captured(&mut self, capture: CaptureId, microphone: bool, camera: bool, refuses: bool) {
        let event = if refuses {
            MediaEvent::CaptureFailed { capture, error: MediaError::Busy }
        } else {
            let [microphone, camera] = [microphone, camera].map(|asked| asked.then(|| self.new_track()));
            MediaEvent::Captured { capture, microphone, camera }
        };
        self.input(Input::Media(event));
    }

    fn new_track(&mut self) -> TrackId {
        self.next_track += 1;
        let track = TrackId(self.next_track);
        self.tracks.insert(track);
        track
    }

    pub(super) fn set_local(&mut self, id: ConnectionId, refuses: bool) {
        let Some(connection) = self.connections.get_mut(&id).filter(|connection| !connection.stillborn)
        else {
            return;
        };
        connection.busy = false;
        let result = if refuses {
            Err(refusal())
        } else {
            let made = connection.fake.set_local();
            assert!(made.is_ok(), "setLocalDescription: {made:?}");
            made.map_err(|_| refusal())
        };
        self.input(Input::Connection(id, ConnectionEvent::LocalDescriptionSet(result)));
    }

    pub(super) fn set_remote(&mut self, id: ConnectionId, description: &SessionDescription, refuses: bool) {
        let Some(connection) = self.connections.get_mut(&id).filter(|connection| !connection.stillborn)
        else {
            return;
        };
        connection.busy = false;
        let result = if refuses { Err("OperationError") } else { connection.fake.set_remote(description) };
        assert_ne!(result, Err("InvalidStateError"), "setRemoteDescription in the wrong state");
        let result = result.map_err(|name| OperationError { name: name.to_owned() });
        self.input(Input::Connection(id, ConnectionEvent::RemoteDescriptionSet(result)));
    }
}

impl Asked {
    fn connection(&self) -> Option<ConnectionId> {
        match self {
            Self::Capture(..) => None,
            Self::Make(id) | Self::SetLocal(id) | Self::SetRemote(id, _) | Self::Stats(id) => Some(*id),
        }
    }
}
