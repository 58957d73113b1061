//! Rooms without sockets.

use super::*;
use visavis_signaling::limits::MAX_EARLY_OFFER_BYTES;

const START: Timestamp = Timestamp::from_millis(0);
const A: ClientId = ClientId(1);
const B: ClientId = ClientId(2);
const C: ClientId = ClientId(3);
const D: ClientId = ClientId(4);

fn join(room: &str, secret: char) -> String {
    let identity = secret.to_string().repeat(32);
    format!(
        r#"{{"type":"join","version":1,"room":"{room}","name":"{secret}","identity":"{identity}","media":{{}}}}"#
    )
}

fn id(secret: char) -> ParticipantId {
    participant_id(&secret.to_string().repeat(32))
}

fn drain(hub: &mut Hub) -> Vec<HubOutput> {
    std::iter::from_fn(|| hub.poll_output()).collect()
}

fn two_members() -> Hub {
    let mut hub = Hub::new(HubConfig { capacity: 2, ..HubConfig::default() }, START);
    hub.on_frame(A, &join("r", 'a'));
    hub.on_frame(B, &join("r", 'b'));
    drain(&mut hub);
    hub
}

fn code_of(output: &HubOutput) -> Option<(ClientId, &str)> {
    match output {
        HubOutput::Send(to, ServerMessage::Error { code, .. }) => Some((*to, code)),
        HubOutput::Send(..) | HubOutput::Close(_) => None,
    }
}

#[test]
fn a_full_room_refuses_and_sends_nothing_to_its_members() {
    let mut hub = two_members();
    hub.on_frame(C, &join("r", 'c'));
    let out = drain(&mut hub);
    assert_eq!(code_of(&out[0]), Some((C, "room-full")));
    assert_eq!(out[1..], [HubOutput::Close(C)]);
}

/// Whoever was told the name of a room over the telephone, or types it on another keyboard, must not sit alone.
#[test]
fn a_room_is_the_same_in_every_spelling_of_its_name() {
    for names in [
        ["Tea", "tea", "TEA"],
        ["caf\u{e9}", "cafe\u{301}", "CAF\u{c9}"],
        ["Stra\u{df}e", "STRASSE", "stra\u{ad}sse"],
        ["\u{3bf}\u{3b4}\u{3bf}\u{3c2}", "\u{39f}\u{394}\u{39f}\u{3a3}", "\u{3bf}\u{3b4}\u{3bf}\u{3c3}"],
        ["\u{ac00}", "\u{1100}\u{1161}", "\u{1100}\u{3164}\u{1161}"],
        ["tea ❤", "tea ❤\u{fe0f}", "Tea\u{200b} ❤"],
    ] {
        let mut hub = Hub::new(HubConfig::default(), START);
        for (name, (client, secret)) in names.iter().zip([(A, 'a'), (B, 'b'), (C, 'c')]) {
            hub.on_frame(client, &join(name, secret));
        }
        assert_eq!((hub.room_count(), hub.participant_count()), (1, 3), "{names:?}");
        let welcomes = drain(&mut hub).into_iter().filter_map(|output| match output {
            HubOutput::Send(C, ServerMessage::Joined(welcome)) => Some(welcome),
            HubOutput::Send(..) | HubOutput::Close(_) => None,
        });
        let others: Vec<_> = welcomes.map(|welcome| welcome.participants.len()).collect();
        assert_eq!(others, [2], "{names:?}");
    }
}

