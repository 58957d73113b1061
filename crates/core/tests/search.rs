//! A server that cannot be reached: why, and what speaks where there is none.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use visavis_core::signaling::dialects::{Options, named};
use visavis_core::signaling::{Dialect, Timestamp};
use visavis_core::timing::{MIN_CONFIRMING_SOCKET_AGE, SERVER_PROBE_INTERVAL};
use visavis_core::{
    Command, ContactPolicy, Effect, Event, Input, Lifecycle, NetworkEvent, Output, ProbeResult, Problem,
    Room, RoomConfig, SocketEffect, SocketEvent, TraceKind, UnreachableReason,
};

fn dialect(name: &str) -> Box<dyn Dialect> {
    dialect_at(name, "ws://server/ws")
}

fn dialect_at(name: &str, url: &str) -> Box<dyn Dialect> {
    let options = Options { url: url.into(), identity: "x".repeat(64), ..Options::default() };
    (named(name).unwrap().make)(options)
}

fn room(name: &str) -> Room {
    let config = RoomConfig { seed: 1, ..RoomConfig::default() };
    Room::new(config, dialect(name))
}

/// What the shell is asked to do for the signaling.
#[derive(Debug, PartialEq, Eq)]
enum SignalingEffect {
    Open(String),
    Close,
    Probe(String),
    Send,
}

struct Harness {
    room: Room,
    now: Timestamp,
    traced: Vec<(TraceKind, String)>,
}

impl Harness {
    fn new(room: Room) -> Self {
        Self { room, now: Timestamp::default(), traced: Vec::new() }
    }

    /// In the lobby of a page whose own server is not there.
    fn on_fallback() -> Self {
        let mut harness = Self::new(room("visavis").with_fallback(|| Some(dialect("tabs"))));
        harness.input(Input::Command(Command::EnterLobby));
        harness.socket_closed();
        harness.probed(404);
        assert!(harness.room.view().fallback);
        harness
    }

    /// On a page that a link leads to another server, at `ws://linked/`: in place of its own, or where that is not there.
    fn linked(beside_own: bool) -> Self {
        let config = RoomConfig { contact_policy: ContactPolicy::OnRequest, ..RoomConfig::default() };
        let linked = || dialect_at("ayame", "ws://linked/");
        Self::new(if beside_own {
            Room::new(config, dialect("visavis")).with_fallback(move || Some(linked()))
        } else {
            Room::new(config, linked())
        })
    }

    fn input(&mut self, input: Input) -> Vec<SignalingEffect> {
        self.room.handle(self.now, input);
        let mut effects = Vec::new();
        while let Some(output) = self.room.poll_output() {
            match output {
                Output::Effect(Effect::Socket(SocketEffect::Open(endpoint))) => {
                    effects.push(SignalingEffect::Open(endpoint.url));
                }
                Output::Effect(Effect::Socket(SocketEffect::Close)) => effects.push(SignalingEffect::Close),
                Output::Effect(Effect::Probe(probe)) => effects.push(SignalingEffect::Probe(probe.url)),
                Output::Effect(Effect::Socket(SocketEffect::Send(_))) => effects.push(SignalingEffect::Send),
                Output::Event(Event::Traced(kind, text)) => self.traced.push((kind, text)),
                _ => {}
            }
        }
        effects
    }

    fn wait(&mut self, time: Duration) -> Vec<SignalingEffect> {
        self.now = self.now + time;
        self.input(Input::Timeout)
    }

    fn socket_closed(&mut self) -> Vec<SignalingEffect> {
        self.input(Input::Socket(SocketEvent::Closed))
    }

    /// The shell has looked at the page's own server.
    fn probed(&mut self, status: u16) -> Vec<SignalingEffect> {
        let probe = dialect("visavis").probe().unwrap();
        self.input(Input::Probed(probe, ProbeResult::Response { status, body: String::new() }))
    }

    fn join(&mut self) -> Vec<SignalingEffect> {
        self.input(Input::Command(Command::Join { room: "r".into(), name: "n".into() }))
    }

    fn obstacle(&self) -> Option<UnreachableReason> {
        match self.room.view().problem {
            Some(Problem::Unreachable { obstacle, .. }) => Some(obstacle),
            _ => None,
        }
    }
}

