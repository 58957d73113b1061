//! What is written down, and what is not.

use std::time::Duration;

use visavis_signaling::json::{self, Json};
use visavis_signaling::{IceCandidate, SdpType, SessionDescription};

use super::*;
use crate::input::{Command, ConnectionEvent, ConnectionId, MediaEvent, SocketEvent, TrackId};

const SDP: &str = "v=0\r\no=- 77 2 IN IP4 203.0.113.7\r\na=ice-ufrag:uvwx\r\na=ice-pwd:SeCrEtPaSsWoRd0123456789\r\n\
    a=fingerprint:sha-256 AB:CD:EF:01:23:45\r\na=candidate:1 1 udp 1 2001:db8::42 5000 typ host\r\n";
const IDENTITY: &str = "0123456789abcdef0123456789abcdeffedcba9876543210fedcba9876543210";

/// Everything in here that nobody else should see.
const PRIVATE: &[&str] = &[
    "Ann Lee",
    "Bob",
    "book club",
    IDENTITY,
    "page-of-ann",
    "page-of-bob",
    "turn-user",
    "turn-pass",
    "config-user",
    "config-pass",
    "middleware-token",
    "203.0.113.7",
    "192.0.2.55",
    "2001:db8::42",
    "AB:CD:EF",
    "SeCrEt",
    "I am no JSON",
    "We said",
];

fn config() -> AppConfig {
    AppConfig::parse(
        r#"{"signaling": {"auth": {"token": "middleware-token"}},
            "iceServers": [{"urls": "turn:192.0.2.55:3478", "username": "config-user", "credential": "config-pass"}]}"#,
    )
    .unwrap()
}

fn recorder() -> Recorder {
    Recorder::new(&config(), "", IDENTITY, "page-of-ann", 7, "Firefox")
}

fn heard(frame: &str) -> Input {
    Input::Socket(SocketEvent::Frame(frame.to_owned()))
}

fn told() -> Vec<Input> {
    let escaped = Json::text(SDP).to_string();
    let description = SessionDescription { sdp_type: SdpType::Offer, sdp: SDP.to_owned() };
    let candidate = IceCandidate {
        candidate: "candidate:1 1 udp 1 192.0.2.55 5000 typ srflx raddr 203.0.113.7 rport 9".to_owned(),
        sdp_mid: Some("0".to_owned()),
        sdp_m_line_index: Some(0),
        username_fragment: None,
    };
    vec![
        Input::Command(Command::Join { room: "book club".to_owned(), name: "Ann Lee".to_owned() }),
        heard(
            r#"{"type":"joined","id":"a1","room":"book club","participants":[{"id":"b2","name":"Bob","session":"page-of-bob"}]}"#,
        ),
        heard(r#"42["create or join","book club",{"who":"Ann Lee"},{"Bob":1}]"#),
        heard(&format!(r#"42["message",{{"type":"offer","sdp":{escaped}}},"book club-2"]"#)),
        heard(
            r#"{"type":"ice-servers","iceServers":{"servers":[{"urls":["turn:192.0.2.55:3478","turn:[2001:db8::42]"],"username":"turn-user","credential":"turn-pass"}]}}"#,
        ),
        heard(r#"{"type":"message","text":"We said that."}"#),
        heard("I am no JSON"),
        Input::Connection(ConnectionId(0), ConnectionEvent::LocalDescriptionSet(Ok(description))),
        Input::Connection(ConnectionId(0), ConnectionEvent::Candidate(Some(candidate))),
    ]
}

#[test]
fn nothing_private_is_in_a_report() {
    let mut recorder = recorder();
    told().iter().for_each(|input| recorder.input(Timestamp::from_millis(5), input));
    let report = recorder.report();
    for private in PRIVATE {
        assert!(!report.contains(private), "{private}: {report}");
    }
    for kept in [
        "Firefox",
        "a1",
        "b2",
        "create or join",
        "ice-ufrag:uvwx",
        "o=- 77 2 IN IP4 redacted",
        "turn:redacted",
        "typ host",
    ] {
        assert!(report.contains(kept), "{kept}: {report}");
    }
}

#[test]
fn equal_things_stay_equal() {
    let mut recorder = recorder();
    told().iter().for_each(|input| recorder.input(Timestamp::default(), input));
    let report = recorder.report();
    let value = json::parse_any(&report).unwrap();
    let Json::List(lines) = value else { panic!("a list") };
    let text = |line: usize, key: &str| {
        let Json::List(parts) = &lines[line] else { panic!("a list") };
        parts.iter().find_map(|part| part.at(key).as_text()).unwrap().to_owned()
    };
    let room = text(1, "room");
    let frame = json::parse_any(&text(2, "frame")).unwrap();
    assert_eq!(frame.at("room").as_text(), Some(room.as_str()));
    let theirs = text(4, "frame");
    assert!(theirs.ends_with(&format!("\"{room}-2\"]")));
    let own = text(8, "sdp");
    assert!(theirs.contains(Json::text(&own).to_string().trim_matches('"')), "the same description");
}

#[test]
fn an_identity_may_be_seen_in_halves() {
    let mut recorder = recorder();
    recorder.input(Timestamp::default(), &heard(&format!(r#"{{"src":"{}"}}"#, &IDENTITY[..32])));
    let report = recorder.report();
    assert!(report.contains(r#"\"src\":\"redacted1\""#), "{report}");
    assert!(report.contains(r#"{"identity":"redacted0"}"#), "{report}");
}

#[test]
fn a_long_call_takes_no_more_memory() {
    let mut recorder = recorder();
    let capacity = |recorder: &Recorder| recorder.parts.each_ref().map(String::capacity);
    let before = capacity(&recorder);
    let mut now = Timestamp::default();
    for track in 0..50_000 {
        now = now + Duration::from_secs(1);
        recorder.input(now, &Input::Media(MediaEvent::TrackEnded(TrackId(track))));
        if track % 1000 == 0 {
            recorder.input(now, &heard(&"x".repeat(40_000)));
        }
    }
    assert_eq!(capacity(&recorder), before);
    let report = recorder.report();
    let Ok(Json::List(lines)) = json::parse_any(&report) else { panic!("a list") };
    assert_eq!(lines.iter().filter(|line| **line == Json::Null).count(), 1, "one gap");
    let Some(Json::List(last)) = lines.last() else { panic!("an input") };
    assert_eq!(last[2], Json::number(49_999), "the end is always there");
    assert!(lines.len() > 6000, "{}", lines.len());
}
