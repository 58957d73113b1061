//! How our videos are limited on a connection, which the other side is told and ourselves.

use visavis_signaling::Timestamp;

use super::Connection;
use super::link_monitor::VideoLevel;
use crate::quality::{QualityLimitation, QualityLimitationReason};
use crate::send_stats::SendStats;

/// So many samples in a row must say it: encoders are busy for a moment whenever something begins.
const MIN_SAMPLES: u8 = 3;
/// A path that carries less than this does not carry a camera and the sound, in bits per second. What a browser calls limited
/// on a better one, it is limited to by us, or by what a server asks for.
const SLOW_PATH: u32 = 300_000;

/// What the browser says of our encoders, and of the sound that the other side gets.
#[derive(Debug, Default)]
pub(super) struct BrowserLimits {
    reason: QualityLimitationReason,
    samples: u8,
    /// Whether any video is sent.
    sends: bool,
    audio_fraction_lost: Option<u16>,
}

impl BrowserLimits {
    /// Takes a sample; `sends` says whether it has any video that somebody wants to see.
    pub(super) fn sample(&mut self, stats: &SendStats, sends: bool) {
        let is_slow = stats.available_outgoing_bitrate.is_some_and(|bitrate| bitrate < SLOW_PATH);
        let reason = match stats.quality_limitation {
            QualityLimitationReason::Bandwidth if !is_slow => QualityLimitationReason::None,
            reason @ (QualityLimitationReason::None
            | QualityLimitationReason::Cpu
            | QualityLimitationReason::Bandwidth) => reason,
        };
        self.samples = if self.reason == reason { self.samples.saturating_add(1) } else { 1 };
        (self.reason, self.sends) = (reason, sends);
        self.audio_fraction_lost = stats.audio_fraction_lost;
    }
}

impl Connection {
    /// How our videos are limited on it.
    pub(crate) fn limitation(&self) -> QualityLimitation {
        let allocation = &self.video_allocation;
        let (level, browser) = (allocation.link.level(), &allocation.browser);
        let reason = match level {
            _ if !browser.sends => QualityLimitationReason::None,
            VideoLevel::Full if browser.samples >= MIN_SAMPLES => browser.reason,
            VideoLevel::Full => QualityLimitationReason::None,
            VideoLevel::LowBitrate
            | VideoLevel::LowFramerate
            | VideoLevel::LowResolution
            | VideoLevel::LowestResolution
            | VideoLevel::Off => QualityLimitationReason::Bandwidth,
        };
        QualityLimitation { reason, active: !browser.sends || level != VideoLevel::Off }
    }

    /// How much of our sound is lost on its way, in thousandths. Pages of ours say so as long as something is; of others their
    /// browser does.
    pub(crate) fn outbound_loss(&self, now: Timestamp) -> Option<u16> {
        let allocation = &self.video_allocation;
        if self.can_send_messages() {
            return Some(allocation.link.reported_loss(now).unwrap_or_default());
        }
        allocation.browser.audio_fraction_lost
    }
}
