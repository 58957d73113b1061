//! The menu of the layouts: a dialog in which the choice shows at once.

use std::rc::Rc;

use visavis_app::layout::stage::{Layout, StageOptions};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, HtmlInputElement};

use super::super::dialog::{self, Dialog};
use super::super::shared::Shared;
use super::super::text;
use super::small_window;
use crate::dom;

const HTML: &str = include_str!("menu.html");

/// Opens it.
pub(in crate::ui) fn open(shared: &Rc<Shared>, _: &Element) {
    let Some(layouts) = super::of(shared) else { return };
    let opened = make(shared, layouts.options.get()).ok();
    *layouts.menu.borrow_mut() = opened;
}

fn make(shared: &Rc<Shared>, options: StageOptions) -> Result<Dialog, JsValue> {
    let element = dom::instantiate(HTML)?;
    let chosen = ["[value=", options.layout.as_str(), "]"].concat();
    let chosen: HtmlInputElement = dom::find(&element, &chosen)?;
    chosen.set_checked(true);
    dom::find::<HtmlInputElement>(&element, "[name=hide-own]")?.set_checked(options.hides_own);
    if !small_window::is_offered() {
        dom::find::<Element>(&element, "[data-small-window]")?.remove();
    }
    let dialog = Dialog::open(shared, element, &[("change", change), ("click", click), ("close", closed)])?;
    let _ = chosen.focus();
    Ok(dialog)
}

fn change(shared: &Rc<Shared>, event: &Event) {
    let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
    let (Some(layouts), Some(input)) = (super::of(shared), input) else { return };
    if input.get_attribute("name").as_deref() == Some("hide-own") {
        layouts.choose(shared, |options| options.hides_own = input.checked());
        if input.checked() {
            shared.toasts.show(text::layouts::own_hidden());
        }
        return;
    }
    let layout = Layout::ALL.into_iter().find(|layout| layout.as_str() == input.value());
    if let Some(layout) = layout {
        layouts.choose(shared, |options| options.layout = layout);
    }
}

fn click(shared: &Rc<Shared>, event: &Event) {
    let opens_window = dom::closest(event, "[data-small-window]").is_some();
    if opens_window {
        small_window::toggle(shared);
    }
    if opens_window || dialog::is_dismissed_by(event) {
        let layouts = super::of(shared);
        layouts.iter().for_each(|layouts| layouts.menu.borrow().iter().for_each(Dialog::close));
    }
}

fn closed(shared: &Rc<Shared>, _: &Event) {
    dialog::closed(shared, forget, "layout");
}

fn forget(shared: &Rc<Shared>) {
    let menu = super::of(shared).and_then(|layouts| layouts.menu.take());
    drop(menu);
}
