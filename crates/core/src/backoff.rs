//! How long to wait before the signaling socket is opened again.

use std::time::Duration;

use crate::timing::{RECONNECT_FIRST, RECONNECT_MOST};

/// Waits that grow and then scatter.
#[derive(Debug)]
pub(crate) struct Backoff {
    attempts: u32,
    random: u64,
}

impl Backoff {
    /// `seed` scatters the waits; pages should differ in it.
    pub(crate) fn new(seed: u64) -> Self {
        // Xorshift never leaves zero.
        Self { attempts: 0, random: seed | 1 }
    }

    /// How many attempts in a row have failed.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// One more attempt has failed: how long to wait before the next.
    pub(crate) fn next_wait(&mut self) -> Duration {
        let first = RECONNECT_FIRST.get(self.attempts as usize).copied();
        self.attempts = self.attempts.saturating_add(1);
        first.unwrap_or_else(|| self.scattered())
    }

    /// An attempt succeeded.
    pub(crate) fn reset(&mut self) {
        self.attempts = 0;
    }

    fn scattered(&mut self) -> Duration {
        let least = RECONNECT_FIRST.last().copied().unwrap_or_default();
        let span = RECONNECT_MOST.saturating_sub(least).as_millis() as u64;
        least + Duration::from_millis(self.next_random() % (span + 1))
    }

    /// Xorshift64 (Marsaglia 2003): enough to scatter waits.
    fn next_random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_waits_then_scatter_within_bounds() {
        let mut backoff = Backoff::new(7);
        for wait in RECONNECT_FIRST {
            assert_eq!(backoff.next_wait(), wait);
        }
        for _ in 0..1000 {
            let wait = backoff.next_wait();
            assert!(wait >= Duration::from_millis(4800), "{wait:?}");
            assert!(wait <= RECONNECT_MOST, "{wait:?}");
        }
        backoff.reset();
        assert_eq!(backoff.next_wait(), Duration::ZERO);
    }
}
