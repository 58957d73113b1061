//! What the stage shows of a recording: who records, and how far our own has come.

use visavis_core::{InteractionsView, RoomView};
use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlElement};

use crate::dom;
use crate::ui::{names, text};

const MARK: &str = "<p class=\"recorders\"></p>";
const PROGRESS: &str = include_str!("progress.html");

/// Names the others who record.
pub(super) fn render(stage: &HtmlElement, view: &RoomView, interactions: &InteractionsView) {
    let names = names::distinct(view);
    let records = |at: &usize| interactions.recorders.contains(&Some(view.participants[*at].id.clone()));
    let at = (0..view.participants.len()).filter(records);
    let names: Vec<&str> = at.filter_map(|at| names.get(at).map(String::as_str)).collect();
    if names.is_empty() {
        return remove(stage);
    }
    let mark = find(stage).or_else(|| {
        let mark = dom::instantiate(MARK).ok()?;
        place(stage, &mark).ok().map(|()| mark.into())
    });
    mark.iter().for_each(|mark| dom::set_text(mark, &text::recording::records(&names)));
}

/// Names nobody any more.
pub(super) fn remove(stage: &HtmlElement) {
    find(stage).iter().for_each(Element::remove);
}

fn find(stage: &HtmlElement) -> Option<Element> {
    stage.query_selector(":scope > .recordings > .recorders").ok().flatten()
}

/// How far our own recording has come, as long as it lives.
pub(super) struct Progress(HtmlElement);

impl Progress {
    /// On the stage.
    pub(super) fn new(frame: &HtmlElement) -> Result<Self, JsValue> {
        let element = dom::instantiate(PROGRESS)?;
        let progress = Self(element);
        progress.keep(frame)?;
        Ok(progress)
    }

    /// Back to the stage, if that was built anew.
    pub(super) fn keep(&self, frame: &HtmlElement) -> Result<(), JsValue> {
        if !self.0.is_connected() {
            let stage: HtmlElement = dom::find(frame, ".stage:not([inert])")?;
            place(&stage, &self.0)?;
        }
        show_in_button(frame, true);
        Ok(())
    }

    /// Shows how long it is, in seconds, and how large, in bytes.
    pub(super) fn show(&self, seconds: u64, bytes: u64) {
        if let Ok(words) = dom::find::<Element>(&self.0, "span") {
            dom::set_text(&words, &text::recording::progress(seconds, bytes));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Ok(Some(frame)) = self.0.closest(".frame") {
            show_in_button(&frame, false);
        }
        self.0.remove();
    }
}

/// The button says what it does now.
fn show_in_button(frame: &Element, records: bool) {
    if let Ok(button) = dom::find::<Element>(frame, ".bar [data-control=record]") {
        let label = text::recording::button(records);
        for (name, value) in [("aria-label", label), ("title", label)] {
            dom::set_attribute(&button, name, Some(value));
        }
        dom::set_flag(&button, "data-recording", records);
    }
}

/// Puts something into the line at the top of the stage, which is made for it.
fn place(stage: &HtmlElement, element: &HtmlElement) -> Result<(), JsValue> {
    let line = match stage.query_selector(":scope > .recordings")? {
        Some(line) => line,
        None => {
            let line = dom::instantiate("<div class=\"recordings\"></div>")?;
            stage.append_child(&line)?;
            line.into()
        }
    };
    line.append_child(element).map(drop)
}
