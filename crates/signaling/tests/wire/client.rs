//! Transcripts of the client's side, replayed against the dialect.
//!
//! `<- frame` is what the server sends, `-> frame` what the client must send next, `= words` a signal that the room
//! must receive next, `= say words` one that the room sends, `! opened` and `! closed` what happens to the socket, `! session page` a client
//! that takes up its sessions, and
//! `@ millis` the time from here on. After a step everything that follows from it must be in the transcript.

use std::collections::VecDeque;

use visavis_signaling::dialects::visavis::Visavis;
use visavis_signaling::{
    Dialect, DialectInput, DialectOutput, ExchangedOffer, IceCandidate, IceServers, Inbound, MediaState,
    Negotiation, NegotiationMessage, Offerer, Outbound, ParticipantId, ParticipantInfo, Remote, RosterSignal,
    SdpType, ServerSignal, SessionDescription, Source, Timestamp,
};

use crate::script::{agrees, transcripts};

struct Client {
    dialect: Visavis,
    now: Timestamp,
    outputs: VecDeque<DialectOutput>,
    signals: VecDeque<String>,
}

impl Client {
    fn new() -> Self {
        let dialect = Visavis::new("wss://example.org/ws", format!("{:->32}", "ann"));
        Self { dialect, now: Timestamp::default(), outputs: VecDeque::new(), signals: VecDeque::new() }
    }

    fn step(&mut self, line: &str) -> Result<(), String> {
        let (mark, rest) = line.split_once(' ').unwrap_or((line, ""));
        match (mark, rest.strip_prefix("say ")) {
            ("=", Some(words)) => self.input(DialectInput::Send(outbound(words))),
            ("=", None) => self.expect_signal(rest),
            ("->", _) => self.expect_frame(rest),
            ("<-", _) => self.input(DialectInput::Frame(rest.to_owned())),
            ("!", _) if rest.starts_with("session ") => {
                let page = rest.trim_start_matches("session ");
                self.dialect = Self::new().dialect.with_session(page);
                Ok(())
            }
            ("!", _) if rest == "opened" => self.input(DialectInput::Opened),
            ("!", _) if rest == "closed" => self.input(DialectInput::Closed),
            ("@", _) => self.wait_until(Timestamp::from_millis(rest.parse().map_err(|_| "no time")?)),
            _ => Err("no step".to_owned()),
        }
    }

    fn wait_until(&mut self, now: Timestamp) -> Result<(), String> {
        self.now = now;
        self.input(DialectInput::Timeout)
    }

    fn input(&mut self, input: DialectInput) -> Result<(), String> {
        self.finish()?;
        let mut out = Vec::new();
        self.dialect.handle(self.now, input, &mut out);
        self.outputs = out.into();
        Ok(())
    }

    fn finish(&self) -> Result<(), String> {
        let done = self.outputs.is_empty() && self.signals.is_empty();
        done.then_some(()).ok_or_else(|| format!("unexpected {:?} {:?}", self.outputs, self.signals))
    }

    fn expect_frame(&mut self, expected: &str) -> Result<(), String> {
        match self.outputs.pop_front() {
            Some(DialectOutput::Frame(frame)) if agrees(&serde_json::from_str(&frame).unwrap(), expected) => {
                Ok(())
            }
            other => Err(format!("got {other:?}")),
        }
    }

    fn expect_signal(&mut self, expected: &str) -> Result<(), String> {
        if self.signals.is_empty() {
            self.signals = match self.outputs.pop_front() {
                Some(DialectOutput::Signal(signal)) => describe(signal).into(),
                Some(DialectOutput::Invalid(_)) => ["misunderstood".to_owned()].into(),
                Some(DialectOutput::ServerSilent) => ["stalled".to_owned()].into(),
                Some(DialectOutput::UrlChanged) => ["moved".to_owned()].into(),
                other @ (Some(DialectOutput::Frame(_)) | None) => return Err(format!("got {other:?}")),
            };
        }
        let signal = self.signals.pop_front().unwrap_or_default();
        (signal == expected).then_some(()).ok_or(signal)
    }
}

/// The signal of a line that starts with `= say`.
fn outbound(words: &str) -> Outbound {
    let mut words = words.splitn(5, ' ');
    let kind = words.next().unwrap();
    let mut word = || words.next().unwrap_or_default().to_owned();
    let to = |word: String| ParticipantId::new(word).unwrap();
    match kind {
        "join" => Outbound::Join {
            room: word(),
            name: word(),
            media: media(&[word(), word()].join(" ")),
            offers: Vec::new(),
        },
        "media" => Outbound::MediaState(media(&word())),
        "leave" => Outbound::Leave,
        "check" => Outbound::Preflight,
        "describe" => {
            let (to, epoch) = (to(word()), word().parse().unwrap());
            let sdp_type = if word() == "offer" { SdpType::Offer } else { SdpType::Answer };
            let sdp = word().replace("\\r\\n", "\r\n");
            Outbound::description(to, epoch, SessionDescription { sdp_type, sdp })
        }
        "candidate" => {
            let (to, epoch) = (to(word()), word().parse().unwrap());
            let candidate = [word(), word()].join(" ");
            let candidate = IceCandidate {
                candidate,
                sdp_mid: Some("0".into()),
                sdp_m_line_index: Some(0),
                username_fragment: None,
            };
            Outbound::candidate(to, epoch, Some(candidate))
        }
        "end" => Outbound::candidate(to(word()), word().parse().unwrap(), None),
        other => panic!("nobody says {other}"),
    }
}