/// What was kept for somebody who is lost is found again, however they write the room.
/// The first two were found by a fuzzer: their keys have more characters than they have themselves.
#[test]
fn the_key_of_a_room_is_a_name_of_it() {
    let long =
        ["\u{344}".repeat(64), "ß".repeat(64), "\u{1e9e}".repeat(64), format!("{}ß b", "a".repeat(61))];
    let short = ["Tea", "İstanbul", "ǰ", "ﬃ", "Σίσυφος", "\u{fe0f}\u{2764}\u{fe0f}"].map(str::to_owned);
    for name in long.into_iter().chain(short) {
        let key = room_key(&text::clean(&name, MAX_ROOM_CHARS));
        assert!((1..=MAX_ROOM_CHARS).contains(&key.chars().count()), "{name}: {key}");
        assert_eq!(text::clean(&key, MAX_ROOM_CHARS), key, "as clients read it");
        assert_eq!(room_key(&key), key, "{name}");
    }
    for character in '\0'..='\u{20000}' {
        let key = room_key(&character.to_string());
        assert_eq!(room_key(&key), key, "{character:?}");
    }
}

#[test]
fn a_member_resumes_by_another_spelling_of_the_room() {
    let mut hub = two_members();
    hub.on_disconnected(A);
    drain(&mut hub);
    hub.on_frame(C, &join("R", 'a'));
    assert_eq!((hub.room_count(), hub.participant_count()), (1, 2));
    hub.on_frame(D, &join("R", 'd'));
    let refused = drain(&mut hub).iter().filter_map(code_of).any(|code| code == (D, "room-full"));
    assert!(refused, "the room has two places, in any spelling");
}

#[test]
fn names_that_only_look_alike_are_different_rooms() {
    let mut hub = Hub::new(HubConfig::default(), START);
    hub.on_frame(A, &join("tea", 'a'));
    // A Cyrillic e.
    hub.on_frame(B, &join("t\u{435}a", 'b'));
    hub.on_frame(C, &join("te a", 'c'));
    assert_eq!(hub.room_count(), 3);
}

#[test]
fn the_same_identity_takes_its_seat_back() {
    let mut hub = two_members();
    hub.on_frame(C, &join("r", 'a'));
    let out = drain(&mut hub);
    assert_eq!(code_of(&out[0]), Some((A, "replaced")));
    assert!(
        matches!(&out[2], HubOutput::Send(C, ServerMessage::Joined(w)) if w.id == id('a') && w.participants.len() == 1)
    );
    assert!(
        matches!(&out[3], HubOutput::Send(B, ServerMessage::ParticipantJoined { participant, .. }) if participant.id == id('a'))
    );
    hub.on_disconnected(A);
    assert_eq!(drain(&mut hub), [], "the old socket has no seat any more");
}

