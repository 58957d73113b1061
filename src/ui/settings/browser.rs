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

/// Gives the tree that an element is in these styles, once; `name` is that of a property that says so. As a sheet that is made
/// by a script: policies allow it, and no page loads it before (W3C CSSOM, `adoptedStyleSheets`). Without it everything is
/// there, only plainer.
pub(in crate::ui) fn adopt_styles(element: &Element, name: &str, styles: &str) {
    let root: JsValue = element.get_root_node().into();
    if let (Some(window), true) = (web_sys::window(), member(&root, name).is_falsy()) {
        let _ =
            try_adopt(&window, &root, styles).and_then(|()| Reflect::set(&root, &name.into(), &true.into()));
    }
}

/// Gives a tree in this window these styles.
///
/// # Errors
/// If the browser makes no style sheets.
pub(in crate::ui) fn try_adopt(window: &JsValue, root: &JsValue, styles: &str) -> Result<(), JsValue> {
    let make: Function = Reflect::get(window, &"CSSStyleSheet".into())?.dyn_into()?;
    let sheet = Reflect::construct(&make, &Array::new())?;
    call(&sheet, "replaceSync", &[&styles.into()])?;
    let sheets = Array::from(&member(root, "adoptedStyleSheets"));
    sheets.push(&sheet);
    Reflect::set(root, &"adoptedStyleSheets".into(), &sheets).map(drop)
}

/// Whether the person wants things to keep still.
pub(in crate::ui) fn prefers_reduced_motion() -> bool {
    let query = web_sys::window()
        .and_then(|window| window.match_media("(prefers-reduced-motion: reduce)").ok().flatten());
    query.is_some_and(|query| query.matches())
}
