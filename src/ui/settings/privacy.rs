//! What the page leaves in the browser: all of it in words, and a button that erases it.

use std::rc::Rc;

use visavis_app::stored_data::{StorageArea, StoredData, is_ours};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, Storage};

use crate::dom;
use crate::dom::by_name::{call, call_async, member};
use crate::files;
use crate::storage::StorageFolder;
use crate::ui::shared::Shared;
use crate::ui::{recording, text};

/// Where it is in the dialog.
const SECTION: &str = "[data-privacy]";
const ENTRY: &str = "<li></li>";
/// The button knows that the person knows what they would lose.
const SURE: &str = "data-sure";

/// Something that is stored.
struct Found {
    /// Its key; that of recordings is the name of their folder.
    key: String,
    /// What it is, if that is known.
    data: Option<StoredData>,
    /// What can be said of it.
    detail: String,
}

/// Shows what is stored now.
pub(super) fn show(dialog: &Element) {
    let dialog = dialog.clone();
    spawn_local(async move {
        let _ = render(&dialog, &find().await);
    });
}

/// Erases all of it. Where recordings would be lost, only when it is asked for twice.
pub(super) fn erase(shared: &Rc<Shared>, button: &Element) {
    let (shared, button) = (Rc::clone(shared), button.clone());
    spawn_local(async move {
        let Ok(Some(section)) = button.closest(SECTION) else { return };
        let loses = |found: &Found| found.data == Some(StoredData::Recordings);
        if !button.has_attribute(SURE) && find().await.iter().any(loses) {
            dom::set_flag(&button, SURE, true);
            dom::set_text(&button, text::privacy::erase_recordings());
            return show_status(&section, text::privacy::sure());
        }
        erase_all(&shared).await;
        let left = find().await;
        if render(&section, &left).is_ok() {
            show_status(&section, text::privacy::erased(left.is_empty()));
        }
    });
}

fn show_status(section: &Element, words: &str) {
    if let Ok(status) = dom::find::<Element>(section, "[role=status]") {
        dom::set_text(&status, words);
    }
}

/// Fills the list; `root` is the section, or around it.
fn render(root: &Element, found: &[Found]) -> Result<(), JsValue> {
    let list: Element = dom::find(root, "[data-stored-list]")?;
    dom::set_text(&list, "");
    for Found { key, data, detail } in found {
        let entry = dom::instantiate(ENTRY)?;
        let words =
            data.map_or_else(|| text::privacy::unknown(key), |data| text::privacy::stored(data, detail));
        dom::set_text(&entry, &words);
        dom::set_attribute(&entry, "data-stored", Some(key));
        list.append_child(&entry)?;
    }
    let nothing: Element = dom::find(root, "[data-nothing]")?;
    dom::set_text(&nothing, if found.is_empty() { text::privacy::nothing() } else { "" });
    let button: Element = dom::find(root, "[data-erase]")?;
    dom::set_flag(&button, SURE, false);
    dom::set_text(&button, text::privacy::erase());
    Ok(())
}

/// Everything of ours that is stored.
async fn find() -> Vec<Found> {
    let mut found = Vec::new();
    for (area, storage) in storages() {
        for key in keys_of(&storage) {
            let value = storage.get_item(&key).ok().flatten().unwrap_or_default();
            if !value.is_empty() {
                found.push(Found { data: StoredData::with_key(area, &key), key, detail: value });
            }
        }
    }
    for (data, folder) in [
        (StoredData::Recordings, StorageFolder::RECORDINGS),
        (StoredData::ReceivedFiles, StorageFolder::RECEIVED_FILES),
    ] {
        let (count, bytes) = folder.usage().await;
        if count > 0 {
            let detail = text::privacy::recordings(count, bytes);
            found.push(Found { key: data.key().to_owned(), data: Some(data), detail });
        }
    }
    if service_worker().await.is_some() {
        let data = StoredData::ServiceWorker;
        found.push(Found { key: data.key().to_owned(), data: Some(data), detail: String::new() });
    }
    let place = |found: &Found| StoredData::ALL.iter().position(|data| Some(*data) == found.data);
    found.sort_by_key(|found| place(found).unwrap_or(usize::MAX));
    found
}

async fn erase_all(shared: &Rc<Shared>) {
    for (_, storage) in storages() {
        keys_of(&storage).iter().for_each(|key| drop(storage.remove_item(key)));
    }
    recording::erase_stored(shared).await;
    files::remove_abandoned().await;
    unregister_service_worker().await;
}

/// Takes back the registration of the service worker, if there is one.
pub(super) async fn unregister_service_worker() {
    if let Some(registration) = service_worker().await {
        let _ = call_async(&registration, "unregister", &[]).await;
    }
}

/// Both storages. Throws when cookies are blocked, and in sandboxed frames.
fn storages() -> Vec<(StorageArea, Storage)> {
    let Some(window) = web_sys::window() else { return Vec::new() };
    let all = [
        (StorageArea::Local, window.local_storage().ok().flatten()),
        (StorageArea::Session, window.session_storage().ok().flatten()),
    ];
    all.into_iter().filter_map(|(area, storage)| Some((area, storage?))).collect()
}

/// The keys of ours. Listed before any of them goes: they are counted through.
fn keys_of(storage: &Storage) -> Vec<String> {
    let count = member(storage, "length").as_f64().unwrap_or_default();
    let mut keys = Vec::new();
    let mut at = 0.0;
    while at < count {
        let key = call(storage, "key", &[&at.into()]).ok().and_then(|key| key.as_string());
        keys.extend(key.filter(|key| is_ours(key)));
        at += 1.0;
    }
    keys
}

/// What is registered for this page, unless it is that of a site around it. Pages that are not secure have none.
async fn service_worker() -> Option<JsValue> {
    let container = member(&web_sys::window()?.navigator(), "serviceWorker");
    let registration = call_async(&container, "getRegistration", &[]).await.ok()?;
    let script = member(&member(&registration, "active"), "scriptURL").as_string()?;
    script.ends_with(StoredData::ServiceWorker.key()).then_some(registration)
}
