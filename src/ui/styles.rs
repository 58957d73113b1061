//! Styles of what is loaded on demand, and what the person wants of all styles.

use js_sys::{Array, Reflect};
use wasm_bindgen::JsValue;
use web_sys::Element;

use crate::dom::by_name::{call, construct, member};

/// Gives the tree that an element is in these styles, once; `name` is that of a property that says so. As a sheet that is made
/// by a script: policies allow it, and no page loads it before (W3C CSSOM, `adoptedStyleSheets`). Without it everything is
/// there, only plainer.
pub(super) fn adopt_styles(element: &Element, name: &str, styles: &str) {
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
pub(super) fn try_adopt(window: &JsValue, root: &JsValue, styles: &str) -> Result<(), JsValue> {
    let sheet = construct(window, "CSSStyleSheet", &Array::new())?;
    call(&sheet, "replaceSync", &[&styles.into()])?;
    let sheets = Array::from(&member(root, "adoptedStyleSheets"));
    sheets.push(&sheet);
    Reflect::set(root, &"adoptedStyleSheets".into(), &sheets).map(drop)
}

/// Whether the person wants things to keep still.
pub(super) fn prefers_reduced_motion() -> bool {
    let query = web_sys::window()
        .and_then(|window| window.match_media("(prefers-reduced-motion: reduce)").ok().flatten());
    query.is_some_and(|query| query.matches())
}
