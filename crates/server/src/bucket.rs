//! How fast somebody may go.

use std::time::Instant;

/// So much at once, and so much per second in the long run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// At once.
    pub burst: f64,
    /// Per second in the long run.
    pub per_second: f64,
}

impl Rate {
    /// So much at once, and so much per second in the long run.
    pub fn new(burst: impl Into<f64>, per_second: impl Into<f64>) -> Self {
        Self { burst: burst.into(), per_second: per_second.into() }
    }
}

/// A token bucket: it is full at first, everything takes from it, and time fills it again.
#[derive(Debug)]
pub(crate) struct Bucket {
    rate: Rate,
    level: f64,
    filled_at: Instant,
}

impl Bucket {
    pub(crate) fn new(now: Instant, rate: Rate) -> Self {
        Self { rate, level: rate.burst, filled_at: now }
    }

    /// Whether there is enough left; if so, it is taken.
    pub(crate) fn take(&mut self, now: Instant, amount: f64) -> bool {
        self.fill(now);
        let enough = self.level >= amount;
        if enough {
            self.level -= amount;
        }
        enough
    }

    /// Whether nothing is missing: such a bucket need not be remembered.
    pub(crate) fn is_full(&mut self, now: Instant) -> bool {
        self.fill(now);
        self.level >= self.rate.burst
    }

    fn fill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.filled_at).as_secs_f64();
        self.level = elapsed.mul_add(self.rate.per_second, self.level).min(self.rate.burst);
        self.filled_at = now;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn allows_a_burst_and_then_the_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::new(start, Rate::new(4, 2));
        assert_eq!((0..5).filter(|_| bucket.take(start, 1.0)).count(), 4);
        let later = start + Duration::from_secs(1);
        assert_eq!((0..5).filter(|_| bucket.take(later, 1.0)).count(), 2);
        assert!(!bucket.is_full(later));
        let much_later = start + Duration::from_secs(60);
        assert!(bucket.is_full(much_later));
        assert_eq!((0..9).filter(|_| bucket.take(much_later, 1.0)).count(), 4, "never more than the burst");
    }
}
