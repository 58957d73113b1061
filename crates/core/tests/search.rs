//! A server that cannot be reached: why, and what speaks where there is none.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use visavis_core::signaling::dialects::{Options, named};
use visavis_core::signaling::{Dialect, Timestamp};
use visavis_core::timing::{SERVER_PROBE_INTERVAL, SOCKET_CONFIRMS_SERVER};
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
enum Asked {
    Open(String),
    Close,
    Look(String),
    Say,
}

struct Stage {
    room: Room,
    now: Timestamp,
    traced: Vec<(TraceKind, String)>,
}

impl Stage {
    fn new(room: Room) -> Self {
        Self { room, now: Timestamp::default(), traced: Vec::new() }
    }

    /// In the lobby of a page whose own server is not there.
    fn fallen_back() -> Self {
        let mut stage = Self::new(room("visavis").with_fallback(|| Some(dialect("tabs"))));
        stage.input(Input::Command(Command::EnterLobby));
        stage.fails();
        stage.sees(404);
        assert!(stage.room.view().fallback);
        stage
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

    fn input(&mut self, input: Input) -> Vec<Asked> {
        self.room.handle(self.now, input);
        let mut asked = Vec::new();
        while let Some(output) = self.room.poll_output() {
            match output {
                Output::Effect(Effect::Socket(SocketEffect::Open(endpoint))) => {
                    asked.push(Asked::Open(endpoint.url));
                }
                Output::Effect(Effect::Socket(SocketEffect::Close)) => asked.push(Asked::Close),
                Output::Effect(Effect::Probe(probe)) => asked.push(Asked::Look(probe.url)),
                Output::Effect(Effect::Socket(SocketEffect::Send(_))) => asked.push(Asked::Say),
                Output::Event(Event::Traced(kind, text)) => self.traced.push((kind, text)),
                _ => {}
            }
        }
        asked
    }

    fn wait(&mut self, time: Duration) -> Vec<Asked> {
        self.now = self.now + time;
        self.input(Input::Timeout)
    }

    fn fails(&mut self) -> Vec<Asked> {
        self.input(Input::Socket(SocketEvent::Closed))
    }

    /// The shell has looked at the page's own server.
    fn sees(&mut self, status: u16) -> Vec<Asked> {
        let probe = dialect("visavis").probe().unwrap();
        self.input(Input::Probed(probe, ProbeResult::Response { status, body: String::new() }))
    }

    fn join(&mut self) -> Vec<Asked> {
        self.input(Input::Command(Command::Join { room: "r".into(), name: "n".into() }))
    }

    fn obstacle(&self) -> Option<UnreachableReason> {
        match self.room.view().problem {
            Some(Problem::Unreachable { obstacle, .. }) => Some(obstacle),
            _ => None,
        }
    }
}

fn look() -> Asked {
    Asked::Look("ws://server/ws".into())
}

fn open(url: &str) -> Asked {
    Asked::Open(url.into())
}

#[test]
fn the_shell_looks_once_and_again_when_asked() {
    let mut stage = Stage::new(room("visavis"));
    stage.input(Input::Command(Command::EnterLobby));
    assert_eq!(stage.fails(), [look()]);
    assert_eq!(stage.obstacle(), Some(UnreachableReason::Unknown));
    stage.sees(403);
    assert_eq!(stage.obstacle(), Some(UnreachableReason::Refused));
    for _ in 0..10 {
        stage.wait(Duration::from_secs(20));
        assert_eq!(stage.fails(), [], "once is enough");
    }
    stage.input(Input::Command(Command::RetryNow));
    assert_eq!(stage.fails(), [look()]);
}

#[test]
fn nobody_looks_during_a_call() {
    let mut stage = Stage::new(room("tabs"));
    stage.join();
    stage.input(Input::Socket(SocketEvent::Opened));
    stage.wait(Duration::ZERO);
    assert_eq!(stage.room.view().lifecycle, Lifecycle::Joined);
    assert_eq!(stage.fails(), []);
}

#[test]
fn who_opens_and_does_not_answer_is_of_another_kind() {
    let mut stage = Stage::new(room("visavis"));
    stage.join();
    stage.input(Input::Socket(SocketEvent::Opened));
    assert_eq!(stage.wait(Duration::from_secs(10)), [Asked::Close]);
    assert_eq!(stage.obstacle(), Some(UnreachableReason::NoReply));
}

#[test]
fn where_there_is_no_server_the_fallback_speaks() {
    for status in [404, 200, 403] {
        let mut stage = Stage::new(room("visavis").with_fallback(|| Some(dialect("tabs"))));
        stage.join();
        stage.fails();
        assert_eq!(stage.sees(status), [open("tab:visavis")]);
        assert_eq!(stage.input(Input::Socket(SocketEvent::Opened)), [Asked::Say]);
        stage.wait(Duration::ZERO);
        let view = stage.room.view();
        assert!(view.fallback, "{status}");
        assert!(view.problem.is_none(), "{status}");
        assert!(view.lifecycle == Lifecycle::Joined, "{status}");
    }
}

#[test]
fn a_server_that_is_down_is_not_absent() {
    let mut stage = Stage::new(room("visavis").with_fallback(|| Some(dialect("tabs"))));
    stage.input(Input::Command(Command::EnterLobby));
    stage.fails();
    stage.sees(502);
    assert!(!stage.room.view().fallback);
    assert_eq!(stage.obstacle(), Some(UnreachableReason::Down));
    // It has been there once: whatever answers in its place now, it will come back.
    stage.wait(Duration::from_secs(1));
    stage.input(Input::Socket(SocketEvent::Opened));
    stage.fails();
    stage.input(Input::Command(Command::RetryNow));
    stage.fails();
    stage.sees(404);
    assert!(!stage.room.view().fallback);
    assert_eq!(stage.obstacle(), Some(UnreachableReason::WrongPath));
}

/// As behind the proxy of Trunk, which answers 400 with a server behind it or without.
#[test]
fn behind_a_proxy_of_this_machine_a_socket_that_closes_at_once_is_no_server() {
    for (stands, falls_back) in [(Duration::ZERO, true), (SOCKET_CONFIRMS_SERVER, false)] {
        let local = || dialect_at("visavis", "ws://localhost:8080/ws");
        let config = RoomConfig { seed: 1, ..RoomConfig::default() };
        let mut stage = Stage::new(Room::new(config, local()).with_fallback(|| Some(dialect("tabs"))));
        stage.input(Input::Command(Command::EnterLobby));
        stage.input(Input::Socket(SocketEvent::Opened));
        stage.wait(stands);
        assert_eq!(stage.fails(), [Asked::Look("ws://localhost:8080/ws".into())]);
        let seen = ProbeResult::Response { status: 400, body: String::new() };
        let asked = stage.input(Input::Probed(local().probe().unwrap(), seen));
        assert_eq!(asked == [open("tab:visavis")], falls_back, "{asked:?}");
        assert_eq!(stage.room.view().fallback, falls_back);
    }
}

#[test]
fn nobody_is_led_to_the_fallback_while_the_server_is_down_but_may_ask_for_it() {
    for lifecycle in [Lifecycle::Lobby, Lifecycle::Joining] {
        let mut stage = Stage::new(room("visavis").with_fallback(|| Some(dialect("tabs"))));
        match lifecycle {
            Lifecycle::Lobby => stage.input(Input::Command(Command::EnterLobby)),
            _ => stage.join(),
        };
        stage.fails();
        stage.sees(503);
        assert_eq!(stage.obstacle(), Some(UnreachableReason::Down));
        assert_eq!((stage.room.view().fallback, stage.room.view().may_fall_back), (false, true));
        assert_eq!(stage.input(Input::Command(Command::UseFallback)), [open("tab:visavis")]);
        assert!(stage.room.view().fallback);
        assert!(!stage.room.view().may_fall_back);
        // And the server is found when it comes.
        if lifecycle == Lifecycle::Lobby {
            stage.input(Input::Socket(SocketEvent::Opened));
            assert_eq!(stage.wait(SERVER_PROBE_INTERVAL), [look()]);
            assert_eq!(stage.sees(426), [Asked::Close, open("ws://server/ws")]);
        }
    }
    let mut stage = Stage::new(room("visavis").with_fallback(|| Some(dialect("tabs"))));
    stage.join();
    stage.input(Input::Socket(SocketEvent::Opened));
    stage.wait(SOCKET_CONFIRMS_SERVER);
    stage.fails();
    assert!(!stage.room.view().may_fall_back, "it has been there");
    assert_eq!(stage.input(Input::Command(Command::UseFallback)), []);
}

#[test]
fn without_a_fallback_absence_is_only_told() {
    let mut stage = Stage::new(room("visavis"));
    stage.input(Input::Command(Command::EnterLobby));
    stage.fails();
    stage.sees(404);
    assert_eq!((stage.obstacle(), stage.room.view().fallback), (Some(UnreachableReason::WrongPath), false));
}

#[test]
fn a_fallback_that_cannot_be_made_is_tried_again_when_asked_for() {
    let loaded = Rc::new(Cell::new(false));
    let there = loaded.clone();
    let mut stage = Stage::new(room("visavis").with_fallback(move || there.get().then(|| dialect("tabs"))));
    stage.input(Input::Command(Command::EnterLobby));
    stage.fails();
    assert_eq!(stage.sees(404), []);
    assert_eq!((stage.obstacle(), stage.room.view().fallback), (Some(UnreachableReason::WrongPath), false));
    loaded.set(true);
    stage.input(Input::Command(Command::UseFallback));
    assert!(stage.room.view().fallback);
}

#[test]
fn a_server_that_comes_is_found_from_the_lobby_and_not_from_a_call() {
    let mut stage = Stage::fallen_back();
    stage.input(Input::Socket(SocketEvent::Opened));
    assert_eq!(stage.wait(SERVER_PROBE_INTERVAL), [look()]);
    assert_eq!(stage.sees(404), []);
    assert_eq!(stage.input(Input::Command(Command::RetryNow)), [look()]);
    stage.join();
    stage.wait(Duration::ZERO);
    assert_eq!(stage.sees(426), [], "a call goes on as it has begun");
    assert_eq!(stage.wait(SERVER_PROBE_INTERVAL), [Asked::Say], "nothing but the sign of life");
    stage.input(Input::Command(Command::Leave));
    assert_eq!(stage.sees(426), []);
    stage.input(Input::Command(Command::EnterLobby));
    assert_eq!(stage.sees(426), [Asked::Close, open("ws://server/ws")]);
    assert!(!stage.room.view().fallback);
}

#[test]
fn what_passes_is_told_to_whoever_asks() {
    let mut stage = Stage::new(room("join-room"));
    stage.input(Input::Command(Command::Trace(true)));
    stage.join();
    stage.input(Input::Socket(SocketEvent::Opened));
    for frame in ["0{\"sid\":\"e\"}", "40{\"sid\":\"s\"}", "42{}"] {
        stage.input(Input::Socket(SocketEvent::Frame(frame.into())));
    }
    let lines: Vec<String> =
        stage.traced.iter().map(|(kind, text)| [kind.as_str(), " ", text].concat()).collect();
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
            // Nobody tells who is there: ours are asked first.
            "out 42[\"signal\",{\"roomId\":\"r\",\"data\":{\"candidate\":null,\"x\":{\"from\":\"xxxxxxxxxxxxxxxx\",\"name\":\"n\",\"media\":{\"microphone\":false,\"camera\":false,\"screen\":false},\"hello\":true}}}]",
            "heard joined as !",
            "in 42{}",
            "misunderstood not a Socket.IO packet",
        ]
    );
    stage.input(Input::Command(Command::Trace(false)));
    stage.traced.clear();
    stage.input(Input::Socket(SocketEvent::Frame("2".into())));
    assert!(stage.traced.is_empty());
}

