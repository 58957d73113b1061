//! A room from the outside: inputs in, effects out.
#![allow(clippy::unwrap_used, clippy::panic, clippy::wildcard_enum_match_arm)]

mod check;
mod counters;
mod devices;
mod farewell;
mod obstacles;
mod peer_channel;
mod pictures;
mod refused;
mod safety;
mod screen;
mod server;
mod silence;

use std::time::Duration;

use self::counters::Counters;
use visavis_core::signaling::{
    Dialect, DialectInput, DialectOutput, Endpoint, IceCandidate, IceServer, IceServers, Inbound, Joined,
    MediaState, Negotiation, Offerer, Outbound, ParticipantId, ParticipantInfo, RejectCode, Rejection,
    RosterSignal, SdpType, ServerSignal, SessionDescription, Timestamp,
};
use visavis_core::timing::RECONNECT_FIRST;
use visavis_core::{
    CheckEffect, Command, ConnectionConfig, ConnectionEffect, ConnectionEvent, ConnectionId,
    ConnectionReason, ConnectionState, DataChannel, Effect, Finding, Input, Lifecycle, NetworkEvent,
    OperationError, Output, PeerConnectionState, Problem, Role, Room, RoomConfig, SocketEffect, SocketEvent,
    Source, Test, UnreachableReason,
};

/// A dialect without a language: the test puts signals in and sees what is said.
#[derive(Default)]
struct Plain {
    signals: Vec<Inbound>,
}

thread_local! {
    static SAID: std::cell::RefCell<Vec<Outbound>> = const { std::cell::RefCell::new(Vec::new()) };
    static HEARD: std::cell::RefCell<Vec<Inbound>> = const { std::cell::RefCell::new(Vec::new()) };
    /// What the dialect tells as soon as the room says something.
    static ANSWERS: std::cell::RefCell<Vec<Inbound>> = const { std::cell::RefCell::new(Vec::new()) };
}

impl Dialect for Plain {
    fn endpoint(&self) -> Endpoint {
        Endpoint { url: "ws://plain".into(), protocols: Vec::new() }
    }

    fn handle(&mut self, _now: Timestamp, input: DialectInput, out: &mut Vec<DialectOutput>) {
        match input {
            DialectInput::Send(outbound) => {
                SAID.with_borrow_mut(|said| said.push(outbound));
                out.extend(ANSWERS.take().into_iter().map(DialectOutput::Signal));
            }
            DialectInput::Frame(_) => {
                self.signals.extend(HEARD.take());
                out.extend(self.signals.drain(..).map(DialectOutput::Signal));
            }
            DialectInput::ChannelClosed(id) => {
                out.push(DialectOutput::Signal(Inbound::Roster(RosterSignal::Left(id))));
            }
            DialectInput::Opened | DialectInput::Closed | DialectInput::Timeout => {}
        }
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        None
    }

    fn uses_hangup_channel(&self) -> bool {
        true
    }
}

struct Stage {
    room: Room,
    now: Timestamp,
}

impl Stage {
    fn new() -> Self {
        Self::seeded(1)
    }

    fn seeded(seed: u64) -> Self {
        let config = RoomConfig { seed, ..RoomConfig::default() };
        SAID.take();
        Self { room: Room::new(config, Box::new(Plain::default())), now: Timestamp::default() }
    }

    /// In the room as "m", with these others already there.
    fn joined(others: &[&str]) -> (Self, Vec<Effect>) {
        let mut stage = Self::new();
        let effects = stage.join(others);
        (stage, effects)
    }

    fn join(&mut self, others: &[&str]) -> Vec<Effect> {
        self.input(Input::Command(Command::Join { room: "r".into(), name: "n".into() }));
        self.input(Input::Socket(SocketEvent::Opened));
        self.hear(welcome(others))
    }

