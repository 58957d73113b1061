//! How loud a microphone is.

use std::rc::{Rc, Weak};

use js_sys::{Array, Reflect};
use visavis_core::TrackId;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{AnalyserNode, AudioContext, Element, MediaStream, MediaStreamTrack};

use super::super::styles::prefers_reduced_motion;
use crate::dom::by_name::call;
use crate::dom::{self, ignore};

/// Milliseconds from one look to the next...
const INTERVAL: i32 = 100;
/// ...for whoever wants things to keep still.
const CALM_INTERVAL: i32 = 1000;
/// What is quieter than this, in dB below the loudest there is, shows as nothing.
const FLOOR: f32 = -60.0;

/// Shows the level of a track as long as it lives.
pub(super) struct Meter {
    track: TrackId,
    _source: Rc<Source>,
}

/// A copy of the track, which is heard by nobody, also while the microphone is muted.
struct Source {
    track: MediaStreamTrack,
    context: AudioContext,
    analyser: AnalyserNode,
}

impl Meter {
    /// Begins to show it in a `<meter>` of 0 to 100.
    pub(super) fn start(id: TrackId, track: &MediaStreamTrack, meter: &Element) -> Result<Self, JsValue> {
        let track: MediaStreamTrack = call(track, "clone", &[])?.unchecked_into();
        track.set_enabled(true);
        let context = AudioContext::new()?;
        let analyser = context.create_analyser()?;
        let stream = MediaStream::new_with_tracks(&Array::of1(&track))?;
        context.create_media_stream_source(&stream)?.connect_with_audio_node(&analyser)?;
        let source = Rc::new(Source { track, context, analyser });
        spawn_local(show(Rc::downgrade(&source), meter.clone()));
        Ok(Self { track: id, _source: source })
    }

    /// Whose level it shows.
    pub(super) fn track(&self) -> TrackId {
        self.track
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.track.stop();
        ignore(self.context.close());
    }
}

async fn show(source: Weak<Source>, meter: Element) {
    let interval = if prefers_reduced_motion() { CALM_INTERVAL } else { INTERVAL };
    while let Some(level) = source.upgrade().map(|source| source.level()) {
        // As a property: the attribute would be one more thing for whoever hears the page read out.
        let _ = Reflect::set(&meter, &"value".into(), &level.into());
        dom::sleep(interval).await;
    }
    let _ = Reflect::set(&meter, &"value".into(), &0.into());
}

impl Source {
    /// From 0 to 100, as loudness is felt.
    fn level(&self) -> f32 {
        let mut samples = [0.0_f32; 1024];
        self.analyser.get_float_time_domain_data(&mut samples);
        let power = samples.iter().map(|sample| sample * sample).sum::<f32>() / 1024.0;
        let decibels = 10.0 * power.max(1e-9).log10();
        ((decibels - FLOOR) / -FLOOR * 100.0).clamp(0.0, 100.0).round()
    }
}
