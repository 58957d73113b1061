//! The other direction of the flight recorder: lines become inputs.

mod devices;
mod files;

use visavis_core::signaling::json::{self, Json};
use visavis_core::signaling::{ParticipantId, Probe, SdpType, SessionDescription, Timestamp, normalize};
use visavis_core::{
    CaptureId, Command, ConnectionEvent, ConnectionId, Finding, Fingerprint, Input, MAX_CHAT_CHARS,
    MAX_VIDEO_SIDE, MediaError, MediaEvent, MediaKind, NetworkEvent, OperationError, PeerChannelEvent,
    PeerConnectionState, ProbeResult, QualityLimitationReason, Reaction, SendStats, SocketEvent, Source,
    Stats, StreamStats, TestId, TrackId, TrackSettings, VideoSize,
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

/// The arguments of a line: what follows its word.
pub(super) struct Arguments<'a>(pub(super) &'a [Json]);

impl<'a> Arguments<'a> {
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

    /// All texts under a key, in their order.
    fn texts(&self, key: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter_map(move |part| part.at(key).as_text())
    }

    fn one_of<T: Copy>(&self, index: usize, all: &[T]) -> Option<T> {
        all.get(usize::try_from(self.number(index)?).ok()?).copied()
    }

    fn source(&self, index: usize) -> Option<Source> {
        self.one_of(index, &Source::ALL)
    }

