//! A room from the outside: inputs in, effects out.
#![allow(clippy::unwrap_used, clippy::panic, clippy::wildcard_enum_match_arm)]

mod counters;
mod details;
mod devices;
mod early_offers;
mod files;
mod first_connection;
mod interactions;
mod peer_channel;
mod pictures;
mod preflight;
mod prepared_offer;
mod provisional_answers;
mod quality;
mod refused;
mod relay;
mod safety;
mod screen;
mod server;
mod server_closes;
mod sfu;
mod silence;
mod simulcast;
mod speech;
mod strangers;
mod track_settings;
mod unreachable_peers;

use std::time::Duration;

use self::counters::Counters;
use visavis_core::signaling::{
    Dialect, DialectInput, DialectOutput, EarlyOffers, Endpoint, IceCandidate, IceServer, IceServers,
    Inbound, Joined, MediaState, Negotiation, Offerer, Outbound, ParticipantId, ParticipantInfo, RejectCode,
    Rejection, RosterSignal, SdpType, ServerSignal, SessionDescription, SfuConnection, Timestamp,
};
use visavis_core::timing::RECONNECT_FIRST;
use visavis_core::{
    Command, ConnectionConfig, ConnectionEffect, ConnectionEvent, ConnectionId, ConnectionReason,
    ConnectionState, DataChannel, Effect, EncodingParameters, Encodings, Finding, Input, Lifecycle,
    NetworkEvent, OperationError, Output, PeerConnectionState, PreflightEffect, Problem, ResolutionScale,
    Role, Room, RoomConfig, SocketEffect, SocketEvent, Source, Test, UnreachableReason,
};

/// A dialect without a language: the test puts signals in and sees what is said.
#[derive(Default)]
struct TestDialect {
    signals: Vec<Inbound>,
}

thread_local! {
    static SENT: std::cell::RefCell<Vec<Outbound>> = const { std::cell::RefCell::new(Vec::new()) };
    static INBOUND: std::cell::RefCell<Vec<Inbound>> = const { std::cell::RefCell::new(Vec::new()) };
    static EARLY_OFFERS: std::cell::Cell<EarlyOffers> = const { std::cell::Cell::new(EarlyOffers::Unsupported) };
    /// The connection that goes with the opening of the socket, if there is one.
    static FIRST_CONNECTION: std::cell::Cell<Option<SfuConnection>> = const { std::cell::Cell::new(None) };
    /// What the dialect tells as soon as the room says something.
    static REPLIES: std::cell::RefCell<Vec<Inbound>> = const { std::cell::RefCell::new(Vec::new()) };
}

impl Dialect for TestDialect {
    fn endpoint(&self) -> Endpoint {
        Endpoint::new("ws://plain")
    }

    fn handle(&mut self, _now: Timestamp, input: DialectInput, out: &mut Vec<DialectOutput>) {
        match input {
            DialectInput::Send(outbound) => {
                SENT.with_borrow_mut(|sent| sent.push(outbound));
                out.extend(REPLIES.take().into_iter().map(DialectOutput::Signal));
            }
            DialectInput::Frame(_) => {
                self.signals.extend(INBOUND.take());
                out.extend(self.signals.drain(..).map(DialectOutput::Signal));
            }
            DialectInput::ChannelMessage(_) | DialectInput::TokenResponse { .. } => {}
            DialectInput::HangUpChannelClosed(id) => {
                out.push(DialectOutput::Signal(Inbound::Roster(RosterSignal::Left(id))));
            }
            DialectInput::Opened | DialectInput::Closed | DialectInput::Timeout => {}
        }
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        None
    }

    fn uses_hang_up_channel(&self) -> bool {
        true
    }

    fn early_offers(&self) -> EarlyOffers {
        EARLY_OFFERS.get()
    }

    fn joins_by_opening(&self) -> bool {
        FIRST_CONNECTION.get().is_some()
    }

    fn first_connection(&self) -> Option<SfuConnection> {
        FIRST_CONNECTION.get()
    }

    fn carries_peer_messages(&self) -> bool {
        true
    }
}