fn media(words: &str) -> MediaState {
    let on = |source: &str| words.split(' ').any(|word| word == source);
    MediaState::default()
        .with(Source::Microphone, on("microphone"))
        .with(Source::Camera, on("camera"))
        .with(Source::Screen, on("screen"))
}

/// A signal in words: one line, or several for a roster.
fn describe(signal: Inbound) -> Vec<String> {
    let line = match signal {
        Inbound::Server(ServerSignal::Joined(joined)) => {
            let capacity = joined.capacity.map(|n| format!(" capacity={n}")).unwrap_or_default();
            let mut lines = vec![format!("joined {}{capacity}", joined.id)];
            lines.extend(joined.participants.iter().map(|them| format!("  them {}", introduce(them))));
            lines.extend(joined.ice_servers.iter().flat_map(ice).map(|line| format!("  {line}")));
            return lines;
        }
        Inbound::Server(ServerSignal::IceServers(servers)) if servers.servers.is_empty() => "ice".to_owned(),
        Inbound::Server(ServerSignal::IceServers(servers)) => return ice(&servers),
        Inbound::Server(ServerSignal::Resumed { ice_servers }) => {
            let lines = ["resumed".to_owned()].into_iter();
            return lines.chain(ice_servers.iter().flat_map(ice).map(|line| format!("  {line}"))).collect();
        }
        Inbound::Roster(RosterSignal::Resumed(them)) => format!("back {}", introduce(&them)),
        Inbound::Roster(RosterSignal::Joined(them)) => format!("came {}", introduce(&them)),
        Inbound::Roster(RosterSignal::Left(id)) => format!("left {id}"),
        Inbound::Roster(RosterSignal::Lost(id)) => format!("gone {id}"),
        Inbound::Sfu(_) => unreachable!("our server passes no media"),
        Inbound::Negotiation(negotiation) => describe_negotiation(negotiation),
        Inbound::Exchanged(ExchangedOffer { from, epoch, offer, deposit }) => {
            format!("exchanged {from} {epoch} {deposit} {:?}", offer.sdp)
        }
        Inbound::Roster(RosterSignal::MediaState { from, media }) => {
            format!("media {from}{}", show_media(media))
        }
        Inbound::Server(ServerSignal::Muted(source)) => format!("muted {}", source.as_str()),
        Inbound::Server(ServerSignal::Unanswered) => "unanswered".to_owned(),
        Inbound::Server(ServerSignal::Rejected(rejection)) => {
            let closes = if rejection.closes { ", closes" } else { "" };
            let is_final = if rejection.code.is_final() { ", final" } else { "" };
            format!("rejected {} {:?}{closes}{is_final}", rejection.code.as_str(), rejection.text)
        }
    };
    vec![line]
}

fn describe_negotiation(Negotiation { remote, epoch, message }: Negotiation) -> String {
    let Remote::Participant(from) = remote else { unreachable!("our server passes no media") };
    match message {
        NegotiationMessage::Description(SessionDescription { sdp_type, sdp }) => {
            format!("description {from} {epoch} {} {sdp:?}", format!("{sdp_type:?}").to_lowercase())
        }
        NegotiationMessage::Candidate(None) => format!("end {from} {epoch}"),
        NegotiationMessage::Candidate(Some(candidate)) => {
            format!("candidate {from} {epoch} {}", show_candidate(&candidate))
        }
    }
}

fn introduce(them: &ParticipantInfo) -> String {
    let offers = match them.offerer {
        Offerer::Us => "we offer",
        Offerer::Them => "they offer",
        Offerer::Unknown | Offerer::Sfu => unreachable!("our server always knows"),
    };
    let session = them.session.as_ref().map(|session| format!(" of {session}")).unwrap_or_default();
    format!(
        "{} {:?}{}{session}, {offers}",
        them.id,
        them.name,
        them.media.map(show_media).unwrap_or_default()
    )
}

fn show_media(media: MediaState) -> String {
    let sources = [
        (media.is_on(Source::Microphone), " microphone"),
        (media.is_on(Source::Camera), " camera"),
        (media.is_on(Source::Screen), " screen"),
    ];
    sources.into_iter().filter_map(|(on, name)| on.then_some(name)).collect()
}

fn show_candidate(candidate: &IceCandidate) -> String {
    let mid = candidate.sdp_mid.as_ref().map(|mid| format!(" mid={mid}"));
    let line = candidate.sdp_m_line_index.map(|line| format!(" line={line}"));
    let ufrag = candidate.ufrag().map(|ufrag| format!(" ufrag={ufrag}"));
    let rest: String = [mid, line, ufrag].into_iter().flatten().collect();
    format!("{:?}{rest}", candidate.candidate)
}

fn ice(servers: &IceServers) -> Vec<String> {
    let user = |name: &Option<String>| name.as_ref().map(|name| format!(" as {name}")).unwrap_or_default();
    let each = servers.servers.iter().map(|s| format!("ice {}{}", s.urls.join(" "), user(&s.username)));
    let expiry = servers.expires_in.map(|time| format!("ice expires in {}s", time.as_secs()));
    each.chain(expiry).collect()
}

#[test]
fn the_dialect_follows_the_transcripts() {
    for (path, lines) in transcripts("client") {
        let mut client = Client::new();
        for line in lines {
            let taken = client.step(&line.text);
            let shown: String = line.text.chars().take(300).collect();
            assert!(taken.is_ok(), "{}:{}: {shown}\n{}", path.display(), line.number, taken.unwrap_err());
        }
        assert_eq!(client.finish(), Ok(()), "{}", path.display());
    }
}
