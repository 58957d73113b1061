//! The safety words of one tile: asked for, read aloud, compared.

use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use visavis_app::safety_words;
use visavis_core::{Fingerprints, RoomView};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, HtmlElement};

use super::shared::Shared;
use super::text;
use crate::dom::{self, object};

const BITS: u32 = 8 * safety_words::WORD_COUNT as u32;

/// What opens to show the words, in the corner of a tile.
pub(super) struct Safety {
    details: Element,
    words: Element,
    fingerprints: Option<Fingerprints>,
}

impl Safety {
    /// Nothing to compare yet.
    pub(super) fn new(tile: &HtmlElement) -> Result<Self, JsValue> {
        let (details, words) = (dom::find(tile, ".safety")?, dom::find(tile, ".words")?);
        dom::set_flag(&details, "hidden", true);
        Ok(Self { details, words, fingerprints: None })
    }

    /// Another connection has other words: old ones never stay to be read.
    pub(super) fn render(&mut self, fingerprints: Option<&Fingerprints>) {
        if self.fingerprints.as_ref() == fingerprints {
            return;
        }
        self.fingerprints = fingerprints.cloned();
        dom::set_text(&self.words, "");
        dom::set_flag(&self.details, "open", false);
        dom::set_flag(&self.details, "hidden", fingerprints.is_none());
    }
}

/// Works the words out when somebody wants to read them: that takes a moment.
pub(super) fn reveal(shared: &Rc<Shared>, button: &Element) {
    let _ = shared.view().and_then(|view| write_words(&view, button));
}

fn write_words(view: &RoomView, button: &Element) -> Option<()> {
    let tile = button.closest("[data-participant]").ok().flatten()?;
    let id = tile.get_attribute("data-participant")?;
    let them = view.participants.iter().find(|them| them.id.as_str() == id)?;
    let words = tile.query_selector(".words").ok().flatten()?;
    let fingerprints = them.connection.fingerprints.clone()?;
    dom::set_text(&words, text::safety_wait());
    spawn_local(async move {
        let hash = hash(&fingerprints).await;
        // Emptied meanwhile: the connection they belonged to is gone.
        if words.text_content().is_some_and(|text| !text.is_empty()) {
            dom::set_text(
                &words,
                &hash.map_or(text::no_safety().to_owned(), |hash| safety_words::words(&hash)),
            );
        }
    });
    Some(())
}

/// PBKDF2 by the browser itself: quicker than ours would be, and nothing to load. A page that is not secure has none.
async fn hash(fingerprints: &Fingerprints) -> Result<[u8; safety_words::WORD_COUNT], JsValue> {
    let crypto = web_sys::window().ok_or(JsValue::UNDEFINED)?.crypto()?.subtle();
    if crypto.is_undefined() {
        return Err(JsValue::UNDEFINED);
    }
    let secret = Uint8Array::from(fingerprints.as_bytes());
    let usages = Array::of1(&"deriveBits".into());
    let key = crypto.import_key_with_str("raw", &secret, "PBKDF2", false, &usages)?;
    let algorithm = object(&[
        ("name", "PBKDF2".into()),
        ("hash", "SHA-256".into()),
        ("salt", Uint8Array::from(safety_words::SALT.as_bytes()).into()),
        ("iterations", safety_words::ITERATIONS.into()),
    ]);
    let key = JsFuture::from(key).await?.unchecked_into();
    let bits = crypto.derive_bits_with_object(&algorithm, &key, BITS)?;
    let bits = Uint8Array::new(&JsFuture::from(bits).await?).to_vec();
    bits.try_into().map_err(|_| JsValue::UNDEFINED)
}