struct Harness {
    room: Room,
    now: Timestamp,
    parameters: Vec<(u32, Source, EncodingParameters)>,
}

impl Harness {
    fn new() -> Self {
        Self::seeded(1)
    }

    fn seeded(seed: u64) -> Self {
        SENT.take();
        Self::with(RoomConfig { seed, ..RoomConfig::default() })
    }

    fn with(config: RoomConfig) -> Self {
        let room = Room::new(config, Box::new(TestDialect::default()));
        Self { room, now: Timestamp::default(), parameters: Vec::new() }
    }

    /// In the room as "m", with these others already there.
    fn joined(others: &[&str]) -> (Self, Vec<Effect>) {
        let mut harness = Self::new();
        let effects = harness.join(others);
        (harness, effects)
    }

    fn join(&mut self, others: &[&str]) -> Vec<Effect> {
        self.input(Input::Command(Command::Join { room: "r".into(), name: "n".into() }));
        self.input(Input::Socket(SocketEvent::Opened));
        self.receive(welcome(others))
    }

    fn input(&mut self, input: Input) -> Vec<Effect> {
        self.room.handle(self.now, input);
        let mut effects = self.effects();
        // This browser makes connections, and says so at once.
        while let Some(at) = effects.iter().position(|effect| {
            matches!(effect, Effect::Preflight(_, PreflightEffect::Start(Test::Connection)))
        }) {
            let Effect::Preflight(trial, PreflightEffect::Start(_)) = effects.remove(at) else { break };
            self.room.handle(self.now, Input::Preflight(trial, Finding::Good));
            effects.extend(self.effects());
            effects.retain(|effect| *effect != Effect::Preflight(trial, PreflightEffect::End));
        }
        effects
    }

    /// What the room has decided, but for the encoding of videos: that is in `parameters`.
    fn effects(&mut self) -> Vec<Effect> {
        let outputs = std::iter::from_fn(|| self.room.poll_output()).collect::<Vec<_>>();
        let effects = outputs.into_iter().filter_map(|output| match output {
            Output::Effect(Effect::Connection(id, ConnectionEffect::SetParameters(source, parameters))) => {
                self.parameters.extend(parameters.as_slice().iter().map(|one| (id.0, source, *one)));
                None
            }
            Output::Effect(effect) => Some(effect),
            Output::Event(_) => None,
        });
        effects.collect()
    }

    fn receive(&mut self, signal: Inbound) -> Vec<Effect> {
        self.receive_all(vec![signal])
    }

    /// In one frame.
    fn receive_all(&mut self, signals: Vec<Inbound>) -> Vec<Effect> {
        INBOUND.with_borrow_mut(|inbound| inbound.extend(signals));
        self.input(Input::Socket(SocketEvent::Frame(String::new())))
    }

    fn wait(&mut self, time: Duration) -> Vec<Effect> {
        let end = self.now + time;
        let mut effects = Vec::new();
        while let Some(at) = self.room.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            effects.extend(self.input(Input::Timeout));
        }
        self.now = end;
        effects
    }

    fn event(&mut self, connection: u32, event: ConnectionEvent) -> Vec<Effect> {
        self.input(Input::Connection(ConnectionId(connection), event))
    }

    fn connection(&self) -> (ConnectionState, ConnectionReason) {
        let view = self.room.view();
        (view.participants[0].connection.state, view.participants[0].connection.reason)
    }
}

fn sent() -> Vec<Outbound> {
    SENT.take()
}

fn id(id: &str) -> ParticipantId {
    ParticipantId::new(id).unwrap()
}

fn info(name: &str, offerer: Offerer) -> ParticipantInfo {
    ParticipantInfo {
        id: id(name),
        name: name.into(),
        media: Some(MediaState::default()),
        offerer,
        session: None,
    }
}

fn welcome(others: &[&str]) -> Inbound {
    let participants = others.iter().map(|other| info(other, Offerer::Us)).collect();
    Inbound::Server(ServerSignal::Joined(Joined {
        id: id("m"),
        participants,
        ice_servers: None,
        capacity: Some(8),
        room: None,
        given_offers: Vec::new(),
    }))
}

