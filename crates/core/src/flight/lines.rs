//! How inputs and decisions are written down: a word, a few numbers, and texts as objects, by whose keys the private ones
//! are known. Every arm is a few bytes, because a page carries all of them. A track is its number and one, or zero.

mod devices;
mod files;
mod interactions;

use visavis_signaling::json::{Json, quote};
use visavis_signaling::{Timestamp, TrackSettings, VideoSize};

use crate::input::{
    Command, ConnectionEvent, ConnectionId, Input, MediaEvent, NetworkEvent, PeerChannelEvent, SocketEvent,
    Stats, StreamStats, TrackId,
};
use crate::output::{ConnectionEffect, Effect, Event, MediaEffect, Output, PreflightEffect, SocketEffect};
use crate::preflight::{Finding, TestId};
use crate::send_stats::SendStats;
use crate::unreachable::ProbeResult;

/// A word, and numbers that belong to it.
type Line = (&'static str, [u32; 3]);

/// An entry: a word, numbers without the zeros at their end, and texts by their keys: `["word",1,2,{"key":"text"}]`.
pub fn entry<'a>(word: &str, numbers: &[u32], texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = "[".to_owned();
    write_word(&mut out, word, numbers);
    for (key, text) in texts {
        write_text(&mut out, key, text);
    }
    out.push(']');
    out
}

/// `"word",1,2`. Zeros at the end are left out.
fn write_word(out: &mut String, word: &str, numbers: &[u32]) {
    quote(word, out);
    let zeros = numbers.iter().rev().take_while(|number| **number == 0).count();
    for number in numbers.iter().take(numbers.len() - zeros) {
        out.push(',');
        out.push_str(&number.to_string());
    }
}

/// `,{"key":"text"}`.
fn write_text(out: &mut String, key: &str, text: &str) {
    out.push_str(",{");
    quote(key, out);
    out.push(':');
    quote(text, out);
    out.push('}');
}

/// An input, with its time: as milliseconds for as long as a page may live.
pub(super) fn input(now: Timestamp, input: &Input) -> String {
    let mut out = "[".to_owned();
    out.push_str(&(now.as_millis() as u32).to_string());
    out.push(',');
    let (word, numbers) = match input {
        Input::Command(command) => self::command(command),
        Input::Socket(SocketEvent::Opened) => ("opened", [0; 3]),
        Input::Socket(SocketEvent::Frame(_)) => ("heard", [0; 3]),
        Input::Socket(SocketEvent::TokenResponse { status, .. }) => ("token", [u32::from(*status), 0, 0]),
        Input::Socket(SocketEvent::Closed) => ("closed", [0; 3]),
        Input::Socket(SocketEvent::ClosedWith { code, .. }) => ("closed", [u32::from(*code), 0, 0]),
        Input::Probed(_, seen) => ("seen", probe_result(seen)),
        Input::Preflight(TestId(id), finding) => ("tested", finding_numbers(*id, *finding)),
        Input::Connection(id, event) => connection(*id, event),
        Input::Media(event) => media(event),
        Input::Network(NetworkEvent::Online) => ("online", [0; 3]),
        Input::Network(NetworkEvent::Changed) => ("network", [0; 3]),
        Input::InteractionsLoaded => ("interactions", [0; 3]),
        Input::Timeout => ("timeout", [0; 3]),
    };
    write_word(&mut out, word, &numbers);
    texts(input, &mut out);
    out.push(']');
    out
}

