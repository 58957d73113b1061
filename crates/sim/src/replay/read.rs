//! The other direction of the flight recorder: lines become inputs.

use visavis_core::signaling::json::{self, Json};
use visavis_core::signaling::{Probe, SdpType, SessionDescription, Timestamp, normalize};
use visavis_core::{
    CaptureId, Command, ConnectionEvent, ConnectionId, Finding, Fingerprint, Input, MediaError, MediaEvent,
    MediaKind, NetworkEvent, OperationError, PeerChannelEvent, PeerConnectionState, ProbeResult, SocketEvent,
    Source, Stats, StreamStats, TestId, TrackId,
};

const STATES: [PeerConnectionState; 6] = [
    PeerConnectionState::New,
    PeerConnectionState::Connecting,
    PeerConnectionState::Connected,
    PeerConnectionState::Disconnected,
    PeerConnectionState::Failed,
    PeerConnectionState::Closed,
];

const MEDIA_ERRORS: [MediaError; 7] = [
    MediaError::Denied,
    MediaError::NotFound,
    MediaError::Busy,
    MediaError::Insecure,
    MediaError::Unknown,
    MediaError::Policy,
    MediaError::Unavailable,
];

/// What follows the word.
pub(super) struct Parts<'a>(pub(super) &'a [Json]);

impl<'a> Parts<'a> {
    fn at(&self, index: usize) -> &'a Json {
        self.0.get(index).unwrap_or(&Json::Null)
    }

    /// Zeros at the end are left out.
    pub(super) fn number(&self, index: usize) -> Option<u32> {
        match self.at(index) {
            Json::Number(digits) => digits.parse().ok(),
            Json::Null | Json::Object(_) => Some(0),
            Json::Bool(_) | Json::Text(_) | Json::List(_) => None,
        }
    }

    /// A text by its key, wherever it stands.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.0.iter().find_map(|part| part.at(key).as_text()).map(str::to_owned)
    }

    fn one_of<T: Copy>(&self, index: usize, all: &[T]) -> Option<T> {
        all.get(usize::try_from(self.number(index)?).ok()?).copied()
    }

    fn source(&self, index: usize) -> Option<Source> {
        self.one_of(index, &Source::ALL)
    }

    pub(super) fn yes(&self, index: usize) -> bool {
        self.number(index) == Some(1)
    }

    /// The tracks of two sources, as far as there are any.
    fn tracks(&self, sources: [Source; 2]) -> Vec<(Source, TrackId)> {
        let tracks = sources.into_iter().zip([1, 2]);
        tracks.filter_map(|(source, index)| Some((source, self.track(index)?))).collect()
    }

    fn track(&self, index: usize) -> Option<TrackId> {
        self.number(index)?.checked_sub(1).map(TrackId)
    }
}

/// An input and when it came. `None` if the line is none.
pub(super) fn input(line: &Json, asked: Option<&Probe>) -> Option<(Timestamp, Input)> {
    let Json::List(parts) = line else { return None };
    let [Json::Number(at), Json::Text(word), rest @ ..] = parts.as_slice() else { return None };
    let parts = Parts(rest);
    let input = match word.as_str() {
        "opened" => Input::Socket(SocketEvent::Opened),
        "heard" => Input::Socket(SocketEvent::Frame(parts.text("frame")?)),
        "closed" => Input::Socket(closed(&parts)?),
        "seen" => Input::Probed(asked?.clone(), seen(&parts)?),
        "tested" => Input::Check(TestId(parts.number(0)?), finding(&parts)?),
        "online" => Input::Network(NetworkEvent::Online),
        "network" => Input::Network(NetworkEvent::Changed),
        "timeout" => Input::Timeout,
        word => command(word, &parts)
            .map(Input::Command)
            .or_else(|| media(word, &parts).map(Input::Media))
            .or_else(|| {
            Some(Input::Connection(ConnectionId(parts.number(0)?), connection(word, &parts)?))
        })?,
    };
    Some((Timestamp::from_millis(at.parse().ok()?), input))
}

fn closed(parts: &Parts<'_>) -> Option<SocketEvent> {
    Some(match parts.number(0)? {
        0 => SocketEvent::Closed,
        code => SocketEvent::ClosedWith { code: code.try_into().ok()?, reason: parts.text("text")? },
    })
}

fn seen(parts: &Parts<'_>) -> Option<ProbeResult> {
    Some(match parts.number(0)? {
        0 => ProbeResult::MixedContent,
        1 => ProbeResult::NoAnswer,
        2 => ProbeResult::Opaque,
        3 => ProbeResult::Response { status: parts.number(1)?.try_into().ok()?, body: parts.text("body")? },
        4 => ProbeResult::WebSocketOpened,
        _ => return None,
    })
}

fn finding(parts: &Parts<'_>) -> Option<Finding> {
    Some(match parts.number(1)? {
        0 => Finding::Good,
        1 => Finding::Blank,
        2 => Finding::Muted,
        3 => Finding::Error(parts.number(2)?.try_into().ok()?),
        4 => Finding::Gathered(parts.yes(2)),
        5 => Finding::Refused,
        6 => Finding::Unsupported,
        _ => return None,
    })
}

fn command(word: &str, parts: &Parts<'_>) -> Option<Command> {
    Some(match word {
        "lobby" => Command::EnterLobby,
        "join" => Command::Join { room: parts.text("room")?, name: parts.text("name")? },
        "leave" => Command::Leave,
        "set" => Command::SetSource { source: parts.source(0)?, on: parts.yes(1) },
        "retry" => Command::RetryNow,
        "fall-back" => Command::UseFallback,
        "check" => Command::Check(parts.yes(0)),
        "trace" => Command::Trace(parts.yes(0)),
        _ => return None,
    })
}

