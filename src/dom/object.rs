//! JavaScript objects for WebIDL dictionaries.

use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;

/// A plain object with these members: the form of every WebIDL dictionary. A member that is `undefined` counts as absent.
pub fn object(members: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in members {
        // Fails only for targets that are not plain objects.
        let _ = Reflect::set(&object, &JsValue::from_str(name), value);
    }
    object
}
