//! What answers for a page that cannot be loaded (`www/visavis-service-worker.js`): registered when the lobby is there and nothing else is
//! to be done.

use std::rc::Rc;

use js_sys::Reflect;
use visavis_app::stored_data::StoredData;
use visavis_core::Lifecycle;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::shared::Shared;
use super::{actions, settings};
use crate::dom::call_in_turn;

const FILE: &str = StoredData::ServiceWorker.key();

/// Registers it, or takes it back where the configuration wants none. Not in somebody else's page: what such a page is without a
/// network is not ours to say.
#[inline(never)]
pub(super) fn follow(shared: &Rc<Shared>) {
    // Whoever joins already is not to wait for it.
    let is_idle = shared.view().is_some_and(|view| view.lifecycle == Lifecycle::Lobby);
    // Pages that are not secure have none.
    if let Some(container) = container().filter(|_| shared.options.app_link && is_idle) {
        if shared.options.service_worker {
            // Some people forbid it.
            spawn_local(async move { drop(call_in_turn(container, &[("register", FILE)]).await) });
        } else if Reflect::get(&container, &"controller".into()).is_ok_and(|worker| worker.is_object()) {
            actions::load(shared, shared.frame.clone().into(), settings::unregister_service_worker);
        }
    }
}

fn container() -> Option<JsValue> {
    let navigator = web_sys::window()?.navigator();
    Reflect::get(&navigator, &"serviceWorker".into()).ok().filter(JsValue::is_object)
}
