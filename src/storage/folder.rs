//! A folder of files.

use js_sys::Array;
use visavis_app::stored_data::StoredData;
use wasm_bindgen::JsValue;

use crate::dom::by_name::{call, call_async, member};

/// Most files that are looked at.
const MAX_FILES: usize = 1000;

/// A folder of the page's. Whoever writes a file in it holds a lock of that file (W3C Web Locks) for as long as it is of use, so
/// that other tabs know what is left of a page that is gone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StorageFolder(&'static str);

impl StorageFolder {
    /// Recordings, until they are deleted.
    pub(crate) const RECORDINGS: Self = Self(StoredData::Recordings.key());
    /// Files that are received, until the call ends.
    pub(crate) const RECEIVED_FILES: Self = Self(StoredData::ReceivedFiles.key());

    /// What it is called.
    pub(crate) fn name(self) -> &'static str {
        self.0
    }

    /// The name of the lock of a file.
    pub(crate) fn lock_of(self, file: &str) -> String {
        [self.0, "/", file].concat()
    }

    /// A file, as it is now.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) async fn file(self, name: &str) -> Result<JsValue, JsValue> {
        let handle = call_async(&self.handle().await?, "getFileHandle", &[&name.into()]).await?;
        call_async(&handle, "getFile", &[]).await
    }

    /// Removes a file.
    ///
    /// # Errors
    /// If there is none, or it is being written.
    pub(crate) async fn remove(self, name: &str) -> Result<(), JsValue> {
        call_async(&self.handle().await?, "removeEntry", &[&name.into()]).await.map(drop)
    }

    /// Removes the folder, if it is empty: then nobody need look into it.
    pub(crate) async fn remove_if_empty(self) {
        if let Ok(root) = root().await {
            let _ = call_async(&root, "removeEntry", &[&self.0.into()]).await;
        }
    }

    /// How many files there are, also those that are being written, and how many bytes they have.
    pub(crate) async fn usage(self) -> (usize, u64) {
        let (mut count, mut bytes) = (0, 0.0);
        for name in self.names().await.unwrap_or_default() {
            if let Ok(file) = self.file(&name).await {
                count += 1;
                bytes += member(&file, "size").as_f64().unwrap_or_default();
            }
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
        (count, bytes as u64)
    }

    /// The names of the files of which nobody holds the lock.
    ///
    /// # Errors
    /// If there is no such folder, or the browser does not list files or locks.
    pub(crate) async fn abandoned(self) -> Result<Vec<String>, JsValue> {
        let mut names = self.names().await?;
        // After the names: whoever has begun since is not among them, and whoever had begun before holds a lock.
        let navigator = web_sys::window().ok_or(JsValue::UNDEFINED)?.navigator();
        let locks = call_async(&member(&navigator, "locks"), "query", &[]).await?;
        let held = Array::from(&member(&locks, "held"));
        let held: Vec<String> = held.iter().filter_map(|lock| member(&lock, "name").as_string()).collect();
        names.retain(|name| !held.contains(&self.lock_of(name)));
        Ok(names)
    }

    async fn names(self) -> Result<Vec<String>, JsValue> {
        let entries = call(&self.handle().await?, "keys", &[])?;
        let mut names = Vec::new();
        while names.len() < MAX_FILES {
            let next = call_async(&entries, "next", &[]).await?;
            let Some(name) = member(&next, "value").as_string() else { break };
            names.push(name);
        }
        Ok(names)
    }

    async fn handle(self) -> Result<JsValue, JsValue> {
        call_async(&root().await?, "getDirectoryHandle", &[&self.0.into()]).await
    }
}

async fn root() -> Result<JsValue, JsValue> {
    let navigator = web_sys::window().ok_or(JsValue::UNDEFINED)?.navigator();
    call_async(&member(&navigator, "storage"), "getDirectory", &[]).await
}
