//! Nobody's name is in a report of the flight recorder, wherever a server or we ourselves have said it.
//!
//! The frames are those of all transcripts of all dialects. In each of them every text, key and word of a description is
//! replaced by a name, and followed by it, in several spellings; then the name is looked for in what a page would save.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use visavis_app::AppConfig;
use visavis_app::report::{Header, redact};
use visavis_core::flight::Recorder;
use visavis_core::signaling::dialects::{ALL, Mapping, Options, named};
use visavis_core::signaling::json::{self, Fields, Json};
use visavis_core::signaling::{Expects, IceCandidate, Probe, SdpType, SessionDescription, Timestamp};
use visavis_core::{
    Command, ConnectionEvent, ConnectionId, DeviceId, DeviceSettings, EnumeratedDevices, FileCommand,
    FileEvent, FileHandle, FileMessage, Input, MediaDeviceInfo, MediaDeviceKind, MediaEvent, OfferedFile,
    PeerChannelEvent, ProbeResult, Room, SocketEvent, Source, TrackId, TrackInUse, TransferId,
};
use visavis_sim::replay::replay;

/// Nothing else is called that.
const NAME: &str = "Xanthippe";
/// As it is looked for.
const NAME_LOWERCASE: &str = "xanthippe";
/// As people and programs write it. `~` becomes `\u`, which only a text of JSON can hold.
const SPELLINGS: [&str; 6] =
    [NAME, "XANTHIPPE", "%58anthippe", "~0058anthippe", "Xanthippe Quagga 42", "+Xanthippe-7@host.example"];
const IDENTITY: &str = "0123456789abcdef7766554433221100fedcba9876543210fedcba9876543210";
/// So many frames fit into the part of a report that is not forgotten.
const FRAMES_PER_REPORT: usize = 100;

const SDP: &str = "v=0\r\no=Ann 77 2 IN IP4 ann.example\r\ns=Talk\r\ni=About\r\nu=http://ann.example/\r\ne=ann@example\r\n\
    p=+49 30 Ann\r\nt=0 0\r\na=tool:Ann 1.0\r\na=group:BUNDLE ann 1\r\na=msid-semantic: WMS ann\r\nm=audio 9 \
    UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 ann.local\r\na=mid:ann\r\na=ice-ufrag:annfrag\r\na=ice-pwd:annpassword\r\n\
    a=fingerprint:sha-256 AB:CD:EF:01:23\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;ann=1\r\na=msid:ann ann\r\n\
    a=ssrc:1 cname:ann\r\na=crypto:1 AES inline:ann\r\na=rtcp:9 IN IP4 ann.local\r\n\
    a=candidate:ann 1 udp 1 ann.local 9 typ host raddr ann rport 9 ufrag ann network-id ann\r\na=end-of-candidates\r\n";

/// A dialect, with the description of a server if it follows one, and the folder of its transcripts.
struct Case {
    name: String,
    dialect: &'static str,
    mapping: Option<Rc<Mapping>>,
}

fn signaling(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../signaling/tests").join(path)
}

