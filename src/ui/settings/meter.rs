//! How loud a microphone is.

use std::rc::{Rc, Weak};

use js_sys::Reflect;
use visavis_core::TrackId;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, MediaStreamTrack};

use super::super::styles::prefers_reduced_motion;
use super::super::track_level::TrackLevel;
use crate::dom;

/// Milliseconds from one look to the next...
const INTERVAL: i32 = 100;
/// ...for whoever wants things to keep still.
const CALM_INTERVAL: i32 = 1000;
/// What is quieter than this, in dB below the loudest there is, shows as nothing.
const FLOOR: f32 = -60.0;

/// Shows the level of a track as long as it lives, also while the microphone is muted.
pub(super) struct Meter {
    track: TrackId,
    _level: Rc<TrackLevel>,
}

impl Meter {
    /// Begins to show it in a `<meter>` of 0 to 100.
    pub(super) fn start(id: TrackId, track: &MediaStreamTrack, meter: &Element) -> Result<Self, JsValue> {
        let level = Rc::new(TrackLevel::open(track)?);
        spawn_local(show(Rc::downgrade(&level), meter.clone()));
        Ok(Self { track: id, _level: level })
    }

    /// Whose level it shows.
    pub(super) fn track(&self) -> TrackId {
        self.track
    }
}

async fn show(level: Weak<TrackLevel>, meter: Element) {
    let interval = if prefers_reduced_motion() { CALM_INTERVAL } else { INTERVAL };
    while let Some(level) = level.upgrade().map(|level| felt(level.power())) {
        // As a property: the attribute would be one more thing for whoever hears the page read out.
        let _ = Reflect::set(&meter, &"value".into(), &level.into());
        dom::sleep(interval).await;
    }
    let _ = Reflect::set(&meter, &"value".into(), &0.into());
}

/// From 0 to 100, as loudness is felt.
fn felt(power: f32) -> f32 {
    let decibels = 10.0 * power.max(1e-9).log10();
    ((decibels - FLOOR) / -FLOOR * 100.0).clamp(0.0, 100.0).round()
}
