//! Short messages that go by themselves, read aloud politely.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event};

use crate::dom::{self, Listener};

/// More than these would cover the call: the oldest goes.
const MOST: u32 = 3;

/// The corner where they appear. A live region has to be there before its text, so this one always is.
pub(super) struct Toasts {
    region: Element,
    _faded: Listener,
}

impl Toasts {
    /// Inside `frame`, which has a `.toasts`.
    pub(super) fn new(frame: &Element) -> Result<Self, JsValue> {
        let region: Element = dom::find(frame, ".toasts")?;
        // The time a toast stays is the length of its animation: no timer to keep.
        let faded = Listener::new(&region, "animationend", |event: Event| {
            if let Some(toast) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) {
                toast.remove();
            }
        });
        Ok(Self { region, _faded: faded })
    }

    /// Back into `frame`, if somebody has taken it out of the page.
    pub(super) fn restore(&self, frame: &Element) {
        if !self.region.is_connected() {
            let _ = frame.append_child(&self.region);
        }
    }

    /// Shows a message.
    pub(super) fn say(&self, message: &str) {
        while self.region.child_element_count() >= MOST {
            self.region.first_element_child().iter().for_each(Element::remove);
        }
        if let Ok(toast) = dom::instantiate("<p class=\"toast\"></p>") {
            dom::set_text(&toast, message);
            let _ = self.region.append_child(&toast);
        }
    }
}