fn description(sdp_type: SdpType, ufrag: &str) -> SessionDescription {
    SessionDescription { sdp_type, sdp: format!("v=0\r\na=ice-ufrag:{ufrag}\r\n") }
}

fn candidate(ufrag: &str) -> IceCandidate {
    IceCandidate {
        candidate: "candidate:1".into(),
        sdp_mid: None,
        sdp_m_line_index: Some(0),
        username_fragment: Some(ufrag.into()),
    }
}

fn offer_from(from: &str, epoch: u32, ufrag: &str) -> Inbound {
    Inbound::description(id(from), epoch, description(SdpType::Offer, ufrag))
}

fn candidate_from(from: &str, epoch: u32, ufrag: &str) -> Inbound {
    Inbound::candidate(id(from), epoch, Some(candidate(ufrag)))
}

fn creations(effects: &[Effect]) -> Vec<(u32, Role)> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Connection(connection, ConnectionEffect::Create(role, _)) => Some((connection.0, *role)),
            _ => None,
        })
        .collect()
}

#[test]
fn the_newcomer_offers_to_everybody() {
    let (mut harness, effects) = Harness::joined(&["a", "b"]);
    assert_eq!(creations(&effects), [(0, Role::Offerer), (1, Role::Offerer)]);
    let effects = harness.receive(Inbound::Roster(RosterSignal::Joined(info("c", Offerer::Them))));
    assert_eq!(creations(&effects), [(2, Role::Answerer)]);
    let names: Vec<_> = harness.room.view().participants.into_iter().map(|other| other.name).collect();
    assert_eq!(names, ["a", "b", "c"], "in the order in which they appeared");
}

#[test]
fn our_candidates_follow_our_description() {
    let (mut harness, effects) = Harness::joined(&["a"]);
    sent();
    let offer = Effect::Connection(ConnectionId(0), ConnectionEffect::SetLocalDescription);
    assert!(effects.contains(&offer), "before `negotiationneeded`");
    harness.event(0, ConnectionEvent::IceCandidate(Some(candidate("u"))));
    assert_eq!(sent(), [], "not before the description");
    harness.event(0, ConnectionEvent::LocalDescriptionSet(Ok(description(SdpType::Offer, "u"))));
    let expected = [
        Outbound::description(id("a"), 0, description(SdpType::Offer, "u")),
        Outbound::candidate(id("a"), 0, Some(candidate("u"))),
    ];
    assert_eq!(sent(), expected);
}

#[test]
fn early_candidates_wait_and_late_ones_are_dropped() {
    let (mut harness, _) = Harness::joined(&[]);
    assert_eq!(harness.receive(candidate_from("a", 0, "u")), [], "before anybody knows them");
    harness.receive(Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Them))));
    assert_eq!(harness.receive(candidate_from("a", 0, "u")), [], "before their offer");
    let effects = harness.receive(offer_from("a", 0, "u"));
    assert_eq!(
        effects,
        [Effect::Connection(
            ConnectionId(0),
            ConnectionEffect::SetRemoteDescription {
                description: description(SdpType::Offer, "u"),
                adopted: vec![]
            }
        )]
    );
    let effects = harness.event(0, ConnectionEvent::RemoteDescriptionSet(Ok(())));
    let add = Effect::Connection(ConnectionId(0), ConnectionEffect::AddIceCandidate(candidate("u")));
    assert_eq!(
        effects,
        [add.clone(), add, Effect::Connection(ConnectionId(0), ConnectionEffect::SetLocalDescription)]
    );
    assert_eq!(
        harness.receive(Inbound::Roster(RosterSignal::Left(id("a")))),
        [Effect::Connection(ConnectionId(0), ConnectionEffect::Close)]
    );
    assert_eq!(harness.receive(candidate_from("a", 0, "u")), [], "after they left");
    assert_eq!(
        harness.event(0, ConnectionEvent::NegotiationNeeded),
        [],
        "a late event of a closed connection"
    );
}

