//! A fake browser of one page: its connections, its local tracks, and how it carries out what a room asks for.
//!
//! Time is not its own: what takes a while is given back as [`Pending`], and whoever plays the world says when, and
//! whether, it happens.

pub(crate) mod devices;
mod encoding;
mod pending;

use std::collections::{BTreeMap, BTreeSet};

use visavis_core::signaling::{IceCandidate, SessionDescription};
use visavis_core::{
    ConnectionEffect, ConnectionEvent, ConnectionId, DataChannel, Encodings, Lifecycle, MediaKind,
    OperationError, Role, Source, TrackId,
};

use self::devices::FakeDevices;
pub use self::devices::MediaRequest;
pub use self::pending::{PeerChannel, Pending};
use crate::fake::{FakeConnection, Refusal, SectionKind, SignalingState};

/// Media sections of an offer whose transceivers are taken over, and the sources that they send.
pub type Adopted = Vec<(Source, Option<String>)>;

/// What a page hears, in this order, and what went wrong although the browser was not told to refuse it.
pub type Completion = (Vec<ConnectionEvent>, Option<Refusal>);

/// A connection, with what the browser and the page's shell keep beside it.
#[derive(Debug)]
pub struct Connection<P> {
    /// The connection itself.
    pub fake: FakeConnection,
    /// What the world knows of its path.
    pub path: P,
    /// The tracks that it sends.
    pub sending: BTreeMap<Source, TrackId>,
    /// The data channel to another Visavis page, or to a server that carries messages.
    pub channel: PeerChannel,
    /// How it began.
    role: Role,
    /// It has announced a data channel whose end means goodbye.
    pub has_hang_up_channel: bool,
    /// The browser never made it: the shell ignores whatever is asked of it.
    pub creation_failed: bool,
    /// A description operation is under way.
    description_pending: bool,
    /// The transceivers that send, by their place; `None` if the offer that brought one has no such section.
    transceivers: BTreeMap<Source, Option<usize>>,
    /// How each is encoded, as far as the page has said so.
    pub encodings: BTreeMap<Source, Encodings>,
    /// Their sections, as the page was last told.
    associated: BTreeMap<Source, String>,
    /// The sections of which `track` has fired.
    remote_tracks: BTreeSet<String>,
    /// The fragment for which candidates were gathered last.
    gathered_ufrag: Option<String>,
}

impl<P: Default> Connection<P> {
    fn new(fingerprint: String, role: Role) -> Self {
        let (mut fake, mut transceivers) = (FakeConnection::new(fingerprint), BTreeMap::new());
        if role == Role::Offerer {
            for source in Source::MICROPHONE_AND_CAMERA {
                transceivers.insert(source, Some(fake.add_transceiver(kind_of(source))));
            }
            fake.create_data_channel();
        }
        let channel = if role == Role::Offerer { PeerChannel::Connecting } else { PeerChannel::None };
        Self {
            fake,
            path: P::default(),
            sending: BTreeMap::new(),
            channel,
            role,
            has_hang_up_channel: false,
            creation_failed: false,
            description_pending: false,
            transceivers,
            encodings: BTreeMap::new(),
            associated: BTreeMap::new(),
            remote_tracks: BTreeSet::new(),
            gathered_ufrag: None,
        }
    }
}

impl<P> Connection<P> {
    /// Whether nothing is being negotiated.
    pub fn is_stable(&self) -> bool {
        !self.description_pending && self.fake.signaling_state() == SignalingState::Stable
    }

    /// Whether a source has a transceiver that sends it.
    pub fn has_transceiver(&self, source: Source) -> bool {
        self.transceivers.contains_key(&source)
    }

    /// `mid` of the transceiver that sends a source.
    pub fn mid(&self, source: Source) -> Option<String> {
        self.fake.mid((*self.transceivers.get(&source)?)?)
    }

