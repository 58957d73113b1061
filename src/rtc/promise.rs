//! Promises of a connection, waited for until it is closed.

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::bindings::PeerConnection;
use crate::dom::object;

/// A promise that settles when a connection is closed: its own descriptions' promises never do after that (W3C webrtc-pc
/// 4.4.1.5, "abort these steps").
#[derive(Clone)]
pub(super) struct CloseSignal {
    promise: Promise,
    fire: Option<Function>,
}

impl CloseSignal {
    pub(super) fn new() -> Self {
        let mut fire = None;
        let promise = Promise::new(&mut |resolve, _| fire = Some(resolve));
        Self { promise, fire }
    }

    /// What the promise settles with, or nothing as soon as the connection is closed.
    pub(super) async fn wait(&self, promise: Result<Promise, JsValue>) -> Result<JsValue, JsValue> {
        let promise = promise?;
        JsFuture::from(Promise::race(&Array::of2(&promise, &self.promise))).await
    }

    pub(super) fn fire(&self) {
        let _ = self.fire.as_ref().map(|fire| fire.call0(&JsValue::UNDEFINED));
    }
}

/// Sets a first answer, as a provisional one before it is set for good. The other side sees one answer.
///
/// Without that, Chromium (seen in 156) counts the first answer as something to be undone by the next rollback: if our
/// first own offer then crosses one of theirs and is withdrawn, the transceivers lose their channels, and the new channel
/// of the received video knows no sink. Frames are decoded, sound flows, and the picture stands still for good. The same
/// answer set twice leaves nothing to undo. Firefox refuses provisional answers, and does not need them.
pub(super) async fn set_pranswer_then_answer(
    pc: PeerConnection,
    close_signal: CloseSignal,
) -> Result<JsValue, JsValue> {
    let answer: Object = close_signal.wait(pc.create_answer()).await?.unchecked_into();
    let sdp = Reflect::get(&answer, &"sdp".into())?;
    let provisional = object(&[("type", "pranswer".into()), ("sdp", sdp)]);
    let _ = close_signal.wait(pc.set_local_to(&provisional)).await;
    close_signal.wait(pc.set_local_to(&answer)).await
}
