//! A `<video>` that plays tracks of the shelf.

use visavis_core::TrackId;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DomException, Element, Event, HtmlVideoElement, MediaStream, MediaStreamTrack};

use crate::dom::{self, Listener};
use crate::tracks::Tracks;

/// A video element with one `MediaStream` for its whole life: tracks come and go inside it, so that what plays goes on
/// playing.
pub(super) struct Picture {
    video: HtmlVideoElement,
    stream: MediaStream,
    shown: [Option<TrackId>; 2],
    _paused: Listener,
}

impl Picture {
    /// Shows nothing yet. Our own is muted: nobody wants to hear themselves.
    pub(super) fn new(video: HtmlVideoElement, own: bool) -> Result<Self, JsValue> {
        video.set_muted(own);
        let _paused = Listener::new(&video, "pause", resume(&video));
        Ok(Self { video, stream: MediaStream::new()?, shown: [None; 2], _paused })
    }

    /// Plays these tracks and no others.
    pub(super) fn show(&mut self, tracks: &Tracks, wanted: [Option<TrackId>; 2]) {
        if self.shown != wanted {
            self.change(tracks, wanted);
        }
    }

    /// There are tracks only once the call is loaded.
    #[inline(never)]
    fn change(&mut self, tracks: &Tracks, wanted: [Option<TrackId>; 2]) {
        self.shown = wanted;
        let wanted: Vec<MediaStreamTrack> =
            wanted.iter().flatten().filter_map(|id| tracks.get(*id)).collect();
        for track in self.stream.get_tracks().iter().map(JsCast::unchecked_into::<MediaStreamTrack>) {
            if !wanted.contains(&track) {
                self.stream.remove_track(&track);
            }
        }
        wanted.iter().for_each(|track| self.stream.add_track(track));
        self.attach(!wanted.is_empty());
    }

    fn attach(&self, any: bool) {
        let attached = self.video.src_object().is_some();
        if any && !attached {
            if self.video.closest(".frame[data-silent]").is_ok_and(|silent| silent.is_some()) {
                self.video.set_muted(true);
            }
            self.video.set_src_object(Some(&self.stream));
        } else if !any && attached {
            // Or the last frame would stay, and the browser would keep the decoder.
            self.video.set_src_object(None);
        }
        if any {
            play(&self.video);
        }
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        self.video.set_src_object(None);
    }
}

/// Nobody can pause a call but the browser: it does so when it freezes a page, and does not go on by itself.
fn resume(video: &HtmlVideoElement) -> impl FnMut(Event) + use<> {
    let video = video.clone();
    move |_| {
        if video.src_object().is_some() {
            play(&video);
        }
    }
}

/// Starts the video. If the browser refuses sound before the person has touched the page, the picture plays without,
/// and the frame says so with `data-silent`: one button then brings all the sound.
fn play(video: &HtmlVideoElement) {
    let Ok(playing) = video.play() else { return };
    let video = video.clone();
    spawn_local(async move {
        if let Err(error) = JsFuture::from(playing).await
            && error.dyn_ref::<DomException>().is_some_and(|error| error.name() == "NotAllowedError")
            && !video.muted()
        {
            video.set_muted(true);
            if let Ok(Some(frame)) = video.closest(".frame") {
                dom::set_flag(&frame, "data-silent", true);
            }
            play(&video);
        }
    });
}

/// Gives every video under `frame` but our own its sound. Only works inside a click.
pub(super) fn play_all(frame: &Element) {
    set_silent(frame, false);
}

/// Takes the sound of every video under `frame` but our own, also of those to come, until [`play_all`].
pub(super) fn silence_all(frame: &Element) {
    set_silent(frame, true);
}

fn set_silent(frame: &Element, silent: bool) {
    dom::set_flag(frame, "data-silent", silent);
    for video in dom::find_all(frame, "[data-participant]:not([data-self]) video") {
        let video = video.unchecked_into::<HtmlVideoElement>();
        video.set_muted(silent);
        play(&video);
    }
}
