//! One look, when nobody waits for anything, at whether a recording is left in the browser's storage: after a crash, or because
//! nobody has deleted it. What shows it is loaded only then.

use std::rc::Rc;

use js_sys::Reflect;
use visavis_app::stored_data::StoredData;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::shared::Shared;
use super::{actions, recording};
use crate::dom::call_in_turn;

/// The folder of the recordings (`StorageFolder`, which is loaded on demand). There is none if there is no recording.
const FOLDER: &str = StoredData::Recordings.key();

/// Shows in the lobby what is left. To be called when the page is idle.
#[inline(never)]
pub(super) fn show_found(shared: &Rc<Shared>) {
    let shared = Rc::clone(shared);
    spawn_local(async move {
        if has_folder().await.is_ok() {
            actions::load(&shared, shared.frame.clone().into(), recording::show_in_lobby);
        }
    });
}

/// Asks the origin private file system (WHATWG File System).
async fn has_folder() -> Result<(), JsValue> {
    let navigator = web_sys::window().ok_or(JsValue::UNDEFINED)?.navigator();
    let storage = Reflect::get(&navigator, &"storage".into())?;
    call_in_turn(storage, &[("getDirectory", ""), ("getDirectoryHandle", FOLDER)]).await.map(drop)
}