    fn input(&mut self, input: Input) -> Vec<Effect> {
        self.room.handle(self.now, input);
        let mut effects = self.effects();
        // This browser makes connections, and says so at once.
        while let Some(at) = effects
            .iter()
            .position(|effect| matches!(effect, Effect::Check(_, CheckEffect::Start(Test::Connection))))
        {
            let Effect::Check(trial, CheckEffect::Start(_)) = effects.remove(at) else { break };
            self.room.handle(self.now, Input::Check(trial, Finding::Good));
            effects.extend(self.effects());
            effects.retain(|effect| *effect != Effect::Check(trial, CheckEffect::End));
        }
        effects
    }

    fn effects(&mut self) -> Vec<Effect> {
        std::iter::from_fn(|| self.room.poll_output())
            .filter_map(|output| match output {
                Output::Effect(effect) => Some(effect),
                Output::Event(_) => None,
            })
            .collect()
    }

    fn hear(&mut self, signal: Inbound) -> Vec<Effect> {
        HEARD.with_borrow_mut(|heard| heard.push(signal));
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

fn said() -> Vec<Outbound> {
    SAID.take()
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
    let (mut stage, effects) = Stage::joined(&["a", "b"]);
    assert_eq!(creations(&effects), [(0, Role::Offerer), (1, Role::Offerer)]);
    let effects = stage.hear(Inbound::Roster(RosterSignal::Joined(info("c", Offerer::Them))));
    assert_eq!(creations(&effects), [(2, Role::Answerer)]);
    let names: Vec<_> = stage.room.view().participants.into_iter().map(|other| other.name).collect();
    assert_eq!(names, ["a", "b", "c"], "in the order in which they appeared");
}

#[test]
fn our_candidates_follow_our_description() {
    let (mut stage, _) = Stage::joined(&["a"]);
    said();
    assert_eq!(
        stage.event(0, ConnectionEvent::NegotiationNeeded),
        [Effect::Connection(ConnectionId(0), ConnectionEffect::SetLocalDescription)]
    );
    stage.event(0, ConnectionEvent::IceCandidate(Some(candidate("u"))));
    assert_eq!(said(), [], "not before the description");
    stage.event(0, ConnectionEvent::LocalDescriptionSet(Ok(description(SdpType::Offer, "u"))));
    let expected = [
        Outbound::description(id("a"), 0, description(SdpType::Offer, "u")),
        Outbound::candidate(id("a"), 0, Some(candidate("u"))),
    ];
    assert_eq!(said(), expected);
}

#[test]
fn early_candidates_wait_and_late_ones_are_dropped() {
    let (mut stage, _) = Stage::joined(&[]);
    assert_eq!(stage.hear(candidate_from("a", 0, "u")), [], "before anybody knows them");
    stage.hear(Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Them))));
    assert_eq!(stage.hear(candidate_from("a", 0, "u")), [], "before their offer");
    let effects = stage.hear(offer_from("a", 0, "u"));
    assert_eq!(
        effects,
        [Effect::Connection(
            ConnectionId(0),
            ConnectionEffect::SetRemoteDescription(description(SdpType::Offer, "u"), vec![])
        )]
    );
    let effects = stage.event(0, ConnectionEvent::RemoteDescriptionSet(Ok(())));
    let add = Effect::Connection(ConnectionId(0), ConnectionEffect::AddIceCandidate(candidate("u")));
    assert_eq!(
        effects,
        [add.clone(), add, Effect::Connection(ConnectionId(0), ConnectionEffect::SetLocalDescription)]
    );
    assert_eq!(
        stage.hear(Inbound::Roster(RosterSignal::Left(id("a")))),
        [Effect::Connection(ConnectionId(0), ConnectionEffect::Close)]
    );
    assert_eq!(stage.hear(candidate_from("a", 0, "u")), [], "after they left");
    assert_eq!(stage.event(0, ConnectionEvent::NegotiationNeeded), [], "a late event of a closed connection");
}

