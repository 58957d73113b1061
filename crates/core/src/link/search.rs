//! What the link does about a server that cannot be reached: it looks over HTTP why, once for each visit of the lobby,
//! and where there is no server at all it speaks to nobody's instead.

use visavis_signaling::{Dialect, Probe, Timestamp};

use super::Link;
use crate::outbox::Outbox;
use crate::output::Effect;
use crate::reach::{Obstacle, Seen};
use crate::timing::{LOOK_FOR_SERVER, STAYS_OPEN};

/// Whether the server has ever been there: then, whatever happens, it is not absent but down.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Presence {
    #[default]
    Unseen,
    /// A socket was open for a moment: it is there, or a proxy that opens one before it knows whether there is a server.
    Opened,
    /// It was heard, or its socket stood.
    Proven,
}

/// What is not spoken at the moment.
#[derive(Default)]
enum Other {
    #[default]
    Nothing,
    /// What speaks where there is no server, before it is needed.
    Fallback(Box<dyn Fn() -> Option<Box<dyn Dialect>>>),
    /// The same once it was needed; or the dialect of the server that is not there.
    Made(Box<dyn Dialect>),
}

impl Other {
    fn made(&self) -> Option<&dyn Dialect> {
        match self {
            Self::Made(dialect) => Some(&**dialect),
            Self::Fallback(_) | Self::Nothing => None,
        }
    }

    /// Takes it away, to be spoken.
    fn take(&mut self) -> Option<Box<dyn Dialect>> {
        match std::mem::take(self) {
            Self::Nothing => None,
            Self::Made(dialect) => Some(dialect),
            Self::Fallback(make) => {
                let dialect = make();
                *self = Self::Fallback(make);
                dialect
            }
        }
    }
}

/// What is known of the way to the server.
#[derive(Default)]
pub(super) struct Search {
    pub(super) obstacle: Obstacle,
    /// The shell has been asked to look.
    looked: bool,
    presence: Presence,
    /// When the socket was opened that is open.
    opened_at: Option<Timestamp>,
    other: Other,
    fell_back: bool,
    /// When to look for the server again.
    again_at: Timestamp,
}

impl Search {
    /// Whatever was known is old.
    pub(super) fn begin(&mut self) {
        self.obstacle = Obstacle::Unknown;
        self.looked = false;
    }

    fn may_fall_back(&self) -> bool {
        let seen = if self.obstacle == Obstacle::NoBackend { Presence::Proven } else { Presence::Opened };
        self.presence < seen && !self.fell_back && !matches!(self.other, Other::Nothing)
    }

    fn note(&mut self, presence: Presence) {
        if !self.fell_back {
            self.presence = self.presence.max(presence);
        }
    }

    /// Whether it is the server that was chosen, and not the page's own beside it.
    pub(super) fn speaks_to_chosen(&self) -> bool {
        self.fell_back || matches!(self.other, Other::Nothing)
    }

    pub(super) fn opened(&mut self, now: Timestamp) {
        self.opened_at = Some(now);
        self.note(Presence::Opened);
    }

    pub(super) fn closed(&mut self, now: Timestamp) {
        if self.opened_at.take().is_some_and(|at| at + STAYS_OPEN <= now) {
            self.prove();
        }
    }

    /// The server is there.
    pub(super) fn prove(&mut self) {
        self.begin();
        self.note(Presence::Proven);
    }
}

impl Link {
    /// What speaks where there is no server.
    pub(crate) fn set_fallback(&mut self, make: Box<dyn Fn() -> Option<Box<dyn Dialect>>>) {
        self.search.other = Other::Fallback(make);
    }

    /// Whether a person may ask for it, because nobody has ever seen the server.
    pub(crate) fn may_fall_back(&self) -> bool {
        self.search.may_fall_back() && !self.is_open()
    }

    /// A person asks for it: what cannot be reached may be down for long.
    pub(crate) fn fall_back(&mut self, now: Timestamp, out: &mut Outbox) {
        if self.may_fall_back() {
            self.swap(now, out);
        }
    }

    pub(crate) fn fell_back(&self) -> bool {
        self.search.fell_back
    }

    pub(crate) fn obstacle(&self) -> Obstacle {
        self.search.obstacle
    }

    /// Asks the shell for a look at the server, if the socket does not open and nobody has looked.
    pub(crate) fn look(&mut self, out: &mut Outbox) {
        if !self.search.looked && self.search.obstacle == Obstacle::Unknown {
            self.search.looked = true;
            self.dialect.probe().into_iter().for_each(|probe| out.effect(Effect::Probe(probe)));
        }
    }

    /// When to call [`Link::look_again`].
    pub(crate) fn looks_again_at(&self) -> Option<Timestamp> {
        self.search.fell_back.then_some(self.search.again_at)
    }

    /// Has the server come meanwhile?
    pub(crate) fn look_again(&mut self, now: Timestamp, out: &mut Outbox) {
        if self.search.fell_back {
            self.search.again_at = now + LOOK_FOR_SERVER;
            let probe = self.search.other.made().and_then(Dialect::probe);
            probe.into_iter().for_each(|probe| out.effect(Effect::Probe(probe)));
        }
    }

    /// What the shell has seen. `stays` says that this is no moment to speak to somebody else.
    pub(crate) fn seen(&mut self, now: Timestamp, probe: &Probe, seen: &Seen, stays: bool, out: &mut Outbox) {
        let absent = self.search.other.made().filter(|_| self.search.fell_back);
        if let Some(obstacle) = absent.and_then(|server| judge(server, probe, seen)) {
            let came = matches!(obstacle, Obstacle::NoWebSocket | Obstacle::Subprotocol);
            if came && !stays {
                self.swap(now, out);
            }
        } else if let Some(obstacle) = judge(&*self.dialect, probe, seen).filter(|_| !self.is_open()) {
            self.search.obstacle = obstacle;
            if obstacle.is_absence() && self.search.may_fall_back() && !stays {
                self.swap(now, out);
            }
        }
    }

    /// Speaks to the other one from now on.
    fn swap(&mut self, now: Timestamp, out: &mut Outbox) {
        let Some(other) = self.search.other.take() else { return };
        self.close(now, out);
        self.search.other = Other::Made(std::mem::replace(&mut self.dialect, other));
        self.search.fell_back = !self.search.fell_back;
        self.search.again_at = now + LOOK_FOR_SERVER;
        self.connect(now, out);
    }
}

/// What a look has shown, if it was a look at this server.
fn judge(server: &dyn Dialect, probe: &Probe, seen: &Seen) -> Option<Obstacle> {
    let asks = !server.endpoint().protocols.is_empty();
    (server.probe().as_ref() == Some(probe)).then(|| Obstacle::of(probe, asks, seen))
}
