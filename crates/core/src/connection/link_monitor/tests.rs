//! Paths of several kinds, each for minutes, and what is sent on them.

use super::*;

/// What a camera at 1280x720 takes.
const FULL: u32 = 1_900_000;
/// Between two samples, in seconds.
const SAMPLE: u64 = 2;
const FIVE_MINUTES: u64 = 300;
/// What sound really takes, in bits per second.
const SOUND: f64 = 48_000.0;
/// Packets of sound between two reports.
const REPORTED: u32 = 100;

/// How the browser estimates what a path carries.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Estimate {
    /// It does not tell, and sends as much as it may (the worst that a congestion control could do).
    None,
    /// It knows.
    Honest,
    /// It knows only as much as half as much again as it sends.
    Limited,
}

const ESTIMATES: [Estimate; 3] = [Estimate::None, Estimate::Honest, Estimate::Limited];

/// A path, as it is at a moment: bits per second, and the share that it loses whatever is sent.
type Path<'a> = &'a dyn Fn(u64) -> (f64, f64);

/// What came of it.
#[derive(Debug, Default)]
struct Outcome {
    /// Each change, and when.
    levels: Vec<(u64, VideoLevel)>,
    /// The level of each sample.
    all: Vec<(u64, VideoLevel)>,
    /// The share of the sound that was lost because too much was sent.
    lost: f64,
}

impl Outcome {
    fn at(&self, second: u64) -> VideoLevel {
        self.all.iter().rev().find(|(at, _)| *at <= second).map_or(VideoLevel::Full, |(_, level)| *level)
    }

    fn changes(&self, from: u64, to: u64) -> usize {
        self.levels.iter().filter(|(at, _)| (from..to).contains(at)).count()
    }
}

/// Plays a path for so many seconds, with one that is as strong as one could wish before.
fn play(path: Path<'_>, estimate: Estimate, seconds: u64) -> Outcome {
    let (mut monitor, mut outcome, mut random) = (LinkMonitor::default(), Outcome::default(), 7_u64);
    let mut next = move || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 40) as f64 / (1_u64 << 24) as f64
    };
    let mut known = 300_000.0_f64;
    for at in (0..seconds).step_by(SAMPLE as usize) {
        let (capacity, loss) = path(at);
        let allowed = f64::from(FULL / 100 * monitor.level().percent());
        let video = match estimate {
            Estimate::None => allowed,
            Estimate::Honest | Estimate::Limited => allowed.min((known - SOUND).max(0.0)),
        };
        let sent = SOUND + video;
        let congested = (1.0 - capacity / sent).max(0.0);
        outcome.lost += congested * SAMPLE as f64 / seconds as f64;
        let share = 1.0 - (1.0 - loss) * (1.0 - congested);
        let lost = (0..REPORTED).filter(|_| next() < share).count() as u32;
        let measured = capacity * (0.9 + 0.1 * next());
        known = match estimate {
            Estimate::None => known,
            Estimate::Honest => measured,
            Estimate::Limited => measured.min(known.max(1.5 * sent)),
        };
        let stats = SendStats {
            available_outgoing_bitrate: (estimate != Estimate::None).then_some(known as u32),
            ..SendStats::default()
        };
        let (before, now) = (monitor.level(), Timestamp::from_millis(1000 * at));
        monitor.on_receiver_report(now, (lost * 1000 / REPORTED) as u16);
        monitor.sample(now, &stats, FULL);
        outcome.all.push((at, monitor.level()));
        if monitor.level() != before {
            outcome.levels.push((at, monitor.level()));
        }
    }
    outcome
}

fn steady(path: Path<'_>, seconds: u64) -> Vec<(Estimate, Outcome)> {
    ESTIMATES.map(|estimate| (estimate, play(path, estimate, seconds))).into()
}

#[test]
fn a_good_path_carries_everything() {
    for loss in [0.0, 0.01] {
        for (estimate, outcome) in steady(&|_| (5e6, loss), FIVE_MINUTES) {
            assert_eq!(outcome.levels, [], "{estimate:?} {loss}");
        }
    }
}

