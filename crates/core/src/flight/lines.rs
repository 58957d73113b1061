//! How inputs and decisions are written down. Every arm is a few words, because a page carries all of them.

use visavis_signaling::json::{Fields, Json};
use visavis_signaling::{SessionDescription, Timestamp};

use crate::input::{Command, ConnectionEvent, ConnectionId, Input, MediaEvent, SocketEvent, TrackId};
use crate::output::{Effect, Event, Output, Role};

/// Longest frame that is written down when it is sent. What is longer holds a description, which is in an input already.
const MAX_SENT: usize = 1000;

/// A line that is being written.
struct Line(Vec<Json>);

impl Line {
    fn word(mut self, word: &str) -> Self {
        self.0.push(Json::text(word));
        self
    }

    fn number(mut self, number: u32) -> Self {
        self.0.push(Json::number(number));
        self
    }

    fn bool(mut self, yes: bool) -> Self {
        self.0.push(Json::Bool(yes));
        self
    }

    fn track(mut self, track: Option<TrackId>) -> Self {
        self.0.push(track.map_or(Json::Null, |track| Json::number(track.0)));
        self
    }

    fn fields(mut self, pairs: &[(&str, &str)]) -> Self {
        let mut fields = Fields::default();
        for (key, text) in pairs {
            fields.text(key, text);
        }
        self.0.push(fields.into());
        self
    }

    fn description(self, description: &SessionDescription) -> Self {
        self.word(description.sdp_type.as_str()).word(&description.sdp)
    }
}

/// An input, with its time.
pub(super) fn input(now: Timestamp, input: &Input) -> String {
    let line = Line(vec![Json::Number(now.as_millis().to_string())]);
    let line = match input {
        Input::Command(command) => self::command(line, command),
        Input::Socket(SocketEvent::Opened) => line.word("opened"),
        Input::Socket(SocketEvent::Frame(frame)) => line.word("heard").fields(&[("frame", frame)]),
        Input::Socket(SocketEvent::Closed) => line.word("closed"),
        Input::Connection(id, event) => connection(line, *id, event),
        Input::Media(event) => media(line, event),
        Input::Online => line.word("online"),
        Input::NetworkChanged => line.word("network"),
        Input::Timeout => line.word("timeout"),
    };
    Json::List(line.0).to_string()
}

fn command(line: Line, command: &Command) -> Line {
    match command {
        Command::EnterLobby => line.word("lobby"),
        Command::Join { room, name } => line.word("join").fields(&[("room", room), ("name", name)]),
        Command::Leave => line.word("leave"),
        Command::SetSource { source, on } => line.word("set").number(*source as u32).bool(*on),
        Command::RetryNow => line.word("retry"),
    }
}

fn connection(line: Line, ConnectionId(id): ConnectionId, event: &ConnectionEvent) -> Line {
    match event {
        ConnectionEvent::CreationFailed => line.word("not-created").number(id),
        ConnectionEvent::NegotiationNeeded => line.word("needed").number(id),
        ConnectionEvent::LocalDescriptionSet(Ok(description)) => {
            line.word("local").number(id).description(description)
        }
        ConnectionEvent::LocalDescriptionSet(Err(error)) => {
            line.word("local-failed").number(id).word(&error.name)
        }
        ConnectionEvent::RemoteDescriptionSet(Ok(())) => line.word("remote").number(id),
        ConnectionEvent::RemoteDescriptionSet(Err(error)) => {
            line.word("remote-failed").number(id).word(&error.name)
        }
        ConnectionEvent::Candidate(candidate) => {
            let mut line = line.word("candidate").number(id);
            line.0.extend(candidate.as_ref().map(Json::from));
            line
        }
        ConnectionEvent::StateChanged(state) => line.word("state").number(id).number(*state as u32),
        ConnectionEvent::RemoteTrack(source, track) => {
            line.word("track").number(id).number(*source as u32).number(track.0)
        }
        ConnectionEvent::Stats(flow) => {
            let counts = flow.received.into_iter().chain(flow.sent);
            counts.fold(line.word("stats").number(id), Line::number)
        }
    }
}

fn media(line: Line, event: &MediaEvent) -> Line {
    match event {
        MediaEvent::Captured { capture, microphone, camera } => {
            line.word("captured").number(capture.0).track(*microphone).track(*camera)
        }
        MediaEvent::CaptureFailed { capture, error } => {
            line.word("not-captured").number(capture.0).number(*error as u32)
        }
        MediaEvent::TrackEnded(track) => line.word("ended").number(track.0),
    }
}

/// A decision: enough to tell it from another.
pub fn decision(output: &Output) -> String {
    let line = Line(Vec::new());
    let line = match output {
        Output::Effect(effect) => self::effect(line, effect),
        Output::Event(Event::ParticipantJoined(id, _)) => line.word("came").word(id.as_str()),
        Output::Event(Event::ParticipantLeft(id, _)) => line.word("went").word(id.as_str()),
        Output::Event(Event::ProtocolError(_)) => line.word("protocol-error"),
    };
    Json::List(line.0).to_string()
}

fn effect(line: Line, effect: &Effect) -> Line {
    match effect {
        Effect::OpenSocket(_) => line.word("open"),
        Effect::SendFrame(frame) if frame.len() > MAX_SENT => line.word("send-description"),
        Effect::SendFrame(frame) => line.word("send").fields(&[("frame", frame)]),
        Effect::CloseSocket => line.word("close-socket"),
        Effect::Capture { capture, microphone, camera } => {
            line.word("capture").number(capture.0).bool(*microphone).bool(*camera)
        }
        Effect::StopTrack(track) => line.word("stop").number(track.0),
        Effect::SetTrackEnabled(track, on) => line.word("enable").number(track.0).bool(*on),
        Effect::CreateConnection(id, role, _) => {
            line.word("create").number(id.0).bool(*role == Role::Offerer)
        }
        Effect::CloseConnection(id) => line.word("close").number(id.0),
        Effect::SendTrack(id, source, track) => {
            line.word("send-track").number(id.0).number(*source as u32).track(*track)
        }
        Effect::SetLocalDescription(id) => line.word("set-local").number(id.0),
        Effect::SetRemoteDescription(id, description) => {
            line.word("set-remote").number(id.0).word(description.sdp_type.as_str())
        }
        Effect::AddCandidate(id, _) => line.word("add-candidate").number(id.0),
        Effect::SetConfiguration(id, _) => line.word("configure").number(id.0),
        Effect::RestartIce(id) => line.word("restart-ice").number(id.0),
        Effect::ReadStats(id) => line.word("read-stats").number(id.0),
    }
}