fn probe() -> SignalingEffect {
    SignalingEffect::Probe("ws://server/ws".into())
}

fn open(url: &str) -> SignalingEffect {
    SignalingEffect::Open(url.into())
}

#[test]
fn the_shell_looks_once_and_again_when_asked() {
    let mut harness = Harness::new(room("visavis"));
    harness.input(Input::Command(Command::EnterLobby));
    assert_eq!(harness.socket_closed(), [probe()]);
    assert_eq!(harness.obstacle(), Some(UnreachableReason::Unknown));
    harness.probed(403);
    assert_eq!(harness.obstacle(), Some(UnreachableReason::Refused));
    for _ in 0..10 {
        harness.wait(Duration::from_secs(20));
        assert_eq!(harness.socket_closed(), [], "once is enough");
    }
    harness.input(Input::Command(Command::RetryNow));
    assert_eq!(harness.socket_closed(), [probe()]);
}

#[test]
fn nobody_looks_during_a_call() {
    let mut harness = Harness::new(room("tabs"));
    harness.join();
    harness.input(Input::Socket(SocketEvent::Opened));
    harness.wait(Duration::ZERO);
    assert_eq!(harness.room.view().lifecycle, Lifecycle::Joined);
    assert_eq!(harness.socket_closed(), []);
}

#[test]
fn who_opens_and_does_not_answer_is_of_another_kind() {
    let mut harness = Harness::new(room("visavis"));
    harness.join();
    harness.input(Input::Socket(SocketEvent::Opened));
    assert_eq!(harness.wait(Duration::from_secs(10)), [SignalingEffect::Close]);
    assert_eq!(harness.obstacle(), Some(UnreachableReason::NoReply));
}

#[test]
fn where_there_is_no_server_the_fallback_speaks() {
    for status in [404, 200, 403] {
        let mut harness = Harness::new(room("visavis").with_fallback(|| Some(dialect("tabs"))));
        harness.join();
        harness.socket_closed();
        assert_eq!(harness.probed(status), [open("tab:visavis")]);
        assert_eq!(harness.input(Input::Socket(SocketEvent::Opened)), [SignalingEffect::Send]);
        harness.wait(Duration::ZERO);
        let view = harness.room.view();
        assert!(view.fallback, "{status}");
        assert!(view.problem.is_none(), "{status}");
        assert!(view.lifecycle == Lifecycle::Joined, "{status}");
    }
}

#[test]
fn a_server_that_is_down_is_not_absent() {
    let mut harness = Harness::new(room("visavis").with_fallback(|| Some(dialect("tabs"))));
    harness.input(Input::Command(Command::EnterLobby));
    harness.socket_closed();
    harness.probed(502);
    assert!(!harness.room.view().fallback);
    assert_eq!(harness.obstacle(), Some(UnreachableReason::Down));
    // It has been there once: whatever answers in its place now, it will come back.
    harness.wait(Duration::from_secs(1));
    harness.input(Input::Socket(SocketEvent::Opened));
    harness.socket_closed();
    harness.input(Input::Command(Command::RetryNow));
    harness.socket_closed();
    harness.probed(404);
    assert!(!harness.room.view().fallback);
    assert_eq!(harness.obstacle(), Some(UnreachableReason::WrongPath));
}

/// As behind the proxy of Trunk, which answers 400 with a server behind it or without.
#[test]
fn behind_a_proxy_of_this_machine_a_socket_that_closes_at_once_is_no_server() {
    for (stands, falls_back) in [(Duration::ZERO, true), (MIN_CONFIRMING_SOCKET_AGE, false)] {
        let local = || dialect_at("visavis", "ws://localhost:8080/ws");
        let config = RoomConfig { seed: 1, ..RoomConfig::default() };
        let mut harness = Harness::new(Room::new(config, local()).with_fallback(|| Some(dialect("tabs"))));
        harness.input(Input::Command(Command::EnterLobby));
        harness.input(Input::Socket(SocketEvent::Opened));
        harness.wait(stands);
        assert_eq!(harness.socket_closed(), [SignalingEffect::Probe("ws://localhost:8080/ws".into())]);
        let seen = ProbeResult::Response { status: 400, body: String::new() };
        let effects = harness.input(Input::Probed(local().probe().unwrap(), seen));
        assert_eq!(effects == [open("tab:visavis")], falls_back, "{effects:?}");
        assert_eq!(harness.room.view().fallback, falls_back);
    }
}

