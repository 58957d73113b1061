//! What only some parts of the program need of the browser, by name: every method that the glue of wasm-bindgen knows is
//! loaded by every page.

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Calls a method.
///
/// # Errors
/// If there is none, or it throws.
pub fn call(of: &JsValue, method: &str, arguments: &[&JsValue]) -> Result<JsValue, JsValue> {
    let method: Function = Reflect::get(of, &method.into())?.dyn_into()?;
    match arguments {
        [] => method.call0(of),
        [argument] => method.call1(of, argument),
        _ => method.apply(of, &arguments.iter().copied().collect()),
    }
}

/// Calls a method that promises something, and gives what it brings.
///
/// # Errors
/// As [`call`]; and if it promises nothing, or does not keep it.
pub async fn call_async(of: &JsValue, method: &str, arguments: &[&JsValue]) -> Result<JsValue, JsValue> {
    JsFuture::from(call(of, method, arguments)?.dyn_into::<Promise>()?).await
}

/// A member of an object; `undefined` if there is none.
pub fn member(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &name.into()).unwrap_or_default()
}

/// Makes an object of a class of a window.
///
/// # Errors
/// If the window has no such class, or it throws.
pub fn construct(window: &JsValue, class: &str, arguments: &Array) -> Result<JsValue, JsValue> {
    let class: Function = Reflect::get(window, &class.into())?.dyn_into()?;
    Reflect::construct(&class, arguments)
}
