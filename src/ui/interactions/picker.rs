//! The choice of reactions, above the bar.

use std::rc::Rc;

use visavis_core::{Command, Reaction};
use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlElement};

use crate::dom::{self, Listener};
use crate::ui::shared::Shared;
use crate::ui::{actions, text};

const HTML: &str = "<div class=\"picker\" role=\"group\" aria-label=\"Reactions\"></div>";
const CHOICE: &str = "<button type=\"button\" class=\"control\"></button>";

/// The choice, as long as it is open.
pub(super) struct Picker {
    element: HtmlElement,
    _listener: Listener,
}

impl Picker {
    /// Opens it, and has it get the focus: it stands before the bar. It stays, since one reaction often follows another.
    pub(super) fn open(shared: &Rc<Shared>, stage: &Element) -> Result<Self, JsValue> {
        let element = dom::instantiate(HTML)?;
        for reaction in Reaction::ALL {
            let choice = dom::instantiate(CHOICE)?;
            dom::set_attribute(&choice, "data-reaction", Some(reaction.as_str()));
            dom::set_attribute(&choice, "aria-label", Some(text::interactions::reaction(reaction)));
            dom::set_attribute(&choice, "title", Some(text::interactions::reaction(reaction)));
            dom::set_text(&choice, text::interactions::emoji(reaction));
            element.append_child(&choice)?;
        }
        let footer: Element = dom::find(stage, "footer")?;
        footer.prepend_with_node_1(&element)?;
        if let Ok(first) = dom::find(&element, "button") {
            actions::focus(shared, &first);
        }
        let shared = Rc::downgrade(shared);
        let _listener = Listener::new(&element, "click", move |event| {
            let button = dom::closest(&event, "[data-reaction]");
            let name = button.and_then(|button| button.get_attribute("data-reaction")).unwrap_or_default();
            if let (Some(shared), Some(reaction)) = (shared.upgrade(), Reaction::named(&name)) {
                shared.send(Command::SendReaction(reaction));
            }
        });
        Ok(Self { element, _listener })
    }
}

impl Drop for Picker {
    fn drop(&mut self) {
        self.element.remove();
    }
}
