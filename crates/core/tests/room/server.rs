//! What servers refuse, and servers that do not answer.

use visavis_core::signaling::limits::MAX_FRAME_BYTES;
use visavis_core::{CaptureId, Event, MediaEvent, TrackId};

use crate::*;

#[test]
fn a_full_room_leads_back_to_the_lobby() {
    let mut harness = Harness::new();
    harness.input(Input::Command(Command::Join { room: "r".into(), name: "n".into() }));
    harness.input(Input::Socket(SocketEvent::Opened));
    harness.receive(Inbound::Server(ServerSignal::Rejected(Rejection {
        code: RejectCode::RoomFull,
        text: String::new(),
        closes: true,
    })));
    let view = harness.room.view();
    assert_eq!(view.lifecycle, Lifecycle::Lobby);
    assert_eq!(view.problem, Some(Problem::Rejected { code: RejectCode::RoomFull, text: String::new() }));
}

/// The owner of a tab that crashed comes back as somebody else, and finds their own ghost on the last seat.
#[test]
fn a_seat_that_is_kept_for_somebody_lost_is_asked_for_again() {
    let mut harness = Harness::new();
    harness.input(Input::Command(Command::Join { room: "r".into(), name: "n".into() }));
    let begin = harness.now;
    let mut asked = 0;
    while harness.now < begin + Duration::from_secs(20) {
        sent();
        harness.input(Input::Socket(SocketEvent::Opened));
        assert!(matches!(sent().as_slice(), [Outbound::Join { .. }]), "by itself");
        asked += 1;
        harness.receive(Inbound::Server(ServerSignal::Rejected(Rejection {
            code: RejectCode::SeatKept,
            text: String::new(),
            closes: true,
        })));
        let view = harness.room.view();
        assert_eq!(view.lifecycle, Lifecycle::Joining);
        assert_eq!(
            view.problem,
            Some(Problem::Rejected { code: RejectCode::SeatKept, text: String::new() }),
            "and the person is told why"
        );
        harness.now = harness.room.poll_timeout().unwrap();
        assert!(matches!(harness.input(Input::Timeout).as_slice(), [Effect::Socket(SocketEffect::Open(_))]));
    }
    assert!((3..30).contains(&asked), "{asked}");
    harness.input(Input::Socket(SocketEvent::Opened));
    harness.receive(Inbound::Server(ServerSignal::Joined(Joined {
        id: id("me"),
        participants: Vec::new(),
        ice_servers: None,
        capacity: None,
        room: None,
        given_offers: Vec::new(),
    })));
    assert_eq!((harness.room.view().lifecycle, harness.room.view().problem), (Lifecycle::Joined, None));
}

#[test]
fn an_unreachable_server_is_tried_again_and_again() {
    let mut harness = Harness::new();
    harness.input(Input::Command(Command::Join { room: "r".into(), name: "n".into() }));
    for attempts in 1..50 {
        harness.input(Input::Socket(SocketEvent::Closed));
        let url = "ws://plain".to_owned();
        assert_eq!(
            harness.room.view().problem,
            Some(Problem::Unreachable { url, attempts, obstacle: UnreachableReason::Unknown })
        );
        harness.now = harness.room.poll_timeout().unwrap();
        assert!(matches!(harness.input(Input::Timeout).as_slice(), [Effect::Socket(SocketEffect::Open(_))]));
    }
    harness.input(Input::Socket(SocketEvent::Closed));
    assert!(
        matches!(
            harness.input(Input::Network(NetworkEvent::Online)).as_slice(),
            [Effect::Socket(SocketEffect::Open(_))]
        ),
        "at once when the network is back"
    );
}

#[test]
fn a_server_that_does_not_answer_join_is_not_waited_for() {
    let mut harness = Harness::new();
    harness.input(Input::Command(Command::Join { room: "r".into(), name: "n".into() }));
    harness.input(Input::Socket(SocketEvent::Opened));
    assert_eq!(harness.wait(Duration::from_secs(10))[0], Effect::Socket(SocketEffect::Close));
}

#[test]
fn who_turns_back_while_joining_keeps_the_camera_and_leaves_nobody_waiting() {
    let mut harness = Harness::new();
    harness.input(Input::Command(Command::EnterLobby));
    harness.input(Input::Socket(SocketEvent::Opened));
    harness.input(Input::Command(Command::Join { room: "r".into(), name: "n".into() }));
    sent();
    let effects = harness.input(Input::Command(Command::EnterLobby));
    assert_eq!(sent(), [Outbound::Leave]);
    assert!(
        matches!(
            effects.as_slice(),
            [Effect::Socket(SocketEffect::Close), Effect::Socket(SocketEffect::Open(_))]
        ),
        "{effects:?}"
    );
    assert_eq!(harness.room.view().lifecycle, Lifecycle::Lobby);
}

