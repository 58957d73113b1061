//! The address of the page: the room it asks for, and the room it names.

use wasm_bindgen::JsValue;
use web_sys::Url;

/// What `?room=R&name=N&join` asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The room.
    pub room: Option<String>,
    /// The name of the person.
    pub name: Option<String>,
    /// Whether to join at once.
    pub join: bool,
}

/// Reads an address.
pub fn asked_by(href: &str) -> Asked {
    let Ok(url) = Url::new(href) else { return Asked::default() };
    let query = url.search_params();
    Asked { room: query.get("room"), name: query.get("name"), join: query.has("join") }
}

/// `href`, naming `room`; `None` if it does already. Everything else in it stays, so that a reload does what the first
/// load did.
pub fn naming(href: &str, room: &str) -> Option<String> {
    let url = Url::new(href).ok()?;
    let query = url.search_params();
    if query.get("room").as_deref() == Some(room) {
        return None;
    }
    query.set("room", room);
    Some(url.href())
}

/// Lets the address of this page name the room, so that a copied address invites.
pub(super) fn name_room(room: &str) {
    let Some(window) = web_sys::window() else { return };
    let address = window.location().href().ok().and_then(|href| naming(&href, room));
    if let (Some(address), Ok(history)) = (address, window.history()) {
        // Refused in sandboxed frames; the room works without.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
    }
}
