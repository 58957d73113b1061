//! A room as a whole: an honest browser around it, and a server (or somebody behind it) that says anything at any time.

mod files;
mod invariants;
mod shell;

use std::time::Duration;

use visavis_app::AppConfig;
use visavis_core::signaling::dialects::visavis::Visavis;
use visavis_core::signaling::{Probe, Timestamp};
use visavis_core::{
    Command, ConnectionEvent, ConnectionId, DeviceId, DeviceSettings, Finding, Input, MediaDeviceKind,
    MediaError, MediaEvent, MediaKind, NetworkEvent, Output, PeerChannelEvent, PeerConnectionState,
    ProbeResult, Reaction, Room, SocketEvent, Source, Stats, StreamStats, TestId, TrackSettings, TrackSwitch,
    VideoSize,
};
use visavis_sim::browser::{FakeBrowser, MediaRequest, PeerChannel, Pending};

use crate::script::{lines, number, pick, text_of};

/// Most that may follow from one input: everybody's connection is closed, and made.
const MAX_OUTPUTS: usize = 2000;
/// Timers in a row at one moment, after which it is taken for a livelock.
const MAX_TIMERS: u32 = 50;

/// Marks. The person: `J` joins (room, name), `E` enters the lobby, `L` leaves, `S` switches a source, `R` tries again,
/// `K` checks, or stops checking, `V` sees somebody in another size, `C` writes a chat message, `H` raises or lowers a hand, `X`
/// shows a reaction, `W` has read, `F` wants something of a file.
/// The page: `O` is online, `N` has another network, `t` its timer fires, `~` so many tenths of a second pass without
/// timers. The socket: `o` opens, `c` closes, `<` brings a frame. The browser: `d` does what it was asked for, oldest
/// first or the numbered one (with `!` it refuses), `s` a connection has another state, `g` gathers a candidate (with `!`
/// the last), `n` needs negotiation, `r` has a remote track, `f` has numbers, `k` a track of ours ends, `m` the data channel
/// opens (`+`), closes (`!`), is full (`>`), has room (`<`), or brings a text, `b` a file is further.
pub(crate) fn run(bytes: &[u8]) {
    let mut page = Page::new();
    for (mark, rest) in lines(&text_of(bytes)) {
        page.step(mark, &rest);
        page.assert_invariants();
    }
}

/// What the browser was asked for and has not done.
#[derive(Debug, Clone)]
enum Request {
    Media(MediaRequest),
    Connection(ConnectionId, Pending),
    Probe(Probe),
    Test(TestId),
    Interactions,
}

/// Packets and frames of the streams of a connection, by kind.
#[derive(Debug, Clone, Copy, Default)]
struct StreamCounters([u32; 4]);