#[test]
fn older_epochs_are_ignored_and_newer_ones_take_over() {
    let (mut harness, _) = Harness::joined(&[]);
    harness.receive(Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Them))));
    assert_eq!(harness.receive(candidate_from("a", 2, "u")), [], "of an epoch to come");
    let effects = harness.receive(offer_from("a", 2, "u"));
    let set = Effect::Connection(
        ConnectionId(0),
        ConnectionEffect::SetRemoteDescription {
            description: description(SdpType::Offer, "u"),
            adopted: vec![],
        },
    );
    assert_eq!(effects, [set], "nothing was made for the older one but what can be used for this");
    let effects = harness.event(0, ConnectionEvent::RemoteDescriptionSet(Ok(())));
    assert_eq!(
        effects[0],
        Effect::Connection(ConnectionId(0), ConnectionEffect::AddIceCandidate(candidate("u"))),
        "it was kept"
    );
    assert_eq!(harness.receive(offer_from("a", 1, "v")), []);
    assert_eq!(harness.receive(candidate_from("a", 1, "u")), []);
    let effects = harness.receive(offer_from("a", 3, "w"));
    assert_eq!(effects[0], Effect::Connection(ConnectionId(0), ConnectionEffect::Close));
    assert_eq!(creations(&effects), [(1, Role::Answerer)]);
}

#[test]
fn first_offers_that_cross_end_in_one_connection() {
    // "m" sorts above "a" and below "z": impolite to the one, polite to the other.
    let (mut harness, _) = Harness::joined(&["a", "z"]);
    for connection in [0, 1] {
        harness.event(connection, ConnectionEvent::LocalDescriptionSet(Ok(description(SdpType::Offer, "u"))));
    }
    assert_eq!(harness.receive(offer_from("a", 0, "x")), [], "ours stands");
    let effects = harness.receive(offer_from("z", 0, "x"));
    assert_eq!(creations(&effects), [(2, Role::Answerer)]);
    assert_eq!(effects[0], Effect::Connection(ConnectionId(1), ConnectionEffect::Close));
    assert_eq!(
        effects.last(),
        Some(&Effect::Connection(
            ConnectionId(2),
            ConnectionEffect::SetRemoteDescription {
                description: description(SdpType::Offer, "x"),
                adopted: vec![]
            }
        ))
    );
}

#[test]
fn losing_the_server_does_not_touch_media() {
    let (mut harness, _) = Harness::joined(&["a"]);
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    harness.input(Input::Socket(SocketEvent::Closed));
    assert_eq!(harness.room.view().lifecycle, Lifecycle::Reconnecting);
    let effects = harness.wait(Duration::from_secs(1));
    assert!(
        effects.iter().all(|effect| matches!(effect, Effect::Socket(SocketEffect::Open(_)))),
        "{effects:?}"
    );
    harness.input(Input::Socket(SocketEvent::Opened));
    assert_eq!(harness.receive(welcome(&[])), [], "they are not back yet, but their media is fine");
    assert_eq!(harness.wait(Duration::from_secs(300)), []);
    assert_eq!(harness.receive(Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Them)))), []);
    assert_eq!(harness.connection(), (ConnectionState::Connected, ConnectionReason::None));
}

#[test]
fn where_nothing_is_lost_nothing_is_mended() {
    let (mut harness, _) = Harness::joined(&["a"]);
    harness.input(Input::Socket(SocketEvent::Closed));
    sent();
    let offer = description(SdpType::Offer, "m");
    harness.event(0, ConnectionEvent::LocalDescriptionSet(Ok(offer.clone())));
    harness.event(0, ConnectionEvent::IceCandidate(Some(candidate("m"))));
    harness.wait(RECONNECT_FIRST[1]);
    harness.input(Input::Socket(SocketEvent::Opened));
    assert!(matches!(sent().as_slice(), [Outbound::Join { .. }]));
    assert_eq!(
        harness.receive(Inbound::Server(ServerSignal::Resumed { ice_servers: None })),
        [],
        "half a negotiation goes on"
    );
    let (to, epoch) = (id("a"), 0);
    let waited = [
        Outbound::description(to.clone(), epoch, offer),
        Outbound::candidate(to, epoch, Some(candidate("m"))),
        Outbound::MediaState(MediaState::default()),
    ];
    assert_eq!(sent(), waited, "what could not be said is said now");
    harness.receive(Inbound::Roster(RosterSignal::Lost(id("a"))));
    assert_eq!(harness.receive(Inbound::Roster(RosterSignal::Resumed(info("a", Offerer::Them)))), []);
}

