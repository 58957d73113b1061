//! The preflight test before a call: is the server there, do camera and microphone deliver, does STUN answer, do TURN relays relay.
//!
//! It begins only when somebody asks for it and ends as soon as they go on. What the shell tries out for it it says as
//! [`Finding`]s; what those mean, and how long to wait for them, is decided here.

mod fault;

use visavis_signaling::limits::MAX_ICE_SERVERS;
use visavis_signaling::{IceServer, RejectCode, Timestamp};

pub use self::fault::{Fault, Skip};
use crate::input::TrackId;
use crate::outbox::Outbox;
use crate::output::{Effect, PreflightEffect};
use crate::timing::{
    PREFLIGHT_CAPTURE_TIMEOUT, PREFLIGHT_DEVICE_TIMEOUT, PREFLIGHT_ICE_TIMEOUT, PREFLIGHT_SERVER_TIMEOUT,
};
use crate::unreachable::UnreachableReason;
use crate::view::{SourceState, SourceView};

/// One thing that the shell tries out. Never used twice, so a late finding of a closed one names nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TestId(pub u32);

/// What the shell is to try out ([`PreflightEffect::Start`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// Does this track of ours deliver sound, or pictures?
    Track(TrackId),
    /// Does this server, with its one URL, help a connection to an address? A connection that gathers candidates, with
    /// relays only if it is a TURN server, and that is never connected to anything.
    Ice(IceServer),
    /// Does the browser make peer connections, and does it give them an address? One that gathers candidates without any
    /// server; [`Finding::Good`] is the first of them.
    Connection,
}

/// What the shell has found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// Sound, a picture that moves, or a candidate that [only this server](is_proof) can have given.
    Good,
    /// Sound or pictures come, but nothing is in them: digital silence, or black.
    Blank,
    /// The track is muted: the system or a switch on the device keeps it from delivering.
    Muted,
    /// `icecandidateerror` with this code (W3C webrtc-pc 4.8.3).
    Error(u16),
    /// No candidate follows. Whether this browser would have told of errors.
    Gathered(bool),
    /// The browser does not even try.
    Refused,
    /// The browser has no peer connections to try it with.
    Unsupported,
}

/// Whether a candidate proves that the server with this URL works: for TURN one on a relay, for STUN the address that
/// others see.
pub fn is_proof(url: &str, candidate: &str) -> bool {
    // After seven others (RFC 8839 section 5.1).
    let kind = candidate.split_ascii_whitespace().nth(7);
    kind == Some(if is_turn(url) { "relay" } else { "srflx" })
}

/// Whether a URL of an ICE server is that of a relay.
pub fn is_turn(url: &str) -> bool {
    url.starts_with("turn")
}

/// What is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreflightItem {
    /// The signaling server.
    Server,
    /// The microphone.
    Microphone,
    /// The camera.
    Camera,
    /// One URL of an ICE server, or that there is none.
    Ice,
    /// The browser's own connections. There is a line about them only if something is wrong.
    Connection,
}

impl PreflightItem {
    /// The name in `data-check`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Microphone => "microphone",
            Self::Camera => "camera",
            Self::Ice => "ice",
            Self::Connection => "connection",
        }
    }
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreflightState {
    /// Something else has to happen first.
    Waiting,
    /// Being tried out.
    Running,
    /// It works.
    Passed,
    /// It does not.
    Failed(Fault),
    /// There is nothing to test, or no way to find out.
    Skipped(Skip),
}

impl PreflightState {
    /// The name in `data-check-state`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Passed => "passed",
            Self::Failed(_) => "failed",
            Self::Skipped(_) => "skipped",
        }
    }

    fn is_over(self) -> bool {
        matches!(self, Self::Passed | Self::Failed(_) | Self::Skipped(_))
    }
}

/// How far the test of one item is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreflightResult {
    /// What.
    pub item: PreflightItem,
    /// Where it is, if it is a server.
    pub url: String,
    /// How far it is.
    pub state: PreflightState,
}

/// What else the preflight test depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PreflightContext {
    pub(crate) microphone: SourceView,
    pub(crate) camera: SourceView,
    pub(crate) signaling_open: bool,
    /// Why the server is out of reach, as far as it is known.
    pub(crate) obstacle: UnreachableReason,
}

struct Entry {
    line: PreflightResult,
    /// What the shell tries out for it, as long as it does.
    test: Option<TestId>,
    /// Until when something must have come of it.
    until: Timestamp,
    /// The worst that was heard so far.
    fault: Option<Fault>,
}

impl Entry {
    fn new(item: PreflightItem, url: String, state: PreflightState, until: Timestamp) -> Self {
        Self { line: PreflightResult { item, url, state }, test: None, until, fault: None }
    }

