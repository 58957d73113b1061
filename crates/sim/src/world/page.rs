//! A page: a room, and what its browser keeps.

use std::collections::{BTreeMap, VecDeque};

use visavis_app::AppConfig;
use visavis_app::report::Header;
use visavis_core::flight::Recorder;
use visavis_core::signaling::dialects::visavis::Visavis;
use visavis_core::signaling::{IceServer, ParticipantId, Source};
use visavis_core::{PeerConnectionState, Room, Test, TestId};
use visavis_hub::participant_id;

use super::Action;
use super::network::SocketId;
use super::script::{Person, SilentFailure};
use crate::browser::{Connection, FakeBrowser};
use crate::ice_state::IceState;

/// Milliseconds between two timers of a hidden page.
const HIDDEN_TIMER_INTERVAL: u64 = 60_000;

/// A connection of a page.
pub(super) type Conn = Connection<Path>;

/// What the world knows of the path of a connection.
#[derive(Debug, Default)]
pub(super) struct Path {
    pub(super) ice: IceState,
    /// The state that the page was told last.
    pub(super) reported_state: PeerConnectionState,
    /// How it fails while its browser calls it connected, and its ufrag when that began.
    pub(super) silent_failure: Option<(SilentFailure, String)>,
    /// The browser has refused a description of it.
    pub(super) description_refused: bool,
    /// Packets of each source so far.
    pub(super) received: [u32; Source::ALL.len()],
    pub(super) sent: [u32; Source::ALL.len()],
    /// Frames of the cameras: decoded, encoded, captured.
    pub(super) frames: [u32; 3],
    /// Messages that wait in its data channel.
    pub(super) outgoing: Vec<String>,
    /// Messages that are about to be heard, and the last media state that was.
    pub(super) incoming: VecDeque<String>,
    pub(super) heard: Option<String>,
    /// When something was wrong with it last (ms).
    pub(super) last_unhealthy_at: u64,
}

pub(super) struct Peer {
    /// Whose page it is.
    pub(super) identity: u64,
    pub(super) room: Room,
    pub(super) id: ParticipantId,
    /// False once the page is closed or crashed.
    pub(super) alive: bool,
    /// Whether the person wants to be in the call.
    pub(super) should_be_joined: bool,
    pub(super) socket: Option<SocketId>,
    pub(super) socket_open: bool,
    pub(super) browser: FakeBrowser<Path>,
    /// What is being tried out before a call.
    pub(super) tests: BTreeMap<TestId, Test>,
    /// Whether devices are there.
    pub(super) has_devices: bool,
    /// How many freezes are under way: while there are any, timers and events are deferred.
    pub(super) freezes: u32,
    /// Until then timers come late.
    pub(super) hidden_until: u64,
    /// Actions deferred until the page is no longer frozen.
    pub(super) deferred: Vec<Action>,
    /// The next description, or connection, is refused.
    pub(super) refuses_description: bool,
    pub(super) refuses_connection: bool,
    /// When the room wants to be woken.
    pub(super) next_timer: Option<u64>,
    /// What writes everything down, if somebody wants to see that.
    pub(super) recorder: Option<Recorder>,
}

/// What a page is configured with. Half of all prepare a connection.
fn config(seed: u64) -> AppConfig {
    let urls = vec!["stun:server".to_owned(), "turn:server".to_owned()];
    AppConfig {
        ice_servers: vec![IceServer { urls, username: None, credential: None }],
        prepare_connection: seed % 2 == 1,
        ..AppConfig::default()
    }
}

impl Peer {
    pub(super) fn new(number: usize, Person { identity, seed, has_devices }: Person) -> Self {
        let (secret, page) = (format!("{identity:032x}"), format!("{seed:016x}"));
        let config = config(seed).room_config(seed);
        let mut browser = FakeBrowser::new(format!("p{number}"));
        browser.takes_provisional_answers = seed & 2 != 0;
        Self {
            identity,
            id: participant_id(&secret),
            room: Room::new(config, Box::new(Visavis::new("ws://server/ws", secret).with_session(page))),
            alive: true,
            should_be_joined: false,
            socket: None,
            socket_open: false,
            browser,
            tests: BTreeMap::new(),
            has_devices,
            freezes: 0,
            hidden_until: 0,
            deferred: Vec::new(),
            refuses_description: false,
            refuses_connection: false,
            next_timer: None,
            recorder: None,
        }
    }

    /// Writes down everything from now on.
    pub(super) fn record(&mut self, Person { identity, seed, .. }: Person) {
        let (secret, page) = (format!("{identity:032x}"), format!("{seed:016x}"));
        let config = config(seed);
        let (identities, about) = ([secret.as_str(), ""], "simulation");
        let header = Header { config: &config, fallback: "", identities, page: &page, seed, about };
        self.recorder = Some(header.recorder());
    }

    /// When its timer fires, unless it sleeps. A hidden page has one timer a minute.
    pub(super) fn timer(&self) -> Option<u64> {
        let due = self.next_timer.filter(|_| self.alive && self.freezes == 0)?;
        let late = due.next_multiple_of(HIDDEN_TIMER_INTERVAL).min(self.hidden_until);
        Some(due.max(late))
    }

    pub(super) fn is_frozen(&self) -> bool {
        self.freezes > 0
    }
}
