//! What a room is to the people in it.

use serde_json::json;
use tungstenite::Message;
use visavis_server::Config;

use crate::support::{config, id, join, offer, start};

#[tokio::test]
async fn two_meet_talk_and_part() {
    let server = start(config()).await;
    let (mut ann, joined) = server.join("r", 'a').await;
    assert_eq!(joined["participants"], json!([]));
    assert_eq!(
        (&joined["id"], &joined["capacity"], &joined["heartbeat"]),
        (&json!(id('a')), &json!(8), &json!(10))
    );

    let (mut bob, joined) = server.join("r", 'b').await;
    let media = json!({"microphone": true, "camera": true, "screen": false});
    assert_eq!(joined["participants"], json!([{"id": id('a'), "name": "a", "media": media}]));
    assert_eq!(ann.expect("participant-joined").await["participant"]["id"], id('b'));

    bob.send(&offer(&id('a'), "v=0\r\n")).await;
    bob.send(&json!({"type": "candidate", "to": id('a'), "candidate": null})).await;
    let heard = ann.expect("description").await;
    assert_eq!((&heard["from"], &heard["description"]["sdp"]), (&json!(id('b')), &json!("v=0\r\n")));
    assert_eq!(ann.expect("candidate").await["candidate"], json!(null));

    ann.send(&json!({"type": "media", "media": {"screen": true}})).await;
    assert_eq!(bob.expect("media").await["media"]["screen"], true);
    ann.send(&json!({"type": "leave"})).await;
    assert_eq!(
        bob.expect("participant-left").await,
        json!({"type": "participant-left", "id": id('a'), "reason": "left"})
    );
    bob.expect_quiet().await;
}

#[tokio::test]
async fn a_socket_that_left_may_join_another_room() {
    let server = start(config()).await;
    let (mut ann, _) = server.join("r", 'a').await;
    ann.send(&json!({"type": "leave"})).await;
    ann.send(&join("other", 'a')).await;
    assert_eq!(ann.expect("joined").await["room"], "other");
}

#[tokio::test]
async fn rooms_do_not_hear_each_other() {
    let server = start(config()).await;
    let (mut ann, _) = server.join("r", 'a').await;
    let (mut bob, _) = server.join("other", 'b').await;
    bob.send(&offer(&id('a'), "v=0\r\n")).await;
    bob.expect_error("unknown-participant", false).await;
    ann.expect_quiet().await;
}

#[tokio::test]
async fn a_full_room_refuses_and_the_others_notice_nothing() {
    let server = start(Config { capacity: 2, ..config() }).await;
    let (mut ann, _) = server.join("r", 'a').await;
    let (_bob, _) = server.join("r", 'b').await;
    ann.expect("participant-joined").await;
    let mut cem = server.connect().await;
    cem.send(&join("r", 'c')).await;
    cem.expect_error("room-full", true).await;
    cem.expect_closed().await;
    ann.expect_quiet().await;
}

#[tokio::test]
async fn nonsense_gets_an_error_and_the_others_notice_nothing() {
    let server = start(config()).await;
    let (mut ann, _) = server.join("r", 'a').await;
    let (mut bob, _) = server.join("r", 'b').await;
    ann.expect("participant-joined").await;
    for nonsense in ["", "nonsense", "[]", r#"{"type":"dance"}"#, r#"{"type":"description","to":7}"#] {
        bob.send_text(nonsense).await;
        bob.expect_error("bad-request", false).await;
    }
    bob.try_send(Message::binary(vec![1, 2, 3])).await.unwrap();
    bob.expect_error("bad-request", false).await;
    ann.expect_quiet().await;
    bob.send(&offer(&id('a'), "v=0\r\n")).await;
    ann.expect("description").await;
}

#[tokio::test]
async fn the_same_identity_takes_its_seat_back() {
    let server = start(config()).await;
    let (mut old, _) = server.join("r", 'a').await;
    let (mut bob, _) = server.join("r", 'b').await;
    old.expect("participant-joined").await;
    let (mut new, joined) = server.join("r", 'a').await;
    assert_eq!(joined["id"], id('a'));
    old.expect_error("replaced", true).await;
    old.expect_closed().await;
    assert_eq!(bob.expect("participant-joined").await["participant"]["id"], id('a'));
    server.wait_for_connections(2).await;
    bob.expect_quiet().await;
    bob.send(&offer(&id('a'), "v=0\r\n")).await;
    new.expect("description").await;
}

#[tokio::test]
async fn a_lost_connection_is_gone_not_left() {
    let server = start(config()).await;
    let (ann, _) = server.join("r", 'a').await;
    let (mut bob, _) = server.join("r", 'b').await;
    drop(ann);
    assert_eq!(bob.expect("participant-left").await["reason"], "gone");
    server.wait_for_connections(1).await;
}

#[tokio::test]
async fn clients_are_told_ice_servers() {
    let urls = vec!["stun:stun.example.org:3478".to_owned()];
    let server = start(Config { ice_urls: urls.clone(), ..config() }).await;
    let (_ann, joined) = server.join("r", 'a').await;
    assert_eq!(joined["iceServers"], json!({"servers": [{"urls": urls}]}));
}

#[tokio::test]
async fn closing_tells_everybody() {
    let mut server = start(config()).await;
    let (mut ann, _) = server.join("r", 'a').await;
    let mut idle = server.connect().await;
    server.stop();
    for client in [&mut ann, &mut idle] {
        client.expect_error("server-closing", true).await;
        client.expect_closed().await;
    }
    server.wait_for_end().await;
}

#[tokio::test]
async fn after_a_crash_the_same_secret_is_the_same_participant() {
    let server = start(config()).await;
    let addr = server.addr;
    let (mut ann, before) = server.join("r", 'a').await;
    server.kill().await;
    ann.expect_closed().await;
    let server = start(Config { listen: addr, ..config() }).await;
    let (_ann, after) = server.join("r", 'a').await;
    assert_eq!((&before["id"], &after["participants"]), (&after["id"], &json!([])));
}
