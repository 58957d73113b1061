//! Our own picture while it stands on another: it goes to another corner when it is dragged there, or by the arrow keys.

use std::cell::Cell;
use std::rc::Rc;

use visavis_app::layout::stage::Corner;
use visavis_app::shortcuts::Shortcut;
use visavis_app::zoom::Point;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, HtmlElement, KeyboardEvent};

use super::super::shared::Shared;
use super::super::text;
use super::pointer;
use crate::dom::{self, Listener, by_name};

/// There as long as it stands on another. Dropping it leaves a plain tile.
pub(super) struct Floating {
    element: HtmlElement,
    _listeners: [Listener; 5],
}

impl Floating {
    /// Lets the tile be moved within `area`.
    pub(super) fn new(shared: &Rc<Shared>, area: &Element, element: &HtmlElement) -> Self {
        for (name, value) in attributes() {
            dom::set_attribute(element, name, Some(&value));
        }
        // Where it was taken hold of.
        let held: Rc<Cell<Option<Point>>> = Rc::default();
        let on = |name, act: fn(&Rc<Shared>, &Drag<'_>, &Event)| {
            let (shared, area, element) = (Rc::downgrade(shared), area.clone(), element.clone());
            let held = Rc::clone(&held);
            Listener::new(&element.clone(), name, move |event| {
                if let Some(shared) = shared.upgrade() {
                    act(&shared, &Drag { area: &area, element: &element, held: &held }, &event);
                }
            })
        };
        let _listeners = [
            on("keydown", |shared, drag, event| press_key(shared, drag.area, event.unchecked_ref())),
            on("pointerdown", |_, drag, event| drag.begin(event)),
            on("pointermove", |_, drag, event| drag.follow(event)),
            on("pointerup", |shared, drag, event| drag.end(shared, event)),
            on("pointercancel", |_, drag, _| drag.give_up()),
        ];
        Self { element: element.clone(), _listeners }
    }

    /// Whether it is this tile.
    pub(super) fn is_of(&self, element: &HtmlElement) -> bool {
        self.element == *element
    }
}

impl Drop for Floating {
    fn drop(&mut self) {
        attributes().iter().for_each(|(name, _)| dom::set_attribute(&self.element, name, None));
    }
}

/// What makes a tile one that can be moved.
fn attributes() -> [(&'static str, String); 4] {
    [
        ("data-floating", String::new()),
        ("tabindex", "0".to_owned()),
        ("aria-description", text::layouts::movable().to_owned()),
        ("aria-keyshortcuts", Shortcut::MoveOwnPicture.keys().join(" ")),
    ]
}

/// A tile that is dragged, or may be.
struct Drag<'a> {
    area: &'a Element,
    element: &'a HtmlElement,
    held: &'a Cell<Option<Point>>,
}

impl Drag<'_> {
    fn begin(&self, event: &Event) {
        if !pointer::is_on_button(event) {
            self.held.set(Some(pointer::point_in(self.area, event)));
            pointer::capture(self.element, event);
        }
    }

    fn follow(&self, event: &Event) {
        let Some(held) = self.held.get() else { return };
        let now = pointer::point_in(self.area, event);
        self.translate(&format!("{}px {}px", now.x - held.x, now.y - held.y));
    }

    fn end(&self, shared: &Rc<Shared>, event: &Event) {
        if self.held.get().is_none() {
            return;
        }
        self.give_up();
        let at = pointer::point_in(self.area, event);
        let left = at.x * 2 < self.area.client_width();
        let corner =
            Corner { top: at.y * 2 < self.area.client_height(), start: left != is_right_to_left(self.area) };
        choose(shared, |before| *before = corner);
    }

    fn give_up(&self) {
        self.held.set(None);
        self.translate("");
    }

    fn translate(&self, css: &str) {
        let _ = self.element.style().set_property("translate", css);
    }
}

fn press_key(shared: &Rc<Shared>, area: &Element, event: &KeyboardEvent) {
    let start = |left: bool| left != is_right_to_left(area);
    match &*event.key() {
        "ArrowUp" => choose(shared, |corner| corner.top = true),
        "ArrowDown" => choose(shared, |corner| corner.top = false),
        "ArrowLeft" => choose(shared, |corner| corner.start = start(true)),
        "ArrowRight" => choose(shared, |corner| corner.start = start(false)),
        _ => return,
    }
    event.prevent_default();
}

fn choose(shared: &Rc<Shared>, change: impl FnOnce(&mut Corner)) {
    if let Some(layouts) = super::of(shared) {
        layouts.choose(shared, |options| change(&mut options.corner));
    }
}

fn is_right_to_left(element: &Element) -> bool {
    let style = web_sys::window()
        .map(JsValue::from)
        .and_then(|window| by_name::call(&window, "getComputedStyle", &[element]).ok());
    style.is_some_and(|style| by_name::member(&style, "direction").as_string().as_deref() == Some("rtl"))
}
