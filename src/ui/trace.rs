//! The "try it" view: what passes between us and the server, in order, and how each of it was understood.
//!
//! It stands below whatever screen there is, so a call can be watched from its lobby on. What else helps to get a server
//! and a dialect to speak with each other has its place here, above the list.

use std::rc::Rc;

use js_sys::{Date, JsString, RegExp};
use visavis_app::report::SECRET_KEYS;
use visavis_core::{Command, TraceKind};
use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlElement};

use super::mapping_editor::{self, MappingEditorOptions};
use super::shared::Shared;
use super::styles::adopt_styles;
use super::{UiOptions, link, text};
use crate::dom;

const HTML: &str = include_str!("trace.html");
const STYLES: &str = include_str!("trace.css");
const LINE: &str = "<li></li>";
/// The oldest lines go.
const MAX_LINES: u32 = 200;
/// Longer lines are cut, in UTF-16 code units.
const MAX_LINE_LENGTH: u32 = 2048;
/// What stands in place of a secret.
const HIDDEN: &str = "•••";
/// Fields of JSON that hold secrets, whoever says them, also in JSON within a text: what stands around the list.
const SECRET_FIELDS: [&str; 2] = [r#"(\\*"[\w.-]*(?:"#, r#")[\w.-]*\\*"\s*:\s*\\*")(?:[^"\\]|\\.)*"#];
/// The same in URLs.
const SECRET_QUERY: [&str; 2] = [r"([?&][\w.-]*(?:", r")[\w.-]*=)[^&]*"];

/// Opens the panel.
pub(super) fn open(shared: &Rc<Shared>, _: &Element) {
    shared.trace.take();
    let UiOptions { secrets, mapping_editor, .. } = &shared.options;
    *shared.trace.borrow_mut() = TracePanel::open(&shared.frame, secrets, mapping_editor).ok();
    shared.send(Command::Trace(true));
}

/// Closes it.
pub(super) fn close(shared: &Rc<Shared>, _: &Element) {
    shared.trace.take();
    shared.send(Command::Trace(false));
}

/// Copies all its lines.
pub(super) fn copy(shared: &Rc<Shared>, _: &Element) {
    let text = shared.trace.borrow().as_ref().map(|panel| panel.list.inner_text());
    text.into_iter().for_each(|text| link::copy_text(shared, text, text::copied()));
}

/// The panel, as long as it is open.
pub(super) struct TracePanel {
    element: HtmlElement,
    list: HtmlElement,
    secrets: Vec<String>,
    fields: [RegExp; 2],
}

impl TracePanel {
    /// Opens it at the end of the frame. `secrets` are never shown, wherever they stand.
    fn open(frame: &Element, secrets: &[String], options: &MappingEditorOptions) -> Result<Self, JsValue> {
        let element = dom::instantiate(HTML)?;
        mapping_editor::build(&element, options)?;
        let list = dom::find(&element, "ol")?;
        frame.append_child(&element)?;
        adopt_styles(&element, "visavisTrace", STYLES);
        let keys = SECRET_KEYS.join("|");
        let fields = [SECRET_FIELDS, SECRET_QUERY].map(|pattern| RegExp::new(&pattern.join(&*keys), "gi"));
        Ok(Self { element, list, secrets: secrets.to_vec(), fields })
    }

    /// Adds a line.
    pub(super) fn add(&self, kind: TraceKind, text: &str) {
        let _ = self.try_add(kind, text);
    }

    fn try_add(&self, kind: TraceKind, text: &str) -> Result<(), JsValue> {
        let line = dom::instantiate(LINE)?;
        dom::set_attribute(&line, "data-kind", Some(kind.as_str()));
        let time = Date::new_0().to_iso_string().slice(11, 23);
        dom::set_text(&line, &[&*String::from(time), " ", kind.as_str(), " ", &self.shown(text)].concat());
        // Who reads further up is left there.
        let follows = self.list.scroll_top() + self.list.client_height() + 40 >= self.list.scroll_height();
        self.list.append_child(&line)?;
        if self.list.child_element_count() > MAX_LINES {
            self.list.first_element_child().iter().for_each(Element::remove);
        }
        if follows {
            self.list.set_scroll_top(self.list.scroll_height());
        }
        Ok(())
    }

    /// The text without secrets, and cut.
    fn shown(&self, text: &str) -> String {
        let mut text = JsString::from(text);
        for secret in &self.secrets {
            text = text.replace_all(secret, HIDDEN);
        }
        for field in &self.fields {
            text = text.replace_by_pattern(field, &["$1", HIDDEN].concat());
        }
        let cut = text.length() > MAX_LINE_LENGTH;
        let text = String::from(text.slice(0, MAX_LINE_LENGTH));
        if cut { text + "…" } else { text }
    }
}

impl Drop for TracePanel {
    fn drop(&mut self) {
        self.element.remove();
    }
}
