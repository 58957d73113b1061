//! Picture-in-picture: the picture of the large tile in a small window above all others, with what one needs most.
//!
//! Where the browser gives a page a window of its own for that (Document Picture-in-Picture; Chromium), a second `<video>` in it
//! plays the same stream, so the one in the tile stays where it is. Elsewhere the tile's own shows in the browser's window
//! (W3C Picture-in-Picture; Safari), which moves nothing either.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Promise;
use visavis_core::{RoomView, Source};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, HtmlElement, HtmlVideoElement};

use super::super::shared::{Shared, own};
use super::super::{controls, styles, text};
use crate::dom::{self, Listener, by_name, object};

const HTML: &str = include_str!("small_window.html");
const STYLES: &str = include_str!("small_window.css");
/// Its first size, in CSS pixels.
const SIZE: [u32; 2] = [400, 260];
/// Says that the picture of a tile is seen there, also while the page is hidden.
const SHOWN: &str = "data-picture-in-picture";

/// The window, as long as it is open. Dropping it closes it.
pub(super) struct SmallWindow {
    window: JsValue,
    root: HtmlElement,
    video: HtmlVideoElement,
    microphone: HtmlElement,
    /// The tile whose picture it shows.
    tile: RefCell<Option<HtmlElement>>,
    _listeners: [Listener; 2],
}

/// Whether there is any way to it.
pub(super) fn is_offered() -> bool {
    let document = dom::document().map(|document| by_name::member(&document, "pictureInPictureEnabled"));
    makes_windows().is_some() || document.is_ok_and(|enabled| enabled.is_truthy())
}

/// What makes windows, if this browser does.
fn makes_windows() -> Option<JsValue> {
    let window: JsValue = web_sys::window()?.into();
    Some(by_name::member(&window, "documentPictureInPicture")).filter(JsValue::is_object)
}

/// Opens it, or closes it. Only works inside a click.
pub(super) fn toggle(shared: &Rc<Shared>) {
    let Some(layouts) = super::of(shared) else { return };
    if let Some(open) = layouts.small_window.take() {
        return drop(open);
    }
    let opening = match makes_windows() {
        Some(maker) => {
            let [width, height] = SIZE.map(JsValue::from);
            let options = object(&[("width", width), ("height", height)]);
            by_name::call(&maker, "requestWindow", &[&options])
        }
        // What is large, or whoever comes first.
        None => dom::find::<Element>(&shared.frame, ".tiles [data-large] video")
            .or_else(|_| dom::find(&shared.frame, ".tiles .tile:not([hidden]) video"))
            .and_then(|video| by_name::call(&video, "requestPictureInPicture", &[])),
    };
    let (shared, own_window) = (Rc::clone(shared), makes_windows().is_some());
    spawn_local(async move {
        let opened = match opening.and_then(|promise| promise.dyn_into::<Promise>()) {
            Ok(promise) => JsFuture::from(promise).await,
            Err(error) => Err(error),
        };
        let shown = opened.and_then(|window| if own_window { fill(&shared, window) } else { Ok(()) });
        if shown.is_err() {
            shared.toasts.show(text::layouts::no_small_window());
        }
    });
}

fn fill(shared: &Rc<Shared>, window: JsValue) -> Result<(), JsValue> {
    let small_window = SmallWindow::new(shared, window)?;
    if let Some(layouts) = super::of(shared) {
        *layouts.small_window.borrow_mut() = Some(small_window);
    }
    shared.refresh();
    Ok(())
}

impl SmallWindow {
    fn new(shared: &Rc<Shared>, window: JsValue) -> Result<Self, JsValue> {
        let root = dom::instantiate(HTML)?;
        let document = by_name::member(&window, "document");
        let body = by_name::member(&document, "body");
        by_name::call(&body, "append", &[&root])?;
        let _ = styles::try_adopt(&window, &document, STYLES);
        let weak = Rc::downgrade(shared);
        let on_click = move |event: web_sys::Event| {
            let button = event.target().map(|target| target.unchecked_into::<Element>());
            let name = button.and_then(|button| button.get_attribute("data-press"));
            let (weak, Some(name)) = (weak.clone(), name) else { return };
            // Whoever leaves closes the window, with this very listener.
            spawn_local(async move {
                let _ = weak.upgrade().and_then(|shared| press(&shared, &name));
            });
        };
        let weak = Rc::downgrade(shared);
        let on_close = move |_: web_sys::Event| {
            let weak = weak.clone();
            spawn_local(async move {
                let layouts = weak.upgrade().and_then(|shared| super::of(&shared));
                drop(layouts.and_then(|layouts| layouts.small_window.take()));
            });
        };
        Ok(Self {
            video: dom::find(&root, "video")?,
            microphone: dom::find(&root, "[data-press=microphone]")?,
            tile: RefCell::default(),
            _listeners: [
                Listener::new(&root, "click", on_click),
                Listener::new(window.unchecked_ref(), "pagehide", on_close),
            ],
            root,
            window,
        })
    }

    /// Shows the picture of this tile, and the state of our microphone.
    pub(super) fn show(&self, tile: &HtmlElement, view: &RoomView) {
        let before = self.tile.replace(Some(tile.clone()));
        if before.as_ref() != Some(tile) {
            before.iter().for_each(|before| dom::set_flag(before, SHOWN, false));
            dom::set_flag(tile, SHOWN, true);
        }
        let of_tile: Option<HtmlVideoElement> = dom::find(tile, "video").ok();
        let stream = of_tile.and_then(|video| video.src_object());
        if self.video.src_object() != stream {
            // Its sound is played by the tile.
            self.video.set_muted(true);
            self.video.set_src_object(stream.as_ref());
        }
        let mirrored = "[data-self][data-source=camera]:not([data-facing=environment])";
        let is_mirrored = tile.matches(mirrored).unwrap_or_default();
        self.root.set_class_name(if is_mirrored { "mirrored" } else { "" });
        if let Ok(name) = dom::find::<Element>(&self.root, "p") {
            dom::set_text(&name, &tile.get_attribute("aria-label").unwrap_or_default());
        }
        let microphone = own(view, Source::Microphone).state;
        dom::set_text(&self.microphone, text::layouts::microphone(microphone));
        let pressed = if microphone.is_switched_on() { "true" } else { "false" };
        dom::set_attribute(&self.microphone, "aria-pressed", Some(pressed));
    }
}

impl Drop for SmallWindow {
    fn drop(&mut self) {
        self.video.set_src_object(None);
        self.tile.borrow().iter().for_each(|tile| dom::set_flag(tile, SHOWN, false));
        let _ = by_name::call(&self.window, "close", &[]);
    }
}

/// Presses a control of the bar.
fn press(shared: &Rc<Shared>, name: &str) -> Option<()> {
    let control = controls::ALL.into_iter().find(|control| control.name == name)?;
    (control.press)(shared, &*shared.view()?);
    Some(())
}
