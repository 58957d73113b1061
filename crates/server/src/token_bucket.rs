//! Rate limits by token bucket.

use std::time::Instant;

/// A rate limit: a burst, and a sustained rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateLimit {
    /// The size of the bucket: so much at once.
    pub burst: f64,
    /// The sustained rate, per second.
    pub per_second: f64,
}

impl RateLimit {
    /// `burst` at once, `per_second` in the long run.
    pub fn new(burst: impl Into<f64>, per_second: impl Into<f64>) -> Self {
        Self { burst: burst.into(), per_second: per_second.into() }
    }
}

/// A token bucket: full at first, emptied by use, refilled with time.
#[derive(Debug)]
pub(crate) struct TokenBucket {
    rate: RateLimit,
    tokens: f64,
    refilled_at: Instant,
}

impl TokenBucket {
    pub(crate) fn new(now: Instant, rate: RateLimit) -> Self {
        Self { rate, tokens: rate.burst, refilled_at: now }
    }

    /// Takes `amount` tokens; false, and nothing is taken, if fewer are left.
    pub(crate) fn try_take(&mut self, now: Instant, amount: f64) -> bool {
        self.refill(now);
        let enough = self.tokens >= amount;
        if enough {
            self.tokens -= amount;
        }
        enough
    }

    /// Whether it is full, so that a new bucket would be the same.
    pub(crate) fn is_full(&mut self, now: Instant) -> bool {
        self.refill(now);
        self.tokens >= self.rate.burst
    }

    fn refill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.refilled_at).as_secs_f64();
        self.tokens = elapsed.mul_add(self.rate.per_second, self.tokens).min(self.rate.burst);
        self.refilled_at = now;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn allows_a_burst_and_then_the_rate() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(start, RateLimit::new(4, 2));
        assert_eq!((0..5).filter(|_| bucket.try_take(start, 1.0)).count(), 4);
        let later = start + Duration::from_secs(1);
        assert_eq!((0..5).filter(|_| bucket.try_take(later, 1.0)).count(), 2);
        assert!(!bucket.is_full(later));
        let much_later = start + Duration::from_secs(60);
        assert!(bucket.is_full(much_later));
        assert_eq!(
            (0..9).filter(|_| bucket.try_take(much_later, 1.0)).count(),
            4,
            "never more than the burst"
        );
    }
}
