//! Every dialect in the list, in conversations with a server that says anything, written as transcripts are.

use std::rc::Rc;
use std::time::Duration;

use visavis_signaling::dialects::livekit::wire;
use visavis_signaling::dialects::{ALL, DialectEntry, Mapping, Options};
use visavis_signaling::json;
use visavis_signaling::limits::{MAX_NAME_CHARS, MAX_PARTICIPANTS};
use visavis_signaling::text::clean;
use visavis_signaling::{
    Dialect, DialectInput, DialectOutput, IceCandidate, Inbound, MediaState, Negotiation, NegotiationMessage,
    Outbound, ParticipantId, ParticipantInfo, Remote, RosterSignal, SdpType, ServerSignal,
    SessionDescription, SfuConnectionId, SfuRequest, Source, Timestamp, TrackSettings, VideoSettings,
    VideoSize,
};

use crate::script::{candidate, lines, number, sdp, text_of};

/// Most that may follow from one input: all that a session keeps, or a whole roster.
const MAX_OUTPUTS: usize = 512;
/// Most bytes of one frame: a description of which every character must be escaped.
const MAX_FRAME_BYTES: usize = 2 << 20;
/// Most deadlines in a row at one moment.
const MAX_TIMERS: u32 = 50;
/// Most deadlines on the way to a later moment.
const MAX_DEADLINES: u32 = 2000;

/// Servers that `mapping` speaks with; the first is the usual one.
const MAPPINGS: [(&str, &str); 4] = [
    ("rooms", include_str!("../../../docs/mapping/rooms.json")),
    ("pair", include_str!("../../../docs/mapping/pair.json")),
    ("topics", include_str!("../../../docs/mapping/topics.json")),
    ("join-room", include_str!("../../../docs/mapping/join-room.json")),
];

