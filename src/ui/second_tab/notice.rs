//! What whoever is in a room twice is told. It is in the other part of the program.

use std::rc::Rc;

use visavis_core::{Command, Source};
use web_sys::{Element, HtmlElement};

use crate::dom;
use crate::ui::shared::Shared;
use crate::ui::{picture, text};

const HTML: &str = include_str!("notice.html");

/// Says it, or takes it back: at the door in a sentence, in the room in a notice with a way to be quiet.
pub(in crate::ui) fn show(frame: &HtmlElement, second: bool) {
    let Some(place) = frame.query_selector(".stage .notices, [data-second-tab]").ok().flatten() else {
        return;
    };
    if place.has_attribute("data-second-tab") {
        return dom::set_text(&place, if second { text::SECOND_TAB } else { "" });
    }
    match place.query_selector("[data-notice=second-tab]").ok().flatten() {
        Some(notice) if !second => notice.remove(),
        None if second => drop(dom::instantiate(HTML).map(|notice| place.prepend_with_node_1(&notice))),
        Some(_) | None => {}
    }
}

/// Makes this tab quiet: nobody is heard here, and nobody hears us from here. "Tap to hear the others" takes it back.
pub(in crate::ui) fn mute(shared: &Rc<Shared>, button: &Element) {
    shared.send(Command::SetSource { source: Source::Microphone, on: false });
    picture::silence_all(&shared.frame);
    button.closest(".notice").ok().flatten().iter().for_each(Element::remove);
}
