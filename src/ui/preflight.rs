//! The preflight test before a call: a button in the lobby, and what was found out.

use std::rc::Rc;

use visavis_core::{Command, PreflightResult, RoomView};
use wasm_bindgen::JsValue;
use web_sys::Element;

use super::shared::Shared;
use super::{actions, text};
use crate::dom::{self, message};

const LINE: &str = "<li><b></b> <span></span><p></p></li>";

/// Shows in `section` how far it is.
pub(super) fn render(section: &Element, view: &RoomView) -> Result<(), JsValue> {
    let any = !view.preflight.is_empty();
    let close: Element = dom::find(section, "[data-control=close-check]")?;
    dom::set_flag(&close, "hidden", !any);
    let begin: Element = dom::find(section, "[data-control=check]")?;
    dom::set_text(&begin, message!(if any { "Check again" } else { "Check my connection" }));
    let list: Element = dom::find(section, "ul")?;
    // Somebody has taken out what is looked for below.
    let lines = || (0..list.child_element_count()).filter_map(|at| list.children().item(at));
    if !lines().all(|line| line.child_element_count() == 3) {
        list.replace_children_with_node_0();
    }
    lines().skip(view.preflight.len()).collect::<Vec<Element>>().iter().for_each(Element::remove);
    for (at, line) in (0..).zip(&view.preflight) {
        let element = match list.children().item(at) {
            Some(element) => element,
            None => {
                let line: Element = dom::instantiate(LINE)?.into();
                list.append_child(&line)?;
                line
            }
        };
        show(&element, line)?;
    }
    Ok(())
}

fn show(element: &Element, line: &PreflightResult) -> Result<(), JsValue> {
    dom::set_attribute(element, "data-check", Some(line.item.as_str()));
    dom::set_attribute(element, "data-check-state", Some(line.state.as_str()));
    for (part, text) in [
        ("b", &*text::preflight::item(line)),
        ("span", text::preflight::state(line)),
        ("p", &text::preflight::sentence(line)),
    ] {
        let part: Element = dom::find(element, part)?;
        dom::set_text(&part, text);
    }
    Ok(())
}

/// Begins it.
pub(super) fn begin(shared: &Rc<Shared>, _: &Element) {
    shared.send(Command::Preflight(true));
}

/// Puts the results away. The button that was pressed goes with them.
pub(super) fn close(shared: &Rc<Shared>, _: &Element) {
    shared.send(Command::Preflight(false));
    if let Ok(button) = dom::find(&shared.frame, "[data-control=check]") {
        actions::focus(shared, &button);
    }
}
