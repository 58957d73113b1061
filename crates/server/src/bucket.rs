//! How fast one client may go.

use std::time::Instant;

/// A token bucket: it is full at first, every message takes from it, and time fills it again.
#[derive(Debug)]
pub(crate) struct Bucket {
    level: f64,
    filled_at: Instant,
    burst: f64,
    per_second: f64,
}

impl Bucket {
    pub(crate) fn new(now: Instant, burst: u32, per_second: u32) -> Self {
        let burst = f64::from(burst);
        Self { level: burst, filled_at: now, burst, per_second: f64::from(per_second) }
    }

    /// Whether there is enough left; if so, it is taken.
    pub(crate) fn take(&mut self, now: Instant, amount: f64) -> bool {
        let elapsed = now.saturating_duration_since(self.filled_at).as_secs_f64();
        self.level = elapsed.mul_add(self.per_second, self.level).min(self.burst);
        self.filled_at = now;
        let enough = self.level >= amount;
        if enough {
            self.level -= amount;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn allows_a_burst_and_then_the_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::new(start, 4, 2);
        assert_eq!((0..5).filter(|_| bucket.take(start, 1.0)).count(), 4);
        let later = start + Duration::from_secs(1);
        assert_eq!((0..5).filter(|_| bucket.take(later, 1.0)).count(), 2);
        let much_later = start + Duration::from_secs(60);
        assert_eq!((0..9).filter(|_| bucket.take(much_later, 1.0)).count(), 4, "never more than the burst");
    }
}