#[test]
fn video_is_small_and_steady_at_300_kbit() {
    for (estimate, outcome) in steady(&|_| (300_000.0, 0.0), FIVE_MINUTES) {
        let small = [VideoLevel::LowResolution, VideoLevel::LowestResolution];
        assert!(
            outcome.all.iter().all(|(at, level)| *at < 30 || small.contains(level)),
            "{estimate:?} {:?}",
            outcome.levels
        );
        assert!(outcome.changes(0, 30) <= 6, "{estimate:?} {:?}", outcome.levels);
        assert!(outcome.changes(30, FIVE_MINUTES) <= 10, "{estimate:?} {:?}", outcome.levels);
        // Even of a browser that sends whatever it may, only what is tried in vain.
        assert!(outcome.lost < 0.04, "{estimate:?} {}", outcome.lost);
    }
}

#[test]
fn loss_that_video_does_not_cause_makes_it_small_once() {
    for (estimate, outcome) in steady(&|_| (10e6, 0.05), FIVE_MINUTES) {
        assert_eq!(outcome.at(60), VideoLevel::LowestResolution, "{estimate:?} {:?}", outcome.levels);
        assert_eq!(outcome.changes(60, FIVE_MINUTES), 0, "{estimate:?} {:?}", outcome.levels);
    }
    for (estimate, outcome) in steady(&|_| (10e6, 0.2), FIVE_MINUTES) {
        assert_eq!(outcome.at(30), VideoLevel::Off, "{estimate:?} {:?}", outcome.levels);
        assert_eq!(outcome.changes(30, FIVE_MINUTES), 0, "{estimate:?} {:?}", outcome.levels);
    }
}

#[test]
fn video_gives_way_and_comes_back_in_order() {
    let lost = |at| (5e6, if (60..120).contains(&at) { 0.2 } else { 0.0 });
    let outcome = play(&lost, Estimate::None, FIVE_MINUTES);
    let levels: Vec<_> = outcome.levels.iter().map(|(_, level)| *level).collect();
    use VideoLevel::{Full, LowBitrate, LowFramerate, LowResolution, LowestResolution, Off};
    let down = [LowBitrate, LowFramerate, LowResolution, LowestResolution, Off];
    let up = [LowestResolution, LowResolution, LowFramerate, LowBitrate, Full];
    assert_eq!(levels, [down, up].concat());
}

#[test]
fn video_is_back_ten_seconds_after_its_path() {
    let outage = |at| (60..120).contains(&at);
    let weak = |at| (if outage(at) { 150_000.0 } else { 5e6 }, 0.0);
    let lossy = |at| (5e6, if outage(at) { 0.05 } else { 0.0 });
    let very_lossy = |at| (5e6, if outage(at) { 0.2 } else { 0.0 });
    for (name, path) in [("weak", &weak as Path<'_>), ("lossy", &lossy), ("very lossy", &very_lossy)] {
        for (estimate, outcome) in steady(path, FIVE_MINUTES) {
            assert!(outcome.at(90) > VideoLevel::LowFramerate, "{name} {estimate:?} {:?}", outcome.levels);
            // Without loss, and without an estimate, nothing tells that there is more: it is tried.
            let seconds = if name == "weak" && estimate == Estimate::None { 60 } else { 10 };
            assert_eq!(
                outcome.at(120 + seconds),
                VideoLevel::Full,
                "{name} {estimate:?} {:?}",
                outcome.levels
            );
            assert_eq!(outcome.changes(220, FIVE_MINUTES), 0, "{name} {estimate:?} {:?}", outcome.levels);
        }
    }
}

/// Paths of any strength, most of which just do not suffice for something.
#[test]
fn no_path_makes_video_come_and_go() {
    for kbit in (60..2600).step_by(20) {
        let capacity = f64::from(kbit) * 1000.0;
        for (estimate, outcome) in steady(&|_| (capacity, 0.0), FIVE_MINUTES) {
            let changes = outcome.levels.len();
            assert!(changes <= 20, "{estimate:?} {kbit} {:?}", outcome.levels);
            // Each step up that is too much costs as long as it takes to notice.
            let limit = if estimate == Estimate::None { 0.11 } else { 0.01 };
            assert!(outcome.lost < limit, "{estimate:?} {kbit}: {}", outcome.lost);
        }
    }
}

#[test]
fn another_path_begins_without_the_patience_of_the_last() {
    let mut monitor = LinkMonitor {
        level: VideoLevel::LowestResolution,
        patience: LINK_MAX_PATIENCE,
        ..LinkMonitor::default()
    };
    monitor.reset();
    for second in (0..12).step_by(2) {
        monitor.sample(Timestamp::from_millis(1000 * second), &SendStats::default(), FULL);
    }
    assert_eq!(monitor.level(), VideoLevel::LowResolution);
}
