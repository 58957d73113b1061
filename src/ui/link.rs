//! The link that carries the room.

use std::rc::Rc;

use visavis_app::ServerChoice;
use visavis_core::RoomView;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{HtmlInputElement, Url, UrlSearchParams};

use super::shared::Shared;
use super::{choice, text};
use crate::dom;

/// What an address may say of a person or for one; `room` has its place in the fragment.
const PERSONAL: [&str; 5] = ["room", "name", "join", "token", "watch"];

/// The names of parameters, each as it is spelt.
pub fn keys(parameters: &UrlSearchParams) -> Vec<String> {
    parameters.keys().into_iter().flatten().filter_map(|key| key.as_string()).collect()
}

/// Takes parameters out, however their names are spelt.
pub(super) fn remove(parameters: &UrlSearchParams, names: &[&str]) {
    for key in keys(parameters) {
        if names.contains(&&*key.to_ascii_lowercase()) {
            parameters.delete(&key);
        }
    }
}

/// Lets an address name a room, and nothing of a person. The room is the key to itself: in the fragment it gets into no
/// request, and so into no log of a server.
///
/// # Errors
/// In browsers without `URLSearchParams`.
pub fn name_room(url: &Url, room: &str) -> Result<(), JsValue> {
    remove(&url.search_params(), &PERSONAL);
    let fragment = UrlSearchParams::new()?;
    fragment.set("room", room);
    url.set_hash(&String::from(fragment.to_string()));
    Ok(())
}

/// The page's URL with the room in it, and nothing of the person who copies it.
fn to_room(room: &str, choice: Option<&ServerChoice>) -> Result<String, JsValue> {
    let window = web_sys::window().ok_or("no window")?;
    let url = Url::new(&window.location().href()?)?;
    url.set_search("");
    choice::put(&url.search_params(), choice);
    name_room(&url, room)?;
    Ok(url.href())
}

/// Copies the link and says so; where the browser does not allow it, shows the link to copy by hand.
pub(super) fn copy(shared: &Rc<Shared>, view: &RoomView) {
    let choice = shared.options.server.choice_in_force(view.fallback);
    if let Ok(link) = to_room(&view.room, choice) {
        copy_text(shared, link, text::link_copied());
    }
}

/// Copies a text and says `done`.
pub(super) fn copy_text(shared: &Rc<Shared>, link: String, done: &'static str) {
    let shared = Rc::downgrade(shared);
    spawn_local(async move {
        let copied = write_to_clipboard(&link).await.is_ok();
        let Some(shared) = shared.upgrade() else { return };
        if copied {
            shared.toasts.show(done);
        } else {
            let _ = show(&shared, &link);
        }
    });
}

/// Puts a text into the clipboard.
///
/// # Errors
/// If the browser does not allow it, or has none.
pub(super) async fn write_to_clipboard(text: &str) -> Result<(), JsValue> {
    let clipboard = web_sys::window().ok_or("no window")?.navigator().clipboard();
    // Absent on insecure pages, whatever the type says.
    if clipboard.is_undefined() {
        return Err("no clipboard".into());
    }
    JsFuture::from(clipboard.write_text(text)).await.map(drop)
}

fn show(shared: &Shared, link: &str) -> Result<(), JsValue> {
    let sheet: web_sys::Element = dom::find(&shared.frame, ".link-sheet")?;
    let input: HtmlInputElement = dom::find(&sheet, "input")?;
    dom::set_flag(&sheet, "hidden", false);
    input.set_value(link);
    input.focus()?;
    input.select();
    Ok(())
}
