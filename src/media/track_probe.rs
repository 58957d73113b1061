//! Whether a device that is open delivers anything: a picture that moves and is not black, a sound that is not silence.

use std::cell::Cell;

use js_sys::Array;
use visavis_core::Finding;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    AnalyserNode, AudioContext, CanvasRenderingContext2d, HtmlCanvasElement, HtmlVideoElement, MediaStream,
    MediaStreamTrack,
};

use crate::dom::{self, Listener, ignore};

/// The picture is looked at in so many pixels each way: noise of a covered lens is gone then.
const PIXELS: f64 = 8.0;
/// What is no brighter than this, of 255, is black.
const BLACK: u8 = 24;

/// One track that is watched. Dropping it lets go of everything but the track.
pub(super) struct TrackProbe {
    video: HtmlVideoElement,
    context: Option<AudioContext>,
    _listener: Listener,
}

/// What a track is looked at with.
enum Analyser {
    Audio(AudioContext, AnalyserNode),
    Video(CanvasRenderingContext2d),
}

impl TrackProbe {
    /// Plays it where nobody sees or hears it; whenever its time goes on, a look tells what came. Whoever asks for a check has
    /// loaded this (`src/on_demand.rs`).
    #[inline(never)]
    pub(super) fn watch(track: &MediaStreamTrack, report: Box<dyn Fn(Finding)>) -> Result<Self, JsValue> {
        let stream = MediaStream::new_with_tracks(&Array::of1(track))?;
        let (analyser, context) = open(track, &stream)?;
        if track.muted() {
            report(Finding::Muted);
        }
        let video: HtmlVideoElement = dom::instantiate("<video></video>")?.unchecked_into();
        let (shown, last) = (video.clone(), Cell::new(0.0));
        let _listener = Listener::new(&video, "timeupdate", move |_| {
            let (now, before) = (shown.current_time(), last.get());
            last.set(now);
            if before > 0.0 && now > before {
                analyser.sample(&shown).into_iter().for_each(&report);
            }
        });
        video.set_muted(true);
        video.set_src_object(Some(&stream));
        ignore(video.play());
        Ok(Self { video, context, _listener })
    }
}

impl Drop for TrackProbe {
    fn drop(&mut self) {
        self.video.set_src_object(None);
        self.context.iter().for_each(|context| ignore(context.close()));
    }
}

/// A click has asked for the check, so browsers let sound run.
fn open(track: &MediaStreamTrack, stream: &MediaStream) -> Result<(Analyser, Option<AudioContext>), JsValue> {
    if track.kind() == "audio" {
        let context = AudioContext::new()?;
        let analyser = context.create_analyser()?;
        context.create_media_stream_source(stream)?.connect_with_audio_node(&analyser)?;
        return Ok((Analyser::Audio(context.clone(), analyser), Some(context)));
    }
    let canvas: HtmlCanvasElement = dom::instantiate("<canvas></canvas>")?.unchecked_into();
    let picture = canvas.get_context("2d")?.ok_or(JsValue::UNDEFINED)?.unchecked_into();
    Ok((Analyser::Video(picture), None))
}

impl Analyser {
    fn sample(&self, video: &HtmlVideoElement) -> Option<Finding> {
        let good = match self {
            Self::Audio(context, analyser) => {
                // Until it runs there is nothing to hear.
                (context.current_time() > 0.0).then_some(())?;
                let mut samples = [0.0; 1024];
                analyser.get_float_time_domain_data(&mut samples);
                samples.iter().any(|sample| *sample != 0.0)
            }
            Self::Video(picture) => {
                picture
                    .draw_image_with_html_video_element_and_dw_and_dh(video, 0.0, 0.0, PIXELS, PIXELS)
                    .ok()?;
                let pixels = picture.get_image_data(0.0, 0.0, PIXELS, PIXELS).ok()?.data();
                // The fourth is how opaque it is.
                pixels.chunks(4).any(|pixel| pixel.iter().take(3).any(|colour| *colour > BLACK))
            }
        };
        Some(if good { Finding::Good } else { Finding::Blank })
    }
}
