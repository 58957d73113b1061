//! The preflight test before a call: it asks the server, tries out what that names, and gets out of the way.

use std::time::Duration;

use visavis_core::signaling::{
    IceServer, IceServers, Inbound, Outbound, RejectCode, Rejection, ServerSignal,
};
use visavis_core::timing::RECONNECT_FIRST;
use visavis_core::{
    Command, Effect, Fault, Finding, Input, PreflightEffect, PreflightItem, PreflightState, ProbeResult,
    Skip, SocketEvent, Test, TestId, UnreachableReason,
};

use super::{FIRST_CONNECTION, Harness, sent};
use crate::first_connection::single;

const URL: &str = "turn:example.org";

fn relay() -> IceServer {
    IceServer { urls: vec![URL.into()], username: Some("u".into()), credential: Some("c".into()) }
}

fn named() -> Inbound {
    Inbound::Server(ServerSignal::IceServers(IceServers { servers: vec![relay()], expires_in: None }))
}

/// In the lobby with an open socket, and a check that has just begun.
fn checking() -> Harness {
    let mut harness = Harness::new();
    harness.input(Input::Command(Command::EnterLobby));
    harness.input(Input::Socket(SocketEvent::Opened));
    harness.input(Input::Command(Command::Preflight(true)));
    assert_eq!(sent(), [Outbound::Preflight]);
    harness
}

fn state(harness: &Harness, item: PreflightItem) -> Option<PreflightState> {
    harness.room.view().preflight.iter().find(|line| line.item == item).map(|line| line.state)
}

#[test]
fn the_server_names_what_is_tried_out() {
    let mut harness = checking();
    assert_eq!(state(&harness, PreflightItem::Server), Some(PreflightState::Running));
    assert_eq!(state(&harness, PreflightItem::Camera), Some(PreflightState::Skipped(Skip::Off)));
    assert_eq!(
        harness.receive(named()),
        [Effect::Preflight(TestId(0), PreflightEffect::Start(Test::Ice(relay())))]
    );
    assert_eq!(state(&harness, PreflightItem::Server), Some(PreflightState::Passed));
    let found = harness.input(Input::Preflight(TestId(0), Finding::Good));
    assert_eq!(found, [Effect::Preflight(TestId(0), PreflightEffect::End)]);
    assert_eq!(state(&harness, PreflightItem::Ice), Some(PreflightState::Passed));
    // Again: the old credentials are not tried once more.
    assert_eq!(harness.input(Input::Command(Command::Preflight(true))), []);
    assert_eq!(
        harness.receive(named()),
        [Effect::Preflight(TestId(1), PreflightEffect::Start(Test::Ice(relay())))]
    );
    assert_eq!(
        harness.input(Input::Command(Command::Preflight(false))),
        [Effect::Preflight(TestId(1), PreflightEffect::End)]
    );
    assert_eq!(harness.room.view().preflight, []);
}

#[test]
fn whoever_joins_ends_it() {
    let mut harness = checking();
    harness.receive(named());
    sent();
    let effects = harness.input(Input::Command(Command::Join { room: "r".into(), name: "n".into() }));
    assert_eq!(effects, [Effect::Preflight(TestId(0), PreflightEffect::End)]);
    assert!(matches!(sent()[..], [Outbound::Join { .. }]));
    assert_eq!(
        harness.input(Input::Command(Command::Preflight(true))),
        [],
        "there is none outside the lobby"
    );
    assert_eq!((harness.room.view().preflight, sent()), (vec![], vec![]));
}

#[test]
fn a_server_that_says_nothing_or_no_is_told_from_one_that_is_too_old() {
    let mut silent = checking();
    assert_eq!(silent.wait(Duration::from_secs(10)), []);
    let expected = PreflightState::Failed(Fault::Unreachable(UnreachableReason::NoReply));
    assert_eq!(state(&silent, PreflightItem::Server), Some(expected));
    assert_eq!(state(&silent, PreflightItem::Ice), Some(PreflightState::Skipped(Skip::None)));
    for (code, expected) in [
        (RejectCode::BadRequest, PreflightState::Passed),
        (RejectCode::ServerFull, PreflightState::Failed(Fault::Rejected(RejectCode::ServerFull))),
    ] {
        let mut harness = checking();
        harness.receive(Inbound::Server(ServerSignal::Rejected(Rejection {
            code,
            text: String::new(),
            closes: false,
        })));
        assert_eq!(state(&harness, PreflightItem::Server), Some(expected));
    }
}

#[test]
fn a_server_that_comes_meanwhile_is_asked_then() {
    let mut harness = Harness::new();
    harness.input(Input::Command(Command::EnterLobby));
    harness.input(Input::Command(Command::Preflight(true)));
    assert_eq!(sent(), []);
    harness.input(Input::Socket(SocketEvent::Closed));
    harness.wait(RECONNECT_FIRST[1]);
    harness.input(Input::Socket(SocketEvent::Opened));
    assert_eq!(sent(), [Outbound::Preflight]);
    harness.receive(named());
    assert_eq!(state(&harness, PreflightItem::Server), Some(PreflightState::Passed));
}

/// Chromium under `disable_non_proxied_udp`: servers may answer, and still no call comes about.
#[test]
fn a_browser_that_hides_its_addresses_has_a_line_of_its_own() {
    let mut harness = Harness::new();
    harness.input(Input::Command(Command::EnterLobby));
    harness.room.handle(harness.now, Input::Command(Command::Preflight(true)));
    let trial = harness.effects().into_iter().find_map(|effect| match effect {
        Effect::Preflight(id, PreflightEffect::Start(Test::Connection)) => Some(id),
        _ => None,
    });
    assert_eq!(state(&harness, PreflightItem::Connection), None, "nothing to say while all is well");
    harness.input(Input::Preflight(trial.unwrap(), Finding::Gathered(true)));
    assert_eq!(state(&harness, PreflightItem::Connection), Some(PreflightState::Failed(Fault::Hidden)));
    assert!(!harness.room.view().blocked, "a relay may help");
}

#[test]
fn a_server_whose_socket_is_the_way_into_a_room_is_only_probed() {
    let mut harness = Harness::new();
    FIRST_CONNECTION.set(Some(single(1, 1)));
    harness.input(Input::Command(Command::EnterLobby));
    let asked = harness.input(Input::Command(Command::Preflight(true)));
    let [Effect::Probe(probe)] = &asked[..] else { panic!("{asked:?}") };
    let seen = ProbeResult::Response { status: 426, body: String::new() };
    assert_eq!(harness.input(Input::Probed(probe.clone(), seen)), []);
    assert_eq!(state(&harness, PreflightItem::Server), Some(PreflightState::Passed));
    // Again, and now nobody answers.
    assert_eq!(harness.input(Input::Command(Command::Preflight(true))), asked);
    harness.input(Input::Probed(probe.clone(), ProbeResult::NoAnswer));
    let fault = Fault::Unreachable(UnreachableReason::NoAnswer);
    assert_eq!(state(&harness, PreflightItem::Server), Some(PreflightState::Failed(fault)));
    assert_eq!(sent(), []);
}
