//! Lost connections that go on where they broke off.

use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::protocol::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode;
use visavis_server::{Config, Limits};

use crate::support::{Client, Running, config, id, join, local, offer, start, with_limits};

fn join_session(secret: char, session: &str, heard: Option<u32>) -> Value {
    let mut join = join("r", secret);
    join["session"] = json!({"id": session, "heard": heard});
    join
}

async fn enter(server: &Running, secret: char, heard: Option<u32>) -> (Client, Value) {
    let mut client = server.connect().await;
    client.send(&join_session(secret, &format!("page of {secret}"), heard)).await;
    let joined = client.expect("joined").await;
    (client, joined)
}

#[tokio::test]
async fn what_was_said_meanwhile_is_heard_in_order() {
    let server = start(config()).await;
    let (ann, _) = enter(&server, 'a', None).await;
    let (mut bob, _) = enter(&server, 'b', None).await;
    drop(ann);
    assert_eq!(bob.expect("participant-left").await["reason"], "gone");
    for sdp in ["v=0\r\ns=1\r\n", "v=0\r\ns=2\r\n"] {
        bob.send(&offer(&id('a'), sdp)).await;
    }
    bob.expect_quiet().await;
    // She heard of Bob before she was lost, or not: both are told apart by what she says she heard.
    let (mut ann, joined) = enter(&server, 'a', Some(0)).await;
    assert_eq!((&joined["resumed"], &joined["heard"]), (&json!(true), &json!(0)));
    ann.expect("participant-joined").await;
    for sdp in ["v=0\r\ns=1\r\n", "v=0\r\ns=2\r\n"] {
        assert_eq!(ann.expect("description").await["description"]["sdp"], sdp);
    }
    let back = bob.expect("participant-joined").await;
    assert_eq!((&back["resumed"], &back["participant"]["id"]), (&json!(true), &json!(id('a'))));
    ann.expect_quiet().await;
}

/// Firefox closes the socket like this when a link is followed, an address typed or the page reloaded, and the page can
/// say nothing any more.
#[tokio::test]
async fn a_page_that_goes_away_has_left() {
    let server = start(Config { capacity: 2, ..config() }).await;
    let (mut ann, _) = enter(&server, 'a', None).await;
    let (mut bob, _) = enter(&server, 'b', None).await;
    let away = CloseFrame { code: CloseCode::Away, reason: "".into() };
    ann.socket.close(Some(away)).await.unwrap();
    assert_eq!(bob.expect("participant-left").await["reason"], "left");
    server.wait_for_connections(1).await;
    let (_ann, joined) = enter(&server, 'a', None).await;
    assert_eq!(joined["participants"][0]["id"], id('b'), "a reload finds its seat");
    bob.expect("participant-joined").await;
    bob.expect_quiet().await;
}

#[tokio::test]
async fn a_seat_is_kept_no_longer_than_the_window() {
    let server = start(Config { capacity: 2, resume_window: Duration::from_millis(300), ..config() }).await;
    let (ann, _) = enter(&server, 'a', None).await;
    let (mut bob, _) = enter(&server, 'b', None).await;
    drop(ann);
    bob.expect("participant-left").await;
    let mut cem = server.connect().await;
    cem.send(&join("r", 'c')).await;
    cem.expect_error("seat-kept", true).await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    let (_cem, _) = server.join("r", 'c').await;
    let mut late = server.connect().await;
    late.send(&join_session('a', "page of a", Some(1))).await;
    late.expect_error("room-full", true).await;
}

#[tokio::test]
async fn a_room_of_disconnected_members_is_removed() {
    let server = start(Config { resume_window: Duration::from_millis(100), ..config() }).await;
    let (ann, _) = enter(&server, 'a', None).await;
    drop(ann);
    server.wait_for_connections(0).await;
    while server.health().await["rooms"] != 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A tab crashes, and its owner opens the link in a new one, which has another secret.
#[tokio::test]
async fn the_owner_of_a_crashed_tab_gets_into_the_full_room_again() {
    let server = start(Config { capacity: 2, evictable_after: Duration::from_millis(500), ..config() }).await;
    let (crashed, _) = enter(&server, 'a', None).await;
    let (mut bob, _) = enter(&server, 'b', None).await;
    drop(crashed);
    bob.expect("participant-left").await;
    let mut refused = 0;
    loop {
        let mut again = server.connect().await;
        again.send(&join("r", 'c')).await;
        let answer = again.next().await.unwrap();
        if answer["type"] == "joined" {
            assert_eq!(answer["participants"].as_array().unwrap().len(), 1);
            break;
        }
        assert_eq!((&answer["code"], &answer["closes"]), (&json!("seat-kept"), &json!(true)));
        refused += 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(refused > 0, "who blinks does not lose the seat");
    assert_eq!(bob.expect("participant-joined").await["participant"]["id"], id('c'));
}

/// A frame that gets its client closed upon must not be repeated for ever, so the session is over.
#[tokio::test]
async fn who_breaks_a_rule_begins_anew() {
    let limits = Limits { message_burst: 5, messages_per_second: 0, ..Limits::default() };
    let server = start(with_limits(limits)).await;
    let (mut ann, _) = enter(&server, 'a', None).await;
    for _ in 0..5 {
        ann.send_text(r#"{"type":"media","media":{}}"#).await;
    }
    ann.expect_error("rate-limited", true).await;
    let (_ann, joined) = enter(&server, 'a', Some(0)).await;
    assert_eq!(joined["resumed"], Value::Null);
}

/// Nobody fills the server by joining and hanging up: the oldest reserved seat is evicted.
#[tokio::test]
async fn reserved_seats_are_limited() {
    let limits = Limits { max_reserved_seats: Some(3), max_rooms: 4, ..Limits::default() };
    let server = start(with_limits(limits)).await;
    for n in 0..10 {
        let mut client = server.connect().await;
        let mut join = join_session('a', "s", None);
        join["room"] = json!(format!("room {n}"));
        client.send(&join).await;
        client.expect("joined").await;
        drop(client);
        server.wait_for_connections(0).await;
    }
    assert_eq!(server.health().await["rooms"], 3);
    let (_ann, _) = server.join("a", 'a').await;
    let (_bob, _) = server.join("b", 'b').await;
    assert_eq!(server.health().await["rooms"], 4, "and the living come first");
}

/// ...and one who joins and hangs up without end takes nobody else's seat.
#[tokio::test]
async fn reserved_seats_of_one_address_evict_only_each_other() {
    let server = start(with_limits(Limits { max_reserved_seats: Some(5), ..Limits::default() })).await;
    let (ann, _) = enter(&server, 'a', None).await;
    drop(ann);
    server.wait_for_connections(0).await;
    for n in 0..20 {
        let mut stranger = server.connect_from(local(1), &[]).await;
        let mut join = join_session('s', "s", None);
        join["room"] = json!(format!("room {n}"));
        stranger.send(&join).await;
        stranger.expect("joined").await;
        drop(stranger);
        server.wait_for_connections(0).await;
    }
    let (_ann, joined) = enter(&server, 'a', Some(0)).await;
    assert_eq!(joined["resumed"], true);
}
