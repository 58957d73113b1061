//! When whoever sends us videos is told in what size we show them: a participant, or a server that forwards.
//!
//! A window that is dragged changes every size with every frame, and each change makes somebody's encoder begin anew. So
//! what becomes smaller is told once it has stayed so for a while; what becomes larger is missed at once.

use visavis_signaling::{MAX_VIDEO_SIDE, Source, Timestamp, TrackSettings, VideoSettings};

use crate::timing::{MIN_TRACK_SETTINGS_INTERVAL, SMALLER_TRACK_SETTINGS_DELAY};

/// What was told of one participant, and what is to be.
#[derive(Debug, Default)]
pub(crate) struct SettingsQueue {
    sent: Option<(VideoSettings, Timestamp)>,
    /// Since when less is shown than was told.
    smaller_since: Option<Timestamp>,
    /// When to look again.
    due: Option<Timestamp>,
}

impl SettingsQueue {
    /// When to look again, if nothing else happens before.
    pub(crate) fn due_at(&self) -> Option<Timestamp> {
        self.due
    }

    /// Whether it is time to tell `newest`, which then counts as told.
    #[inline(never)]
    pub(crate) fn take(&mut self, now: Timestamp, newest: VideoSettings) -> bool {
        self.due = None;
        let due = match self.sent {
            None if newest == VideoSettings::default() => return false,
            None => now,
            Some((sent, _)) if sent == newest => {
                self.smaller_since = None;
                return false;
            }
            Some((sent, at)) => {
                let due = if grows(sent, newest) {
                    now
                } else {
                    *self.smaller_since.get_or_insert(now) + SMALLER_TRACK_SETTINGS_DELAY
                };
                due.max(at + MIN_TRACK_SETTINGS_INTERVAL)
            }
        };
        if due > now {
            self.due = Some(due);
            return false;
        }
        *self = Self { sent: Some((newest, now)), ..Self::default() };
        true
    }
}

/// Whether something is shown larger than before, in either direction.
fn grows(before: VideoSettings, now: VideoSettings) -> bool {
    let sides = |settings: VideoSettings, source| match settings.get(source) {
        Some(TrackSettings::Enabled(size)) => [size.width, size.height],
        Some(TrackSettings::Disabled) => [0; 2],
        None => [MAX_VIDEO_SIDE; 2],
    };
    let grows = |source| {
        let (before, now) = (sides(before, source), sides(now, source));
        now[0] > before[0] || now[1] > before[1]
    };
    Source::VIDEO.into_iter().any(grows)
}

#[cfg(test)]
mod tests {
    use visavis_signaling::VideoSize;

    use super::*;

    fn shown(width: u16) -> VideoSettings {
        let size = VideoSize { width, height: 90 };
        VideoSettings::default().with(Source::Camera, Some(TrackSettings::Enabled(size)))
    }

    fn hidden() -> VideoSettings {
        VideoSettings::default().with(Source::Camera, Some(TrackSettings::Disabled))
    }

    /// What is told of what is shown at each of these moments, and when.
    fn told(shown_at: &[(u64, VideoSettings)]) -> Vec<(u64, VideoSettings)> {
        let (mut queue, mut told) = (SettingsQueue::default(), Vec::new());
        let last = shown_at.last().map_or(0, |(at, _)| at + 3000);
        for millis in 0..last {
            let newest = shown_at.iter().rev().find(|(at, _)| *at <= millis);
            let newest = newest.map_or(VideoSettings::default(), |(_, settings)| *settings);
            let changed = shown_at.iter().any(|(at, _)| *at == millis);
            let now = Timestamp::from_millis(millis);
            if (changed || queue.due == Some(now)) && queue.take(now, newest) {
                told.push((millis, newest));
            }
        }
        told
    }

    #[test]
    fn nothing_is_told_before_something_is_known() {
        assert_eq!(told(&[(0, VideoSettings::default())]), []);
        assert_eq!(told(&[(0, VideoSettings::default()), (9, shown(320))]), [(9, shown(320))]);
    }

    #[test]
    fn what_grows_is_told_at_once_and_what_shrinks_a_second_later() {
        let changes = [(0, shown(320)), (5000, shown(640)), (9000, shown(160)), (12_000, hidden())];
        let expected = [(0, shown(320)), (5000, shown(640)), (10_000, shown(160)), (13_000, hidden())];
        assert_eq!(told(&changes), expected);
        let back = [(0, shown(320)), (5000, hidden()), (8000, shown(320))];
        assert_eq!(told(&back), [(0, shown(320)), (6000, hidden()), (8000, shown(320))]);
        let screen = shown(320).with(Source::Screen, Some(TrackSettings::Disabled));
        assert_eq!(
            told(&[(0, screen), (5000, shown(320))])[1],
            (5000, shown(320)),
            "unknown is not less than hidden"
        );
    }

    #[test]
    fn what_does_not_last_is_not_told() {
        assert_eq!(told(&[(0, shown(320)), (5000, hidden()), (5900, shown(320))]), [(0, shown(320))]);
    }

    #[test]
    fn a_window_that_is_dragged_is_told_twice_a_second_at_most() {
        let growing: Vec<_> = (0..200).map(|n| (16 * n, shown(100 + n as u16))).collect();
        let told_growing = told(&growing);
        assert_eq!(told_growing.last().map(|(_, settings)| *settings), Some(shown(299)));
        assert!(told_growing.windows(2).all(|two| two[1].0 - two[0].0 >= 500), "{told_growing:?}");
        let shrinking: Vec<_> = (0..200).map(|n| (16 * n, shown(999 - n as u16))).collect();
        let told_shrinking = told(&shrinking);
        assert_eq!(told_shrinking.last().map(|(_, settings)| *settings), Some(shown(800)));
        assert!(told_shrinking.len() <= 6, "{told_shrinking:?}");
    }
}
