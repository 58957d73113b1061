//! What the browsers do for their rooms.

use std::collections::{BTreeMap, BTreeSet};

use visavis_core::signaling::{IceCandidate, SdpType, SessionDescription};
use visavis_core::{
    CaptureId, CheckEffect, ConnectionEffect, ConnectionEvent, ConnectionId, Effect, Finding, Input,
    MediaEffect, MediaError, MediaEvent, MediaKind, OperationError, Output, PeerConnectionState, Role,
    SocketEffect, Source, Stats, StreamStats, Test, TestId, TrackId,
};

use super::page::{Conn, Peer};
use super::{Action, World};
use crate::fake::{FakeConnection, Kind, SignalingState};

/// What is wrong with an effect, if anything: a browser would refuse it.
type Performed = Result<(), &'static str>;

impl World {
    pub(super) fn output(&mut self, peer: usize, output: Output) {
        if let Output::Effect(effect) = output {
            self.perform(peer, &effect);
        }
    }

    fn perform(&mut self, peer: usize, effect: &Effect) {
        let done = match effect.clone() {
            Effect::Socket(effect) => self.perform_socket(peer, effect),
            // Nobody looks: it is only for a better sentence.
            Effect::Probe(_) => Ok(()),
            Effect::Media(effect) => self.perform_media(peer, &effect),
            Effect::Check(test, effect) => self.perform_check(peer, test, effect),
            Effect::Connection(id, effect) => self.perform_connection(peer, id, effect),
        };
        if let Err(why) = done {
            self.illegal(peer, effect, why);
        }
    }

    fn perform_socket(&mut self, peer: usize, effect: SocketEffect) -> Performed {
        let (socket, open) = (self.peers[peer].socket, self.peers[peer].socket_open);
        match (effect, socket) {
            (SocketEffect::Open(_), None) => self.peers[peer].socket = Some(self.open_socket(peer)),
            (SocketEffect::Send(frame), Some(socket)) if open => self.send_to_server(socket, frame),
            (SocketEffect::Close, Some(socket)) => {
                self.peers[peer].socket = None;
                self.peers[peer].socket_open = false;
                self.close_socket(socket);
            }
            (SocketEffect::Open(_) | SocketEffect::Send(_) | SocketEffect::Close, _) => {
                return Err("the socket is not in that state");
            }
        }
        Ok(())
    }

    fn perform_media(&mut self, peer: usize, effect: &MediaEffect) -> Performed {
        match *effect {
            MediaEffect::GetUserMedia { capture, ref sources } => {
                let delay = self.random.between(1, 600);
                self.schedule(delay, Action::CaptureDone(peer, capture, sources.clone()));
                Ok(())
            }
            // A person takes their time, and may leave the sound out.
            MediaEffect::GetDisplayMedia { capture } => {
                let delay = self.random.between(1, 3_000);
                let sound = self.random.chance(50).then_some(Source::ScreenAudio);
                let sources = [Source::Screen].into_iter().chain(sound).collect();
                self.schedule(delay, Action::CaptureDone(peer, capture, sources));
                Ok(())
            }
            MediaEffect::StopTrack(track) => {
                self.peers[peer].tracks.remove(&track).then_some(()).ok_or("no such track")
            }
            MediaEffect::SetTrackEnabled(track, _) => {
                self.peers[peer].tracks.contains(&track).then_some(()).ok_or("no such track")
            }
        }
    }

    fn perform_check(&mut self, peer: usize, test: TestId, effect: CheckEffect) -> Performed {
        match effect {
            CheckEffect::Start(what) => {
                // A browser that makes connections says so at once.
                let most = if what == Test::Connection { 50 } else { 12_000 };
                let begun = self.peers[peer].tests.insert(test, what).is_none();
                let delay = self.random.between(1, most);
                self.schedule(delay, Action::Tested(peer, test));
                begun.then_some(()).ok_or("it is under way")
            }
            CheckEffect::End => self.peers[peer].tests.remove(&test).map(drop).ok_or("no such test"),
        }
    }

