//! What several tests need: patience, and a place where events are collected.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlVideoElement, MediaStream, MediaStreamTrack};

/// How long anything may take before a test gives up: slow machines are slow.
const PATIENCE_MS: i32 = 15_000;
const STEP_MS: i32 = 20;

pub(crate) async fn sleep(ms: i32) {
    let promise = Promise::new(&mut |resolve: Function, _| {
        let window = web_sys::window().unwrap();
        window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms).unwrap();
    });
    JsFuture::from(promise).await.unwrap();
}

/// Waits until `condition` holds.
pub(crate) async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    for _ in 0..PATIENCE_MS / STEP_MS {
        if condition() {
            return;
        }
        sleep(STEP_MS).await;
    }
    panic!("waited too long for: {what}");
}

/// Lets a property of an object hide that of its prototype, until it is deleted.
pub(crate) fn shadow(target: &JsValue, name: &str, value: &JsValue) {
    let descriptor = Object::new();
    Reflect::set(&descriptor, &"value".into(), value).unwrap();
    Reflect::set(&descriptor, &"configurable".into(), &true.into()).unwrap();
    Reflect::define_property(target.unchecked_ref::<Object>(), &name.into(), &descriptor).unwrap();
}

/// Events, in the order in which they came.
pub(crate) struct Events<T>(Rc<RefCell<Vec<T>>>);

impl<T> Clone for Events<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T> Events<T> {
    pub(crate) fn new() -> Self {
        Self(Rc::default())
    }

    pub(crate) fn push(&self, event: T) {
        self.0.borrow_mut().push(event);
    }

    pub(crate) fn take(&self) -> Vec<T> {
        self.0.take()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.borrow().len()
    }
}

#[wasm_bindgen(inline_js = "export function countFrames(video) {
    let count = 0;
    const frame = () => { count += 1; video.requestVideoFrameCallback(frame); };
    video.requestVideoFrameCallback(frame);
    return () => count;
}")]
extern "C" {
    /// Counts the frames that a person sees from now on: the result tells how many.
    #[wasm_bindgen(js_name = countFrames)]
    fn count_frames(video: &HtmlVideoElement) -> Function;
}

/// Plays a track as a tile would, until its picture moves.
pub(crate) async fn moves(track: &MediaStreamTrack) {
    let video = play(track);
    let count = count_frames(&video);
    let frames = || count.call0(&JsValue::NULL).unwrap().as_f64().unwrap();
    until("the picture to move", || frames() > 5.0).await;
    video.remove();
}

/// A `<video>` that plays a track.
pub(crate) fn play(track: &MediaStreamTrack) -> HtmlVideoElement {
    let document = web_sys::window().unwrap().document().unwrap();
    let video: HtmlVideoElement = document.create_element("video").unwrap().unchecked_into();
    video.set_muted(true);
    video.set_autoplay(true);
    video.set_attribute("playsinline", "").unwrap();
    video.set_src_object(Some(&MediaStream::new_with_tracks(&Array::of1(track)).unwrap()));
    document.body().unwrap().append_child(&video).unwrap();
    video
}
