//! What tiles show of raised hands and reactions.

use visavis_core::signaling::ParticipantId;
use visavis_core::{InteractionsView, Reaction, RoomView};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement};

use crate::dom;
use crate::ui::text;

/// How long a reaction is shown, in milliseconds; as long as its animation.
const REACTION_DURATION: i32 = 4000;
/// More than these would cover the picture: the oldest goes.
const MAX_REACTIONS: usize = 5;

/// Marks whoever has a hand raised, with their turn.
pub(super) fn render(stage: &Element, view: &RoomView, interactions: &InteractionsView) {
    let turn = |id: Option<&ParticipantId>| interactions.hands.iter().position(|hand| hand.as_ref() == id);
    for them in &view.participants {
        tile(stage, Some(&them.id)).iter().for_each(|tile| mark(tile, turn(Some(&them.id))));
    }
    tile(stage, None).iter().for_each(|tile| mark(tile, turn(None)));
}

/// Shows a reaction on somebody's tile, for a moment; `None` is us.
pub(super) fn react(stage: &Element, who: Option<&ParticipantId>, reaction: Reaction) {
    let Some(tile) = tile(stage, who) else { return };
    let Ok(element) = dom::instantiate("<span class=\"reaction\" aria-hidden=\"true\"></span>") else {
        return;
    };
    dom::set_attribute(&element, "data-reaction", Some(reaction.as_str()));
    dom::set_text(&element, text::interactions::emoji(reaction));
    let shown = dom::find_all(&tile, ":scope > .reaction");
    // Each stands a little beside the one before.
    dom::set_attribute(&element, "data-place", Some(&(shown.len() % 3).to_string()));
    if shown.len() >= MAX_REACTIONS {
        shown.first().iter().for_each(|oldest| oldest.remove());
    }
    let _ = tile.append_child(&element);
    spawn_local(async move {
        dom::sleep(REACTION_DURATION).await;
        element.remove();
    });
}

fn mark(tile: &Element, turn: Option<usize>) {
    let before = tile.query_selector(".plate > .hand").ok().flatten();
    let Some(turn) = turn else { return before.iter().for_each(Element::remove) };
    let mark = before.or_else(|| {
        let mark: Element = dom::instantiate("<span class=\"hand\" role=\"img\"></span>").ok()?.into();
        tile.query_selector(".plate").ok().flatten()?.prepend_with_node_1(&mark).ok()?;
        Some(mark)
    });
    if let Some(mark) = mark {
        dom::set_text(&mark, &format!("✋ {}", turn + 1));
        dom::set_attribute(&mark, "aria-label", Some(&text::interactions::raised(turn + 1)));
    }
}

/// The tile of somebody's camera; `None` is ours.
fn tile(stage: &Element, who: Option<&ParticipantId>) -> Option<HtmlElement> {
    let tiles = dom::find_all(stage, ".tile[data-source=camera]");
    let is_theirs = |tile: &HtmlElement| match who {
        Some(id) => {
            !tile.has_attribute("data-self")
                && tile.get_attribute("data-participant").as_deref() == Some(id.as_str())
        }
        None => tile.has_attribute("data-self"),
    };
    tiles.into_iter().find(is_theirs)
}
