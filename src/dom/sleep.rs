//! Waiting, where nothing else tells when to go on.

use js_sys::{Function, Promise};
use wasm_bindgen_futures::JsFuture;

/// Calls a function after some milliseconds.
pub fn call_later(function: &Function, milliseconds: i32) {
    if let Some(window) = web_sys::window() {
        let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(function, milliseconds);
    }
}

/// Waits for some milliseconds.
pub async fn sleep(milliseconds: i32) {
    let later = Promise::new(&mut |resolve, _| call_later(&resolve, milliseconds));
    let _ = JsFuture::from(later).await;
}