/// The first line names the dialect, or its first letter chooses one. After a space follows the server, for `mapping`, or where
/// tokens are given out. Marks: `<` a frame, `+` the room says, `!` the socket opens or closes, or `token` with a status and what is
/// given, `@` the time is so many milliseconds, `~` so many tenths of a second pass.
pub(crate) fn run(bytes: &[u8]) {
    let text = text_of(bytes);
    let (name, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let (name, server) = name.split_once(' ').unwrap_or((name, ""));
    let by_letter = || ALL.get(usize::from(name.bytes().next()?) % ALL.len());
    let Some(listed) = ALL.iter().find(|listed| listed.name == name).or_else(by_letter) else { return };
    let mut conversation = Conversation::new(listed, server);
    for (mark, rest) in lines(rest) {
        conversation.step(mark, &rest);
    }
}

fn mapping(server: &str) -> Option<Rc<Mapping>> {
    let file = MAPPINGS.iter().find(|(name, _)| *name == server).unwrap_or(&MAPPINGS[0]).1;
    Mapping::parse(file).ok().map(Rc::new)
}

struct Conversation {
    dialect: Box<dyn Dialect>,
    socket_io: bool,
    /// Where frames are binary: the server has only said what can be written so.
    binary: bool,
    /// The dialect of the Visavis server leaves it to the signal client to drop what is sent without a socket.
    is_visavis: bool,
    now: Timestamp,
    open: bool,
    /// A Socket.IO server has let us in.
    connected: bool,
    people: Vec<ParticipantId>,
}

impl Conversation {
    fn new(listed: &DialectEntry, server: &str) -> Self {
        let identity = "0123456789abcdef".repeat(4);
        let mapping = mapping(server);
        let options = Options {
            url: "ws://server".into(),
            identity,
            page: "page".into(),
            mapping,
            alternative_urls: json::parse_any("[\"ws://other\"]").ok(),
            token_url: server.into(),
            ..Options::default()
        };
        let dialect = (listed.make)(options);
        Self {
            socket_io: dialect.endpoint().url.contains("EIO="),
            binary: dialect.endpoint().binary.is_some(),
            is_visavis: listed.name == "visavis",
            dialect,
            now: Timestamp::default(),
            open: false,
            connected: false,
            people: Vec::new(),
        }
    }

    fn step(&mut self, mark: char, rest: &str) {
        match (mark, rest) {
            ('<', frame) if self.open => {
                let frame = self.translate(frame);
                self.input(DialectInput::Frame(frame));
            }
            ('+', words) => {
                if let Some(outbound) = parse_outbound(words) {
                    self.input(DialectInput::Send(outbound));
                }
            }
            ('!', "opened") => self.input(DialectInput::Opened),
            ('!', "closed") => self.input(DialectInput::Closed),
            ('!', "hung up") => {
                if let Some(id) = self.people.first().cloned() {
                    self.input(DialectInput::HangUpChannelClosed(id));
                }
            }
            ('!', message) if message.starts_with("channel ") => {
                let message = message.strip_prefix("channel ").unwrap_or_default().to_owned();
                self.input(DialectInput::ChannelMessage(message));
            }
            ('!', answer) if answer.starts_with("token ") => {
                let (status, body) = number(answer.strip_prefix("token ").unwrap_or_default());
                let status = u16::try_from(status).unwrap_or_default();
                self.input(DialectInput::TokenResponse { status, body: body.to_owned() });
            }
            ('@', time) => self.wait_until(Timestamp::from_millis(number(time).0.min(1 << 40))),
            ('~', time) => {
                self.wait_until(self.now + Duration::from_millis(number(time).0.min(1 << 20) * 100));
            }
            _ => {}
        }
    }

    /// A frame as the socket gives it to the dialect. One that no server can write in binary may be there all the same, but what
    /// follows from it need not be writable either.
    fn translate(&mut self, frame: &str) -> String {
        let Some(binary) = self.dialect.endpoint().binary else { return frame.to_owned() };
        match wire::response_bytes(frame) {
            Ok(bytes) => (binary.decode)(&bytes),
            Err(_) => {
                self.binary = false;
                frame.to_owned()
            }
        }
    }

    /// Lets time pass, and every deadline on the way. Of very many the rest comes late, as in a page that sleeps.
    fn wait_until(&mut self, end: Timestamp) {
        let (end, mut timers_in_a_row) = (end.max(self.now), 0);
        for _ in 0..MAX_DEADLINES {
            let Some(at) = self.dialect.poll_timeout().filter(|at| *at <= end) else { break };
            timers_in_a_row = if at > self.now { 0 } else { timers_in_a_row + 1 };
            assert!(timers_in_a_row < MAX_TIMERS, "the timer does not stop");
            self.now = self.now.max(at);
            self.handle(DialectInput::Timeout);
        }
        self.now = end;
    }

    /// As the room does it: one input, and then what is already due.
    fn input(&mut self, input: DialectInput) {
        match &input {
            DialectInput::Opened => (self.open, self.connected) = (true, false),
            DialectInput::Closed => self.open = false,
            DialectInput::Frame(frame) => self.connected |= frame.starts_with("40"),
            DialectInput::Send(_)
            | DialectInput::TokenResponse { .. }
            | DialectInput::HangUpChannelClosed(_)
            | DialectInput::ChannelMessage(_)
            | DialectInput::Timeout => {}
        }
        self.handle(input);
        self.wait_until(self.now);
    }

    fn handle(&mut self, input: DialectInput) {
        let (mut out, input_text) = (Vec::new(), format!("{input:.60?}"));
        let may_be_dropped = self.is_visavis && matches!(input, DialectInput::Send(_));
        self.dialect.handle(self.now, input, &mut out);
        assert!(out.len() <= MAX_OUTPUTS, "{} answers to {input_text}", out.len());
        for output in out {
            match output {
                DialectOutput::Frame(frame) => {
                    assert!(
                        self.open || may_be_dropped,
                        "without a socket, {input_text} was answered by {frame:.99}"
                    );
                    self.assert_frame(&frame);
                }
                DialectOutput::Signal(signal) => self.on_signal(signal),
                DialectOutput::Invalid(why) => assert!(why.len() < 1000),
                DialectOutput::ServerSilent | DialectOutput::UrlChanged => {}
            }
        }
    }

    fn assert_frame(&self, frame: &str) {
        assert!(frame.len() <= MAX_FRAME_BYTES, "a frame of {} bytes", frame.len());
        if self.socket_io {
            assert!(is_packet(frame), "no Socket.IO packet: {frame:.99}");
            assert!(
                self.connected || !frame.starts_with("42"),
                "said before the server let us in: {frame:.99}"
            );
        } else {
            assert!(is_json(frame), "not JSON: {frame:.99}");
        }
        if let Some(binary) = self.dialect.endpoint().binary.filter(|_| self.binary) {
            assert!(!(binary.encode)(frame).is_empty(), "not protobuf: {frame:.999}");
        }
    }

    /// The room has a roster, and it is bounded.
    fn on_signal(&mut self, signal: Inbound) {
        match signal {
            Inbound::Server(ServerSignal::Joined(joined)) => {
                assert!(joined.participants.len() <= MAX_PARTICIPANTS, "a crowd");
                joined.participants.iter().for_each(assert_info);
                self.people = joined.participants.into_iter().map(|info| info.id).collect();
            }
            Inbound::Roster(RosterSignal::Joined(info) | RosterSignal::Resumed(info)) => {
                assert_info(&info);
                if !self.people.contains(&info.id) {
                    self.people.push(info.id);
                }
                // Our own server bounds its rooms, and the room bounds what it believes.
                assert!(self.is_visavis || self.people.len() <= MAX_PARTICIPANTS, "a crowd");
            }
            Inbound::Roster(RosterSignal::Left(id) | RosterSignal::Lost(id)) => {
                self.people.retain(|one| *one != id);
            }
            Inbound::Server(ServerSignal::Rejected(rejection)) => {
                assert!(rejection.text.chars().count() <= 200);
                if rejection.code.is_final() {
                    self.people.clear();
                }
            }
            Inbound::Server(ServerSignal::Resumed { .. })
            | Inbound::Server(
                ServerSignal::IceServers(_) | ServerSignal::Muted(_) | ServerSignal::Unanswered,
            )
            | Inbound::Roster(RosterSignal::MediaState { .. })
            | Inbound::Negotiation(_)
            | Inbound::Exchanged(_)
            | Inbound::Sfu(_) => {}
        }
    }
}

fn assert_info(info: &ParticipantInfo) {
    assert_eq!(clean(&info.name, MAX_NAME_CHARS), info.name, "a name is clean");
}

/// By its grammar: a number of theirs that we repeat may be too large for some to read.
fn is_json(text: &str) -> bool {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(_) => true,
        Err(error) => error.to_string().starts_with("number out of range"),
    }
}