#[test]
fn another_life_of_somebody_is_connected_anew_under_the_same_tile() {
    let (mut harness, _) = Harness::joined(&["a"]);
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    let again = ParticipantInfo { session: Some("2".into()), ..info("a", Offerer::Them) };
    let effects = harness.receive(Inbound::Roster(RosterSignal::Joined(again.clone())));
    assert_eq!(effects[0], Effect::Connection(ConnectionId(0), ConnectionEffect::Close));
    assert_eq!(creations(&effects), [(1, Role::Answerer)]);
    assert_eq!(harness.room.view().participants.len(), 1);
    assert_eq!(harness.receive(Inbound::Roster(RosterSignal::Joined(again))), [], "that life is known now");
}

#[test]
fn newer_ice_servers_reach_every_connection() {
    let (mut harness, _) = Harness::joined(&["a", "b"]);
    let text = |text: &str| Some(text.to_owned());
    let server = IceServer { urls: vec!["turn:x".into()], username: text("u"), credential: text("c") };
    let ice = IceServers { servers: vec![server.clone()], expires_in: None };
    let effects = harness.receive(Inbound::Server(ServerSignal::IceServers(ice.clone())));
    let config = ConnectionConfig { ice_servers: vec![server], relay_only: false };
    let told = [0, 1]
        .map(|n| Effect::Connection(ConnectionId(n), ConnectionEffect::SetConfiguration(config.clone())));
    assert_eq!(effects, told);
    assert_eq!(harness.receive(Inbound::Server(ServerSignal::IceServers(ice))), [], "nothing new");
}

#[test]
fn whoever_is_lost_to_server_and_ear_is_given_up() {
    let (mut harness, _) = Harness::joined(&["a"]);
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    harness.receive(Inbound::Roster(RosterSignal::Lost(id("a"))));
    assert_eq!(harness.wait(Duration::from_secs(300)), [], "a tile that still receives is never removed");
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Disconnected));
    assert_eq!(harness.connection(), (ConnectionState::Reconnecting, ConnectionReason::PeerGone));
    assert_eq!(
        harness.wait(Duration::from_secs(30)),
        [Effect::Connection(ConnectionId(0), ConnectionEffect::Close)]
    );
    assert_eq!(harness.room.view().participants, []);
}

#[test]
fn a_broken_path_is_restarted_then_rebuilt_then_shown_as_failed() {
    let (mut harness, _) = Harness::joined(&["a"]);
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Failed));
    assert_eq!(
        harness.wait(Duration::ZERO),
        [Effect::Connection(ConnectionId(0), ConnectionEffect::RestartIce)]
    );
    assert_eq!(harness.connection(), (ConnectionState::Reconnecting, ConnectionReason::PathLost));
    assert_eq!(creations(&harness.wait(Duration::from_secs(12))), [(1, Role::Offerer)]);
    harness.wait(Duration::from_secs(60));
    assert_eq!(harness.connection(), (ConnectionState::Failed, ConnectionReason::NoPath));
}

#[test]
fn leaving_puts_everything_away() {
    let (mut harness, _) = Harness::joined(&["a", "b"]);
    sent();
    let effects = harness.input(Input::Command(Command::Leave));
    assert_eq!(sent(), [Outbound::Leave]);
    let closes = [
        Effect::Connection(ConnectionId(1), ConnectionEffect::Close),
        Effect::Connection(ConnectionId(0), ConnectionEffect::Close),
    ];
    assert_eq!(effects, [closes.as_slice(), &[Effect::Socket(SocketEffect::Close)]].concat());
    assert_eq!((harness.room.view().lifecycle, harness.room.poll_timeout()), (Lifecycle::Left, None));
}

