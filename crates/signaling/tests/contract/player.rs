//! Runs a dialect: gives it the inputs of a room and a socket, and writes its outputs as lines of a transcript.

use std::io::Read as _;
use std::time::Duration;

use flate2::read::GzDecoder;
use visavis_signaling::dialects::livekit::wire;
use visavis_signaling::dialects::{DialectEntry, Options};
use visavis_signaling::json;
use visavis_signaling::{
    Dialect, DialectInput, DialectOutput, Endpoint, ForwardedTrack, IceCandidate, Inbound, JoinOffer,
    MediaState, Negotiation, NegotiationMessage, Outbound, ParticipantId, ParticipantInfo, Remote,
    RosterSignal, SdpType, ServerSignal, SessionDescription, SfuConnection, SfuConnectionId, SfuRequest,
    SfuSignal, Source, Timestamp, TrackSettings, VideoSettings, VideoSize,
};

use crate::script::{Step, candidate, described, expand, shorten};
use crate::transcripts::Case;

pub(crate) const URL: &str = "ws://server";

/// A dialect, and the lines of its outputs since they were taken last.
pub(crate) struct Player {
    entry: &'static DialectEntry,
    options: Options,
    dialect: Box<dyn Dialect>,
    /// Whether the room wants to be in: where to open the socket is to join, it stays closed before.
    wanted: bool,
    now: Timestamp,
    pub(crate) lines: Vec<String>,
}

impl Player {
    pub(crate) fn new(case: &Case) -> Self {
        let identity = ["0123456789abcdef"; 4].concat();
        let options =
            Options { url: URL.into(), identity, mapping: case.mapping.clone(), ..Options::default() };
        Self {
            entry: case.entry,
            dialect: (case.entry.make)(options.clone()),
            options,
            wanted: false,
            now: Timestamp::default(),
            lines: Vec::new(),
        }
    }

    /// Gives the dialect the input of a step.
    pub(crate) fn perform(&mut self, step: &Step) {
        match (step.mark, step.text.as_str()) {
            ('<', frame) => self.input(DialectInput::Frame(expand(frame))),
            ('+', words) => self.input(DialectInput::Send(outbound(words))),
            ('!', "opened") => self.open(step.number),
            ('!', "closed") => self.input(DialectInput::Closed),
            ('!', "url") => self.lines.push(endpoint_line(&self.dialect.endpoint())),
            ('!', message) if message.starts_with("channel ") => {
                let message = message.split_once(' ').unwrap().1.to_owned();
                self.input(DialectInput::ChannelMessage(message));
            }
            ('!', answer) if answer.starts_with("token ") => self.answer_token_request(answer),
            ('%', settings) => self.configure(settings),
            ('@', time) => self.wait_until(Timestamp::from_millis(time.parse().unwrap())),
            other => panic!("no step: {other:?}"),
        }
    }

    /// The socket opens, as far as the dialect lets it.
    fn open(&mut self, number: usize) {
        let may_open = self.wanted || !self.dialect.joins_by_opening();
        assert!(may_open, "line {number}: nobody has asked to join");
        let needs_token = self.dialect.endpoint().token_request.is_some();
        assert!(!needs_token, "line {number}: no token has been given");
        self.input(DialectInput::Opened);
    }

    /// `token <status> <body>`
    fn answer_token_request(&mut self, answer: &str) {
        let mut words = answer.splitn(3, ' ').skip(1);
        let status = words.next().unwrap().parse().unwrap();
        let body = words.next().unwrap_or_default().to_owned();
        self.input(DialectInput::TokenResponse { status, body });
    }

    /// A page with other settings, in the words of `config.json`.
    fn configure(&mut self, settings: &str) {
        let settings = json::parse(settings).unwrap();
        let text = |key| settings.at(key).as_text().unwrap_or_default().to_owned();
        self.options.url = text("url");
        self.options.user_agent = text("userAgent");
        self.options.token_url = text("tokenUrl");
        self.options.alternative_urls = Some(settings.at("alternativeUrls").clone());
        self.options.auth = Some(settings.at("auth").clone());
        self.dialect = (self.entry.make)(self.options.clone());
        self.wanted = false;
    }

