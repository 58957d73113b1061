//! The check before a call: is the server there, do camera and microphone deliver, does STUN answer, do TURN relays relay.
//!
//! It begins only when somebody asks for it and ends as soon as they go on. What the shell tries out for it it says as
//! [`Finding`]s; what those mean, and how long to wait for them, is decided here.

mod fault;

use visavis_signaling::limits::MAX_ICE_SERVERS;
use visavis_signaling::{IceServer, RejectCode, Timestamp};

pub use self::fault::{Fault, Skip};
use crate::input::TrackId;
use crate::outbox::Outbox;
use crate::output::{CheckEffect, Effect};
use crate::timing::{CHECK_CAPTURE, CHECK_DEVICE, CHECK_ICE, CHECK_SERVER};
use crate::unreachable::UnreachableReason;
use crate::view::{SourceState, SourceView};

/// One thing that the shell tries out. Never used twice, so a late finding of a closed one names nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TestId(pub u32);

/// What the shell is to try out ([`CheckEffect::Start`]).
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

/// What is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckItem {
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

impl CheckItem {
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
pub enum CheckState {
    /// Something else has to happen first.
    Waiting,
    /// Being tried out.
    Running,
    /// It works.
    Passed,
    /// It does not.
    Failed(Fault),
    /// There is nothing to check, or no way to find out.
    Skipped(Skip),
}

impl CheckState {
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

/// One line of what is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckLine {
    /// What.
    pub item: CheckItem,
    /// Where it is, if it is a server.
    pub url: String,
    /// How far it is.
    pub state: CheckState,
}

/// What else a check depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CheckContext {
    pub(crate) microphone: SourceView,
    pub(crate) camera: SourceView,
    pub(crate) signaling_open: bool,
    /// Why the server is out of reach, as far as it is known.
    pub(crate) obstacle: UnreachableReason,
}

struct Entry {
    line: CheckLine,
    /// What the shell tries out for it, as long as it does.
    test: Option<TestId>,
    /// Until when something must have come of it.
    until: Timestamp,
    /// The worst that was heard so far.
    fault: Option<Fault>,
}

impl Entry {
    fn new(item: CheckItem, url: String, state: CheckState, until: Timestamp) -> Self {
        Self { line: CheckLine { item, url, state }, test: None, until, fault: None }
    }

    fn finish(&mut self, state: CheckState, out: &mut Outbox) {
        self.line.state = state;
        if let Some(test) = self.test.take() {
            out.effect(Effect::Check(test, CheckEffect::End));
        }
    }

    /// The time is over: what was heard last is what is wrong.
    fn give_up(&mut self, context: &CheckContext, out: &mut Outbox) {
        let fault = match self.line.item {
            CheckItem::Server if context.signaling_open => Fault::Unreachable(UnreachableReason::NoReply),
            CheckItem::Server => Fault::Unreachable(context.obstacle),
            CheckItem::Microphone | CheckItem::Camera if self.line.state == CheckState::Waiting => {
                Fault::Unopened
            }
            // Sound that can be heard is heard at once, be it silence.
            CheckItem::Microphone if self.fault.is_none() => {
                return self.finish(CheckState::Skipped(Skip::Unclear), out);
            }
            CheckItem::Microphone | CheckItem::Camera => self.fault.unwrap_or(Fault::Nothing),
            CheckItem::Ice | CheckItem::Connection => self.fault.unwrap_or(Fault::NoAnswer),
        };
        self.finish(CheckState::Failed(fault), out);
    }

    fn on_finding(&mut self, finding: Finding, out: &mut Outbox) {
        match finding {
            Finding::Good => self.finish(CheckState::Passed, out),
            Finding::Blank => self.fault = Some(Fault::Blank),
            Finding::Muted => self.fault = Some(Fault::Muted),
            // Not reached on one of several paths; on another it may be.
            Finding::Error(701) => self.fault = self.fault.or(Some(Fault::NoAnswer)),
            Finding::Error(code) => self.fault = Some(Fault::Error(code)),
            Finding::Gathered(told) => self.finish(self.gathered(told), out),
            Finding::Refused => self.finish(CheckState::Failed(Fault::Invalid), out),
            Finding::Unsupported => self.finish(CheckState::Skipped(Skip::Unclear), out),
        }
    }

    /// What it means that no proof has come. Who stands in no NAT hears from STUN only what they knew, and browsers do not
    /// repeat that: then nothing is wrong if nothing was.
    fn gathered(&self, told: bool) -> CheckState {
        match self.fault {
            Some(fault) => CheckState::Failed(fault),
            None if is_turn(&self.line.url) => CheckState::Failed(Fault::NoAnswer),
            None if told => CheckState::Passed,
            None => CheckState::Skipped(Skip::Unclear),
        }
    }
}