#[test]
fn nobody_pushes_out_what_others_said_too_early() {
    let (mut harness, _) = Harness::joined(&[]);
    harness.receive(offer_from("a", 0, "u"));
    for i in 0..1000 {
        harness.receive(candidate_from("b", i, "v"));
    }
    let effects = harness.receive(Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Them))));
    assert!(
        effects.iter().any(|effect| matches!(
            effect,
            Effect::Connection(_, ConnectionEffect::SetRemoteDescription { .. })
        )),
        "{effects:?}"
    );
}

/// The others remember our epochs: an old one would be answered by a second connection.
#[test]
fn whoever_comes_back_goes_on_counting_epochs() {
    let (mut harness, _) = Harness::joined(&["a"]);
    harness.input(Input::Command(Command::Leave));
    harness.join(&["a"]);
    sent();
    harness.event(1, ConnectionEvent::LocalDescriptionSet(Ok(description(SdpType::Offer, "u"))));
    assert!(matches!(sent().as_slice(), [Outbound::Negotiation(Negotiation { epoch: 1, .. }), ..]));
}

/// A connection to "a" that is up, in both directions' words.
fn connected() -> Harness {
    let (mut harness, _) = Harness::joined(&["a"]);
    let media = MediaState::from([Source::Microphone, Source::Camera]);
    harness.receive(Inbound::Roster(RosterSignal::MediaState { from: id("a"), media }));
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    harness
}

#[test]
fn a_lost_path_says_when_only_the_server_can_help() {
    let mut harness = connected();
    harness.input(Input::Socket(SocketEvent::Closed));
    assert_eq!(harness.connection(), (ConnectionState::Connected, ConnectionReason::None));
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Failed));
    assert_eq!(harness.connection(), (ConnectionState::Reconnecting, ConnectionReason::WaitingForServer));
}

#[test]
fn somebody_who_may_not_be_there_is_not_shown_and_not_mended() {
    let (mut harness, _) = Harness::joined(&[]);
    let effects = harness.receive(Inbound::Roster(RosterSignal::Joined(info("z", Offerer::Unknown))));
    assert_eq!(creations(&effects), [(0, Role::Offerer)]);
    harness.event(0, ConnectionEvent::LocalDescriptionSet(Ok(description(SdpType::Offer, "m1"))));
    assert_eq!(harness.wait(Duration::from_secs(300)), []);
    assert!(harness.room.view().participants.is_empty());
    let answer = description(SdpType::Answer, "z1");
    harness.receive(Inbound::description(id("z"), 0, answer));
    harness.event(0, ConnectionEvent::RemoteDescriptionSet(Ok(())));
    assert_eq!(harness.connection().0, ConnectionState::Connecting);
    assert_eq!(
        creations(&harness.wait(Duration::from_secs(18))),
        [(1, Role::Offerer)],
        "now they are to connect"
    );
}

/// As a client of ours does on a server that says nothing of anybody.
#[test]
fn who_introduces_themselves_is_there() {
    let (mut harness, _) = Harness::joined(&[]);
    harness.receive(Inbound::Roster(RosterSignal::Joined(info("z", Offerer::Unknown))));
    harness.receive(Inbound::Roster(RosterSignal::Resumed(info("z", Offerer::Them))));
    assert_eq!(harness.connection().0, ConnectionState::Connecting);
    assert_eq!(creations(&harness.wait(Duration::from_secs(18))), [(1, Role::Offerer)]);
}

#[test]
fn who_closes_the_channel_has_left_if_the_dialect_says_so() {
    let (mut harness, effects) = Harness::joined(&["z"]);
    let made = ConnectionEffect::CreateDataChannel(DataChannel::HangUp);
    assert!(effects.contains(&Effect::Connection(ConnectionId(0), made)), "{effects:?}");
    let closed = Input::Connection(ConnectionId(0), ConnectionEvent::HangUpChannelClosed);
    assert!(
        harness.input(closed.clone()).contains(&Effect::Connection(ConnectionId(0), ConnectionEffect::Close))
    );
    assert_eq!(harness.room.view().participants.len(), 0);
    assert_eq!(harness.input(closed), [], "a late word of a closed connection");
}
