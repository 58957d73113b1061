//! Why sound and pictures of a connection that stands are worse than they could be, and what was done about it.
//!
//! Of every sample of the counters so much is kept as a person could be told in one sentence. It has to last before it is
//! told, and to be over for a while before it is not told any more: what comes and goes would only be noise.

use visavis_signaling::Timestamp;

use crate::timing::{QUALITY_ISSUE_DELAY, QUALITY_ISSUE_LINGER, RECEIVER_REPORT_LIFETIME, STATS_MAX_GAP};

/// From this loss on (in thousandths) it is told: where words begin to be lost.
const TOLD_LOSS: u16 = 40;
/// Below this it is over.
const OVER_LOSS: u16 = 20;
/// Of fewer packets a fraction says little: a second and a half of sound.
const MIN_EXPECTED: u64 = 75;

/// `RTCQualityLimitationReason` (W3C webrtc-stats, section 8.4): why pictures are encoded smaller or slower than they could be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum QualityLimitationReason {
    /// They are not.
    #[default]
    None,
    /// The path does not carry more.
    Bandwidth,
    /// The processor does not keep up.
    Cpu,
}

impl QualityLimitationReason {
    /// The name in the standard.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Cpu => "cpu",
            Self::Bandwidth => "bandwidth",
        }
    }

    /// The reason of that name; none for `other` and for names that a later version may know.
    pub fn from_name(name: &str) -> Self {
        [Self::Cpu, Self::Bandwidth].into_iter().find(|reason| reason.as_str() == name).unwrap_or_default()
    }
}

/// How somebody's videos are limited on their way to one other person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QualityLimitation {
    /// Why.
    pub reason: QualityLimitationReason,
    /// Whether they are sent at all.
    pub active: bool,
}

impl Default for QualityLimitation {
    fn default() -> Self {
        Self { reason: QualityLimitationReason::None, active: true }
    }
}

impl QualityLimitation {
    fn video(self) -> SentVideo {
        match self.reason {
            _ if !self.active => SentVideo::Off,
            QualityLimitationReason::None => SentVideo::Full,
            QualityLimitationReason::Cpu | QualityLimitationReason::Bandwidth => SentVideo::Reduced,
        }
    }

    /// What has become of the videos because of this: a busy processor has nothing to do with loss.
    fn video_for(self, cause: QualityCause) -> SentVideo {
        let is_for_cpu = self.reason == QualityLimitationReason::Cpu;
        if is_for_cpu && cause.percent().is_some() { SentVideo::Full } else { self.video() }
    }
}

/// What becomes of a video.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentVideo {
    /// It is as it would be, as far as is known.
    Full,
    /// It is smaller, slower or less sharp.
    Reduced,
    /// It is not sent.
    Off,
}

/// Why something is worse than it could be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QualityCause {
    /// So much of what they send is lost on its way to us, in percent; of ourselves: of what everybody sends.
    InboundLoss(u8),
    /// The path from them carries little, as they say.
    InboundBandwidth,
    /// The processor of their computer does not keep up, as they say.
    RemoteCpu,
    /// So much of what we send is lost on its way to them, in percent; of ourselves: to everybody.
    OutboundLoss(u8),
    /// The path to them carries little; of ourselves: those to everybody.
    OutboundBandwidth,
    /// Whatever comes to us is lost or limited, whoever sends it.
    OwnLink,
    /// The processor of our computer does not keep up.
    Cpu,
}

impl QualityCause {
    /// The name in `data-issue`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InboundLoss(_) => "inbound-loss",
            Self::InboundBandwidth => "inbound-bandwidth",
            Self::RemoteCpu => "remote-cpu",
            Self::OutboundLoss(_) => "outbound-loss",
            Self::OutboundBandwidth => "outbound-bandwidth",
            Self::OwnLink => "own-link",
            Self::Cpu => "cpu",
        }
    }

    /// How much is lost, if it is about that.
    fn percent(self) -> Option<u8> {
        match self {
            Self::InboundLoss(percent) | Self::OutboundLoss(percent) => Some(percent),
            Self::InboundBandwidth
            | Self::RemoteCpu
            | Self::OutboundBandwidth
            | Self::OwnLink
            | Self::Cpu => None,
        }
    }

    /// Whether it is the same, and not much more or less of it than what was told.
    fn is_like(self, told: Self) -> bool {
        match (self.percent(), told.percent()) {
            (Some(now), Some(told_percent)) => {
                let (less, more) = (now.min(told_percent), now.max(told_percent));
                self.as_str() == told.as_str() && more < less.saturating_mul(2)
            }
            (_, _) => self == told,
        }
    }
}

/// What a person is told of somebody's sound and pictures, or of their own: why, and what was done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QualityIssue {
    /// Why.
    pub cause: QualityCause,
    /// What became of the video: of theirs, if the cause is about what comes to us; else of ours.
    pub video: SentVideo,
}