#[test]
fn a_server_that_only_a_link_names_is_left_alone_until_the_person_asks() {
    for request in [Command::Join { room: "r".into(), name: "n".into() }, Command::Check(true)] {
        let mut stage = Stage::linked(false);
        for input in [
            Input::Command(Command::EnterLobby),
            Input::Network(NetworkEvent::Online),
            Input::Command(Command::RetryNow),
        ] {
            assert_eq!(stage.input(input.clone()), [], "{input:?}");
            assert_eq!(stage.wait(SERVER_PROBE_INTERVAL), [], "{input:?}");
        }
        assert_eq!(stage.room.view().problem, None, "nothing is wrong with it");
        assert_eq!(stage.input(Input::Command(request)), [open("ws://linked/")]);
        // From then on it is a server like any other.
        stage.input(Input::Command(Command::Leave));
        assert_eq!(stage.input(Input::Command(Command::EnterLobby)), [open("ws://linked/")]);
    }
}

#[test]
fn a_server_of_a_link_is_left_alone_where_it_takes_the_place_of_a_missing_one() {
    let mut stage = Stage::linked(true);
    assert_eq!(stage.input(Input::Command(Command::EnterLobby)), [open("ws://server/ws")]);
    assert_eq!(stage.fails(), [look()]);
    assert_eq!(stage.sees(404), []);
    assert!(stage.room.view().fallback, "it is said which server it would be");
    assert_eq!(stage.wait(SERVER_PROBE_INTERVAL), [look()], "only the page's own is looked for");
    assert_eq!(stage.join(), [open("ws://linked/")]);
}

#[test]
fn who_joins_before_a_link_has_said_where_to_is_asked_again() {
    let mut stage = Stage::linked(true);
    assert_eq!(stage.join(), [open("ws://server/ws")]);
    assert_eq!(stage.fails(), [look()]);
    assert_eq!(stage.sees(404), []);
    let view = stage.room.view();
    assert!(view.fallback, "{view:?}");
    assert!(view.lifecycle == Lifecycle::Lobby, "{view:?}");
    assert_eq!(stage.join(), [open("ws://linked/")]);
    // The same if the person gives up a server that is down.
    let mut stage = Stage::linked(true);
    stage.join();
    stage.fails();
    assert_eq!(stage.input(Input::Command(Command::UseFallback)), []);
    assert_eq!(stage.room.view().lifecycle, Lifecycle::Lobby);
    assert_eq!(stage.join(), [open("ws://linked/")]);
}