#[test]
fn older_generations_are_ignored_and_newer_ones_take_over() {
    let (mut stage, _) = Stage::joined(&[]);
    stage.hear(Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Them))));
    assert_eq!(stage.hear(candidate_from("a", 2, "u")), [], "of a generation to come");
    let effects = stage.hear(offer_from("a", 2, "u"));
    let set = Effect::Connection(
        ConnectionId(0),
        ConnectionEffect::SetRemoteDescription(description(SdpType::Offer, "u"), vec![]),
    );
    assert_eq!(effects, [set], "nothing was made for the older one but what can be used for this");
    let effects = stage.event(0, ConnectionEvent::RemoteDescriptionSet(Ok(())));
    assert_eq!(
        effects[0],
        Effect::Connection(ConnectionId(0), ConnectionEffect::AddIceCandidate(candidate("u"))),
        "it was kept"
    );
    assert_eq!(stage.hear(offer_from("a", 1, "v")), []);
    assert_eq!(stage.hear(candidate_from("a", 1, "u")), []);
    let effects = stage.hear(offer_from("a", 3, "w"));
    assert_eq!(effects[0], Effect::Connection(ConnectionId(0), ConnectionEffect::Close));
    assert_eq!(creations(&effects), [(1, Role::Answerer)]);
}

#[test]
fn first_offers_that_cross_end_in_one_connection() {
    // "m" sorts above "a" and below "z": impolite to the one, polite to the other.
    let (mut stage, _) = Stage::joined(&["a", "z"]);
    for connection in [0, 1] {
        stage.event(connection, ConnectionEvent::NegotiationNeeded);
        stage.event(connection, ConnectionEvent::LocalDescriptionSet(Ok(description(SdpType::Offer, "u"))));
    }
    assert_eq!(stage.hear(offer_from("a", 0, "x")), [], "ours stands");
    let effects = stage.hear(offer_from("z", 0, "x"));
    assert_eq!(creations(&effects), [(2, Role::Answerer)]);
    assert_eq!(effects[0], Effect::Connection(ConnectionId(1), ConnectionEffect::Close));
    assert_eq!(
        effects.last(),
        Some(&Effect::Connection(
            ConnectionId(2),
            ConnectionEffect::SetRemoteDescription(description(SdpType::Offer, "x"), vec![])
        ))
    );
}

#[test]
fn losing_the_server_does_not_touch_media() {
    let (mut stage, _) = Stage::joined(&["a"]);
    stage.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    stage.input(Input::Socket(SocketEvent::Closed));
    assert_eq!(stage.room.view().lifecycle, Lifecycle::Reconnecting);
    let effects = stage.wait(Duration::from_secs(1));
    assert!(
        effects.iter().all(|effect| matches!(effect, Effect::Socket(SocketEffect::Open(_)))),
        "{effects:?}"
    );
    stage.input(Input::Socket(SocketEvent::Opened));
    assert_eq!(stage.hear(welcome(&[])), [], "they are not back yet, but their media is fine");
    assert_eq!(stage.wait(Duration::from_secs(300)), []);
    assert_eq!(stage.hear(Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Them)))), []);
    assert_eq!(stage.connection(), (ConnectionState::Connected, ConnectionReason::None));
}

#[test]
fn where_nothing_is_lost_nothing_is_mended() {
    let (mut stage, _) = Stage::joined(&["a"]);
    stage.event(0, ConnectionEvent::NegotiationNeeded);
    stage.input(Input::Socket(SocketEvent::Closed));
    said();
    let offer = description(SdpType::Offer, "m");
    stage.event(0, ConnectionEvent::LocalDescriptionSet(Ok(offer.clone())));
    stage.event(0, ConnectionEvent::IceCandidate(Some(candidate("m"))));
    stage.wait(RECONNECT_FIRST[1]);
    stage.input(Input::Socket(SocketEvent::Opened));
    assert!(matches!(said().as_slice(), [Outbound::Join { .. }]));
    assert_eq!(
        stage.hear(Inbound::Server(ServerSignal::Resumed { ice_servers: None })),
        [],
        "half a negotiation goes on"
    );
    let (to, epoch) = (id("a"), 0);
    let waited = [
        Outbound::description(to.clone(), epoch, offer),
        Outbound::candidate(to, epoch, Some(candidate("m"))),
        Outbound::MediaState(MediaState::default()),
    ];
    assert_eq!(said(), waited, "what could not be said is said now");
    stage.hear(Inbound::Roster(RosterSignal::Lost(id("a"))));
    assert_eq!(stage.hear(Inbound::Roster(RosterSignal::Resumed(info("a", Offerer::Them)))), []);
}

