//! Which tiles are seen, and how large: so that nobody sends more of a video than that.
//!
//! Everything is read from what observers bring, so nothing is measured and no layout is forced. The tile counts and not its
//! `<video>`: that one is hidden while there is no picture, and if it were told so then, there never would be one.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Array;
use visavis_core::signaling::ParticipantId;
use visavis_core::{Command, MAX_VIDEO_SIDE, Source, TrackSettings, VideoSize};
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, DomRectReadOnly, HtmlElement, IntersectionObserver, ResizeObserver, Window};

use super::shared::Shared;
use crate::dom::{self, Listener};

/// Sizes are told in steps of so many pixels: a hair more or less is not worth a message.
const STEP: f64 = 16.0;

#[wasm_bindgen]
extern "C" {
    /// An entry of either observer.
    type Entry;

    #[wasm_bindgen(method, getter)]
    fn target(this: &Entry) -> HtmlElement;

    /// Of a `ResizeObserverEntry`.
    #[wasm_bindgen(method, getter, js_name = contentRect)]
    fn content_rect(this: &Entry) -> Option<DomRectReadOnly>;

    /// Of an `IntersectionObserverEntry`.
    #[wasm_bindgen(method, getter, js_name = isIntersecting)]
    fn is_intersecting(this: &Entry) -> Option<bool>;
}

/// A tile, the participant whose video is in it, and which of theirs.
pub(super) type Shown = (HtmlElement, ParticipantId, Source);

/// Watches tiles for as long as it lives. Where a browser has not both observers (an extension may have taken one away),
/// nothing is told.
pub(super) struct Visibility {
    inner: Rc<Inner>,
    _callback: Closure<dyn FnMut(Array)>,
    _hidden: Listener,
}

struct Inner {
    shared: Rc<Shared>,
    window: Window,
    document: Document,
    tiles: RefCell<Vec<Tile>>,
    observers: RefCell<Option<(ResizeObserver, IntersectionObserver)>>,
}

struct Tile {
    shown: Shown,
    /// In CSS pixels.
    size: Option<[f64; 2]>,
    in_view: Option<bool>,
    told: Option<TrackSettings>,
    /// It is not in the stage any more.
    gone: bool,
}

impl Visibility {
    /// Watches nothing yet.
    pub(super) fn new(shared: &Rc<Shared>) -> Result<Self, JsValue> {
        let inner = Rc::new(Inner {
            shared: Rc::clone(shared),
            window: web_sys::window().ok_or(JsValue::UNDEFINED)?,
            document: dom::document()?,
            tiles: RefCell::default(),
            observers: RefCell::default(),
        });
        let weak = Rc::downgrade(&inner);
        let _callback = Closure::<dyn FnMut(Array)>::new(move |entries: Array| {
            weak.upgrade().iter().for_each(|inner| inner.on_entries(&entries));
        });
        let function = _callback.as_ref().unchecked_ref();
        if let (Ok(size), Ok(view)) = (ResizeObserver::new(function), IntersectionObserver::new(function)) {
            *inner.observers.borrow_mut() = Some((size, view));
        }
        let weak = Rc::downgrade(&inner);
        let _hidden = Listener::new(&inner.document, "visibilitychange", move |_| {
            weak.upgrade().iter().for_each(|inner| inner.report_changes());
        });
        Ok(Self { inner, _callback, _hidden })
    }

    /// These are shown, and nothing else. What is told of it is told later: observers call back.
    pub(super) fn watch(&self, shown: Vec<Shown>) {
        let Some((size, view)) = &*self.inner.observers.borrow() else { return };
        let mut tiles = self.inner.tiles.borrow_mut();
        for tile in tiles.iter_mut() {
            tile.gone = !shown.contains(&tile.shown);
        }
        for shown in shown {
            if !tiles.iter().any(|tile| tile.shown == shown) {
                size.observe(&shown.0);
                view.observe(&shown.0);
                tiles.push(Tile { shown, size: None, in_view: None, told: None, gone: false });
            }
        }
    }
}

impl Inner {
    fn on_entries(&self, entries: &Array) {
        for entry in entries.iter().map(JsCast::unchecked_into::<Entry>) {
            let target = entry.target();
            for tile in self.tiles.borrow_mut().iter_mut().filter(|tile| tile.shown.0 == target) {
                tile.in_view = entry.is_intersecting().or(tile.in_view);
                tile.size = entry.content_rect().map(|rect| [rect.width(), rect.height()]).or(tile.size);
            }
        }
        self.report_changes();
    }

    /// Tells what is new.
    fn report_changes(&self) {
        while let Some(command) = self.next_news() {
            self.shared.send(command);
        }
    }

    /// What has left the document is told once by each observer, and forgotten then.
    fn next_news(&self) -> Option<Command> {
        let (hidden, scale) = (self.document.hidden(), self.window.device_pixel_ratio());
        let mut tiles = self.tiles.borrow_mut();
        while let Some(at) = tiles.iter().position(|tile| tile.gone) {
            let Tile { shown: (element, participant, source), told, .. } = tiles.swap_remove(at);
            if let Some((size, view)) = &*self.observers.borrow() {
                size.unobserve(&element);
                view.unobserve(&element);
            }
            if told.is_none() {
                continue;
            }
            // One that was built anew tells of itself.
            for tile in tiles.iter_mut().filter(|it| it.shown.1 == participant && it.shown.2 == source) {
                tile.told = None;
            }
            return Some(Command::SetTrackSettings { participant, source, settings: None });
        }
        let settings = |tile: &Tile| tile.settings(hidden, scale);
        let tile = tiles.iter_mut().find(|tile| settings(tile) != tile.told)?;
        tile.told = settings(tile);
        let (_, participant, source) = tile.shown.clone();
        Some(Command::SetTrackSettings { participant, source, settings: tile.told })
    }
}

impl Tile {
    /// Whether its picture is seen in a window of its own (W3C Picture-in-Picture; Firefox has no such selector), or recorded.
    fn is_seen_elsewhere(&self) -> bool {
        let selectors = ["[data-picture-in-picture], [data-recorded]", ":has(video:picture-in-picture)"];
        selectors.iter().any(|selector| self.shown.0.matches(selector).unwrap_or_default())
    }

    /// `None` before it is known.
    fn settings(&self, hidden: bool, scale: f64) -> Option<TrackSettings> {
        // What has no place from the beginning, on another page of tiles, never has a size.
        if (hidden && !self.is_seen_elsewhere()) || !self.in_view? {
            return Some(TrackSettings::Disabled);
        }
        let size = self.size?;
        if size.contains(&0.0) {
            return Some(TrackSettings::Disabled);
        }
        let [width, height] = size.map(|side| pixels(side * scale));
        Some(TrackSettings::Enabled(VideoSize { width, height }))
    }
}

fn pixels(length: f64) -> u16 {
    let rounded = (length / STEP).ceil() * STEP;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
    let pixels = rounded as u16;
    pixels.clamp(1, MAX_VIDEO_SIDE)
}

impl Drop for Visibility {
    fn drop(&mut self) {
        if let Some((size, view)) = self.inner.observers.take() {
            size.disconnect();
            view.disconnect();
        }
    }
}
