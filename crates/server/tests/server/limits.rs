//! What strangers may not do, and that nobody else suffers when they try.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tungstenite::client::IntoClientRequest as _;
use tungstenite::{Error, Message};
use visavis_server::{AddressLimits, Config, Limits};
use visavis_signaling::limits::MAX_FRAME_BYTES;

use crate::support::{TIMEOUT, config, get, id, join, local, offer, start, with_limits};

#[tokio::test]
async fn a_frame_over_the_limit_is_refused() {
    let server = start(config()).await;
    let (mut ann, _) = server.join("r", 'a').await;
    let (mut bob, _) = server.join("r", 'b').await;
    ann.expect("participant-joined").await;
    bob.send_text("x".repeat(MAX_FRAME_BYTES)).await;
    bob.expect_error("bad-request", false).await;
    bob.send_text("x".repeat(MAX_FRAME_BYTES + 1)).await;
    bob.expect_error("too-large", true).await;
    bob.expect_closed().await;
    assert_eq!(ann.expect("participant-left").await["reason"], "gone");
    ann.expect_quiet().await;
}

#[tokio::test]
async fn too_many_messages_are_refused() {
    let limits = Limits { message_burst: 10, messages_per_second: 0, ..Limits::default() };
    let server = start(with_limits(limits)).await;
    let (mut ann, _) = server.join("r", 'a').await;
    for _ in 0..20 {
        ann.send_text(r#"{"type":"pong"}"#).await;
    }
    ann.expect_error("rate-limited", true).await;
    ann.expect_closed().await;
    server.wait_for_connections(0).await;
}

#[tokio::test]
async fn too_many_bytes_are_refused() {
    let limits = Limits { byte_burst: 1000, bytes_per_second: 0, ..Limits::default() };
    let server = start(with_limits(limits)).await;
    let mut ann = server.connect().await;
    ann.send_text("x".repeat(999)).await;
    ann.expect_error("bad-request", false).await;
    ann.send_text("xx").await;
    ann.expect_error("rate-limited", true).await;
    ann.expect_closed().await;
}

#[tokio::test]
async fn a_slow_reader_is_cut_off_and_nobody_waits_for_it() {
    let limits = Limits {
        queue_bytes: 512 * 1024,
        message_burst: 1_000_000,
        byte_burst: u32::MAX,
        ..Limits::default()
    };
    let server = start(with_limits(limits)).await;
    let (_slow, _) = server.join("r", 's').await;
    let (mut ann, _) = server.join("r", 'a').await;
    let (mut bob, _) = server.join("r", 'b').await;
    ann.expect("participant-joined").await;

    // The system's buffers swallow some megabytes before anything is seen here.
    let large = offer(&id('s'), &"x".repeat(150_000));
    let flood = async {
        loop {
            ann.send(&large).await;
            bob.send(&offer(&id('a'), "v=0\r\n")).await;
            let heard = ann.next().await.unwrap();
            if heard["type"] == "participant-left" {
                return heard;
            }
            assert_eq!(
                heard["type"], "description",
                "the small one arrives, whatever the large ones do: {heard}"
            );
        }
    };
    let left = timeout(TIMEOUT, flood).await.expect("the slow one is noticed");
    assert_eq!((&left["id"], &left["reason"]), (&json!(id('s')), &json!("gone")));
    server.wait_for_connections(2).await;
}

#[tokio::test]
async fn a_dead_client_is_noticed() {
    let server = start(Config { heartbeat: Duration::from_millis(200), ..config() }).await;
    // It never reads, so it never answers a ping; its socket stays open, like that of a laptop in a tunnel.
    let (_dead, _) = server.join("r", 'd').await;
    let (mut ann, joined) = server.join("r", 'a').await;
    assert_eq!(joined["heartbeat"], 1, "whole seconds on the wire");
    let left = ann.expect("participant-left").await;
    assert_eq!((&left["id"], &left["reason"]), (&json!(id('d')), &json!("gone")));
    server.wait_for_connections(1).await;
}

#[tokio::test]
async fn who_waits_in_the_lobby_stays_as_long_as_it_answers() {
    let heartbeat = Duration::from_millis(500);
    let server = start(Config { heartbeat, ..config() }).await;
    let mut ann = server.connect().await;
    // Well over the silence that would end it.
    assert!(timeout(heartbeat * 8, ann.next()).await.is_err(), "nothing but pings");
    ann.send(&join("r", 'a')).await;
    ann.expect("joined").await;
}

#[tokio::test]
async fn one_connection_too_many_is_told_so() {
    let server = start(with_limits(Limits { max_connections: 1, ..Limits::default() })).await;
    let (mut ann, _) = server.join("r", 'a').await;
    let mut bob = server.connect().await;
    bob.expect_error("server-full", true).await;
    bob.expect_closed().await;
    ann.expect_quiet().await;
    server.wait_for_connections(1).await;
    drop(ann);
    server.wait_for_connections(0).await;
    server.join("r", 'b').await;
}

#[tokio::test]
async fn one_room_too_many_is_told_so() {
    let server = start(with_limits(Limits { max_rooms: 1, ..Limits::default() })).await;
    let (_ann, _) = server.join("r", 'a').await;
    let mut bob = server.connect().await;
    bob.send(&join("other", 'b')).await;
    bob.expect_error("server-full", true).await;
    server.join("r", 'b').await;
}

#[tokio::test]
async fn one_address_can_be_bounded() {
    let per_address = Some(AddressLimits { connections: 2, ..AddressLimits::default() });
    let server = start(with_limits(Limits { per_address, ..Limits::default() })).await;
    let ann = server.connect().await;
    let _bob = server.connect().await;
    let mut third = server.connect().await;
    third.expect_error("rate-limited", true).await;
    third.expect_closed().await;
    server.connect_from(local(1), &[]).await.expect_quiet().await;
    drop(ann);
    let again = async {
        loop {
            let mut client = server.connect().await;
            client.send_text("{}").await;
            if client.next().await.unwrap()["code"] == "bad-request" {
                break;
            }
        }
    };
    timeout(TIMEOUT, again).await.expect("the place is free again");
}

/// There is room for a word to some of those who are too many, but not for all of them.
#[tokio::test]
async fn who_does_not_even_take_no_for_an_answer_is_refused_over_http() {
    let per_address = Some(AddressLimits { connections: 0, ..AddressLimits::default() });
    let server = start(with_limits(Limits { per_address, ..Limits::default() })).await;
    let mut told = Vec::new();
    let refused = loop {
        match server.try_connect_from(local(1), &[]).await {
            Ok(client) => told.push(client),
            Err(error) => break error,
        }
        assert!(told.len() < 1000);
    };
    let Error::Http(response) = refused else { panic!("{refused}") };
    assert_eq!(
        (response.status().as_u16(), &response.headers()["retry-after"]),
        (429, &"10".parse().unwrap())
    );
}

#[tokio::test]
async fn a_request_that_never_ends_is_hung_up_on() {
    let limits = Limits { header_timeout: Duration::from_millis(100), ..Limits::default() };
    let server = start(with_limits(limits)).await;
    for start_of_a_request in ["", "GET /ws HTTP/1.1\r\nupgrade: webso"] {
        let mut stream = TcpStream::connect(server.addr).await.unwrap();
        stream.write_all(start_of_a_request.as_bytes()).await.unwrap();
        let ended = timeout(TIMEOUT, stream.read_to_end(&mut Vec::new())).await;
        assert!(ended.is_ok(), "{start_of_a_request:?}");
    }
}

#[tokio::test]
async fn broken_websocket_frames_end_only_their_own_connection() {
    let server = start(config()).await;
    let (mut ann, _) = server.join("r", 'a').await;
    let upgrade = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                   sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    // Reserved bits, an unmasked frame, a reserved opcode, text that is not UTF-8 (masked with zeros).
    for frame in [
        &[0xf1, 0x80, 0, 0, 0, 0][..],
        &[0x81, 0x01, b'x'],
        &[0x83, 0x80, 0, 0, 0, 0],
        &[0x81, 0x81, 0, 0, 0, 0, 0xff],
    ] {
        let mut stream = TcpStream::connect(server.addr).await.unwrap();
        let request = format!("GET /ws HTTP/1.1\r\nhost: test\r\n{upgrade}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.write_all(frame).await.unwrap();
        let ended = timeout(TIMEOUT, stream.read_to_end(&mut Vec::new())).await;
        assert!(ended.is_ok(), "{frame:?}");
    }
    server.wait_for_connections(1).await;
    ann.expect_quiet().await;
}

#[tokio::test]
async fn other_sites_may_be_kept_out() {
    let allowed_origins = vec!["https://here.example".to_owned()];
    let server = start(Config { allowed_origins, ..config() }).await;
    let upgrade = "connection: upgrade, close\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                   sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\norigin: https://elsewhere.example\r\n";
    assert_eq!(get(server.addr, "/ws", upgrade).await.status, 403);
    let mut request = format!("ws://{}/ws", server.addr).into_client_request().unwrap();
    request.headers_mut().insert("origin", "https://here.example".parse().unwrap());
    assert!(tokio_tungstenite::connect_async(request).await.is_ok());
    // A program that is no browser says no origin.
    server.connect().await.try_send(Message::text("{}")).await.unwrap();
}
