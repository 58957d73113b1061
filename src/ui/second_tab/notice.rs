//! The notice that a room is open in another tab too. Loaded on demand.

use std::rc::Rc;

use visavis_core::{Command, Source};
use web_sys::{Element, HtmlElement};

use crate::dom;
use crate::ui::shared::Shared;
use crate::ui::{picture, text};

const HTML: &str = include_str!("notice.html");

/// Shows or removes it: in the lobby a sentence, in the room a notice with a button that mutes this tab.
pub(in crate::ui) fn show(frame: &HtmlElement, second: bool) {
    let Some(place) = frame.query_selector(".stage .notices, [data-second-tab]").ok().flatten() else {
        return;
    };
    if place.has_attribute("data-second-tab") {
        return dom::set_text(&place, if second { text::second_tab() } else { "" });
    }
    match place.query_selector("[data-notice=second-tab]").ok().flatten() {
        Some(notice) if !second => notice.remove(),
        None if second => drop(dom::instantiate(HTML).map(|notice| place.prepend_with_node_1(&notice))),
        Some(_) | None => {}
    }
}

/// Mutes the microphone and all sound of this tab. "Tap to hear the others" takes it back.
pub(in crate::ui) fn mute(shared: &Rc<Shared>, button: &Element) {
    shared.send(Command::SetSource { source: Source::Microphone, on: false });
    picture::silence_all(&shared.frame);
    button.closest(".notice").ok().flatten().iter().for_each(Element::remove);
}
