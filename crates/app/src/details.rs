//! The details of the connection to one participant: what the counters of the last two minutes say, as figures, as small plots
//! and as a text to copy. Loaded on demand.
//!
//! What is not observed is not known, and never zero.

mod figures;
mod series;

use crate::message_key;
use visavis_core::signaling::Timestamp;
use visavis_core::{
    CandidateType, ConnectionId, DetailsSample, PathDetails, Source, StreamDetails, StreamDirection,
    TransportProtocol, VideoSize,
};

pub use self::figures::{Figure, Metric};
pub use self::series::{MAX_SAMPLES, PLOT_HEIGHT, PLOT_WIDTH, Series};

/// What is said of what is not known.
pub const NOT_KNOWN: &str = message_key!("not known");
/// Most streams that are shown: each source both ways, and some more.
const MAX_STREAMS: usize = 16;

/// What was observed of one participant's connection.
#[derive(Debug, Default)]
pub struct DetailsHistory {
    forwarded: bool,
    path: Option<PathDetails>,
    round_trip: Series,
    streams: Vec<Stream>,
}

/// What was observed of one source that goes one way; all its layers together.
#[derive(Debug)]
struct Stream {
    connection: ConnectionId,
    source: Source,
    direction: StreamDirection,
    codec: String,
    size: Option<VideoSize>,
    /// The counters of the last sample.
    last: Option<Counters>,
    bitrate: Series,
    loss: Series,
    round_trip: Series,
    jitter: Series,
    height: Series,
    frame_rate: Series,
}

/// The counters of a source at a moment.
#[derive(Debug, Clone, Copy)]
struct Counters {
    at: Timestamp,
    bytes: Option<u64>,
    packets: Option<u32>,
    lost: Option<u32>,
}

/// What is shown under one heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The heading.
    pub title: &'static str,
    /// What does not change with every sample: a name, and what it is.
    pub facts: Vec<(&'static str, String)>,
    /// What does.
    pub figures: Vec<Figure>,
}

impl DetailsHistory {
    /// Takes a sample. Samples of two connections to a server that forwards, one for each direction, go together.
    pub fn add(&mut self, sample: &DetailsSample) {
        self.forwarded = sample.forwarded;
        if let Some(path) = sample.path {
            self.path = Some(path);
            self.round_trip.push(path.round_trip);
        }
        self.streams.retain(|stream| stream.connection != sample.connection || stream.is_in(sample));
        for (source, stream) in &sample.streams {
            let key = (sample.connection, *source, stream.direction);
            if self.streams.len() < MAX_STREAMS && !self.streams.iter().any(|known| known.key() == key) {
                self.streams.push(Stream::new(key));
            }
        }
        // Another connection of the same direction has taken the place of one that is gone.
        let newest: Vec<_> =
            sample.streams.iter().map(|(source, stream)| (*source, stream.direction)).collect();
        self.streams.retain(|known| {
            known.connection == sample.connection || !newest.contains(&(known.source, known.direction))
        });
        for known in &mut self.streams {
            known.add(sample);
        }
        self.streams.sort_by_key(|stream| (stream.source, stream.direction == StreamDirection::Sent));
    }

    /// No sample has come though it should have: nothing is known of this moment.
    pub fn miss(&mut self) {
        self.path = None;
        self.round_trip.push(None);
        for stream in &mut self.streams {
            (stream.last, stream.size) = (None, None);
            stream.series().into_iter().for_each(|series| series.push(None));
        }
    }

    /// Everything there is to show, in order.
    pub fn sections(&self) -> Vec<Section> {
        let streams = self.streams.iter().map(Stream::section);
        [self.connection()].into_iter().chain(streams).collect()
    }

    /// The same as plain text: without names of people, rooms or addresses.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for Section { title, facts, figures } in self.sections() {
            text.push_str(title);
            text.push('\n');
            let figures = figures.iter().map(|figure| (figure.metric.name(), figure.value.clone()));
            for (name, value) in facts.into_iter().chain(figures) {
                text.push_str(&["  ", name, ": ", &value, "\n"].concat());
            }
        }
        text
    }

    fn connection(&self) -> Section {
        let path = self.path.unwrap_or_default();
        let candidate = |kind: Option<CandidateType>| kind.map_or(NOT_KNOWN, address).to_owned();
        let facts = vec![
            (message_key!("Path"), self.way(&path).to_owned()),
            (message_key!("Protocol"), path.protocol.map_or(NOT_KNOWN, protocol).to_owned()),
            (message_key!("Your address"), candidate(path.local)),
            (
                if self.forwarded {
                    message_key!("Address of the server")
                } else {
                    message_key!("Their address")
                },
                candidate(path.remote),
            ),
        ];
        let figures = vec![Figure::new(Metric::RoundTrip, &self.round_trip)];
        Section { title: message_key!("Connection"), facts, figures }
    }

    fn way(&self, path: &PathDetails) -> &'static str {
        let is_relay = |kind| kind == Some(CandidateType::Relay);
        let relayed = is_relay(path.local) || is_relay(path.remote);
        let known = path.local.is_some() && path.remote.is_some();
        match (self.forwarded, relayed, known) {
            (true, true, _) => message_key!("through a relay to a server, which forwards it"),
            (true, false, true) => message_key!("to a server, which forwards it"),
            (false, true, _) => message_key!("through a relay"),
            (false, false, true) => message_key!("direct"),
            (_, false, false) => NOT_KNOWN,
        }
    }
}

/// A kind of address, in words.
fn address(kind: CandidateType) -> &'static str {
    match kind {
        CandidateType::Host => message_key!("of the device itself (host)"),
        CandidateType::Reflexive => message_key!("of a router in front of it (reflexive)"),
        CandidateType::Relay => message_key!("of a relay"),
    }
}