    fn create(&mut self, peer: usize, connection: ConnectionId, role: Role) {
        self.statistics.connections += 1;
        if !self.peers[peer].used.insert(connection) {
            self.violate(format!("peer {peer} uses {connection:?} twice"));
        }
        let mut fake = FakeConnection::new(format!("p{peer}c{}", connection.0));
        let mut transceivers = BTreeMap::new();
        if role == Role::Offerer {
            for source in Source::FIRST {
                transceivers.insert(source, fake.add_transceiver(kind_of(source)));
            }
            fake.create_channel();
        }
        let conn = Conn {
            fake,
            busy: false,
            state: PeerConnectionState::New,
            known: PeerConnectionState::New,
            good_since: None,
            bad_since: None,
            failed_with: None,
            sending: BTreeMap::new(),
            transceivers,
            associated: BTreeMap::new(),
            remote_tracks: BTreeSet::new(),
            gathered: None,
            wedged: None,
            refused: false,
            stillborn: std::mem::take(&mut self.peers[peer].refuses_connection),
            received: [0; 4],
            sent: [0; 4],
            frames: [0; 3],
            ailing_at: self.now,
        };
        if conn.stillborn {
            self.schedule(0, Action::Connection(peer, connection, ConnectionEvent::CreationFailed));
        } else {
            self.soon(peer, connection);
        }
        self.peers[peer].connections.insert(connection, conn);
    }

    /// Only leaving closes what is sound.
    fn close(&mut self, peer: usize, connection: ConnectionId) {
        let Some(conn) = self.peers[peer].connections.get(&connection) else {
            return self.violate(format!("peer {peer} closes {connection:?}, which it does not have"));
        };
        if self.peers[peer].wants_in && self.is_sound(peer, conn) && !self.is_mistaken(peer, conn) {
            self.violate(format!("peer {peer} closes {connection:?}, which is sound"));
        }
        self.peers[peer].connections.remove(&connection);
    }

    fn restart_ice(&mut self, peer: usize, id: ConnectionId) -> Performed {
        let conn = self.peers[peer].connections.get(&id).ok_or("no such connection")?;
        if conn.stillborn {
            return Ok(());
        }
        self.statistics.restarts += 1;
        if self.is_sound(peer, conn) && !self.is_mistaken(peer, conn) {
            self.violate(format!("peer {peer} restarts {id:?}, which is sound"));
        }
        if let Some(conn) = self.peers[peer].connections.get_mut(&id) {
            conn.fake.restart_ice();
        }
        self.soon(peer, id);
        Ok(())
    }

    /// `negotiationneeded` is looked at soon.
    fn soon(&mut self, peer: usize, connection: ConnectionId) {
        let delay = self.random.between(0, 5);
        self.schedule(delay, Action::CheckNegotiation(peer, connection));
    }

