//! Our own tile. It goes from the lobby to the stage, so its picture is played by one element throughout.

use std::cell::RefCell;

use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlElement, Node};

use super::tile::Tile;
use crate::dom::{self, Parts};

/// Where it is: in the page, or nowhere.
#[derive(Default)]
pub(super) struct OwnTile(RefCell<Option<(Tile, Parts)>>);

impl OwnTile {
    /// Puts it into `parent`, before its child `next` or at its end. If it is not in the page, or something of it was taken
    /// out, it is made anew.
    pub(super) fn place(&self, parent: &Element, next: Option<&Node>) -> Result<HtmlElement, JsValue> {
        let mut own = self.0.borrow_mut();
        if !own.as_ref().is_some_and(|(_, parts)| parts.are_there()) {
            let tile = Tile::own()?;
            let parts = Parts::of(tile.element());
            *own = Some((tile, parts));
        }
        let element = own.as_ref().map(|(tile, _)| tile.element().clone()).ok_or(JsValue::UNDEFINED)?;
        dom::place_before(parent, &element, next)?;
        Ok(element)
    }

    /// Shows the state of things in it.
    pub(super) fn render(&self, show: impl FnOnce(&mut Tile)) {
        if let Some((tile, _)) = &mut *self.0.borrow_mut() {
            show(tile);
        }
    }

    /// Nobody is shown any more.
    pub(super) fn clear(&self) {
        drop(self.0.take());
    }
}
