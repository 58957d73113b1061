//! Moments in which nobody waits for anything.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;

use super::call_later;

/// How long to wait where the browser does not tell when it is idle (Safari), in milliseconds.
const PROBABLY_IDLE: i32 = 300;

/// How long what nobody waits for is put off, in milliseconds: the first pictures are to be there before.
const DEFERRAL: i32 = 1000;

/// Calls a function once, a second from now: what it does would take the processor from the first pictures of a call.
pub fn defer(function: impl FnOnce() + 'static) {
    call_later(Closure::once_into_js(function).unchecked_ref(), DEFERRAL);
}

/// Calls a function once, when the browser has nothing else to do.
pub fn call_when_idle(function: impl FnOnce() + 'static) {
    let Some(window) = web_sys::window() else { return };
    let function = Closure::once_into_js(function);
    let function = function.unchecked_ref();
    if window.request_idle_callback(function).is_err() {
        call_later(function, PROBABLY_IDLE);
    }
}