    fn perform_connection(&mut self, peer: usize, id: ConnectionId, effect: ConnectionEffect) -> Performed {
        let delay = self.random.between(1, 30);
        match effect {
            ConnectionEffect::Create(role, _) => self.create(peer, id, role),
            ConnectionEffect::Close => self.close(peer, id),
            ConnectionEffect::GetStats => self.schedule(delay, Action::StatsDone(peer, id)),
            ConnectionEffect::RestartIce => self.restart_ice(peer, id)?,
            ConnectionEffect::ReplaceTrack(source, track) => {
                let Peer { connections, tracks, .. } = &mut self.peers[peer];
                let conn = connections.get_mut(&id).ok_or("no such connection")?;
                conn.if_alive(|conn| conn.send(source, track, tracks))?;
            }
            ConnectionEffect::AddIceCandidate(candidate) => {
                self.conn(peer, id)?.if_alive(|conn| conn.fake.add_candidate(&candidate))?;
            }
            ConnectionEffect::CreateDataChannel(_) => {
                self.conn(peer, id)?.if_alive(|conn| {
                    conn.fake.create_channel();
                    Ok(())
                })?;
            }
            ConnectionEffect::SendMessage(_)
            | ConnectionEffect::ClosePeerChannel
            | ConnectionEffect::SetConfiguration(_) => drop(self.conn(peer, id)?),
            ConnectionEffect::SetLocalDescription => {
                let conn = self.conn(peer, id)?;
                let alive = !conn.stillborn;
                conn.if_alive(Conn::begin)?;
                if alive {
                    self.schedule(delay, Action::LocalDone(peer, id));
                }
            }
            ConnectionEffect::AddTransceiver(source) => {
                let conn = self.conn(peer, id)?;
                let alive = !conn.stillborn;
                conn.if_alive(|conn| {
                    let transceiver = conn.fake.add_transceiver(kind_of(source));
                    let new = conn.transceivers.insert(source, transceiver).is_none();
                    new.then_some(()).ok_or("it has a transceiver")
                })?;
                if alive {
                    self.soon(peer, id);
                }
            }
            ConnectionEffect::SetRemoteDescription(description, adopted) => {
                let conn = self.conn(peer, id)?;
                let (alive, ours) =
                    (!conn.stillborn, conn.fake.signaling() == SignalingState::HaveLocalOffer);
                conn.if_alive(Conn::begin)?;
                if alive {
                    self.statistics.glares += u64::from(ours && description.sdp_type == SdpType::Offer);
                    self.schedule(delay, Action::RemoteDone(peer, id, description, adopted));
                }
            }
        }
        Ok(())
    }

