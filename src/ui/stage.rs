//! The call: everybody's tile, and the controls.

use std::any::Any;
use std::rc::Rc;

use visavis_core::signaling::ParticipantId;
use visavis_core::{ParticipantView, RoomView, Source, SourceState};
use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlElement};

use super::controls::{Bar, interactions};
use super::notices::Notices;
use super::shared::Shared;
use super::tile::Tile;
use super::tiles::Tiles;
use super::visibility::Visibility;
use super::{actions, names, own_devices, text};
use crate::dom::{self, KeyedList, Parts};
use crate::on_demand;

const HTML: &str = include_str!("stage.html");
/// The button that makes a tile the large one.
const PIN: &str = include_str!("pin.html");
/// The button that shows the connection to a person at length.
const DETAILS: &str = include_str!("details_button.html");

/// What a tile shows.
#[derive(Debug, Clone, PartialEq, Eq)]
enum TileKey {
    /// Somebody else.
    Person(ParticipantId),
    /// What somebody else shows beside their camera.
    Shared(ParticipantId, Source),
    /// What we show beside ours.
    OwnShared(Source),
}

fn make(key: &TileKey) -> Result<Tile, JsValue> {
    let tile = match key {
        TileKey::Person(_) => Tile::new(),
        TileKey::Shared(_, source) => Tile::shared(*source, false),
        TileKey::OwnShared(source) => Tile::shared(*source, true),
    }?;
    add_pin(tile.element())?;
    if let TileKey::Person(_) = key {
        tile.element().append_child(&*dom::instantiate(DETAILS)?)?;
    }
    Ok(tile)
}

/// Only on the stage: the lobby has one tile.
fn add_pin(tile: &HtmlElement) -> Result<(), JsValue> {
    if tile.query_selector(".pin > svg > path")?.is_none() {
        tile.query_selector(".pin")?.iter().for_each(Element::remove);
        tile.append_child(&*dom::instantiate(PIN)?)?;
    }
    Ok(())
}

/// The pictures that have a tile of their own.
fn shared_sources() -> impl Iterator<Item = Source> {
    Source::VIDEO.into_iter().filter(|source| *source != Source::Camera)
}

/// The tiles of somebody else: their own, and those of what they show beside it.
fn tiles_of<'a>(them: &'a ParticipantView, name: &'a str) -> Vec<(TileKey, &'a ParticipantView, &'a str)> {
    let person = (TileKey::Person(them.id.clone()), them, name);
    let shared = shared_sources().filter(|source| them.publication(*source).is_some());
    let shared = shared.map(|source| (TileKey::Shared(them.id.clone(), source), them, name));
    [person].into_iter().chain(shared).collect()
}

/// The stage.
pub(super) struct Stage {
    shared: Rc<Shared>,
    element: HtmlElement,
    parts: Parts,
    notices: Notices,
    tiles: Tiles,
    visibility: Visibility,
    tiles_of: KeyedList<TileKey, Tile>,
    /// Our own tile, unless it is in the lobby.
    own: Option<HtmlElement>,
    /// What is done for our own devices: known only to the part of the program that does it.
    own_devices: Option<Box<dyn Any>>,
    area: Element,
    seat: HtmlElement,
    bar: Bar,
    room: Element,
    people: Element,
}

impl Stage {
    /// Builds it, outside of the page and as if it were not there: it can be laid out before there is a call.
    #[inline(never)]
    pub(super) fn new(shared: &Rc<Shared>) -> Result<Self, JsValue> {
        let element = dom::instantiate(HTML)?;
        let area: Element = dom::find(&element, ".tiles")?;
        let seat: HtmlElement = dom::find(&element, ".seat")?;
        dom::set_flag(&seat, "data-app", shared.options.app_link);
        let controls: Element = dom::find(&element, ".bar")?;
        let bar = Bar::of_stage(&controls, shared)?;
        interactions::add_buttons(&controls)?;
        Ok(Self {
            shared: shared.clone(),
            notices: Notices::new(&element, shared)?,
            tiles: Tiles::new(&element, shared)?,
            visibility: Visibility::new(shared)?,
            tiles_of: KeyedList::new(&area, Some(&seat)),
            area,
            own: None,
            own_devices: None,
            seat,
            bar,
            room: dom::find(&element, ".where h1")?,
            people: dom::find(&element, ".where span")?,
            parts: Parts::of(&element),
            element,
        })
    }

