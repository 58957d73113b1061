//! What a server says when it closes, and what is told when there is nobody.

use visavis_core::timing::RECONNECT_CLOSING;

use crate::*;

fn closed_with(code: u16, reason: &str) -> Input {
    Input::Socket(SocketEvent::ClosedWith { code, reason: reason.to_owned() })
}

fn closed(code: u16, reason: &str, retried: bool) -> Option<Problem> {
    Some(Problem::Closed { code, reason: reason.to_owned(), retried })
}

fn joining() -> Harness {
    let mut harness = Harness::new();
    harness.input(Input::Command(Command::Join { room: "r".into(), name: "n".into() }));
    harness.input(Input::Socket(SocketEvent::Opened));
    harness
}

#[test]
fn a_server_that_says_no_when_it_closes_is_not_asked_again() {
    for code in [1008, 3000, 3003, 4000, 4001, 4404, 4999] {
        let mut harness = joining();
        assert_eq!(harness.input(closed_with(code, "Lobby does not exist")), []);
        let view = harness.room.view();
        assert_eq!(view.lifecycle, Lifecycle::Lobby);
        assert_eq!(view.problem, closed(code, "Lobby does not exist", false));
        assert_eq!(harness.wait(Duration::from_secs(300)), [], "{code}");
        assert_eq!(
            harness.input(Input::Network(NetworkEvent::Online)),
            [],
            "{code}: only a person asks again"
        );
        for command in
            [Command::RetryNow, Command::Join { room: "s".into(), name: "n".into() }, Command::EnterLobby]
        {
            let effects = harness.input(Input::Command(command));
            assert!(
                matches!(effects.as_slice(), [Effect::Socket(SocketEffect::Open(_))]),
                "{code}: {effects:?}"
            );
            assert_eq!(harness.room.view().problem, None, "{code}");
            harness.input(closed_with(code, ""));
            assert_eq!(harness.room.view().problem, closed(code, "", false));
        }
    }
}

#[test]
fn a_call_goes_on_without_a_server_that_says_no() {
    let mut harness = connected();
    assert_eq!(harness.input(closed_with(4001, "Signed in elsewhere")), []);
    assert_eq!(harness.wait(Duration::from_secs(300)), []);
    let view = harness.room.view();
    assert_eq!(view.lifecycle, Lifecycle::Reconnecting);
    assert_eq!(view.problem, closed(4001, "Signed in elsewhere", false));
    assert_eq!(harness.connection(), (ConnectionState::Connected, ConnectionReason::None));
    let effects = harness.input(Input::Command(Command::RetryNow));
    assert!(matches!(effects.as_slice(), [Effect::Socket(SocketEffect::Open(_))]), "{effects:?}");
    harness.input(Input::Socket(SocketEvent::Opened));
    harness.receive(welcome(&["a"]));
    assert_eq!(harness.room.view().problem, None);
}

#[test]
fn what_may_pass_is_tried_again_and_its_reason_shown() {
    for code in [1001, 1011, 1012, 1013, 4408, 4429, 4500] {
        let mut harness = joining();
        harness.input(closed_with(code, "One moment"));
        assert_eq!(harness.room.view().problem, closed(code, "One moment", true));
        let effects = harness.wait(Duration::from_secs(2));
        assert!(matches!(effects.as_slice(), [Effect::Socket(SocketEffect::Open(_))]), "{code}: {effects:?}");
        harness.input(Input::Socket(SocketEvent::Closed));
        assert!(matches!(harness.room.view().problem, Some(Problem::Unreachable { attempts: 2, .. })));
        harness.wait(Duration::from_secs(2));
        harness.input(closed_with(code, ""));
        assert!(matches!(harness.room.view().problem, Some(Problem::Unreachable { attempts: 3, .. })));
    }
}

#[test]
fn what_a_server_says_is_cleaned_and_cut() {
    let mut harness = joining();
    harness.input(closed_with(4000, &format!("a\u{202e}b\n{}", "x".repeat(10_000))));
    let Some(Problem::Closed { reason, .. }) = harness.room.view().problem else { panic!("it is closed") };
    assert!(reason.starts_with("ab x"), "{reason}");
    assert!(reason.chars().count() <= 200, "{}", reason.len());
}

#[test]
fn a_server_that_closes_is_not_asked_at_once() {
    for seed in 0..20 {
        let mut harness = Harness::seeded(seed);
        harness.join(&[]);
        let (code, text) = (RejectCode::ServerClosing, String::new());
        harness.receive(Inbound::Server(ServerSignal::Rejected(Rejection { code, text, closes: true })));
        let silent = seed % 2 == 0;
        harness.input(if silent { Input::Socket(SocketEvent::Closed) } else { closed_with(1000, "") });
        assert_eq!(harness.wait(RECONNECT_CLOSING[0] - Duration::from_millis(1)), []);
        let effects = harness.wait(RECONNECT_CLOSING[1]);
        assert!(matches!(effects.as_slice(), [Effect::Socket(SocketEffect::Open(_))]), "{effects:?}");
    }
}

