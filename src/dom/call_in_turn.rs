//! Methods that promise objects, one of what the other has brought.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Calls methods, each with one argument, the first of `of` and each other one of what the one before brought. Not by
/// [`by_name`](super::by_name), which is loaded later.
///
/// # Errors
/// If there is no such method, it throws, or does not keep what it promises.
pub async fn call_in_turn(of: JsValue, methods: &[(&str, &str)]) -> Result<JsValue, JsValue> {
    let mut found = of;
    for (method, argument) in methods {
        let method: Function = Reflect::get(&found, &(*method).into())?.dyn_into()?;
        found = JsFuture::from(method.call1(&found, &(*argument).into())?.dyn_into::<Promise>()?).await?;
    }
    Ok(found)
}
