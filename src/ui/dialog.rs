//! Modal dialogs. Loaded on demand, with their styles.

use std::rc::Rc;

use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Event, HtmlElement};

use super::interactions::visible_button;
use super::shared::Shared;
use super::{actions, styles};
use crate::dom::{self, Listener, by_name};

const STYLES: &str = include_str!("dialog.css");

/// What follows from an event of a dialog.
pub(super) type Act = fn(&Rc<Shared>, &Event);

/// A dialog, as long as it is open. Dropping it closes it.
pub(super) struct Dialog {
    element: HtmlElement,
    _listeners: Vec<Listener>,
}

impl Dialog {
    /// Opens a `<dialog>`, of which these events are listened to.
    pub(super) fn open(
        shared: &Rc<Shared>,
        element: HtmlElement,
        acts: &[(&'static str, Act)],
    ) -> Result<Self, JsValue> {
        shared.frame.append_child(&element)?;
        styles::adopt_styles(&element, "visavisDialog", STYLES);
        by_name::call(&element, "showModal", &[])?;
        let listener = |(event, act): &(&'static str, Act)| {
            let (shared, act) = (Rc::downgrade(shared), *act);
            Listener::new(&element, event, move |event| {
                shared.upgrade().iter().for_each(|shared| act(shared, &event));
            })
        };
        let _listeners = acts.iter().map(listener).collect();
        Ok(Self { element, _listeners })
    }

    /// The element, which is in the page.
    pub(super) fn element(&self) -> &HtmlElement {
        &self.element
    }

    /// Closes it. The browser itself does so for the Escape key; both end where it says that it is closed.
    pub(super) fn close(&self) {
        let _ = by_name::call(&self.element, "close", &[]);
    }
}

/// Whether a click is to close the dialog: on a button that says so, or beside it. A click there is one on the dialog itself.
pub(super) fn is_dismissed_by(click: &Event) -> bool {
    dom::closest(click, "dialog > *").is_none() || dom::closest(click, "[data-close]").is_some()
}

impl Drop for Dialog {
    fn drop(&mut self) {
        self.element.remove();
    }
}

/// It is closed: `forget` drops it, and the button that opens it gets the focus. Not in the middle of its own event: then its
/// listeners would be dropped while they are called.
pub(super) fn closed(shared: &Rc<Shared>, forget: fn(&Rc<Shared>), control: &'static str) {
    let shared = Rc::clone(shared);
    spawn_local(async move {
        forget(&shared);
        // Not every browser gives it back to a button that was clicked (Safari focuses none).
        visible_button(&shared.frame, control).iter().for_each(|button| actions::focus(&shared, button));
    });
}
