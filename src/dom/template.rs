//! Elements made from the `.html` files beside the code.

use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element, HtmlElement, HtmlTemplateElement};

use super::language::translated_html;

/// The document of the page.
///
/// # Errors
/// If there is none: a worker, for instance.
pub fn document() -> Result<Document, JsValue> {
    web_sys::window()
        .and_then(|window| window.document())
        .ok_or_else(|| JsValue::from_str("there is no document"))
}

/// Whether the page came over https.
pub fn is_secure() -> bool {
    let protocol = web_sys::window().and_then(|window| window.location().protocol().ok());
    protocol.as_deref() == Some("https:")
}

/// Whether another page shows this one in a frame.
pub fn is_framed() -> bool {
    web_sys::window()
        .is_some_and(|window| window.parent().ok().flatten().is_some_and(|around| around != window))
}

/// Whether the permissions policy lets this page use a feature (W3C Permissions Policy; Chromium 156 has the interface
/// under its older name, Firefox 153 under none). Where nothing tells, it does.
pub fn is_allowed(feature: &str) -> bool {
    let allowed = || {
        let document = document().ok()?;
        let get =
            |name: &str| Reflect::get(&document, &name.into()).ok().filter(|policy| !policy.is_undefined());
        let policy = get("permissionsPolicy").or_else(|| get("featurePolicy"))?;
        let ask: Function = Reflect::get(&policy, &"allowsFeature".into()).ok()?.dyn_into().ok()?;
        ask.call1(&policy, &feature.into()).ok()?.as_bool()
    };
    allowed().unwrap_or(true)
}

/// Makes the one element that `html` describes. Only for markup of our own: what came from the network is put in
/// afterwards, as text.
///
/// # Errors
/// If `html` holds no element.
pub fn instantiate(html: &'static str) -> Result<HtmlElement, JsValue> {
    let template: HtmlTemplateElement = document()?.create_element("template")?.unchecked_into();
    match translated_html(html) {
        Some(translated) => template.set_inner_html(&translated),
        None => template.set_inner_html(html),
    }
    let first =
        template.content().first_element_child().ok_or_else(|| JsValue::from_str("an empty template"))?;
    // `importNode` gives the copy the page's own document, so that its videos may load.
    let copy = document()?.import_node_with_deep(&first, true)?;
    copy.dyn_into::<HtmlElement>().map_err(JsValue::from)
}

/// Every element under `root` that `selector` names, in the order of the document.
pub fn find_all(root: &Element, selector: &str) -> Vec<HtmlElement> {
    let Ok(found) = root.query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|at| found.item(at)).map(JsCast::unchecked_into).collect()
}

/// The first element under `root` that `selector` names.
///
/// # Errors
/// If there is none, or it is not a `T`: the code and its `.html` do not fit together.
pub fn find<T: JsCast>(root: &Element, selector: &str) -> Result<T, JsValue> {
    let found = root.query_selector(selector)?.ok_or_else(|| JsValue::from_str(selector))?;
    found.dyn_into::<T>().map_err(JsValue::from)
}
