//! A file that the person has picked.

use std::cell::RefCell;

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

use super::digest::Digest;
use crate::dom::by_name::{call, call_async, member};

/// How much is read at once to see what was skipped, in bytes.
const READ_BYTES: u32 = 240 * 1024;

/// A `File`, and what is known of its digest: whoever reads it from the beginning learns of it by the way.
pub(crate) struct Picked {
    file: JsValue,
    digest: RefCell<Digest>,
}

impl Picked {
    pub(super) fn new(file: JsValue) -> Self {
        Self { file, digest: RefCell::default() }
    }

    /// Some bytes of it.
    ///
    /// # Errors
    /// If the browser cannot read it: it was changed, moved or deleted since it was picked.
    pub(crate) async fn read(&self, offset: u32, length: u32) -> Result<Vec<u8>, JsValue> {
        let end = f64::from(offset) + f64::from(length);
        let slice = call(&self.file, "slice", &[&offset.into(), &end.into()])?;
        let bytes = Uint8Array::new(&call_async(&slice, "arrayBuffer", &[]).await?).to_vec();
        if bytes.len() != length as usize {
            return Err(JsValue::UNDEFINED);
        }
        self.digest.borrow_mut().update(offset, &bytes);
        Ok(bytes)
    }

    /// Its SHA-256, in hexadecimal digits.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub(crate) async fn sha256(&self) -> Result<String, JsValue> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "larger ones are not offered"
        )]
        let size = member(&self.file, "size").as_f64().unwrap_or_default() as u32;
        loop {
            let seen = self.digest.borrow().seen();
            if seen >= size {
                return Ok(self.digest.borrow().hex());
            }
            self.read(seen, READ_BYTES.min(size - seen)).await?;
        }
    }
}
