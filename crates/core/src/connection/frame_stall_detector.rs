//! Whether frames of the cameras are decoded here, encoded here and given by our own camera.
//!
//! Packets may flow and nobody sees anything: the two browsers know no common codec, the camera's lid is closed, another
//! program has the camera, a page in the background draws no more. No repair helps against that, so nothing is repaired:
//! the view shows it. A covered lens or a still scene gives frames all the same. Counters that a browser does not have say
//! nothing.

use super::media::MediaCounters;
use super::stall_detector::{Counter, ExpectedMedia, SampleContext};
use crate::timing::{FIRST_FRAME_TIMEOUT, FRAMES_TIMEOUT};

/// Whether the frames of one counter arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum FrameState {
    /// Nothing is missing, or nothing is due.
    #[default]
    Flowing,
    /// There were frames, and for a while there have been none.
    Stalled,
    /// There has never been a frame.
    Missing,
}

/// Watches the frames of one connection.
#[derive(Debug, Default)]
pub(crate) struct FrameStallDetector {
    decoded: Counter,
    encoded: Counter,
    captured: Counter,
    /// Of their camera, decoded here.
    pub(super) remote: FrameState,
    /// Of our camera, encoded here; `Flowing` while the camera itself gives none.
    pub(super) local: FrameState,
    /// Given by our camera.
    pub(super) capture: FrameState,
}

impl FrameStallDetector {
    /// Takes one sample of the counters. `fresh`: the sample before is too old to say anything about the time since.
    pub(super) fn sample(
        &mut self,
        context: SampleContext,
        counters: &MediaCounters,
        expected: ExpectedMedia,
        fresh: bool,
    ) {
        let sample = |counter: &mut Counter, value: Option<u32>, expected: bool| {
            let expected = expected && value.is_some();
            let since = counter.update(context.now, value.unwrap_or_default(), expected, fresh);
            let silent = context.now.since(since);
            match (expected, counter.has_grown()) {
                (true, true) if silent >= FRAMES_TIMEOUT => FrameState::Stalled,
                (true, false) if silent >= FIRST_FRAME_TIMEOUT => FrameState::Missing,
                _ => FrameState::Flowing,
            }
        };
        self.remote = sample(&mut self.decoded, counters.frames_decoded, expected.remote_camera);
        self.capture = sample(&mut self.captured, counters.frames_captured, expected.local_camera);
        let due = expected.local_camera && expected.wants_video;
        let encoded = sample(&mut self.encoded, counters.frames_encoded, due);
        self.local = if self.capture == FrameState::Flowing { encoded } else { FrameState::Flowing };
    }
}

#[cfg(test)]
mod tests {
    use visavis_signaling::Timestamp;

    use super::*;

    const BOTH: ExpectedMedia = ExpectedMedia::BOTH;

    /// Takes a sample every two seconds; each item is the frames decoded, encoded and captured since the start. Gives the
    /// detector after the last, and the index of the first sample in which something was not flowing.
    fn sample_all(expected: ExpectedMedia, counts: &[[u32; 3]]) -> (FrameStallDetector, Option<usize>) {
        let (mut detector, mut first) = (FrameStallDetector::default(), None);
        for (n, counts) in counts.iter().enumerate() {
            let now = Timestamp::from_millis(2000 * n as u64);
            let [frames_decoded, frames_encoded, frames_captured] = counts.map(Some);
            let context = SampleContext { now, server_message_at: now, alert: false };
            detector.sample(
                context,
                &MediaCounters {
                    frames_decoded,
                    frames_encoded,
                    frames_captured,
                    ..MediaCounters::default()
                },
                expected,
                n == 0,
            );
            let flowing = [detector.remote, detector.local, detector.capture] == [FrameState::Flowing; 3];
            first = first.or((!flowing).then_some(n));
        }
        (detector, first)
    }

    fn from<const N: usize>(count: impl Fn(u32) -> [u32; 3]) -> [[u32; 3]; N] {
        std::array::from_fn(|n| count(n as u32))
    }

    #[test]
    fn frames_that_grow_are_flowing() {
        assert_eq!(sample_all(BOTH, &from::<30>(|n| [n + 1; 3])).1, None);
    }

    #[test]
    fn frames_that_stop_are_missed_between_five_and_ten_seconds_later() {
        let (detector, first) = sample_all(BOTH, &from::<12>(|n| [n.min(5), n, n]));
        assert_eq!(
            (detector.remote, detector.local, detector.capture),
            (FrameState::Stalled, FrameState::Flowing, FrameState::Flowing)
        );
        let after = first.map(|sample| 2 * (sample - 5));
        assert!(after.is_some_and(|after| (5..=10).contains(&after)), "{after:?}");
    }

    #[test]
    fn frames_that_never_come_are_missed_too() {
        let (detector, first) = sample_all(BOTH, &from::<12>(|n| [0, n, n]));
        assert_eq!(detector.remote, FrameState::Missing);
        assert!(first.is_some_and(|sample| (5..=10).contains(&(2 * sample))), "{first:?}");
    }

    #[test]
    fn what_nobody_sends_is_not_missed() {
        let quiet = ExpectedMedia { remote_camera: false, local_camera: false, ..BOTH };
        assert_eq!(sample_all(quiet, &[[7; 3]; 60]).1, None);
    }

    #[test]
    fn a_camera_that_stops_is_told_from_frames_that_are_not_encoded() {
        let (detector, _) = sample_all(BOTH, &from::<12>(|n| [n, n.min(5), n.min(5)]));
        assert_eq!((detector.local, detector.capture), (FrameState::Flowing, FrameState::Stalled));
        let (detector, _) = sample_all(BOTH, &from::<12>(|n| [n, 0, n]));
        assert_eq!((detector.local, detector.capture), (FrameState::Missing, FrameState::Flowing));
    }

    #[test]
    fn a_browser_that_does_not_count_misses_nothing() {
        let (mut detector, counters) = (FrameStallDetector::default(), MediaCounters::default());
        for n in 0..30 {
            let now = Timestamp::from_millis(2000 * n);
            let context = SampleContext { now, server_message_at: now, alert: false };
            detector.sample(context, &counters, BOTH, n == 0);
        }
        assert_eq!([detector.remote, detector.local, detector.capture], [FrameState::Flowing; 3]);
    }

    #[test]
    fn late_samples_prove_nothing() {
        let mut detector = FrameStallDetector::default();
        for n in 0..30 {
            let now = Timestamp::from_millis(60_000 * n);
            let context = SampleContext { now, server_message_at: now, alert: false };
            let counters = MediaCounters {
                frames_decoded: Some(9),
                frames_encoded: Some(9),
                frames_captured: Some(9),
                ..MediaCounters::default()
            };
            detector.sample(context, &counters, BOTH, true);
        }
        assert_eq!(detector.remote, FrameState::Flowing);
    }
}
