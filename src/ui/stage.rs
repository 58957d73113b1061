//! The call: everybody's tile, and the controls.

use std::cell::Cell;
use std::rc::Rc;

use visavis_core::RoomView;
use visavis_core::signaling::ParticipantId;
use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlElement};

use super::controls::Bar;
use super::notices::Notices;
use super::shared::Shared;
use super::tile::Tile;
use super::{actions, grid, names, text};
use crate::dom::{self, KeyedList, ResizeWatch};

const HTML: &str = include_str!("stage.html");

/// The stage.
pub(super) struct Stage {
    shared: Rc<Shared>,
    element: HtmlElement,
    notices: Notices,
    tiles: Rc<Tiles>,
    others: KeyedList<ParticipantId, Tile>,
    own: Tile,
    seat: Element,
    bar: Bar,
    room: Element,
    people: Element,
    _resized: ResizeWatch,
}

impl Stage {
    /// Builds it into the frame.
    pub(super) fn new(shared: &Rc<Shared>, view: &RoomView) -> Result<Self, JsValue> {
        let element = dom::instantiate(HTML)?;
        let tiles = Rc::new(Tiles { element: dom::find(&element, ".tiles")?, count: Cell::new(0) });
        let own = Tile::own()?;
        let seat: Element = dom::find(&element, ".seat")?;
        tiles.element.insert_before(own.element(), Some(&seat))?;
        dom::set_flag(&seat, "data-app", shared.options.app_link);
        let watched = tiles.clone();
        let stage = Self {
            shared: shared.clone(),
            notices: Notices::new(&element)?,
            others: KeyedList::new(&tiles.element, Some(own.element())),
            own,
            seat,
            bar: Bar::of_stage(&dom::find(&element, ".bar")?, shared)?,
            room: dom::find(&element, ".where strong")?,
            people: dom::find(&element, ".where span")?,
            _resized: ResizeWatch::new(&tiles.element, move || watched.lay_out())?,
            tiles,
            element,
        };
        shared.frame.prepend_with_node_1(&stage.element)?;
        stage.enter(view);
        Ok(stage)
    }

    /// The first moment in the room.
    fn enter(&self, view: &RoomView) {
        names::remember(&view.me.name);
        actions::focus(&self.shared, &self.element);
    }

    /// Shows the state of things.
    pub(super) fn render(&mut self, view: &RoomView) -> Result<(), JsValue> {
        let ids: Vec<_> = view.participants.iter().map(|them| them.id.clone()).collect();
        self.others.set_keys(&ids, |_| Tile::new().map(|tile| (tile.element().clone(), tile)))?;
        let names = names::distinct(view);
        for ((tile, them), name) in self.others.values_mut().zip(&view.participants).zip(&names) {
            tile.render(&self.shared.tracks, them, name);
        }
        self.own.render_self(&self.shared.tracks, &view.me);
        let alone = ids.is_empty();
        dom::set_flag(&self.seat, "hidden", !alone);
        dom::set_flag(&self.tiles.element, "data-alone", alone);
        self.tiles.count.set(u32::try_from(ids.len()).unwrap_or(u32::MAX).saturating_add(1));
        self.tiles.lay_out();
        self.bar.render(view);
        dom::set_text(&self.room, &view.room);
        dom::set_text(&self.people, &text::people(ids.len() + 1));
        self.notices.render(view, &self.shared.options.server)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.element.remove();
    }
}

/// The area of the tiles, laid out anew whenever its size or the number of people changes.
struct Tiles {
    element: HtmlElement,
    count: Cell<u32>,
}

impl Tiles {
    fn lay_out(&self) {
        let (width, height) =
            (self.element.client_width().unsigned_abs(), self.element.client_height().unsigned_abs());
        let count = self.count.get();
        // Alone, the empty seat beside us is as large as we are.
        let size = grid::best(count.max(2), width, height);
        let _ = self.element.style().set_property("--tile-width", &format!("{}px", size.width));
        let _ = self.element.style().set_property("--tile-height", &format!("{}px", size.height));
        dom::set_flag(&self.element, "data-floating", grid::floats(count, width, height));
    }
}
