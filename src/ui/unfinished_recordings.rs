//! One look, when nobody waits for anything, at whether a recording is left in the browser's storage: after a crash, or because
//! nobody has deleted it. What shows it is loaded only then.

use std::rc::Rc;

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::shared::Shared;
use super::{actions, recording};

/// The folder of the recordings. There is none if there is no recording.
pub(super) const FOLDER: &str = "visavis-recordings";

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

/// Asks the origin private file system (WHATWG File System). Not by `dom::by_name`, which is loaded later.
async fn has_folder() -> Result<(), JsValue> {
    let navigator = web_sys::window().ok_or(JsValue::UNDEFINED)?.navigator();
    let mut found = Reflect::get(&navigator, &"storage".into())?;
    for (method, argument) in [("getDirectory", ""), ("getDirectoryHandle", FOLDER)] {
        let method: Function = Reflect::get(&found, &method.into())?.unchecked_into();
        found = JsFuture::from(method.call1(&found, &argument.into())?.unchecked_into::<Promise>()).await?;
    }
    Ok(())
}
