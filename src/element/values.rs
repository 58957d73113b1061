//! What crosses the border between the page's JavaScript and us: a configuration that the page gives as an object, and the
//! details of our events.

use js_sys::JSON;
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use visavis_core::RoomView;
use wasm_bindgen::JsValue;

/// `detail` of `visavis-state`.
struct StateDetail {
    state: &'static str,
    participants: usize,
}

/// As a map and not derived as a struct: for the names of fields serde-wasm-bindgen keeps a hash table, 1.2 KB brotli.
impl Serialize for StateDetail {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("state", self.state)?;
        map.serialize_entry("participants", &self.participants)?;
        map.end()
    }
}

/// What `visavis-state` tells.
pub(super) fn state_detail(view: &RoomView) -> JsValue {
    let detail = StateDetail { state: view.lifecycle.as_str(), participants: view.participants.len() };
    let serializer = serde_wasm_bindgen::Serializer::new().serialize_maps_as_objects(true);
    detail.serialize(&serializer).unwrap_or_default()
}

/// A plain object of JavaScript as the text of JSON that it stands for, to be read like a file. `None` if it is no plain
/// data, an object that contains itself for example.
///
/// Not by serde: reading anything at all with serde-wasm-bindgen brings errors that can print floating point, 14 KB brotli
/// more for every page, and would check what is checked again by whoever reads the configuration.
pub(super) fn json_text(value: &JsValue) -> Option<String> {
    JSON::stringify(value).ok()?.as_string()
}
