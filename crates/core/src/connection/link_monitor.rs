//! How much video a path carries beside the sound.
//!
//! A browser's own congestion control shares what there is among all that is sent, so on a weak path a picture that could be
//! smaller costs words. So video gives way first, one step after the other: bitrate, frame rate, size, and in the end all of
//! it. It comes back in the same order. Where the browser says what the path carries, that is believed; else the only way to
//! find out is to try, and whoever has tried in vain waits twice as long before the next time. A browser that sends little
//! estimates little, so its estimate proves that more is there only up to a point, and that less is there only if it is not
//! even enough for what is sent now.

use std::time::Duration;

use visavis_signaling::Timestamp;

use crate::send_stats::SendStats;
use crate::timing::{
    LINK_MAX_PATIENCE, LINK_MIN_PATIENCE, LINK_TRIAL, LINK_WARM_UP, RECEIVER_REPORT_LIFETIME,
};

/// What sound takes, with everything around it: Opus at 32 kbit/s, and 50 packets a second with headers of 60 bytes.
pub(super) const AUDIO_BITRATE: u32 = 56_000;
/// From this on (in thousandths) words are lost, although Opus conceals a packet here and there. Of the hundred packets between
/// two reports so many are lost twice in a row by chance, where each is lost with one in a hundred, about once in two hours.
const LOSSY: u16 = 40;
/// Up to this they are not: not one of those packets.
const CLEAN: u16 = 5;
/// More than this is not for want of a smaller picture.
const VERY_LOSSY: u16 = 150;
/// The least bitrate of a picture that is worth sending.
const LEAST_VIDEO_BITRATE: u32 = 40_000;
/// So many samples in a row must say that the path is too weak.
const SHORT_SAMPLES: u8 = 2;
/// After so many in a row that were lossy at one level, loss that ends has ended without our doing.
const LOSSY_SAMPLES: u8 = 3;
/// So many in a row must be without loss before anything comes back.
const CLEAN_SAMPLES: u8 = 2;

/// What of our video is sent, from all to none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum VideoLevel {
    #[default]
    Full,
    LowBitrate,
    LowFramerate,
    LowResolution,
    LowestResolution,
    Off,
}

impl VideoLevel {
    /// Most that is sent, in hundredths of what is at [`VideoLevel::Full`].
    pub(super) fn percent(self) -> u32 {
        match self {
            Self::Full => 100,
            Self::LowBitrate => 50,
            Self::LowFramerate => 30,
            Self::LowResolution => 15,
            Self::LowestResolution => 5,
            Self::Off => 0,
        }
    }

    fn lower(self) -> Self {
        match self {
            Self::Full => Self::LowBitrate,
            Self::LowBitrate => Self::LowFramerate,
            Self::LowFramerate => Self::LowResolution,
            Self::LowResolution => Self::LowestResolution,
            Self::LowestResolution | Self::Off => Self::Off,
        }
    }

    fn higher(self) -> Self {
        match self {
            Self::Full | Self::LowBitrate => Self::Full,
            Self::LowFramerate => Self::LowBitrate,
            Self::LowResolution => Self::LowFramerate,
            Self::LowestResolution => Self::LowResolution,
            Self::Off => Self::LowestResolution,
        }
    }

    /// Most that it sends of `full`, with the sound.
    fn most(self, full: u32) -> u32 {
        AUDIO_BITRATE.saturating_add(full / 100 * self.percent())
    }

    /// What it needs to be better than the next one.
    fn least(self, full: u32) -> u32 {
        match self {
            Self::Full | Self::LowBitrate | Self::LowFramerate | Self::LowResolution => {
                self.lower().most(full)
            }
            Self::LowestResolution => AUDIO_BITRATE + LEAST_VIDEO_BITRATE.min(full / 40),
            Self::Off => AUDIO_BITRATE,
        }
    }
}

/// How the last step up went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Trial {
    /// It has proved itself, or there was none.
    #[default]
    Over,
    /// It may still prove to be too much.
    Running,
    /// The loss has ended by itself: a step with every sample, for as long as nothing is lost.
    Recovering,
}

/// What the other side has said of the sound that it gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Loss {
    /// Nothing, or nothing lately: they say so while something is lost.
    #[default]
    None,
    /// So many thousandths, since the last sample.
    Reported(Timestamp, u16),
    /// The same, but a sample ago or more.
    Known(Timestamp, u16),
}

/// Watches the path of one connection.
#[derive(Debug)]
pub(super) struct LinkMonitor {
    level: VideoLevel,
    changed_at: Option<Timestamp>,
    /// The first sample since it was connected.
    since: Option<Timestamp>,
    loss: Loss,
    short: u8,
    lossy: u8,
    clean: u8,
    patience: Duration,
    trial: Trial,
}

impl Default for LinkMonitor {
    fn default() -> Self {
        Self {
            level: VideoLevel::Full,
            changed_at: None,
            since: None,
            loss: Loss::None,
            short: 0,
            lossy: 0,
            clean: 0,
            patience: LINK_MIN_PATIENCE,
            trial: Trial::Over,
        }
    }
}

impl LinkMonitor {
    /// What may be sent now.
    pub(super) fn level(&self) -> VideoLevel {
        self.level
    }