#[test]
fn another_life_of_somebody_is_connected_anew_under_the_same_tile() {
    let (mut stage, _) = Stage::joined(&["a"]);
    stage.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    let again = ParticipantInfo { session: Some("2".into()), ..info("a", Offerer::Them) };
    let effects = stage.hear(Inbound::Roster(RosterSignal::Joined(again.clone())));
    assert_eq!(effects[0], Effect::Connection(ConnectionId(0), ConnectionEffect::Close));
    assert_eq!(creations(&effects), [(1, Role::Answerer)]);
    assert_eq!(stage.room.view().participants.len(), 1);
    assert_eq!(stage.hear(Inbound::Roster(RosterSignal::Joined(again))), [], "that life is known now");
}

#[test]
fn newer_ice_servers_reach_every_connection() {
    let (mut stage, _) = Stage::joined(&["a", "b"]);
    let text = |text: &str| Some(text.to_owned());
    let server = IceServer { urls: vec!["turn:x".into()], username: text("u"), credential: text("c") };
    let ice = IceServers { servers: vec![server.clone()], expires_in: None };
    let effects = stage.hear(Inbound::Server(ServerSignal::IceServers(ice.clone())));
    let config = ConnectionConfig { ice_servers: vec![server], relay_only: false };
    let told = [0, 1]
        .map(|n| Effect::Connection(ConnectionId(n), ConnectionEffect::SetConfiguration(config.clone())));
    assert_eq!(effects, told);
    assert_eq!(stage.hear(Inbound::Server(ServerSignal::IceServers(ice))), [], "nothing new");
}

#[test]
fn whoever_is_lost_to_server_and_ear_is_given_up() {
    let (mut stage, _) = Stage::joined(&["a"]);
    stage.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    stage.hear(Inbound::Roster(RosterSignal::Lost(id("a"))));
    assert_eq!(stage.wait(Duration::from_secs(300)), [], "a tile that still receives is never removed");
    stage.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Disconnected));
    assert_eq!(stage.connection(), (ConnectionState::Reconnecting, ConnectionReason::PeerGone));
    assert_eq!(
        stage.wait(Duration::from_secs(30)),
        [Effect::Connection(ConnectionId(0), ConnectionEffect::Close)]
    );
    assert_eq!(stage.room.view().participants, []);
}

#[test]
fn a_broken_path_is_restarted_then_rebuilt_then_shown_as_failed() {
    let (mut stage, _) = Stage::joined(&["a"]);
    stage.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    stage.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Failed));
    assert_eq!(
        stage.wait(Duration::ZERO),
        [Effect::Connection(ConnectionId(0), ConnectionEffect::RestartIce)]
    );
    assert_eq!(stage.connection(), (ConnectionState::Reconnecting, ConnectionReason::PathLost));
    assert_eq!(creations(&stage.wait(Duration::from_secs(12))), [(1, Role::Offerer)]);
    stage.wait(Duration::from_secs(60));
    assert_eq!(stage.connection(), (ConnectionState::Failed, ConnectionReason::NoPath));
}

#[test]
fn leaving_puts_everything_away() {
    let (mut stage, _) = Stage::joined(&["a", "b"]);
    said();
    let effects = stage.input(Input::Command(Command::Leave));
    assert_eq!(said(), [Outbound::Leave]);
    let closes = [
        Effect::Connection(ConnectionId(1), ConnectionEffect::Close),
        Effect::Connection(ConnectionId(0), ConnectionEffect::Close),
    ];
    assert_eq!(effects, [closes.as_slice(), &[Effect::Socket(SocketEffect::Close)]].concat());
    assert_eq!((stage.room.view().lifecycle, stage.room.poll_timeout()), (Lifecycle::Left, None));
}

