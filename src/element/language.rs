//! Which language an element speaks, and where its messages come from.

use js_sys::Promise;
use visavis_app::messages::Messages;
use web_sys::HtmlElement;

use super::settings;
use crate::dom::{self, Language};
use crate::on_demand::{self, url_beside_script};
use crate::ui;

/// The messages of a language that is not English, on their way.
pub(super) struct Request {
    language: Language,
    url: String,
    answer: Promise,
}

/// What the page says counts most (`lang` of the element), then what the person has chosen here, then what they have told
/// their browser.
fn of(element: &HtmlElement) -> Language {
    let said = element.get_attribute("lang").and_then(|tag| Language::of_tag(&tag));
    let spoken = || {
        let tags = web_sys::window()?.navigator().languages();
        (0..tags.length()).find_map(|at| Language::of_tag(&tags.get(at).as_string()?))
    };
    said.or_else(ui::remembered_language).or_else(spoken).unwrap_or_default()
}

/// Asks for the messages of the language of this element, if they are not at hand. The question is on its way when this returns.
pub(super) fn request(element: &HtmlElement) -> Option<Request> {
    let language = of(element);
    if language == Language::English || language == dom::language() {
        return None;
    }
    let url = url_beside_script(&["languages/", language.tag(), ".json"].concat());
    Some(Request { language, answer: settings::request(&url)?, url })
}

impl Request {
    /// Has the page speak the language, once its messages are there, and the part of the program that reads them. Without them
    /// it speaks English: that is better than nothing.
    pub(super) async fn load(self) {
        let read = async || {
            on_demand::load_call().await.ok()?;
            let text = settings::text_of(&self.url, self.answer, true).await.ok().flatten()?;
            Messages::parse(self.language, &text).ok()
        };
        read().await.into_iter().for_each(dom::set_messages);
    }
}
