//! What the link does about a server that cannot be reached: it probes it over HTTP to learn why, once for each visit of the lobby,
//! and where there is no server at all it speaks to nobody's instead.

use visavis_signaling::{Dialect, Probe, Timestamp};

use super::SignalClient;
use crate::outbox::Outbox;
use crate::output::Effect;
use crate::timing::{MIN_CONFIRMING_SOCKET_AGE, SERVER_PROBE_INTERVAL};
use crate::unreachable::{ProbeResult, UnreachableReason};

/// Whether the server has ever been there: then, whatever happens, it is not absent but down.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum ServerPresence {
    #[default]
    Unseen,
    /// A socket was open for a moment: it is there, or a proxy that opens one before it knows whether there is a server.
    Opened,
    /// It was heard, or its socket stood.
    Confirmed,
}

/// What is not spoken at the moment.
#[derive(Default)]
enum Alternative {
    #[default]
    None,
    /// What speaks where there is no server, before it is needed.
    Factory(Box<dyn Fn() -> Option<Box<dyn Dialect>>>),
    /// The same once it was needed; or the dialect of the server that is not there.
    Made(Box<dyn Dialect>),
}

impl Alternative {
    fn made(&self) -> Option<&dyn Dialect> {
        match self {
            Self::Made(dialect) => Some(&**dialect),
            Self::Factory(_) | Self::None => None,
        }
    }

    /// Takes it away, to be spoken.
    fn take(&mut self) -> Option<Box<dyn Dialect>> {
        match std::mem::take(self) {
            Self::None => None,
            Self::Made(dialect) => Some(dialect),
            Self::Factory(make) => {
                let dialect = make();
                *self = Self::Factory(make);
                dialect
            }
        }
    }
}

/// What is known of the way to the server.
#[derive(Default)]
pub(super) struct ServerDiscovery {
    pub(super) reason: UnreachableReason,
    /// The shell has been asked for a probe.
    probed: bool,
    presence: ServerPresence,
    /// When the socket was opened that is open.
    opened_at: Option<Timestamp>,
    other: Alternative,
    fallback_active: bool,
    /// When to probe the server again.
    next_probe_at: Timestamp,
}

impl ServerDiscovery {
    /// Whatever was known is old.
    pub(super) fn reset(&mut self) {
        self.reason = UnreachableReason::Unknown;
        self.probed = false;
    }

    fn can_fall_back(&self) -> bool {
        let seen = if self.reason == UnreachableReason::NoBackend {
            ServerPresence::Confirmed
        } else {
            ServerPresence::Opened
        };
        self.presence < seen && !self.fallback_active && !matches!(self.other, Alternative::None)
    }

    fn note_presence(&mut self, presence: ServerPresence) {
        if !self.fallback_active {
            self.presence = self.presence.max(presence);
        }
    }

    /// Whether it is the server that was chosen, and not the page's own beside it.
    pub(super) fn uses_chosen_server(&self) -> bool {
        self.fallback_active || matches!(self.other, Alternative::None)
    }

    pub(super) fn on_opened(&mut self, now: Timestamp) {
        self.opened_at = Some(now);
        self.note_presence(ServerPresence::Opened);
    }

    pub(super) fn on_closed(&mut self, now: Timestamp) {
        if self.opened_at.take().is_some_and(|at| at + MIN_CONFIRMING_SOCKET_AGE <= now) {
            self.confirm_server();
        }
    }

    /// The server is there.
    pub(super) fn confirm_server(&mut self) {
        self.reset();
        self.note_presence(ServerPresence::Confirmed);
    }
}

impl SignalClient {
    /// What speaks where there is no server.
    pub(crate) fn set_fallback(&mut self, make: Box<dyn Fn() -> Option<Box<dyn Dialect>>>) {
        self.discovery.other = Alternative::Factory(make);
    }

