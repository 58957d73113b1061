//! How sources are encoded.

use js_sys::{Array, Reflect};
use visavis_core::{Encodings, RIDS, Source};
use wasm_bindgen::JsValue;

use super::Connection;
use super::transceivers::sender;
use crate::dom::{ignore, object};

impl Connection {
    /// Encodes a source like that: each of its layers, or the only one. A browser that cannot sends it as it did.
    pub(in crate::rtc) fn set_parameters(&self, source: Source, wanted: &Encodings) {
        let outgoing = &self.outgoing.borrow()[source as usize];
        let Some(sender) = outgoing.transceiver.as_ref().map(sender) else { return };
        let Ok(parameters) = sender.parameters() else { return };
        let Some(encodings) = parameters.encodings() else { return };
        if encodings.length() as usize != wanted.as_slice().len() {
            return;
        }
        let number = |number: Option<u32>| number.map_or(JsValue::UNDEFINED, JsValue::from);
        let mut differs = false;
        for (encoding, wanted) in encodings.iter().zip(wanted.as_slice()) {
            let members: [(&str, JsValue); 4] = [
                ("active", wanted.active.into()),
                ("scaleResolutionDownBy", wanted.scale_resolution_down_by.factor().into()),
                // One that is not defined is not limited.
                ("maxBitrate", number(wanted.max_bitrate)),
                ("maxFramerate", number(wanted.max_framerate)),
            ];
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

/// `sendEncodings` of a source: nothing but the names of its layers, if it has any; [`Connection::set_parameters`] says the rest.
pub(super) fn send_encodings(encodings: &Encodings) -> Array {
    match encodings {
        Encodings::Single(_) => Array::new(),
        Encodings::Layers(_) => RIDS.iter().map(|rid| object(&[("rid", (*rid).into())])).collect(),
    }
}
