//! How sources are encoded.

use js_sys::{Array, Object, Reflect};
use visavis_core::{EncodingParameters, RIDS, Source};
use wasm_bindgen::JsValue;

use super::Connection;
use super::transceivers::sender;
use crate::dom::{ignore, object};

impl Connection {
    /// Encodes a source like that: each of its layers, or the only one. A browser that cannot sends it as it did.
    pub(in crate::rtc) fn set_parameters(&self, source: Source, wanted: &[EncodingParameters]) {
        let outgoing = &self.outgoing.borrow()[source as usize];
        let Some(sender) = outgoing.transceiver.as_ref().map(sender) else { return };
        let Ok(parameters) = sender.parameters() else { return };
        let Some(encodings) = parameters.encodings() else { return };
        if encodings.length() as usize != wanted.len() {
            return;
        }
        let mut differs = false;
        for (encoding, wanted) in encodings.iter().zip(wanted) {
            for (name, value) in members(wanted) {
                let name = name.into();
                if Reflect::get(&encoding, &name).is_ok_and(|before| before != value) {
                    differs = true;
                    let _ = Reflect::set(&encoding, &name, &value);
                }
            }
        }
        if differs {
            ignore(sender.set_parameters(&parameters));
        }
    }
}

/// `sendEncodings` of a source in layers.
pub(super) fn send_encodings(layers: &[EncodingParameters]) -> Array {
    let encoding = |(rid, layer): (&&str, &EncodingParameters)| -> Object {
        let encoding = object(&members(layer));
        let _ = Reflect::set(&encoding, &"rid".into(), &(*rid).into());
        encoding
    };
    RIDS.iter().zip(layers).map(encoding).collect()
}

/// One that is not defined is not limited.
fn members(parameters: &EncodingParameters) -> [(&'static str, JsValue); 4] {
    let number = |number: Option<u32>| number.map_or(JsValue::UNDEFINED, JsValue::from);
    [
        ("active", parameters.active.into()),
        ("scaleResolutionDownBy", parameters.scale_resolution_down_by.factor().into()),
        ("maxBitrate", number(parameters.max_bitrate)),
        ("maxFramerate", number(parameters.max_framerate)),
    ]
}