impl QualityIssue {
    /// Whether it is about what somebody else sends.
    pub fn is_about_theirs(self) -> bool {
        match self.cause {
            QualityCause::InboundLoss(_)
            | QualityCause::InboundBandwidth
            | QualityCause::RemoteCpu
            | QualityCause::OwnLink => true,
            QualityCause::OutboundLoss(_) | QualityCause::OutboundBandwidth | QualityCause::Cpu => false,
        }
    }

    /// Whether somebody's picture stands still because of it.
    pub fn stops_their_video(self) -> bool {
        self.is_about_theirs() && self.video == SentVideo::Off
    }
}

/// Decides which issue is told of one person.
#[derive(Debug, Default)]
pub(crate) struct IssueMonitor {
    told: Option<QualityIssue>,
    /// Something else than what is told, and since when.
    next: Option<(QualityCause, Timestamp)>,
    /// When there was last what is told.
    seen_at: Timestamp,
    sampled_at: Timestamp,
}

impl IssueMonitor {
    /// What is told.
    pub(crate) fn told(&self) -> Option<QualityIssue> {
        self.told
    }

    /// How much loss counts now, in thousandths.
    fn least_loss(&self) -> u16 {
        let tells_loss = self.told.is_some_and(|told| told.cause.percent().is_some());
        if tells_loss { OVER_LOSS } else { TOLD_LOSS }
    }

    /// Takes what the counters say now.
    pub(crate) fn sample(&mut self, now: Timestamp, issue: Option<QualityIssue>) {
        // Of the time between nothing is known.
        if now.since(self.sampled_at) > STATS_MAX_GAP {
            *self = Self::default();
        }
        self.sampled_at = now;
        let Some(issue) = issue else { return self.nothing(now) };
        if let Some(told) = self.told.as_mut().filter(|told| issue.cause.is_like(told.cause)) {
            told.video = issue.video;
            (self.seen_at, self.next) = (now, None);
            return;
        }
        let since = match self.next {
            Some((cause, since)) if cause.as_str() == issue.cause.as_str() => since,
            Some(_) | None => now,
        };
        self.next = Some((issue.cause, since));
        if now.since(since) >= QUALITY_ISSUE_DELAY {
            *self = Self { told: Some(issue), next: None, seen_at: now, sampled_at: now };
        }
    }

    fn nothing(&mut self, now: Timestamp) {
        self.next = None;
        // Loss comes in bursts; what is said of encoders has lasted before it is said.
        let lingers = self.told.is_some_and(|told| told.cause.percent().is_some());
        if !lingers || now.since(self.seen_at) >= QUALITY_ISSUE_LINGER {
            self.told = None;
        }
    }
}

/// How much of one person's sound is lost on its way to us.
#[derive(Debug, Default)]
struct InboundLoss {
    received: u32,
    lost: u32,
    since: Timestamp,
    /// In thousandths; `None` while nothing is known.
    fraction: Option<u16>,
}

impl InboundLoss {
    /// Takes what was counted so far.
    fn sample(&mut self, now: Timestamp, received: u32, lost: u32) {
        let since = |before: u32, count: u32| count.checked_sub(before).map(u64::from);
        let (new, gone) = (since(self.received, received), since(self.lost, lost));
        let expected = new.zip(gone).map(|(new, gone)| new + gone);
        if expected.is_some_and(|expected| expected < MIN_EXPECTED)
            && now.since(self.since) < RECEIVER_REPORT_LIFETIME
        {
            return;
        }
        let enough = expected.filter(|expected| *expected >= MIN_EXPECTED);
        self.fraction = enough.zip(gone).map(|(expected, gone)| (gone * 1000 / expected) as u16);
        (self.received, self.lost, self.since) = (received, lost, now);
    }
}

/// What is known of the path to one person and of what passes on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct PathState {
    /// Whether there is one.
    pub(crate) connected: bool,
    /// How much of their sound is lost on its way to us, in thousandths.
    pub(crate) inbound_loss: Option<u16>,
    /// What they say of their videos.
    pub(crate) theirs: QualityLimitation,
    /// How much of our sound is lost on its way to them, in thousandths.
    pub(crate) outbound_loss: Option<u16>,
    /// How our videos to them are limited.
    pub(crate) ours: QualityLimitation,
}

fn percent(thousandths: u16) -> u8 {
    ((thousandths + 5) / 10).min(100) as u8
}

impl PathState {
    /// What is wrong with what comes from them.
    fn inbound(&self, least: u16) -> Option<QualityIssue> {
        let loss = self.inbound_loss.filter(|loss| *loss >= least);
        let cause = match (loss, self.theirs.reason) {
            (Some(loss), _) => QualityCause::InboundLoss(percent(loss)),
            (None, QualityLimitationReason::Bandwidth) => QualityCause::InboundBandwidth,
            (None, QualityLimitationReason::Cpu) => QualityCause::RemoteCpu,
            (None, QualityLimitationReason::None) => return None,
        };
        Some(QualityIssue { cause, video: self.theirs.video_for(cause) })
    }