#[test]
fn relays_only_inside_the_room() {
    let mut hub = two_members();
    hub.on_frame(C, &join("other", 'c'));
    drain(&mut hub);
    let frame = format!(r#"{{"type":"candidate","to":"{}","candidate":null}}"#, id('c'));
    hub.on_frame(A, &frame);
    assert_eq!(drain(&mut hub).iter().map(code_of).collect::<Vec<_>>(), [Some((A, "unknown-participant"))]);
}

#[test]
fn empty_rooms_are_forgotten() {
    let mut hub = two_members();
    hub.on_frame(A, r#"{"type":"leave"}"#);
    let gone = ServerMessage::ParticipantLeft { id: id('a'), reason: LeaveReason::Left };
    assert_eq!(drain(&mut hub), [HubOutput::Send(B, gone)]);
    hub.on_disconnected(B);
    assert_eq!((hub.room_count(), hub.participant_count()), (0, 0));
}

#[test]
fn bad_input_gets_a_code() {
    let mut hub = two_members();
    for (frame, code) in [
        ("nonsense", "bad-request"),
        (r#"{"type":"dance"}"#, "bad-request"),
        (&join("r", 'a'), "already-joined"),
        (r#"{"type":"candidate","to":"","candidate":null}"#, "bad-request"),
    ] {
        hub.on_frame(A, frame);
        assert_eq!(drain(&mut hub).iter().map(code_of).collect::<Vec<_>>(), [Some((A, code))], "{frame}");
    }
    hub.on_frame(C, r#"{"type":"media","media":{}}"#);
    assert_eq!(code_of(&drain(&mut hub)[0]), Some((C, "not-joined")));
}

/// Ann and Bob, who can take up their sessions.
fn two_members_with_sessions() -> Hub {
    let mut hub = Hub::new(HubConfig { capacity: 2, max_reserved_seats: 2, ..HubConfig::default() }, START);
    hub.on_frame(A, &join_session('a', "a1", None));
    hub.on_frame(B, &join_session('b', "b1", None));
    drain(&mut hub);
    hub
}

fn join_session(secret: char, session: &str, received: Option<u32>) -> String {
    let heard = received.map(|count| format!(r#","heard":{count}"#)).unwrap_or_default();
    join("r", secret).replace(r#""media":{}"#, &format!(r#""session":{{"id":"{session}"{heard}}}"#))
}

fn end_of_candidates(to: char) -> String {
    format!(r#"{{"type":"candidate","to":"{}","candidate":null}}"#, id(to))
}

fn frames_to(client: ClientId, outputs: &[HubOutput]) -> Vec<String> {
    let frames = outputs.iter().filter_map(|output| match output {
        HubOutput::Send(to, message) if *to == client => Some(message.encode()),
        HubOutput::Send(..) | HubOutput::Close(_) => None,
    });
    frames.collect()
}

#[test]
fn a_disconnected_member_resumes_its_session() {
    let mut hub = two_members_with_sessions();
    hub.on_frame(A, &end_of_candidates('b'));
    hub.on_disconnected(A);
    hub.on_frame(B, &end_of_candidates('a'));
    hub.on_frame(B, r#"{"type":"media","media":{"camera":true}}"#);
    let out = drain(&mut hub);
    assert_eq!(frames_to(B, &out).len(), 2, "a candidate, and that she is gone: {out:?}");
    // Ann acknowledges that she has received `participant-joined` of Bob.
    hub.on_frame(C, &join_session('a', "a1", Some(1)));
    let out = drain(&mut hub);
    let frames = frames_to(C, &out);
    assert!(frames[0].contains(r#""resumed":true,"heard":1,"participants":[]"#), "{frames:?}");
    assert!(frames[1].starts_with(r#"{"type":"candidate""#));
    assert!(frames[2].starts_with(r#"{"type":"media""#));
    assert_eq!(frames.len(), 3);
    let back = frames_to(B, &out);
    assert!(back.len() == 1, "{back:?}");
    assert!(back[0].ends_with(r#""resumed":true}"#), "{back:?}");
}

/// Found by the simulator: a page slept while a server that had been restarted answered it, gave up the socket when it
/// woke, and its counts, which began at the server before, seemed to fit: it never received what it had missed.
#[test]
fn counts_of_a_session_before_a_restart_are_not_taken_for_those_of_the_new_one() {
    let mut hub = Hub::new(HubConfig::default(), START);
    hub.on_frame(A, &join_session('a', "a1", Some(1)));
    hub.on_frame(B, &join_session('b', "b1", None));
    drain(&mut hub);
    hub.on_frame(C, &join_session('a', "a1", Some(1)));
    let out = frames_to(C, &drain(&mut hub));
    assert!(!out[0].contains("resumed"), "{out:?}");
    assert!(out[0].contains(id('b').as_str()), "{out:?}");
    hub.on_frame(C, r#"{"type":"media","media":{}}"#);
    hub.on_frame(D, &join_session('a', "a1", Some(0)));
    assert!(frames_to(D, &drain(&mut hub))[0].contains("resumed"), "now they agree");
}

#[test]
fn a_late_join_of_an_old_socket_replaces_nothing() {
    let mut hub = two_members_with_sessions();
    let join = |session, attempt| {
        join_session('a', session, None).replace("}}", &format!(r#","attempt":{attempt}}}}}"#))
    };
    hub.on_frame(C, &join("page-1", 2));
    drain(&mut hub);
    // From before she left and came back.
    hub.on_frame(D, &join("page-0", 1));
    let out = drain(&mut hub);
    assert_eq!(code_of(&out[0]), Some((D, "replaced")));
    assert_eq!(out[1..], [HubOutput::Close(D)], "nobody else hears of it");
}

#[test]
fn resuming_before_the_loss_was_noticed_sends_nothing_to_the_others() {
    let mut hub = two_members_with_sessions();
    hub.on_frame(C, &join_session('a', "a1", Some(1)));
    let out = drain(&mut hub);
    assert_eq!(code_of(&out[0]), Some((A, "replaced")));
    assert_eq!(frames_to(B, &out), [""; 0]);
    hub.on_disconnected(A);
    assert_eq!(drain(&mut hub), []);
}

#[test]
fn another_session_of_the_same_identity_replaces_the_first() {
    let mut hub = two_members_with_sessions();
    hub.on_disconnected(A);
    drain(&mut hub);
    hub.on_frame(C, &join_session('a', "a2", None));
    let out = drain(&mut hub);
    assert!(matches!(&out[0], HubOutput::Send(C, ServerMessage::Joined(w)) if w.resumed.is_none()));
    let told = frames_to(B, &out);
    assert!(told[0].ends_with(r#""session":"a2"}}"#), "{told:?}");
    assert_eq!((hub.participant_count(), hub.poll_timeout()), (2, None));
}

#[test]
fn a_lost_seat_is_kept_for_a_while_and_then_free() {
    let mut hub = two_members_with_sessions();
    hub.advance(Timestamp::from_millis(1000));
    hub.on_disconnected(A);
    drain(&mut hub);
    hub.advance(Timestamp::from_millis(60_999));
    assert_eq!((hub.room_count(), hub.poll_timeout()), (1, Some(Timestamp::from_millis(61_000))));
    hub.advance(Timestamp::from_millis(61_000));
    hub.on_frame(C, &join("r", 'c'));
    let out = drain(&mut hub);
    assert!(matches!(&out[0], HubOutput::Send(C, ServerMessage::Joined(w)) if w.participants.len() == 1));
}

/// A tab crashed, and its owner has another secret now: the tile is gone after 20 s, so the reserved seat must
/// not keep them out for a minute.
#[test]
fn a_reserved_seat_goes_to_a_newcomer_once_it_is_evictable() {
    let mut hub = two_members_with_sessions();
    hub.on_disconnected(A);
    hub.advance(Timestamp::from_millis(19_999));
    hub.on_frame(C, &join("r", 'c'));
    let out = drain(&mut hub);
    assert!(out.iter().any(|output| code_of(output) == Some((C, "seat-kept"))), "{out:?}");
    assert!(!RejectCode::SeatKept.is_final(), "whoever hears it asks again");
    hub.advance(Timestamp::from_millis(20_000));
    hub.on_frame(D, &join("r", 'd'));
    let out = drain(&mut hub);
    assert!(matches!(&out[0], HubOutput::Send(D, ServerMessage::Joined(w)) if w.participants.len() == 1));
    assert_eq!(hub.poll_timeout(), None, "the seat was evicted");
    hub.on_frame(A, &join_session('a', "a1", Some(1)));
    let out = drain(&mut hub);
    assert!(out.iter().any(|output| code_of(output) == Some((A, "room-full"))), "{out:?}");
}

#[test]
fn a_reserved_seat_is_kept_while_nobody_needs_it() {
    let mut hub = two_members_with_sessions();
    hub.on_frame(B, r#"{"type":"leave"}"#);
    hub.on_disconnected(A);
    hub.advance(Timestamp::from_millis(59_000));
    hub.on_frame(C, &join("r", 'c'));
    hub.on_frame(D, &join_session('a', "a1", Some(2)));
    let out = drain(&mut hub);
    assert!(frames_to(D, &out)[0].contains(r#""resumed":true"#), "{out:?}");
}

#[test]
fn after_going_away_a_seat_is_reserved_for_a_reload() {
    let mut hub = two_members_with_sessions();
    for session in ["a2", "a3"] {
        let left = format!(r#"{{"type":"participant-left","id":"{}","reason":"left"}}"#, id('a'));
        hub.on_going_away(A);
        assert_eq!(frames_to(B, &drain(&mut hub)), [left], "at once, and nobody waits for her");
        hub.on_disconnected(A);
        hub.on_frame(C, &join("r", 'c'));
        assert!(drain(&mut hub).iter().any(|output| code_of(output) == Some((C, "seat-kept"))));
        hub.on_frame(A, &join_session('a', session, None));
        let out = drain(&mut hub);
        assert!(matches!(&out[0], HubOutput::Send(A, ServerMessage::Joined(w)) if w.resumed.is_none()));
        assert!(frames_to(B, &out)[0].contains(session), "{out:?}");
    }
    hub.on_going_away(A);
    drain(&mut hub);
    hub.advance(Timestamp::from_millis(10_000));
    hub.on_frame(C, &join("r", 'c'));
    assert!(matches!(&drain(&mut hub)[0], HubOutput::Send(C, ServerMessage::Joined(_))), "nor a newcomer");
}

#[test]
fn members_that_left_or_were_removed_have_no_reserved_seat() {
    let mut hub = two_members_with_sessions();
    hub.remove_client(A);
    hub.on_frame(B, r#"{"type":"leave"}"#);
    drain(&mut hub);
    assert_eq!((hub.room_count(), hub.poll_timeout()), (0, None));
}

#[test]
fn reserved_seats_are_limited_and_evicted() {
    let mut hub = Hub::new(HubConfig { max_rooms: 3, max_reserved_seats: 2, ..HubConfig::default() }, START);
    for (n, room) in ["x", "y", "z"].into_iter().enumerate() {
        hub.advance(Timestamp::from_millis(n as u64));
        hub.on_frame(A, &join_session('a', "s", None).replace(r#""r""#, &format!("{room:?}")));
        hub.on_disconnected(A);
    }
    assert_eq!(hub.room_count(), 2, "only so many seats are kept");
    for (client, room) in [(B, "b"), (C, "c"), (ClientId(4), "d")] {
        hub.on_frame(client, &join(room, 'b'));
    }
    assert_eq!((hub.room_count(), hub.participant_count()), (3, 3), "the living come first");
}

/// Somebody joins a room of their own and hangs up, again and again.
#[test]
fn one_address_does_not_use_up_the_reserved_seats() {
    let mut hub = Hub::new(
        HubConfig { max_reserved_seats: 10, max_backlog_bytes: 1 << 20, ..HubConfig::default() },
        START,
    );
    let [home, elsewhere] = [[192, 0, 2, 1], [192, 0, 2, 2]].map(IpAddr::from);
    hub.on_connected(A, home);
    hub.on_frame(A, &join_session('a', "a1", None));
    hub.on_disconnected(A);
    for n in 0..1000 {
        let stranger = ClientId(100 + n);
        hub.on_connected(stranger, elsewhere);
        hub.on_frame(stranger, &join_session('s', "s", None).replace(r#""r""#, &format!(r#""room {n}""#)));
        hub.on_disconnected(stranger);
    }
    assert_eq!(hub.room_count(), 10);
    drain(&mut hub);
    hub.on_frame(B, &join_session('a', "a1", Some(0)));
    let out = drain(&mut hub);
    assert!(frames_to(B, &out)[0].contains(r#""resumed":true"#), "{out:?}");
}

/// Members fill the backlogs of others, who acknowledge nothing.
#[test]
fn the_largest_backlog_is_dropped_and_no_other() {
    let mut hub = Hub::new(HubConfig { max_backlog_bytes: 20_000, ..HubConfig::default() }, START);
    hub.on_frame(A, &join_session('a', "a1", None));
    hub.on_frame(B, &join_session('b', "b1", None));
    hub.on_frame(C, &join_session('c', "c1", None).replace(r#""r""#, r#""other""#));
    hub.on_frame(D, &join_session('d', "d1", None).replace(r#""r""#, r#""other""#));
    hub.on_disconnected(B);
    hub.on_frame(A, &end_of_candidates('b'));
    hub.on_disconnected(D);
    for _ in 0..1000 {
        hub.on_frame(C, &end_of_candidates('d'));
    }
    assert!(hub.backlog_budget.used() <= 20_000);
    drain(&mut hub);
    hub.on_frame(ClientId(5), &join_session('b', "b1", Some(0)));
    hub.on_frame(ClientId(6), &join_session('d', "d1", Some(0)).replace(r#""r""#, r#""other""#));
    let out = drain(&mut hub);
    assert!(frames_to(ClientId(5), &out)[0].contains(r#""resumed":true"#), "{out:?}");
    assert!(!frames_to(ClientId(6), &out)[0].contains("resumed"), "{out:?}");
}

#[test]
fn what_was_acknowledged_is_not_sent_again() {
    let mut hub = two_members_with_sessions();
    hub.on_frame(B, &end_of_candidates('a'));
    hub.on_frame(A, r#"{"type":"pong","heard":2}"#);
    drain(&mut hub);
    hub.on_frame(C, &join_session('a', "a1", Some(1)));
    let out = drain(&mut hub);
    assert!(
        out.iter().any(|o| matches!(o, HubOutput::Send(C, ServerMessage::Joined(w)) if w.resumed.is_none())),
        "the server has dropped what she had acknowledged already: {out:?}"
    );
}

fn early_offer(sdp: &str) -> String {
    format!(r#"{{"type":"offer","sdp":"{sdp}"}}"#)
}

fn deposit(number: u32, sdp: &str) -> String {
    format!(r#"{{"type":"deposit","number":{number},"description":{}}}"#, early_offer(sdp))
}

/// Who brings an offer.
fn join_with_offer(secret: char, sdp: &str) -> String {
    let offer = format!(r#","offers":[{{"generation":3,"description":{}}}]}}"#, early_offer(sdp));
    let join = join("r", secret);
    [join.trim_end_matches('}'), "}", &offer].concat()
}

type Given = (Vec<(ParticipantId, Option<String>)>, Vec<(ClientId, String, Option<u32>)>);

/// Who has got the newcomer's offers, and what for; and what the others hear of it, by client and deposit.
fn given(outputs: &[HubOutput]) -> Given {
    let (mut given, mut heard) = (Vec::new(), Vec::new());
    for output in outputs {
        match output {
            HubOutput::Send(_, ServerMessage::Joined(welcome)) => {
                let offers = welcome.given_offers.iter();
                given.extend(offers.map(|offer| {
                    (offer.to.clone(), offer.exchanged_for.as_ref().map(|o| o.sdp.trim_end().to_owned()))
                }));
            }
            HubOutput::Send(to, ServerMessage::Description { description, exchanged, epoch: 3, .. }) => {
                heard.push((*to, description.sdp.trim_end().to_owned(), *exchanged));
            }
            HubOutput::Send(..) | HubOutput::Close(_) => {}
        }
    }
    (given, heard)
}

fn two_of_many() -> Hub {
    let mut hub = Hub::new(HubConfig::default(), START);
    hub.on_frame(A, &join("r", 'a'));
    hub.on_frame(B, &join("r", 'b'));
    drain(&mut hub);
    hub
}

fn newcomer(hub: &mut Hub) -> Given {
    hub.on_frame(C, &join_with_offer('c', "of c"));
    given(&drain(hub))
}

#[test]
fn an_offer_of_a_newcomer_goes_to_somebody_who_is_there() {
    let mut hub = two_of_many();
    let (given, heard) = newcomer(&mut hub);
    let to = given[0].0.clone();
    let client = if to == id('a') { A } else { B };
    assert_eq!((given, heard), (vec![(to, None)], vec![(client, "of c".into(), None)]));
}

#[test]
fn it_goes_to_whoever_has_deposited_one_and_theirs_to_the_newcomer_once() {
    for (client, secret) in [(A, 'a'), (B, 'b')] {
        let mut hub = two_of_many();
        hub.on_frame(client, &deposit(6, "old"));
        hub.on_frame(client, &deposit(7, "of a member"));
        assert_eq!(drain(&mut hub), [], "there is no answer");
        let exchanged =
            (vec![(id(secret), Some("of a member".into()))], vec![(client, "of c".into(), Some(7))]);
        assert_eq!(newcomer(&mut hub), exchanged);
        hub.on_frame(D, &join_with_offer('d', "of d"));
        assert_eq!(given(&drain(&mut hub)).0[0].1, None);
    }
}

#[test]
fn a_newcomer_may_want_an_answer_and_leaves_the_deposit_for_the_next() {
    let mut hub = two_of_many();
    hub.on_frame(A, &deposit(0, "of a"));
    let wants_answer =
        join_with_offer('d', "of d").replace(r#""generation":3"#, r#""generation":3,"exchange":false"#);
    hub.on_frame(D, &wants_answer);
    assert_eq!(given(&drain(&mut hub)), (vec![(id('a'), None)], vec![(A, "of d".into(), None)]));
    assert_eq!(newcomer(&mut hub).0, [(id('a'), Some("of a".into()))]);
}

#[test]
fn a_newcomer_without_an_offer_leaves_the_deposit_for_the_next() {
    let mut hub = two_of_many();
    hub.on_frame(A, &deposit(0, "of a"));
    hub.on_frame(D, &join("r", 'd'));
    assert_eq!(given(&drain(&mut hub)), (vec![], vec![]));
    assert_eq!(newcomer(&mut hub).0, [(id('a'), Some("of a".into()))]);
}

#[test]
fn a_deposit_is_gone_with_whoever_made_it_and_after_a_minute() {
    let ends: [fn(&mut Hub); 4] = [
        |hub| hub.on_disconnected(A),
        |hub| hub.on_going_away(A),
        |hub| hub.on_frame(A, r#"{"type":"leave"}"#),
        |hub| hub.advance(START + HubConfig::default().deposit_lifetime),
    ];
    for end in ends {
        let mut hub = two_of_many();
        hub.on_frame(A, &deposit(0, "of a"));
        end(&mut hub);
        assert_eq!(hub.deposit_budget.used(), 0);
        assert!(newcomer(&mut hub).0.iter().all(|(_, exchanged_for)| exchanged_for.is_none()));
    }
}

/// Neither one member nor all together can fill the server's memory.
#[test]
fn deposits_are_bounded() {
    let mut hub = two_of_many();
    (0..=MAX_DEPOSITS as u32).for_each(|number| hub.on_frame(A, &deposit(number, "of a")));
    assert_eq!(newcomer(&mut hub).0[0].1, None, "too many in a minute");
    let mut hub = Hub::new(HubConfig { max_deposit_bytes: 10, ..HubConfig::default() }, START);
    hub.on_frame(A, &join("r", 'a'));
    hub.on_frame(A, &deposit(0, "more than there is room for"));
    drain(&mut hub);
    assert_eq!(newcomer(&mut hub).0[0].1, None);
    assert_eq!(hub.deposit_budget.used(), 0);
    hub.on_frame(A, &deposit(1, &"x".repeat(MAX_EARLY_OFFER_BYTES + 1)));
    assert_eq!(drain(&mut hub).iter().find_map(code_of), Some((A, "bad-request")));
}

#[test]
fn a_server_may_take_no_early_offers() {
    let mut hub = Hub::new(HubConfig { deposit_lifetime: Duration::ZERO, ..HubConfig::default() }, START);
    hub.on_frame(A, &join("r", 'a'));
    hub.on_frame(A, &deposit(0, "of a"));
    let outputs = drain(&mut hub);
    assert!(
        matches!(&outputs[..], [HubOutput::Send(A, ServerMessage::Joined(welcome))] if !welcome.accepts_offers)
    );
    assert_eq!(newcomer(&mut hub), (vec![], vec![]));
}
