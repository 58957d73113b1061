//! The other direction of the flight recorder: lines become inputs.

use visavis_core::signaling::json::{self, Json};
use visavis_core::signaling::{Probe, SdpType, SessionDescription, Timestamp, normalize};
use visavis_core::{
    CaptureId, Command, ConnectionEvent, ConnectionId, Finding, Fingerprint, Flow, Frames, Input, MediaError,
    MediaEvent, NetworkEvent, OperationError, PeerConnectionState, ProbeResult, SocketEvent, Source, TestId,
    TrackId,
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
        "captured" => {
            MediaEvent::Captured { capture: capture?, microphone: parts.track(1), camera: parts.track(2) }
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
        "hung-up" => ConnectionEvent::ChannelClosed,
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
        "track" => ConnectionEvent::Track(parts.source(1)?, TrackId(parts.number(2)?)),
        "stats" => {
            let count = |at| parts.number(at);
            let (received, sent) = ([count(3)?, count(4)?], [count(5)?, count(6)?]);
            // Older reports have none.
            let [decoded, encoded, captured] = [7, 8, 9].map(|at| count(at)?.checked_sub(1));
            let frames = Frames { decoded, encoded, captured };
            ConnectionEvent::Stats(Flow { received, sent, frames })
        }
        _ => return None,
    })
}

fn description(parts: &Parts<'_>) -> Option<SessionDescription> {
    let sdp_type = parts.one_of(1, &[SdpType::Offer, SdpType::Answer])?;
    Some(SessionDescription { sdp_type, sdp: parts.text("sdp")? })
}