    fn conn(&mut self, peer: usize, id: ConnectionId) -> Result<&mut Conn, &'static str> {
        self.peers[peer].connections.get_mut(&id).ok_or("no such connection")
    }

    pub(super) fn local_done(&mut self, peer: usize, id: ConnectionId) {
        let Peer { connections, refuses, .. } = &mut self.peers[peer];
        let Some(conn) = connections.get_mut(&id) else { return };
        conn.busy = false;
        if std::mem::take(refuses) {
            let refusal = ConnectionEvent::LocalDescriptionSet(Err(conn.refuse()));
            return self.connection_event(peer, id, refusal);
        }
        let result = conn.fake.set_local();
        let associated = conn.associate();
        if let Err(refusal) = result {
            self.violate(format!("peer {peer}: setLocalDescription on {id:?}: {refusal}"));
        }
        for (source, mid) in associated {
            self.connection_event(peer, id, ConnectionEvent::TransceiverAssociated(source, mid));
        }
        let result = result.map_err(|name| OperationError { name: name.to_owned() });
        self.connection_event(peer, id, ConnectionEvent::LocalDescriptionSet(result));
        self.gather(peer, id);
        self.soon(peer, id);
    }

    pub(super) fn remote_done(
        &mut self,
        peer: usize,
        id: ConnectionId,
        description: &SessionDescription,
        adopted: &[(Source, Option<String>)],
    ) {
        let Peer { connections, refuses, next_track, .. } = &mut self.peers[peer];
        let Some(conn) = connections.get_mut(&id) else { return };
        conn.busy = false;
        if std::mem::take(refuses) {
            let refusal = ConnectionEvent::RemoteDescriptionSet(Err(conn.refuse()));
            return self.connection_event(peer, id, refusal);
        }
        let result = conn.fake.set_remote(description);
        let mut tracks = Vec::new();
        if result.is_ok() {
            conn.adopt(adopted);
            for (mid, kind) in conn.fake.remote_sections() {
                if conn.remote_tracks.insert(mid.clone()) {
                    *next_track += 1;
                    let kind = if kind == Kind::Audio { MediaKind::Audio } else { MediaKind::Video };
                    tracks.push(ConnectionEvent::Track { mid, kind, track: TrackId(*next_track) });
                }
            }
        }
        if let Err(refusal) = result {
            self.violate(format!("peer {peer}: setRemoteDescription on {id:?}: {refusal}"));
        }
        for track in tracks {
            self.connection_event(peer, id, track);
        }
        let result = result.map_err(|name| OperationError { name: name.to_owned() });
        self.connection_event(peer, id, ConnectionEvent::RemoteDescriptionSet(result));
        self.soon(peer, id);
    }

    /// New local credentials make the browser gather candidates.
    fn gather(&mut self, peer: usize, id: ConnectionId) {
        let Some(conn) = self.peers[peer].connections.get_mut(&id) else { return };
        let Some(ufrag) = conn.fake.local_ufrag().map(str::to_owned) else { return };
        if conn.gathered.as_ref() == Some(&ufrag) {
            return;
        }
        conn.gathered = Some(ufrag.clone());
        let mut at = 0;
        for n in 0..3 {
            at += self.random.between(0, 40);
            let candidate = (n < 2).then(|| IceCandidate {
                candidate: format!("candidate:{n} 1 udp 1 127.0.0.1 9 typ host ufrag {ufrag}"),
                sdp_mid: Some("0".to_owned()),
                sdp_m_line_index: Some(0),
                username_fragment: Some(ufrag.clone()),
            });
            self.schedule(at, Action::Connection(peer, id, ConnectionEvent::IceCandidate(candidate)));
        }
    }

    pub(super) fn connection_event(&mut self, peer: usize, id: ConnectionId, event: ConnectionEvent) {
        if let Some(conn) = self.peers[peer].connections.get_mut(&id) {
            if let ConnectionEvent::ConnectionStateChange(state) = event {
                conn.known = state;
            }
            self.input(peer, Input::Connection(id, event));
        }
    }

    pub(super) fn check_negotiation(&mut self, peer: usize, id: ConnectionId) {
        let Some(conn) = self.peers[peer].connections.get(&id) else { return };
        if !conn.busy && conn.fake.negotiation_needed() {
            self.connection_event(peer, id, ConnectionEvent::NegotiationNeeded);
        }
    }

    pub(super) fn stats_done(&mut self, peer: usize, id: ConnectionId) {
        let Some(conn) = self.peers[peer].connections.get(&id) else { return };
        let stream = |conn: &Conn, source: Source, packets: u32, frames: u32| {
            let mid = conn.mid(source)?;
            let frames = (source.kind() == MediaKind::Video).then_some(frames);
            Some(StreamStats { mid, kind: source.kind(), packets, frames })
        };
        let [decoded, encoded, captured] = conn.frames;
        let theirs = self.other_end(conn).map(|(_, other)| other);
        let inbound = Source::ALL.into_iter().zip(conn.received).filter_map(|(source, packets)| {
            stream(theirs?, source, packets, if source == Source::Camera { decoded } else { 0 })
        });
        let outbound = Source::ALL.into_iter().zip(conn.sent).filter_map(|(source, packets)| {
            stream(conn, source, packets, if source == Source::Camera { encoded } else { 0 })
        });
        let stats = Stats {
            inbound: inbound.collect(),
            outbound: outbound.collect(),
            captured: vec![(Source::Camera, Some(captured))],
        };
        self.connection_event(peer, id, ConnectionEvent::Stats(stats));
    }

    /// Most of what is tried out works.
    pub(super) fn tested(&mut self, peer: usize, test: TestId) {
        if let Some(what) = self.peers[peer].tests.get(&test) {
            let works = *what == Test::Connection || self.random.chance(70);
            let finding = if works { Finding::Good } else { Finding::Error(701) };
            self.input(peer, Input::Check(test, finding));
        }
    }

    pub(super) fn capture_done(&mut self, peer: usize, capture: CaptureId, sources: &[Source]) {
        let page = &mut self.peers[peer];
        if !page.alive {
            return;
        }
        let event = if page.has_devices || sources.contains(&Source::Screen) {
            let tracks: Vec<_> = sources.iter().map(|source| (*source, page.new_track())).collect();
            page.tracks.extend(tracks.iter().map(|(_, track)| *track));
            MediaEvent::Captured { capture, tracks }
        } else {
            MediaEvent::CaptureFailed { capture, error: MediaError::NotFound }
        };
        self.input(peer, Input::Media(event));
    }
}

fn kind_of(source: Source) -> Kind {
    match source.kind() {
        MediaKind::Audio => Kind::Audio,
        MediaKind::Video => Kind::Video,
    }
}
