//! What is only read aloud.

use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement};

use crate::dom;

const HTML: &str = "<p class=\"announcer\" role=\"status\"></p>";

/// A live region that nobody sees. It has to be there before its text.
pub(super) struct Announcer(HtmlElement);

impl Announcer {
    /// At the end of the stage.
    pub(super) fn new(stage: &Element) -> Result<Self, JsValue> {
        let element = dom::instantiate(HTML)?;
        stage.append_child(&element)?;
        Ok(Self(element))
    }

    /// Has something read aloud when nothing else is. The same words again are news.
    pub(super) fn announce(&self, words: String) {
        let element = self.0.clone();
        dom::set_text(&element, "");
        spawn_local(async move {
            dom::sleep(0).await;
            dom::set_text(&element, &words);
        });
    }
}

impl Drop for Announcer {
    fn drop(&mut self) {
        self.0.remove();
    }
}
