//! The counters of a connection that carries microphone and camera both ways.

use visavis_core::{MediaKind, Source, Stats, StreamStats};

/// What it has counted so far: packets of sound and pictures, and frames decoded, encoded and captured, if it counts them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counters {
    pub(crate) received: [u32; 2],
    pub(crate) sent: [u32; 2],
    pub(crate) frames: [Option<u32>; 3],
}

impl Counters {
    /// As the browser tells them.
    pub(crate) fn stats(&self) -> Stats {
        let [decoded, encoded, captured] = self.frames;
        let streams = |packets: [u32; 2], frames| {
            let kinds = [(MediaKind::Audio, None), (MediaKind::Video, frames)].into_iter();
            let stream = |((kind, frames), packets)| StreamStats {
                mid: String::new(),
                kind,
                packets,
                frames,
                lost: None,
            };
            kinds.zip(packets).map(stream).collect()
        };
        Stats {
            inbound: streams(self.received, decoded),
            outbound: streams(self.sent, encoded),
            captured: vec![(Source::Camera, captured)],
            audio_packets_lost: 0,
        }
    }
}
