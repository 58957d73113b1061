//! The check before a call: it asks the server, tries out what that names, and gets out of the way.

use std::time::Duration;

use visavis_core::signaling::{
    IceServer, IceServers, Inbound, Outbound, RejectCode, Rejection, ServerSignal,
};
use visavis_core::timing::RECONNECT_FIRST;
use visavis_core::{
    CheckEffect, CheckItem, CheckState, Command, Effect, Fault, Finding, Input, Skip, SocketEvent, Test,
    TestId, UnreachableReason,
};

use super::{Stage, said};

const URL: &str = "turn:example.org";

fn relay() -> IceServer {
    IceServer { urls: vec![URL.into()], username: Some("u".into()), credential: Some("c".into()) }
}

fn named() -> Inbound {
    Inbound::Server(ServerSignal::IceServers(IceServers { servers: vec![relay()], expires_in: None }))
}

/// In the lobby with an open socket, and a check that has just begun.
fn checking() -> Stage {
    let mut stage = Stage::new();
    stage.input(Input::Command(Command::EnterLobby));
    stage.input(Input::Socket(SocketEvent::Opened));
    stage.input(Input::Command(Command::Check(true)));
    assert_eq!(said(), [Outbound::Check]);
    stage
}

fn state(stage: &Stage, item: CheckItem) -> Option<CheckState> {
    stage.room.view().check.iter().find(|line| line.item == item).map(|line| line.state)
}

#[test]
fn the_server_names_what_is_tried_out() {
    let mut stage = checking();
    assert_eq!(state(&stage, CheckItem::Server), Some(CheckState::Running));
    assert_eq!(state(&stage, CheckItem::Camera), Some(CheckState::Skipped(Skip::Off)));
    assert_eq!(stage.hear(named()), [Effect::Check(TestId(0), CheckEffect::Start(Test::Ice(relay())))]);
    assert_eq!(state(&stage, CheckItem::Server), Some(CheckState::Passed));
    let found = stage.input(Input::Check(TestId(0), Finding::Good));
    assert_eq!(found, [Effect::Check(TestId(0), CheckEffect::End)]);
    assert_eq!(state(&stage, CheckItem::Ice), Some(CheckState::Passed));
    // Again: the old credentials are not tried once more.
    assert_eq!(stage.input(Input::Command(Command::Check(true))), []);
    assert_eq!(stage.hear(named()), [Effect::Check(TestId(1), CheckEffect::Start(Test::Ice(relay())))]);
    assert_eq!(
        stage.input(Input::Command(Command::Check(false))),
        [Effect::Check(TestId(1), CheckEffect::End)]
    );
    assert_eq!(stage.room.view().check, []);
}

#[test]
fn whoever_joins_ends_it() {
    let mut stage = checking();
    stage.hear(named());
    said();
    let effects = stage.input(Input::Command(Command::Join { room: "r".into(), name: "n".into() }));
    assert_eq!(effects, [Effect::Check(TestId(0), CheckEffect::End)]);
    assert!(matches!(said()[..], [Outbound::Join { .. }]));
    assert_eq!(stage.input(Input::Command(Command::Check(true))), [], "there is none outside the lobby");
    assert_eq!((stage.room.view().check, said()), (vec![], vec![]));
}

#[test]
fn a_server_that_says_nothing_or_no_is_told_from_one_that_is_too_old() {
    let mut silent = checking();
    assert_eq!(silent.wait(Duration::from_secs(10)), []);
    let expected = CheckState::Failed(Fault::Unreachable(UnreachableReason::NoReply));
    assert_eq!(state(&silent, CheckItem::Server), Some(expected));
    assert_eq!(state(&silent, CheckItem::Ice), Some(CheckState::Skipped(Skip::None)));
    for (code, expected) in [
        (RejectCode::BadRequest, CheckState::Passed),
        (RejectCode::ServerFull, CheckState::Failed(Fault::Rejected(RejectCode::ServerFull))),
    ] {
        let mut stage = checking();
        stage.hear(Inbound::Server(ServerSignal::Rejected(Rejection {
            code,
            text: String::new(),
            closes: false,
        })));
        assert_eq!(state(&stage, CheckItem::Server), Some(expected));
    }
}

#[test]
fn a_server_that_comes_meanwhile_is_asked_then() {
    let mut stage = Stage::new();
    stage.input(Input::Command(Command::EnterLobby));
    stage.input(Input::Command(Command::Check(true)));
    assert_eq!(said(), []);
    stage.input(Input::Socket(SocketEvent::Closed));
    stage.wait(RECONNECT_FIRST[1]);
    stage.input(Input::Socket(SocketEvent::Opened));
    assert_eq!(said(), [Outbound::Check]);
    stage.hear(named());
    assert_eq!(state(&stage, CheckItem::Server), Some(CheckState::Passed));
}

/// Chromium under `disable_non_proxied_udp`: servers may answer, and still no call comes about.
#[test]
fn a_browser_that_hides_its_addresses_has_a_line_of_its_own() {
    let mut stage = Stage::new();
    stage.input(Input::Command(Command::EnterLobby));
    stage.room.handle(stage.now, Input::Command(Command::Check(true)));
    let trial = stage.effects().into_iter().find_map(|effect| match effect {
        Effect::Check(id, CheckEffect::Start(Test::Connection)) => Some(id),
        _ => None,
    });
    assert_eq!(state(&stage, CheckItem::Connection), None, "nothing to say while all is well");
    stage.input(Input::Check(trial.unwrap(), Finding::Gathered(true)));
    assert_eq!(state(&stage, CheckItem::Connection), Some(CheckState::Failed(Fault::Hidden)));
    assert!(!stage.room.view().blocked, "a relay may help");
}