    #[inline(never)]
    fn finish(&mut self, state: PreflightState, out: &mut Outbox) {
        self.line.state = state;
        if let Some(test) = self.test.take() {
            out.effect(Effect::Preflight(test, PreflightEffect::End));
        }
    }

    /// The time is over: what was heard last is what is wrong.
    fn give_up(&mut self, context: &PreflightContext, out: &mut Outbox) {
        let fault = match self.line.item {
            PreflightItem::Server if context.signaling_open => Fault::Unreachable(UnreachableReason::NoReply),
            PreflightItem::Server => Fault::Unreachable(context.obstacle),
            PreflightItem::Microphone | PreflightItem::Camera
                if self.line.state == PreflightState::Waiting =>
            {
                Fault::Unopened
            }
            // Sound that can be heard is heard at once, be it silence.
            PreflightItem::Microphone if self.fault.is_none() => {
                return self.finish(PreflightState::Skipped(Skip::Unclear), out);
            }
            PreflightItem::Microphone | PreflightItem::Camera => self.fault.unwrap_or(Fault::Nothing),
            PreflightItem::Ice | PreflightItem::Connection => self.fault.unwrap_or(Fault::NoAnswer),
        };
        self.finish(PreflightState::Failed(fault), out);
    }

    #[inline(never)]
    fn on_finding(&mut self, finding: Finding, out: &mut Outbox) {
        match finding {
            Finding::Good => self.finish(PreflightState::Passed, out),
            Finding::Blank => self.fault = Some(Fault::Blank),
            Finding::Muted => self.fault = Some(Fault::Muted),
            // Not reached on one of several paths; on another it may be.
            Finding::Error(701) => self.fault = self.fault.or(Some(Fault::NoAnswer)),
            Finding::Error(code) => self.fault = Some(Fault::Error(code)),
            Finding::Gathered(told) => self.finish(self.gathered(told), out),
            Finding::Refused => self.finish(PreflightState::Failed(Fault::Invalid), out),
            Finding::Unsupported => self.finish(PreflightState::Skipped(Skip::Unclear), out),
        }
    }

    /// What it means that no proof has come. Who stands in no NAT hears from STUN only what they knew, and browsers do not
    /// repeat that: then nothing is wrong if nothing was.
    fn gathered(&self, told: bool) -> PreflightState {
        match self.fault {
            Some(fault) => PreflightState::Failed(fault),
            None if is_turn(&self.line.url) => PreflightState::Failed(Fault::NoAnswer),
            None if told => PreflightState::Passed,
            None => PreflightState::Skipped(Skip::Unclear),
        }
    }
}

/// The preflight test; without entries while nobody has asked for it.
#[derive(Default)]
pub(crate) struct Preflight {
    entries: Vec<Entry>,
    next_test: u32,
}

impl Preflight {
    /// Begins anew. Of the ICE servers only those that are known already are looked at for now.
    pub(crate) fn begin(&mut self, now: Timestamp, server: Option<String>, out: &mut Outbox) {
        self.end(out);
        let (url, state) = match server {
            Some(url) => (url, PreflightState::Running),
            None => (String::new(), PreflightState::Skipped(Skip::None)),
        };
        let opens = now + PREFLIGHT_CAPTURE_TIMEOUT;
        self.entries = vec![
            Entry::new(PreflightItem::Server, url, state, now + PREFLIGHT_SERVER_TIMEOUT),
            Entry::new(PreflightItem::Microphone, String::new(), PreflightState::Waiting, opens),
            Entry::new(PreflightItem::Camera, String::new(), PreflightState::Waiting, opens),
        ];
    }

    /// Ends whatever is under way, and forgets what was found.
    pub(crate) fn end(&mut self, out: &mut Outbox) {
        for entry in std::mem::take(&mut self.entries) {
            if let Some(test) = entry.test {
                out.effect(Effect::Preflight(test, PreflightEffect::End));
            }
        }
    }

    /// What was found so far, and one more result, if there is any.
    pub(crate) fn lines(&self, more: Option<PreflightResult>) -> Vec<PreflightResult> {
        let more = more.filter(|_| self.is_running());
        self.entries.iter().map(|entry| entry.line.clone()).chain(more).collect()
    }

    /// Whether somebody has asked for it.
    pub(crate) fn is_running(&self) -> bool {
        !self.entries.is_empty()
    }

    /// Whether the server owes an answer.
    pub(crate) fn awaits_server(&self) -> bool {
        self.entries.first().is_some_and(|entry| entry.line.state == PreflightState::Running)
    }

