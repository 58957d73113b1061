//! What is plotted, and in which words its newest value is told.

use crate::message_key;
use visavis_core::VideoSize;

use super::NOT_KNOWN;
use super::series::Series;

/// What a figure measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Bits per second, without headers.
    Bitrate,
    /// The share of packets that is lost, in thousandths.
    Loss,
    /// To the other end and back, in milliseconds.
    RoundTrip,
    /// How unevenly packets come, in milliseconds.
    Jitter,
    /// The height of frames, in pixels.
    FrameSize,
    /// Frames per second.
    FrameRate,
}

impl Metric {
    /// The name that is shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bitrate => message_key!("Bitrate"),
            Self::Loss => message_key!("Loss"),
            Self::RoundTrip => message_key!("Round trip"),
            Self::Jitter => message_key!("Jitter"),
            Self::FrameSize => message_key!("Frame size"),
            Self::FrameRate => message_key!("Frame rate"),
        }
    }

    /// The name in `data-metric`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bitrate => "bitrate",
            Self::Loss => "loss",
            Self::RoundTrip => "round-trip",
            Self::Jitter => "jitter",
            Self::FrameSize => "frame-size",
            Self::FrameRate => "frame-rate",
        }
    }

    /// The least that a plot reaches up to: less would make mountains of what nobody notices.
    fn least_top(self) -> u32 {
        match self {
            Self::Bitrate => 50_000,
            Self::Loss => 50,
            Self::RoundTrip => 100,
            Self::Jitter => 30,
            Self::FrameSize => 180,
            Self::FrameRate => 15,
        }
    }

    /// A value, in words.
    fn words(self, value: u32) -> String {
        match self {
            Self::Bitrate => bits(value),
            Self::Loss => tenths(value) + " %",
            Self::RoundTrip | Self::Jitter => value.to_string() + " ms",
            Self::FrameSize => value.to_string() + " px",
            Self::FrameRate => value.to_string() + " fps",
        }
    }
}

/// A figure: its newest value, and the line of those before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// What it measures.
    pub metric: Metric,
    /// The newest value, in words.
    pub value: String,
    /// The data of an SVG path ([`Series::path`]).
    pub path: String,
}

impl Figure {
    pub(super) fn new(metric: Metric, series: &Series) -> Self {
        let value = series.last().map_or_else(|| NOT_KNOWN.to_owned(), |value| metric.words(value));
        let top = series.most().unwrap_or_default().max(metric.least_top());
        Self { metric, value, path: series.path(top) }
    }

    /// That of a size, of which the height is plotted.
    pub(super) fn of_size(heights: &Series, size: Option<VideoSize>) -> Self {
        let words = |size: VideoSize| [&size.width.to_string(), " × ", &*size.height.to_string()].concat();
        let value = size.map_or_else(|| NOT_KNOWN.to_owned(), words);
        Self { value, ..Self::new(Metric::FrameSize, heights) }
    }
}

/// Bits per second, with the unit that suits.
fn bits(value: u32) -> String {
    if value >= 1_000_000 {
        tenths(value / 100_000) + " Mbit/s"
    } else {
        ((value + 500) / 1000).to_string() + " kbit/s"
    }
}

/// A number of tenths, as a decimal fraction.
fn tenths(value: u32) -> String {
    let (whole, tenth) = (value / 10, value % 10);
    if tenth == 0 { whole.to_string() } else { [&whole.to_string(), ".", &*tenth.to_string()].concat() }
}
