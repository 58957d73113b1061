//! The menu of what is used less often, where the bar has no room for it. Until it is opened for the first time, these buttons stand
//! in the bar and are not shown.

use std::rc::Rc;

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement};

use crate::dom::by_name::{self, member};
use crate::dom::{self, Listener};
use crate::ui::shared::Shared;
use crate::ui::{actions, styles};

const HTML: &str = "<div class=\"rest\" role=\"group\" aria-label=\"More\"></div>";
const STYLES: &str = include_str!("more.css");
const BUTTON: &str = "[data-control=more]";

/// The menu, as long as it is open.
pub(super) struct Menu {
    element: HtmlElement,
    _listener: Listener,
}

impl Menu {
    /// Opens it, and has it get the focus.
    pub(super) fn open(shared: &Rc<Shared>, stage: &HtmlElement) -> Result<Self, JsValue> {
        styles::adopt_styles(stage, "visavisMore", STYLES);
        let element = dom::find(stage, ".rest").or_else(|_| gather(stage))?;
        dom::set_flag(&element, "data-open", true);
        if let Ok(first) = dom::find(&element, "button") {
            actions::focus(shared, &first);
        }
        let (document, ours) = (dom::document()?, Rc::downgrade(shared));
        // Whatever is chosen, or clicked elsewhere. The button that opens it closes it by itself.
        let _listener = Listener::new(&document, "click", move |event| {
            if let (Some(shared), None) = (ours.upgrade(), dom::closest(&event, BUTTON)) {
                // Not in the middle of its own event: the listener would be dropped while it is called.
                spawn_local(async move { super::close_menu(&shared) });
            }
        });
        Ok(Self { element, _listener })
    }

    /// The focus goes back to the button, unless what was chosen has taken it.
    pub(super) fn give_back_focus(&self, shared: &Rc<Shared>) {
        let (shared, element) = (Rc::clone(shared), self.element.clone());
        spawn_local(async move {
            dom::sleep(0).await;
            let active = dom::document().ok().and_then(|document| document.active_element());
            if active.is_none_or(|active| active.local_name() == "body" || element.contains(Some(&active))) {
                let _ = dom::find::<HtmlElement>(&shared.frame, BUTTON).map(|button| button.focus());
            }
        });
    }
}

impl Drop for Menu {
    fn drop(&mut self) {
        dom::set_flag(&self.element, "data-open", false);
    }
}

/// Puts what stands between the button and the last of the bar into one element. Where the bar has room it is as if they
/// still stood there.
fn gather(stage: &Element) -> Result<HtmlElement, JsValue> {
    let button: Element = dom::find(stage, BUTTON)?;
    let element = dom::instantiate(HTML)?;
    let after = |it: &Element| member(it, "nextElementSibling").dyn_into::<Element>().ok();
    while let Some(next) = after(&button).filter(|next| after(next).is_some()) {
        element.append_child(&next)?;
    }
    by_name::call(&button, "after", &[&element])?;
    Ok(element)
}

/// The button with this name; while that is in the menu and cannot be seen, the one that opens the menu.
pub(in crate::ui) fn visible_button(place: &Element, name: &str) -> Option<HtmlElement> {
    let button = super::button(place, name)?;
    // CSSOM View: of what is not laid out it is null.
    let is_hidden = member(&button, "offsetParent").is_null() && button.closest(".bar").ok()?.is_some();
    if is_hidden { place.query_selector(BUTTON).ok()?.map(JsCast::unchecked_into) } else { Some(button) }
}