#[test]
fn a_server_that_names_the_room_itself_is_followed() {
    let mut harness = Harness::new();
    harness.input(Input::Command(Command::Join { room: "new".into(), name: "n".into() }));
    harness.input(Input::Socket(SocketEvent::Opened));
    harness.receive(Inbound::Server(ServerSignal::Joined(Joined {
        id: id("m"),
        participants: Vec::new(),
        ice_servers: None,
        capacity: None,
        room: Some("c27a8eb0".into()),
        given_offers: Vec::new(),
    })));
    assert_eq!(harness.room.view().room, "c27a8eb0");
}

#[test]
fn what_a_dialect_hears_while_it_sends_is_heard_in_order() {
    let mut harness = Harness::new();
    harness.input(Input::Command(Command::Join { room: "r".into(), name: "n".into() }));
    let left = Inbound::Roster(RosterSignal::Left(id("b")));
    REPLIES.set(vec![welcome(&["a", "b"]), left]);
    let effects = harness.input(Input::Socket(SocketEvent::Opened));
    assert_eq!(creations(&effects), [(0, Role::Offerer)], "b has left before anything was made for them");
    let view = harness.room.view();
    let others: Vec<_> = view.participants.iter().map(|participant| participant.id.as_str()).collect();
    assert_eq!((view.lifecycle, others), (Lifecycle::Joined, vec!["a"]));
}

#[test]
fn what_a_dialect_hears_at_the_end_of_an_input_is_heard_at_once() {
    let config = RoomConfig { microphone: true, ..RoomConfig::default() };
    let mut harness = Harness::with(config);
    harness.join(&[]);
    harness.wait(Duration::from_secs(1));
    REPLIES.set(vec![Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Them)))]);
    let tracks = vec![(Source::Microphone, TrackId(70))];
    sent();
    harness.input(Input::Media(MediaEvent::Captured { capture: CaptureId(0), tracks }));
    let media = MediaState::from([Source::Microphone]);
    assert_eq!(sent(), [Outbound::MediaState(media)]);
    assert_eq!(harness.room.poll_timeout(), Some(harness.now), "the room asks to be called again at once");
    harness.input(Input::Timeout);
    assert_eq!(harness.room.view().participants.len(), 1);
}

#[test]
fn what_a_dialect_hears_while_we_leave_is_nothing() {
    let (mut harness, _) = Harness::joined(&[]);
    REPLIES.set(vec![welcome(&["a"])]);
    harness.input(Input::Command(Command::Leave));
    assert_eq!(harness.room.poll_timeout(), None);
    harness.input(Input::Command(Command::EnterLobby));
    let view = harness.room.view();
    assert_eq!((view.lifecycle, view.participants.len()), (Lifecycle::Lobby, 0));
}

/// Says one thing as long as servers take it, and one that is longer.
struct LongWinded;

impl Dialect for LongWinded {
    fn endpoint(&self) -> Endpoint {
        Endpoint::new("ws://plain")
    }

    fn handle(&mut self, _now: Timestamp, input: DialectInput, out: &mut Vec<DialectOutput>) {
        if matches!(input, DialectInput::Send(Outbound::Join { .. })) {
            out.extend([MAX_FRAME_BYTES, MAX_FRAME_BYTES + 1].map(|n| DialectOutput::Frame("x".repeat(n))));
        }
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        None
    }
}

/// Whatever a dialect makes of what is said: the server would close the socket upon it, and with it the call's.
#[test]
fn a_frame_that_no_server_takes_is_not_sent() {
    let mut room = Room::new(RoomConfig::default(), Box::new(LongWinded));
    let join = Command::Join { room: "r".into(), name: "n".into() };
    let (mut sent, mut errors) = (Vec::new(), Vec::new());
    for input in [Input::Command(join), Input::Socket(SocketEvent::Opened)] {
        room.handle(Timestamp::default(), input);
        while let Some(output) = room.poll_output() {
            match output {
                Output::Effect(Effect::Socket(SocketEffect::Send(frame))) => sent.push(frame.len()),
                Output::Event(Event::ProtocolError(error)) => errors.push(error),
                _ => {}
            }
        }
    }
    assert_eq!(sent, [MAX_FRAME_BYTES]);
    assert_eq!(errors, ["too-large"]);
}
