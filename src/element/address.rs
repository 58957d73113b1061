//! The address of the page: the room it asks for, and the room it names.

use visavis_app::{ChoiceError, ServerChoice};
use wasm_bindgen::JsValue;
use web_sys::{Url, UrlSearchParams};

use super::settings::page_address;
use crate::dom::Listener;
use crate::on_demand::lazy_fn;
use crate::ui::{choice, link};

/// What `?name=N&dialect=D&server=U&try&watch#room=R` asks for.
///
/// Nothing in it joins a room or switches a device on: anybody can write a link, and any page can have one opened.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The room.
    pub room: Option<String>,
    /// The name of the person.
    pub name: Option<String>,
    /// Whether it names a server to go through: [`server_of`].
    pub names_server: bool,
    /// Whether to show what passes between us and the server.
    pub trace: bool,
    /// Whether to show and hear the others only, until the person switches a device on.
    pub watch: bool,
}

/// Reads an address.
pub fn asked_by(href: &str) -> Asked {
    let Some(asked) = Url::new(href).ok().and_then(|url| parameters(&url)) else { return Asked::default() };
    Asked {
        room: asked.get("room"),
        name: asked.get("name"),
        names_server: choice::PARAMETERS.iter().any(|name| asked.has(name)),
        trace: asked.has("try"),
        watch: asked.has("watch"),
    }
}

/// The server that an address names, or what is wrong with it. What reads it is in the other part of the program.
pub fn server_of(href: &str) -> Option<Result<ServerChoice, ChoiceError>> {
    let asked = parameters(&Url::new(href).ok()?)?;
    lazy_fn::<fn(&UrlSearchParams) -> Option<Result<ServerChoice, ChoiceError>>>(choice::of)(&asked)
}

/// The parameters of fragment and query, their names in lower case. Of two of one name the one in the fragment counts:
/// that is where we put the room, and old links have it in the query.
fn parameters(url: &Url) -> Option<UrlSearchParams> {
    let fragment = url.hash();
    let fragment = UrlSearchParams::new_with_str(fragment.get(1..).unwrap_or_default()).ok()?;
    let all = UrlSearchParams::new().ok()?;
    for part in [fragment, url.search_params()] {
        for key in link::keys(&part) {
            all.append(&key.to_ascii_lowercase(), &part.get(&key).unwrap_or_default());
        }
    }
    Some(all)
}

/// `href`, naming `room` and the server of our choice, and nothing of the person: whoever is given a copy of it is invited
/// as somebody else. `None` if it is so already. What else is in the query is not ours and stays.
pub fn naming(href: &str, room: &str, server: Option<&ServerChoice>) -> Option<String> {
    let url = Url::new(href).ok()?;
    link::name_room(&url, room).ok()?;
    if server.is_some() {
        choice::put(&url.search_params(), server);
    }
    Some(url.href()).filter(|named| named != href)
}

/// Lets the address of this page name the room, so that a copied address invites.
pub(super) fn name_room(room: &str, server: Option<&ServerChoice>) {
    let Some(window) = web_sys::window() else { return };
    let address = naming(&page_address(), room, server);
    if let (Some(address), Ok(history)) = (address, window.history()) {
        // Refused in sandboxed frames; the room works without.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
    }
}

/// Begins the page anew when a link to a room is followed in its own tab: that changes only the fragment, and browsers
/// load nothing for it.
pub(super) fn follow_links() -> Option<Listener> {
    let window = web_sys::window()?;
    let location = window.location();
    Some(Listener::new(&window, "hashchange", move |_| {
        if asked_by(&page_address()).room.is_some() {
            let _ = location.reload();
        }
    }))
}
