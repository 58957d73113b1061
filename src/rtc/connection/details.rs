//! What `getStats()` says at length (W3C webrtc-stats). Loaded on demand, with what shows it. No address is read.

use std::rc::Rc;

use js_sys::Array;
use visavis_core::{
    CandidateType, ConnectionDetails, ConnectionEvent, MAX_DETAILED_STREAMS, MAX_VIDEO_SIDE, MediaKind,
    PathDetails, StreamDetails, StreamDirection, TransportProtocol, VideoSize,
};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::Connection;
use crate::dom::by_name::member;

/// Longer names of codecs are cut, in bytes: the longest that are registered have no more.
const MAX_CODEC_BYTES: usize = 24;
const MILLISECONDS: f64 = 1000.0;

/// Reads it; answered by an event, unless the browser refuses.
#[inline(never)]
pub(in crate::rtc) fn read(connection: &Rc<Connection>) {
    let (promise, connection) = (connection.pc.stats(), Rc::downgrade(connection));
    spawn_local(async move {
        if let (Ok(report), Some(connection)) = (super::report(promise).await, connection.upgrade()) {
            let entries = Entries(Array::from(&report.values()).to_vec());
            connection.emit(ConnectionEvent::Details(Box::new(entries.details())));
        }
    });
}

/// All entries of a report.
struct Entries(Vec<JsValue>);

impl Entries {
    fn details(&self) -> ConnectionDetails {
        let received = self.of_type("inbound-rtp").filter_map(|entry| self.received(entry));
        let sent = self.of_type("outbound-rtp").filter_map(|entry| self.sent(entry));
        let streams = received.chain(sent).take(MAX_DETAILED_STREAMS).collect();
        ConnectionDetails { path: self.path(), streams }
    }

    fn of_type(&self, name: &'static str) -> impl Iterator<Item = &JsValue> {
        self.0.iter().filter(move |entry| text(entry, "type").as_deref() == Some(name))
    }

    /// The entry that a member of another one names.
    fn named(&self, by: &JsValue, name: &str) -> Option<&JsValue> {
        let id = text(by, name)?;
        self.0.iter().find(|entry| text(entry, "id").as_deref() == Some(&id))
    }

    /// The pair in use. Where there is no entry for the transport, the pair itself says so (Firefox).
    fn path(&self) -> Option<PathDetails> {
        let mut transports = self.of_type("transport");
        let by_transport = transports.find_map(|transport| self.named(transport, "selectedCandidatePairId"));
        let is_selected = |pair: &&JsValue| member(pair, "selected").as_bool() == Some(true);
        let pair = by_transport.or_else(|| self.of_type("candidate-pair").find(is_selected))?;
        let local = self.named(pair, "localCandidateId");
        let candidate_type =
            |candidate: Option<&JsValue>| CandidateType::from_name(&text(candidate?, "candidateType")?);
        let protocol = |name| TransportProtocol::from_name(&text(local?, name)?);
        Some(PathDetails {
            local: candidate_type(local),
            remote: candidate_type(self.named(pair, "remoteCandidateId")),
            protocol: protocol("relayProtocol").or_else(|| protocol("protocol")),
            round_trip: milliseconds(pair, "currentRoundTripTime"),
        })
    }

    fn received(&self, entry: &JsValue) -> Option<StreamDetails> {
        Some(StreamDetails {
            bytes: number(entry, "bytesReceived").map(|bytes| bytes as u64),
            packets: whole(entry, "packetsReceived"),
            lost: whole(entry, "packetsLost"),
            jitter: milliseconds(entry, "jitter"),
            ..self.stream(entry, StreamDirection::Received)?
        })
    }

    /// What the other end has counted of it is in an entry of its own.
    fn sent(&self, entry: &JsValue) -> Option<StreamDetails> {
        let told = self.named(entry, "remoteId");
        let lost = told.and_then(|told| number(told, "fractionLost"));
        Some(StreamDetails {
            bytes: number(entry, "bytesSent").map(|bytes| bytes as u64),
            packets: whole(entry, "packetsSent"),
            fraction_lost: lost.map(|lost| (lost * 1000.0) as u16),
            jitter: told.and_then(|told| milliseconds(told, "jitter")),
            round_trip: told.and_then(|told| milliseconds(told, "roundTripTime")),
            ..self.stream(entry, StreamDirection::Sent)?
        })
    }

    /// What streams of both directions have.
    fn stream(&self, entry: &JsValue, direction: StreamDirection) -> Option<StreamDetails> {
        let kind = MediaKind::from_name(&text(entry, "kind")?)?;
        let codec = self.named(entry, "codecId").and_then(|codec| text(codec, "mimeType"));
        Some(StreamDetails {
            codec: codec.map(|codec| codec_name(&codec).to_owned()).unwrap_or_default(),
            size: size(entry),
            frame_rate: number(entry, "framesPerSecond").map(|rate| (rate + 0.5) as u32),
            ..StreamDetails::new(direction, text(entry, "mid").unwrap_or_default(), kind)
        })
    }
}

/// `VP8` of `video/VP8`; nothing of what is no such name.
fn codec_name(mime_type: &str) -> &str {
    let name = mime_type.split_once('/').map_or("", |(_, name)| name);
    let is_name = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'.';
    if name.len() <= MAX_CODEC_BYTES && name.bytes().all(is_name) { name } else { "" }
}

fn size(entry: &JsValue) -> Option<VideoSize> {
    let side = |name| {
        let side = number(entry, name)? as u16;
        (1..=MAX_VIDEO_SIDE).contains(&side).then_some(side)
    };
    Some(VideoSize { width: side("frameWidth")?, height: side("frameHeight")? })
}

fn text(entry: &JsValue, name: &str) -> Option<String> {
    member(entry, name).as_string()
}

fn number(entry: &JsValue, name: &str) -> Option<f64> {
    member(entry, name).as_f64()
}

fn whole(entry: &JsValue, name: &str) -> Option<u32> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    number(entry, name).map(|count| count as u32)
}

/// Of what is in seconds.
fn milliseconds(entry: &JsValue, name: &str) -> Option<u32> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
    number(entry, name).map(|seconds| (seconds * MILLISECONDS + 0.5) as u32)
}
