//! Who we are, also after a reload.
//!
//! The secret waits in the storage of the tab only while no page of the tab is alive: a page takes it out when it
//! starts and puts it back when it goes. So a reload finds it, and a copy of the tab, which copies the storage too,
//! does not: two tabs are two people.

use wasm_bindgen::JsValue;
use web_sys::Storage;

use super::settings::{hex, random_bytes};
use crate::dom::Listener;

const KEY: &str = "visavis-identity";

/// The secret that makes us the same participant again, for as long as the element lives.
pub(super) struct Identity {
    pub(super) secret: String,
    /// Puts it back, and takes it out again if the page comes back from the back-forward cache.
    listeners: Vec<Listener>,
}

impl Identity {
    /// One that nobody has had before.
    ///
    /// # Errors
    /// In browsers without `crypto`.
    pub(super) fn new() -> Result<Self, JsValue> {
        Ok(Self { secret: hex(&random_bytes::<32>()?), listeners: Vec::new() })
    }

    /// That of the page before this one in the same tab, if there was one. Only for an element that is the whole
    /// page: of several, each is somebody else.
    ///
    /// # Errors
    /// In browsers without `crypto`.
    pub(super) fn of_tab() -> Result<Self, JsValue> {
        let mut identity = Self::new()?;
        if let Some(secret) = take_out().filter(|secret| secret.len() == identity.secret.len()) {
            identity.secret = secret;
        }
        if let Some(window) = web_sys::window() {
            let secret = identity.secret.clone();
            let put_back = Listener::new(&window, "pagehide", move |_| {
                if let Some(storage) = storage() {
                    let _ = storage.set_item(KEY, &secret);
                }
            });
            let take_out = Listener::new(&window, "pageshow", |_| drop(take_out()));
            identity.listeners = vec![put_back, take_out];
        }
        Ok(identity)
    }

    /// What must live as long as the element.
    pub(super) fn into_listeners(self) -> Vec<Listener> {
        self.listeners
    }
}

/// Forbidden in some frames, or by the person: then every page is somebody new.
fn storage() -> Option<Storage> {
    web_sys::window()?.session_storage().ok().flatten()
}

fn take_out() -> Option<String> {
    let storage = storage()?;
    let secret = storage.get_item(KEY).ok().flatten();
    let _ = storage.remove_item(KEY);
    secret
}
