//! When a connection is given time, restarted, or built anew.

use std::time::Duration;

use visavis_signaling::{ParticipantId, Timestamp};

use super::stall_detector::SilentDirection;
use crate::input::PeerConnectionState;
use crate::rate_limiter::RateLimiter;
use crate::timing::{
    CONNECT_BEGINNING, CONNECT_TIMEOUT, DISCONNECTED_GRACE, FAILED_RETRY_INTERVAL, POLITE_DELAY,
    REMOTE_REBUILDS_PER_MINUTE, REPAIRS_BEFORE_FAILED, REPAIRS_PER_MINUTE, RESTART_PACKETS_TIMEOUT,
    RESTART_TIMEOUT, SILENT_REPAIRS, SILENT_REPAIRS_PER_MINUTE, UNAIDED_CONNECT_TIMEOUT, WAKE_GRACE,
};

/// What to do about a broken connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repair {
    /// Look for a new path with the same connection.
    RestartIce,
    /// Give the connection up and build the next epoch.
    Rebuild,
}

/// Where a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// New, and not connected yet.
    Starting,
    /// Connected.
    Healthy,
    /// The browser calls it connected, but nothing comes.
    Silent,
    /// The browser calls it disconnected; it may heal by itself.
    Suspect,
    /// ICE was restarted.
    Restarting,
    /// The browser has refused a description: whatever it says of the path, nothing can be negotiated any more.
    Broken,
    /// Several repairs failed; the next comes later.
    Failed,
}

/// The ladder from a silent path to a new connection. Deadlines in [`timing`](crate::timing).
#[derive(Debug, Clone)]
pub(crate) struct Recovery {
    phase: Phase,
    /// When the next step is due; `None` only while healthy.
    deadline: Option<Timestamp>,
    /// The deadline that was put off because the page had slept.
    postponed_to: Option<Timestamp>,
    /// Repairs since the pair was last connected.
    repairs: u32,
    was_connected: bool,
    /// What the polite side adds to every deadline, so that usually only one side acts.
    polite_delay: Duration,
    /// What the next repair because of silence is.
    silence_repair: Repair,
    /// Repairs because of silence since media last flowed, or something else was silent.
    silent_repairs: u32,
    /// What they were for.
    silent_direction: SilentDirection,
    /// Whose silence, while others came on the same connection, has cost it, until they are heard.
    unheard: Vec<ParticipantId>,
    /// When packets should come again after a restart because of silence.
    packets_due_by: Timestamp,
    repair_limiter: RateLimiter,
    silent_repair_limiter: RateLimiter,
    remote_rebuild_limiter: RateLimiter,
    /// They have built the pair anew too often; when we may follow them again.
    remote_rebuild_at: Option<Timestamp>,
}

impl Recovery {
    pub(crate) fn new(now: Timestamp, polite: bool) -> Self {
        let mut recovery = Self {
            phase: Phase::Starting,
            deadline: None,
            postponed_to: None,
            repairs: 0,
            was_connected: false,
            polite_delay: if polite { POLITE_DELAY } else { Duration::ZERO },
            silence_repair: Repair::RestartIce,
            silent_repairs: 0,
            silent_direction: SilentDirection::Inbound,
            unheard: Vec::new(),
            packets_due_by: now,
            repair_limiter: RateLimiter::default(),
            silent_repair_limiter: RateLimiter::default(),
            remote_rebuild_limiter: RateLimiter::default(),
            remote_rebuild_at: None,
        };
        recovery.enter(Phase::Starting, now, CONNECT_TIMEOUT);
        recovery
    }

    /// Somebody is there: from now on it is to connect.
    pub(crate) fn begin(&mut self, now: Timestamp) {
        self.enter(Phase::Starting, now, CONNECT_TIMEOUT);
    }

