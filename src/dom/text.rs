//! Texts from outside.

use js_sys::JsString;
use wasm_bindgen::{JsCast, JsValue};

/// A text, unless it is something else or longer than `max` bytes: both are looked at before anything is copied.
pub fn text_of(data: &JsValue, max: usize) -> Option<String> {
    let text: &JsString = data.dyn_ref()?;
    // Every UTF-16 unit is at least one byte.
    let units = usize::try_from(text.length()).unwrap_or(usize::MAX);
    if units > max {
        return None;
    }
    let text = String::from(text);
    (text.len() <= max).then_some(text)
}