    /// The path may be another: what was tried in vain may be worth another try, and estimates begin anew.
    pub(super) fn reset(&mut self) {
        *self = Self { level: self.level, changed_at: self.changed_at, ..Self::default() };
    }

    /// The other side has lost so much of our sound lately, in thousandths.
    pub(super) fn on_receiver_report(&mut self, now: Timestamp, lost: u16) {
        self.loss = Loss::Reported(now, lost);
    }

    /// How much the other side has lost of our sound lately, in thousandths, as it says.
    pub(super) fn reported_loss(&self, now: Timestamp) -> Option<u16> {
        match self.loss {
            Loss::Reported(at, lost) | Loss::Known(at, lost) if now.since(at) < RECEIVER_REPORT_LIFETIME => {
                Some(lost)
            }
            Loss::Reported(..) | Loss::Known(..) | Loss::None => None,
        }
    }

    /// What is lost, and whether that is news.
    fn loss(&mut self, now: Timestamp) -> (u16, bool) {
        let (at, lost, is_new) = match self.loss {
            Loss::None => return (0, true),
            Loss::Reported(at, lost) => (at, lost, true),
            Loss::Known(at, lost) => (at, lost, false),
        };
        let holds = now.since(at) < RECEIVER_REPORT_LIFETIME;
        self.loss = if holds { Loss::Known(at, lost) } else { Loss::None };
        if holds { (lost, is_new) } else { (0, true) }
    }

    /// Takes a sample; `full` is what all videos would take at [`VideoLevel::Full`].
    pub(super) fn sample(&mut self, now: Timestamp, stats: &SendStats, full: u32) {
        let since = *self.since.get_or_insert(now);
        let warm = now.since(since) >= LINK_WARM_UP;
        let available = stats.available_outgoing_bitrate.filter(|_| warm);
        let (lost, is_new) = self.loss(now);
        if is_new {
            self.clean = if lost <= CLEAN { self.clean.saturating_add(1) } else { 0 };
            self.lossy = self.lossy.saturating_add((lost >= LOSSY).into());
        }
        let is_clean = self.clean >= CLEAN_SAMPLES;
        let recovered = is_clean && self.lossy >= LOSSY_SAMPLES;
        // One good report between bad ones is chance, and so is one bad one between good ones.
        self.lossy = if is_clean { 0 } else { self.lossy };
        let age = now.since(self.changed_at.unwrap_or(since));
        if self.trial != Trial::Over && age >= LINK_TRIAL {
            (self.trial, self.patience) = (Trial::Over, LINK_MIN_PATIENCE);
        }
        self.short = match self.limit() {
            Some(_) if available.is_some_and(|available| available < self.level.least(full)) => {
                self.short + 1
            }
            Some(limit) if lost >= limit => self.short + u8::from(is_new),
            Some(_) | None => 0,
        };
        if self.short >= SHORT_SAMPLES {
            self.lower(now);
        } else if self.short == 0 && is_clean && self.level != VideoLevel::Full {
            if recovered {
                (self.trial, self.patience) = (Trial::Recovering, LINK_MIN_PATIENCE);
            }
            self.raise_if_due(now, age, available, full);
        }
    }

    /// From how much loss on less video may help.
    fn limit(&self) -> Option<u16> {
        match self.level {
            VideoLevel::Full
            | VideoLevel::LowBitrate
            | VideoLevel::LowFramerate
            | VideoLevel::LowResolution => Some(LOSSY),
            VideoLevel::LowestResolution => Some(VERY_LOSSY),
            VideoLevel::Off => None,
        }
    }

    fn lower(&mut self, now: Timestamp) {
        if self.trial == Trial::Running {
            self.patience = (self.patience * 2).min(LINK_MAX_PATIENCE);
        }
        self.trial = Trial::Over;
        self.change(now, self.level.lower());
    }

    fn change(&mut self, now: Timestamp, level: VideoLevel) {
        (self.level, self.changed_at, self.short, self.lossy) = (level, Some(now), 0, 0);
    }

    fn raise_if_due(&mut self, now: Timestamp, age: Duration, available: Option<u32>, full: u32) {
        let waited = age >= self.patience;
        // Half as much again is as far as an estimate grows while little is sent; a fifth of it is for its errors.
        let proof = |level: VideoLevel| level.least(full).saturating_add(level.least(full) / 5);
        match available {
            Some(available) if self.patience == LINK_MIN_PATIENCE || waited => {
                let mut level = self.level;
                while level != VideoLevel::Full && available >= proof(level.higher()) {
                    level = level.higher();
                }
                // What is sent does not even use what there is: there may be more.
                let unused = available >= self.level.most(full);
                if level == self.level && unused && waited {
                    level = level.higher();
                }
                self.raise(now, level);
            }
            // So much more than what failed that it is another path.
            Some(available) if available >= 2 * proof(self.level.higher()) => {
                self.raise(now, self.level.higher());
            }
            None if waited || self.trial == Trial::Recovering => self.raise(now, self.level.higher()),
            Some(_) | None => {}
        }
    }

    fn raise(&mut self, now: Timestamp, level: VideoLevel) {
        if level != self.level {
            if self.trial == Trial::Over {
                self.trial = Trial::Running;
            }
            self.change(now, level);
        }
    }
}

#[cfg(test)]
mod tests;