fn cases() -> Vec<Case> {
    let listed = ALL.iter().filter(|listed| listed.name != "mapping");
    let mut cases: Vec<_> = listed
        .map(|listed| Case { name: listed.name.to_owned(), dialect: listed.name, mapping: None })
        .collect();
    for folder in [signaling("../../../docs/mapping"), signaling("mappings")] {
        for path in sorted(&folder) {
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let mapping = Some(Rc::new(Mapping::parse(&fs::read_to_string(path).unwrap()).unwrap()));
            let name = if named(&stem).is_some() { stem } else { format!("mapping/{stem}") };
            cases.push(Case { name, dialect: "mapping", mapping });
        }
    }
    cases
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// All transcripts of a folder and those in it.
fn transcripts(folder: &Path) -> Vec<String> {
    let read = |path: PathBuf| {
        if path.is_dir() { transcripts(&path) } else { vec![fs::read_to_string(path).unwrap()] }
    };
    sorted(folder).into_iter().flat_map(read).collect()
}

/// A line with descriptions and candidates where a transcript has shorthands.
fn expand_shorthands(line: &str) -> String {
    let sdp = escaped(SDP);
    let candidate = "candidate:1 1 udp 1 ann.local 9 typ host ufrag ann";
    let nothing = r#"{"microphone":false,"camera":false,"screen":false}"#;
    let mut line = line.replace("{nothing}", nothing).replace("{me}", "0123456789abcdef");
    for letter in 'a'..='h' {
        line = line.replace(&format!("{{{letter}}}"), &sdp);
        for number in 1..=4 {
            line = line.replace(&format!("{{{letter}:{number}}}"), candidate);
        }
    }
    line
}

/// A text as it stands in JSON, without its quotes.
fn escaped(text: &str) -> String {
    Json::text(text).to_string().trim_matches('"').to_owned()
}

/// All that servers say in the transcripts of a dialect, each once.
fn frames(case: &Case) -> BTreeSet<String> {
    let texts = transcripts(&signaling("transcripts").join(&case.name));
    let lines = texts.iter().flat_map(|text| text.lines());
    lines
        .filter_map(|line| line.strip_prefix("<- ").or(line.strip_prefix("< ")))
        .map(expand_shorthands)
        .collect()
}

impl Case {
    fn config(&self) -> AppConfig {
        let ice = format!(
            r#"{{"iceServers": [{{"urls": "turn:{NAME}.example", "username": "{NAME}", "credential": "{NAME}"}}]}}"#
        );
        let config = AppConfig::parse(&ice).unwrap();
        AppConfig { dialect: self.dialect.to_owned(), mapping: self.mapping.clone(), ..config }
    }

    fn recorder(&self) -> Recorder {
        let (config, identities) = (&self.config(), [IDENTITY, &IDENTITY[1..]]);
        Header { config, fallback: "tabs", identities, page: NAME, seed: 7, about: "Firefox" }.recorder()
    }

    /// A report of somebody who has heard these frames.
    fn report(&self, frames: &[String], name: &str) -> String {
        let mut recorder = self.recorder();
        let (room, name) = (format!("{name}'s room"), name.to_owned());
        recorder.input(Timestamp::default(), &Input::Command(Command::Join { room, name }));
        for frame in frames {
            recorder.input(Timestamp::default(), &Input::Socket(SocketEvent::Frame(frame.clone())));
        }
        redact(&recorder)
    }
}

/// A value once for each of its texts and keys, with this in its place or behind it.
fn inject_into_value(value: &Json, name: &str) -> Vec<Json> {
    match value {
        Json::Text(text) => match json::parse_any(text) {
            Ok(inside @ (Json::Object(_) | Json::List(_))) => inject_into_value(&inside, name)
                .into_iter()
                .map(|inside| Json::Text(inside.to_string()))
                .collect(),
            Ok(_) | Err(_) => inject_into_text(text, name).into_iter().map(Json::Text).collect(),
        },
        Json::List(values) => {
            let each = |(at, value): (usize, &Json)| {
                let with = |new| {
                    let mut values = values.clone();
                    values[at] = new;
                    Json::List(values)
                };
                inject_into_value(value, name).into_iter().map(with).collect::<Vec<_>>()
            };
            values.iter().enumerate().flat_map(each).collect()
        }
        Json::Object(fields) => fields.keys().flat_map(|key| inject_into_field(fields, key, name)).collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) => Vec::new(),
    }
}

fn inject_into_field(fields: &Fields, key: &str, name: &str) -> Vec<Json> {
    let with = |new_key: &str, new: &Json| {
        let mut changed = Fields::default();
        for other in fields.keys() {
            let is_key = other == key;
            changed.put(
                if is_key { new_key } else { other },
                if is_key { new.clone() } else { fields.get(other).unwrap().clone() },
            );
        }
        Json::Object(changed)
    };
    let value = fields.get(key).unwrap();
    let mut all: Vec<Json> = inject_into_value(value, name).iter().map(|new| with(key, new)).collect();
    all.push(with(name, value));
    all.push(with(&[key, " ", name].concat(), value));
    all
}

