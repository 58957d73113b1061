//! What a person chooses of the stage: its layout, which tile is the large one, and which page of tiles is shown. Loaded on
//! demand, with its styles. It is remembered as long as the call lasts.

mod large;
mod menu;
mod own_view;
mod pages;
mod pointer;
mod small_window;

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use visavis_app::layout::stage::{self, Arrangement, StageOptions, StageTile, TileKind};
use visavis_app::layout::{Rect, Size};
use visavis_core::Source;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

use self::large::Large;
use self::own_view::Floating;
use self::pages::Pages;
use self::small_window::SmallWindow;
use super::dialog::Dialog;
use super::shared::Shared;
use super::{actions, styles, tiles};
use crate::dom::{self, Listener};

pub(super) use self::menu::open as open_menu;

const STYLES: &str = include_str!("layouts.css");

/// The choices of one call, and what was built for them. No tile of it is kept: tiles come and go.
struct Layouts {
    options: Cell<StageOptions>,
    pinned: RefCell<Option<TileId>>,
    pages: RefCell<Option<Pages>>,
    large: RefCell<Option<Large>>,
    small_window: RefCell<Option<SmallWindow>>,
    floating: RefCell<Option<Floating>>,
    menu: RefCell<Option<Dialog>>,
    _keys: Option<Listener>,
}

/// Whose tile, and what it shows. It is the same when they come back.
#[derive(Debug, Clone, PartialEq, Eq)]
struct TileId {
    participant: String,
    source: String,
}

impl TileId {
    fn of(tile: &Element) -> Option<Self> {
        let attribute = |name| tile.get_attribute(name);
        Some(Self { participant: attribute("data-participant")?, source: attribute("data-source")? })
    }
}

/// Those of this call: made when they are first needed.
fn of(shared: &Rc<Shared>) -> Option<Rc<Layouts>> {
    let known = shared.layouts.borrow().clone();
    if let Some(known) = known {
        return known.downcast().ok();
    }
    styles::adopt_styles(&shared.frame, "visavisLayouts", STYLES);
    let made = Rc::new(Layouts::new(&Rc::downgrade(shared)));
    *shared.layouts.borrow_mut() = Some(made.clone());
    Some(made)
}

/// Where these tiles stand, of which those that have no place are not shown.
pub(super) fn arrange(
    shared: &Rc<Shared>,
    area: &Element,
    size: Size,
    elements: &[HtmlElement],
) -> Vec<Option<Rect>> {
    let Some(layouts) = of(shared) else { return Vec::new() };
    let options = layouts.options.get();
    let tiles: Vec<_> = elements.iter().map(|element| layouts.tile(shared, element)).collect();
    let arrangement = stage::arrange(size, &tiles, &options);
    dom::set_attribute(area, "data-layout", Some(options.layout.as_str()));
    for (at, (element, tile)) in elements.iter().zip(&tiles).enumerate() {
        dom::set_flag(element, "data-large", arrangement.large == Some(at));
        show_pin(element, tile.pinned);
    }
    layouts.options.set(StageOptions { page: arrangement.page, ..options });
    layouts.show_pages(shared, area, &arrangement);
    let large = arrangement.large.and_then(|at| Some((elements.get(at)?, tiles.get(at)?.kind)));
    layouts.show_large(large);
    if let (Some(window), Some(view)) = (&*layouts.small_window.borrow(), shared.view())
        && let Some(tile) = stage::foremost(&tiles, &arrangement).and_then(|at| elements.get(at))
    {
        window.show(tile, &view);
    }
    layouts.let_float(shared, area, arrangement.floating.and_then(|at| elements.get(at)));
    arrangement.rects
}

/// Makes the tile of a button the large one, or none.
pub(super) fn toggle_pin(shared: &Rc<Shared>, button: &Element) {
    let tile = button.closest(".tile").ok().flatten();
    let (Some(layouts), Some(id)) = (of(shared), tile.as_ref().and_then(TileId::of)) else { return };
    let unpins = layouts.pinned.borrow().as_ref() == Some(&id);
    *layouts.pinned.borrow_mut() = (!unpins).then_some(id);
    shared.refresh();
}