/// The check: without entries while nobody has asked for it.
#[derive(Default)]
pub(crate) struct Check {
    entries: Vec<Entry>,
    next_test: u32,
}

impl Check {
    /// Begins anew. Of the ICE servers only those that are known already are looked at for now.
    pub(crate) fn begin(&mut self, now: Timestamp, server: Option<String>, out: &mut Outbox) {
        self.end(out);
        let (url, state) = match server {
            Some(url) => (url, CheckState::Running),
            None => (String::new(), CheckState::Skipped(Skip::None)),
        };
        let opens = now + CHECK_CAPTURE;
        self.entries = vec![
            Entry::new(CheckItem::Server, url, state, now + CHECK_SERVER),
            Entry::new(CheckItem::Microphone, String::new(), CheckState::Waiting, opens),
            Entry::new(CheckItem::Camera, String::new(), CheckState::Waiting, opens),
        ];
    }

    /// Ends whatever is under way, and forgets what was found.
    pub(crate) fn end(&mut self, out: &mut Outbox) {
        for entry in std::mem::take(&mut self.entries) {
            if let Some(test) = entry.test {
                out.effect(Effect::Check(test, CheckEffect::End));
            }
        }
    }

    /// What was found so far, and what else there is to say about a check.
    pub(crate) fn lines(&self, more: Option<CheckLine>) -> Vec<CheckLine> {
        let more = more.filter(|_| !self.entries.is_empty());
        self.entries.iter().map(|entry| entry.line.clone()).chain(more).collect()
    }

    /// Whether the server owes an answer.
    pub(crate) fn awaits_server(&self) -> bool {
        self.entries.first().is_some_and(|entry| entry.line.state == CheckState::Running)
    }

    /// The server has answered, or refused to.
    pub(crate) fn on_server_answer(&mut self, refusal: Option<RejectCode>, out: &mut Outbox) {
        if let Some(entry) = self.entries.first_mut().filter(|entry| !entry.line.state.is_over()) {
            let state = match refusal {
                // It is there, and too old to know the question.
                None | Some(RejectCode::BadRequest) => CheckState::Passed,
                Some(code) => CheckState::Failed(Fault::Rejected(code)),
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
        context: &CheckContext,
        servers: impl Iterator<Item = &'a IceServer>,
        out: &mut Outbox,
    ) {
        if self.entries.is_empty() {
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
                CheckItem::Ice,
                String::new(),
                CheckState::Skipped(Skip::None),
                now,
            ));
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        let under_way = self.entries.iter().filter(|entry| !entry.line.state.is_over());
        under_way.map(|entry| entry.until).min()
    }

    fn test_server(&mut self, context: &CheckContext, out: &mut Outbox) {
        if self.awaits_server() && !context.signaling_open && context.obstacle != UnreachableReason::Unknown {
            let state = CheckState::Failed(Fault::Unreachable(context.obstacle));
            self.entries.first_mut().into_iter().for_each(|entry| entry.finish(state, out));
        }
    }

    /// A device is tried out as soon as it is open; what happens to it meanwhile counts.
    fn test_devices(&mut self, now: Timestamp, context: &CheckContext, out: &mut Outbox) {
        for entry in self.entries.iter_mut().filter(|entry| !entry.line.state.is_over()) {
            let view = match entry.line.item {
                CheckItem::Microphone => context.microphone,
                CheckItem::Camera => context.camera,
                CheckItem::Server | CheckItem::Ice | CheckItem::Connection => continue,
            };
            match (view.state, view.track) {
                (SourceState::On, Some(track)) if entry.test.is_none() => {
                    entry.test = Some(begin(&mut self.next_test, Test::Track(track), out));
                    (entry.line.state, entry.until) = (CheckState::Running, now + CHECK_DEVICE);
                }
                (SourceState::Off, _) => entry.finish(CheckState::Skipped(Skip::Off), out),
                (SourceState::Failed(error), _) => {
                    entry.finish(CheckState::Failed(Fault::Device(error)), out);
                }
                // It was taken away, and another may come in its place.
                (SourceState::Starting, _) if entry.test.is_some() => entry.finish(CheckState::Waiting, out),
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
            let mut entry = Entry::new(CheckItem::Ice, url.clone(), CheckState::Running, now + CHECK_ICE);
            entry.test = Some(begin(&mut self.next_test, test, out));
            self.entries.push(entry);
        }
    }
}

fn begin(next: &mut u32, test: Test, out: &mut Outbox) -> TestId {
    let id = TestId(*next);
    *next = next.wrapping_add(1);
    out.effect(Effect::Check(id, CheckEffect::Start(test)));
    id
}

#[cfg(test)]
mod tests;
