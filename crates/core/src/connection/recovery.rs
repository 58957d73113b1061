//! When a connection is given time, restarted, or built anew.

use std::time::Duration;

use visavis_signaling::Timestamp;

use crate::input::PeerConnectionState;
use crate::timing::{
    CONNECTS, DISCONNECTED_HEALS, FAILED_RETRIES, POLITE_WAITS, REPAIRS_BEFORE_FAILED, RESTART_CONNECTS,
};

/// What to do about a broken connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repair {
    /// Look for a new path with the same connection.
    RestartIce,
    /// Give the connection up and build the next generation.
    Rebuild,
}

/// Where a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// New, and not connected yet.
    Starting,
    /// Connected.
    Healthy,
    /// Silent; it may heal by itself.
    Suspect,
    /// ICE was restarted.
    Restarting,
    /// Several repairs failed; the next comes later.
    Failed,
}

/// The ladder from a silent path to a new connection. Deadlines in [`timing`](crate::timing).
#[derive(Debug)]
pub(crate) struct Recovery {
    phase: Phase,
    /// When the next step is due; `None` only while healthy.
    deadline: Option<Timestamp>,
    /// Repairs since the pair was last connected.
    repairs: u32,
    was_connected: bool,
    /// What the polite side adds to every deadline, so that usually only one side acts.
    patience: Duration,
}

impl Recovery {
    pub(crate) fn new(now: Timestamp, polite: bool) -> Self {
        let patience = if polite { POLITE_WAITS } else { Duration::ZERO };
        let mut recovery =
            Self { phase: Phase::Starting, deadline: None, repairs: 0, was_connected: false, patience };
        recovery.enter(Phase::Starting, now, CONNECTS);
        recovery
    }

    /// Somebody is there: from now on it is to connect.
    pub(crate) fn begin(&mut self, now: Timestamp) {
        self.enter(Phase::Starting, now, CONNECTS);
    }

    /// The ladder of the connection that takes this one's place.
    pub(crate) fn for_successor(&self, now: Timestamp) -> Self {
        let mut next = Self { phase: self.phase, deadline: None, ..*self };
        if self.repairs >= REPAIRS_BEFORE_FAILED {
            next.enter(Phase::Failed, now, FAILED_RETRIES);
        } else {
            next.enter(Phase::Starting, now, CONNECTS);
        }
        next
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether this pair has ever been connected.
    pub(crate) fn was_connected(&self) -> bool {
        self.was_connected
    }

    /// Whether repairs have been tried since the pair was last connected.
    pub(crate) fn is_repairing(&self) -> bool {
        self.repairs > 0
    }

    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        self.deadline
    }

    /// `connectionState` changed.
    pub(crate) fn state_changed(&mut self, now: Timestamp, state: PeerConnectionState) {
        match (state, self.phase) {
            (PeerConnectionState::Connected, _) => {
                self.phase = Phase::Healthy;
                self.deadline = None;
                self.repairs = 0;
                self.was_connected = true;
            }
            (PeerConnectionState::Disconnected, Phase::Healthy) => {
                self.enter(Phase::Suspect, now, DISCONNECTED_HEALS);
            }
            (PeerConnectionState::Failed, Phase::Healthy | Phase::Suspect) => {
                self.enter(Phase::Suspect, now, Duration::ZERO);
            }
            (PeerConnectionState::Failed, Phase::Starting | Phase::Restarting) => {
                self.enter(self.phase, now, Duration::ZERO);
            }
            (PeerConnectionState::Failed, Phase::Failed)
            | (
                PeerConnectionState::New
                | PeerConnectionState::Connecting
                | PeerConnectionState::Disconnected
                | PeerConnectionState::Closed,
                _,
            ) => {}
        }
    }

    /// The other side restarted ICE: wait for that instead of restarting too.
    pub(crate) fn restarted_by_peer(&mut self, now: Timestamp) {
        if self.phase == Phase::Suspect {
            self.enter(Phase::Restarting, now, RESTART_CONNECTS);
        }
    }

    /// A description operation failed: this connection will come to nothing.
    pub(crate) fn broke(&mut self, now: Timestamp) {
        if self.phase != Phase::Failed {
            self.enter(Phase::Restarting, now, DISCONNECTED_HEALS);
        }
    }

    /// Something changed for the better (the network is back): do not wait any longer for what is broken.
    pub(crate) fn nudge(&mut self, now: Timestamp) {
        if matches!(self.phase, Phase::Suspect | Phase::Failed) {
            self.enter(self.phase, now, Duration::ZERO);
        }
    }

    /// The repair that is due, if any.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> Option<Repair> {
        if self.deadline.is_none_or(|deadline| deadline > now) {
            return None;
        }
        self.repairs = self.repairs.saturating_add(1);
        match self.phase {
            Phase::Suspect => {
                self.enter(Phase::Restarting, now, RESTART_CONNECTS);
                Some(Repair::RestartIce)
            }
            Phase::Starting | Phase::Restarting | Phase::Failed | Phase::Healthy => Some(Repair::Rebuild),
        }
    }

    fn enter(&mut self, phase: Phase, now: Timestamp, after: Duration) {
        self.phase = phase;
        self.deadline = Some(now + after + self.patience);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn healthy() -> Recovery {
        let mut recovery = Recovery::new(at(0), false);
        recovery.state_changed(at(100), PeerConnectionState::Connected);
        recovery
    }

    #[test]
    fn a_blip_heals_by_itself() {
        let mut recovery = healthy();
        recovery.state_changed(at(1000), PeerConnectionState::Disconnected);
        assert_eq!(recovery.take_due(at(3000)), None);
        recovery.state_changed(at(3000), PeerConnectionState::Connected);
        assert_eq!(recovery.poll_timeout(), None);
    }

    #[test]
    fn the_ladder_goes_up() {
        let mut recovery = healthy();
        recovery.state_changed(at(1000), PeerConnectionState::Disconnected);
        assert_eq!(recovery.take_due(at(3500)), Some(Repair::RestartIce));
        assert_eq!(recovery.take_due(at(15_499)), None);
        assert_eq!(recovery.take_due(at(15_500)), Some(Repair::Rebuild));
        recovery = recovery.for_successor(at(15_500));
        assert_eq!(recovery.phase(), Phase::Starting);
        assert_eq!(recovery.take_due(at(30_500)), Some(Repair::Rebuild));
        recovery = recovery.for_successor(at(30_500));
        assert_eq!(recovery.phase(), Phase::Failed);
        assert_eq!(recovery.take_due(at(60_500)), Some(Repair::Rebuild));
        recovery.state_changed(at(61_000), PeerConnectionState::Connected);
        assert_eq!((recovery.phase(), recovery.is_repairing()), (Phase::Healthy, false));
    }

    #[test]
    fn failed_acts_at_once_and_the_polite_side_gives_way() {
        let mut recovery = healthy();
        recovery.state_changed(at(1000), PeerConnectionState::Failed);
        assert_eq!(recovery.take_due(at(1000)), Some(Repair::RestartIce));
        let mut polite = Recovery::new(at(0), true);
        polite.state_changed(at(100), PeerConnectionState::Connected);
        polite.state_changed(at(1000), PeerConnectionState::Failed);
        assert_eq!(polite.take_due(at(1000)), None);
        polite.restarted_by_peer(at(1100));
        assert_eq!(polite.take_due(at(2500)), None);
    }
}
