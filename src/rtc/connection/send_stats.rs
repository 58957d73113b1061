//! What `getStats()` says of what we send, and of the path that it goes.

use js_sys::Array;
use visavis_core::{MAX_VIDEO_SIDE, SendStats, Source, VideoSize};
use wasm_bindgen::JsCast;

use super::super::bindings::{Stat, StatsReport};
use super::Connection;

impl Connection {
    /// What a report says of it.
    pub(super) fn send_stats(&self, report: &StatsReport) -> SendStats {
        let mut stats = SendStats::default();
        for stat in Array::from(&report.values()).into_iter().map(JsCast::unchecked_into::<Stat>) {
            match stat.stat_type().as_str() {
                // Of pairs that are not in use, browsers do not tell it.
                "candidate-pair" => {
                    let available = stat.available_outgoing_bitrate().map(|available| available as u32);
                    stats.available_outgoing_bitrate = available.max(stats.available_outgoing_bitrate);
                }
                "media-source" => match stat.track_identifier().and_then(|track| self.source_of(&track)) {
                    Some(Source::Camera) => stats.camera = size(&stat),
                    Some(Source::Screen) => stats.screen = size(&stat),
                    Some(Source::Microphone | Source::ScreenAudio) | None => {}
                },
                _ => {}
            }
        }
        stats
    }
}

/// Before the first frame there is none.
fn size(stat: &Stat) -> Option<VideoSize> {
    let side = |side: Option<f64>| {
        let side = side? as u16;
        (1..=MAX_VIDEO_SIDE).contains(&side).then_some(side)
    };
    Some(VideoSize { width: side(stat.width())?, height: side(stat.height())? })
}