    pub(super) fn flag(&self, index: usize) -> bool {
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
pub(super) fn input(line: &Json, last_probe: Option<&Probe>) -> Option<(Timestamp, Input)> {
    let Json::List(parts) = line else { return None };
    let [Json::Number(at), Json::Text(word), rest @ ..] = parts.as_slice() else { return None };
    let arguments = Arguments(rest);
    let input = match word.as_str() {
        "opened" => Input::Socket(SocketEvent::Opened),
        "heard" => Input::Socket(SocketEvent::Frame(arguments.text("frame")?)),
        "token" => Input::Socket(SocketEvent::TokenResponse {
            status: arguments.number(0)?.try_into().ok()?,
            body: arguments.text("frame")?,
        }),
        "closed" => Input::Socket(socket_closed(&arguments)?),
        "seen" => Input::Probed(last_probe?.clone(), probe_result(&arguments)?),
        "tested" => Input::Preflight(TestId(arguments.number(0)?), finding(&arguments)?),
        "online" => Input::Network(NetworkEvent::Online),
        "network" => Input::Network(NetworkEvent::Changed),
        "interactions" => Input::InteractionsLoaded,
        "timeout" => Input::Timeout,
        word => command(word, &arguments)
            .map(Input::Command)
            .or_else(|| media_event(word, &arguments).map(Input::Media))
            .or_else(|| {
                Some(Input::Connection(
                    ConnectionId(arguments.number(0)?),
                    connection_event(word, &arguments)?,
                ))
            })?,
    };
    Some((Timestamp::from_millis(at.parse().ok()?), input))
}

fn socket_closed(arguments: &Arguments<'_>) -> Option<SocketEvent> {
    Some(match arguments.number(0)? {
        0 => SocketEvent::Closed,
        code => SocketEvent::ClosedWith { code: code.try_into().ok()?, reason: arguments.text("text")? },
    })
}

fn probe_result(arguments: &Arguments<'_>) -> Option<ProbeResult> {
    Some(match arguments.number(0)? {
        0 => ProbeResult::MixedContent,
        1 => ProbeResult::NoAnswer,
        2 => ProbeResult::Opaque,
        3 => ProbeResult::Response {
            status: arguments.number(1)?.try_into().ok()?,
            body: arguments.text("body")?,
        },
        4 => ProbeResult::WebSocketOpened,
        _ => return None,
    })
}

fn finding(arguments: &Arguments<'_>) -> Option<Finding> {
    Some(match arguments.number(1)? {
        0 => Finding::Good,
        1 => Finding::Blank,
        2 => Finding::Muted,
        3 => Finding::Error(arguments.number(2)?.try_into().ok()?),
        4 => Finding::Gathered(arguments.flag(2)),
        5 => Finding::Refused,
        6 => Finding::Unsupported,
        _ => return None,
    })
}

fn command(word: &str, arguments: &Arguments<'_>) -> Option<Command> {
    Some(match word {
        "lobby" => Command::EnterLobby,
        "join" => Command::Join { room: arguments.text("room")?, name: arguments.text("name")? },
        "leave" => Command::Leave,
        "set" => Command::SetSource { source: arguments.source(0)?, on: arguments.flag(1) },
        "wanted" => Command::SetDevices(Box::new(devices::settings(arguments)?)),
        "shown" => Command::SetTrackSettings {
            participant: ParticipantId::new(&arguments.text("participant")?)?,
            source: arguments.source(0)?,
            settings: match (side(arguments, 1)?, side(arguments, 2)?) {
                (0, 0) => None,
                (0, _) | (_, 0) => Some(TrackSettings::Disabled),
                (width, height) => Some(TrackSettings::Enabled(VideoSize { width, height })),
            },
        },
        "retry" => Command::RetryNow,
        "fall-back" => Command::UseFallback,
        "check" => Command::Preflight(arguments.flag(0)),
        "trace" => Command::Trace(arguments.flag(0)),
        "chat" => Command::SendChat("x".repeat(arguments.number(0)?.min(MAX_CHAT_CHARS as u32) as usize)),
        "read" => Command::MarkChatRead,
        "hand" => Command::SetHandRaised(arguments.flag(0)),
        "recording" => Command::SetRecording(arguments.flag(0)),
        "details" => {
            Command::SetDetails(arguments.text("participant").and_then(|id| ParticipantId::new(&id)))
        }
        "reaction" => Command::SendReaction(arguments.one_of(0, &Reaction::ALL)?),
        "files" => Command::File(files::command(arguments)?),
        _ => return None,
    })
}

/// What we send: see the writer of the lines.
fn sending(arguments: &Arguments<'_>) -> Option<SendStats> {
    let mut captured = SendStats::default().captured;
    for (video, captured) in captured.iter_mut().enumerate() {
        let at = 4 + 2 * video;
        // An older version knew fewer sources.
        if at < arguments.0.len() {
            let (width, height) = (side(arguments, at)?, side(arguments, at + 1)?);
            *captured = (width > 0 && height > 0).then_some(VideoSize { width, height });
        }
    }
    let reasons =
        [QualityLimitationReason::None, QualityLimitationReason::Bandwidth, QualityLimitationReason::Cpu];
    Some(SendStats {
        available_outgoing_bitrate: arguments.number(3)?.checked_sub(1),
        captured,
        quality_limitation: arguments.one_of(1, &reasons)?,
        audio_fraction_lost: None,
        microphone_silent: None,
    })
}

fn side(arguments: &Arguments<'_>, at: usize) -> Option<u16> {
    u16::try_from(arguments.number(at)?).ok().filter(|side| *side <= MAX_VIDEO_SIDE)
}

fn media_event(word: &str, arguments: &Arguments<'_>) -> Option<MediaEvent> {
    let capture = arguments.number(0).map(CaptureId);
    Some(match word {
        "tracks" => {
            let track = |at| Some((arguments.source(at)?, TrackId(arguments.number(at + 1)?)));
            let count = usize::try_from(arguments.number(1)?).ok()?.min(Source::ALL.len());
            let tracks = (0..count).map(|at| track(3 + 2 * at)).collect::<Option<_>>()?;
            MediaEvent::Captured { capture: capture?, tracks }
        }
        // As older reports have it.
        "captured" => MediaEvent::Captured {
            capture: capture?,
            tracks: arguments.tracks(Source::MICROPHONE_AND_CAMERA),
        },
        "shared" => {
            let tracks = arguments.tracks([Source::Screen, Source::ScreenAudio]);
            MediaEvent::Captured { capture: capture?, tracks }
        }
        "not-captured" => {
            MediaEvent::CaptureFailed { capture: capture?, error: arguments.one_of(1, &MEDIA_ERRORS)? }
        }
        "ended" => MediaEvent::TrackEnded(TrackId(arguments.number(0)?)),
        "devices" => MediaEvent::DevicesChanged,
        "enumerated" => MediaEvent::DevicesEnumerated(Box::new(devices::enumerated(arguments)?)),
        _ => return None,
    })
}

fn connection_event(word: &str, arguments: &Arguments<'_>) -> Option<ConnectionEvent> {
    let error = || arguments.text("error").map(|name| OperationError { name });
    Some(match word {
        "not-created" => ConnectionEvent::CreationFailed,
        "needed" => ConnectionEvent::NegotiationNeeded,
        "hung-up" => ConnectionEvent::HangUpChannelClosed,
        "channel" => ConnectionEvent::PeerChannel(match arguments.number(1)? {
            0 => PeerChannelEvent::Message(arguments.text("frame")?),
            1 => PeerChannelEvent::Opened,
            2 => PeerChannelEvent::BufferedAmountHigh,
            3 => PeerChannelEvent::BufferedAmountLow,
            4 => PeerChannelEvent::Closed,
            _ => return None,
        }),
        "certificate" => ConnectionEvent::RemoteCertificate(Fingerprint::of(&[0; 32])),
        "local" => ConnectionEvent::LocalDescriptionSet(Ok(description(arguments)?)),
        "local-failed" => ConnectionEvent::LocalDescriptionSet(Err(error()?)),
        "remote" => ConnectionEvent::RemoteDescriptionSet(Ok(())),
        "remote-failed" => ConnectionEvent::RemoteDescriptionSet(Err(error()?)),
        "provisional" => ConnectionEvent::ProvisionalAnswerSet,
        "candidate" => {
            let candidate = arguments.text("candidate").map(|text| json::parse(&text).ok());
            let candidate = match candidate {
                Some(candidate) => normalize::candidate(Some(&candidate?), String::new()).ok()?,
                None => None,
            };
            ConnectionEvent::IceCandidate(candidate)
        }
        "state" => ConnectionEvent::ConnectionStateChange(arguments.one_of(1, &STATES)?),
        "track" => {
            let (kind, mid) = kind_and_mid(arguments.number(1)?);
            ConnectionEvent::Track { mid, kind, track: TrackId(arguments.number(2)?) }
        }
        "section" => ConnectionEvent::TransceiverAssociated(arguments.source(1)?, mid(arguments.number(2)?)),
        "sending" => ConnectionEvent::SendStats(sending(arguments)?),
        "speech" => {
            let sections = arguments.0.iter().enumerate().skip(3);
            let mids = sections.map(|(at, _)| Some(mid(arguments.number(at)?))).collect::<Option<_>>()?;
            ConnectionEvent::Speech(mids)
        }
        "detailed" => ConnectionEvent::Details(Box::default()),
        "file" => ConnectionEvent::File(files::event(arguments)?),
        "streams" => ConnectionEvent::Stats(streams(arguments)?),
        "stats" => {
            // As older reports have it: the sums of each kind; the oldest have no frames.
            let count = |at| arguments.number(at);
            let [decoded, encoded, captured] = [7, 8, 9].map(|at| count(at)?.checked_sub(1));
            let stream =
                |kind, packets, frames| StreamStats { mid: String::new(), kind, packets, frames, lost: None };
            let streams = |at, frames| {
                let (audio, video) = (count(at)?, count(at + 1)?);
                Some(vec![stream(MediaKind::Audio, audio, None), stream(MediaKind::Video, video, frames)])
            };
            ConnectionEvent::Stats(Stats {
                inbound: streams(3, decoded)?,
                outbound: streams(5, encoded)?,
                captured: vec![(Source::Camera, captured)],
                audio_packets_lost: 0,
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
fn streams(arguments: &Arguments<'_>) -> Option<Stats> {
    let mut at = 3..;
    let mut next = || at.next().filter(|at| *at < arguments.0.len()).and_then(|at| arguments.number(at));
    let mut read = || {
        let count = next()?;
        (0..count.min(64))
            .map(|_| {
                let (kind, mid) = kind_and_mid(next()?);
                Some(StreamStats { mid, kind, packets: next()?, frames: next()?.checked_sub(1), lost: None })
            })
            .collect::<Option<Vec<_>>>()
    };
    let (inbound, outbound) = (read()?, read()?);
    let mut captured = Vec::new();
    while let Some(source) = next() {
        let source = *Source::ALL.get(usize::try_from(source).ok()?)?;
        captured.push((source, next()?.checked_sub(1)));
    }
    Some(Stats { inbound, outbound, captured, audio_packets_lost: arguments.number(1)? })
}

fn description(arguments: &Arguments<'_>) -> Option<SessionDescription> {
    let sdp_type = arguments.one_of(1, &[SdpType::Offer, SdpType::Answer])?;
    Some(SessionDescription { sdp_type, sdp: arguments.text("sdp")? })
}
