//! The address of the page: the room it asks for, and the room it names.

use visavis_core::{ChoiceError, ServerChoice};
use wasm_bindgen::JsValue;
use web_sys::Url;

use crate::ui::choice;

/// What `?room=R&name=N&join&dialect=D&server=U&try` asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The room.
    pub room: Option<String>,
    /// The name of the person.
    pub name: Option<String>,
    /// Whether to join at once.
    pub join: bool,
    /// The server to go through, or what is wrong with it.
    pub server: Option<Result<ServerChoice, ChoiceError>>,
    /// Whether to show what passes between us and the server.
    pub trace: bool,
}

/// Reads an address.
pub fn asked_by(href: &str) -> Asked {
    let Ok(url) = Url::new(href) else { return Asked::default() };
    let query = url.search_params();
    Asked {
        room: query.get("room"),
        name: query.get("name"),
        join: query.has("join"),
        server: choice::of(&query),
        trace: query.has("try"),
    }
}

/// `href`, naming `room` and the server of our choice; `None` if it does already. Everything else in it stays, so that a
/// reload does what the first load did.
pub fn naming(href: &str, room: &str, server: Option<&ServerChoice>) -> Option<String> {
    let url = Url::new(href).ok()?;
    let query = url.search_params();
    if query.get("room").as_deref() == Some(room) && (server.is_none() || choice::of(&query).is_some()) {
        return None;
    }
    query.set("room", room);
    if server.is_some() {
        choice::put(&query, server);
    }
    Some(url.href())
}

/// Lets the address of this page name the room, so that a copied address invites.
pub(super) fn name_room(room: &str, server: Option<&ServerChoice>) {
    let Some(window) = web_sys::window() else { return };
    let address = window.location().href().ok().and_then(|href| naming(&href, room, server));
    if let (Some(address), Ok(history)) = (address, window.history()) {
        // Refused in sandboxed frames; the room works without.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
    }
}