    /// A candidate with the present local credentials.
    pub fn candidate(&self, number: u32) -> IceCandidate {
        let ufrag = self.fake.local_ufrag().unwrap_or_default();
        IceCandidate {
            candidate: format!("candidate:{number} 1 udp 1 127.0.0.1 9 typ host ufrag {ufrag}"),
            sdp_mid: Some("0".to_owned()),
            sdp_m_line_index: Some(0),
            username_fragment: Some(ufrag.to_owned()),
        }
    }

    /// Whether it gathers candidates: there are other local credentials than when this was asked last.
    pub fn starts_gathering(&mut self) -> bool {
        let ufrag = self.fake.local_ufrag();
        let new = ufrag.is_some() && self.gathered_ufrag.as_deref() != ufrag;
        self.gathered_ufrag = ufrag.map(str::to_owned);
        new
    }

    fn perform(&mut self, effect: ConnectionEffect) -> Result<Option<Pending>, Refusal> {
        match effect {
            // The browser makes and closes it, and no path here depends on a configuration.
            ConnectionEffect::Create(..)
            | ConnectionEffect::Close
            | ConnectionEffect::SetConfiguration(_) => {}
            ConnectionEffect::ReplaceTrack(source, Some(track)) => {
                self.sending.insert(source, track);
            }
            ConnectionEffect::ReplaceTrack(source, None) => {
                self.sending.remove(&source);
            }
            ConnectionEffect::SetParameters(source, encodings) => self.set_parameters(source, encodings)?,
            ConnectionEffect::AddIceCandidate(candidate) => self.fake.add_ice_candidate(&candidate)?,
            ConnectionEffect::AddTransceiver(source, encodings) => {
                self.add_transceiver(source, encodings)?;
                return Ok(Some(Pending::NegotiationNeeded));
            }
            ConnectionEffect::AddReceiver(kind) => {
                self.fake.add_transceiver(section_kind(kind));
                return Ok(Some(Pending::NegotiationNeeded));
            }
            // Whoever offers announces it; else it is waited for.
            ConnectionEffect::CreateDataChannel(DataChannel::Server(_)) => {
                self.channel = PeerChannel::Connecting;
                if self.role != Role::Answerer {
                    self.fake.create_data_channel();
                }
            }
            ConnectionEffect::CreateDataChannel(channel) => {
                self.fake.create_data_channel();
                self.has_hang_up_channel |= channel == DataChannel::HangUp;
                if channel == DataChannel::Peer
                    && std::mem::replace(&mut self.channel, PeerChannel::Connecting) != PeerChannel::None
                {
                    return Err("it has this channel");
                }
            }
            ConnectionEffect::SendMessage(_) | ConnectionEffect::ClosePeerChannel
                if self.channel != PeerChannel::Open =>
            {
                return Err("the data channel is not open");
            }
            ConnectionEffect::SendMessage(text) => return Ok(Some(Pending::SendMessage(text))),
            ConnectionEffect::ClosePeerChannel => self.channel = PeerChannel::Closed,
            ConnectionEffect::RestartIce => {
                self.fake.restart_ice();
                return Ok(Some(Pending::NegotiationNeeded));
            }
            ConnectionEffect::SetLocalDescription => {
                return self.begin_description(Pending::SetLocalDescription);
            }
            ConnectionEffect::SetRemoteDescription { description, adopted } => {
                return self.begin_description(Pending::SetRemoteDescription(description, adopted));
            }
            ConnectionEffect::SetProvisionalAnswer(sdp) => {
                self.fake.set_provisional_answer(&sdp)?;
                return Ok(Some(Pending::SetProvisionalAnswer));
            }
            ConnectionEffect::GetStats => return Ok(Some(Pending::GetStats)),
            // Nobody here gives anybody a file.
            ConnectionEffect::GetDetails | ConnectionEffect::File(_) => {}
        }
        Ok(None)
    }

    fn begin_description(&mut self, operation: Pending) -> Result<Option<Pending>, Refusal> {
        let description_pending = std::mem::replace(&mut self.description_pending, true);
        if description_pending {
            Err("another description operation is under way")
        } else {
            Ok(Some(operation))
        }
    }