#[test]
fn nobody_is_led_to_the_fallback_while_the_server_is_down_but_may_ask_for_it() {
    for lifecycle in [Lifecycle::Lobby, Lifecycle::Joining] {
        let mut harness = Harness::new(room("visavis").with_fallback(|| Some(dialect("tabs"))));
        match lifecycle {
            Lifecycle::Lobby => harness.input(Input::Command(Command::EnterLobby)),
            _ => harness.join(),
        };
        harness.socket_closed();
        harness.probed(503);
        assert_eq!(harness.obstacle(), Some(UnreachableReason::Down));
        assert_eq!((harness.room.view().fallback, harness.room.view().may_fall_back), (false, true));
        assert_eq!(harness.input(Input::Command(Command::UseFallback)), [open("tab:visavis")]);
        assert!(harness.room.view().fallback);
        assert!(!harness.room.view().may_fall_back);
        // And the server is found when it comes.
        if lifecycle == Lifecycle::Lobby {
            harness.input(Input::Socket(SocketEvent::Opened));
            assert_eq!(harness.wait(SERVER_PROBE_INTERVAL), [probe()]);
            assert_eq!(harness.probed(426), [SignalingEffect::Close, open("ws://server/ws")]);
        }
    }
    let mut harness = Harness::new(room("visavis").with_fallback(|| Some(dialect("tabs"))));
    harness.join();
    harness.input(Input::Socket(SocketEvent::Opened));
    harness.wait(MIN_CONFIRMING_SOCKET_AGE);
    harness.socket_closed();
    assert!(!harness.room.view().may_fall_back, "it has been there");
    assert_eq!(harness.input(Input::Command(Command::UseFallback)), []);
}

#[test]
fn without_a_fallback_absence_is_only_told() {
    let mut harness = Harness::new(room("visavis"));
    harness.input(Input::Command(Command::EnterLobby));
    harness.socket_closed();
    harness.probed(404);
    assert_eq!(
        (harness.obstacle(), harness.room.view().fallback),
        (Some(UnreachableReason::WrongPath), false)
    );
}

#[test]
fn a_fallback_that_cannot_be_made_is_tried_again_when_asked_for() {
    let loaded = Rc::new(Cell::new(false));
    let there = loaded.clone();
    let mut harness =
        Harness::new(room("visavis").with_fallback(move || there.get().then(|| dialect("tabs"))));
    harness.input(Input::Command(Command::EnterLobby));
    harness.socket_closed();
    assert_eq!(harness.probed(404), []);
    assert_eq!(
        (harness.obstacle(), harness.room.view().fallback),
        (Some(UnreachableReason::WrongPath), false)
    );
    loaded.set(true);
    harness.input(Input::Command(Command::UseFallback));
    assert!(harness.room.view().fallback);
}

#[test]
fn a_server_that_comes_is_found_from_the_lobby_and_not_from_a_call() {
    let mut harness = Harness::on_fallback();
    harness.input(Input::Socket(SocketEvent::Opened));
    assert_eq!(harness.wait(SERVER_PROBE_INTERVAL), [probe()]);
    assert_eq!(harness.probed(404), []);
    assert_eq!(harness.input(Input::Command(Command::RetryNow)), [probe()]);
    harness.join();
    harness.wait(Duration::ZERO);
    assert_eq!(harness.probed(426), [], "a call goes on as it has begun");
    assert_eq!(harness.wait(SERVER_PROBE_INTERVAL), [SignalingEffect::Send], "nothing but the sign of life");
    harness.input(Input::Command(Command::Leave));
    assert_eq!(harness.probed(426), []);
    harness.input(Input::Command(Command::EnterLobby));
    assert_eq!(harness.probed(426), [SignalingEffect::Close, open("ws://server/ws")]);
    assert!(!harness.room.view().fallback);
}

