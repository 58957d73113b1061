//! What is written down, and what is not.

use visavis_core::{
    Command, ConnectionEvent, ConnectionId, Input, ProbeResult, SocketEvent, UnreachableReason,
};
use visavis_signaling::Mapping;
use visavis_signaling::json::{self, Json};
use visavis_signaling::{Expects, IceCandidate, Probe, SdpType, SessionDescription, Timestamp};

use super::*;

const SDP: &str = "v=0\r\no=- 77 2 IN IP4 203.0.113.7\r\na=ice-ufrag:uvwx\r\na=ice-pwd:SeCrEtPaSsWoRd0123456789\r\n\
    a=fingerprint:sha-256 AB:CD:EF:01:23:45\r\na=candidate:1 1 udp 1 2001:db8::42 5000 typ host\r\n\
    a=msid:{801142c4-260c} {6194ab9c-1cb4}\r\n";
const IDENTITY: &str = "0123456789abcdef7766554433221100fedcba9876543210fedcba9876543210";

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
    "no JSON",
    "We said",
    "uvwx",
    "260c",
    "\"a1",
    "b2",
];

fn config() -> AppConfig {
    AppConfig::parse(
        r#"{"signaling": {"auth": {"token": "middleware-token"}},
            "iceServers": [{"urls": "turn:192.0.2.55:3478", "username": "config-user", "credential": "config-pass"}]}"#,
    )
    .unwrap()
}

fn recorder() -> Recorder {
    recorder_of(&config())
}

fn recorder_of(config: &AppConfig) -> Recorder {
    let (page, about) = ("page-of-ann", "Firefox");
    Header { config, fallback: "", identities: [IDENTITY, ""], page, seed: 7, about }.recorder()
}

fn frame_input(frame: &str) -> Input {
    Input::Socket(SocketEvent::Frame(frame.to_owned()))
}

