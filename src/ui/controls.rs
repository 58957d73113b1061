//! The bar of controls. A control is a pair of files in `controls/` and a line in [`ALL`].

mod camera;
mod copy_link;
mod fullscreen;
pub(super) mod interactions;
mod layout;
mod leave;
mod microphone;
mod screen;
mod settings;
mod source;

use std::rc::Rc;

use visavis_core::RoomView;
use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlElement};

use super::shared::Shared;
use crate::dom;

/// Every control, in the order in which they stand in the bar.
pub(super) const ALL: [&Control; 8] = [
    &microphone::CONTROL,
    &camera::CONTROL,
    &screen::CONTROL,
    &settings::CONTROL,
    &layout::CONTROL,
    &fullscreen::CONTROL,
    &copy_link::CONTROL,
    &leave::CONTROL,
];

/// One control.
pub(super) struct Control {
    /// Its `data-control`.
    pub(super) name: &'static str,
    /// Its button. The key in its `aria-keyshortcuts` presses it, while no field has the focus.
    html: &'static str,
    /// Whether the lobby has it too.
    in_lobby: bool,
    /// Whether it is there at all on such a page.
    is_offered: fn(&Shared) -> bool,
    /// Shows its state.
    render: fn(&HtmlElement, &RoomView),
    /// What a click does.
    pub(super) press: fn(&Rc<Shared>, &RoomView),
}

/// The buttons of the controls, in one place of the page.
pub(super) struct Bar {
    buttons: Vec<(&'static Control, HtmlElement)>,
}

impl Bar {
    /// The bar of the stage, inside `place`.
    pub(super) fn of_stage(place: &Element, shared: &Shared) -> Result<Self, JsValue> {
        Self::new(place, shared, |_| true)
    }

    /// The bar of the lobby, inside `place`.
    pub(super) fn of_lobby(place: &Element, shared: &Shared) -> Result<Self, JsValue> {
        Self::new(place, shared, |control| control.in_lobby)
    }

    fn new(place: &Element, shared: &Shared, has: fn(&Control) -> bool) -> Result<Self, JsValue> {
        let mut buttons = Vec::new();
        for control in ALL.into_iter().filter(|control| has(control) && (control.is_offered)(shared)) {
            let button = dom::instantiate(control.html)?;
            place.append_child(&button)?;
            buttons.push((control, button));
        }
        Ok(Self { buttons })
    }

    /// Shows the state of every control.
    pub(super) fn render(&self, view: &RoomView) {
        for (control, button) in &self.buttons {
            (control.render)(button, view);
        }
    }
}
