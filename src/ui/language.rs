//! The language of the user interface, as the person has chosen it.

use visavis_app::stored_data::StoredData;
use web_sys::Element;

use super::names::storage;
use crate::dom::{self, Language};

const STORAGE_KEY: &str = StoredData::Language.key();

/// What the person has chosen in this browser.
pub fn remembered() -> Option<Language> {
    Language::of_tag(&storage()?.get_item(STORAGE_KEY).ok()??)
}

/// Remembers it for the next visit; `None` for whatever the browser asks for.
pub(super) fn remember(language: Option<Language>) {
    if let Some(storage) = storage() {
        let _ = match language {
            Some(language) => storage.set_item(STORAGE_KEY, language.tag()),
            None => storage.remove_item(STORAGE_KEY),
        };
    }
}

/// Says what language an element is in: for screen readers, hyphens and the direction of lines.
pub(super) fn mark(element: &Element) {
    let language = dom::language();
    dom::set_attribute(element, "lang", Some(language.tag()));
    dom::set_attribute(element, "dir", Some(if language.is_right_to_left() { "rtl" } else { "ltr" }));
}