#[test]
fn who_sits_alone_because_nobody_answers_is_told() {
    let (mut harness, _) = Harness::joined(&[]);
    harness.receive(Inbound::Roster(RosterSignal::Joined(info("z", Offerer::Unknown))));
    assert_eq!(harness.room.view().problem, None);
    harness.receive(Inbound::Server(ServerSignal::Unanswered));
    assert_eq!(harness.room.view().problem, Some(Problem::Unanswered));
    harness.receive(Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Them))));
    assert_eq!(harness.room.view().problem, None);
    harness.receive(Inbound::Roster(RosterSignal::Left(id("a"))));
    assert_eq!(harness.room.view().problem, None, "somebody was there");
    harness.receive(Inbound::Server(ServerSignal::Unanswered));
    harness.input(Input::Command(Command::Leave));
    harness.join(&[]);
    assert_eq!(harness.room.view().problem, None);
}

/// Agrees on a connection with "a" in which they describe themselves so.
fn agreed_on(sdp: &str) -> Harness {
    let (mut harness, _) = Harness::joined(&["a"]);
    harness.event(0, ConnectionEvent::LocalDescriptionSet(Ok(description(SdpType::Offer, "m"))));
    let description = SessionDescription { sdp_type: SdpType::Answer, sdp: sdp.into() };
    harness.receive(Inbound::description(id("a"), 0, description));
    harness.event(0, ConnectionEvent::RemoteDescriptionSet(Ok(())));
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    harness
}

#[test]
fn a_program_that_only_exchanges_data_is_told_of() {
    for (sdp, reason) in [
        ("v=0\r\nm=application 9 X 0\r\n", ConnectionReason::SendsNothing),
        ("v=0\r\nm=audio 0 X 0\r\nm=video 0 X 0\r\nm=application 9 X 0\r\n", ConnectionReason::SendsNothing),
        (
            "v=0\r\nm=audio 9 X 0\r\na=recvonly\r\nm=video 9 X 0\r\na=recvonly\r\n",
            ConnectionReason::SendsNothing,
        ),
        ("v=0\r\nm=audio 9 X 0\r\nm=video 0 X 0\r\n", ConnectionReason::None),
    ] {
        assert_eq!(agreed_on(sdp).connection(), (ConnectionState::Connected, reason), "{sdp}");
    }
    // Some clients answer like that and then offer what they send.
    let mut harness = agreed_on("v=0\r\nm=audio 9 X 0\r\na=recvonly\r\n");
    let sdp = "v=0\r\nm=audio 9 X 0\r\na=recvonly\r\nm=audio 9 X 0\r\na=sendonly\r\n".to_owned();
    let description = SessionDescription { sdp_type: SdpType::Offer, sdp };
    harness.receive(Inbound::description(id("a"), 0, description));
    harness.event(0, ConnectionEvent::RemoteDescriptionSet(Ok(())));
    assert_eq!(harness.connection(), (ConnectionState::Connected, ConnectionReason::None));
}

#[test]
fn who_was_to_offer_and_does_not_is_offered_to() {
    let (mut harness, _) = Harness::joined(&[]);
    let effects = harness.receive(Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Them))));
    assert_eq!(creations(&effects), [(0, Role::Answerer)]);
    let effects = harness.receive(Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Us))));
    assert_eq!(creations(&effects), [(1, Role::Offerer)]);
    assert_eq!(harness.room.view().participants.len(), 1);
    assert_eq!(harness.receive(Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Us)))), [], "once");
    harness.receive(Inbound::Roster(RosterSignal::Joined(info("b", Offerer::Them))));
    harness.receive(offer_from("b", 0, "u"));
    assert_eq!(
        harness.receive(Inbound::Roster(RosterSignal::Joined(info("b", Offerer::Us)))),
        [],
        "they have"
    );
}

/// A dialect whose server is joined by opening the socket, and is asked again at once if that was open.
#[derive(Default)]
struct JoinedByOpening {
    open: bool,
}

impl Dialect for JoinedByOpening {
    fn endpoint(&self) -> Endpoint {
        Endpoint::new("ws://plain")
    }

    fn handle(&mut self, _now: Timestamp, input: DialectInput, out: &mut Vec<DialectOutput>) {
        match input {
            DialectInput::Opened => self.open = true,
            DialectInput::Closed if std::mem::take(&mut self.open) => out.push(DialectOutput::UrlChanged),
            _ => {}
        }
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        None
    }

    fn joins_by_opening(&self) -> bool {
        true
    }
}

#[test]
fn a_close_frame_shows_that_the_socket_was_open() {
    for (event, open) in
        [(SocketEvent::Closed, false), (SocketEvent::ClosedWith { code: 1000, reason: String::new() }, true)]
    {
        let room = Room::new(RoomConfig::default(), Box::new(JoinedByOpening::default()));
        let mut harness = Harness { room, now: Timestamp::default(), parameters: Vec::new() };
        harness.input(Input::Command(Command::Join { room: "r".into(), name: "n".into() }));
        let effects = harness.input(Input::Socket(event));
        let opens = |effect: &Effect| matches!(effect, Effect::Socket(SocketEffect::Open(_)));
        assert_eq!(effects.iter().any(opens), open);
    }
}