    /// The server has answered, or refused to.
    pub(crate) fn on_server_answer(&mut self, refusal: Option<RejectCode>, out: &mut Outbox) {
        if let Some(entry) = self.entries.first_mut().filter(|entry| !entry.line.state.is_over()) {
            let state = match refusal {
                // It is there, and too old to know the question.
                None | Some(RejectCode::BadRequest) => PreflightState::Passed,
                Some(code) => PreflightState::Failed(Fault::Rejected(code)),
            };
            entry.finish(state, out);
        }
    }

    /// The shell has found something out.
    pub(crate) fn on_finding(&mut self, test: TestId, finding: Finding, out: &mut Outbox) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.test == Some(test)) {
            entry.on_finding(finding, out);
        }
    }

    /// What follows from how things are now. `servers` are the ICE servers known so far.
    pub(crate) fn step<'a>(
        &mut self,
        now: Timestamp,
        context: &PreflightContext,
        servers: impl Iterator<Item = &'a IceServer>,
        out: &mut Outbox,
    ) {
        if !self.is_running() {
            return;
        }
        self.test_server(context, out);
        self.test_devices(now, context, out);
        self.add_servers(now, servers, out);
        for entry in self.entries.iter_mut().filter(|entry| !entry.line.state.is_over() && entry.until <= now)
        {
            entry.give_up(context, out);
        }
        let known = self.entries.len() > 3;
        if self.entries.first().is_some_and(|server| server.line.state.is_over()) && !known {
            self.entries.push(Entry::new(
                PreflightItem::Ice,
                String::new(),
                PreflightState::Skipped(Skip::None),
                now,
            ));
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        let under_way = self.entries.iter().filter(|entry| !entry.line.state.is_over());
        under_way.map(|entry| entry.until).min()
    }

    fn test_server(&mut self, context: &PreflightContext, out: &mut Outbox) {
        if self.awaits_server() && !context.signaling_open && context.obstacle != UnreachableReason::Unknown {
            let state = PreflightState::Failed(Fault::Unreachable(context.obstacle));
            self.entries.first_mut().into_iter().for_each(|entry| entry.finish(state, out));
        }
    }

    /// A device is tried out as soon as it is open; what happens to it meanwhile counts.
    fn test_devices(&mut self, now: Timestamp, context: &PreflightContext, out: &mut Outbox) {
        for entry in self.entries.iter_mut().filter(|entry| !entry.line.state.is_over()) {
            let view = match entry.line.item {
                PreflightItem::Microphone => context.microphone,
                PreflightItem::Camera => context.camera,
                PreflightItem::Server | PreflightItem::Ice | PreflightItem::Connection => continue,
            };
            match (view.state, view.track) {
                (SourceState::On, Some(track)) if entry.test.is_none() => {
                    entry.test = Some(begin(&mut self.next_test, Test::Track(track), out));
                    (entry.line.state, entry.until) =
                        (PreflightState::Running, now + PREFLIGHT_DEVICE_TIMEOUT);
                }
                (SourceState::Off, _) => entry.finish(PreflightState::Skipped(Skip::Off), out),
                (SourceState::Failed(error), _) => {
                    entry.finish(PreflightState::Failed(Fault::Device(error)), out);
                }
                // It was taken away, and another may come in its place.
                (SourceState::Starting, _) if entry.test.is_some() => {
                    entry.finish(PreflightState::Waiting, out);
                }
                (SourceState::On | SourceState::Stalled | SourceState::Starting, _) => {}
            }
        }
    }

    /// Each URL is tried out by itself, once.
    fn add_servers<'a>(
        &mut self,
        now: Timestamp,
        servers: impl Iterator<Item = &'a IceServer>,
        out: &mut Outbox,
    ) {
        for (server, url) in servers.flat_map(|server| server.urls.iter().map(move |url| (server, url))) {
            let known = self.entries.iter().any(|entry| entry.line.url == *url);
            if known || self.entries.len() >= 3 + MAX_ICE_SERVERS {
                continue;
            }
            let test = Test::Ice(IceServer { urls: vec![url.clone()], ..server.clone() });
            let mut entry = Entry::new(
                PreflightItem::Ice,
                url.clone(),
                PreflightState::Running,
                now + PREFLIGHT_ICE_TIMEOUT,
            );
            entry.test = Some(begin(&mut self.next_test, test, out));
            self.entries.push(entry);
        }
    }
}

fn begin(next: &mut u32, test: Test, out: &mut Outbox) -> TestId {
    let id = TestId(*next);
    *next = next.wrapping_add(1);
    out.effect(Effect::Preflight(id, PreflightEffect::Start(test)));
    id
}

#[cfg(test)]
mod tests;
