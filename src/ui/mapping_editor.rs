//! A description of the server (`docs/mapping.md`) that is being written against the server itself. It waits in the
//! storage of the tab and counts for pages that show the panel of messages (`?try`): nobody meets it elsewhere.

use std::rc::Rc;

use js_sys::JSON;
use visavis_app::stored_data::StoredData;
use visavis_core::signaling::dialects::{Mapping, mapping};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, HtmlInputElement, HtmlTextAreaElement, Storage};

use super::shared::Shared;
use super::{choice, report, server, text};
use crate::dom;

const HTML: &str = include_str!("mapping_editor.html");
/// Keeps the address of the server in the first line, and its description below.
const KEY: &str = StoredData::Mapping.key();

/// What the panel begins with.
#[derive(Debug, Clone, Default)]
pub struct MappingEditorOptions {
    /// The address of the server.
    pub url: String,
    /// Its description; empty for an example.
    pub description: String,
    /// It is this that is being tried, instead of what the page is set up for.
    pub on: bool,
}

/// The address and the description of the server that is being tried, if there is one.
pub fn stored_mapping() -> Option<(String, Mapping)> {
    let stored = storage()?.get_item(KEY).ok().flatten()?;
    let (url, description) = stored.split_once('\n')?;
    Some((url.to_owned(), Mapping::parse(description).ok()?))
}

/// Throws when cookies are blocked, and in sandboxed frames.
fn storage() -> Option<Storage> {
    web_sys::window()?.session_storage().ok().flatten()
}

/// Builds it into the panel.
pub(super) fn build(panel: &Element, options: &MappingEditorOptions) -> Result<(), JsValue> {
    let element = dom::instantiate(HTML)?;
    dom::find::<HtmlInputElement>(&element, "input")?.set_value(&options.url);
    if !options.description.is_empty() {
        dom::find::<HtmlTextAreaElement>(&element, "textarea")?.set_value(&in_lines(&options.description)?);
    }
    dom::set_flag(&element, "open", options.on);
    let back: Element = dom::find(&element, "[data-control=drop-mapping]")?;
    dom::set_flag(&back, "hidden", !options.on);
    panel.insert_before(&element, panel.last_element_child().as_deref())?;
    Ok(())
}

/// What stood inside `config.json` has no lines of its own.
fn in_lines(description: &str) -> Result<String, JsValue> {
    if description.contains('\n') {
        return Ok(description.to_owned());
    }
    let value = JSON::parse(description)?;
    JSON::stringify_with_replacer_and_space(&value, &JsValue::NULL, &2.into()).map(String::from)
}

/// The parts that a person fills in.
struct Form {
    address: HtmlInputElement,
    description: HtmlTextAreaElement,
    wrong: Element,
}

impl Form {
    fn find(shared: &Shared) -> Result<Self, JsValue> {
        let root: Element = dom::find(&shared.frame, ".trial")?;
        Ok(Self {
            address: dom::find(&root, "input")?,
            description: dom::find(&root, "textarea")?,
            wrong: dom::find(&root, ".wrong")?,
        })
    }

    /// Says what is wrong, and leads there.
    fn refuse(&self, field: &HtmlElement, sentence: &str) -> Result<(), JsValue> {
        // The same sentence is said again, too.
        dom::set_text(&self.wrong, "");
        dom::set_text(&self.wrong, sentence);
        dom::set_attribute(field, "aria-invalid", Some("true"));
        field.focus()?;
        self.wrong.scroll_into_view();
        Ok(())
    }

    fn select_line(&self, number: usize) -> Result<(), JsValue> {
        let text = self.description.value();
        let length = |line: &str| u32::try_from(line.encode_utf16().count()).unwrap_or_default();
        let start = text.split('\n').take(number.saturating_sub(1)).map(|line| length(line) + 1).sum();
        let line = text.split('\n').nth(number.saturating_sub(1)).unwrap_or_default();
        self.description.set_selection_range(start, start + length(line))?;
        // Browsers do not scroll there by themselves. Some lines stay above it.
        let line = |number: usize| i32::try_from(number).unwrap_or(1);
        let lines = line(text.split('\n').count());
        self.description.set_scroll_top(self.description.scroll_height() * (line(number) - 4) / lines);
        Ok(())
    }
}

/// The line that a sentence about a mistake names.
fn line_of(sentence: &str) -> Option<usize> {
    let mut words = sentence.split([' ', ':', ',']);
    words.find(|word| *word == "line")?;
    words.next()?.parse().ok()
}

/// Checks what is written, and begins the page anew with it.
pub(super) fn start(shared: &Rc<Shared>, _: &Element) {
    let _ = try_out(shared);
}

fn try_out(shared: &Shared) -> Result<(), JsValue> {
    let form = Form::find(shared)?;
    for field in [form.address.unchecked_ref::<Element>(), form.description.unchecked_ref()] {
        dom::set_attribute(field, "aria-invalid", None);
    }
    let url = match choice::validate(mapping::NAME, &form.address.value()) {
        Ok(choice) => choice.url,
        Err(error) => return form.refuse(&form.address, text::choice(error)),
    };
    let description = form.description.value();
    if let Err(error) = Mapping::parse(&description) {
        let sentence = error.in_text(&description);
        form.refuse(&form.description, &sentence)?;
        return line_of(&sentence).map_or(Ok(()), |number| form.select_line(number));
    }
    let stored = [&*url, "\n", &description].concat();
    if storage().is_none_or(|storage| storage.set_item(KEY, &stored).is_err()) {
        return form.refuse(&form.description, text::not_kept());
    }
    server::begin_anew(shared, |query| query.set("try", ""))
}

/// Begins the page anew as it is set up. What was written is forgotten.
pub(super) fn discard(shared: &Rc<Shared>, _: &Element) {
    storage().iter().for_each(|storage| drop(storage.remove_item(KEY)));
    let _ = server::begin_anew(shared, |query| query.set("try", ""));
}

/// Saves what is written as a file.
pub(super) fn save(shared: &Rc<Shared>, _: &Element) {
    if let Ok(form) = Form::find(shared) {
        report::download("mapping.json", &form.description.value());
    }
}
