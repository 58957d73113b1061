//! Whether the pictures of one connection are seen, as far as their frames tell: theirs by us, and ours by them.
//!
//! Packets may flow and nobody sees anything: the two browsers know no common codec, the camera's lid is closed, another
//! program has the camera, a page in the background draws no more. No repair helps against that, so nothing is repaired:
//! people are told. A covered lens or a still scene gives frames all the same. Counters that a browser does not have say
//! nothing.

use super::watch::{Ear, Expected, Moment};
use crate::input::Frames;
use crate::timing::{FIRST_FRAME, FRAMELESS};

/// What the frames of one direction tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Sight {
    /// Nothing is missing, or nothing is due.
    #[default]
    Seen,
    /// There were frames, and for a while there have been none.
    Stalled,
    /// There has never been a frame.
    Missing,
}

/// Watches the frames of one connection.
#[derive(Debug, Default)]
pub(crate) struct Pictures {
    decoded: Ear,
    encoded: Ear,
    captured: Ear,
    /// Theirs.
    pub(super) theirs: Sight,
    /// Ours, while our camera gives frames.
    pub(super) ours: Sight,
    /// Our own camera.
    pub(super) camera: Sight,
}

impl Pictures {
    /// Looks at the counters. `fresh` if the last look says nothing about the time since.
    pub(super) fn look(&mut self, moment: Moment, frames: &Frames, expected: Expected, fresh: bool) {
        let look = |ear: &mut Ear, count: Option<u32>, expected: bool| {
            let expected = expected && count.is_some();
            let since = ear.listen(moment.now, count.unwrap_or_default(), expected, fresh);
            let silent = moment.now.since(since);
            match (expected, ear.has_flowed()) {
                (true, true) if silent >= FRAMELESS => Sight::Stalled,
                (true, false) if silent >= FIRST_FRAME => Sight::Missing,
                _ => Sight::Seen,
            }
        };
        self.theirs = look(&mut self.decoded, frames.decoded, expected.picture);
        self.camera = look(&mut self.captured, frames.captured, expected.own_picture);
        let due = expected.own_picture && expected.takes_pictures;
        let encoded = look(&mut self.encoded, frames.encoded, due);
        self.ours = if self.camera == Sight::Seen { encoded } else { Sight::Seen };
    }
}

#[cfg(test)]
mod tests {
    use visavis_signaling::Timestamp;

    use super::*;

    const BOTH: Expected =
        Expected { voice: true, picture: true, own_voice: true, own_picture: true, takes_pictures: true };

    /// A look every two seconds; each item is what was decoded, encoded and captured since the start. Gives what was
    /// seen in the end, and the number of the first look that missed something.
    fn looks(expected: Expected, counts: &[[u32; 3]]) -> (Pictures, Option<usize>) {
        let (mut pictures, mut first) = (Pictures::default(), None);
        for (n, counts) in counts.iter().enumerate() {
            let now = Timestamp::from_millis(2000 * n as u64);
            let [decoded, encoded, captured] = counts.map(Some);
            let moment = Moment { now, server_heard: now, alert: false };
            pictures.look(moment, &Frames { decoded, encoded, captured }, expected, n == 0);
            let seen = [pictures.theirs, pictures.ours, pictures.camera] == [Sight::Seen; 3];
            first = first.or((!seen).then_some(n));
        }
        (pictures, first)
    }

    fn from<const N: usize>(count: impl Fn(u32) -> [u32; 3]) -> [[u32; 3]; N] {
        std::array::from_fn(|n| count(n as u32))
    }

    #[test]
    fn a_moving_picture_is_seen() {
        assert_eq!(looks(BOTH, &from::<30>(|n| [n + 1; 3])).1, None);
    }

    #[test]
    fn a_picture_that_stops_is_missed_between_five_and_ten_seconds_later() {
        let (pictures, first) = looks(BOTH, &from::<12>(|n| [n.min(5), n, n]));
        assert_eq!(
            (pictures.theirs, pictures.ours, pictures.camera),
            (Sight::Stalled, Sight::Seen, Sight::Seen)
        );
        let after = first.map(|look| 2 * (look - 5));
        assert!(after.is_some_and(|after| (5..=10).contains(&after)), "{after:?}");
    }

    #[test]
    fn a_picture_that_never_comes_is_missed_too() {
        let (pictures, first) = looks(BOTH, &from::<12>(|n| [0, n, n]));
        assert_eq!(pictures.theirs, Sight::Missing);
        assert!(first.is_some_and(|look| (5..=10).contains(&(2 * look))), "{first:?}");
    }

    #[test]
    fn what_nobody_sends_is_not_missed() {
        let quiet = Expected { picture: false, own_picture: false, ..BOTH };
        assert_eq!(looks(quiet, &[[7; 3]; 60]).1, None);
    }

    #[test]
    fn a_camera_that_stops_is_told_from_a_picture_that_they_cannot_have() {
        let (pictures, _) = looks(BOTH, &from::<12>(|n| [n, n.min(5), n.min(5)]));
        assert_eq!((pictures.ours, pictures.camera), (Sight::Seen, Sight::Stalled));
        let (pictures, _) = looks(BOTH, &from::<12>(|n| [n, 0, n]));
        assert_eq!((pictures.ours, pictures.camera), (Sight::Missing, Sight::Seen));
    }

    #[test]
    fn a_browser_that_does_not_count_misses_nothing() {
        let (mut pictures, frames) = (Pictures::default(), Frames::default());
        for n in 0..30 {
            let now = Timestamp::from_millis(2000 * n);
            let moment = Moment { now, server_heard: now, alert: false };
            pictures.look(moment, &frames, BOTH, n == 0);
        }
        assert_eq!([pictures.theirs, pictures.ours, pictures.camera], [Sight::Seen; 3]);
    }

    #[test]
    fn late_looks_prove_nothing() {
        let mut pictures = Pictures::default();
        for n in 0..30 {
            let now = Timestamp::from_millis(60_000 * n);
            let moment = Moment { now, server_heard: now, alert: false };
            let frames = Frames { decoded: Some(9), encoded: Some(9), captured: Some(9) };
            pictures.look(moment, &frames, BOTH, true);
        }
        assert_eq!(pictures.theirs, Sight::Seen);
    }
}
