//! What can be done with the large tile: it gets the full screen, and a screen that it shows is looked at closely. Only the
//! `transform` of its `<video>` changes.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use visavis_app::layout::Size;
use visavis_app::shortcuts::Shortcut;
use visavis_app::zoom::{Point, Zoom};
use wasm_bindgen::JsValue;
use web_sys::{Element, Event, HtmlElement};

use super::super::text;
use super::pointer;
use crate::dom::{self, Listener, Parts, ResizeWatch, by_name};

const HTML: &str = include_str!("large.html");
/// Most thousandths that one event of a wheel adds or takes away.
const MAX_WHEEL_STEP: i32 = 250;

/// There as long as the same tile is the large one. Dropping it shows the whole picture again.
pub(super) struct Large {
    closeup: Rc<Closeup>,
    tools: HtmlElement,
    parts: Parts,
    _listeners: Vec<Listener>,
    _resized: ResizeWatch,
}

/// How closely a picture is looked at.
struct Closeup {
    tile: HtmlElement,
    video: HtmlElement,
    /// Where the percentage is said.
    words: Element,
    zoom: Cell<Zoom>,
    /// The fingers on it, or the pressed mouse.
    pointers: RefCell<Vec<(i32, Point)>>,
}

impl Large {
    /// Gives a tile its buttons; with those for looking closely if it shows a screen.
    pub(super) fn new(tile: &HtmlElement, is_screen: bool) -> Result<Self, JsValue> {
        let tools = dom::instantiate(HTML)?;
        let closeup = Rc::new(Closeup {
            tile: tile.clone(),
            video: dom::find(tile, "video")?,
            words: dom::find(&tools, "p")?,
            zoom: Cell::default(),
            pointers: RefCell::default(),
        });
        for (name, is_offered) in
            [("fullscreen", may_fill_the_screen()), ("larger", is_screen), ("smaller", is_screen)]
        {
            if !is_offered {
                dom::find::<Element>(&tools, &["[data-tool=", name, "]"].concat())?.remove();
            }
        }
        let parts = Parts::of(&tools);
        tile.append_child(&tools)?;
        let on = |target: &HtmlElement, name, act: fn(&Closeup, &Event)| {
            let weak = Rc::downgrade(&closeup);
            Listener::new(target, name, move |event| {
                weak.upgrade().iter().for_each(|closeup| act(closeup, &event));
            })
        };
        let mut _listeners = vec![on(&tools, "click", Closeup::on_tool)];
        if is_screen {
            dom::set_flag(tile, "data-closeup", true);
            _listeners.extend([
                on(tile, "wheel", Closeup::on_wheel),
                on(tile, "dblclick", Closeup::on_double_click),
                on(tile, "pointerdown", Closeup::on_pointer_down),
                on(tile, "pointermove", Closeup::on_pointer_move),
                on(tile, "pointerup", Closeup::on_pointer_up),
                on(tile, "pointercancel", Closeup::on_pointer_up),
            ]);
        }
        let weak = Rc::downgrade(&closeup);
        let _resized = ResizeWatch::new(tile, move |size| {
            weak.upgrade().iter().for_each(|closeup| closeup.fit(size));
        });
        Ok(Self { closeup, tools, parts, _listeners, _resized })
    }

    /// Whether it is this tile, and nothing was taken out of the page.
    pub(super) fn is_of(&self, tile: &HtmlElement) -> bool {
        self.closeup.tile == *tile && self.parts.are_there()
    }

    /// Does what a key stands for. False if it is none of ours.
    pub(super) fn press_key(&self, key: &str) -> bool {
        let tools =
            [(Shortcut::ZoomIn, "larger"), (Shortcut::ZoomOut, "smaller"), (Shortcut::WholePicture, "whole")];
        let tool = tools.into_iter().find(|(shortcut, _)| shortcut.has_key(key));
        let Some((_, tool)) = tool else { return false };
        let can = self.closeup.tile.has_attribute("data-closeup");
        if can {
            self.closeup.step(tool);
        }
        can
    }
}

impl Drop for Large {
    fn drop(&mut self) {
        self.closeup.show(Zoom::default());
        dom::set_flag(&self.closeup.tile, "data-closeup", false);
        self.tools.remove();
    }
}

