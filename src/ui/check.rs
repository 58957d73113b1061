//! The check before a call: a button in the lobby, and what was found out.

use visavis_core::{CheckLine, Command, Lifecycle, RoomView};
use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlElement};

use super::shared::Shared;
use super::{actions, text};
use crate::dom;

const HTML: &str = include_str!("check.html");
const LINE: &str = "<li><b></b> <span></span><p></p></li>";

/// The part of the lobby that is about it.
pub(super) struct CheckPanel {
    element: HtmlElement,
    begin: Element,
    close: Element,
    list: Element,
    lines: Vec<HtmlElement>,
}

impl CheckPanel {
    /// Builds it into the lobby.
    pub(super) fn new(lobby: &Element) -> Result<Self, JsValue> {
        let element = dom::instantiate(HTML)?;
        dom::find::<Element>(lobby, ".entry")?.append_child(&element)?;
        Ok(Self {
            begin: dom::find(&element, "button")?,
            close: dom::find(&element, "[data-control=close-check]")?,
            list: dom::find(&element, "ul")?,
            lines: Vec::new(),
            element,
        })
    }

    /// Shows how far it is.
    pub(super) fn render(&mut self, view: &RoomView) -> Result<(), JsValue> {
        let any = !view.check.is_empty();
        dom::set_flag(&self.element, "hidden", view.lifecycle != Lifecycle::Lobby);
        dom::set_flag(&self.close, "hidden", !any);
        dom::set_text(&self.begin, if any { "Check again" } else { "Check my connection" });
        // Somebody has taken out what is looked for below.
        let whole = |line: &HtmlElement| line.is_connected() && line.child_element_count() == 3;
        if !self.lines.iter().all(whole) {
            self.lines.drain(..).for_each(|line| line.remove());
        }
        while self.lines.len() > view.check.len() {
            self.lines.pop().into_iter().for_each(|line| line.remove());
        }
        for (at, line) in view.check.iter().enumerate() {
            if at == self.lines.len() {
                let element = dom::instantiate(LINE)?;
                self.list.append_child(&element)?;
                self.lines.push(element);
            }
            self.lines.get(at).map_or(Ok(()), |element| show(element, line))?;
        }
        Ok(())
    }
}

fn show(element: &HtmlElement, line: &CheckLine) -> Result<(), JsValue> {
    dom::set_attribute(element, "data-check", Some(line.item.as_str()));
    dom::set_attribute(element, "data-check-state", Some(line.state.as_str()));
    for (part, text) in [
        ("b", &*text::check::item(line)),
        ("span", text::check::state(line)),
        ("p", &text::check::sentence(line)),
    ] {
        let part: Element = dom::find(element, part)?;
        dom::set_text(&part, text);
    }
    Ok(())
}

/// Puts the results away. The button that was pressed goes with them.
pub(super) fn close(shared: &Shared) {
    shared.send(Command::Check(false));
    if let Ok(button) = dom::find(&shared.frame, "[data-control=check]") {
        actions::focus(shared, &button);
    }
}
