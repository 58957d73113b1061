//! How sources are encoded.

use js_sys::{Array, Reflect};
use visavis_core::{EncodingParameters, Source};
use wasm_bindgen::JsValue;

use super::Connection;
use super::transceivers::sender;
use crate::dom::ignore;

impl Connection {
    /// Encodes a source like that. A browser that cannot sends it as it did.
    pub(in crate::rtc) fn set_parameters(&self, source: Source, wanted: EncodingParameters) {
        let outgoing = &self.outgoing.borrow()[source as usize];
        let Some(sender) = outgoing.transceiver.as_ref().map(sender) else { return };
        let Ok(parameters) = sender.parameters() else { return };
        let number = |number: Option<u32>| number.map_or(JsValue::UNDEFINED, JsValue::from);
        let members: [(&str, JsValue); 4] = [
            ("active", wanted.active.into()),
            ("scaleResolutionDownBy", wanted.scale_resolution_down_by.factor().into()),
            // One that is not defined is not limited.
            ("maxBitrate", number(wanted.max_bitrate)),
            ("maxFramerate", number(wanted.max_framerate)),
        ];
        let mut differs = false;
        for encoding in parameters.encodings().iter().flat_map(Array::iter) {
            for (name, value) in &members {
                let name = (*name).into();
                if Reflect::get(&encoding, &name).is_ok_and(|before| before != *value) {
                    differs = true;
                    let _ = Reflect::set(&encoding, &name, value);
                }
            }
        }
        if differs {
            ignore(sender.set_parameters(&parameters));
        }
    }
}
