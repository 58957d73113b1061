//! How loud a microphone is, also while it is muted. Loaded once a call stands, or with the settings.

use js_sys::Array;
use visavis_core::AudioLevel;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AnalyserNode, AudioContext, MediaStream, MediaStreamTrack};

use crate::dom::by_name::call;
use crate::dom::ignore;

/// How many samples one look takes: 21 ms at 48 kHz, as one packet has.
const SAMPLES: usize = 1024;
/// The loudest level.
const FULL: f32 = 1000.0;

/// A copy of a track, which is heard by nobody. Dropping it ends the copy.
pub(super) struct TrackLevel {
    track: MediaStreamTrack,
    context: AudioContext,
    analyser: AnalyserNode,
}

impl TrackLevel {
    /// Copies a track.
    ///
    /// # Errors
    /// If the browser gives no sound to look at.
    pub(super) fn open(track: &MediaStreamTrack) -> Result<Self, JsValue> {
        let track: MediaStreamTrack = call(track, "clone", &[])?.unchecked_into();
        track.set_enabled(true);
        let context = AudioContext::new()?;
        let analyser = context.create_analyser()?;
        let level = Self { track, context, analyser };
        let stream = MediaStream::new_with_tracks(&Array::of1(&level.track))?;
        let source = level.context.create_media_stream_source(&stream)?;
        source.connect_with_audio_node(&level.analyser)?;
        Ok(level)
    }

    /// The mean power at this moment; the loudest there is is 1.
    pub(super) fn power(&self) -> f32 {
        let mut samples = [0.0_f32; SAMPLES];
        self.analyser.get_float_time_domain_data(&mut samples);
        samples.iter().map(|sample| sample * sample).sum::<f32>() / SAMPLES as f32
    }

    /// How loud it is at this moment.
    pub(super) fn level(&self) -> AudioLevel {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
        AudioLevel((self.power().sqrt() * FULL) as u16)
    }
}

impl Drop for TrackLevel {
    fn drop(&mut self) {
        self.track.stop();
        ignore(self.context.close());
    }
}