    /// The element to put into the page.
    pub(super) fn element(&self) -> &HtmlElement {
        &self.element
    }

    /// Has our own tile, from now on.
    #[inline(never)]
    pub(super) fn take_own_tile(&mut self) -> Result<(), JsValue> {
        let own = self.shared.own_tile.place(&self.area, None)?;
        add_pin(&own)?;
        self.parts.add(&own);
        self.own = Some(own);
        Ok(())
    }

    /// The first moment in the room.
    #[inline(never)]
    pub(super) fn enter(&self, view: &RoomView) -> Result<(), JsValue> {
        dom::set_flag(&self.element, "inert", false);
        if !self.element.is_connected() {
            self.shared.frame.prepend_with_node_1(&self.element)?;
        }
        names::remember(&view.me.name);
        actions::focus(&self.shared, &self.element);
        Ok(())
    }

    /// Takes it out of the page.
    pub(super) fn remove(&self) {
        self.element.remove();
    }

    /// Whether nothing of it was taken out of the page.
    pub(super) fn is_whole(&self) -> bool {
        self.parts.are_there() && self.tiles_of.is_whole()
    }

    /// What it is built of, for good.
    pub(super) fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Shows the state of things.
    #[inline(never)]
    pub(super) fn render(&mut self, view: &RoomView) -> Result<(), JsValue> {
        if let Some(own) = &self.own {
            self.shared.own_tile.render(|own| own.render_self(&self.shared.tracks, &view.me));
            if on_demand::is_later_loaded() {
                own_devices::render(&self.shared, &mut self.own_devices, view, own);
            }
        }
        let names = names::distinct(view);
        let shown: Vec<_> =
            view.participants.iter().zip(&names).flat_map(|(them, name)| tiles_of(them, name)).collect();
        let own_shared = shared_sources().filter(|source| view.me.source(*source).state == SourceState::On);
        let own_shared: Vec<_> = own_shared.collect();
        let own_keys = own_shared.iter().map(|source| TileKey::OwnShared(*source));
        let keys: Vec<_> = shown.iter().map(|(key, ..)| key.clone()).chain(own_keys).collect();
        self.tiles_of.set_keys(&keys, |key| make(key).map(|tile| (tile.element().clone(), tile)))?;
        let tracks = &self.shared.tracks;
        let mut tiles = self.tiles_of.values_mut();
        let mut watched = Vec::new();
        for ((key, them, name), tile) in shown.iter().zip(&mut tiles) {
            let source = match key {
                TileKey::Person(_) => Source::Camera,
                TileKey::Shared(_, source) | TileKey::OwnShared(source) => *source,
            };
            if source == Source::Camera {
                tile.render(tracks, them, name);
            } else {
                tile.render_shared(tracks, source, them, name);
            }
            watched.push((tile.element().clone(), them.id.clone(), source));
        }
        for (source, tile) in own_shared.into_iter().zip(tiles) {
            tile.render_own_shared(tracks, source, &view.me);
        }
        let alone = view.participants.is_empty();
        dom::set_flag(&self.seat, "hidden", !alone);
        // Alone, an empty seat stands beside us.
        let mut tiles: Vec<_> = self.tiles_of.values_mut().map(|tile| tile.element().clone()).collect();
        tiles.extend(self.own.clone());
        if alone {
            tiles.push(self.seat.clone());
        }
        self.tiles.show(tiles);
        self.visibility.watch(watched);
        self.bar.render(view);
        dom::set_text(&self.room, &view.room);
        dom::set_text(&self.people, &text::people(view.participants.len() + 1));
        self.notices.render(view)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.remove();
    }
}
