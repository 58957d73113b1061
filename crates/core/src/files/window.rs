//! How much of a file may be on its way at once: as much as the path carries without keeping voices and pictures waiting.

use std::time::Duration;

use visavis_signaling::Timestamp;

use super::MAX_CHUNK_BYTES;
use crate::queue::Queue;

/// The least that is on its way, in bytes: a piece of a file.
const MIN_BYTES: u32 = 64 * 1024;
/// The smallest piece, in bytes.
const MIN_CHUNK_BYTES: usize = 16 * 1024;
/// Where it begins.
const FIRST_BYTES: u32 = 256 * 1024;
/// The most: 60 ms at a gigabit in a second.
const MAX_BYTES: u32 = 8 * 1024 * 1024;
/// How much longer pieces may take than over an idle path (RFC 6817 allows 100 ms).
const TARGET_DELAY: u64 = 80;
/// By so many bytes in a round trip it grows once pieces have had to wait.
const STEP_BYTES: u64 = 128 * 1024;
/// All pieces of so many milliseconds must be delayed by more: one may have waited for a busy page, not for the path...
const MEASURED_FOR: Duration = Duration::from_millis(250);
/// ...and over a slow path there are not many: at least so many, and at most, since they are kept.
const MEASUREMENTS: [usize; 2] = [3, 64];

/// A window that gives way: it grows as long as pieces are not delayed by what is on its way already, and shrinks otherwise, before
/// anything is lost (after LEDBAT, RFC 6817). The transport below fills every queue until packets are lost, and would push
/// voices and pictures aside.
#[derive(Debug)]
pub struct SendWindow {
    bytes: u32,
    /// Up to where was sent, and up to where it has arrived.
    sent: u32,
    acknowledged: u32,
    /// Ends of pieces on their way, and when they were sent.
    on_way: Queue<(u32, Timestamp)>,
    /// The shortest time that a piece has taken, in milliseconds.
    base: Option<u64>,
    /// The last measurements, and when they were made.
    recent: Queue<(Timestamp, u64)>,
    /// No piece has had to wait so far: it doubles in each round trip.
    ramping: bool,
    /// Not before then it shrinks once more.
    shrinks_at: Timestamp,
}

impl SendWindow {
    /// For a transfer that begins here.
    pub fn new(offset: u32) -> Self {
        Self {
            bytes: FIRST_BYTES,
            sent: offset,
            acknowledged: offset,
            on_way: Queue::default(),
            base: None,
            recent: Queue::default(),
            ramping: true,
            shrinks_at: Timestamp::default(),
        }
    }

    /// How many bytes may be sent now.
    pub fn available(&self) -> u32 {
        self.bytes.saturating_sub(self.sent - self.acknowledged)
    }

    /// How large a piece is to be, in bytes: over a slow path, small ones show sooner that they have to wait.
    pub fn chunk_bytes(&self) -> usize {
        (self.bytes as usize / 8).clamp(MIN_CHUNK_BYTES, MAX_CHUNK_BYTES)
    }

    /// Up to where was sent.
    pub fn sent(&self) -> u32 {
        self.sent
    }

    /// Up to where it has arrived.
    pub fn acknowledged(&self) -> u32 {
        self.acknowledged
    }

    /// So many bytes more are sent.
    pub fn on_sent(&mut self, now: Timestamp, bytes: u32) {
        self.sent = self.sent.saturating_add(bytes);
        self.on_way.push((self.sent, now));
    }

    /// It has arrived up to here. What cannot be is ignored.
    pub fn on_ack(&mut self, now: Timestamp, bytes: u32) {
        if bytes <= self.acknowledged || bytes > self.sent {
            return;
        }
        let (full, arrived) = (self.sent - self.acknowledged >= self.bytes / 2, bytes - self.acknowledged);
        self.acknowledged = bytes;
        let mut sent_at = None;
        while let Some((_, at)) = self.on_way.remove_first(|(end, _)| *end <= bytes) {
            sent_at = Some(at);
        }
        if let Some(sent_at) = sent_at {
            self.measure(now, now.as_millis().saturating_sub(sent_at.as_millis()), arrived, full);
        }
    }

