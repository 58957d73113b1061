//! Why a device cannot be used, told apart by `DOMException.name`: the messages differ from browser to browser.

use js_sys::Reflect;
use visavis_core::MediaError;
use wasm_bindgen::JsValue;

/// The reason behind what `getUserMedia` was rejected with.
pub fn media_error(error: &JsValue) -> MediaError {
    let name = Reflect::get(error, &"name".into()).ok().and_then(|name| name.as_string());
    match name.as_deref().unwrap_or_default() {
        "NotAllowedError" | "SecurityError" => MediaError::Denied,
        "NotFoundError" | "OverconstrainedError" => MediaError::NotFound,
        "NotReadableError" | "AbortError" => MediaError::Busy,
        _ => MediaError::Unknown,
    }
}