fn texts(input: &Input, out: &mut String) {
    match input {
        Input::Socket(SocketEvent::Frame(frame)) => write_text(out, "frame", frame),
        Input::Socket(SocketEvent::TokenResponse { body, .. }) => write_text(out, "frame", body),
        // Under this key it is private: it may hold names.
        Input::Socket(SocketEvent::ClosedWith { reason, .. }) => write_text(out, "text", reason),
        Input::Connection(_, ConnectionEvent::PeerChannel(PeerChannelEvent::Message(text))) => {
            write_text(out, "frame", text);
        }
        Input::Command(Command::SetDevices(settings)) => devices::write_settings(settings, out),
        Input::Media(MediaEvent::DevicesEnumerated(found)) => devices::write(found, out),
        Input::Probed(_, ProbeResult::Response { body, .. }) => write_text(out, "body", body),
        Input::Command(Command::Join { room, name }) => {
            write_text(out, "room", room);
            write_text(out, "name", name);
        }
        Input::Command(
            Command::SetTrackSettings { participant, .. } | Command::SetDetails(Some(participant)),
        ) => {
            write_text(out, "participant", participant.as_str());
        }
        Input::Connection(_, ConnectionEvent::LocalDescriptionSet(Ok(description))) => {
            write_text(out, "sdp", &description.sdp);
        }
        Input::Connection(_, ConnectionEvent::IceCandidate(Some(candidate))) => {
            write_text(out, "candidate", &Json::from(candidate).to_string());
        }
        Input::Connection(_, ConnectionEvent::Stats(stats)) => write_numbers(out, &counts(stats)),
        Input::Connection(_, ConnectionEvent::Speech(mids)) => {
            write_numbers(out, &mids.iter().map(|mid| section(mid)).collect::<Vec<_>>());
        }
        Input::Connection(_, ConnectionEvent::File(event)) => files::write_event(event, out),
        Input::Connection(_, ConnectionEvent::SendStats(stats)) => write_numbers(out, &sending(stats)),
        Input::Media(MediaEvent::Captured { tracks, .. }) => {
            tracks.iter().for_each(|(source, track)| write_numbers(out, &[*source as u32, track.0]));
        }
        Input::Connection(
            _,
            ConnectionEvent::LocalDescriptionSet(Err(error))
            | ConnectionEvent::RemoteDescriptionSet(Err(error)),
        ) => write_text(out, "error", &error.name),
        Input::Command(_)
        | Input::Probed(..)
        | Input::Socket(_)
        | Input::Preflight(..)
        | Input::Connection(..)
        | Input::Media(_)
        | Input::Network(_)
        | Input::InteractionsLoaded
        | Input::Timeout => {}
    }
}

fn write_numbers(out: &mut String, numbers: &[u32]) {
    for number in numbers {
        out.push(',');
        out.push_str(&number.to_string());
    }
}

/// What the path carries, and the sizes of our videos.
fn sending(stats: &SendStats) -> Vec<u32> {
    let sides =
        |size: Option<VideoSize>| size.map_or([0; 2], |size| [size.width, size.height].map(u32::from));
    let bitrate = number_of(stats.available_outgoing_bitrate);
    [bitrate].into_iter().chain(stats.captured.into_iter().flat_map(sides)).collect()
}

fn command(command: &Command) -> Line {
    match command {
        Command::EnterLobby => ("lobby", [0; 3]),
        Command::Join { .. } => ("join", [0; 3]),
        Command::Leave => ("leave", [0; 3]),
        Command::SetSource { source, on } => ("set", [*source as u32, (*on).into(), 0]),
        Command::SetDevices(settings) => ("wanted", devices::settings_numbers(settings)),
        Command::SetTrackSettings { source, settings, .. } => {
            let [width, height] = match settings {
                None => [0; 2],
                Some(TrackSettings::Disabled) => [0, 1],
                Some(TrackSettings::Enabled(size)) => [size.width, size.height],
            };
            ("shown", [*source as u32, width.into(), height.into()])
        }
        Command::RetryNow => ("retry", [0; 3]),
        Command::UseFallback => ("fall-back", [0; 3]),
        Command::Preflight(on) => ("check", [(*on).into(), 0, 0]),
        Command::Trace(on) => ("trace", [(*on).into(), 0, 0]),
        // What was written is private, and nothing is decided by it but how much of it there is.
        Command::SendChat(text) => ("chat", interactions::chat_numbers(text)),
        Command::MarkChatRead => ("read", [0; 3]),
        Command::SetHandRaised(raised) => ("hand", [(*raised).into(), 0, 0]),
        Command::SetRecording(recording) => ("recording", [(*recording).into(), 0, 0]),
        Command::SetDetails(_) => ("details", [0; 3]),
        Command::File(command) => ("files", files::command_numbers(command)),
        Command::SendReaction(reaction) => ("reaction", [*reaction as u32, 0, 0]),
    }
}