fn inputs() -> Vec<Input> {
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
        frame_input(
            r#"{"type":"joined","id":"a1","room":"book club","participants":[{"id":"b2","name":"Bob","session":"page-of-bob"}]}"#,
        ),
        frame_input(r#"42["create or join","book club",{"who":"Ann Lee"},{"Bob":1}]"#),
        frame_input(&format!(r#"42["message",{{"type":"offer","sdp":{escaped}}},"book club-2"]"#)),
        frame_input(
            r#"{"type":"ice-servers","iceServers":{"servers":[{"urls":["turn:192.0.2.55:3478","turn:[2001:db8::42]"],"username":"turn-user","credential":"turn-pass"}]}}"#,
        ),
        frame_input(r#"{"type":"message","text":"We said that."}"#),
        frame_input("I am no JSON"),
        Input::Connection(ConnectionId(0), ConnectionEvent::LocalDescriptionSet(Ok(description))),
        Input::Connection(ConnectionId(0), ConnectionEvent::IceCandidate(Some(candidate))),
        Input::Socket(SocketEvent::ClosedWith { code: 4000, reason: "We said that Bob may not.".to_owned() }),
    ]
}

#[test]
fn nothing_private_is_in_a_report() {
    let mut recorder = recorder();
    inputs().iter().for_each(|input| recorder.input(Timestamp::from_millis(5), input));
    let report = redact(&recorder);
    for private in PRIVATE {
        assert!(!report.contains(private), "{private}: {report}");
    }
    for kept in [
        "Firefox",
        r#"\"type\":\"joined\",\"id\":\"redacted"#,
        r#"42[\"redacted"#,
        "a=ice-ufrag:redacted",
        "o=- 77 2 IN IP4 redacted",
        "a=fingerprint:sha-256 redacted",
        "turn:redacted",
        "5000 typ host",
        // Firefox has braces there.
        "a=msid:redacted",
    ] {
        assert!(report.contains(kept), "{kept}: {report}");
    }
}

#[test]
fn equal_things_stay_equal() {
    let mut recorder = recorder();
    inputs().iter().for_each(|input| recorder.input(Timestamp::default(), input));
    let report = redact(&recorder);
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

/// Found by a fuzzer, which put the identity into a key: a server may repeat what it knows anywhere.
#[test]
fn what_is_secret_is_so_wherever_it_stands() {
    let half = &IDENTITY[..32];
    for frame in [
        format!(r#"{{"parti{IDENTITY}cipants":[]}}"#),
        format!(r#"{{"why":"who is {IDENTITY}?"}}"#),
        format!(r#"{{"type":"x{IDENTITY}"}}"#),
        format!(r#"42["log","{{\"who\":\"{half}\\u0030\"}}"]"#),
        format!(r#"{{"who":"\u0030{}"}}"#, &IDENTITY[1..]),
        format!(r#"{{"who":"\\u0030{}"}}"#, &IDENTITY[1..]),
        format!(r#"{{"\\u0030{}":1}}"#, &IDENTITY[1..]),
        format!(r#"{{"broken":"{{\"x\":\"\\u0030{}"}}"#, &IDENTITY[1..]),
        format!(r#"{IDENTITY}{{"a":1}}"#),
        r#"{"broken":"{\"token\":\"s3cr3t-t0k3n"}"#.to_owned(),
        r#"s3cr3t-t0k3n["a"]"#.to_owned(),
        r#"{"access_token":"s3cr3t-t0k3n"}"#.to_owned(),
        r#"{"why":"s3cr3t-t0k3n is over"}"#.to_owned(),
        r#"{"why":"see wss://server/?t=s3cr3t-t0k3n"}"#.to_owned(),
        r#"{"why":"bad token=s3cr3t-t0k3n"}"#.to_owned(),
        r#"{"PIN_token":31337}"#.to_owned(),
        r#"{"room":"book club"}"#.to_owned(),
        r#"{"why":"book club is full"}"#.to_owned(),
        r#"{"book club":{"Ann Lee":1}}"#.to_owned(),
        r#"{"User_Name":"Ann Lee","why":"user_Ann Lee left"}"#.to_owned(),
        r#"{"why":"from dead:beef::cafe"}"#.to_owned(),
    ] {
        let mut recorder = recorder();
        recorder.input(Timestamp::default(), &frame_input(&frame));
        recorder.input(Timestamp::default(), &frame_input(r#"{"token":"s3cr3t-t0k3n"}"#));
        recorder.input(
            Timestamp::default(),
            &Input::Command(Command::Join { room: "book club".to_owned(), name: "Ann Lee".to_owned() }),
        );
        let report = redact(&recorder);
        let private = [half, &IDENTITY[1..32], "s3cr3t", "31337", "book", "Ann", "Lee", "beef"];
        for private in private {
            assert!(!report.contains(private), "{private} of {frame} is in {report}");
        }
    }
}

/// What answers over HTTP is known by its first words, and is cut where the page stopped reading.
#[test]
fn of_an_answer_over_http_only_what_tells_the_server_stays() {
    let probe = Probe { url: "ws://server".to_owned(), expects: Expects::EngineIo };
    for (body, kept) in [
        (r#"97:0{"sid":"s3cr3t","pingInterval":25000}2:40"#, r#""sid"#),
        (r#"97:0{"sid":"s3cr3t","pingInt"#, r#""sid"#),
        ("Welcome to socket.io, s3cr3t", "Welcome to socket.io"),
        ("<html>s3cr3t", "redacted"),
        (r#"{"code":5,"token":"s3cr3t"}"#, r#"{"code":5,"token":"redacted"#),
    ] {
        let mut recorder = recorder();
        let seen = ProbeResult::Response { status: 200, body: body.to_owned() };
        recorder.input(Timestamp::default(), &Input::Probed(probe.clone(), seen.clone()));
        let report = redact(&recorder);
        assert!(!report.contains("s3cr3t"), "{report}");
        let Ok(Json::List(lines)) = json::parse_any(&report) else { panic!("a list") };
        let Json::List(parts) = &lines[1] else { panic!("a list") };
        let told = parts.iter().find_map(|part| part.at("body").as_text()).unwrap();
        assert!(told.starts_with(kept), "{told}");
        let again = ProbeResult::Response { status: 200, body: told.to_owned() };
        assert_eq!(
            UnreachableReason::of(&probe, false, &again),
            UnreachableReason::of(&probe, false, &seen),
            "{body}"
        );
    }
}

/// A room may be called like a word of the protocol.
#[test]
fn the_words_of_a_protocol_stay() {
    let config = AppConfig { namespace: "/chat".to_owned(), ..config() };
    let mut recorder = recorder_of(&config);
    recorder.input(
        Timestamp::default(),
        &Input::Command(Command::Join { room: "room".to_owned(), name: "name".to_owned() }),
    );
    recorder.input(Timestamp::default(), &frame_input(r#"{"type":"room","room":"room","name":"name"}"#));
    recorder.input(Timestamp::default(), &frame_input(r#"42/chat,7["room","room",{"a":"cannot rename"}]"#));
    let report = redact(&recorder);
    let (room, name) = (pseudonym_of(&report, 1, "room"), pseudonym_of(&report, 1, "name"));
    let frame = format!(r#"{{\"type\":\"room\",\"room\":\"{room}\",\"name\":\"{name}\"}}"#);
    assert!(report.contains(&frame), "{report}");
    assert!(report.contains(&format!(r#"42/chat,7[\"room\",\"{room}\",{{\"redacted"#)), "{report}");
}

#[test]
fn an_identity_may_be_seen_in_halves() {
    let mut recorder = recorder();
    recorder.input(Timestamp::default(), &frame_input(&format!(r#"{{"src":"{}"}}"#, &IDENTITY[..32])));
    recorder.input(Timestamp::default(), &frame_input(r#"{"from":"7766554433221100"}"#));
    let report = redact(&recorder);
    let (half, end) = (pseudonym_of(&report, 0, "identity"), pseudonym_of(&report, 0, "id"));
    // By the end of it other Visavis pages know us everywhere. The replay begins with all of them.
    assert!(half.len() == 32, "{report}");
    assert!(half.ends_with(&end), "{report}");
    assert!(report.contains(&format!(r#"":\"{half}\""#)), "{report}");
    assert!(report.contains(&format!(r#"\"from\":\"{end}\""#)), "{report}");
}

/// Who makes way for whom, and in which order things are done, may hang on it.
#[test]
fn what_is_sorted_stays_sorted() {
    let ids = [
        "00000000-0000-4000-8000-0000000000a0",
        "11111111-0000-4000-8000-000000000010",
        "aaaaaaaa-0000-4000-8000-000000000000",
        "fffffff0-0000-4000-8000-000000000001",
    ];
    let names = ["Ann", "Annabella", "Bob", "ann", "ann ", "zoe", "\u{e9}lodie"];
    for texts in [ids.as_slice(), &names] {
        let mut recorder = recorder();
        for text in texts.iter().rev() {
            recorder
                .input(Timestamp::default(), &frame_input(&Json::List(vec![Json::text(text)]).to_string()));
        }
        let report = redact(&recorder);
        let Ok(Json::List(lines)) = json::parse_any(&report) else { panic!("a list") };
        let frames = lines[1..].iter().rev().map(|line| line.to_string());
        let frames: Vec<_> = frames.map(|line| line[line.find("[\\").unwrap()..].to_owned()).collect();
        assert_eq!(frames.len(), texts.len());
        assert!(frames.is_sorted(), "{report}");
        assert!(texts.iter().all(|text| !report.contains(&format!("\"{text}"))), "{report}");
    }
}

/// Some of these are looked at: a room of numbers or of a UUID, a fingerprint, the id of a Visavis page.
#[test]
fn what_stands_in_is_of_the_same_kind() {
    let fingerprint = (1..=32).map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":");
    let texts = ["0b1f6c1e-7d5e-11ee-b962-0242ac120002", "1732012345678", "deadbeefdeadbeef", &fingerprint];
    let mut recorder = recorder();
    let list = Json::List(texts.iter().map(|text| Json::text(text)).collect());
    recorder.input(Timestamp::default(), &frame_input(&list.to_string()));
    let report = redact(&recorder);
    let Ok(Json::List(lines)) = json::parse_any(&report) else { panic!("a list") };
    let Json::List(parts) = &lines[1] else { panic!("a list") };
    let frame = parts.iter().find_map(|part| part.at("frame").as_text()).unwrap();
    let Ok(Json::List(told)) = json::parse_any(frame) else { panic!("a list") };
    let kind = |c: char| if c.is_ascii_hexdigit() { '0' } else { c };
    for (told, text) in told.iter().map(|told| told.as_text().unwrap()).zip(texts) {
        assert_ne!(told, text);
        assert!(told.chars().map(kind).eq(text.chars().map(kind)), "{told} for {text}");
    }
    assert_eq!(told[0].as_text().unwrap().as_bytes()[14], b'1', "the version of the UUID");
}

/// A text of an entry, by its key.
fn pseudonym_of(report: &str, line: usize, key: &str) -> String {
    let Ok(Json::List(lines)) = json::parse_any(report) else { panic!("a list") };
    let Json::List(parts) = &lines[line] else { panic!("a list") };
    parts.iter().find_map(|part| part.at(key).as_text()).unwrap().to_owned()
}

#[test]
fn the_description_of_a_server_stays_and_so_do_its_words() {
    let file = r#"{"send": {"join": {"name": "join"}, "signal": {"a": "{signal}", "to": "{to}"}},
        "receive": {"joined": {"name": "joined", "peers": ["{id}"]}, "signal": {"a": "{signal}", "from": "{from}"}}}"#;
    let mut config = config();
    config.mapping = Some(Mapping::parse(file).unwrap().into());
    let mut recorder = recorder_of(&config);
    let (room, name) = ("book club".to_owned(), "joined".to_owned());
    recorder.input(Timestamp::default(), &Input::Command(Command::Join { room, name }));
    recorder
        .input(Timestamp::default(), &frame_input(r#"{"name":"joined","peers":["a1"],"room":"book club"}"#));
    let report = redact(&recorder);
    assert!(report.contains(&Json::text(file).to_string()), "{report}");
    assert!(
        report.contains(r#"{\"name\":\"joined\",\"peers\":[\"redacted10000002\"],\"room\":\"redacted"#),
        "{report}"
    );
    assert!(!report.contains("book club"), "{report}");
}

/// Somebody may be called like a word of the protocol, and have a number for an id.
#[test]
fn what_a_description_binds_to_people_is_replaced_under_whatever_key() {
    let file = r#"{"offers": "existing", "send": {"join": {"cmd": "join"}, "signal": {"a": "{signal}", "to": "{to}"}},
        "receive": {"joined": {"cmd": "joined"}, "peerJoined": {"cmd": "came", "who": "{id}", "nick": "{name}"},
        "signal": {"a": "{signal}", "from": "{from}"}}}"#;
    let mut config = config();
    config.mapping = Some(Mapping::parse(file).unwrap().into());
    let mut recorder = recorder_of(&config);
    for (who, nick) in [("4711", "joined"), ("\"came\"", "signal")] {
        let frame = format!(r#"{{"cmd":"came","who":{who},"nick":"{nick}","rest":"joined","count":4711}}"#);
        recorder.input(Timestamp::default(), &frame_input(&frame));
    }
    let report = redact(&recorder);
    let Ok(Json::List(lines)) = json::parse_any(&report) else { panic!("a list") };
    for line in &lines[1..] {
        let Json::List(parts) = line else { panic!("a list") };
        let frame = parts.iter().find_map(|part| part.at("frame").as_text()).unwrap();
        let heard = json::parse_any(frame).unwrap();
        assert_eq!(heard.at("cmd").as_text(), Some("came"), "{frame}");
        assert!(heard.at("nick").as_text().unwrap().starts_with("redacted"), "{frame}");
        assert!(!["4711", "\"came\""].contains(&heard.at("who").to_string().as_str()), "{frame}");
        assert!(frame.contains("\"joined\""), "the word itself stays: {frame}");
    }
}
