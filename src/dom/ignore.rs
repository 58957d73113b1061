//! Promises that nobody waits for.

use js_sys::Promise;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};

/// For operations whose failure changes nothing. Not awaited: whoever waits for a promise that never settles, as those of
/// a connection that is closed meanwhile, is kept in memory for good.
pub fn ignore(promise: Result<Promise, JsValue>) {
    thread_local!(static NOTHING: Closure<dyn FnMut(JsValue)> = Closure::new(drop));
    // What an extension has put in the place of a browser's own function may return anything.
    if let Some(promise) = promise.ok().filter(JsCast::has_type::<Promise>) {
        let _ = NOTHING.with(|nothing| promise.catch(nothing));
    }
}