impl StreamCounters {
    /// The counters, of streams whose sections nobody knows.
    fn stats(self) -> Stats {
        let Self([audio_packets, video_packets, sent_packets, frames]) = self;
        let stream =
            |kind, packets, frames| StreamStats { mid: String::new(), kind, packets, frames, lost: None };
        Stats {
            inbound: vec![
                stream(MediaKind::Audio, audio_packets, None),
                stream(MediaKind::Video, video_packets, Some(frames)),
            ],
            outbound: vec![
                stream(MediaKind::Audio, sent_packets, None),
                stream(MediaKind::Video, sent_packets, Some(frames)),
            ],
            captured: vec![(Source::Camera, Some(frames))],
            audio_packets_lost: sent_packets,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Socket {
    None,
    Opening,
    Open,
}

struct Page {
    room: Room,
    now: Timestamp,
    socket: Socket,
    requests: Vec<Request>,
    browser: FakeBrowser<StreamCounters>,
    timers_in_a_row: u32,
}

impl Page {
    fn new() -> Self {
        let config = AppConfig::default().room_config(7);
        let dialect = Visavis::new("ws://server", "0123456789abcdef".repeat(4)).with_session("page");
        Self {
            room: Room::new(config, Box::new(dialect)),
            now: Timestamp::default(),
            socket: Socket::None,
            requests: Vec::new(),
            browser: FakeBrowser::new("p"),
            timers_in_a_row: 0,
        }
    }

    fn step(&mut self, mark: char, rest: &str) {
        let (at, more) = number(rest);
        match (mark, self.socket) {
            ('J', _) => {
                let (room, name) = rest.split_once(' ').unwrap_or((rest, ""));
                self.command(Command::Join { room: room.to_owned(), name: name.to_owned() });
            }
            ('E', _) => self.command(Command::EnterLobby),
            ('L', _) => self.command(Command::Leave),
            ('S', _) => {
                let source = if at % 2 == 0 { Source::Microphone } else { Source::Camera };
                self.command(Command::SetSource { source, on: at / 2 % 2 == 1 });
            }
            ('D', _) => self.select_devices(at),
            ('R', _) => self.command(Command::RetryNow),
            ('K', _) => self.command(Command::Preflight(at % 2 == 0)),
            ('V', _) => self.show(at),
            ('C', _) => self.command(Command::SendChat(rest.to_owned())),
            ('H', _) => self.command(Command::SetHandRaised(at % 2 == 0)),
            ('B', _) => self.command(Command::SetRecording(at % 2 == 0)),
            ('X', _) => {
                pick(&Reaction::ALL, at)
                    .iter()
                    .for_each(|reaction| self.command(Command::SendReaction(**reaction)));
            }
            ('W', _) => self.command(Command::MarkChatRead),
            ('F', _) => self.command(Command::File(files::command(at, more))),
            ('O', _) => self.input(Input::Network(NetworkEvent::Online)),
            ('N', _) => self.input(Input::Network(NetworkEvent::Changed)),
            ('t', _) => self.timer(),
            ('~', _) => self.now = self.now + Duration::from_millis(at.min(1 << 20) * 100),
            ('o', Socket::Opening) => {
                self.socket = Socket::Open;
                self.input(Input::Socket(SocketEvent::Opened));
            }
            ('c', Socket::Opening | Socket::Open) => {
                self.socket = Socket::None;
                let closed_with = SocketEvent::ClosedWith { code: at as u16, reason: more.to_owned() };
                self.input(Input::Socket(if at == 0 { SocketEvent::Closed } else { closed_with }));
            }
            ('<', Socket::Open) => self.input(Input::Socket(SocketEvent::Frame(rest.to_owned()))),
            ('d', _) => self.answer_request(at, more == "!"),
            ('s' | 'g' | 'n' | 'r' | 'f' | 'm' | 'b', _) => self.connection_step(mark, at, more),
            ('k', _) if more == "!" => self.input(Input::Media(MediaEvent::DevicesChanged)),
            ('k', _) => {
                let tracks: Vec<_> = self.browser.tracks.iter().copied().collect();
                if let Some(track) = pick(&tracks, at) {
                    self.input(Input::Media(MediaEvent::TrackEnded(*track)));
                }
            }
            _ => {}
        }
    }

    fn command(&mut self, command: Command) {
        self.input(Input::Command(command));
    }

    /// Other devices are wanted, some of which do not exist.
    fn select_devices(&mut self, at: u64) {
        let mut settings = DeviceSettings::default();
        for (kind, at) in MediaDeviceKind::ALL.into_iter().zip([at, at / 4, at / 16]) {
            settings.choose(kind, DeviceId::new(&format!("peer 0's {} {}", kind.as_str(), at % 4)));
        }
        for (bit, switch) in (6..).zip(TrackSwitch::ALL) {
            settings.set(switch, at >> bit & 1 == 1);
        }
        self.command(Command::SetDevices(Box::new(settings)));
    }

    /// Somebody is shown in another size.
    fn show(&mut self, at: u64) {
        let view = self.room.view();
        let Some(them) = pick(&view.participants, at) else { return };
        let settings = match at / 8 % 4 {
            0 => None,
            1 => Some(TrackSettings::Disabled),
            _ => Some(TrackSettings::Enabled(VideoSize { width: at as u16 | 1, height: 90 })),
        };
        let source = if at.is_multiple_of(2) { Source::Camera } else { Source::Screen };
        self.command(Command::SetTrackSettings { participant: them.id.clone(), source, settings });
    }

    fn timer(&mut self) {
        let Some(at) = self.room.poll_timeout() else { return };
        self.timers_in_a_row = if at > self.now { 0 } else { self.timers_in_a_row + 1 };
        self.now = self.now.max(at);
        self.input(Input::Timeout);
        // Whatever is due at once is done at once, or it would be due for ever.
        while self.room.poll_timeout().is_some_and(|at| at <= self.now) {
            self.timers_in_a_row += 1;
            assert!(self.timers_in_a_row < MAX_TIMERS, "the timer does not stop");
            self.input(Input::Timeout);
        }
        self.timers_in_a_row = 0;
    }

    /// Something happens in one of the connections, whether the room has asked for it or not.
    fn connection_step(&mut self, mark: char, at: u64, more: &str) {
        let ids: Vec<_> = self.browser.connections.keys().copied().collect();
        let Some(&id) = pick(&ids, at) else { return };
        let connection = self.browser.connections.get_mut(&id);
        let Some(connection) = connection.filter(|connection| !connection.creation_failed) else { return };
        let event = match mark {
            's' => ConnectionEvent::ConnectionStateChange(state(number(more).0)),
            'g' => ConnectionEvent::IceCandidate((more != "!").then(|| connection.candidate(1))),
            'n' => {
                if more == "!" {
                    connection.fake.request_renegotiation();
                }
                return self.finish(id, &Pending::NegotiationNeeded, false);
            }
            'r' => {
                let kind = if more == "!" { MediaKind::Audio } else { MediaKind::Video };
                let mid = (at / 7 % 5).to_string();
                ConnectionEvent::Track { mid, kind, track: self.browser.new_track() }
            }
            'b' => ConnectionEvent::File(files::event(at, more)),
            'm' => {
                let Some(event) = channel_event(&mut connection.channel, more) else { return };
                ConnectionEvent::PeerChannel(event)
            }
            _ => {
                let more = number(more).0 as u32;
                connection.path.0[at as usize / 2 % 4] = more;
                return;
            }
        };
        self.input(Input::Connection(id, event));
    }

    /// The browser does what it was asked for, or refuses.
    fn answer_request(&mut self, at: u64, rejects: bool) {
        if self.requests.is_empty() {
            return;
        }
        let request = self.requests.remove(at as usize % self.requests.len());
        match request {
            Request::Media(MediaRequest::Enumerate) => {
                self.input(Input::Media(self.browser.enumerated(!rejects)));
            }
            Request::Media(MediaRequest::Capture(capture, sources)) => {
                let event = if rejects {
                    MediaEvent::CaptureFailed { capture, error: MediaError::Busy }
                } else {
                    self.browser.captured(capture, &sources)
                };
                self.input(Input::Media(event));
            }
            // Only the mark `n` asks whether a negotiation is needed.
            Request::Connection(_, Pending::Create) if !rejects => {}
            Request::Connection(id, Pending::GetStats) => {
                let connection = self.browser.connections.get(&id);
                if let Some(connection) = connection.filter(|it| !it.creation_failed && !rejects) {
                    let stats = connection.path.stats();
                    self.input(Input::Connection(id, ConnectionEvent::Stats(stats)));
                }
            }
            Request::Connection(id, pending) => self.finish(id, &pending, rejects),
            Request::Probe(probe) if rejects => self.input(Input::Probed(probe, ProbeResult::NoAnswer)),
            Request::Probe(probe) => {
                self.input(Input::Probed(probe, ProbeResult::Response { status: 404, body: String::new() }));
            }
            Request::Interactions if rejects => self.requests.push(request),
            Request::Interactions => self.input(Input::InteractionsLoaded),
            Request::Test(id) => {
                let finding = if rejects { Finding::Error(401) } else { Finding::Good };
                self.input(Input::Preflight(id, finding));
            }
        }
    }

    fn finish(&mut self, id: ConnectionId, pending: &Pending, rejects: bool) {
        let (events, fault) = self.browser.finish(id, pending, rejects);
        // A server may send a description that is none.
        let fault = fault.filter(|fault| *fault != "OperationError");
        assert_eq!(fault, None, "{pending:?}");
        for event in events {
            if self.browser.connections.contains_key(&id) {
                self.input(Input::Connection(id, event));
            }
        }
    }

    /// One input, and everything that follows from it.
    fn input(&mut self, input: Input) {
        self.room.handle(self.now, input);
        for outputs in 0.. {
            let Some(output) = self.room.poll_output() else { return };
            assert!(outputs < MAX_OUTPUTS, "the room does not stop talking");
            match output {
                Output::Effect(effect) => self.perform(effect),
                Output::Event(_) => {}
            }
        }
    }
}

/// What `m` means, if the channel can do that now.
fn channel_event(channel: &mut PeerChannel, what: &str) -> Option<PeerChannelEvent> {
    let (expected, next, event) = match what {
        "+" => (PeerChannel::Connecting, PeerChannel::Open, PeerChannelEvent::Opened),
        "!" => (PeerChannel::Open, PeerChannel::Closed, PeerChannelEvent::Closed),
        ">" => (PeerChannel::Open, PeerChannel::Open, PeerChannelEvent::BufferedAmountHigh),
        "<" => (PeerChannel::Open, PeerChannel::Open, PeerChannelEvent::BufferedAmountLow),
        text => (PeerChannel::Open, PeerChannel::Open, PeerChannelEvent::Message(text.to_owned())),
    };
    (*channel == expected).then(|| {
        *channel = next;
        event
    })
}

fn state(number: u64) -> PeerConnectionState {
    match number % 6 {
        0 => PeerConnectionState::New,
        1 => PeerConnectionState::Connecting,
        2 => PeerConnectionState::Connected,
        3 => PeerConnectionState::Disconnected,
        4 => PeerConnectionState::Failed,
        _ => PeerConnectionState::Closed,
    }
}
