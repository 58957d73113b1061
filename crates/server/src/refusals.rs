//! Who was refused, and why, in the log; bounded, so that nobody fills a disk by being refused.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tracing::info;

use crate::addresses::Source;
use crate::bucket::{Bucket, Rate};

/// Lines of one kind at once...
const BURST: u32 = 10;
/// ...and per second in the long run. What is left out is counted.
const PER_SECOND: f64 = 0.5;

/// What was refused of late. There are only as many kinds as the code has names for.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    kinds: Mutex<BTreeMap<&'static str, Kind>>,
}

#[derive(Debug)]
struct Kind {
    lines: Bucket,
    left_out: u64,
}

impl Refusals {
    /// Something was refused; the reason is an error code of the protocol, or a name like one.
    pub(crate) fn note(&self, reason: &'static str, source: Source) {
        if let Some(left_out) = self.count(Instant::now(), reason) {
            info!(reason, address = %source, left_out, "refused");
        }
    }

    /// How many were left out since the last line; `None` if this one is too.
    fn count(&self, now: Instant, reason: &'static str) -> Option<u64> {
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Kind { lines: Bucket::new(now, Rate::new(BURST, PER_SECOND)), left_out: 0 };
        let kind = kinds.entry(reason).or_insert_with(new);
        if kind.lines.take(now, 1.0) {
            return Some(std::mem::take(&mut kind.left_out));
        }
        kind.left_out += 1;
        None
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_flood_of_one_kind_is_a_few_lines_and_hides_no_other() {
        let refusals = Refusals::default();
        let now = Instant::now();
        let lines = (0..10_000).filter_map(|_| refusals.count(now, "rate-limited")).count();
        assert_eq!(lines, 10);
        assert_eq!(refusals.count(now, "room-full"), Some(0));
        assert_eq!(
            refusals.count(now + Duration::from_secs(2), "rate-limited"),
            Some(9990),
            "none is forgotten"
        );
    }
}