    fn measure(&mut self, now: Timestamp, delay: u64, arrived: u32, full: bool) {
        let base = self.base.map_or(delay, |base| base.min(delay));
        self.base = Some(base);
        let [fewest, most] = MEASUREMENTS;
        self.recent.push_bounded((now, delay), most);
        let is_old = |first: &(Timestamp, u64)| first.0 + MEASURED_FOR < now;
        while self.recent.len() > fewest && self.recent.first().is_some_and(is_old) {
            self.recent.pop();
        }
        let queueing = self.recent.iter().map(|(_, delay)| delay - base).min().unwrap_or_default();
        self.ramping &= queueing < TARGET_DELAY / 4;
        if queueing < TARGET_DELAY {
            let most = u64::from(arrived);
            let most = if self.ramping { most } else { most * STEP_BYTES / u64::from(self.bytes) };
            // Less the closer it is.
            let more = most.min(u64::from(arrived)) * (TARGET_DELAY - queueing) / TARGET_DELAY;
            let more = if full { more as u32 } else { 0 };
            self.bytes = self.bytes.saturating_add(more).min(MAX_BYTES);
        } else if self.recent.len() >= fewest && now >= self.shrinks_at {
            let fitting = u64::from(self.bytes) * (base + TARGET_DELAY) / (base + queueing);
            self.bytes = (fitting as u32).clamp(self.bytes / 2, self.bytes).max(MIN_BYTES);
            self.shrinks_at = now + Duration::from_millis(delay);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNK: u32 = 60 * 1024;

    /// A path with a queue: what it carries in a millisecond, and how long a piece takes over it when it is idle. Gives how long
    /// pieces had to wait at most in the last third of the time, and how much has arrived.
    fn run(bytes_per_ms: u64, idle: u64, noise: impl Fn(u64) -> u64) -> (u64, u32, u32) {
        let at = Timestamp::from_millis;
        let mut window = SendWindow::new(0);
        // Microseconds.
        let (mut on_way, mut free_at, mut worst) = (Queue::default(), 0, 0);
        for now in 0..10_000 {
            while window.available() >= MIN_CHUNK_BYTES as u32 {
                let length = window.available().min(window.chunk_bytes() as u32);
                window.on_sent(at(now), length);
                free_at = free_at.max(now * 1000) + u64::from(length) * 1000 / bytes_per_ms;
                if now > 6_000 {
                    worst = worst.max(free_at / 1000 - now);
                }
                on_way.push((free_at / 1000 + idle + noise(now), window.sent()));
            }
            while let Some((_, bytes)) = on_way.remove_first(|(arrives, _)| *arrives <= now) {
                window.on_ack(at(now), bytes);
            }
        }
        (worst, window.acknowledged(), window.bytes)
    }

    #[test]
    fn a_fast_path_is_used() {
        // A gigabit, 10 ms.
        let (_, arrived, _) = run(125_000, 10, |_| 0);
        assert!(arrived > 700_000_000, "{arrived}");
    }

    #[test]
    fn a_slow_path_is_filled_and_its_queue_stays_short() {
        // 8 Mbit/s, 40 ms: in 10 s it carries 10 MB.
        let (worst, arrived, _) = run(1000, 40, |_| 0);
        assert!(arrived > 8_500_000, "{arrived}");
        assert!(worst < 300, "{worst} ms");
        // 2 Mbit/s: a window of one piece is all that there may be.
        let (worst, arrived, _) = run(250, 40, |_| 0);
        assert!(arrived > 2_000_000, "{arrived}");
        assert!(worst < 500, "{worst} ms");
    }

    #[test]
    fn a_page_that_is_busy_now_and_then_slows_nothing_down() {
        let (_, arrived, _) = run(12_500, 20, |now| if now % 100 < 60 { 150 } else { 0 });
        assert!(arrived > 40_000_000, "{arrived}");
    }

    #[test]
    fn nobody_can_make_it_larger_than_it_may_be() {
        let at = Timestamp::from_millis;
        let mut window = SendWindow::new(1000);
        assert_eq!(window.available(), FIRST_BYTES);
        window.on_sent(at(0), CHUNK);
        for bytes in [0, 999, 1000, 1001 + CHUNK, u32::MAX] {
            window.on_ack(at(5), bytes);
            assert_eq!((window.acknowledged(), window.available()), (1000, FIRST_BYTES - CHUNK), "{bytes}");
        }
        let (_, _, largest) = run(200_000, 10, |_| 0);
        assert!(largest <= MAX_BYTES, "{largest}");
    }
}
