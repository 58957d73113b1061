//! Received files in the browser's own storage. They stay there until they are saved or the call ends; what a crash has left is removed
//! when the next file is received.

use std::cell::Cell;

use wasm_bindgen::JsValue;

use crate::dom::random_bytes;
use crate::storage::StorageFolder;

/// Where they are.
pub(super) const FOLDER: StorageFolder = StorageFolder::RECEIVED_FILES;

thread_local! {
    static TIDIED: Cell<bool> = const { Cell::new(false) };
}

/// A name for a file that no other has.
///
/// # Errors
/// As [`random_bytes`].
pub(super) fn new_name() -> Result<String, JsValue> {
    let digits = random_bytes::<16>()?;
    Ok(digits.iter().filter_map(|byte| char::from_digit(u32::from(byte % 36), 36)).collect())
}

/// Removes once what nobody holds any more.
pub(super) async fn tidy() {
    if !TIDIED.replace(true) {
        remove_abandoned().await;
    }
}

/// Removes what nobody holds any more.
pub(crate) async fn remove_abandoned() {
    for name in FOLDER.abandoned().await.unwrap_or_default() {
        let _ = FOLDER.remove(&name).await;
    }
}
