//! How long to wait before the signaling socket is opened again.

use std::num::NonZeroU64;
use std::time::Duration;

use visavis_signaling::Timestamp;

use crate::timing::{RECONNECT_CLOSING, RECONNECT_LATER, RECONNECT_SOON, RECONNECT_SOON_FOR};

/// The shortest and the longest wait.
pub(crate) type Span = [Duration; 2];

/// Waits that scatter from the first on: all clients of a server lose it at the same moment.
#[derive(Debug)]
pub(crate) struct Backoff {
    attempts: u32,
    /// When the first of the attempts that failed in a row did so.
    since: Timestamp,
    /// The server has said that it closes.
    closing: bool,
    random: u64,
}

impl Backoff {
    /// `seed` scatters the waits; pages should differ in it.
    pub(crate) fn new(seed: u64) -> Self {
        Self { attempts: 0, since: Timestamp::default(), closing: false, random: seed }
    }

    /// How many attempts in a row have failed.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The server has said that it closes: everybody hears that at once, and it will not be back at once.
    pub(crate) fn on_server_closing(&mut self) {
        self.closing = true;
    }

    /// One more attempt has failed: how long to wait before the next. `first` is the wait if none has failed before.
    pub(crate) fn next_wait(&mut self, now: Timestamp, first: Span) -> Duration {
        if self.attempts == 0 {
            self.since = now;
        }
        let span = match (std::mem::take(&mut self.closing), self.attempts) {
            (true, _) => RECONNECT_CLOSING,
            (false, 0) => first,
            (false, _) if now.since(self.since) < RECONNECT_SOON_FOR => RECONNECT_SOON,
            (false, _) => RECONNECT_LATER,
        };
        self.attempts = self.attempts.saturating_add(1);
        self.with_jitter(span)
    }

    /// An attempt succeeded.
    pub(crate) fn reset(&mut self) {
        (self.attempts, self.closing) = (0, false);
    }

    fn with_jitter(&mut self, [least, most]: Span) -> Duration {
        let span = most.saturating_sub(least).as_millis() as u64;
        least + Duration::from_millis(self.next_random() % NonZeroU64::MIN.saturating_add(span))
    }

    /// SplitMix64 (Steele, Lea and Flood 2014): scatters seeds that lie close together, too.
    fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timing::RECONNECT_FIRST;

    /// How many clients lose their server at once.
    const CLIENTS: u64 = 10_000;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    /// When a client whose attempts fail at once is back after an outage of this long.
    fn reconnected_at(outage: u64, seed: u64) -> u64 {
        let (mut backoff, mut now) = (Backoff::new(seed), 0);
        while now == 0 || now < outage {
            now += backoff.next_wait(at(now), RECONNECT_FIRST).as_millis() as u64;
        }
        now
    }

    /// The most of them that come within the same 100 ms.
    fn most_at_once(arrivals: impl Iterator<Item = u64>) -> usize {
        let mut crowds = vec![0; 1000];
        arrivals.for_each(|at| crowds[at as usize / 100] += 1);
        crowds.into_iter().max().unwrap_or_default()
    }

    #[test]
    fn whoever_was_away_is_back_soon() {
        for outage in (0..60_000).step_by(250) {
            let most = if outage < 10_000 { 2_000 } else { 12_000 };
            for seed in 0..200 {
                let back = reconnected_at(outage, seed);
                assert!(back <= outage + most, "{back} ms after an outage of {outage} ms, seed {seed}");
            }
        }
    }

    #[test]
    fn a_crowd_does_not_come_back_in_step() {
        for (outage, most) in [(0, 0.15), (3_000, 0.15), (9_900, 0.15), (30_000, 0.05), (60_000, 0.05)] {
            let crowd = most_at_once((0..CLIENTS).map(|seed| reconnected_at(outage, seed)));
            assert!((crowd as f64) < most * CLIENTS as f64, "{crowd} at once, after {outage} ms");
        }
    }

    #[test]
    fn a_server_that_closes_is_given_time() {
        let crowd = most_at_once((0..CLIENTS).map(|seed| {
            let mut backoff = Backoff::new(seed);
            backoff.on_server_closing();
            let [first, second] =
                [backoff.next_wait(at(0), RECONNECT_FIRST), backoff.next_wait(at(6_000), RECONNECT_FIRST)];
            assert!(first >= RECONNECT_CLOSING[0], "{first:?}");
            assert!(first <= RECONNECT_CLOSING[1], "{first:?}");
            assert!(second <= RECONNECT_SOON[1], "{second:?}: only the first wait is longer");
            first.as_millis() as u64
        }));
        assert!(crowd < 300, "{crowd} at once");
    }

    #[test]
    fn whoever_was_let_in_begins_anew() {
        let mut backoff = Backoff::new(7);
        for second in 0..60 {
            backoff.next_wait(at(second * 1000), RECONNECT_FIRST);
        }
        assert_eq!(backoff.attempts(), 60);
        backoff.reset();
        assert!(backoff.next_wait(at(60_000), RECONNECT_FIRST) <= RECONNECT_FIRST[1]);
        assert!(
            backoff.next_wait(at(61_000), RECONNECT_FIRST) <= RECONNECT_SOON[1],
            "this outage is a second old"
        );
    }
}