    /// Whether a person may ask for it, because nobody has ever seen the server.
    pub(crate) fn can_fall_back(&self) -> bool {
        self.discovery.can_fall_back() && !self.is_open()
    }

    /// A person asks for it: what cannot be reached may be down for long.
    pub(crate) fn fall_back(&mut self, now: Timestamp, out: &mut Outbox) {
        if self.can_fall_back() {
            self.switch_dialect(now, out);
        }
    }

    pub(crate) fn fallback_active(&self) -> bool {
        self.discovery.fallback_active
    }

    pub(crate) fn unreachable_reason(&self) -> UnreachableReason {
        self.discovery.reason
    }

    /// Asks the shell for a probe of the server, if the socket does not open and there was none.
    pub(crate) fn probe(&mut self, out: &mut Outbox) {
        if !self.discovery.probed && self.discovery.reason == UnreachableReason::Unknown {
            self.discovery.probed = true;
            self.dialect.probe().into_iter().for_each(|probe| out.effect(Effect::Probe(probe)));
        }
    }

    /// Whether a probe has shown that a server is there whose socket is not to be opened before somebody joins. It is as good
    /// as one that has answered, then.
    #[inline(never)]
    pub(crate) fn confirm_by_probe(&mut self) -> bool {
        let is_there =
            self.dialect.joins_by_opening() && self.discovery.reason == UnreachableReason::NoWebSocket;
        if is_there {
            self.discovery.confirm_server();
        }
        is_there
    }

    /// When to call [`SignalClient::probe_again`].
    pub(crate) fn next_probe_at(&self) -> Option<Timestamp> {
        self.discovery.fallback_active.then_some(self.discovery.next_probe_at)
    }

    /// Has the server come meanwhile?
    pub(crate) fn probe_again(&mut self, now: Timestamp, out: &mut Outbox) {
        if self.discovery.fallback_active {
            self.discovery.next_probe_at = now + SERVER_PROBE_INTERVAL;
            let probe = self.discovery.other.made().and_then(Dialect::probe);
            probe.into_iter().for_each(|probe| out.effect(Effect::Probe(probe)));
        }
    }

    /// What the shell has seen. `stays` says that this is no moment to speak to somebody else.
    pub(crate) fn on_probed(
        &mut self,
        now: Timestamp,
        probe: &Probe,
        seen: &ProbeResult,
        stays: bool,
        out: &mut Outbox,
    ) {
        let absent = self.discovery.other.made().filter(|_| self.discovery.fallback_active);
        if let Some(reason) = absent.and_then(|server| unreachable_reason(server, probe, seen)) {
            let came = matches!(reason, UnreachableReason::NoWebSocket | UnreachableReason::Subprotocol);
            if came && !stays {
                self.switch_dialect(now, out);
            }
        } else if let Some(reason) =
            unreachable_reason(&*self.dialect, probe, seen).filter(|_| !self.is_open())
        {
            self.discovery.reason = reason;
            if reason.is_no_server() && self.discovery.can_fall_back() && !stays {
                self.switch_dialect(now, out);
            }
        }
    }

    /// Speaks to the other one from now on.
    fn switch_dialect(&mut self, now: Timestamp, out: &mut Outbox) {
        let Some(other) = self.discovery.other.take() else { return };
        self.close(now, out);
        self.discovery.other = Alternative::Made(std::mem::replace(&mut self.dialect, other));
        self.discovery.fallback_active = !self.discovery.fallback_active;
        self.discovery.next_probe_at = now + SERVER_PROBE_INTERVAL;
        self.connect(now, out);
    }
}

/// The result of a probe, if it was of this server.
fn unreachable_reason(server: &dyn Dialect, probe: &Probe, seen: &ProbeResult) -> Option<UnreachableReason> {
    let asks = !server.endpoint().protocols.is_empty();
    (server.probe().as_ref() == Some(probe)).then(|| UnreachableReason::of(probe, asks, seen))
}
