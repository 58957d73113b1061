//! The screens on which everything has stopped. They need nothing that may be broken: no user interface, no listener.

use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlElement};

use super::{report, text};
use crate::dom;

const HTML: &str = include_str!("halt.html");

/// Shows that the program has crashed, and a way back. Fit for a panic hook: it borrows nothing that the crash may have
/// left borrowed.
pub fn show_panic(root: &HtmlElement) {
    show(root, "panic", text::panic());
}

/// Shows that `config.json` is wrong; `message` says where and how.
pub fn show_config_error(root: &HtmlElement, message: &str) {
    show(root, "config", &text::config(message));
}

/// Shows that the configuration cannot be loaded at the moment; `what` says what came instead.
pub fn show_config_unavailable(root: &HtmlElement, what: &str) {
    show(root, "config-unavailable", &text::config_unavailable(what));
}

/// Shows that a part of the program could not be loaded.
pub fn show_not_loaded(root: &HtmlElement) {
    show(root, "not-loaded", text::not_loaded());
}

/// Adds a link to the screen of [`show_panic`] that saves what happened.
pub(super) fn offer_report(root: &HtmlElement, report: &str) {
    if let Ok(link) = dom::find::<Element>(root, "[data-control=report]") {
        report::point(&link, report);
        dom::set_flag(&link, "hidden", false);
    }
}

/// Where not even this screen can be built, there is the sentence at least.
fn show(root: &HtmlElement, problem: &str, sentence: &str) {
    dom::set_attribute(root, "data-problem", Some(problem));
    if build(root, problem, sentence).is_err() {
        root.set_text_content(Some(sentence));
    }
}

fn build(root: &HtmlElement, problem: &str, sentence: &str) -> Result<(), JsValue> {
    let screen = dom::instantiate(HTML)?;
    let message: Element = dom::find(&screen, "p")?;
    dom::set_attribute(&message, "data-notice", Some(problem));
    dom::set_text(&message, sentence);
    // A link needs no listener. Without the fragment, or it would scroll instead of load.
    let address = web_sys::window().ok_or("no window")?.location().href()?;
    let address = address.split('#').next().unwrap_or_default();
    dom::find::<Element>(&screen, "a")?.set_attribute("href", address)?;
    root.replace_children_with_node_1(&screen);
    Ok(())
}