    /// Sources whose transceiver is in another section than the page was told: after a rollback it may be.
    fn associate(&mut self) -> Vec<ConnectionEvent> {
        let all = Source::ALL.into_iter().filter_map(|source| Some((source, self.mid(source)?)));
        let new: Vec<_> = all.filter(|(source, mid)| self.associated.get(source) != Some(mid)).collect();
        self.associated.extend(new.iter().cloned());
        new.into_iter().map(|(source, mid)| ConnectionEvent::TransceiverAssociated(source, mid)).collect()
    }

    /// Takes over transceivers that an offer has brought.
    fn adopt(&mut self, adopted: &Adopted) -> Result<(), Refusal> {
        for (source, mid) in adopted {
            let transceiver = mid.as_deref().and_then(|mid| self.fake.transceiver(mid));
            if self.transceivers.insert(*source, transceiver).is_some() {
                return Err("a source is adopted twice");
            }
        }
        Ok(())
    }

    fn set_local_description(&mut self) -> Completion {
        let result = self.fake.set_local_description();
        let fault = result.as_ref().err().copied();
        let mut events = self.associate();
        events.push(ConnectionEvent::LocalDescriptionSet(result.map_err(error)));
        (events, fault)
    }

    fn set_remote_description(
        &mut self,
        description: &SessionDescription,
        adopted: &Adopted,
        last_track: &mut u32,
    ) -> Completion {
        if let Err(name) = self.fake.set_remote_description(description) {
            return (vec![ConnectionEvent::RemoteDescriptionSet(Err(error(name)))], Some(name));
        }
        self.add_candidates_of(description);
        let fault = self.adopt(adopted).err();
        let mut events = Vec::new();
        for (mid, kind) in self.fake.remote_sections() {
            if !self.fake.is_recvonly(&mid) && self.remote_tracks.insert(mid.clone()) {
                *last_track += 1;
                let kind = if kind == SectionKind::Audio { MediaKind::Audio } else { MediaKind::Video };
                events.push(ConnectionEvent::Track { mid, kind, track: TrackId(*last_track) });
            }
        }
        events.push(ConnectionEvent::RemoteDescriptionSet(Ok(())));
        (events, fault)
    }

    /// Candidates inside a description count like others.
    fn add_candidates_of(&mut self, description: &SessionDescription) {
        for line in description.sdp.lines().filter_map(|line| line.strip_prefix("a=candidate:")) {
            let candidate = IceCandidate {
                candidate: ["candidate:", line].concat(),
                sdp_mid: None,
                sdp_m_line_index: Some(0),
                username_fragment: None,
            };
            // One that is none does no harm.
            let _ = self.fake.add_ice_candidate(&candidate);
        }
    }
}

/// The browser of one page. `P` is what the world knows of the path of a connection.
#[derive(Debug)]
pub struct FakeBrowser<P> {
    /// Its connections, except closed ones.
    pub connections: BTreeMap<ConnectionId, Connection<P>>,
    /// Local tracks that are live.
    pub tracks: BTreeSet<TrackId>,
    /// Whether it takes provisional answers, as Chromium does and Firefox does not.
    pub takes_provisional_answers: bool,
    /// The fingerprints of its connections begin with it.
    fingerprint_prefix: String,
    /// Connections that were ever made.
    used_ids: BTreeSet<ConnectionId>,
    last_track: u32,
    devices: FakeDevices,
}

impl<P: Default> FakeBrowser<P> {
    /// A browser without connections. The fingerprint of connection 7 is `{fingerprint_prefix}c7`.
    pub fn new(fingerprint_prefix: impl Into<String>) -> Self {
        Self {
            connections: BTreeMap::new(),
            tracks: BTreeSet::new(),
            takes_provisional_answers: true,
            fingerprint_prefix: fingerprint_prefix.into(),
            used_ids: BTreeSet::new(),
            last_track: 0,
            devices: FakeDevices::default(),
        }
    }

    /// How many connections it has that nobody is known to be at the other end of.
    pub fn lone_connections(&self) -> usize {
        self.connections.values().filter(|connection| !connection.fake.has_remote_description()).count()
    }