impl Closeup {
    fn size(&self) -> Size {
        Size {
            width: self.tile.client_width().unsigned_abs(),
            height: self.tile.client_height().unsigned_abs(),
        }
    }

    fn show(&self, zoom: Zoom) {
        self.zoom.set(zoom);
        let css = if zoom.is_whole() { String::new() } else { zoom.css() };
        let _ = self.video.style().set_property("transform", &css);
        dom::set_flag(&self.tile, "data-zoomed", !zoom.is_whole());
        let words = if zoom.is_whole() { String::new() } else { text::layouts::zoom(zoom.percent()) };
        dom::set_text(&self.words, &words);
    }

    /// The tile has another size.
    fn fit(&self, size: Size) {
        if !self.zoom.get().is_whole() {
            self.show(self.zoom.get().within(size));
        }
    }

    fn step(&self, tool: &str) {
        let (size, zoom) = (self.size(), self.zoom.get());
        let middle = Point::middle_of(size);
        match tool {
            "larger" => self.show(zoom.larger(middle, size)),
            "smaller" => self.show(zoom.smaller(middle, size)),
            "whole" => self.show(Zoom::default()),
            _ => {}
        }
    }

    fn on_tool(&self, event: &Event) {
        let button = dom::closest(event, "[data-tool]");
        match button.and_then(|button| button.get_attribute("data-tool")).as_deref() {
            Some("fullscreen") => toggle_fullscreen(&self.tile),
            Some(tool) => self.step(tool),
            None => {}
        }
    }

    fn on_wheel(&self, event: &Event) {
        event.prevent_default();
        let by = (pointer::number(event, "deltaY") * 2).clamp(-MAX_WHEEL_STEP, MAX_WHEEL_STEP);
        let point = pointer::point_in(&self.tile, event);
        self.show(self.zoom.get().pinched(1000, (1000 - by).unsigned_abs(), point, self.size()));
    }

    /// Back to the whole picture; or, if that is what is shown, closer to where it was clicked.
    fn on_double_click(&self, event: &Event) {
        if pointer::is_on_button(event) {
            return;
        }
        let (zoom, size) = (self.zoom.get(), self.size());
        let point = pointer::point_in(&self.tile, event);
        let closer = || zoom.pinched(1, 2, point, size);
        self.show(if zoom.is_whole() { closer() } else { Zoom::default() });
    }

    fn on_pointer_down(&self, event: &Event) {
        if !pointer::is_on_button(event) {
            let id = pointer::number(event, "pointerId");
            self.pointers.borrow_mut().push((id, pointer::point_in(&self.tile, event)));
            pointer::capture(&self.tile, event);
        }
    }

    /// One finger moves the picture; two move it, and make it larger or smaller.
    fn on_pointer_move(&self, event: &Event) {
        let id = pointer::number(event, "pointerId");
        let now = pointer::point_in(&self.tile, event);
        let mut pointers = self.pointers.borrow_mut();
        let other = pointers.iter().find(|(known, _)| *known != id).map(|(_, point)| *point);
        let Some((_, before)) = pointers.iter_mut().find(|(known, _)| *known == id) else { return };
        let last = std::mem::replace(before, now);
        let size = self.size();
        let mut zoom = self.zoom.get();
        match other {
            Some(other) => {
                let [apart_before, apart] = [last, now].map(|point| pointer::distance(point, other));
                let middle = Point { x: i32::midpoint(now.x, other.x), y: i32::midpoint(now.y, other.y) };
                zoom = zoom.pinched(apart_before, apart, middle, size);
            }
            None => zoom = zoom.moved(Point { x: now.x - last.x, y: now.y - last.y }, size),
        }
        drop(pointers);
        self.show(zoom);
    }

    fn on_pointer_up(&self, event: &Event) {
        let id = pointer::number(event, "pointerId");
        self.pointers.borrow_mut().retain(|(known, _)| *known != id);
    }
}

fn may_fill_the_screen() -> bool {
    dom::document().is_ok_and(|document| document.fullscreen_enabled())
}

/// A browser that refuses changes nothing.
fn toggle_fullscreen(tile: &Element) {
    let Ok(document) = dom::document() else { return };
    if document.fullscreen_element().as_ref() == Some(tile) {
        document.exit_fullscreen();
    } else {
        let _ = by_name::call(tile, "requestFullscreen", &[]);
    }
}