#[test]
fn what_passes_is_told_to_whoever_asks() {
    let mut harness = Harness::new(room("join-room"));
    harness.input(Input::Command(Command::Trace(true)));
    harness.join();
    harness.input(Input::Socket(SocketEvent::Opened));
    for frame in ["0{\"sid\":\"e\"}", "40{\"sid\":\"s\"}", "42{}"] {
        harness.input(Input::Socket(SocketEvent::Frame(frame.into())));
    }
    let lines: Vec<String> =
        harness.traced.iter().map(|(kind, text)| [kind.as_str(), " ", text].concat()).collect();
    assert_eq!(
        lines,
        [
            "socket ws://server/ws?EIO=4&transport=websocket",
            "socket open",
            "said join r",
            "in 0{\"sid\":\"e\"}",
            "out 40",
            "in 40{\"sid\":\"s\"}",
            "out 42[\"join-room\",\"r\"]",
            // Nobody tells who is there: Visavis pages are asked first.
            "out 42[\"signal\",{\"roomId\":\"r\",\"data\":{\"candidate\":null,\"x\":{\"from\":\"xxxxxxxxxxxxxxxx\",\"name\":\"n\",\"media\":{\"microphone\":false,\"camera\":false,\"screen\":false},\"hello\":true}}}]",
            "heard joined as !",
            "in 42{}",
            "misunderstood not a Socket.IO packet",
        ]
    );
    harness.input(Input::Command(Command::Trace(false)));
    harness.traced.clear();
    harness.input(Input::Socket(SocketEvent::Frame("2".into())));
    assert!(harness.traced.is_empty());
}

#[test]
fn a_server_that_only_a_link_names_is_left_alone_until_the_person_asks() {
    for request in [Command::Join { room: "r".into(), name: "n".into() }, Command::Preflight(true)] {
        let mut harness = Harness::linked(false);
        for input in [
            Input::Command(Command::EnterLobby),
            Input::Network(NetworkEvent::Online),
            Input::Command(Command::RetryNow),
        ] {
            assert_eq!(harness.input(input.clone()), [], "{input:?}");
            assert_eq!(harness.wait(SERVER_PROBE_INTERVAL), [], "{input:?}");
        }
        assert_eq!(harness.room.view().problem, None, "nothing is wrong with it");
        assert_eq!(harness.input(Input::Command(request)), [open("ws://linked/")]);
        // From then on it is a server like any other.
        harness.input(Input::Command(Command::Leave));
        assert_eq!(harness.input(Input::Command(Command::EnterLobby)), [open("ws://linked/")]);
    }
}

#[test]
fn a_server_of_a_link_is_left_alone_where_it_takes_the_place_of_a_missing_one() {
    let mut harness = Harness::linked(true);
    assert_eq!(harness.input(Input::Command(Command::EnterLobby)), [open("ws://server/ws")]);
    assert_eq!(harness.socket_closed(), [probe()]);
    assert_eq!(harness.probed(404), []);
    assert!(harness.room.view().fallback, "it is said which server it would be");
    assert_eq!(harness.wait(SERVER_PROBE_INTERVAL), [probe()], "only the page's own is looked for");
    assert_eq!(harness.join(), [open("ws://linked/")]);
}

#[test]
fn who_joins_before_a_link_has_said_where_to_is_asked_again() {
    let mut harness = Harness::linked(true);
    assert_eq!(harness.join(), [open("ws://server/ws")]);
    assert_eq!(harness.socket_closed(), [probe()]);
    assert_eq!(harness.probed(404), []);
    let view = harness.room.view();
    assert!(view.fallback, "{view:?}");
    assert!(view.lifecycle == Lifecycle::Lobby, "{view:?}");
    assert_eq!(harness.join(), [open("ws://linked/")]);
    // The same if the person gives up a server that is down.
    let mut harness = Harness::linked(true);
    harness.join();
    harness.socket_closed();
    assert_eq!(harness.input(Input::Command(Command::UseFallback)), []);
    assert_eq!(harness.room.view().lifecycle, Lifecycle::Lobby);
    assert_eq!(harness.join(), [open("ws://linked/")]);
}