/// The probe itself is not written down: it is the one that the room asked for last.
fn probe_result(seen: &ProbeResult) -> [u32; 3] {
    match seen {
        ProbeResult::MixedContent => [0; 3],
        ProbeResult::NoAnswer => [1, 0, 0],
        ProbeResult::Opaque => [2, 0, 0],
        ProbeResult::Response { status, .. } => [3, u32::from(*status), 0],
        ProbeResult::WebSocketOpened => [4, 0, 0],
    }
}

fn finding_numbers(id: u32, finding: Finding) -> [u32; 3] {
    match finding {
        Finding::Good => [id, 0, 0],
        Finding::Blank => [id, 1, 0],
        Finding::Muted => [id, 2, 0],
        Finding::Error(code) => [id, 3, code.into()],
        Finding::Gathered(told) => [id, 4, told.into()],
        Finding::Refused => [id, 5, 0],
        Finding::Unsupported => [id, 6, 0],
    }
}

fn connection(ConnectionId(id): ConnectionId, event: &ConnectionEvent) -> Line {
    match event {
        ConnectionEvent::CreationFailed => ("not-created", [id, 0, 0]),
        ConnectionEvent::NegotiationNeeded => ("needed", [id, 0, 0]),
        ConnectionEvent::HangUpChannelClosed => ("hung-up", [id, 0, 0]),
        ConnectionEvent::PeerChannel(event) => ("channel", [id, peer_channel(event), 0]),
        // Which one is nobody's business, and nothing is decided by it.
        ConnectionEvent::RemoteCertificate(_) => ("certificate", [id, 0, 0]),
        ConnectionEvent::LocalDescriptionSet(Ok(local)) => ("local", [id, local.sdp_type as u32, 0]),
        ConnectionEvent::LocalDescriptionSet(Err(_)) => ("local-failed", [id, 0, 0]),
        ConnectionEvent::RemoteDescriptionSet(Ok(())) => ("remote", [id, 0, 0]),
        ConnectionEvent::RemoteDescriptionSet(Err(_)) => ("remote-failed", [id, 0, 0]),
        ConnectionEvent::ProvisionalAnswerSet => ("provisional", [id, 0, 0]),
        ConnectionEvent::IceCandidate(_) => ("candidate", [id, 0, 0]),
        ConnectionEvent::ConnectionStateChange(state) => ("state", [id, *state as u32, 0]),
        ConnectionEvent::Track { mid, kind, track } => {
            ("track", [id, *kind as u32 + 2 * section(mid), track.0])
        }
        ConnectionEvent::TransceiverAssociated(source, mid) => {
            ("section", [id, *source as u32, section(mid)])
        }
        // One more, so that the counts stand at their place.
        ConnectionEvent::Stats(stats) => ("streams", [id, stats.audio_packets_lost, 1]),
        ConnectionEvent::SendStats(stats) => ("sending", [id, stats.quality_limitation as u32, 1]),
        ConnectionEvent::Speech(_) => ("speech", [id, 0, 1]),
        // Nothing is decided by them.
        ConnectionEvent::Details(_) => ("detailed", [id, 0, 0]),
        ConnectionEvent::File(event) => ("file", files::event_numbers(id, event)),
    }
}

fn peer_channel(event: &PeerChannelEvent) -> u32 {
    match event {
        PeerChannelEvent::Message(_) => 0,
        PeerChannelEvent::Opened => 1,
        PeerChannelEvent::BufferedAmountHigh => 2,
        PeerChannelEvent::BufferedAmountLow => 3,
        PeerChannelEvent::Closed => 4,
    }
}

fn media(event: &MediaEvent) -> Line {
    match event {
        // One more, so that the tracks stand at their place.
        MediaEvent::Captured { capture, tracks } => ("tracks", [capture.0, tracks.len() as u32, 1]),
        MediaEvent::CaptureFailed { capture, error } => ("not-captured", [capture.0, *error as u32, 0]),
        MediaEvent::TrackEnded(track) => ("ended", [track.0, 0, 0]),
        MediaEvent::DevicesChanged => ("devices", [0; 3]),
        MediaEvent::DevicesEnumerated(found) => ("enumerated", devices::numbers(found)),
    }
}

