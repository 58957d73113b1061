//! The log of refused clients, limited by rate, so that they cannot fill a disk.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tracing::info;

use crate::address_limiter::AddressKey;
use crate::token_bucket::{RateLimit, TokenBucket};

/// Log lines for one reason at once...
const BURST: u32 = 10;
/// ...and per second in the long run. What is left out is counted.
const PER_SECOND: f64 = 0.5;

/// Limits the log lines for each reason. There are only as many reasons as the code has names for.
#[derive(Debug, Default)]
pub(crate) struct RefusalLog {
    reasons: Mutex<BTreeMap<&'static str, ReasonEntry>>,
}

#[derive(Debug)]
struct ReasonEntry {
    lines: TokenBucket,
    left_out: u64,
}

impl RefusalLog {
    /// Logs a refusal; `reason` is an error code of the protocol, or a name like one.
    pub(crate) fn record(&self, reason: &'static str, address: AddressKey) {
        if let Some(left_out) = self.take_suppressed(Instant::now(), reason) {
            info!(reason, address = %address, left_out, "refused");
        }
    }

    /// How many lines were suppressed since the last; `None` if this one is too.
    fn take_suppressed(&self, now: Instant, reason: &'static str) -> Option<u64> {
        let mut reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        let new =
            || ReasonEntry { lines: TokenBucket::new(now, RateLimit::new(BURST, PER_SECOND)), left_out: 0 };
        let entry = reasons.entry(reason).or_insert_with(new);
        if entry.lines.try_take(now, 1.0) {
            return Some(std::mem::take(&mut entry.left_out));
        }
        entry.left_out += 1;
        None
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_flood_of_one_kind_is_a_few_lines_and_hides_no_other() {
        let refusal_log = RefusalLog::default();
        let now = Instant::now();
        let lines = (0..10_000).filter_map(|_| refusal_log.take_suppressed(now, "rate-limited")).count();
        assert_eq!(lines, 10);
        assert_eq!(refusal_log.take_suppressed(now, "room-full"), Some(0));
        assert_eq!(
            refusal_log.take_suppressed(now + Duration::from_secs(2), "rate-limited"),
            Some(9990),
            "none is forgotten"
        );
    }
}
