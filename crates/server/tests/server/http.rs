//! HTTP besides the app.

use serde_json::json;
use visavis_server::{Config, Limits};

use crate::support::{config, get, raw, start, with_limits};

#[tokio::test]
async fn health_counts() {
    let server = start(config()).await;
    let expected = |rooms: u32, participants: u32, connections: u32| {
        json!({"status": "ok", "version": env!("CARGO_PKG_VERSION"),
               "rooms": rooms, "participants": participants, "connections": connections})
    };
    assert_eq!(server.health().await, expected(0, 0, 0));
    let (_ann, _) = server.join("r", 'a').await;
    let _idle = server.connect().await;
    server.wait_for_connections(2).await;
    assert_eq!(server.health().await, expected(1, 1, 2));
    let response = get(server.addr, "/healthz", "").await;
    assert_eq!(response.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn health_says_when_there_is_no_place_left() {
    let server = start(with_limits(Limits { max_connections: 1, ..Limits::default() })).await;
    let ann = server.connect().await;
    assert_eq!(server.health().await["status"], "full");
    assert_eq!(get(server.addr, "/healthz", "").await.status, 200, "no reason to restart it");
    drop(ann);
    server.wait_for_connections(0).await;
    assert_eq!(server.health().await["status"], "ok");

    let server = start(with_limits(Limits { max_rooms: 1, ..Limits::default() })).await;
    let (_ann, _) = server.join("r", 'a').await;
    assert_eq!(server.health().await["status"], "full");
}

#[tokio::test]
async fn without_an_app_it_says_what_it_is() {
    let server = start(config()).await;
    let response = get(server.addr, "/", "").await;
    assert_eq!(response.status, 404);
    assert!(response.body.contains("/ws"), "{}", response.body);
    assert!(matches!(get(server.addr, "/ws", "").await.status, 400 | 426), "not a WebSocket request");
}

/// A page whose WebSocket failed may look why, from whatever site it comes.
#[tokio::test]
async fn refusals_can_be_read_by_every_page() {
    let server = start(Config { allowed_origins: vec!["https://ours.example".into()], ..config() }).await;
    for (origin, statuses) in [("https://ours.example", [400, 426]), ("https://theirs.example", [403, 403])] {
        let response = get(server.addr, "/ws", &format!("origin: {origin}\r\n")).await;
        assert!(statuses.contains(&response.status), "{origin}: {}", response.status);
        assert_eq!(response.header("access-control-allow-origin"), Some("*"));
    }
}

/// Two readers must never disagree about where a request ends (RFC 9112, section 11.2).
#[tokio::test]
async fn ambiguous_requests_are_refused() {
    let server = start(config()).await;
    for head in [
        "content-length: 5\r\ncontent-length: 6\r\n",
        "content-length: +5\r\n",
        "transfer-encoding: chunked, identity\r\n",
        "content-length : 5\r\n",
    ] {
        let request =
            format!("POST /healthz HTTP/1.1\r\nhost: test\r\n{head}\r\nGET /healthz HTTP/1.1\r\n\r\n");
        let answer = raw(server.addr, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{head:?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{head:?}: {answer}");
    }
}
