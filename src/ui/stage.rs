//! The call: everybody's tile, and the controls.

use std::rc::Rc;

use visavis_core::RoomView;
use visavis_core::signaling::ParticipantId;
use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlElement};

use super::controls::Bar;
use super::notices::Notices;
use super::shared::Shared;
use super::tile::Tile;
use super::tiles::Tiles;
use super::{actions, names, text};
use crate::dom::{self, KeyedList, Parts};

const HTML: &str = include_str!("stage.html");

/// The stage.
pub(super) struct Stage {
    shared: Rc<Shared>,
    element: HtmlElement,
    parts: Parts,
    notices: Notices,
    tiles: Tiles,
    others: KeyedList<ParticipantId, Tile>,
    own: Tile,
    seat: HtmlElement,
    bar: Bar,
    room: Element,
    people: Element,
}

impl Stage {
    /// Builds it into the frame.
    pub(super) fn new(shared: &Rc<Shared>, view: &RoomView) -> Result<Self, JsValue> {
        let element = dom::instantiate(HTML)?;
        let area: Element = dom::find(&element, ".tiles")?;
        let own = Tile::own()?;
        let seat: HtmlElement = dom::find(&element, ".seat")?;
        area.insert_before(own.element(), Some(&seat))?;
        dom::set_flag(&seat, "data-app", shared.options.app_link);
        let stage = Self {
            shared: shared.clone(),
            notices: Notices::new(&element, shared)?,
            tiles: Tiles::new(&element)?,
            others: KeyedList::new(&area, Some(own.element())),
            own,
            seat,
            bar: Bar::of_stage(&dom::find(&element, ".bar")?, shared)?,
            room: dom::find(&element, ".where strong")?,
            people: dom::find(&element, ".where span")?,
            parts: Parts::of(&element),
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

    /// Whether nothing of it was taken out of the page.
    pub(super) fn is_whole(&self) -> bool {
        self.parts.are_there() && self.others.is_whole()
    }

    /// What it is built of, for good.
    pub(super) fn parts(&self) -> &Parts {
        &self.parts
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
        // Alone, an empty seat stands beside us.
        let mut tiles: Vec<_> = self.others.values_mut().map(|tile| tile.element().clone()).collect();
        tiles.push(self.own.element().clone());
        if alone {
            tiles.push(self.seat.clone());
        }
        self.tiles.show(tiles);
        self.bar.render(view);
        dom::set_text(&self.room, &view.room);
        dom::set_text(&self.people, &text::people(ids.len() + 1));
        self.notices.render(view)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.element.remove();
    }
}