    /// Most connections that a room may have made for nobody in particular: the one that is prepared for whoever is there, or
    /// those for whoever comes next, one to answer and one whose offer lies with the server.
    pub fn most_made_ahead(&self, lifecycle: Lifecycle) -> usize {
        match lifecycle {
            Lifecycle::Lobby | Lifecycle::Joining => 1,
            Lifecycle::Joined | Lifecycle::Reconnecting => self.lone_connections().min(2),
            Lifecycle::Left => 0,
        }
    }

    /// A track that nobody has had before, of ours or of somebody else.
    pub fn new_track(&mut self) -> TrackId {
        self.last_track += 1;
        TrackId(self.last_track)
    }

    /// Does what a room asks of a connection; what of it takes a while.
    ///
    /// # Errors
    /// What a browser refuses, by the name of its `DOMException`; what no shell could do, by a sentence.
    pub fn perform(
        &mut self,
        id: ConnectionId,
        effect: ConnectionEffect,
    ) -> Result<Option<Pending>, Refusal> {
        if let ConnectionEffect::Create(role, _) = &effect {
            if !self.used_ids.insert(id) {
                return Err("its number was used before");
            }
            let fingerprint = format!("{}c{}", self.fingerprint_prefix, id.0);
            self.connections.insert(id, Connection::new(fingerprint, *role));
            return Ok(Some(Pending::Create));
        }
        let connection = self.connections.get_mut(&id).ok_or("no such connection")?;
        if let ConnectionEffect::ReplaceTrack(_, Some(track)) = &effect
            && !self.tracks.contains(track)
        {
            return Err("no such track");
        }
        if effect == ConnectionEffect::Close {
            self.connections.remove(&id);
            return Ok(None);
        }
        let refused =
            matches!(effect, ConnectionEffect::SetProvisionalAnswer(_)) && !self.takes_provisional_answers;
        if connection.creation_failed || refused { Ok(None) } else { connection.perform(effect) }
    }

    /// What was pending happens, or the browser `rejects` it. Nothing if the connection is closed.
    pub fn finish(&mut self, id: ConnectionId, pending: &Pending, rejects: bool) -> Completion {
        let Self { connections, last_track, .. } = self;
        let Some(connection) = connections.get_mut(&id).filter(|connection| !connection.creation_failed)
        else {
            return (Vec::new(), None);
        };
        connection.description_pending &= !pending.sets_description();
        match pending {
            Pending::Create if rejects => {
                connection.creation_failed = true;
                (vec![ConnectionEvent::CreationFailed], None)
            }
            Pending::Create | Pending::NegotiationNeeded => {
                let needed = !connection.description_pending && connection.fake.negotiation_needed();
                (Vec::from_iter(needed.then_some(ConnectionEvent::NegotiationNeeded)), None)
            }
            Pending::SetLocalDescription if rejects => {
                (vec![ConnectionEvent::LocalDescriptionSet(Err(error("OperationError")))], None)
            }
            Pending::SetRemoteDescription(..) if rejects => {
                (vec![ConnectionEvent::RemoteDescriptionSet(Err(error("OperationError")))], None)
            }
            Pending::SetLocalDescription => connection.set_local_description(),
            Pending::SetRemoteDescription(description, adopted) => {
                connection.set_remote_description(description, adopted, last_track)
            }
            Pending::SetProvisionalAnswer => (vec![ConnectionEvent::ProvisionalAnswerSet], None),
            Pending::GetStats | Pending::SendMessage(_) => (Vec::new(), None),
        }
    }
}

fn error(name: Refusal) -> OperationError {
    OperationError { name: name.to_owned() }
}

/// The kind of section that a source needs.
pub(crate) fn kind_of(source: Source) -> SectionKind {
    section_kind(source.kind())
}

fn section_kind(kind: MediaKind) -> SectionKind {
    match kind {
        MediaKind::Audio => SectionKind::Audio,
        MediaKind::Video => SectionKind::Video,
    }
}