fn inject_into_text(text: &str, name: &str) -> Vec<String> {
    let mut all =
        vec![name.to_owned(), [text, " ", name].concat(), [name, " ", text].concat(), [text, name].concat()];
    // Every word of a description, a candidate or a plain text.
    let ends = |c: char| matches!(c, ' ' | '\r' | '\n' | ':' | '=' | '/' | ';' | ',' | '@' | '.');
    let mut at = 0;
    for part in text.split_inclusive(ends) {
        let word = part.trim_end_matches(ends);
        for new in [name.to_owned(), [word, name].concat()] {
            all.push([&text[..at], &new, &text[at + word.len()..]].concat());
        }
        at += part.len();
    }
    all
}

/// A frame with the name in every place.
fn inject_into_frame(frame: &str, name: &str) -> Vec<String> {
    let start = frame.find(['{', '[', '"']).unwrap_or(frame.len());
    let (front, rest) = frame.split_at(start);
    let inside = json::parse_any(rest).ok();
    let texts = inject_into_text(frame, name).into_iter().filter(|_| inside.is_none());
    let inside = inside
        .iter()
        .flat_map(|value| inject_into_value(value, name))
        .map(|value| [front, &value.to_string()].concat());
    inside
        .chain(texts)
        .chain([[front, name, rest].concat(), [frame, name].concat()])
        .map(|frame| frame.replace('~', "\\u"))
        .collect()
}

/// A text decoded as often as it may have been done: JSON, percents, capitals.
fn decodings(report: &str) -> Vec<String> {
    let mut all = vec![report.to_lowercase()];
    for _ in 0..5 {
        let last = all.last().unwrap();
        let (mut out, mut rest) = (String::new(), last.as_str());
        while let Some(at) = rest.find(['\\', '%']) {
            out.push_str(&rest[..at]);
            let hex = |from: usize, to: usize| {
                char::from_u32(u32::from_str_radix(rest.get(at + from..at + to)?, 16).ok()?)
            };
            let (meant, length) = match &rest[at..] {
                text if text.starts_with("\\u") => (hex(2, 6), 6),
                text if text.starts_with('%') => (hex(1, 3), 3),
                text if text.starts_with("\\\\") => (Some('\\'), 2),
                text if text.starts_with("\\\"") => (Some('"'), 2),
                _ => (None, 1),
            };
            out.extend(meant.or(rest[at..].chars().next()));
            rest = &rest[at + if meant.is_some() { length } else { 1 }..];
        }
        let next = (out + rest).to_lowercase();
        if next == *last {
            break;
        }
        all.push(next);
    }
    all
}

fn contains_name(text: &str) -> bool {
    decodings(text).iter().any(|text| text.contains(NAME_LOWERCASE))
}

fn assert_no_name(report: &str, what: &str) {
    for text in decodings(report) {
        if let Some(at) = text.find(NAME_LOWERCASE) {
            let from = text[..at].char_indices().rev().nth(200).map_or(0, |(at, _)| at);
            panic!("{what}: {}", &text[from..at + NAME_LOWERCASE.len()]);
        }
    }
}

#[test]
fn no_name_that_a_server_says_is_in_a_report() {
    for case in cases() {
        let (mut all, mut descriptions) = (Vec::new(), 0);
        let frames = frames(&case);
        for (at, frame) in frames.iter().enumerate() {
            // Every word of one description is enough for a dialect.
            let described = frame.contains("v=0");
            descriptions += usize::from(described);
            let frame = if described && descriptions != 1 {
                frame.replace(&escaped(SDP), "v=0\\r\\n")
            } else {
                frame.clone()
            };
            let spelling = SPELLINGS[at % SPELLINGS.len()];
            all.extend(inject_into_frame(&frame, spelling));
            all.extend(
                SPELLINGS.iter().filter(|_| !described).flat_map(|name| inject_into_frame(&frame, name)),
            );
        }
        assert!(
            all.len() > 20 * frames.len(),
            "{}: only {} places in {}",
            case.name,
            all.len(),
            frames.len()
        );
        assert!(all.iter().all(|frame| contains_name(frame)), "{}", case.name);
        for (at, frames) in all.chunks(FRAMES_PER_REPORT).enumerate() {
            assert_no_name(&case.report(frames, ["Ann", NAME][at % 2]), &case.name);
        }
    }
}

