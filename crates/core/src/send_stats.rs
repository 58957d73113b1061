//! What `getStats()` says of what we send, and of the path that it goes (W3C webrtc-stats).

use visavis_signaling::{Source, VideoSize};

use crate::quality::QualityLimitationReason;

/// One sample. What a browser does not tell is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SendStats {
    /// The sizes of what our video sources give (`width` and `height` of `media-source`), in the order of [`Source::VIDEO`].
    pub captured: [Option<VideoSize>; Source::VIDEO.len()],
    /// `availableOutgoingBitrate` of the candidate pair in use, in bits per second. Firefox has none.
    pub available_outgoing_bitrate: Option<u32>,
    /// `qualityLimitationReason` of the camera (`outbound-rtp`); of several layers, that of the most limited. Firefox has none.
    pub quality_limitation: QualityLimitationReason,
    /// `fractionLost` of our microphone (`remote-inbound-rtp`), in thousandths.
    pub audio_fraction_lost: Option<u16>,
    /// Whether our microphone has given nothing but digital silence so far (`totalAudioEnergy` of its `media-source` is 0). `None` if
    /// it is not sent, or the browser does not count it (Firefox).
    pub microphone_silent: Option<bool>,
}
