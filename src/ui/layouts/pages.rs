//! The buttons that turn the pages of the stage, below the tiles.

use std::rc::Rc;

use visavis_app::layout::stage::Arrangement;
use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlElement};

use super::super::shared::Shared;
use super::super::text;
use crate::dom::{self, Listener, Parts};

const HTML: &str = include_str!("pages.html");

/// There as long as there is more than one page. Dropping it removes it.
pub(super) struct Pages {
    element: HtmlElement,
    parts: Parts,
    turns: [HtmlElement; 2],
    words: Element,
    _click: Listener,
}

impl Pages {
    /// Builds it below `area`.
    pub(super) fn new(shared: &Rc<Shared>, area: &Element) -> Result<Self, JsValue> {
        let element = dom::instantiate(HTML)?;
        if let Some(around) = area.parent_node() {
            around.insert_before(&element, area.next_sibling().as_ref())?;
        }
        let weak = Rc::downgrade(shared);
        let _click = Listener::new(&element, "click", move |event| {
            let button = dom::closest(&event, "[data-page]");
            if let (Some(shared), Some(button)) = (weak.upgrade(), button) {
                turn(&shared, button.get_attribute("data-page").as_deref() == Some("next"));
            }
        });
        Ok(Self {
            turns: [dom::find(&element, "[data-page=previous]")?, dom::find(&element, "[data-page=next]")?],
            words: dom::find(&element, "p")?,
            parts: Parts::of(&element),
            _click,
            element,
        })
    }

    /// Whether nothing of it was taken out of the page.
    pub(super) fn is_whole(&self) -> bool {
        self.parts.are_there()
    }

    /// Says which page is shown. A button that leads nowhere keeps the focus: it is not `disabled`, only said to be.
    pub(super) fn show(&self, arrangement: &Arrangement) {
        let ends = [arrangement.page == 0, arrangement.page + 1 >= arrangement.pages];
        for (button, ends) in self.turns.iter().zip(ends) {
            dom::set_attribute(button, "aria-disabled", Some(if ends { "true" } else { "false" }));
        }
        dom::set_text(&self.words, &text::layouts::page(arrangement.page, arrangement.pages));
        let page = (arrangement.page + 1).to_string();
        dom::set_attribute(&self.element, "data-page-shown", Some(&page));
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.element.remove();
    }
}

/// Shows the next page, or the one before, if there is one.
fn turn(shared: &Rc<Shared>, forward: bool) {
    let Some(layouts) = super::of(shared) else { return };
    let leads_on = |pages: &Pages| {
        pages.turns[usize::from(forward)].get_attribute("aria-disabled").as_deref() == Some("false")
    };
    if layouts.pages.borrow().as_ref().is_some_and(leads_on) {
        layouts.choose(shared, |options| {
            options.page = if forward { options.page + 1 } else { options.page.saturating_sub(1) };
        });
    }
}