    /// What comes of a frame of ours if the server sends it back: where frames are binary, theirs are of another kind.
    pub(crate) fn echo(&self, frame: &str) -> String {
        let Some(binary) = self.dialect.endpoint().binary else { return frame.to_owned() };
        let bytes = (binary.encode)(frame);
        assert!(!bytes.is_empty(), "nobody can write {frame}");
        (binary.decode)(&bytes)
    }

    /// Lets time pass, and every deadline on the way.
    pub(crate) fn wait_until(&mut self, end: Timestamp) {
        let mut steps = 0;
        while let Some(at) = self.dialect.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.step(DialectInput::Timeout);
            steps += 1;
            assert!(steps < 10_000, "the dialect is busy without end");
        }
        self.now = end;
    }

    pub(crate) fn wait(&mut self, time: Duration) {
        self.wait_until(self.now + time);
    }

    /// As the room does it: one input, and then the timeouts that are due.
    pub(crate) fn input(&mut self, input: DialectInput) {
        self.step(input);
        self.wait_until(self.now);
    }

    /// One input, without the timeouts that are due: timers of browsers are late.
    pub(crate) fn step(&mut self, input: DialectInput) {
        if let DialectInput::Send(outbound) = &input {
            self.wanted |= matches!(outbound, Outbound::Join { .. });
            self.wanted &= *outbound != Outbound::Leave;
        }
        let mut out = Vec::new();
        self.dialect.handle(self.now, input, &mut out);
        self.lines.extend(out.into_iter().flat_map(|output| match output {
            DialectOutput::Frame(frame) => vec![format!("> {}", shorten(&frame))],
            DialectOutput::Signal(signal) => inbound_lines(signal),
            DialectOutput::Invalid(_) => vec!["= misunderstood".to_owned()],
            DialectOutput::ServerSilent => vec!["= stalled".to_owned()],
            DialectOutput::UrlChanged => vec!["= moved".to_owned()],
        }));
    }
}

/// `connects to <URL>?<query> <protocols>`; `asks` if there has to be a token first.
fn endpoint_line(endpoint: &Endpoint) -> String {
    if let Some(request) = &endpoint.token_request {
        let line = format!("= asks {} [{}] {}", request.url, request.authorization, request.body);
        return shorten(&line);
    }
    let mark = if endpoint.query.is_empty() { "" } else { "?" };
    let (query, request) = endpoint.query.split_once("join_request=").unwrap_or((&endpoint.query, ""));
    let request = if request.is_empty() { String::new() } else { join_request(request) };
    let url = [&endpoint.url, mark, query, &request].concat();
    ["= connects to", &url, &endpoint.protocols.join(" ")].join(" ")
}

/// LiveKit's request to join, unpacked.
fn join_request(parameter: &str) -> String {
    let gunzip = |bytes: &[u8]| {
        let mut out = Vec::new();
        GzDecoder::new(bytes).read_to_end(&mut out).ok().map(|_| out)
    };
    let text = wire::join_request_text(parameter, gunzip).unwrap();
    ["join_request=", &shorten(&text)].concat()
}

