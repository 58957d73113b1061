//! How our videos are encoded for a selective forwarding unit: the camera in layers (simulcast), of which the server forwards to
//! each viewer the one that fits. What one of them shows small is no reason to send less, as long as another does not.
//!
//! Each of the three layers has its rid from the beginning, for a track may come after the negotiation, and with it a
//! picture of another size. Chromium (156) leaves out the largest layers of a picture whose longer side is below 960 pixels, and
//! two below 480, whatever they are scaled by: of 640x480 by 4, 2 and 1 it sends 160x120 and 320x240. So a small picture has
//! fewer layers of use, and the last of them is whole.

use visavis_signaling::{Source, VideoSize};

use super::Connection;
use super::video_allocation::{CAMERA_BITRATE, OfVideos, USUAL_CAMERA};
use crate::encoding::{EncodingParameters, Encodings, RIDS, ResolutionScale};

/// Longer sides from which on a picture has another layer.
const TWO_LAYERS: u16 = 480;
const THREE_LAYERS: u16 = 960;
/// What each pixel of a layer adds to [`CAMERA_BITRATE`], in quarters of a bit per second: 160 kbit/s at 320x180, 460 at 640x360 and
/// 1.7 Mbit/s at 1280x720, as in LiveKit's client.
const QUARTER_BITS_PER_PIXEL: u32 = 7;
/// Frame rate of the layers below the whole picture, as in LiveKit's client.
const LOW_FRAMERATE: u32 = 20;

/// What the server that we send to takes of our videos.
#[derive(Debug)]
pub(super) struct Simulcast {
    /// The camera has three layers.
    layers: bool,
    /// Which layers of each video anybody receives.
    enabled: OfVideos<[bool; RIDS.len()]>,
}

impl Default for Simulcast {
    fn default() -> Self {
        Self { layers: false, enabled: Source::VIDEO.map(|_| [true; RIDS.len()]) }
    }
}

impl Simulcast {
    /// The camera gets a transceiver with three layers.
    pub(super) fn begin(&mut self, captured: Option<VideoSize>) -> Encodings {
        self.layers = true;
        // Chromium takes a layer that is off in the offer for one that is on, once it is answered.
        layers(captured, [true; RIDS.len()])
    }

    /// How a source is to be encoded.
    pub(super) fn encodings(&self, source: Source, captured: Option<VideoSize>) -> Encodings {
        let enabled = source.video_index().map_or([true; RIDS.len()], |at| self.enabled[at]);
        if self.layers && source == Source::Camera {
            return layers(captured, enabled);
        }
        let active = enabled != [false; RIDS.len()];
        Encodings::Single(EncodingParameters { active, ..EncodingParameters::default() })
    }
}

/// The layers of a camera, from the smallest up.
#[inline(never)]
fn layers(captured: Option<VideoSize>, enabled: [bool; RIDS.len()]) -> Encodings {
    let VideoSize { width, height } = captured.unwrap_or(USUAL_CAMERA);
    let longer = width.max(height);
    let whole = u32::from(longer >= TWO_LAYERS) + u32::from(longer >= THREE_LAYERS);
    let (mut at, mut above) = (RIDS.len() as u32, false);
    let mut layers = enabled.map(|_| EncodingParameters::default());
    for (layer, enabled) in layers.iter_mut().zip(enabled).rev() {
        at -= 1;
        // Whoever is to receive more than there is receives the whole picture.
        above |= enabled;
        layer.active = at <= whole && if at == whole { above } else { enabled };
        layer.scale_resolution_down_by = match whole.saturating_sub(at) {
            0 => ResolutionScale::ONE,
            1 => ResolutionScale::TWO,
            _ => ResolutionScale::FOUR,
        };
        let pixels = layer.scale_resolution_down_by.pixels_of(u32::from(width) * u32::from(height));
        layer.max_bitrate = Some(CAMERA_BITRATE + pixels / 4 * QUARTER_BITS_PER_PIXEL);
        layer.max_framerate = (at < whole).then_some(LOW_FRAMERATE);
    }
    Encodings::Layers(layers)
}

impl Connection {
    /// The server says which layers of a source anybody receives. A connection that does not send it takes no notice.
    pub(crate) fn set_subscribed_qualities(&mut self, source: Source, enabled: [bool; RIDS.len()]) {
        if let Some(at) = source.video_index() {
            self.video_allocation.simulcast.enabled[at] = enabled;
        }
    }

    /// Their answer may take no layers: then the browser has given up all but the first (W3C webrtc-pc 4.4.1.5). Nothing but the
    /// camera is offered in layers, and it is part of the first offer.
    pub(super) fn note_simulcast(&mut self, sdp: &str) {
        let simulcast = &mut self.video_allocation.simulcast;
        simulcast.layers &= sdp.lines().any(|line| line.starts_with("a=simulcast:"));
    }
}
