//! Everything that reads what strangers wrote. What is accepted must be within its limits, and mean the same when it is
//! written again.

use visavis_app::AppConfig;
use visavis_app::report::{Header, redact};
use visavis_core::{Command, FileMessage, Input, Interaction, MAX_CHAT_CHARS, PeerMessage, SocketEvent};
use visavis_signaling::carrier::{Carrier, CarrierInput, CarrierOutput, Raw, SocketIo};
use visavis_signaling::dialects::Mapping;
use visavis_signaling::dialects::livekit::wire;
use visavis_signaling::dialects::visavis::messages::{ClientMessage, ServerMessage};
use visavis_signaling::json::{self, Json, Object};
use visavis_signaling::limits::{MAX_CANDIDATE_BYTES, MAX_ICE_SERVERS, MAX_NAME_CHARS, MAX_SDP_BYTES};
use visavis_signaling::normalize::{self, loose};
use visavis_signaling::text::{clean, clean_lines};
use visavis_signaling::{IceCandidate, SdpType, SessionDescription, Timestamp};
use visavis_sim::replay::replay;

use crate::script::{number, text_of};

/// A secret that a server has told.
const TOKEN: &str = "tell-nobody-7d41";

type Reader = (&'static str, fn(&str));

const READERS: &[Reader] = &[
    ("json", read_json),
    ("client", read_client_message),
    ("server", read_server_message),
    ("peer", read_peer_message),
    ("config", read_config),
    ("description", read_description),
    ("candidate", read_candidate),
    ("ice", read_ice_server),
    ("text", read_text),
    ("raw", read_raw_frames),
    ("socket.io", read_socket_io_frames),
    ("report", read_report),
    ("recorder", record_frames),
    ("mapping", read_mapping),
];

/// The first line of what is read as protobuf.
const PROTOBUF: &[u8] = b"protobuf\n";

/// The first line names the reader, or its first letter chooses one; the rest is what it reads.
pub(crate) fn run(bytes: &[u8]) {
    if let Some(bytes) = bytes.strip_prefix(PROTOBUF) {
        return read_protobuf(bytes);
    }
    let text = text_of(bytes);
    let (name, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let by_letter = || READERS.get(usize::from(name.bytes().next()?) % READERS.len());
    if let Some((_, read)) = READERS.iter().find(|(known, _)| *known == name).or_else(by_letter) {
        read(rest);
    }
}

type FromBytes = fn(&[u8]) -> Result<String, String>;
type ToBytes = fn(&str) -> Result<Vec<u8>, String>;

const MESSAGES: [(FromBytes, ToBytes); 3] = [
    (wire::response_text, wire::response_bytes),
    (wire::request_text, wire::request_bytes),
    (wire::data_packet_text, wire::data_packet_bytes),
];

/// The only reader of bytes that are no text. If they are one, it is written as well.
fn read_protobuf(bytes: &[u8]) {
    let text = text_of(bytes);
    for (read, write) in MESSAGES {
        assert_protobuf(bytes, read, write);
        write(&text).iter().for_each(|written| assert_protobuf(written, read, write));
    }
    let read = |parameter: &str| wire::join_request_text(parameter, |_| None);
    if let Ok(request) = read(&text) {
        let parameter = wire::join_request_parameter(&request, wire::Compression::None);
        assert_eq!(parameter.and_then(|parameter| read(&parameter)), Ok(request));
    }
}

fn assert_protobuf(bytes: &[u8], read: FromBytes, write: ToBytes) {
    if let Ok(text) = read(bytes) {
        let value = json::parse(&text);
        assert_eq!(value.map(|value| value.to_string()).as_ref(), Ok(&text), "it is JSON");
        let written = write(&text);
        assert_eq!(written.and_then(|written| read(&written)), Ok(text), "what is written is read again");
    }
}

/// Of a description of a server nothing is written again but its source.
fn read_mapping(text: &str) {
    if let Ok(mapping) = Mapping::parse(text) {
        assert_eq!(mapping.source(), text);
    }
}

fn read_json(text: &str) {
    let read = json::parse_any(text);
    let theirs = serde_json::from_str::<serde_json::Value>(text);
    let Ok(value) = read else {
        // Deeper than we read, or a number that serde_json rounds, or half a surrogate: then nobody need agree.
        return;
    };
    let written = value.to_string();
    assert_eq!(json::parse_any(&written), Ok(value), "what is written is read again");
    if let Ok(theirs) = theirs {
        let again = serde_json::from_str::<serde_json::Value>(&written);
        assert_eq!(again.ok(), Some(theirs), "others read the same from it");
    }
}

fn read_client_message(text: &str) {
    if let Ok(message) = ClientMessage::decode(text) {
        assert_eq!(ClientMessage::decode(&message.encode()), Ok(message));
    }
}

fn read_peer_message(text: &str) {
    if let Ok(Some(message)) = PeerMessage::decode(text) {
        assert_eq!(PeerMessage::decode(&message.encode()), Ok(Some(message)));
    }
    if let Ok(Some(interaction)) = Interaction::decode(text) {
        assert_eq!(Interaction::decode(&interaction.encode()), Ok(Some(interaction)));
        assert!(matches!(PeerMessage::decode(text), Ok(Some(PeerMessage::Interaction(_)))));
    }
    if let Ok(Some(message)) = FileMessage::decode(text) {
        assert_eq!(FileMessage::decode(&message.encode()), Ok(Some(message)));
        assert!(matches!(PeerMessage::decode(text), Ok(Some(PeerMessage::Interaction(_)))));
    }
}

fn read_server_message(text: &str) {
    if let Ok(Some(message)) = ServerMessage::decode(text) {
        assert_eq!(ServerMessage::decode(&message.encode()), Ok(Some(message)));
    }
}

fn read_config(text: &str) {
    match AppConfig::parse(text) {
        Ok(config) => {
            assert!(config.ice_servers.len() <= MAX_ICE_SERVERS);
            let dialect = config.make_dialect("0123456789abcdef".repeat(4), "1", "");
            assert!(dialect.is_some(), "a dialect that is accepted is there");
            dialect.iter().for_each(|dialect| assert!(!dialect.endpoint().url.is_empty()));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn read_description(text: &str) {
    let Ok(value) = json::parse_any(text) else { return };
    if let Ok(object) = Object::root(&value)
        && let Ok(description) = normalize::description(&object)
    {
        assert_description(&description);
        let again = Json::from(&description);
        assert_eq!(Object::root(&again).and_then(|again| normalize::description(&again)), Ok(description));
    }
    for known in [None, Some(SdpType::Offer)] {
        loose::description(&value, known).iter().for_each(assert_description);
    }
}

fn assert_description(description: &SessionDescription) {
    assert!(description.sdp.ends_with('\n'));
    assert!(description.sdp.len() <= MAX_SDP_BYTES + 2);
    assert!(description.ufrags().all(|ufrag| ufrag.len() <= MAX_SDP_BYTES));
}

fn read_candidate(text: &str) {
    let Ok(value) = json::parse_any(text) else { return };
    if let Ok(Some(candidate)) = normalize::candidate(Some(&value), String::new()) {
        assert_candidate(&candidate);
        let again = Json::from(&candidate);
        assert_eq!(normalize::candidate(Some(&again), String::new()), Ok(Some(candidate)));
    }
    loose::candidate(&value).iter().for_each(assert_candidate);
}

/// `addIceCandidate` wants to know the section.
fn assert_candidate(candidate: &IceCandidate) {
    assert!(!candidate.candidate.is_empty());
    assert!(candidate.candidate.len() <= MAX_CANDIDATE_BYTES);
    assert!(candidate.sdp_mid.is_some() || candidate.sdp_m_line_index.is_some());
    let _ = candidate.ufrag();
}

fn read_ice_server(text: &str) {
    let Ok(value) = json::parse_any(text) else { return };
    if let Ok(server) = Object::root(&value).and_then(|object| normalize::ice_server(&object)) {
        assert!(!server.urls.is_empty());
        assert!(server.urls.len() <= MAX_ICE_SERVERS);
        let again = Json::from(&server);
        assert_eq!(Object::root(&again).and_then(|again| normalize::ice_server(&again)), Ok(server));
    }
}

fn read_text(text: &str) {
    let cleaned = clean(text, MAX_NAME_CHARS);
    assert!(cleaned.chars().count() <= MAX_NAME_CHARS);
    assert!(!cleaned.chars().any(char::is_control));
    assert_eq!(clean(&cleaned, MAX_NAME_CHARS), cleaned, "clean stays clean");
    let lines = clean_lines(text, MAX_CHAT_CHARS);
    assert!(lines.chars().count() <= MAX_CHAT_CHARS);
    assert!(!lines.chars().any(|c| c.is_control() && c != '\n'));
    assert_eq!(clean_lines(&lines, MAX_CHAT_CHARS), lines, "clean stays clean");
}

fn read_raw_frames(text: &str) {
    run_carrier(&mut Raw::default(), text);
}

fn read_socket_io_frames(text: &str) {
    run_carrier(&mut SocketIo::new("", None), text);
    run_carrier(&mut SocketIo::new("/admin", Some(Json::text("x"))), text);
}

/// Whoever mends a fault opens what a stranger has sent.
fn read_report(text: &str) {
    if let Ok(replay) = replay(text) {
        assert!(replay.trace.len() >= replay.inputs);
    }
}

/// Each line is a frame: whatever it is, a report can be made of it, and read.
fn record_frames(text: &str) {
    let identity = "0123456789abcdef".repeat(4);
    let (config, identities) = (&AppConfig::default(), [identity.as_str(), ""]);
    let mut recorder =
        Header { config, fallback: "", identities, page: "page", seed: 7, about: "" }.recorder();
    let granted = Input::Socket(SocketEvent::Frame(format!(r#"{{"token":"{TOKEN}"}}"#)));
    recorder.input(Timestamp::default(), &granted);
    let mut room = "x";
    for line in text.split('\n') {
        recorder.input(Timestamp::default(), &Input::Socket(SocketEvent::Frame(line.to_owned())));
        room = line;
    }
    let join = Command::Join { room: room.to_owned(), name: text.to_owned() };
    recorder.input(Timestamp::default(), &Input::Command(join));
    let report = redact(&recorder);
    let mut unescaped_report = report.clone();
    for depth in 0..8 {
        assert!(
            !unescaped_report.contains(&identity),
            "the identity is nobody's business, {depth} deep: {report}"
        );
        assert!(!unescaped_report.contains(TOKEN), "nor is the token, {depth} deep: {report}");
        unescaped_report = unescaped(&unescaped_report);
    }
    let replay = replay(&report);
    assert!(replay.is_ok(), "{:?}", replay.err());
}

/// What JSON escapes, whether it is JSON or not.
fn unescaped(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, behind)) = rest.split_once('\\') {
        out.push_str(before);
        let (meant, length) = match behind.as_bytes().first() {
            Some(b'u') => (code_point(behind), 5),
            Some(b'n' | b'r' | b't' | b'b' | b'f') => (Some(' '), 1),
            Some(b'"') => (Some('"'), 1),
            Some(b'/') => (Some('/'), 1),
            Some(b'\\') => (Some('\\'), 1),
            _ => (None, 0),
        };
        out.push(meant.unwrap_or('\\'));
        rest = if meant.is_some() { &behind[length..] } else { behind };
    }
    out + rest
}

fn code_point(text: &str) -> Option<char> {
    char::from_u32(u32::from_str_radix(text.get(1..5)?, 16).ok()?)
}

/// Each line is a frame; `@` and a number let as many seconds pass.
fn run_carrier(carrier: &mut dyn Carrier, text: &str) {
    let mut now = Timestamp::default();
    let mut out = Vec::new();
    carrier.handle(now, CarrierInput::Opened, &mut out);
    for line in text.split('\n') {
        let input = if let Some(seconds) = line.strip_prefix('@') {
            now = now + std::time::Duration::from_secs(number(seconds).0.min(1 << 40));
            CarrierInput::Timeout
        } else {
            CarrierInput::Frame(line.to_owned())
        };
        out.clear();
        carrier.handle(now, input, &mut out);
        // Whoever connects hears at once what came too early.
        assert!(out.len() <= 80, "{} answers to {line}", out.len());
        assert!(
            !out.iter()
                .any(|output| matches!(output, CarrierOutput::Frame(text) if text.len() > line.len() + 200))
        );
    }
}
