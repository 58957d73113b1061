//! Chance.

use wasm_bindgen::JsValue;

/// `N` bytes that nobody can guess.
///
/// # Errors
/// In browsers without `crypto`, which have no WebRTC either.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], JsValue> {
    let mut bytes = [0; N];
    let window = web_sys::window().ok_or(JsValue::UNDEFINED)?;
    window.crypto()?.get_random_values_with_u8_array(&mut bytes)?;
    Ok(bytes)
}