#[test]
fn nobody_pushes_out_what_others_said_too_early() {
    let (mut stage, _) = Stage::joined(&[]);
    stage.hear(offer_from("a", 0, "u"));
    for i in 0..1000 {
        stage.hear(candidate_from("b", i, "v"));
    }
    let effects = stage.hear(Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Them))));
    assert!(
        effects.iter().any(|effect| matches!(
            effect,
            Effect::Connection(_, ConnectionEffect::SetRemoteDescription(..))
        )),
        "{effects:?}"
    );
}

/// The others remember our generations: an old one would be answered by a second connection.
#[test]
fn whoever_comes_back_goes_on_counting_generations() {
    let (mut stage, _) = Stage::joined(&["a"]);
    stage.input(Input::Command(Command::Leave));
    stage.join(&["a"]);
    said();
    stage.event(1, ConnectionEvent::NegotiationNeeded);
    stage.event(1, ConnectionEvent::LocalDescriptionSet(Ok(description(SdpType::Offer, "u"))));
    assert!(matches!(said().as_slice(), [Outbound::Negotiation(Negotiation { epoch: 1, .. }), ..]));
}

/// A connection to "a" that is up, in both directions' words.
fn connected() -> Stage {
    let (mut stage, _) = Stage::joined(&["a"]);
    let media = MediaState { microphone: true, camera: true, ..MediaState::default() };
    stage.hear(Inbound::Roster(RosterSignal::MediaState { from: id("a"), media }));
    stage.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    stage
}

#[test]
fn a_lost_path_says_when_only_the_server_can_help() {
    let mut stage = connected();
    stage.input(Input::Socket(SocketEvent::Closed));
    assert_eq!(stage.connection(), (ConnectionState::Connected, ConnectionReason::None));
    stage.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Failed));
    assert_eq!(stage.connection(), (ConnectionState::Reconnecting, ConnectionReason::WaitingForServer));
}

#[test]
fn somebody_who_may_not_be_there_is_not_shown_and_not_mended() {
    let (mut stage, _) = Stage::joined(&[]);
    let effects = stage.hear(Inbound::Roster(RosterSignal::Joined(info("z", Offerer::Unknown))));
    assert_eq!(creations(&effects), [(0, Role::Offerer)]);
    stage.event(0, ConnectionEvent::NegotiationNeeded);
    stage.event(0, ConnectionEvent::LocalDescriptionSet(Ok(description(SdpType::Offer, "m1"))));
    assert_eq!(stage.wait(Duration::from_secs(300)), []);
    assert!(stage.room.view().participants.is_empty());
    let answer = description(SdpType::Answer, "z1");
    stage.hear(Inbound::description(id("z"), 0, answer));
    stage.event(0, ConnectionEvent::RemoteDescriptionSet(Ok(())));
    assert_eq!(stage.connection().0, ConnectionState::Connecting);
    assert_eq!(
        creations(&stage.wait(Duration::from_secs(18))),
        [(1, Role::Offerer)],
        "now they are to connect"
    );
}

#[test]
fn who_closes_the_channel_has_left_if_the_dialect_says_so() {
    let (mut stage, effects) = Stage::joined(&["z"]);
    let made = ConnectionEffect::CreateDataChannel(DataChannel::HangUp);
    assert!(effects.contains(&Effect::Connection(ConnectionId(0), made)), "{effects:?}");
    let closed = Input::Connection(ConnectionId(0), ConnectionEvent::HangUpChannelClosed);
    assert!(
        stage.input(closed.clone()).contains(&Effect::Connection(ConnectionId(0), ConnectionEffect::Close))
    );
    assert_eq!(stage.room.view().participants.len(), 0);
    assert_eq!(stage.input(closed), [], "a late word of a closed connection");
}
