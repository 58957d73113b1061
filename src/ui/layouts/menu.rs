//! The menu of the layouts: a dialog in which the choice shows at once.

use std::rc::Rc;

use visavis_app::layout::stage::{Layout, StageOptions};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, Event, HtmlElement, HtmlInputElement};

use super::super::actions;
use super::super::settings::browser;
use super::super::shared::Shared;
use super::super::text;
use super::small_window;
use crate::dom::{self, Listener};

const HTML: &str = include_str!("menu.html");

/// The dialog, as long as it is open. Dropping it closes it.
pub(super) struct Menu {
    element: HtmlElement,
    _listeners: [Listener; 3],
}

/// Opens it, or closes it if it is open.
pub(in crate::ui) fn open(shared: &Rc<Shared>, _: &Element) {
    let Some(layouts) = super::of(shared) else { return };
    let opened = Menu::open(shared, layouts.options.get()).ok();
    *layouts.menu.borrow_mut() = opened;
}

impl Menu {
    fn open(shared: &Rc<Shared>, options: StageOptions) -> Result<Self, JsValue> {
        let element = dom::instantiate(HTML)?;
        let chosen = ["[value=", options.layout.as_str(), "]"].concat();
        let chosen: HtmlInputElement = dom::find(&element, &chosen)?;
        chosen.set_checked(true);
        dom::find::<HtmlInputElement>(&element, "[name=hide-own]")?.set_checked(options.hides_own);
        if !small_window::is_offered() {
            dom::find::<Element>(&element, "[data-small-window]")?.remove();
        }
        shared.frame.append_child(&element)?;
        browser::call(&element, "showModal", &[])?;
        let _ = chosen.focus();
        let on = |event, act: fn(&Rc<Shared>, &Event)| {
            let shared = Rc::downgrade(shared);
            Listener::new(&element, event, move |event| {
                shared.upgrade().iter().for_each(|shared| act(shared, &event));
            })
        };
        let _listeners = [on("change", change), on("click", click), on("close", |shared, _| forget(shared))];
        Ok(Self { element, _listeners })
    }
}

impl Drop for Menu {
    fn drop(&mut self) {
        self.element.remove();
    }
}

fn change(shared: &Rc<Shared>, event: &Event) {
    let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
    let (Some(layouts), Some(input)) = (super::of(shared), input) else { return };
    if input.get_attribute("name").as_deref() == Some("hide-own") {
        layouts.choose(shared, |options| options.hides_own = input.checked());
        if input.checked() {
            shared.toasts.show(text::layouts::OWN_HIDDEN);
        }
        return;
    }
    let layout = Layout::ALL.into_iter().find(|layout| layout.as_str() == input.value());
    if let Some(layout) = layout {
        layouts.choose(shared, |options| options.layout = layout);
    }
}

/// Its button closes it, and so does a click beside it, whose target is the dialog itself.
fn click(shared: &Rc<Shared>, event: &Event) {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    if target.closest("[data-small-window]").is_ok_and(|button| button.is_some()) {
        small_window::toggle(shared);
        return close(shared);
    }
    if target.local_name() == "dialog" || target.closest("[data-close]").is_ok_and(|button| button.is_some())
    {
        close(shared);
    }
}

fn close(shared: &Rc<Shared>) {
    let menu = super::of(shared).and_then(|layouts| {
        let menu = layouts.menu.borrow();
        menu.as_ref().map(|menu| menu.element.clone())
    });
    menu.iter().for_each(|menu| drop(browser::call(menu, "close", &[])));
}

/// It is closed. Not in the middle of its own event: then its listeners would be dropped while they are called.
fn forget(shared: &Rc<Shared>) {
    let shared = Rc::clone(shared);
    spawn_local(async move {
        let menu = super::of(&shared).and_then(|layouts| layouts.menu.take());
        drop(menu);
        // Not every browser gives it back to a button that was clicked (Safari focuses none).
        if let Ok(button) = dom::find(&shared.frame, "[data-control=layout]") {
            actions::focus(&shared, &button);
        }
    });
}