/// Whoever gives out access tokens answers over HTTP; LiveKit's servers give newer ones, for this room or another.
#[test]
fn no_access_token_is_in_a_report() {
    let parts = ["eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiJYYW50aGlwcGUifQ", "c2lnbmF0dXJl-_"];
    let token = parts.join(".");
    let case = cases().into_iter().find(|case| case.name == "livekit").unwrap();
    let mut recorder = case.recorder();
    let mut record = |event| recorder.input(Timestamp::default(), &Input::Socket(event));
    let given = [
        format!(r#"{{"server_url":"wss://{NAME}.example","participant_token":"{token}"}}"#),
        format!(r#"{{"serverUrl":"wss://x.example/{NAME}","participantToken":"{token}"}}"#),
        format!(r#"{{"participant_token":"{token}","room_name":"{NAME}","participant_name":"Ann {NAME}"}}"#),
        format!(r#"{{"{NAME}":{{"token":["{token}"]}}}}"#),
        // Cut where the page stopped reading.
        format!(r#"{{"participant_token":"{token}"#),
        format!("{NAME} may not enter with {token}"),
        format!("<html><p>{NAME}</p>{token}"),
        token.clone(),
    ];
    for (at, body) in given.into_iter().enumerate() {
        record(SocketEvent::TokenResponse { status: [200, 403][at % 2], body });
    }
    let says = [
        format!(r#"{{"refreshToken":"{token}"}}"#),
        format!(r#"{{"refreshToken":["{token}"]}}"#),
        format!(r#"{{"roomMoved":{{"room":{{"name":"{NAME}"}},"token":"{token}"}}}}"#),
        format!(r#"{{"update":{{"participants":[{{"identity":"{NAME}","metadata":"{token}"}}]}}}}"#),
        format!(
            r#"{{"requestResponse":{{"reason":"NOT_ALLOWED","message":"{NAME}: access_token={token}"}}}}"#
        ),
    ];
    says.into_iter().for_each(|frame| record(SocketEvent::Frame(frame)));
    let report = redact(&recorder);
    assert_no_name(&report, "a token");
    let kept: Vec<_> = parts.iter().filter(|part| report.contains(**part)).collect();
    assert!(kept.is_empty(), "{kept:?} of a token: {report}");
    for word in ["refreshToken", "roomMoved", "participants", "participant_token"] {
        assert!(report.contains(word), "{word} is a word of the language: {report}");
    }
}

/// The same for names in all places of such an answer.
#[test]
fn no_name_beside_an_access_token_is_in_a_report() {
    let case = cases().into_iter().find(|case| case.name == "livekit").unwrap();
    let answer =
        r#"{"server_url":"wss://x.example","participant_token":"a.b.c","room_name":"tea","name":"Ann"}"#;
    let all: Vec<_> = SPELLINGS.iter().flat_map(|name| inject_into_frame(answer, name)).collect();
    for bodies in all.chunks(FRAMES_PER_REPORT) {
        let mut recorder = case.recorder();
        for body in bodies {
            let event = SocketEvent::TokenResponse { status: 200, body: body.clone() };
            recorder.input(Timestamp::default(), &Input::Socket(event));
        }
        assert_no_name(&redact(&recorder), "the answer to a request for a token");
    }
}

#[test]
fn nothing_of_our_own_is_in_a_report() {
    for case in cases() {
        // Which dialect it is makes no difference to most of it.
        let spellings = if case.dialect == "visavis" { &SPELLINGS[..] } else { &SPELLINGS[..1] };
        for name in spellings.iter().map(|spelling| spelling.replace('~', "\\u")) {
            let mut recorder = case.recorder();
            let mut record = |input: &Input| recorder.input(Timestamp::default(), input);
            record(&Input::Command(Command::Join { room: name.clone(), name: ["Dr. ", &name].concat() }));
            let id = ConnectionId(0);
            for candidate in inject_into_text(
                "candidate:1 1 udp 1 192.0.2.1 9 typ host raddr 192.0.2.1 rport 9 ufrag abcd",
                &name,
            ) {
                let candidate = IceCandidate {
                    candidate,
                    sdp_mid: Some(name.clone()),
                    sdp_m_line_index: Some(0),
                    username_fragment: Some(name.clone()),
                };
                record(&Input::Connection(id, ConnectionEvent::IceCandidate(Some(candidate))));
            }
            for body in
                [name.clone(), format!("Welcome to socket.io, {name}"), format!("0{{\"sid\":\"{name}\"}}")]
            {
                let probe = Probe { url: format!("ws://{NAME_LOWERCASE}"), expects: Expects::EngineIo };
                record(&Input::Probed(probe, ProbeResult::Response { status: 200, body }));
            }
            assert_no_name(&redact(&recorder), &case.name);
        }
    }
}

/// A device has the name of its owner, as headphones do, and an id that is another on each site.
#[test]
fn neither_label_nor_id_of_a_device_is_in_a_report() {
    for name in SPELLINGS.iter().map(|spelling| spelling.replace('~', "\\u")) {
        // Where names are tokens of a protocol, or short, too.
        for id in [&*name, "join", "7", "default"].map(|id| DeviceId::new(id).unwrap()) {
            let mut recorder = cases()[0].recorder();
            let mut record = |input: &Input| recorder.input(Timestamp::default(), input);
            let mut settings = DeviceSettings::default();
            settings.choose(MediaDeviceKind::AudioInput, Some(id.clone()));
            record(&Input::Command(Command::SetDevices(Box::new(settings))));
            let label = [&name, "'s headphones"].concat();
            record(&Input::Media(MediaEvent::DevicesEnumerated(Box::new(EnumeratedDevices {
                devices: vec![MediaDeviceInfo::new(MediaDeviceKind::AudioInput, id.clone(), &label, true)],
                in_use: vec![TrackInUse { track: TrackId(1), device_id: Some(id.clone()), muted: false }],
                granted: vec![Source::Microphone],
                background_blur: false,
            }))));
            let report = redact(&recorder);
            assert_no_name(&report, "devices");
            assert!(!report.contains(&["\"text\":\"", id.as_str(), "\""].concat()), "{report}");
            assert!(!report.contains("headphones"), "{report}");
        }
    }
}

#[test]
fn neither_name_nor_digest_of_a_file_is_in_a_report() {
    let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_owned();
    for name in SPELLINGS.iter().map(|spelling| spelling.replace('~', "\\u")) {
        let mut recorder = cases()[0].recorder();
        let mut record = |input: &Input| recorder.input(Timestamp::default(), input);
        let (handle, size, transfer) = (FileHandle(0), 9, TransferId(1));
        record(&Input::Command(Command::File(FileCommand::Offer { handle, name: name.clone(), size })));
        let on_channel = |event| Input::Connection(ConnectionId(0), event);
        record(&on_channel(ConnectionEvent::File(FileEvent::AllSent(transfer, digest.clone()))));
        let offers = vec![OfferedFile { id: 1, age: 0, name: [&name, ".pdf"].concat(), size }];
        for message in [
            FileMessage::Offers { log: 7, files: offers },
            FileMessage::End { transfer, sha256: Some(digest.clone()) },
        ] {
            let text = PeerChannelEvent::Message(message.encode());
            record(&on_channel(ConnectionEvent::PeerChannel(text)));
        }
        let report = redact(&recorder);
        assert_no_name(&report, "files");
        assert!(report.contains("fileOffers"), "{report}");
        assert!(!report.contains("ba7816bf"), "{report}");
    }
}

#[test]
fn nothing_of_our_own_description_is_in_a_report() {
    let case = &cases()[0];
    let descriptions =
        |name: &str| inject_into_text(SDP, name).into_iter().filter(|sdp| !has_name_in_codec_line(sdp));
    let all: Vec<_> = SPELLINGS[..3].iter().flat_map(|name| descriptions(name)).collect();
    assert!(all.len() > 300, "{}", all.len());
    for sdps in all.chunks(FRAMES_PER_REPORT) {
        let mut recorder = case.recorder();
        for sdp in sdps {
            let description = SessionDescription { sdp_type: SdpType::Offer, sdp: sdp.clone() };
            let event = ConnectionEvent::LocalDescriptionSet(Ok(description));
            recorder.input(Timestamp::default(), &Input::Connection(ConnectionId(0), event));
        }
        assert_no_name(&redact(&recorder), "our description");
    }
}

/// Where codecs stand, a browser writes no names: its words there are taken for words.
fn has_name_in_codec_line(sdp: &str) -> bool {
    let codecs = ["m=", "a=rtpmap", "a=fmtp"];
    sdp.lines().any(|line| {
        codecs.iter().any(|begin| line.starts_with(begin)) && line.to_lowercase().contains("anthippe")
    })
}

/// Of an access token a report only says that there was one.
#[test]
fn a_join_with_a_token_that_was_asked_for_is_replayed_to_the_same_decisions() {
    let case = cases().into_iter().find(|case| case.name == "livekit").unwrap();
    let token_url = "/token".to_owned();
    let (url, identity, page) = ("ws://server".into(), IDENTITY.into(), "page".into());
    let options = Options { url, identity, page, token_url, ..Options::default() };
    let mut room = Room::new(AppConfig::default().room_config(7), (named("livekit").unwrap().make)(options));
    let (config, identities) = (&case.config(), [IDENTITY, ""]);
    let mut recorder =
        Header { config, fallback: "", identities, page: "page", seed: 7, about: "" }.recorder();
    let body = r#"{"server_url":"wss://x.example","participant_token":"aa.bb.cc"}"#.to_owned();
    let join =
        r#"{"join":{"room":{"name":"tea"},"participant":{"sid":"PA_ann","identity":"ann"}}}"#.to_owned();
    let inputs = [
        Input::Command(Command::EnterLobby),
        Input::Command(Command::Join { room: "tea".to_owned(), name: "Ann".to_owned() }),
        Input::Socket(SocketEvent::TokenResponse { status: 200, body }),
        Input::Socket(SocketEvent::Opened),
        Input::Socket(SocketEvent::Frame(join)),
    ];
    for (at, input) in (1..).zip(inputs) {
        let now = Timestamp::from_millis(10 * at);
        recorder.input(now, &input);
        room.handle(now, input);
        recorder.outputs(&std::iter::from_fn(|| room.poll_output()).collect::<Vec<_>>());
    }
    let report = redact(&recorder);
    assert_eq!(replay(&report).unwrap().difference, None, "{report}");
}

/// Whatever a transcript shows, also what no simulated server says.
#[test]
fn what_is_heard_in_a_transcript_is_replayed_to_the_same_decisions() {
    for case in cases() {
        for text in transcripts(&signaling("transcripts").join(&case.name)) {
            let config = AppConfig::default().room_config(7);
            let mut room = Room::new(
                config,
                (named(case.dialect).unwrap().make)(Options {
                    url: "ws://server".into(),
                    identity: IDENTITY.into(),
                    page: "page".into(),
                    mapping: case.mapping.clone(),
                    ..Options::default()
                }),
            );
            let (config, identities) = (&case.config(), [IDENTITY, ""]);
            let header = Header { config, fallback: "", identities, page: "page", seed: 7, about: "" };
            let mut recorder = header.recorder();
            let mut now = 0;
            let mut step = |now: u64, input: Input| {
                let now = Timestamp::from_millis(now);
                recorder.input(now, &input);
                room.handle(now, input);
                recorder.outputs(&std::iter::from_fn(|| room.poll_output()).collect::<Vec<_>>());
            };
            step(now, Input::Command(Command::EnterLobby));
            step(now, Input::Socket(SocketEvent::Opened));
            let (room_name, name) = ("tea".to_owned(), "Ann".to_owned());
            step(now, Input::Command(Command::Join { room: room_name, name }));
            for line in text.lines() {
                now += 10;
                match line.strip_prefix("<- ").or(line.strip_prefix("< ")) {
                    Some(frame) => step(now, Input::Socket(SocketEvent::Frame(expand_shorthands(frame)))),
                    None if line == "! closed" => {
                        step(now, Input::Socket(SocketEvent::Closed));
                        step(now, Input::Command(Command::RetryNow));
                    }
                    None if line == "! opened" => step(now, Input::Socket(SocketEvent::Opened)),
                    None => step(now, Input::Timeout),
                }
            }
            let report = redact(&recorder);
            assert_eq!(replay(&report).unwrap().difference, None, "{}: {report}", case.name);
        }
    }
}
