//! Promises that nobody waits for.

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::Closure;

/// For operations whose failure changes nothing. Not awaited: whoever waits for a promise that never settles, as those of
/// a connection that is closed meanwhile, is kept in memory for good.
pub fn ignore(promise: Result<Promise, JsValue>) {
    thread_local!(static NOTHING: Closure<dyn FnMut(JsValue)> = Closure::new(drop));
    if let Ok(promise) = promise {
        let _ = NOTHING.with(|nothing| promise.catch(nothing));
    }
}
