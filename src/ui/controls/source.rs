//! What the switches of the sources have in common.

use std::rc::Rc;

use visavis_core::{Command, RoomView, Source, SourceState};
use web_sys::HtmlElement;

use crate::dom;
use crate::ui::shared::{Shared, own};
use crate::ui::text;

/// Shows the state of a source.
pub(super) fn render(button: &HtmlElement, view: &RoomView, source: Source) {
    let state = own(view, source).state;
    let error = match state {
        SourceState::Failed(error) => Some(error.as_str()),
        SourceState::Off | SourceState::Starting | SourceState::On | SourceState::Stalled => None,
    };
    dom::set_attribute(button, "aria-pressed", Some(if state.is_switched_on() { "true" } else { "false" }));
    dom::set_attribute(button, "data-source-state", Some(state.as_str()));
    dom::set_attribute(button, "data-error", error);
    dom::set_attribute(button, "title", Some(text::switch(source, state)));
}

/// Switches a source over.
pub(super) fn press(shared: &Rc<Shared>, view: &RoomView, source: Source) {
    shared.send(Command::SetSource { source, on: !own(view, source).state.is_switched_on() });
}
