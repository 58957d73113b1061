//! Short messages that go by themselves, read aloud politely.

use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::Element;

use crate::dom;

/// More than these would cover the call: the oldest goes.
const MAX_TOASTS: u32 = 3;
/// How long one stays, in milliseconds.
const TOAST_DURATION: i32 = 4000;

/// The corner where they appear. A live region has to be there before its text, so this one always is.
pub(super) struct Toasts {
    region: Element,
}

impl Toasts {
    /// Inside `frame`, which has a `.toasts`.
    pub(super) fn new(frame: &Element) -> Result<Self, JsValue> {
        Ok(Self { region: dom::find(frame, ".toasts")? })
    }

    /// Back into `frame`, if somebody has taken it out of the page.
    pub(super) fn restore(&self, frame: &Element) {
        if !self.region.is_connected() {
            let _ = frame.append_child(&self.region);
        }
    }

    /// Shows a message.
    pub(super) fn show(&self, message: &str) {
        show_in(&self.region, message);
    }

    /// Shows a message a moment later.
    pub(super) fn show_later(&self, message: String) {
        let region = self.region.clone();
        dom::defer(move || show_in(&region, &message));
    }
}

fn show_in(region: &Element, message: &str) {
    while region.child_element_count() >= MAX_TOASTS {
        region.first_element_child().iter().for_each(Element::remove);
    }
    if let Ok(toast) = dom::instantiate("<p class=\"toast\"></p>") {
        dom::set_text(&toast, message);
        let _ = region.append_child(&toast);
        spawn_local(async move {
            dom::sleep(TOAST_DURATION).await;
            toast.remove();
        });
    }
}
