//! Out of the room again.

use std::rc::Rc;

use visavis_core::RoomView;
use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlElement};

use super::notices::Notices;
use super::shared::Shared;
use super::{actions, text};
use crate::dom::{self, Parts};

const HTML: &str = include_str!("left.html");

/// The screen after a call.
pub(super) struct Left {
    element: HtmlElement,
    parts: Parts,
    heading: Element,
    rejoin: Element,
    notices: Notices,
}

impl Left {
    /// Builds it into the frame.
    #[inline(never)]
    pub(super) fn new(shared: &Rc<Shared>) -> Result<Self, JsValue> {
        let element = dom::instantiate(HTML)?;
        let left = Self {
            heading: dom::find(&element, "h1")?,
            rejoin: dom::find(&element, "[data-control=rejoin]")?,
            notices: Notices::new(&element, shared)?,
            parts: Parts::of(&element),
            element,
        };
        shared.frame.prepend_with_node_1(&left.element)?;
        actions::focus(shared, &dom::find(&left.element, "[data-control=rejoin]")?);
        Ok(left)
    }

    /// Takes it out of the page.
    pub(super) fn remove(&self) {
        self.element.remove();
    }

    /// What it is built of, for good.
    pub(super) fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Shows the state of things.
    #[inline(never)]
    pub(super) fn render(&mut self, view: &RoomView) -> Result<(), JsValue> {
        dom::set_text(&self.heading, &text::left(&view.room, view.problem.as_ref()));
        dom::set_flag(&self.rejoin, "hidden", view.room.is_empty());
        self.notices.render(view)
    }
}

impl Drop for Left {
    fn drop(&mut self) {
        self.remove();
    }
}
