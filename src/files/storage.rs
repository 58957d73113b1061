//! The folder of received files in the browser's own storage (OPFS). They stay there until they are saved or the call ends; what a
//! crash has left is removed when the next file is received.

use std::cell::Cell;

use js_sys::Array;
use visavis_app::stored_data::StoredData;
use wasm_bindgen::JsValue;

use crate::dom::by_name::{call, call_async, member};
use crate::dom::random_bytes;

/// The folder.
pub(super) const FOLDER: &str = StoredData::ReceivedFiles.key();
/// Most files that are looked at when it is tidied up.
const MAX_LEFT: usize = 1000;

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

/// The name of the lock that whoever writes a file holds.
pub(super) fn lock_of(name: &str) -> String {
    [FOLDER, "/", name].concat()
}

/// Removes once what nobody holds any more.
pub(super) async fn tidy() {
    if !TIDIED.replace(true) {
        let _ = remove_left().await;
    }
}

/// The names of all files that are there.
async fn names() -> Result<Vec<String>, JsValue> {
    let names = call(&folder().await?, "keys", &[])?;
    let mut left = Vec::new();
    while left.len() < MAX_LEFT {
        let next = call_async(&names, "next", &[]).await?;
        let Some(name) = member(&next, "value").as_string() else { break };
        left.push(name);
    }
    Ok(left)
}

/// How many files are there, and how many bytes.
pub(crate) async fn stored() -> (usize, u64) {
    let (mut count, mut bytes) = (0, 0.0);
    for name in names().await.unwrap_or_default() {
        if let Ok(file) = file(&name).await {
            count += 1;
            bytes += member(&file, "size").as_f64().unwrap_or_default();
        }
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
    (count, bytes as u64)
}

/// Removes what nobody holds any more.
///
/// # Errors
/// If the browser does not list files or locks.
pub(crate) async fn remove_left() -> Result<(), JsValue> {
    let navigator = web_sys::window().ok_or(JsValue::UNDEFINED)?.navigator();
    let left = names().await?;
    // After the names: whoever has begun since is not among them, and whoever had begun before holds a lock.
    let locks = call_async(&member(&navigator, "locks"), "query", &[]).await?;
    let held: Vec<String> = Array::from(&member(&locks, "held"))
        .iter()
        .filter_map(|lock| member(&lock, "name").as_string())
        .collect();
    for name in left.iter().filter(|name| !held.contains(&lock_of(name))) {
        remove(name).await;
    }
    Ok(())
}

/// A file, as it is now.
///
/// # Errors
/// If there is none.
pub(super) async fn file(name: &str) -> Result<JsValue, JsValue> {
    let handle = call_async(&folder().await?, "getFileHandle", &[&name.into()]).await?;
    call_async(&handle, "getFile", &[]).await
}

/// Removes a file.
pub(super) async fn remove(name: &str) {
    if let Ok(folder) = folder().await {
        let _ = call_async(&folder, "removeEntry", &[&name.into()]).await;
    }
}

async fn folder() -> Result<JsValue, JsValue> {
    let navigator = web_sys::window().ok_or(JsValue::UNDEFINED)?.navigator();
    let root = call_async(&member(&navigator, "storage"), "getDirectory", &[]).await?;
    call_async(&root, "getDirectoryHandle", &[&FOLDER.into()]).await
}
