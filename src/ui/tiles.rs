//! The area of the tiles: each stands where the layout puts it, by the shape of its picture. A plain grid is laid out here;
//! other layouts, pages and what a person chooses of them are in `layouts`, which is loaded on demand.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use visavis_app::layout::{self, Rect, Size};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, EventTarget, HtmlElement, HtmlVideoElement, Window};

use super::layouts;
use super::shared::Shared;
use crate::dom::{self, Listener, ResizeWatch};
use crate::on_demand::{self, lazy_fn};

/// Most tiles of a plain grid.
const MAX_TILES: usize = layout::stage::MAX_GRID_TILES;

/// The area, and what stands in it.
pub(super) struct Tiles {
    laid_out: Rc<LaidOut>,
    _listeners: [Listener; 4],
    _resized: ResizeWatch,
}

struct LaidOut {
    shared: Rc<Shared>,
    area: HtmlElement,
    /// What the observer told last. It tells after the layout of the frame in which the area has come or changed, and before
    /// that frame is painted, so nobody sees what is not laid out yet, and no layout is forced.
    size: Cell<Option<Size>>,
    /// Where there is no observer, the area is measured.
    is_observed: Cell<bool>,
    elements: RefCell<Vec<HtmlElement>>,
    /// Where they are, if they are shown: writing the same again would cost a style pass.
    placed: RefCell<Vec<Option<Rect>>>,
}

impl Tiles {
    /// Inside `stage`, which has a `.tiles`.
    pub(super) fn new(stage: &Element, shared: &Rc<Shared>) -> Result<Self, JsValue> {
        let area: HtmlElement = dom::find(stage, ".tiles")?;
        let laid_out = Rc::new(LaidOut {
            shared: Rc::clone(shared),
            area: area.clone(),
            size: Cell::default(),
            is_observed: Cell::default(),
            elements: RefCell::default(),
            placed: RefCell::default(),
        });
        let weak = Rc::downgrade(&laid_out);
        let on_event = |target: &EventTarget, name| {
            let weak = weak.clone();
            Listener::inside(target, name, move |event: Event| {
                weak.upgrade().iter().for_each(|laid_out| laid_out.on_event(&event));
            })
        };
        let window: Window = web_sys::window().ok_or(JsValue::UNDEFINED)?;
        // The first picture, and every one of another size: a phone was turned, or another camera taken.
        let _listeners = [
            on_event(&area, "loadedmetadata"),
            on_event(&area, "resize"),
            on_event(&area, "click"),
            on_event(&window, "resize"),
        ];
        let _resized = ResizeWatch::new(&area, move |size| {
            if let Some(laid_out) = weak.upgrade() {
                laid_out.size.set(Some(size));
                laid_out.lay_out();
            }
        });
        laid_out.is_observed.set(_resized.is_watching());
        Ok(Self { laid_out, _listeners, _resized })
    }

    /// Shows these, in this order, and nothing else.
    pub(super) fn show(&self, elements: Vec<HtmlElement>) {
        if *self.laid_out.elements.borrow() != elements {
            *self.laid_out.elements.borrow_mut() = elements;
            self.laid_out.placed.borrow_mut().clear();
        }
        self.laid_out.lay_out();
    }
}

impl LaidOut {
    fn on_event(&self, event: &Event) {
        let pressed = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let button = pressed.and_then(|pressed| pressed.closest("[data-control=crop]").ok().flatten());
        button.iter().for_each(toggle_crop);
        self.lay_out();
    }

    fn lay_out(&self) {
        let Some(size) = self.size.get().or_else(|| self.measured()) else { return };
        let elements = self.elements.borrow();
        let placed = self.arrange(size, &elements);
        if *self.placed.borrow() == placed {
            return;
        }
        for (element, place) in elements.iter().zip(&placed) {
            dom::set_flag(element, "hidden", place.is_none());
            let Some(Rect { x, y, width, height }) = place else { continue };
            let css = format!("inset-inline-start:{x}px;top:{y}px;width:{width}px;height:{height}px");
            element.style().set_css_text(&css);
        }
        *self.placed.borrow_mut() = placed;
    }

    /// As a plain grid, unless the person has chosen otherwise, somebody shares a screen, or there are too many.
    fn arrange(&self, size: Size, elements: &[HtmlElement]) -> Vec<Option<Rect>> {
        let is_screen =
            |element: &HtmlElement| element.matches("[data-source=screen]:not([data-self])") == Ok(true);
        if self.shared.layouts.borrow().is_some()
            || elements.len() > MAX_TILES
            || elements.iter().any(is_screen)
        {
            if on_demand::is_loaded() {
                let arrange =
                    lazy_fn::<fn(&Rc<Shared>, &Element, Size, &[HtmlElement]) -> _>(layouts::arrange);
                return arrange(&self.shared, &self.area, size, elements);
            }
            self.shared.load_rest();
        }
        let tiles: Vec<_> = elements.iter().map(|element| tile(element)).collect();
        layout::arrange(size, &tiles).into_iter().map(Some).collect()
    }

    fn measured(&self) -> Option<Size> {
        let area = Some(&self.area).filter(|_| !self.is_observed.get())?;
        Some(Size { width: area.client_width().unsigned_abs(), height: area.client_height().unsigned_abs() })
    }
}

/// Whether a picture fills its tile is for the person to say.
fn toggle_crop(button: &Element) {
    let crop = button.get_attribute("aria-pressed").as_deref() != Some("true");
    dom::set_attribute(button, "aria-pressed", Some(if crop { "true" } else { "false" }));
    if let Ok(Some(tile)) = button.closest(".tile") {
        dom::set_flag(&tile, "data-crop", crop);
    }
}

/// What the layout has to know of a tile.
pub(super) fn tile(element: &Element) -> layout::Tile {
    let video = element.query_selector("[data-camera=on] video").ok().flatten();
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