fn protocol(protocol: TransportProtocol) -> &'static str {
    match protocol {
        TransportProtocol::Udp => "UDP",
        TransportProtocol::Tcp => "TCP",
        TransportProtocol::Tls => "TLS",
    }
}

type Key = (ConnectionId, Source, StreamDirection);

impl Stream {
    fn new((connection, source, direction): Key) -> Self {
        Self {
            connection,
            source,
            direction,
            codec: String::new(),
            size: None,
            last: None,
            bitrate: Series::default(),
            loss: Series::default(),
            round_trip: Series::default(),
            jitter: Series::default(),
            height: Series::default(),
            frame_rate: Series::default(),
        }
    }

    fn series(&mut self) -> [&mut Series; 6] {
        [
            &mut self.bitrate,
            &mut self.loss,
            &mut self.round_trip,
            &mut self.jitter,
            &mut self.height,
            &mut self.frame_rate,
        ]
    }

    fn key(&self) -> Key {
        (self.connection, self.source, self.direction)
    }

    /// What a sample says of it: one stream, or all its layers.
    fn layers<'a>(&self, sample: &'a DetailsSample) -> impl Iterator<Item = &'a StreamDetails> {
        let (source, direction) = (self.source, self.direction);
        let is_of =
            move |(of, stream): &&(Source, StreamDetails)| *of == source && stream.direction == direction;
        sample.streams.iter().filter(is_of).map(|(_, stream)| stream)
    }

    fn is_in(&self, sample: &DetailsSample) -> bool {
        self.layers(sample).next().is_some()
    }

    fn add(&mut self, sample: &DetailsSample) {
        if self.connection != sample.connection {
            return;
        }
        let layers: Vec<_> = self.layers(sample).collect();
        let most = |of: fn(&StreamDetails) -> Option<u32>| layers.iter().filter_map(|layer| of(layer)).max();
        let counters = Counters {
            at: sample.at,
            bytes: sum(layers.iter().map(|layer| layer.bytes)),
            packets: sum(layers.iter().map(|layer| layer.packets.map(u64::from))).map(|sum| sum as u32),
            lost: sum(layers.iter().map(|layer| layer.lost.map(u64::from))).map(|sum| sum as u32),
        };
        let before = self.last.replace(counters);
        self.bitrate.push(before.and_then(|before| bitrate(&before, &counters)));
        self.loss.push(match self.direction {
            StreamDirection::Received => before.and_then(|before| loss(&before, &counters)),
            StreamDirection::Sent => most(|layer| layer.fraction_lost.map(u32::from)),
        });
        self.round_trip.push(most(|layer| layer.round_trip));
        self.jitter.push(most(|layer| layer.jitter));
        self.frame_rate.push(most(|layer| layer.frame_rate));
        self.size = layers.iter().filter_map(|layer| layer.size).max_by_key(|size| size.width);
        self.height.push(self.size.map(|size| size.height.into()));
        self.codec = layers
            .iter()
            .map(|layer| layer.codec.clone())
            .find(|codec| !codec.is_empty())
            .unwrap_or_default();
    }

    fn section(&self) -> Section {
        let codec = if self.codec.is_empty() { NOT_KNOWN.to_owned() } else { self.codec.clone() };
        let mut figures =
            vec![Figure::new(Metric::Bitrate, &self.bitrate), Figure::new(Metric::Loss, &self.loss)];
        if self.direction == StreamDirection::Sent {
            figures.push(Figure::new(Metric::RoundTrip, &self.round_trip));
        }
        figures.push(Figure::new(Metric::Jitter, &self.jitter));
        if self.source.video_index().is_some() {
            figures.push(Figure::of_size(&self.height, self.size));
            figures.push(Figure::new(Metric::FrameRate, &self.frame_rate));
        }
        Section {
            title: title(self.source, self.direction),
            facts: vec![(message_key!("Codec"), codec)],
            figures,
        }
    }
}

fn title(source: Source, direction: StreamDirection) -> &'static str {
    let [received, sent] = match source {
        Source::Microphone => [message_key!("Microphone, received"), message_key!("Microphone, sent")],
        Source::Camera => [message_key!("Camera, received"), message_key!("Camera, sent")],
        Source::Screen => [message_key!("Screen, received"), message_key!("Screen, sent")],
        Source::ScreenAudio => {
            [message_key!("Sound of the screen, received"), message_key!("Sound of the screen, sent")]
        }
        Source::SecondCamera => {
            [message_key!("Second camera, received"), message_key!("Second camera, sent")]
        }
    };
    match direction {
        StreamDirection::Received => received,
        StreamDirection::Sent => sent,
    }
}

/// Of all layers that count it; nothing if none does.
fn sum(counts: impl Iterator<Item = Option<u64>>) -> Option<u64> {
    counts.flatten().reduce(u64::saturating_add)
}

/// Bits per second between two samples; `None` where counters have begun anew.
fn bitrate(before: &Counters, now: &Counters) -> Option<u32> {
    let bytes = now.bytes?.checked_sub(before.bytes?)?;
    let millis = now.at.since(before.at).as_millis() as u64;
    let bits_per_second = bytes.saturating_mul(8000).checked_div(millis)?;
    Some(u32::try_from(bits_per_second).unwrap_or(u32::MAX))
}

/// The share that was lost between two samples, in thousandths; `None` if nothing was sent.
fn loss(before: &Counters, now: &Counters) -> Option<u32> {
    let came = u64::from(now.packets?.checked_sub(before.packets?)?);
    // What came late is counted as lost no more.
    let lost = u64::from(now.lost?.saturating_sub(before.lost?));
    (lost * 1000).checked_div(came + lost).map(|share| share as u32)
}

#[cfg(test)]
mod tests;
