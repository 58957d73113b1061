//! Whether this browser makes peer connections at all, and gives them an address. Some people and companies switch WebRTC off, some extensions put
//! something in its place that throws or does nothing: better to hear so in the lobby than to wait for ever in the room.
//! The first connection of a page also takes longest, and so it is made before somebody waits for it.

use visavis_signaling::Timestamp;

use crate::outbox::Outbox;
use crate::output::{Effect, PreflightEffect};
use crate::preflight::{Fault, Finding, PreflightItem, PreflightResult, PreflightState, Test, TestId};
use crate::timing::WEBRTC_SUPPORT_TIMEOUT;

/// Its number; the preflight test before a call never gets that far.
pub(crate) const WEBRTC_SUPPORT_TEST: TestId = TestId(u32::MAX);

/// How far it is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WebRtcSupport {
    /// Nobody has asked.
    #[default]
    Unknown,
    /// The shell has made one. If nothing comes of it until then, it knows no address: so Firefox when it is to use a proxy
    /// only, and there is none (`media.peerconnection.ice.proxy_only`, ESR 153).
    Testing(Timestamp),
    /// They work.
    Supported,
    /// They work, but know no address: only a relay can help, if there is one.
    NoCandidates,
    /// They do not.
    Blocked,
}

impl WebRtcSupport {
    /// Tries one, unless that is known to work.
    pub(crate) fn begin(&mut self, now: Timestamp, out: &mut Outbox) {
        if *self != Self::Supported {
            self.restart(now, out);
        }
    }

    /// Tries one, whatever is known.
    pub(crate) fn restart(&mut self, now: Timestamp, out: &mut Outbox) {
        if self.poll_timeout().is_none() {
            *self = Self::Testing(now + WEBRTC_SUPPORT_TIMEOUT);
            out.effect(Effect::Preflight(WEBRTC_SUPPORT_TEST, PreflightEffect::Start(Test::Connection)));
        }
    }

    /// The shell has found something out.
    pub(crate) fn on_finding(&mut self, finding: Finding, out: &mut Outbox) {
        if self.poll_timeout().is_none() {
            return;
        }
        match finding {
            Finding::Good => self.finish(Self::Supported, out),
            Finding::Gathered(_) => self.finish(Self::NoCandidates, out),
            Finding::Refused | Finding::Unsupported => self.finish(Self::Blocked, out),
            Finding::Blank | Finding::Muted | Finding::Error(_) => {}
        }
    }

    /// What the preflight test before a call has to say about it: nothing, if all is well.
    pub(crate) fn line(self) -> Option<PreflightResult> {
        let fault = match self {
            Self::NoCandidates => Fault::Hidden,
            Self::Blocked => Fault::Blocked,
            Self::Unknown | Self::Testing(_) | Self::Supported => return None,
        };
        Some(PreflightResult {
            item: PreflightItem::Connection,
            url: String::new(),
            state: PreflightState::Failed(fault),
        })
    }

    pub(crate) fn timeout(&mut self, now: Timestamp, out: &mut Outbox) {
        if self.poll_timeout().is_some_and(|until| until <= now) {
            self.finish(Self::NoCandidates, out);
        }
    }

    pub(crate) fn poll_timeout(self) -> Option<Timestamp> {
        match self {
            Self::Testing(until) => Some(until),
            Self::Unknown | Self::Supported | Self::NoCandidates | Self::Blocked => None,
        }
    }

    pub(crate) fn is_blocked(self) -> bool {
        self == Self::Blocked
    }

    /// Enough of it, also if nothing is known yet.
    pub(crate) fn end(&mut self, out: &mut Outbox) {
        if matches!(self, Self::Testing(_)) {
            self.finish(Self::Unknown, out);
        }
    }

    fn finish(&mut self, verdict: Self, out: &mut Outbox) {
        *self = verdict;
        out.effect(Effect::Preflight(WEBRTC_SUPPORT_TEST, PreflightEffect::End));
    }
}