fn media(word: &str, parts: &Parts<'_>) -> Option<MediaEvent> {
    let capture = parts.number(0).map(CaptureId);
    Some(match word {
        "captured" => MediaEvent::Captured { capture: capture?, tracks: parts.tracks(Source::FIRST) },
        "shared" => {
            let tracks = parts.tracks([Source::Screen, Source::ScreenAudio]);
            MediaEvent::Captured { capture: capture?, tracks }
        }
        "not-captured" => {
            MediaEvent::CaptureFailed { capture: capture?, error: parts.one_of(1, &MEDIA_ERRORS)? }
        }
        "ended" => MediaEvent::TrackEnded(TrackId(parts.number(0)?)),
        "devices" => MediaEvent::DevicesChanged,
        _ => return None,
    })
}

fn connection(word: &str, parts: &Parts<'_>) -> Option<ConnectionEvent> {
    let error = || parts.text("error").map(|name| OperationError { name });
    Some(match word {
        "not-created" => ConnectionEvent::CreationFailed,
        "needed" => ConnectionEvent::NegotiationNeeded,
        "hung-up" => ConnectionEvent::HangUpChannelClosed,
        "channel" => ConnectionEvent::PeerChannel(match parts.number(1)? {
            0 => PeerChannelEvent::Message(parts.text("frame")?),
            1 => PeerChannelEvent::Opened,
            2 => PeerChannelEvent::BufferedAmountHigh,
            3 => PeerChannelEvent::BufferedAmountLow,
            4 => PeerChannelEvent::Closed,
            _ => return None,
        }),
        "certificate" => ConnectionEvent::RemoteCertificate(Fingerprint::of(&[0; 32])),
        "local" => ConnectionEvent::LocalDescriptionSet(Ok(description(parts)?)),
        "local-failed" => ConnectionEvent::LocalDescriptionSet(Err(error()?)),
        "remote" => ConnectionEvent::RemoteDescriptionSet(Ok(())),
        "remote-failed" => ConnectionEvent::RemoteDescriptionSet(Err(error()?)),
        "candidate" => {
            let candidate = parts.text("candidate").map(|text| json::parse(&text).ok());
            let candidate = match candidate {
                Some(candidate) => normalize::candidate(Some(&candidate?), String::new()).ok()?,
                None => None,
            };
            ConnectionEvent::IceCandidate(candidate)
        }
        "state" => ConnectionEvent::ConnectionStateChange(parts.one_of(1, &STATES)?),
        "track" => {
            let (kind, mid) = kind_and_mid(parts.number(1)?);
            ConnectionEvent::Track { mid, kind, track: TrackId(parts.number(2)?) }
        }
        "section" => ConnectionEvent::TransceiverAssociated(parts.source(1)?, mid(parts.number(2)?)),
        "streams" => ConnectionEvent::Stats(streams(parts)?),
        "stats" => {
            // As older reports have it: the sums of each kind; the oldest have no frames.
            let count = |at| parts.number(at);
            let [decoded, encoded, captured] = [7, 8, 9].map(|at| count(at)?.checked_sub(1));
            let stream = |kind, packets, frames| StreamStats { mid: String::new(), kind, packets, frames };
            let streams = |at, frames| {
                let (audio, video) = (count(at)?, count(at + 1)?);
                Some(vec![stream(MediaKind::Audio, audio, None), stream(MediaKind::Video, video, frames)])
            };
            ConnectionEvent::Stats(Stats {
                inbound: streams(3, decoded)?,
                outbound: streams(5, encoded)?,
                captured: vec![(Source::Camera, captured)],
            })
        }
        _ => return None,
    })
}

/// A kind, and the section it is in: see the writer of the lines.
fn kind_and_mid(packed: u32) -> (MediaKind, String) {
    let kind = if packed.is_multiple_of(2) { MediaKind::Audio } else { MediaKind::Video };
    (kind, mid(packed / 2))
}

fn mid(section: u32) -> String {
    section.checked_sub(1).map(|section| section.to_string()).unwrap_or_default()
}

/// The streams that are received, those that are sent, and the frames of our own sources.
fn streams(parts: &Parts<'_>) -> Option<Stats> {
    let mut at = 3..;
    let mut next = || at.next().filter(|at| *at < parts.0.len()).and_then(|at| parts.number(at));
    let mut read = || {
        let count = next()?;
        (0..count.min(64))
            .map(|_| {
                let (kind, mid) = kind_and_mid(next()?);
                Some(StreamStats { mid, kind, packets: next()?, frames: next()?.checked_sub(1) })
            })
            .collect::<Option<Vec<_>>>()
    };
    let (inbound, outbound) = (read()?, read()?);
    let mut captured = Vec::new();
    while let Some(source) = next() {
        let source = *Source::ALL.get(usize::try_from(source).ok()?)?;
        captured.push((source, next()?.checked_sub(1)));
    }
    Some(Stats { inbound, outbound, captured })
}

fn description(parts: &Parts<'_>) -> Option<SessionDescription> {
    let sdp_type = parts.one_of(1, &[SdpType::Offer, SdpType::Answer])?;
    Some(SessionDescription { sdp_type, sdp: parts.text("sdp")? })
}