    /// It was made before the ICE servers were known with which it should be: unless it is connected soon, it looks for a path
    /// once more.
    pub(crate) fn restart_unless_connected(&mut self, now: Timestamp) {
        self.enter(Phase::Suspect, now, UNAIDED_CONNECT_TIMEOUT);
    }

    /// The ladder of the connection that takes this one's place.
    pub(crate) fn for_successor(&self, now: Timestamp) -> Self {
        let mut next = self.clone();
        if self.repairs >= REPAIRS_BEFORE_FAILED {
            next.enter(Phase::Failed, now, FAILED_RETRY_INTERVAL);
        } else {
            next.enter(Phase::Starting, now, CONNECT_TIMEOUT);
        }
        next
    }

    /// Whether it has only just begun to connect.
    pub(crate) fn is_beginning(&self, now: Timestamp) -> bool {
        let left = self.deadline.filter(|_| self.phase == Phase::Starting).map(|due| due.since(now));
        left.is_some_and(|left| left + CONNECT_BEGINNING > CONNECT_TIMEOUT)
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
        self.deadline.into_iter().chain(self.remote_rebuild_at).min()
    }

    /// `connectionState` changed.
    pub(crate) fn state_changed(&mut self, now: Timestamp, state: PeerConnectionState) {
        match (state, self.phase) {
            (PeerConnectionState::Connected, Phase::Broken) => self.was_connected = true,
            (PeerConnectionState::Connected, _) => {
                self.healthy();
                self.was_connected = true;
            }
            (PeerConnectionState::Disconnected, Phase::Healthy | Phase::Silent) => {
                self.enter(Phase::Suspect, now, DISCONNECTED_GRACE);
            }
            (PeerConnectionState::Failed, Phase::Healthy | Phase::Silent | Phase::Suspect) => {
                self.enter(Phase::Suspect, now, Duration::ZERO);
            }
            (PeerConnectionState::Failed, Phase::Starting | Phase::Restarting | Phase::Broken) => {
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

    fn healthy(&mut self) {
        self.phase = Phase::Healthy;
        self.deadline = None;
        self.repairs = 0;
    }

    /// What is due comes.
    pub(crate) fn on_media(&mut self) {
        self.silent_repairs = 0;
        self.unheard.clear();
        self.on_nothing_missing();
    }

    /// Our microphone is sent. Whether anything comes in return depends on the others as well.
    pub(crate) fn on_sending(&mut self) {
        if self.silent_direction == SilentDirection::Outbound {
            self.silent_repairs = 0;
        }
    }

    /// Nothing is missing.
    pub(crate) fn on_nothing_missing(&mut self) {
        if self.phase == Phase::Silent {
            self.healthy();
        }
    }

    /// What is due does not come, although the browser calls the connection good. After a few repairs that changed
    /// nothing it is left alone: then they are silent, whatever they announce. `media_state_current`: a message of the
    /// server has come meanwhile, so what they announced is not outdated.
    pub(crate) fn on_silence(
        &mut self,
        now: Timestamp,
        direction: SilentDirection,
        silence_repair: Repair,
        media_state_current: bool,
    ) {
        if direction != self.silent_direction {
            (self.silent_direction, self.silent_repairs) = (direction, 0);
        }
        if self.phase == Phase::Healthy && self.silent_repairs < SILENT_REPAIRS {
            let silence_repair = if self.silent_repairs == 0 { silence_repair } else { Repair::Rebuild };
            self.await_packets(now + self.polite_delay, silence_repair);
        }
        let waited = self.phase == Phase::Silent && self.deadline.is_none() && self.packets_due_by <= now;
        if waited && (media_state_current || self.silence_repair == Repair::RestartIce) {
            self.deadline = Some(now);
        }
    }

    /// Whoever a server forwards is heard, except these, some of them `for_long`. Another connection may help, but it interrupts
    /// everybody: so it is tried once for each of them, and not again before they are heard.
    pub(crate) fn on_unheard<'a>(
        &mut self,
        now: Timestamp,
        unheard: impl Iterator<Item = (&'a ParticipantId, bool)>,
    ) {
        self.silent_repairs = 0;
        self.on_nothing_missing();
        let before = std::mem::take(&mut self.unheard);
        let may_rebuild = self.phase == Phase::Healthy && self.silent_repair_free_at() <= now;
        for (id, for_long) in unheard {
            let is_new = for_long && may_rebuild && !before.contains(id);
            if is_new {
                self.await_packets(now, Repair::Rebuild);
                self.deadline = Some(now);
            }
            if is_new || before.contains(id) {
                self.unheard.push(id.clone());
            }
        }
    }

    /// The last sample does not count any more: only another may repair.
    pub(crate) fn discard_silence(&mut self) {
        if self.phase == Phase::Silent {
            self.deadline = None;
        }
    }

    /// The other side restarted ICE: wait for that instead of restarting too.
    pub(crate) fn restarted_by_peer(&mut self, now: Timestamp) {
        match self.phase {
            Phase::Suspect => self.enter(Phase::Restarting, now, RESTART_TIMEOUT),
            Phase::Silent => self.await_packets(now + RESTART_PACKETS_TIMEOUT, Repair::Rebuild),
            Phase::Starting | Phase::Healthy | Phase::Restarting | Phase::Broken | Phase::Failed => {}
        }
    }

    /// Gives packets time to come. From here on only a sample can tell that something is wrong, never the clock alone.
    fn await_packets(&mut self, packets_due_by: Timestamp, silence_repair: Repair) {
        self.phase = Phase::Silent;
        self.silence_repair = silence_repair;
        self.packets_due_by = packets_due_by;
        self.deadline = None;
    }

    /// A description operation failed: this connection will come to nothing.
    pub(crate) fn on_operation_failed(&mut self, now: Timestamp) {
        if self.phase != Phase::Failed {
            self.enter(Phase::Broken, now, DISCONNECTED_GRACE);
        }
    }

    /// Something changed for the better (the network is back): do not wait any longer for what is broken.
    pub(crate) fn retry_broken(&mut self, now: Timestamp) {
        if matches!(self.phase, Phase::Suspect | Phase::Failed) {
            self.enter(self.phase, now, Duration::ZERO);
        }
    }

    /// The page has slept: a deadline that passed meanwhile is not believed before what happened has been heard of. But
    /// only once: the timers of a hidden page may be late each time.
    pub(crate) fn on_wake(&mut self, now: Timestamp) {
        if self.deadline != self.postponed_to {
            self.deadline = self.deadline.map(|deadline| deadline.max(now + WAKE_GRACE));
            self.postponed_to = self.deadline;
        }
    }

    /// Whether the pair may be repaired once more now. If not, it will be as soon as it may.
    pub(crate) fn allow_repair(&mut self, now: Timestamp) -> bool {
        let may = self.repair_limiter.take(now, REPAIRS_PER_MINUTE);
        if !may {
            if matches!(self.phase, Phase::Healthy | Phase::Silent) {
                self.phase = Phase::Restarting;
            }
            self.deadline = Some(self.repair_limiter.free_at(REPAIRS_PER_MINUTE));
        }
        may
    }

    /// Whether we may follow them once more into a connection that they built anew. If not,
    /// [`poll_remote_rebuild`](Self::poll_remote_rebuild) says when.
    pub(crate) fn allow_remote_rebuild(&mut self, now: Timestamp) -> bool {
        let may = self.remote_rebuild_limiter.take(now, REMOTE_REBUILDS_PER_MINUTE);
        self.remote_rebuild_at =
            (!may).then(|| self.remote_rebuild_limiter.free_at(REMOTE_REBUILDS_PER_MINUTE));
        may
    }

    /// Whether it is time to follow them.
    pub(crate) fn poll_remote_rebuild(&mut self, now: Timestamp) -> bool {
        self.remote_rebuild_at.take_if(|at| *at <= now).is_some()
    }

    /// The repair that is due, if any.
    pub(crate) fn poll_repair(&mut self, now: Timestamp) -> Option<Repair> {
        if self.deadline.is_none_or(|deadline| deadline > now) || !self.allow_due_repair(now) {
            return None;
        }
        self.repairs = self.repairs.saturating_add(1);
        match self.phase {
            Phase::Suspect => {
                self.enter(Phase::Restarting, now, RESTART_TIMEOUT);
                Some(Repair::RestartIce)
            }
            Phase::Silent => Some(self.next_silence_repair(now)),
            Phase::Starting | Phase::Restarting | Phase::Broken | Phase::Failed | Phase::Healthy => {
                Some(Repair::Rebuild)
            }
        }
    }

    /// Whether the repair that is due may be carried out. One because of silence has a smaller limit too, and if that
    /// is spent, another sample must find silence when it is not any more.
    fn allow_due_repair(&mut self, now: Timestamp) -> bool {
        if self.phase != Phase::Silent {
            return self.allow_repair(now);
        }
        let free = self.silent_repair_free_at();
        if free > now {
            self.await_packets(free, self.silence_repair);
            return false;
        }
        self.silent_repair_limiter.take(now, SILENT_REPAIRS_PER_MINUTE)
            && self.repair_limiter.take(now, REPAIRS_PER_MINUTE)
    }

    /// When there may be another repair because of silence.
    fn silent_repair_free_at(&self) -> Timestamp {
        let silent = self.silent_repair_limiter.free_at(SILENT_REPAIRS_PER_MINUTE);
        silent.max(self.repair_limiter.free_at(REPAIRS_PER_MINUTE))
    }

    fn next_silence_repair(&mut self, now: Timestamp) -> Repair {
        let silence_repair = self.silence_repair;
        match silence_repair {
            Repair::RestartIce => {
                self.silent_repairs = self.silent_repairs.saturating_add(1);
                self.await_packets(now + RESTART_PACKETS_TIMEOUT, Repair::Rebuild);
            }
            Repair::Rebuild => self.silent_repairs = SILENT_REPAIRS,
        }
        silence_repair
    }

    fn enter(&mut self, phase: Phase, now: Timestamp, after: Duration) {
        self.phase = phase;
        self.deadline = Some(now + after + self.polite_delay);
    }
}

#[cfg(test)]
mod tests {
    use super::SilentDirection::{Inbound, Outbound};
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
    fn a_refused_description_is_not_healed_by_a_good_path() {
        let at = Timestamp::from_millis;
        let mut recovery = Recovery::new(at(0), false);
        recovery.on_operation_failed(at(0));
        recovery.state_changed(at(100), PeerConnectionState::Connected);
        assert_eq!(recovery.poll_repair(at(2500)), Some(Repair::Rebuild));
    }

    #[test]
    fn a_blip_heals_by_itself() {
        let mut recovery = healthy();
        recovery.state_changed(at(1000), PeerConnectionState::Disconnected);
        assert_eq!(recovery.poll_repair(at(3000)), None);
        recovery.state_changed(at(3000), PeerConnectionState::Connected);
        assert_eq!(recovery.poll_timeout(), None);
    }

    #[test]
    fn the_ladder_goes_up() {
        let mut recovery = healthy();
        recovery.state_changed(at(1000), PeerConnectionState::Disconnected);
        assert_eq!(recovery.poll_repair(at(3500)), Some(Repair::RestartIce));
        assert_eq!(recovery.poll_repair(at(15_499)), None);
        assert_eq!(recovery.poll_repair(at(15_500)), Some(Repair::Rebuild));
        recovery = recovery.for_successor(at(15_500));
        assert_eq!(recovery.phase(), Phase::Starting);
        assert_eq!(recovery.poll_repair(at(30_500)), Some(Repair::Rebuild));
        recovery = recovery.for_successor(at(30_500));
        assert_eq!(recovery.phase(), Phase::Failed);
        assert_eq!(recovery.poll_repair(at(60_500)), Some(Repair::Rebuild));
        recovery.state_changed(at(61_000), PeerConnectionState::Connected);
        assert_eq!((recovery.phase(), recovery.is_repairing()), (Phase::Healthy, false));
    }

    #[test]
    fn failed_acts_at_once_and_the_polite_side_gives_way() {
        let mut recovery = healthy();
        recovery.state_changed(at(1000), PeerConnectionState::Failed);
        assert_eq!(recovery.poll_repair(at(1000)), Some(Repair::RestartIce));
        let mut polite = Recovery::new(at(0), true);
        polite.state_changed(at(100), PeerConnectionState::Connected);
        polite.state_changed(at(1000), PeerConnectionState::Failed);
        assert_eq!(polite.poll_repair(at(1000)), None);
        polite.restarted_by_peer(at(1100));
        assert_eq!(polite.poll_repair(at(2500)), None);
    }

    #[test]
    fn what_was_repaired_in_vain_for_them_is_tried_again_for_us() {
        let mut recovery = healthy();
        recovery.on_silence(at(6000), Inbound, Repair::RestartIce, true);
        assert_eq!(recovery.poll_repair(at(6000)), Some(Repair::RestartIce));
        recovery.on_silence(at(16_000), Inbound, Repair::RestartIce, true);
        assert_eq!(recovery.poll_repair(at(16_000)), Some(Repair::Rebuild));
        let mut next = recovery.for_successor(at(16_000));
        next.state_changed(at(17_000), PeerConnectionState::Connected);
        next.on_silence(at(80_000), Inbound, Repair::RestartIce, true);
        assert_eq!(next.poll_repair(at(80_000)), None, "they are silent, whatever is done");
        next.on_silence(at(82_000), Outbound, Repair::RestartIce, true);
        assert_eq!(next.poll_repair(at(82_000)), Some(Repair::RestartIce), "now they hear nothing of us");
    }

    #[test]
    fn what_helped_us_counts_although_they_are_silent() {
        let mut recovery = healthy();
        recovery.on_silence(at(6000), Outbound, Repair::RestartIce, true);
        assert_eq!(recovery.poll_repair(at(6000)), Some(Repair::RestartIce));
        recovery.on_silence(at(16_000), Outbound, Repair::RestartIce, true);
        assert_eq!(recovery.poll_repair(at(16_000)), Some(Repair::Rebuild));
        let mut next = recovery.for_successor(at(16_000));
        next.state_changed(at(17_000), PeerConnectionState::Connected);
        next.on_silence(at(80_000), Outbound, Repair::RestartIce, true);
        assert_eq!(next.poll_repair(at(80_000)), None, "it did not help");
        next.on_sending();
        next.on_silence(at(82_000), Outbound, Repair::RestartIce, true);
        assert_eq!(next.poll_repair(at(82_000)), Some(Repair::RestartIce), "it did, for a while");
    }

    #[test]
    fn silence_is_repaired_twice_and_then_left_alone() {
        let mut recovery = healthy();
        recovery.on_silence(at(6000), Inbound, Repair::RestartIce, false);
        assert_eq!(recovery.poll_repair(at(6000)), Some(Repair::RestartIce));
        recovery.on_silence(at(8000), Inbound, Repair::RestartIce, true);
        assert_eq!(recovery.poll_timeout(), None, "the restart takes its time");
        recovery.on_silence(at(14_000), Inbound, Repair::RestartIce, false);
        assert_eq!(recovery.poll_timeout(), None, "perhaps they say something else by now");
        recovery.on_silence(at(16_000), Inbound, Repair::RestartIce, true);
        assert_eq!(recovery.poll_repair(at(16_000)), Some(Repair::Rebuild));
        let mut next = recovery.for_successor(at(16_000));
        next.state_changed(at(17_000), PeerConnectionState::Connected);
        next.on_silence(at(27_000), Inbound, Repair::RestartIce, true);
        assert_eq!((next.phase(), next.poll_timeout()), (Phase::Healthy, None));
        next.on_media();
        next.on_silence(at(30_000), Inbound, Repair::RestartIce, true);
        assert_eq!(next.poll_repair(at(30_000)), None, "twice a minute at most");
        assert_eq!(next.poll_repair(at(66_000)), None, "and then only if it is silent still");
        next.on_silence(at(66_000), Inbound, Repair::RestartIce, true);
        assert_eq!(next.poll_repair(at(66_000)), Some(Repair::RestartIce));
        next.on_media();
        assert_eq!((next.phase(), next.poll_timeout()), (Phase::Healthy, None));
    }

    #[test]
    fn somebody_whom_nobody_hears_costs_the_others_one_connection() {
        let [a, b] = ["a", "b"].map(|id| ParticipantId::new(id).unwrap());
        let mut recovery = healthy();
        let next = |recovery: &Recovery, now| {
            let mut next = recovery.for_successor(at(now));
            next.state_changed(at(now), PeerConnectionState::Connected);
            next
        };
        recovery.on_unheard(at(8000), [(&a, false)].into_iter());
        assert_eq!(recovery.poll_repair(at(8000)), None);
        recovery.on_unheard(at(16_000), [(&a, true)].into_iter());
        assert_eq!(recovery.poll_repair(at(16_000)), Some(Repair::Rebuild));
        recovery = next(&recovery, 17_000);
        for (now, for_long) in [(20_000, false), (40_000, true), (140_000, true)] {
            recovery.on_unheard(at(now), [(&a, for_long)].into_iter());
            assert_eq!((recovery.phase(), recovery.poll_timeout()), (Phase::Healthy, None));
        }
        recovery.on_unheard(at(150_000), [(&a, true), (&b, true)].into_iter());
        assert_eq!(recovery.poll_repair(at(150_000)), Some(Repair::Rebuild));
        recovery = next(&recovery, 151_000);
        recovery.on_media();
        recovery.on_unheard(at(300_000), [(&b, true)].into_iter());
        assert_eq!(recovery.poll_repair(at(300_000)), Some(Repair::Rebuild), "they were heard meanwhile");
    }

    #[test]
    fn repairs_are_bounded() {
        let mut recovery = Recovery::new(at(0), false);
        let mut repairs = 0;
        for second in 0..600 {
            recovery.retry_broken(at(second * 1000));
            if recovery.poll_repair(at(second * 1000)).is_some() {
                repairs += 1;
                recovery = recovery.for_successor(at(second * 1000));
            }
        }
        assert!((50..=60).contains(&repairs), "{repairs}");
    }

    #[test]
    fn they_cannot_make_us_rebuild_without_end() {
        let mut recovery = healthy();
        let remote_rebuild_limiter =
            (0..60).filter(|second| recovery.allow_remote_rebuild(at(second * 1000))).count();
        assert_eq!(remote_rebuild_limiter, REMOTE_REBUILDS_PER_MINUTE);
        assert_eq!(recovery.poll_timeout(), Some(at(60_000)));
        assert!(recovery.poll_remote_rebuild(at(60_000)));
        assert!(recovery.allow_remote_rebuild(at(60_000)));
    }

    #[test]
    fn deadlines_that_passed_in_sleep_are_not_believed() {
        let mut recovery = Recovery::new(at(0), false);
        recovery.on_wake(at(90_000));
        assert_eq!(recovery.poll_repair(at(90_500)), None);
        let mut hidden = recovery.clone();
        hidden.on_wake(at(150_000));
        assert_eq!(hidden.poll_repair(at(150_000)), Some(Repair::Rebuild), "a hidden page is always late");
        recovery.state_changed(at(90_600), PeerConnectionState::Connected);
        assert_eq!(recovery.poll_timeout(), None);
    }
}