/// Reads a signal of the room: `join <room> <name>`, then what is sent as in `media` and `offer:<session>`, `offer <to> <session> [<epoch>]`, `candidate <to> <session> <number>
/// [<epoch>]`, `end <to>`, `restart <to>`, `rebuild <to>`, `media`, then any of `microphone`, `camera` and `screen`, `shown <whose>
/// <source> <width>x<height>` or `hidden`, `message <to>,<to> <text>`, `leave`.
/// Whom it is for is a participant, or `sfu:0` for the connection of that number to a server that forwards.
fn outbound(words: &str) -> Outbound {
    let words: Vec<&str> = words.split(' ').collect();
    let letter = |at: usize| words[at].chars().next().unwrap();
    let epoch = |at: usize| words.get(at).map_or(0, |text| text.parse().unwrap());
    let connection = || SfuConnectionId(words[1].strip_prefix("sfu:").unwrap().parse().unwrap());
    let negotiation = |epoch, message| {
        let remote = match words[1].strip_prefix("sfu:") {
            Some(_) => Remote::Server(connection()),
            None => Remote::Participant(ParticipantId::new(words[1]).unwrap()),
        };
        Outbound::Negotiation(Negotiation { remote, epoch, message })
    };
    let media = || {
        let on = |kind| words.contains(&kind);
        let (microphone, camera, screen) = (on("microphone"), on("camera"), on("screen"));
        MediaState::default()
            .with(Source::Microphone, microphone)
            .with(Source::Camera, camera)
            .with(Source::Screen, screen)
    };
    match words[0] {
        "join" => Outbound::Join {
            room: words[1].into(),
            name: words.get(2).copied().unwrap_or_default().into(),
            media: media(),
            offers: words.iter().filter_map(|word| word.strip_prefix("offer:")).map(join_offer).collect(),
        },
        kind @ ("offer" | "answer") => {
            let sdp_type = if kind == "offer" { SdpType::Offer } else { SdpType::Answer };
            let description = SessionDescription { sdp_type, sdp: described(words[2]) };
            negotiation(epoch(3), NegotiationMessage::Description(description))
        }
        "candidate" => {
            let candidate = ice_candidate(letter(2), letter(3));
            negotiation(epoch(4), NegotiationMessage::Candidate(Some(candidate)))
        }
        "end" => negotiation(epoch(2), NegotiationMessage::Candidate(None)),
        "restart" => Outbound::Sfu(connection(), SfuRequest::RestartIce),
        "rebuild" => Outbound::Sfu(connection(), SfuRequest::Rebuild),
        "media" => Outbound::MediaState(media()),
        "shown" => {
            let settings = match words[3].split_once('x') {
                Some((width, height)) => TrackSettings::Enabled(VideoSize {
                    width: width.parse().unwrap(),
                    height: height.parse().unwrap(),
                }),
                None => TrackSettings::Disabled,
            };
            let settings =
                VideoSettings::default().with(Source::from_name(words[2]).unwrap(), Some(settings));
            Outbound::TrackSettings { publisher: ParticipantId::new(words[1]).unwrap(), settings }
        }
        "message" => Outbound::PeerMessage {
            to: words[1].split(',').map(|id| ParticipantId::new(id).unwrap()).collect(),
            text: words[2].into(),
        },
        "leave" => Outbound::Leave,
        "check" => Outbound::Preflight,
        _ => panic!("no signal: {words:?}"),
    }
}

fn join_offer(described_as: &str) -> JoinOffer {
    let offer = SessionDescription { sdp_type: SdpType::Offer, sdp: described(described_as) };
    JoinOffer { epoch: 0, offer, exchange: false }
}

fn ice_candidate(session: char, number: char) -> IceCandidate {
    IceCandidate {
        candidate: candidate(session, number),
        sdp_mid: Some("0".into()),
        sdp_m_line_index: Some(0),
        username_fragment: None,
    }
}

fn inbound_lines(signal: Inbound) -> Vec<String> {
    match signal {
        Inbound::Server(ServerSignal::Joined(joined)) => {
            let capacity = joined.capacity.map(|capacity| format!(", for {capacity}")).unwrap_or_default();
            let room = joined.room.map(|room| format!(", called {room}")).unwrap_or_default();
            let ice = joined.ice_servers.map(|ice| format!(", {} ICE servers", ice.servers.len()));
            let line = format!("= joined{capacity}{room}{}", ice.unwrap_or_default());
            let others =
                joined.participants.iter().map(|info| format!("= is here {}", participant_text(info)));
            [line].into_iter().chain(others).collect()
        }
        Inbound::Server(ServerSignal::Resumed { .. }) => vec!["= resumed".into()],
        Inbound::Roster(RosterSignal::Resumed(info)) => {
            vec![format!("= is back {}", participant_text(&info))]
        }
        Inbound::Roster(RosterSignal::Joined(info)) => vec![format!("= enters {}", participant_text(&info))],
        Inbound::Roster(RosterSignal::Left(id)) => vec![format!("= left {id}")],
        Inbound::Roster(RosterSignal::Lost(id)) => vec![format!("= gone {id}")],
        Inbound::Sfu(signal) => sfu_lines(signal),
        Inbound::Exchanged(_) => unreachable!("no foreign server takes deposits"),
        Inbound::Negotiation(negotiation) => vec![negotiation_line(negotiation)],
        Inbound::Roster(RosterSignal::MediaState { from, media }) => {
            vec![format!("= media {from} {}", media_text(media))]
        }
        Inbound::Server(ServerSignal::IceServers(ice)) => {
            vec![format!("= {} ICE servers", ice.servers.len())]
        }
        Inbound::Server(ServerSignal::Muted(source)) => vec![format!("= muted {}", source.as_str())],
        Inbound::Server(ServerSignal::Unanswered) => vec!["= unanswered".into()],
        Inbound::Server(ServerSignal::Rejected(rejection)) => {
            let closes = if rejection.closes { ", closes" } else { "" };
            vec![format!("= rejected {} {:?}{closes}", rejection.code.as_str(), rejection.text)]
        }
    }
}

