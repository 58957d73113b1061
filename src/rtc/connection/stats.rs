//! What `getStats()` counts (W3C webrtc-stats).

use js_sys::Array;
use visavis_core::{ConnectionEvent, MediaKind, Source, Stats, StreamStats};
use wasm_bindgen::JsCast;

use super::super::bindings::{Stat, StatsReport};
use super::Connection;

/// Tells what a report says. The door to all that reads and judges one: nothing of it is needed, and so none of it is
/// loaded, before a call stands (`src/on_demand.rs`).
#[inline(never)]
pub(super) fn emit(connection: &Connection, report: &StatsReport) {
    connection.emit(ConnectionEvent::Stats(connection.stats(report)));
    connection.emit(ConnectionEvent::SendStats(connection.send_stats(report)));
}

impl Connection {
    /// The streams of a report.
    pub(super) fn stats(&self, report: &StatsReport) -> Stats {
        let mut stats = Stats::default();
        for stat in Array::from(&report.values()).into_iter().map(JsCast::unchecked_into::<Stat>) {
            let kind = match stat.kind().as_deref() {
                Some("audio") => MediaKind::Audio,
                Some("video") => MediaKind::Video,
                Some(_) | None => continue,
            };
            let stream = |packets: Option<f64>, frames: Option<f64>| StreamStats {
                mid: stat.mid().unwrap_or_default(),
                kind,
                packets: packets.map_or(0, whole),
                frames: frames.map(whole),
            };
            // `remote-` ones repeat what the other side has counted.
            match stat.stat_type().as_str() {
                "inbound-rtp" => {
                    stats.inbound.push(stream(stat.received(), stat.decoded()));
                    if kind == MediaKind::Audio {
                        stats.audio_packets_lost += stat.lost().map_or(0, whole);
                    }
                }
                "outbound-rtp" => stats.outbound.push(stream(stat.sent(), stat.encoded())),
                "media-source" if kind == MediaKind::Video => {
                    let source = stat.track_identifier().and_then(|track| self.source_of(&track));
                    stats.captured.extend(source.map(|source| (source, stat.captured().map(whole))));
                }
                _ => {}
            }
        }
        stats
    }

    /// The source that a local track is sent as, by its `id`.
    pub(super) fn source_of(&self, id: &str) -> Option<Source> {
        let outgoing = self.outgoing.borrow();
        Source::ALL.into_iter().find(|source| {
            let track = outgoing[*source as usize].track.and_then(|track| self.tracks.get(track));
            track.is_some_and(|track| track.id() == id)
        })
    }
}

fn whole(count: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    let count = count as u32;
    count
}