    /// What is wrong with what we send to them. Our processor is not their business.
    fn outbound(&self, least: u16) -> Option<QualityIssue> {
        let loss = self.outbound_loss.filter(|loss| *loss >= least);
        let cause = match (loss, self.ours.reason) {
            (Some(loss), _) => QualityCause::OutboundLoss(percent(loss)),
            (None, QualityLimitationReason::Bandwidth) => QualityCause::OutboundBandwidth,
            (None, QualityLimitationReason::Cpu | QualityLimitationReason::None) => return None,
        };
        Some(QualityIssue { cause, video: self.ours.video_for(cause) })
    }
}

/// What is known of one person, and told of them.
#[derive(Debug, Default)]
pub(crate) struct MemberQuality {
    loss: InboundLoss,
    monitor: IssueMonitor,
}

impl MemberQuality {
    /// What is told.
    pub(crate) fn told(&self) -> Option<QualityIssue> {
        self.monitor.told()
    }

    /// How much of their sound is lost, in thousandths.
    pub(crate) fn inbound_loss(&self) -> Option<u16> {
        self.loss.fraction
    }

    /// Their microphone has counted so much: packets that came, and packets that were lost.
    pub(crate) fn count(&mut self, now: Timestamp, received: u32, lost: u32) {
        self.loss.sample(now, received, lost);
    }

    /// Takes what is known of them; `own` is what is wrong with all paths at once, and so not theirs.
    pub(crate) fn sample(&mut self, now: Timestamp, path: &PathState, own: &OwnPaths) {
        let least = self.monitor.least_loss();
        let inbound = path.inbound(least).and_then(|issue| match (issue.cause, issue.video) {
            (QualityCause::RemoteCpu, _) => Some(issue),
            _ if !own.inbound => Some(issue),
            // What the person can do about it stands on their own tile.
            (_, SentVideo::Off) => Some(QualityIssue { cause: QualityCause::OwnLink, ..issue }),
            (_, SentVideo::Full | SentVideo::Reduced) => None,
        });
        let outbound = path.outbound(least).filter(|_| !own.outbound);
        self.monitor.sample(now, inbound.or(outbound));
    }
}

/// Which way all paths are bad at once: then it is our own link. With one other person nobody can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct OwnPaths {
    inbound: bool,
    outbound: bool,
}

impl OwnPaths {
    /// Of all people.
    pub(crate) fn of(paths: &[PathState]) -> Self {
        let all = |is_bad: fn(&PathState) -> bool| {
            let known = paths.iter().filter(|path| path.connected);
            known.clone().count() >= 2 && known.clone().all(is_bad)
        };
        let is_bad_inbound = |path: &PathState| {
            path.inbound(OVER_LOSS).is_some_and(|issue| issue.cause != QualityCause::RemoteCpu)
        };
        Self { inbound: all(is_bad_inbound), outbound: all(|path| path.outbound(OVER_LOSS).is_some()) }
    }
}

/// What is told of ourselves.
#[derive(Debug, Default)]
pub(crate) struct OwnQuality(IssueMonitor);

impl OwnQuality {
    /// What is told.
    pub(crate) fn told(&self) -> Option<QualityIssue> {
        self.0.told()
    }

    /// Takes what is known of all people. Whatever is wrong with our own computer or link is told once, and not of each of them.
    pub(crate) fn sample(&mut self, now: Timestamp, paths: &[PathState], own: &OwnPaths) {
        let least = self.0.least_loss();
        let busy = paths.iter().find(|path| path.ours.reason == QualityLimitationReason::Cpu);
        let cpu = busy.map(|path| QualityIssue { cause: QualityCause::Cpu, video: path.ours.video() });
        let loss = |of: fn(&PathState) -> Option<u16>| {
            let most = paths.iter().filter_map(of).max();
            most.filter(|loss| *loss >= least).map(percent)
        };
        let outbound = own.outbound.then(|| {
            let cause = loss(|path| path.outbound_loss)
                .map_or(QualityCause::OutboundBandwidth, QualityCause::OutboundLoss);
            let off = paths.iter().all(|path| path.ours.video() == SentVideo::Off);
            let reduced = paths.iter().any(|path| path.ours.video() != SentVideo::Full);
            let reduced = if reduced { SentVideo::Reduced } else { SentVideo::Full };
            QualityIssue { cause, video: if off { SentVideo::Off } else { reduced } }
        });
        let inbound = own.inbound.then(|| loss(|path| path.inbound_loss)).flatten();
        let inbound = inbound
            .map(|loss| QualityIssue { cause: QualityCause::InboundLoss(loss), video: SentVideo::Full });
        self.0.sample(now, outbound.or(inbound).or(cpu));
    }
}

#[cfg(test)]
mod tests;