fn sfu_lines(signal: SfuSignal) -> Vec<String> {
    match signal {
        SfuSignal::Connections(connections) => {
            let line = |connection: &SfuConnection| {
                let SfuConnection { id: SfuConnectionId(number), epoch, direction, simulcast } = connection;
                let simulcast = if *simulcast { ", simulcast" } else { "" };
                format!("= connection sfu:{number}, generation {epoch}, {direction:?}{simulcast}")
            };
            connections.iter().map(line).collect()
        }
        SfuSignal::Tracks { connection: SfuConnectionId(number), tracks } => {
            let track = |track: &ForwardedTrack| {
                format!(", {} {} of {}", track.mid, track.source.as_str(), track.publisher)
            };
            let tracks: String = tracks.iter().map(track).collect();
            vec![format!("= carries sfu:{number}{tracks}")]
        }
        SfuSignal::NegotiationNeeded(SfuConnectionId(number)) => {
            vec![format!("= wants an offer on sfu:{number}")]
        }
        SfuSignal::SubscribedQualities { source, enabled } => {
            vec![format!("= of our {} {enabled:?} are received", source.as_str())]
        }
        SfuSignal::Speakers(speaking) => {
            let speaking: Vec<_> = speaking.iter().map(ParticipantId::as_str).collect();
            vec![format!("= speaking: {}", speaking.join(" "))]
        }
        SfuSignal::SendMessage { connection: SfuConnectionId(number), message } => {
            vec![format!("= says on sfu:{number} {message}")]
        }
        SfuSignal::PeerMessage { from, text } => vec![format!("= message of {from}: {text}")],
    }
}

fn negotiation_line(Negotiation { remote, epoch, message }: Negotiation) -> String {
    let from = match remote {
        Remote::Participant(id) => id.to_string(),
        Remote::Server(SfuConnectionId(number)) => format!("sfu:{number}"),
    };
    let what = match message {
        NegotiationMessage::Description(description) => {
            let (kind, sdp) = (description.sdp_type.as_str(), description.sdp);
            format!("{kind} {}", shorten(&sdp.replace('\r', "\\r").replace('\n', "\\n")))
        }
        NegotiationMessage::Candidate(None) => "end of candidates".to_owned(),
        NegotiationMessage::Candidate(Some(candidate)) => {
            let index = candidate.sdp_m_line_index.map(|index| format!(" of section {index}"));
            format!("candidate {}{}", shorten(&candidate.candidate), index.unwrap_or_default())
        }
    };
    format!("= {what} from {from}, generation {epoch}")
}

fn participant_text(info: &ParticipantInfo) -> String {
    let media = info.media.map(|media| format!(", {}", media_text(media))).unwrap_or_default();
    format!("{} {:?}, offerer {:?}{media}", info.id, info.name, info.offerer)
}

fn media_text(media: MediaState) -> String {
    let kinds = [
        ("microphone", media.is_on(Source::Microphone)),
        ("camera", media.is_on(Source::Camera)),
        ("screen", media.is_on(Source::Screen)),
    ];
    let kinds: Vec<&str> = kinds.into_iter().filter(|(_, on)| *on).map(|(kind, _)| kind).collect();
    format!("sends [{}]", kinds.join(" "))
}
