//! The area of the tiles: each stands where the core's layout puts it, by the shape of its picture.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use visavis_core::layout::{self, Rect, Size};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, HtmlElement, HtmlVideoElement};

use crate::dom::{self, Listener, ResizeWatch};

/// The area, and what stands in it.
pub(super) struct Tiles {
    laid_out: Rc<LaidOut>,
    _listeners: [Listener; 3],
    _resized: ResizeWatch,
}

impl Tiles {
    /// Inside `stage`, which has a `.tiles`.
    pub(super) fn new(stage: &Element) -> Result<Self, JsValue> {
        let area: HtmlElement = dom::find(stage, ".tiles")?;
        let laid_out = Rc::new(LaidOut::default());
        let weak = Rc::downgrade(&laid_out);
        // The first picture, and every one of another size: a phone was turned, or another camera taken.
        let shaped = |event| Listener::inside(&area, event, on(&weak, |laid_out, _| laid_out.lay_out()));
        let pressed = |laid_out: &LaidOut, event| {
            laid_out.toggle_crop(&event);
        };
        let pressed = Listener::new(&area, "click", on(&weak, pressed));
        let _listeners = [shaped("loadedmetadata"), shaped("resize"), pressed];
        let _resized = ResizeWatch::new(&area, move |size| {
            weak.upgrade().into_iter().for_each(|laid_out| laid_out.resize(size));
        });
        Ok(Self { laid_out, _listeners, _resized })
    }

    /// Shows these, in this order, and nothing else.
    pub(super) fn show(&self, elements: impl Iterator<Item = HtmlElement>) {
        let elements: Vec<_> = elements.collect();
        if *self.laid_out.elements.borrow() != elements {
            *self.laid_out.elements.borrow_mut() = elements;
            self.laid_out.placed.borrow_mut().clear();
        }
        self.laid_out.lay_out();
    }
}

fn on(weak: &Weak<LaidOut>, act: fn(&LaidOut, Event)) -> impl FnMut(Event) + use<> {
    let weak = weak.clone();
    move |event| weak.upgrade().iter().for_each(|laid_out| act(laid_out, event.clone()))
}

#[derive(Default)]
struct LaidOut {
    size: Cell<Size>,
    elements: RefCell<Vec<HtmlElement>>,
    /// Where they are: writing the same again would cost a style pass.
    placed: RefCell<Vec<Rect>>,
}

impl LaidOut {
    fn resize(&self, size: Size) {
        self.size.set(size);
        self.lay_out();
    }

    fn lay_out(&self) {
        let elements = self.elements.borrow();
        let tiles: Vec<_> = elements.iter().map(|element| tile(element)).collect();
        let placed = layout::arrange(self.size.get(), &tiles);
        if *self.placed.borrow() == placed {
            return;
        }
        for (element, rect) in elements.iter().zip(&placed) {
            put(element, rect);
        }
        *self.placed.borrow_mut() = placed;
    }

    /// Whether a picture fills its tile is for the person to say.
    fn toggle_crop(&self, event: &Event) -> Option<()> {
        let button = event.target()?.dyn_into::<Element>().ok()?.closest("[data-control=crop]").ok()??;
        let crop = button.get_attribute("aria-pressed").as_deref() != Some("true");
        dom::set_attribute(&button, "aria-pressed", Some(if crop { "true" } else { "false" }));
        dom::set_flag(&button.closest(".tile").ok()??, "data-crop", crop);
        self.lay_out();
        Some(())
    }
}

/// What the layout has to know of a tile.
fn tile(element: &Element) -> layout::Tile {
    let video = element.query_selector("video").ok().flatten();
    let video = video.filter(|_| element.get_attribute("data-camera").as_deref() == Some("on"));
    let picture = video.map(|video| {
        let video: HtmlVideoElement = video.unchecked_into();
        Size { width: video.video_width(), height: video.video_height() }
    });
    layout::Tile {
        picture,
        crop: element.has_attribute("data-crop"),
        own: element.has_attribute("data-self"),
    }
}

fn put(element: &HtmlElement, rect: &Rect) {
    let Rect { x, y, width, height } = rect;
    element.style().set_css_text(&format!("left:{x}px;top:{y}px;width:{width}px;height:{height}px"));
}
