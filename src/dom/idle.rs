//! Moments in which nobody waits for anything.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;

use super::call_later;

/// How long to wait where the browser does not tell when it is idle (Safari), in milliseconds.
const PROBABLY_IDLE: i32 = 300;

/// Calls a function once, when the browser has nothing else to do.
pub fn call_when_idle(function: impl FnOnce() + 'static) {
    let Some(window) = web_sys::window() else { return };
    let function = Closure::once_into_js(function);
    let function = function.unchecked_ref();
    if window.request_idle_callback(function).is_err() {
        call_later(function, PROBABLY_IDLE);
    }
}