/// Engine.IO: ping and pong, or a message that is a packet of Socket.IO. Written from their specification, not from our
/// carrier.
fn is_packet(frame: &str) -> bool {
    let mut chars = frame.chars();
    match (chars.next(), chars.next()) {
        (Some('2' | '3'), _) => true,
        (Some('4'), Some('0'..='3')) => {
            let rest = chars.as_str();
            let rest = match rest.strip_prefix('/') {
                Some(rest) => rest.split_once(',').map_or("", |(_, rest)| rest),
                None => rest,
            };
            let data = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            data.is_empty() || is_json(data)
        }
        _ => false,
    }
}

/// The description of a session; to a server that forwards, it names the tracks that it sends.
fn described(session: char, names_tracks: bool) -> String {
    let sdp = sdp(session);
    if !names_tracks {
        return sdp;
    }
    let microphone = format!("a=msid:- microphone-{session}\r\nm=video");
    [&sdp.replace("m=video", &microphone), "a=msid:- camera\r\n"].concat()
}

/// What the room says, in the words of the transcripts.
fn parse_outbound(words: &str) -> Option<Outbound> {
    let words: Vec<&str> = words.split(' ').collect();
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    let letter = |at: usize| word(at).chars().next().unwrap_or('a');
    let connection = || Some(SfuConnectionId(word(1).strip_prefix("sfu:")?.parse().ok()?));
    let to =
        || connection().map(Remote::Server).or_else(|| ParticipantId::new(word(1)).map(Remote::Participant));
    let epoch = |at| word(at).parse().unwrap_or(0);
    let media = MediaState::default()
        .with(Source::Microphone, !words.contains(&"muted"))
        .with(Source::Camera, words.contains(&"camera"));
    let negotiation =
        |epoch, message| Some(Outbound::Negotiation(Negotiation { remote: to()?, epoch, message }));
    match word(0) {
        "join" => {
            Some(Outbound::Join { room: word(1).into(), name: word(2).into(), media, offers: Vec::new() })
        }
        "media" => Some(Outbound::MediaState(media)),
        kind @ ("offer" | "answer") => {
            let sdp_type = if kind == "offer" { SdpType::Offer } else { SdpType::Answer };
            let description =
                SessionDescription { sdp_type, sdp: described(letter(2), connection().is_some()) };
            negotiation(epoch(3), NegotiationMessage::Description(description))
        }
        "candidate" => {
            let candidate = IceCandidate {
                candidate: candidate(letter(2), letter(3)),
                sdp_mid: Some("0".into()),
                sdp_m_line_index: Some(0),
                username_fragment: None,
            };
            negotiation(epoch(4), NegotiationMessage::Candidate(Some(candidate)))
        }
        "end" => negotiation(epoch(2), NegotiationMessage::Candidate(None)),
        "restart" => Some(Outbound::Sfu(connection()?, SfuRequest::RestartIce)),
        "rebuild" => Some(Outbound::Sfu(connection()?, SfuRequest::Rebuild)),
        "shown" => {
            let width = word(3).split_once('x').and_then(|(width, _)| width.parse().ok());
            let settings = width.map_or(TrackSettings::Disabled, |width| {
                TrackSettings::Enabled(VideoSize { width, height: 90 })
            });
            let settings = VideoSettings::default().with(Source::from_name(word(2))?, Some(settings));
            Some(Outbound::TrackSettings { publisher: ParticipantId::new(word(1))?, settings })
        }
        "message" => {
            let (to, text) = (ParticipantId::new(word(1)).into_iter().collect(), word(2).to_owned());
            Some(Outbound::PeerMessage { to, text })
        }
        "leave" => Some(Outbound::Leave),
        "check" => Some(Outbound::Preflight),
        _ => None,
    }
}
