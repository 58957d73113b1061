//! The browser: strict about what it is asked, honest in what it says.

use std::collections::BTreeSet;

use visavis_core::signaling::{IceCandidate, SessionDescription};
use visavis_core::{
    CaptureId, CheckEffect, ConnectionEffect, ConnectionEvent, ConnectionId, DataChannel, Effect, Input,
    MediaEffect, MediaError, MediaEvent, MediaKind, OperationError, PeerMessage, Role, SocketEffect, Source,
    TrackId,
};
use visavis_sim::fake::{FakeConnection, Kind};

use super::{Asked, Channel, Connection, Page, Socket, refusal};

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
            Effect::Socket(effect) => self.perform_socket(effect),
            Effect::Probe(probe) => self.asked.push(Asked::Look(probe)),
            Effect::Connection(id, effect) => self.perform_connection(id, effect),
            Effect::Media(effect) => self.perform_media(&effect),
            Effect::Check(id, CheckEffect::Start(_)) => self.asked.push(Asked::Test(id)),
            Effect::Check(id, CheckEffect::End) => {
                self.asked.retain(|asked| !matches!(asked, Asked::Test(test) if *test == id));
            }
        }
    }

    fn perform_socket(&mut self, effect: SocketEffect) {
        match effect {
            SocketEffect::Open(_) => {
                assert_eq!(self.socket, Socket::None, "there is a socket already");
                self.socket = Socket::Opening;
            }
            SocketEffect::Send(frame) => {
                assert_eq!(self.socket, Socket::Open, "nobody hears {frame:.99}");
                let value = serde_json::from_str::<serde_json::Value>(&frame);
                assert!(value.is_ok_and(|value| value.is_object()), "not JSON: {frame:.99}");
            }
            SocketEffect::Close => {
                assert_ne!(self.socket, Socket::None, "there is no socket");
                self.socket = Socket::None;
            }
        }
    }

    fn perform_media(&mut self, effect: &MediaEffect) {
        match *effect {
            MediaEffect::GetUserMedia { capture, ref sources } => {
                self.asked.push(Asked::Capture(capture, sources.clone()));
            }
            MediaEffect::GetDisplayMedia { capture } => {
                self.asked.push(Asked::Capture(capture, vec![Source::Screen, Source::ScreenAudio]));
            }
            MediaEffect::StopTrack(track) => assert!(self.tracks.remove(&track), "no such track"),
            MediaEffect::SetTrackEnabled(track, _) => {
                assert!(self.tracks.contains(&track), "no such track");
            }
        }
    }

    fn perform_connection(&mut self, id: ConnectionId, effect: ConnectionEffect) {
        match effect {
            ConnectionEffect::Create(role, _) => self.create(id, role),
            ConnectionEffect::Close => {
                assert!(self.connections.remove(&id).is_some(), "no such connection");
                self.asked.retain(|asked| asked.connection() != Some(id));
            }
            ConnectionEffect::ReplaceTrack(_, track) => {
                self.have(id);
                assert!(track.is_none_or(|track| self.tracks.contains(&track)), "no such track");
            }
            ConnectionEffect::SetLocalDescription => self.begin(id, Asked::SetLocal(id)),
            ConnectionEffect::AddTransceiver(source) => {
                let connection = self.have(id);
                let new = connection.transceivers.insert(source);
                connection.fake.add_transceiver(kind_of(source));
                assert!(new || Source::FIRST.contains(&source), "a second transceiver for {source:?}");
            }
            ConnectionEffect::SetRemoteDescription(description, adopted) => {
                self.begin(id, Asked::SetRemote(id, description, adopted));
            }
            ConnectionEffect::AddIceCandidate(candidate) => {
                let connection = self.have(id);
                let refused = connection.fake.add_candidate(&candidate).err();
                let legal = connection.stillborn || refused != Some("InvalidStateError");
                assert!(legal, "a candidate without a description");
            }
            ConnectionEffect::CreateDataChannel(channel) => {
                let connection = self.have(id);
                connection.fake.create_channel();
                assert_eq!(
                    (channel, connection.channel),
                    (DataChannel::Peer, Channel::None),
                    "a second channel"
                );
                connection.channel = Channel::Connecting;
            }
            ConnectionEffect::SendMessage(text) => {
                let connection = self.have(id);
                assert_eq!(connection.channel, Channel::Open, "nobody hears {text:.99}");
                assert!(matches!(PeerMessage::decode(&text), Ok(Some(_))), "not understood: {text:.99}");
            }
            ConnectionEffect::ClosePeerChannel => {
                let connection = self.have(id);
                assert_eq!(connection.channel, Channel::Open, "it is not open");
                connection.channel = Channel::Closed;
            }
            ConnectionEffect::SetConfiguration(_) => {
                self.have(id);
            }
            ConnectionEffect::RestartIce => self.have(id).fake.restart_ice(),
            ConnectionEffect::GetStats => {
                self.have(id);
                self.asked.push(Asked::Stats(id));
            }
        }
    }

    fn have(&mut self, id: ConnectionId) -> &mut Connection {
        let Some(connection) = self.connections.get_mut(&id) else { unreachable!("there is no {id:?}") };
        connection
    }

    fn begin(&mut self, id: ConnectionId, operation: Asked) {
        let busy = std::mem::replace(&mut self.have(id).busy, true);
        assert!(!busy, "another operation is under way");
        self.asked.push(operation);
    }

    fn create(&mut self, id: ConnectionId, role: Role) {
        assert!(self.used.insert(id), "{id:?} is used twice");
        let mut fake = FakeConnection::new(format!("c{}", id.0));
        let mut transceivers = BTreeSet::new();
        if role == Role::Offerer {
            for source in Source::FIRST {
                fake.add_transceiver(kind_of(source));
                transceivers.insert(source);
            }
            fake.create_channel();
        }
        let channel = if role == Role::Offerer { Channel::Connecting } else { Channel::None };
        let connection =
            Connection { fake, busy: false, stillborn: false, transceivers, channel, counts: [0; 4] };
        self.connections.insert(id, connection);
        self.asked.push(Asked::Make(id));
    }

    pub(super) fn captured(&mut self, capture: CaptureId, sources: &[Source], refuses: bool) {
        let event = if refuses {
            MediaEvent::CaptureFailed { capture, error: MediaError::Busy }
        } else {
            let tracks = sources.iter().map(|source| (*source, self.new_track())).collect();
            MediaEvent::Captured { capture, tracks }
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

    pub(super) fn set_remote(
        &mut self,
        id: ConnectionId,
        description: &SessionDescription,
        adopted: &[(Source, Option<String>)],
        refuses: bool,
    ) {
        let Some(connection) = self.connections.get_mut(&id).filter(|connection| !connection.stillborn)
        else {
            return;
        };
        connection.busy = false;
        let result = if refuses { Err("OperationError") } else { connection.fake.set_remote(description) };
        for (source, _) in adopted.iter().filter(|_| result.is_ok()) {
            assert!(connection.transceivers.insert(*source), "{source:?} is adopted twice");
        }
        assert_ne!(result, Err("InvalidStateError"), "setRemoteDescription in the wrong state");
        let result = result.map_err(|name| OperationError { name: name.to_owned() });
        self.input(Input::Connection(id, ConnectionEvent::RemoteDescriptionSet(result)));
    }
}

impl Asked {
    fn connection(&self) -> Option<ConnectionId> {
        match self {
            Self::Capture(..) | Self::Look(_) | Self::Test(_) => None,
            Self::Make(id) | Self::SetLocal(id) | Self::SetRemote(id, ..) | Self::Stats(id) => Some(*id),
        }
    }
}

fn kind_of(source: Source) -> Kind {
    match source.kind() {
        MediaKind::Audio => Kind::Audio,
        MediaKind::Video => Kind::Video,
    }
}
