//! A page: a room, and what its browser keeps.

use std::collections::{BTreeMap, BTreeSet};

use visavis_app::AppConfig;
use visavis_app::report::Header;
use visavis_core::flight::Recorder;
use visavis_core::signaling::dialects::visavis::Visavis;
use visavis_core::signaling::{IceServer, ParticipantId};
use visavis_core::{
    ConnectionId, OperationError, PeerConnectionState, Room, RoomConfig, Source, Test, TestId, TrackId,
};
use visavis_hub::participant_id;

use super::Action;
use super::network::SocketId;
use super::script::{Person, Wedge};
use crate::fake::{FakeConnection, SignalingState};

/// Milliseconds between two timers of a hidden page.
const HIDDEN_TICK: u64 = 60_000;

/// A connection with what the browser keeps beside it.
pub(super) struct Conn {
    pub(super) fake: FakeConnection,
    /// A description operation is under way.
    pub(super) busy: bool,
    pub(super) state: PeerConnectionState,
    /// The same, as the page has heard last.
    pub(super) known: PeerConnectionState,
    /// Since when its path has been good or bad.
    pub(super) good_since: Option<u64>,
    pub(super) bad_since: Option<u64>,
    /// The fragment with which it failed: only a restart can mend it.
    pub(super) failed_with: Option<String>,
    /// What it sends.
    pub(super) sending: BTreeMap<Source, TrackId>,
    /// The transceivers that send, by their place.
    pub(super) transceivers: BTreeMap<Source, usize>,
    /// Their sections, as the page has heard last.
    pub(super) associated: BTreeMap<Source, String>,
    /// The sections of which `track` has fired.
    pub(super) remote_tracks: BTreeSet<String>,
    pub(super) gathered: Option<String>,
    /// How it fails although its browser calls it good, and its fragment when that began.
    pub(super) wedged: Option<(Wedge, String)>,
    /// The browser has refused something.
    pub(super) refused: bool,
    /// The browser never made it: the shell ignores whatever is asked of it.
    pub(super) stillborn: bool,
    /// Packets of each source so far.
    pub(super) received: [u32; 4],
    pub(super) sent: [u32; 4],
    /// Frames of the cameras: decoded, encoded, captured.
    pub(super) frames: [u32; 3],
    /// When something was wrong with it last.
    pub(super) ailing_at: u64,
}

pub(super) struct Peer {
    /// Whose page it is.
    pub(super) identity: u64,
    pub(super) room: Room,
    pub(super) id: ParticipantId,
    /// False once the page is closed or crashed.
    pub(super) alive: bool,
    /// What the person wants: to be in the call.
    pub(super) wants_in: bool,
    pub(super) socket: Option<SocketId>,
    pub(super) socket_open: bool,
    pub(super) connections: BTreeMap<ConnectionId, Conn>,
    pub(super) used: BTreeSet<ConnectionId>,
    pub(super) tracks: BTreeSet<TrackId>,
    /// What is being tried out before a call.
    pub(super) tests: BTreeMap<TestId, Test>,
    pub(super) next_track: u32,
    /// Whether devices are there.
    pub(super) has_devices: bool,
    /// While there are any, timers and events wait.
    pub(super) sleeps: u32,
    /// Until then timers come late.
    pub(super) hidden_until: u64,
    /// What waits.
    pub(super) missed: Vec<Action>,
    /// The next description, or connection, is refused.
    pub(super) refuses: bool,
    pub(super) refuses_connection: bool,
    /// When the room wants to be woken.
    pub(super) next_timer: Option<u64>,
    /// What writes everything down, if somebody wants to see that.
    pub(super) recorder: Option<Recorder>,
}

/// What every page is configured with.
fn ice_servers() -> Vec<IceServer> {
    let urls = vec!["stun:server".to_owned(), "turn:server".to_owned()];
    vec![IceServer { urls, username: None, credential: None }]
}