fn show_pin(tile: &Element, pinned: bool) {
    dom::set_flag(tile, "data-pinned", pinned);
    if let Ok(Some(button)) = tile.query_selector(".pin") {
        dom::set_attribute(&button, "aria-pressed", Some(if pinned { "true" } else { "false" }));
    }
}

impl Layouts {
    fn new(shared: &Weak<Shared>) -> Self {
        let shared = shared.clone();
        let on_key = move |event: web_sys::Event| {
            let event: KeyboardEvent = event.unchecked_into();
            if let Some(shared) = shared.upgrade()
                && actions::accepts_shortcut(&shared, &event)
            {
                press_key(&shared, &event);
            }
        };
        Self {
            options: Cell::default(),
            pinned: RefCell::default(),
            pages: RefCell::default(),
            large: RefCell::default(),
            small_window: RefCell::default(),
            floating: RefCell::default(),
            menu: RefCell::default(),
            _keys: dom::document().ok().map(|document| Listener::new(&document, "keydown", on_key)),
        }
    }

    /// What the layout has to know of a tile.
    fn tile(&self, shared: &Shared, element: &Element) -> StageTile {
        let id = TileId::of(element);
        let is_screen = id.as_ref().is_some_and(|id| id.source == Source::Screen.as_str());
        let speaks = || {
            let view = shared.view();
            let speaker = view.as_ref().and_then(|view| view.active_speaker.as_ref());
            id.as_ref().zip(speaker).is_some_and(|(id, speaker)| {
                id.participant == speaker.as_str() && id.source == Source::Camera.as_str()
            })
        };
        let kind = match &id {
            None => TileKind::Seat,
            Some(_) if is_screen => TileKind::Screen,
            Some(_) if speaks() => TileKind::ActiveSpeaker,
            Some(_) => TileKind::Person,
        };
        let pinned = id.is_some() && *self.pinned.borrow() == id;
        StageTile { tile: tiles::tile(element), kind, pinned }
    }

    /// Changes what was chosen, and shows it.
    fn choose(&self, shared: &Shared, change: impl FnOnce(&mut StageOptions)) {
        let mut options = self.options.get();
        change(&mut options);
        if self.options.replace(options) != options {
            shared.refresh();
        }
    }

    /// Gives the large tile what can be done with it.
    fn show_large(&self, tile: Option<(&HtmlElement, TileKind)>) {
        let mut large = self.large.borrow_mut();
        if !large.as_ref().zip(tile).is_some_and(|(large, (tile, _))| large.is_of(tile)) {
            *large = None;
            *large = tile.and_then(|(tile, kind)| Large::new(tile, kind == TileKind::Screen).ok());
        }
    }

    fn let_float(&self, shared: &Rc<Shared>, area: &Element, tile: Option<&HtmlElement>) {
        let mut floating = self.floating.borrow_mut();
        if !floating.as_ref().zip(tile).is_some_and(|(floating, tile)| floating.is_of(tile)) {
            *floating = None;
            *floating = tile.map(|tile| Floating::new(shared, area, tile));
        }
    }

    fn show_pages(&self, shared: &Rc<Shared>, area: &Element, arrangement: &Arrangement) {
        let mut pages = self.pages.borrow_mut();
        if arrangement.pages < 2 {
            *pages = None;
            return;
        }
        if !pages.as_ref().is_some_and(Pages::is_whole) {
            *pages = Pages::new(shared, area).ok();
        }
        pages.iter().for_each(|pages| pages.show(arrangement));
    }
}

fn press_key(shared: &Rc<Shared>, event: &KeyboardEvent) {
    let key = event.key();
    let zooms =
        |layouts: Rc<Layouts>| layouts.large.borrow().as_ref().is_some_and(|large| large.press_key(&key));
    if of(shared).is_some_and(zooms) {
        event.prevent_default();
    }
}
