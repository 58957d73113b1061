//! What servers refuse, and servers that do not answer.

use visavis_core::{CaptureId, MediaEvent, TrackId};

use crate::*;

#[test]
fn a_full_room_leads_back_to_the_lobby() {
    let mut stage = Stage::new();
    stage.input(Input::Command(Command::Join { room: "r".into(), name: "n".into() }));
    stage.input(Input::Socket(SocketEvent::Opened));
    stage.hear(Inbound::Server(ServerSignal::Rejected(Rejection {
        code: RejectCode::RoomFull,
        text: String::new(),
        closes: true,
    })));
    let view = stage.room.view();
    assert_eq!(view.lifecycle, Lifecycle::Lobby);
    assert_eq!(view.problem, Some(Problem::Rejected { code: RejectCode::RoomFull, text: String::new() }));
}

/// The owner of a tab that crashed comes back as somebody else, and finds their own ghost on the last seat.
#[test]
fn a_seat_that_is_kept_for_somebody_lost_is_asked_for_again() {
    let mut stage = Stage::new();
    stage.input(Input::Command(Command::Join { room: "r".into(), name: "n".into() }));
    let begin = stage.now;
    let mut asked = 0;
    while stage.now < begin + Duration::from_secs(20) {
        said();
        stage.input(Input::Socket(SocketEvent::Opened));
        assert!(matches!(said().as_slice(), [Outbound::Join { .. }]), "by itself");
        asked += 1;
        stage.hear(Inbound::Server(ServerSignal::Rejected(Rejection {
            code: RejectCode::SeatKept,
            text: String::new(),
            closes: true,
        })));
        let view = stage.room.view();
        assert_eq!(view.lifecycle, Lifecycle::Joining);
        assert_eq!(
            view.problem,
            Some(Problem::Rejected { code: RejectCode::SeatKept, text: String::new() }),
            "and the person is told why"
        );
        stage.now = stage.room.poll_timeout().unwrap();
        assert!(matches!(stage.input(Input::Timeout).as_slice(), [Effect::Socket(SocketEffect::Open(_))]));
    }
    assert!((3..30).contains(&asked), "{asked}");
    stage.input(Input::Socket(SocketEvent::Opened));
    stage.hear(Inbound::Server(ServerSignal::Joined(Joined {
        id: id("me"),
        participants: Vec::new(),
        ice_servers: None,
        capacity: None,
        room: None,
    })));
    assert_eq!((stage.room.view().lifecycle, stage.room.view().problem), (Lifecycle::Joined, None));
}

#[test]
fn an_unreachable_server_is_tried_again_and_again() {
    let mut stage = Stage::new();
    stage.input(Input::Command(Command::Join { room: "r".into(), name: "n".into() }));
    for attempts in 1..50 {
        stage.input(Input::Socket(SocketEvent::Closed));
        let url = "ws://plain".to_owned();
        assert_eq!(
            stage.room.view().problem,
            Some(Problem::Unreachable { url, attempts, obstacle: UnreachableReason::Unknown })
        );
        stage.now = stage.room.poll_timeout().unwrap();
        assert!(matches!(stage.input(Input::Timeout).as_slice(), [Effect::Socket(SocketEffect::Open(_))]));
    }
    stage.input(Input::Socket(SocketEvent::Closed));
    assert!(
        matches!(
            stage.input(Input::Network(NetworkEvent::Online)).as_slice(),
            [Effect::Socket(SocketEffect::Open(_))]
        ),
        "at once when the network is back"
    );
}

#[test]
fn a_server_that_does_not_answer_join_is_not_waited_for() {
    let mut stage = Stage::new();
    stage.input(Input::Command(Command::Join { room: "r".into(), name: "n".into() }));
    stage.input(Input::Socket(SocketEvent::Opened));
    assert_eq!(stage.wait(Duration::from_secs(10))[0], Effect::Socket(SocketEffect::Close));
}

#[test]
fn who_turns_back_while_joining_keeps_the_camera_and_leaves_nobody_waiting() {
    let mut stage = Stage::new();
    stage.input(Input::Command(Command::EnterLobby));
    stage.input(Input::Socket(SocketEvent::Opened));
    stage.input(Input::Command(Command::Join { room: "r".into(), name: "n".into() }));
    said();
    let effects = stage.input(Input::Command(Command::EnterLobby));
    assert_eq!(said(), [Outbound::Leave]);
    assert!(
        matches!(
            effects.as_slice(),
            [Effect::Socket(SocketEffect::Close), Effect::Socket(SocketEffect::Open(_))]
        ),
        "{effects:?}"
    );
    assert_eq!(stage.room.view().lifecycle, Lifecycle::Lobby);
}

#[test]
fn a_server_that_names_the_room_itself_is_followed() {
    let mut stage = Stage::new();
    stage.input(Input::Command(Command::Join { room: "new".into(), name: "n".into() }));
    stage.input(Input::Socket(SocketEvent::Opened));
    stage.hear(Inbound::Server(ServerSignal::Joined(Joined {
        id: id("m"),
        participants: Vec::new(),
        ice_servers: None,
        capacity: None,
        room: Some("c27a8eb0".into()),
    })));
    assert_eq!(stage.room.view().room, "c27a8eb0");
}

#[test]
fn what_a_dialect_hears_while_it_sends_is_heard_in_order() {
    let mut stage = Stage::new();
    stage.input(Input::Command(Command::Join { room: "r".into(), name: "n".into() }));
    let left = Inbound::Roster(RosterSignal::Left(id("b")));
    ANSWERS.set(vec![welcome(&["a", "b"]), left]);
    let effects = stage.input(Input::Socket(SocketEvent::Opened));
    assert_eq!(creations(&effects), [(0, Role::Offerer)], "b has left before anything was made for them");
    let view = stage.room.view();
    let others: Vec<_> = view.participants.iter().map(|participant| participant.id.as_str()).collect();
    assert_eq!((view.lifecycle, others), (Lifecycle::Joined, vec!["a"]));
}

#[test]
fn what_a_dialect_hears_at_the_end_of_an_input_is_heard_at_once() {
    let config = RoomConfig { microphone: true, ..RoomConfig::default() };
    let mut stage = Stage { room: Room::new(config, Box::new(Plain::default())), now: Timestamp::default() };
    stage.join(&[]);
    stage.wait(Duration::from_secs(1));
    ANSWERS.set(vec![Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Them)))]);
    let tracks = vec![(Source::Microphone, TrackId(70))];
    said();
    stage.input(Input::Media(MediaEvent::Captured { capture: CaptureId(0), tracks }));
    let media = MediaState { microphone: true, ..MediaState::default() };
    assert_eq!(said(), [Outbound::MediaState(media)]);
    assert_eq!(stage.room.poll_timeout(), Some(stage.now), "the room asks to be called again at once");
    stage.input(Input::Timeout);
    assert_eq!(stage.room.view().participants.len(), 1);
}

#[test]
fn what_a_dialect_hears_while_we_leave_is_nothing() {
    let (mut stage, _) = Stage::joined(&[]);
    ANSWERS.set(vec![welcome(&["a"])]);
    stage.input(Input::Command(Command::Leave));
    assert_eq!(stage.room.poll_timeout(), None);
    stage.input(Input::Command(Command::EnterLobby));
    let view = stage.room.view();
    assert_eq!((view.lifecycle, view.participants.len()), (Lifecycle::Lobby, 0));
}
