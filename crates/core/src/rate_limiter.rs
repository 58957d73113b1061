//! Only so many in any minute.

use visavis_signaling::Timestamp;

use crate::queue::Queue;
use crate::timing::RATE_LIMIT_PERIOD;

/// Counts what must not happen too often.
#[derive(Debug, Clone, Default)]
pub(crate) struct RateLimiter {
    /// When the last ones were, oldest first; never more than `most` of [`take`](Self::take).
    spent: Queue<Timestamp>,
}

impl RateLimiter {
    /// When there may be one more.
    pub(crate) fn free_at(&self, most: usize) -> Timestamp {
        let oldest = self.spent.first().filter(|_| self.spent.len() >= most);
        oldest.map_or(Timestamp::default(), |oldest| *oldest + RATE_LIMIT_PERIOD)
    }

    /// Takes one, if there may be one more now.
    pub(crate) fn take(&mut self, now: Timestamp, most: usize) -> bool {
        let free = self.free_at(most) <= now;
        if free {
            self.spent.push_bounded(now, most);
        }
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_many_in_any_minute() {
        let at = Timestamp::from_millis;
        let mut limiter = RateLimiter::default();
        assert!(limiter.take(at(0), 2));
        assert!(limiter.take(at(50_000), 2));
        assert!(!limiter.take(at(59_999), 2));
        assert_eq!(limiter.free_at(2), at(60_000));
        assert!(limiter.take(at(60_000), 2));
        assert!(!limiter.take(at(61_000), 2), "the window slides");
        assert_eq!(limiter.free_at(2), at(110_000));
    }
}
