//! What `getStats()` counts, and what it says of what we send (W3C webrtc-stats).

use std::rc::Rc;

use js_sys::Array;
use visavis_core::{
    ConnectionEvent, MAX_VIDEO_SIDE, MediaKind, QualityLimitationReason, SendStats, Source, Stats,
    StreamStats, VideoSize,
};
use wasm_bindgen::JsCast;

use super::super::bindings::{Stat, StatsReport};
use super::{Connection, speech};
use crate::dom::by_name::member;

/// Tells what a report says. The door to all that reads and judges one: nothing of it is needed, and so none of it is
/// loaded, before a call stands (`src/on_demand.rs`).
#[inline(never)]
pub(super) fn emit(connection: &Rc<Connection>, report: &StatsReport) {
    let (stats, send_stats) = connection.read_stats(report);
    connection.emit(ConnectionEvent::Stats(stats));
    connection.emit(ConnectionEvent::SendStats(send_stats));
    speech::listen(connection);
}

impl Connection {
    /// Reads a report once: each pass makes the browser build an object of each of its entries, a hundred in a call of two.
    fn read_stats(&self, report: &StatsReport) -> (Stats, SendStats) {
        let (mut stats, mut send_stats) = (Stats::default(), SendStats::default());
        for stat in Array::from(&report.values()).into_iter().map(JsCast::unchecked_into::<Stat>) {
            // `remote-` ones repeat what the other side has counted; of that only what is lost of our sound is looked at.
            match stat.stat_type().as_str() {
                "inbound-rtp" => {
                    let Some(mut stream) = stream(&stat, stat.received(), stat.decoded()) else { continue };
                    stream.lost = stat.lost().map(whole);
                    if stream.kind == MediaKind::Audio {
                        stats.audio_packets_lost += stream.lost.unwrap_or_default();
                    }
                    stats.inbound.push(stream);
                }
                "outbound-rtp" => {
                    stats.outbound.extend(stream(&stat, stat.sent(), stat.encoded()));
                    send_stats.quality_limitation = send_stats.quality_limitation.max(limitation(&stat));
                }
                "remote-inbound-rtp" if stat.kind().as_deref() == Some("audio") => {
                    let lost = member(&stat, "fractionLost").as_f64();
                    send_stats.audio_fraction_lost = lost.map(|lost| (lost * 1000.0) as u16);
                }
                "media-source" => {
                    let source = stat.track_identifier().and_then(|track| self.source_of(&track));
                    if source == Some(Source::Microphone) {
                        let energy = member(&stat, "totalAudioEnergy").as_f64();
                        send_stats.microphone_silent = energy.map(|energy| energy <= 0.0);
                    }
                    if let Some((source, at)) =
                        source.and_then(|source| Some((source, source.video_index()?)))
                    {
                        stats.captured.push((source, stat.captured().map(whole)));
                        send_stats.captured[at] = size(&stat);
                    }
                }
                // Of pairs that are not in use, browsers do not tell it.
                "candidate-pair" => {
                    let available = stat.available_outgoing_bitrate().map(whole);
                    send_stats.available_outgoing_bitrate =
                        available.max(send_stats.available_outgoing_bitrate);
                }
                _ => {}
            }
        }
        (stats, send_stats)
    }

    /// The source that a local track is sent as, by its `id`.
    fn source_of(&self, id: &str) -> Option<Source> {
        let outgoing = self.outgoing.borrow();
        Source::ALL.into_iter().find(|source| {
            let track = outgoing[*source as usize].track.and_then(|track| self.tracks.get(track));
            track.is_some_and(|track| track.id() == id)
        })
    }
}

fn stream(stat: &Stat, packets: Option<f64>, frames: Option<f64>) -> Option<StreamStats> {
    let kind = MediaKind::from_name(&stat.kind()?)?;
    let mid = stat.mid().unwrap_or_default();
    let (packets, frames) = (packets.map_or(0, whole), frames.map(whole));
    Some(StreamStats { mid, kind, packets, frames, lost: None })
}

/// Why a stream is encoded worse than it could be. Of layers that are switched off, browsers say what was before.
fn limitation(stat: &Stat) -> QualityLimitationReason {
    if member(stat, "active").as_bool() == Some(false) {
        return QualityLimitationReason::None;
    }
    let reason = member(stat, "qualityLimitationReason").as_string();
    reason.map_or(QualityLimitationReason::None, |reason| QualityLimitationReason::from_name(&reason))
}

fn whole(count: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    let count = count as u32;
    count
}

/// Before the first frame there is none.
fn size(stat: &Stat) -> Option<VideoSize> {
    let side = |side: Option<f64>| {
        let side = side? as u16;
        (1..=MAX_VIDEO_SIDE).contains(&side).then_some(side)
    };
    Some(VideoSize { width: side(stat.width())?, height: side(stat.height())? })
}
