//! Tokens for LiveKit: who gets which.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use visavis_server::{AddressLimits, Config, Limits, LiveKitConfig, RateLimit};

use crate::support::{Response, Running, TIMEOUT, config, id, identity, join, request, start};

const KEY: &str = "APIabc";
const SECRET: &str = "a secret that nobody else knows";

fn livekit() -> Config {
    let livekit = LiveKitConfig {
        url: "wss://livekit.example.org".to_owned(),
        api_key: KEY.to_owned(),
        api_secret: SECRET.to_owned(),
    };
    Config { livekit: Some(livekit), ..config() }
}

async fn post(addr: SocketAddr, headers: &str, body: &str) -> Response {
    let headers = format!("content-length: {}\r\n{headers}", body.len());
    request(addr, "POST", "/token", &headers, body.as_bytes()).await
}

/// The header of somebody who shows this secret.
fn bearer(secret: char) -> String {
    format!("authorization: Bearer {}\r\n", identity(secret))
}

/// What a token says that was signed with the right secret.
fn claims_of(response: &Response) -> Value {
    assert_eq!(response.status, 200, "{}", response.body);
    let answer: Value = serde_json::from_str(&response.body).unwrap();
    let token = answer["participant_token"].as_str().unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    mac.verify_slice(&URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let read = |part| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    assert_eq!(read(header), json!({"alg": "HS256", "typ": "JWT"}));
    read(claims)
}

impl Running {
    /// What the token says that somebody gets who asks like this.
    async fn claims(&self, headers: &str, body: &Value) -> Value {
        claims_of(&post(self.addr, headers, &body.to_string()).await)
    }
}

#[tokio::test]
async fn whoever_may_join_gets_a_token() {
    let server = start(livekit()).await;
    let body = json!({"room_name": "tea", "participant_name": " Ann\u{202e} "}).to_string();
    let response = post(server.addr, &bearer('a'), &body).await;
    assert_eq!(response.header("content-type"), Some("application/json"));
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let answer: Value = serde_json::from_str(&response.body).unwrap();
    assert_eq!(answer["server_url"], "wss://livekit.example.org");
    assert_eq!(answer.as_object().unwrap().len(), 2);

    let mut claims = claims_of(&response);
    let expiry = claims["exp"].take().as_u64().unwrap();
    let left = expiry - SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!((590..=600).contains(&left), "{left}");
    assert_eq!(
        claims,
        json!({
            "iss": KEY, "sub": id('a'), "name": "Ann", "exp": null,
            "video": {"roomJoin": true, "room": "tea",
                      "canPublish": true, "canSubscribe": true, "canPublishData": true},
        })
    );
}

#[tokio::test]
async fn the_same_secret_is_the_same_person_as_in_the_hub() {
    let server = start(livekit()).await;
    let body = json!({"room_name": "tea", "participant_name": "Ann"});
    let (_ann, joined) = server.join("tea", 'a').await;
    let first = server.claims(&bearer('a'), &body).await;
    let again = server.claims(&bearer('a'), &json!({"roomName": "milk"})).await;
    let other = server.claims(&bearer('b'), &body).await;
    assert_eq!((&first["sub"], &again["sub"]), (&joined["id"], &joined["id"]));
    assert_ne!(first["sub"], other["sub"]);
}

/// LiveKit throws out whoever is in the room under an identity that comes again.
#[tokio::test]
async fn nobody_can_say_that_they_are_somebody_else() {
    let server = start(livekit()).await;
    let ann = id('a');
    let lie = json!({
        "room_name": "tea", "participant_name": "Ann",
        "participant_identity": ann, "participantIdentity": ann, "identity": ann, "sub": ann,
        "participant_metadata": "{}", "participant_attributes": {"role": "host"},
        "room_config": {"name": "tea", "max_participants": 1},
    });
    let without = server.claims("", &lie).await;
    let again = server.claims("", &lie).await;
    let another = server.claims(&bearer('b'), &lie).await;
    let named = server.claims(&format!("authorization: Basic {ann}\r\n"), &lie).await;
    // The id is public, and 32 bytes long, as a secret may be: it proves nothing.
    let id_as_secret = server.claims(&format!("authorization: Bearer {ann}\r\n"), &lie).await;
    for claims in [&without, &again, &another, &named, &id_as_secret] {
        assert_ne!(claims["sub"], ann, "{claims}");
        assert_eq!(claims["sub"].as_str().unwrap().len(), 32, "{claims}");
        assert_eq!(claims.as_object().unwrap().len(), 5, "none of what else was asked for: {claims}");
    }
    assert_ne!(without["sub"], again["sub"], "nobody that has been before");
    assert_eq!(another["sub"], id('b'));
}

#[tokio::test]
async fn names_that_are_one_room_here_are_one_room_there() {
    let server = start(livekit()).await;
    for spellings in [["Straße", "STRASSE"], ["Café", "  cafe\u{301} "], ["tea\u{200b} time", "Tea  Time"]]
    {
        let mut rooms = Vec::new();
        for name in spellings {
            let (_somebody, joined) = server.join(name, 'a').await;
            let claims = server.claims("", &json!({ "room_name": name })).await;
            assert_eq!(claims["video"]["room"], joined["room"], "{name}");
            rooms.push(claims["video"]["room"].clone());
        }
        assert_eq!(rooms[0], rooms[1]);
    }
}

#[tokio::test]
async fn a_server_that_knows_no_livekit_gives_none() {
    let dist = tempfile::tempdir().unwrap();
    std::fs::write(dist.path().join("index.html"), "<!doctype html>").unwrap();
    for config in [config(), Config { dist: Some(dist.path().to_owned()), ..config() }] {
        let server = start(config).await;
        for method in ["POST", "GET", "OPTIONS"] {
            let response = request(server.addr, method, "/token", "", b"").await;
            assert_eq!(response.status, 404, "{method}");
            assert_eq!(response.header("access-control-allow-origin"), Some("*"));
        }
    }
}

#[tokio::test]
async fn other_requests_are_refused_with_the_reason() {
    let server = start(livekit()).await;
    for (body, text) in [
        ("", "not valid JSON at line 1, column 1"),
        ("[]", "must be an object"),
        (r#"{"room_name":"tea""#, "not valid JSON"),
        (r#"{"participant_name":"Ann"}"#, "\"room_name\" is missing"),
        (r#"{"room_name":["tea"]}"#, "\"room_name\" must be a text"),
        (r#"{"room_name":"tea","participant_name":1}"#, "\"participant_name\" must be a text"),
    ] {
        let response = post(server.addr, "", body).await;
        assert_eq!(response.status, 400, "{body}");
        assert!(response.body.contains(text), "{body}: {}", response.body);
        assert_eq!(response.header("access-control-allow-origin"), Some("*"));
    }
    let body = r#"{"room_name":"tea"}"#;
    for secret in ["short", &"x".repeat(257), ""] {
        let response = post(server.addr, &format!("authorization: Bearer {secret}\r\n"), body).await;
        assert_eq!(response.status, 400, "{secret}: it would be somebody else");
    }
    assert_eq!(post(server.addr, "content-type: text/plain\r\n", body).await.status, 200, "any type will do");
    for method in ["GET", "HEAD", "PUT", "DELETE"] {
        let response = request(server.addr, method, "/token", "", b"").await;
        assert_eq!(response.status, 405, "{method}");
        assert_eq!(response.header("allow"), Some("POST, OPTIONS"));
    }
}

#[tokio::test]
async fn a_long_body_is_refused() {
    let server = start(livekit()).await;
    let body = |bytes| format!("{:<bytes$}", r#"{"room_name":"tea"}"#);
    assert_eq!(post(server.addr, "", &body(4096)).await.status, 200);
    assert_eq!(post(server.addr, "", &body(4097)).await.status, 413);
    let chunk = format!("1000\r\n{}\r\n", body(4096));
    let chunked = async |chunks: String| {
        request(server.addr, "POST", "/token", "transfer-encoding: chunked\r\n", chunks.as_bytes())
            .await
            .status
    };
    assert_eq!(chunked(format!("{chunk}0\r\n\r\n")).await, 200);
    assert_eq!(chunked(format!("{chunk}1\r\n \r\n0\r\n\r\n")).await, 413);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let limits = Limits { header_timeout: Duration::from_millis(200), ..Limits::default() };
    let server = start(Config { limits, ..livekit() }).await;
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    stream.write_all(b"POST /token HTTP/1.1\r\nhost: test\r\ncontent-length: 19\r\n\r\n{").await.unwrap();
    let mut start = [0; 12];
    timeout(TIMEOUT, stream.read_exact(&mut start)).await.unwrap().unwrap();
    assert_eq!(&start, b"HTTP/1.1 408");
}

#[tokio::test]
async fn asking_without_end_gives_few() {
    let joins = AddressLimits { joins: RateLimit::new(8, 0), ..AddressLimits::default() };
    let limits = Limits { per_address: Some(joins), ..Limits::default() };
    let trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    let server = start(Config { limits, trusted_proxies, ..livekit() }).await;
    let from = |n: u32| format!("x-forwarded-for: 198.18.0.{n}\r\n");
    let body = r#"{"room_name":"tea"}"#;
    let mut given = 0;
    for _ in 0..20 {
        let response = post(server.addr, &from(1), body).await;
        given += usize::from(response.status == 200);
        if response.status != 200 {
            assert_eq!((response.status, response.header("retry-after")), (429, Some("10")));
        }
    }
    assert_eq!(given, 8);
    assert_eq!(post(server.addr, &from(2), body).await.status, 200, "everybody else behind that proxy");
    let mut client = server.connect_from(Ipv4Addr::LOCALHOST, &[("x-forwarded-for", "198.18.0.1")]).await;
    // A join of the hub is one of the same.
    client.send(&join("tea", 'a')).await;
    client.expect_error("rate-limited", true).await;
}

#[tokio::test]
async fn only_pages_of_allowed_sites_get_one_and_all_may_read_why() {
    let server = start(Config { allowed_origins: vec!["https://ours.example".into()], ..livekit() }).await;
    let body = r#"{"room_name":"tea"}"#;
    for (origin, status) in [
        ("origin: https://ours.example\r\n", 200),
        ("", 200),
        ("origin: https://theirs.example\r\n", 403),
        ("origin: null\r\n", 403),
    ] {
        let response = post(server.addr, origin, body).await;
        assert_eq!(response.status, status, "{origin}");
        assert_eq!(response.header("access-control-allow-origin"), Some("*"));
        assert_eq!(response.body.contains("participant_token"), status == 200, "{origin}");
    }
    let ask = "origin: https://theirs.example\r\naccess-control-request-method: POST\r\n\
               access-control-request-headers: authorization,content-type\r\n";
    let response = request(server.addr, "OPTIONS", "/token", ask, b"").await;
    assert_eq!((response.status, &*response.body), (204, ""));
    assert_eq!(response.header("access-control-allow-origin"), Some("*"));
    assert_eq!(response.header("access-control-allow-methods"), Some("POST"));
    assert_eq!(response.header("access-control-allow-headers"), Some("authorization, *"));
}