/// The number of a media section, and one more; zero for a tag that is no number: browsers count.
fn section(mid: &str) -> u32 {
    mid.parse::<u16>().map_or(0, |mid| u32::from(mid) + 1)
}

/// How many streams there are, and what each counts: first those that are received, then those that are sent. Then the frames of
/// our own sources.
fn counts(stats: &Stats) -> Vec<u32> {
    let mut counts = Vec::new();
    for streams in [&stats.inbound, &stats.outbound] {
        counts.push(streams.len() as u32);
        // What is lost is only told, and decides nothing.
        for StreamStats { mid, kind, packets, frames, lost: _ } in streams {
            counts.extend([*kind as u32 + 2 * section(mid), *packets, number_of(*frames)]);
        }
    }
    counts.extend(stats.captured.iter().flat_map(|(source, frames)| [*source as u32, number_of(*frames)]));
    counts
}

fn number(track: Option<TrackId>) -> u32 {
    number_of(track.map(|TrackId(track)| track))
}

/// A count plus one; 0 for none.
fn number_of(count: Option<u32>) -> u32 {
    count.map_or(0, |count| count.wrapping_add(1))
}

/// A decision, as a letter: what exactly it was follows from the inputs.
pub(super) fn decision(output: &Output) -> char {
    match output {
        Output::Effect(effect) => self::effect(effect),
        Output::Event(Event::ParticipantJoined(..)) => '+',
        Output::Event(Event::ParticipantLeft(..)) => '-',
        Output::Event(Event::Muted(_)) => '0',
        Output::Event(Event::DeviceChanged(..)) => '*',
        Output::Event(Event::Interaction(_)) => '1',
        Output::Event(Event::ProtocolError(_)) => '!',
        Output::Event(Event::Traced(..)) => '?',
        Output::Event(Event::Details(_)) => '2',
    }
}

fn effect(effect: &Effect) -> char {
    match effect {
        Effect::Socket(SocketEffect::Open(_)) => 'a',
        Effect::Socket(SocketEffect::Send(_)) => 'b',
        Effect::Socket(SocketEffect::Close) => 'c',
        Effect::Media(MediaEffect::GetUserMedia { .. }) => 'd',
        Effect::Media(MediaEffect::StopTrack(_)) => 'e',
        Effect::Media(MediaEffect::SetTrackEnabled(..)) => 'f',
        Effect::Media(MediaEffect::EnumerateDevices) => 'z',
        Effect::Media(MediaEffect::GetDisplayMedia { .. }) => 's',
        Effect::Connection(_, effect) => connection_effect(effect),
        Effect::Probe(_) => 'p',
        Effect::Preflight(_, PreflightEffect::Start(..)) => 'q',
        Effect::Preflight(_, PreflightEffect::End) => 'r',
        Effect::LoadInteractions => 'A',
    }
}

fn connection_effect(effect: &ConnectionEffect) -> char {
    match effect {
        ConnectionEffect::Create(..) => 'g',
        ConnectionEffect::Close => 'h',
        ConnectionEffect::ReplaceTrack(..) => 'i',
        ConnectionEffect::SetParameters(..) => 'y',
        ConnectionEffect::SetLocalDescription => 'j',
        ConnectionEffect::SetRemoteDescription { .. } => 'k',
        ConnectionEffect::SetProvisionalAnswer(_) => 'D',
        ConnectionEffect::AddIceCandidate(..) => 'l',
        ConnectionEffect::SetConfiguration(..) => 'm',
        ConnectionEffect::RestartIce => 'n',
        ConnectionEffect::GetStats => 'o',
        ConnectionEffect::GetDetails => 'B',
        ConnectionEffect::File(_) => 'C',
        ConnectionEffect::AddTransceiver(..) => 't',
        ConnectionEffect::AddReceiver(_) => 'x',
        ConnectionEffect::CreateDataChannel(_) => 'u',
        ConnectionEffect::SendMessage(_) => 'v',
        ConnectionEffect::ClosePeerChannel => 'w',
    }
}
