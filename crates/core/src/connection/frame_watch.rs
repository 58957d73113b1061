//! Whether the pictures of one connection are seen, as far as their frames tell: theirs by us, and ours by them.
//!
//! Packets may flow and nobody sees anything: the two browsers know no common codec, the camera's lid is closed, another
//! program has the camera, a page in the background draws no more. No repair helps against that, so nothing is repaired:
//! people are told. A covered lens or a still scene gives frames all the same. Counters that a browser does not have say
//! nothing.

use super::flow_watch::{Counter, ExpectedMedia, SampleContext};
use super::media::Flow;
use crate::timing::{FIRST_FRAME_TIMEOUT, FRAMES_TIMEOUT};

/// What the frames of one direction tell.
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
pub(crate) struct FrameWatch {
    decoded: Counter,
    encoded: Counter,
    captured: Counter,
    /// Theirs.
    pub(super) remote: FrameState,
    /// Ours, while our camera gives frames.
    pub(super) local: FrameState,
    /// Our own camera.
    pub(super) capture: FrameState,
}

impl FrameWatch {
    /// Looks at the counters. `fresh` if the last look says nothing about the time since.
    pub(super) fn sample(
        &mut self,
        moment: SampleContext,
        flow: &Flow,
        expected: ExpectedMedia,
        fresh: bool,
    ) {
        let sample = |ear: &mut Counter, count: Option<u32>, expected: bool| {
            let expected = expected && count.is_some();
            let since = ear.update(moment.now, count.unwrap_or_default(), expected, fresh);
            let silent = moment.now.since(since);
            match (expected, ear.has_grown()) {
                (true, true) if silent >= FRAMES_TIMEOUT => FrameState::Stalled,
                (true, false) if silent >= FIRST_FRAME_TIMEOUT => FrameState::Missing,
                _ => FrameState::Flowing,
            }
        };
        self.remote = sample(&mut self.decoded, flow.decoded, expected.remote_camera);
        self.capture = sample(&mut self.captured, flow.captured, expected.local_camera);
        let due = expected.local_camera && expected.wants_video;
        let encoded = sample(&mut self.encoded, flow.encoded, due);
        self.local = if self.capture == FrameState::Flowing { encoded } else { FrameState::Flowing };
    }
}

#[cfg(test)]
mod tests {
    use visavis_signaling::Timestamp;

    use super::*;

    const BOTH: ExpectedMedia = ExpectedMedia::BOTH;

    /// A look every two seconds; each item is what was decoded, encoded and captured since the start. Gives what was
    /// seen in the end, and the number of the first look that missed something.
    fn sample_all(expected: ExpectedMedia, counts: &[[u32; 3]]) -> (FrameWatch, Option<usize>) {
        let (mut pictures, mut first) = (FrameWatch::default(), None);
        for (n, counts) in counts.iter().enumerate() {
            let now = Timestamp::from_millis(2000 * n as u64);
            let [decoded, encoded, captured] = counts.map(Some);
            let moment = SampleContext { now, server_heard: now, alert: false };
            pictures.sample(
                moment,
                &Flow { decoded, encoded, captured, ..Flow::default() },
                expected,
                n == 0,
            );
            let seen = [pictures.remote, pictures.local, pictures.capture] == [FrameState::Flowing; 3];
            first = first.or((!seen).then_some(n));
        }
        (pictures, first)
    }

    fn from<const N: usize>(count: impl Fn(u32) -> [u32; 3]) -> [[u32; 3]; N] {
        std::array::from_fn(|n| count(n as u32))
    }

    #[test]
    fn a_moving_picture_is_seen() {
        assert_eq!(sample_all(BOTH, &from::<30>(|n| [n + 1; 3])).1, None);
    }

    #[test]
    fn a_picture_that_stops_is_missed_between_five_and_ten_seconds_later() {
        let (pictures, first) = sample_all(BOTH, &from::<12>(|n| [n.min(5), n, n]));
        assert_eq!(
            (pictures.remote, pictures.local, pictures.capture),
            (FrameState::Stalled, FrameState::Flowing, FrameState::Flowing)
        );
        let after = first.map(|look| 2 * (look - 5));
        assert!(after.is_some_and(|after| (5..=10).contains(&after)), "{after:?}");
    }

    #[test]
    fn a_picture_that_never_comes_is_missed_too() {
        let (pictures, first) = sample_all(BOTH, &from::<12>(|n| [0, n, n]));
        assert_eq!(pictures.remote, FrameState::Missing);
        assert!(first.is_some_and(|look| (5..=10).contains(&(2 * look))), "{first:?}");
    }

    #[test]
    fn what_nobody_sends_is_not_missed() {
        let quiet = ExpectedMedia { remote_camera: false, local_camera: false, ..BOTH };
        assert_eq!(sample_all(quiet, &[[7; 3]; 60]).1, None);
    }

    #[test]
    fn a_camera_that_stops_is_told_from_a_picture_that_they_cannot_have() {
        let (pictures, _) = sample_all(BOTH, &from::<12>(|n| [n, n.min(5), n.min(5)]));
        assert_eq!((pictures.local, pictures.capture), (FrameState::Flowing, FrameState::Stalled));
        let (pictures, _) = sample_all(BOTH, &from::<12>(|n| [n, 0, n]));
        assert_eq!((pictures.local, pictures.capture), (FrameState::Missing, FrameState::Flowing));
    }

    #[test]
    fn a_browser_that_does_not_count_misses_nothing() {
        let (mut pictures, frames) = (FrameWatch::default(), Flow::default());
        for n in 0..30 {
            let now = Timestamp::from_millis(2000 * n);
            let moment = SampleContext { now, server_heard: now, alert: false };
            pictures.sample(moment, &frames, BOTH, n == 0);
        }
        assert_eq!([pictures.remote, pictures.local, pictures.capture], [FrameState::Flowing; 3]);
    }

    #[test]
    fn late_looks_prove_nothing() {
        let mut pictures = FrameWatch::default();
        for n in 0..30 {
            let now = Timestamp::from_millis(60_000 * n);
            let moment = SampleContext { now, server_heard: now, alert: false };
            let frames = Flow { decoded: Some(9), encoded: Some(9), captured: Some(9), ..Flow::default() };
            pictures.sample(moment, &frames, BOTH, true);
        }
        assert_eq!(pictures.remote, FrameState::Flowing);
    }
}