impl Peer {
    pub(super) fn new(Person { identity, seed, has_devices }: Person) -> Self {
        let (secret, page) = (format!("{identity:032x}"), format!("{seed:016x}"));
        let (microphone, camera, ice_servers) = (true, true, ice_servers());
        let config = RoomConfig { microphone, camera, seed, ice_servers, ..RoomConfig::default() };
        Self {
            identity,
            id: participant_id(&secret),
            room: Room::new(config, Box::new(Visavis::new("ws://server/ws", secret).with_session(page))),
            alive: true,
            wants_in: false,
            socket: None,
            socket_open: false,
            connections: BTreeMap::new(),
            used: BTreeSet::new(),
            tracks: BTreeSet::new(),
            tests: BTreeMap::new(),
            next_track: 0,
            has_devices,
            sleeps: 0,
            hidden_until: 0,
            missed: Vec::new(),
            refuses: false,
            refuses_connection: false,
            next_timer: None,
            recorder: None,
        }
    }

    /// Writes down everything from now on.
    pub(super) fn record(&mut self, Person { identity, seed, .. }: Person) {
        let (secret, page) = (format!("{identity:032x}"), format!("{seed:016x}"));
        let config = AppConfig { ice_servers: ice_servers(), ..AppConfig::default() };
        let (identities, about) = ([secret.as_str(), ""], "simulation");
        let header = Header { config: &config, fallback: "", identities, page: &page, seed, about };
        self.recorder = Some(header.recorder());
    }

    /// When its timer fires, unless it sleeps. A hidden page has one timer a minute.
    pub(super) fn timer(&self) -> Option<u64> {
        let due = self.next_timer.filter(|_| self.alive && self.sleeps == 0)?;
        let late = due.next_multiple_of(HIDDEN_TICK).min(self.hidden_until);
        Some(due.max(late))
    }

    pub(super) fn is_frozen(&self) -> bool {
        self.sleeps > 0
    }

    pub(super) fn new_track(&mut self) -> TrackId {
        self.next_track += 1;
        TrackId(self.next_track)
    }
}

impl Conn {
    pub(super) fn refuse(&mut self) -> OperationError {
        self.refused = true;
        OperationError { name: "OperationError".to_owned() }
    }

    /// The section that carries a source, once both sides have agreed on one.
    pub(super) fn mid(&self, source: Source) -> Option<String> {
        self.fake.mid(*self.transceivers.get(&source)?)
    }

    /// Sources whose transceiver is in another section than the page has heard: after a rollback it may be.
    pub(super) fn associate(&mut self) -> Vec<(Source, String)> {
        let all = Source::ALL.into_iter().filter_map(|source| Some((source, self.mid(source)?)));
        let new: Vec<_> = all.filter(|(source, mid)| self.associated.get(source) != Some(mid)).collect();
        self.associated.extend(new.iter().cloned());
        new
    }

    /// Takes over transceivers that an offer has brought.
    pub(super) fn adopt(&mut self, adopted: &[(Source, Option<String>)]) {
        for (source, mid) in adopted {
            let transceiver = mid.as_deref().and_then(|mid| self.fake.transceiver(mid));
            self.transceivers.extend(transceiver.map(|transceiver| (*source, transceiver)));
        }
    }

    /// Nothing is being negotiated.
    pub(super) fn is_stable(&self) -> bool {
        !self.busy && self.fake.signaling() == SignalingState::Stable
    }

    /// Does something to a connection, unless its browser has refused to make it: then nothing happens.
    pub(super) fn if_alive(
        &mut self,
        act: impl FnOnce(&mut Self) -> Result<(), &'static str>,
    ) -> Result<(), &'static str> {
        if self.stillborn { Ok(()) } else { act(self) }
    }

    pub(super) fn begin(&mut self) -> Result<(), &'static str> {
        let busy = std::mem::replace(&mut self.busy, true);
        if busy { Err("another description operation is under way") } else { Ok(()) }
    }

    pub(super) fn send(
        &mut self,
        source: Source,
        track: Option<TrackId>,
        live: &BTreeSet<TrackId>,
    ) -> Result<(), &'static str> {
        match track {
            Some(track) if !live.contains(&track) => return Err("no such track"),
            Some(track) => self.sending.insert(source, track),
            None => self.sending.remove(&source),
        };
        Ok(())
    }
}
