//! Where an event was.

use wasm_bindgen::JsCast;
use web_sys::{Element, Event};

/// The element with this selector in which the event was, or which it was on.
pub fn closest(event: &Event, selector: &str) -> Option<Element> {
    event.target()?.dyn_into::<Element>().ok()?.closest(selector).ok().flatten()
}
