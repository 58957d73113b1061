//! What only this part of the program needs of the browser, by name: every method that the glue of wasm-bindgen knows is
//! loaded by every page.

use js_sys::{Array, Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Element;

/// Calls a method.
///
/// # Errors
/// If there is none, or it throws.
pub(in crate::ui) fn call(of: &JsValue, method: &str, arguments: &[&JsValue]) -> Result<JsValue, JsValue> {
    let method: Function = Reflect::get(of, &method.into())?.dyn_into()?;
    match arguments {
        [] => method.call0(of),
        [argument, ..] => method.call1(of, argument),
    }
}

/// A member of an object; `undefined` if there is none.
pub(in crate::ui) fn member(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &name.into()).unwrap_or_default()
}

/// Gives the tree that an element is in styles, once for each name. As a sheet that is made by a script: policies allow
/// it, and no page loads it before (W3C CSSOM, `adoptedStyleSheets`). Without it everything is there, only plainer.
pub(in crate::ui) fn adopt_styles(element: &Element, name: &str, styles: &str) {
    let _ = try_adopt(&element.get_root_node(), name, styles);
}

fn try_adopt(root: &JsValue, name: &str, styles: &str) -> Result<(), JsValue> {
    if member(root, name).is_truthy() {
        return Ok(());
    }
    let window = web_sys::window().ok_or(JsValue::UNDEFINED)?;
    let make: Function = Reflect::get(&window, &"CSSStyleSheet".into())?.dyn_into()?;
    let sheet = Reflect::construct(&make, &Array::new())?;
    call(&sheet, "replaceSync", &[&styles.into()])?;
    let sheets = Array::from(&member(root, "adoptedStyleSheets"));
    sheets.push(&sheet);
    Reflect::set(root, &"adoptedStyleSheets".into(), &sheets)?;
    Reflect::set(root, &name.into(), &true.into())?;
    Ok(())
}

/// Whether the person wants things to keep still.
pub(super) fn prefers_reduced_motion() -> bool {
    let query = web_sys::window()
        .and_then(|window| window.match_media("(prefers-reduced-motion: reduce)").ok().flatten());
    query.is_some_and(|query| query.matches())
}
