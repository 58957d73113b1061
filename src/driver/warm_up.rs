//! A join with nobody, which warms up the code for one with somebody.
//!
//! Browsers compile a function of a program when it is called for the first time. A join needs about three hundred, and a
//! third of the time between a click and the offer went into compiling them (36 ms on a slow machine). So their code runs
//! once before, while nobody waits for anything: a room of its own hears what a server and a browser say during a join, and
//! nothing of what it decides is done.

use std::{iter, vec};

use visavis_core::flight::Recorder;
use visavis_core::signaling::dialects::visavis::Visavis;
use visavis_core::signaling::limits::MIN_IDENTITY_BYTES;
use visavis_core::signaling::{IceCandidate, SdpType, SessionDescription, Timestamp, json};
use visavis_core::{
    Command, ConnectionEvent, ConnectionId, Input, MediaKind, PeerChannelEvent, PeerConnectionState, Room,
    RoomConfig, RoomView, SocketEvent, TrackId,
};

use crate::dom::call_when_idle;

const SDP: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2\r\na=tool:visavis\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:aaaa\r\na=ice-pwd:aaaaaaaaaaaaaaaaaaaaaaaa\r\n\
    a=fingerprint:sha-256 00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00\r\n\
    a=setup:actpass\r\na=mid:0\r\na=sendrecv\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n";
/// What stands around the text of the offer that is exchanged for ours.
const JOINED: [&str; 2] = [
    r#"{"type":"joined","id":"a","room":"r","heartbeat":10,"participants":[{"id":"b","name":"n","media":{"microphone":true,"camera":true},"session":"s"}],"offers":true,"given":[{"to":"b","offer":0,"exchanged":{"type":"offer","sdp":"#,
    "}}]}",
];
/// What stands around the text of the answer.
const ANSWER: [&str; 2] = [r#"{"type":"description","from":"b","description":{"type":"answer","sdp":"#, "}}"];
const CANDIDATE_OF_THEIRS: &str = r#"{"type":"candidate","from":"b","candidate":{"candidate":"candidate:1 1 udp 1 192.0.2.8 9 typ host","sdpMid":"0","usernameFragment":"aaaa"}}"#;
/// What comes over the data channel.
const LIMITATION_OF_THEIRS: &str = r#"{"type":"qualityLimitation","reason":"none","active":true}"#;
const CANDIDATE: &str = "candidate:1 1 udp 2113937151 192.0.2.7 50000 typ host generation 0 ufrag aaaa";

/// A room in which nothing is real, in the middle of a join.
pub struct WarmUp {
    room: Room,
    recorder: Recorder,
    inputs: vec::IntoIter<Input>,
}

impl Default for WarmUp {
    fn default() -> Self {
        let dialect = Visavis::new("ws://localhost", "0".repeat(MIN_IDENTITY_BYTES)).with_session("0");
        let config = RoomConfig { prepare_connection: true, ..RoomConfig::default() };
        Self {
            room: Room::new(config, Box::new(dialect)),
            recorder: Recorder::new(""),
            inputs: inputs().into_iter(),
        }
    }
}

impl WarmUp {
    /// Runs the whole join, one step whenever the browser is idle, and then gives `done` what would be shown.
    pub fn run(mut self, done: impl FnOnce(&RoomView) + 'static) {
        call_when_idle(move || if self.step() { self.run(done) } else { done(&self.view()) });
    }

    /// Runs one step. False if there is none left.
    pub fn step(&mut self) -> bool {
        let Some(input) = self.inputs.next() else { return false };
        let now = Timestamp::default();
        self.recorder.input(now, &input);
        self.room.handle(now, input);
        let outputs: Vec<_> = iter::from_fn(|| self.room.poll_output()).collect();
        self.recorder.outputs(&outputs);
        // What a driver asks after every input.
        let _ = (self.room.poll_timeout(), self.room.is_connecting(now));
        true
    }

    /// What would be shown now.
    pub fn view(&self) -> RoomView {
        self.room.view()
    }
}

/// What a page hears during a join. The other side has a description like our own, and says it in exchange and once more as an
/// answer.
fn inputs() -> Vec<Input> {
    let mut theirs = String::new();
    json::quote(SDP, &mut theirs);
    let around = |[before, after]: [&str; 2]| [before, &theirs, after].concat();
    let connection = |event| Input::Connection(ConnectionId(0), event);
    let frame = |frame: &str| Input::Socket(SocketEvent::Frame(frame.to_owned()));
    let description = SessionDescription { sdp_type: SdpType::Offer, sdp: SDP.to_owned() };
    let candidate = IceCandidate {
        candidate: CANDIDATE.to_owned(),
        sdp_mid: Some("0".to_owned()),
        sdp_m_line_index: Some(0),
        username_fragment: Some("aaaa".to_owned()),
    };
    let track = ConnectionEvent::Track { mid: "0".to_owned(), kind: MediaKind::Audio, track: TrackId(0) };
    let channel = |event| connection(ConnectionEvent::PeerChannel(event));
    let state = |state| connection(ConnectionEvent::ConnectionStateChange(state));
    vec![
        Input::Command(Command::EnterLobby),
        Input::Socket(SocketEvent::Opened),
        connection(ConnectionEvent::LocalDescriptionSet(Ok(description))),
        connection(ConnectionEvent::ProvisionalAnswerSet),
        connection(ConnectionEvent::IceCandidate(Some(candidate.clone()))),
        Input::Command(Command::Join { room: "r".to_owned(), name: "n".to_owned() }),
        frame(&around(JOINED)),
        connection(ConnectionEvent::IceCandidate(Some(candidate))),
        frame(&around(ANSWER)),
        frame(CANDIDATE_OF_THEIRS),
        state(PeerConnectionState::Connecting),
        connection(track),
        connection(ConnectionEvent::RemoteDescriptionSet(Ok(()))),
        state(PeerConnectionState::Connected),
        channel(PeerChannelEvent::Opened),
        channel(PeerChannelEvent::Message(LIMITATION_OF_THEIRS.to_owned())),
    ]
}
