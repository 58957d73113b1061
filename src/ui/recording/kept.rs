//! Recordings that have ended: in the browser's own storage until the person deletes them, or in memory.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use visavis_app::recording::webm::{Piece, WebmIndex};
use visavis_core::Lifecycle;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement};

use super::of;
use crate::dom::by_name::{call, call_async, construct, member};
use crate::dom::{self, Listener, object};
use crate::storage::StorageFolder;
use crate::ui::shared::Shared;
use crate::ui::text;

/// Where those are that are not in memory.
pub(super) const FOLDER: StorageFolder = StorageFolder::RECORDINGS;

const ENTRY: &str = include_str!("entry.html");
const SECTION: &str = include_str!("found.html");
/// Most recordings that are shown of those that were found.
const MAX_FOUND: usize = 20;
/// How much of a file is read at once, in bytes.
const READ_BYTES: f64 = 4_000_000.0;

/// Where a recording is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In a file of the browser's own storage.
    File,
    /// Only in memory: it goes with the page.
    Memory,
}

/// A recording that has ended.
pub(super) struct Kept {
    name: String,
    place: Place,
    /// As it was recorded.
    blob: JsValue,
    /// What is in it, if that is known.
    index: RefCell<Option<WebmIndex>>,
    /// Where the finished file is to be had.
    url: RefCell<Option<String>>,
    saved: Cell<bool>,
    /// Has the browser ask before it is lost.
    unload: RefCell<Option<Listener>>,
}

/// A row that shows one.
pub(super) struct Entry {
    _listener: Listener,
}

impl Kept {
    /// One with this name.
    pub(super) fn new(name: &str, place: Place, blob: JsValue, index: Option<WebmIndex>) -> Self {
        let unload = if place == Place::Memory { dom::ask_before_unload() } else { None };
        Self {
            name: name.to_owned(),
            place,
            blob,
            index: RefCell::new(index),
            url: RefCell::default(),
            saved: Cell::default(),
            unload: RefCell::new(unload),
        }
    }

    fn bytes(&self) -> f64 {
        member(&self.blob, "size").as_f64().unwrap_or_default()
    }

    /// Saves the finished file among the person's downloads.
    async fn save(&self, link: &HtmlElement) -> Result<(), JsValue> {
        let known = self.url.borrow().clone();
        let url = match known {
            Some(url) => url,
            None => {
                let finished = self.finished().await?;
                let window: JsValue = web_sys::window().ok_or(JsValue::UNDEFINED)?.into();
                let class = member(&window, "URL");
                let url = call(&class, "createObjectURL", &[&finished])?.as_string().unwrap_or_default();
                self.url.borrow_mut().insert(url).clone()
            }
        };
        dom::set_attribute(link, "href", Some(&url));
        dom::set_attribute(link, "download", Some(&["visavis-", &self.name].concat()));
        link.click();
        self.saved.set(true);
        drop(self.unload.take());
        Ok(())
    }

    /// The file with a beginning that tells how long it is. What is no WebM file stays as it is.
    async fn finished(&self) -> Result<JsValue, JsValue> {
        if self.index.borrow().is_none() {
            let index = self.read().await?;
            *self.index.borrow_mut() = Some(index);
        }
        let Some(pieces) = self.index.borrow().as_ref().and_then(WebmIndex::finish) else {
            return Ok(self.blob.clone());
        };
        let parts = Array::new();
        for piece in pieces {
            parts.push(&match piece {
                Piece::Bytes(bytes) => Uint8Array::from(&bytes[..]).into(),
                Piece::Recorded(begin, end) => slice(&self.blob, begin as f64, end as f64)?,
            });
        }
        make_blob(&parts, &self.name)
    }

    /// Reads all of it, to see what is in it.
    async fn read(&self) -> Result<WebmIndex, JsValue> {
        let (mut index, mut at) = (WebmIndex::default(), 0.0);
        while at < self.bytes() {
            let part = slice(&self.blob, at, at + READ_BYTES)?;
            let buffer = call_async(&part, "arrayBuffer", &[]).await?;
            index.push(&Uint8Array::new(&buffer).to_vec());
            at += READ_BYTES;
        }
        Ok(index)
    }

    async fn delete(&self) {
        match self.place {
            Place::Memory => {}
            Place::File => remove_file(&self.name).await,
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let (Some(url), Some(window)) = (self.url.take(), web_sys::window()) {
            let _ = call(&member(&window, "URL"), "revokeObjectURL", &[&url.into()]);
        }
    }
}

/// Whether there is one that goes with the page.
pub(super) fn is_any_only_in_memory(kept: &[Rc<Kept>]) -> bool {
    kept.iter().any(|kept| kept.place == Place::Memory && !kept.saved.get())
}

/// Shows recordings in a list; what can be done with them works as long as what this gives lives.
pub(super) fn fill(shared: &Rc<Shared>, list: &Element) -> Vec<Entry> {
    let Some(recordings) = of(shared) else { return Vec::new() };
    dom::set_text(list, "");
    let kept = recordings.kept.borrow();
    kept.iter().filter_map(|kept| entry(shared, list, kept).ok()).collect()
}

fn entry(shared: &Rc<Shared>, list: &Element, kept: &Rc<Kept>) -> Result<Entry, JsValue> {
    let row = dom::instantiate(ENTRY)?;
    let millis = kept.index.borrow().as_ref().map(WebmIndex::duration);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
    let words = text::recording::entry(&kept.name, millis, kept.bytes() as u64);
    set_words(&row, "p", &words)?;
    list.append_child(&row)?;
    let (weak, kept, place) = (Rc::downgrade(shared), Rc::clone(kept), row.clone());
    let _listener = Listener::new(&row, "click", move |event| {
        let saves = dom::closest(&event, "[data-save]").is_some();
        let deletes = dom::closest(&event, "[data-delete]").is_some();
        let (Some(shared), kept, row) = (weak.upgrade(), Rc::clone(&kept), place.clone()) else { return };
        if saves {
            spawn_local(async move { save(&kept, &row).await });
        } else if deletes {
            spawn_local(async move { delete(&shared, &kept, &row).await });
        }
    });
    Ok(Entry { _listener })
}

async fn save(kept: &Kept, row: &HtmlElement) {
    let (Ok(status), Ok(link)) = (dom::find::<Element>(row, "[role=status]"), dom::find(row, "a")) else {
        return;
    };
    dom::set_text(&status, text::recording::saving());
    let saved = kept.save(&link).await.is_ok();
    dom::set_text(&status, text::recording::saved(saved, kept.place == Place::File));
}

/// A person who presses it a second time means it.
async fn delete(shared: &Rc<Shared>, kept: &Rc<Kept>, row: &HtmlElement) {
    let (Ok(button), Ok(status)) =
        (dom::find::<Element>(row, "[data-delete]"), dom::find::<Element>(row, "[role=status]"))
    else {
        return;
    };
    if !kept.saved.get() && !button.has_attribute("data-sure") {
        dom::set_flag(&button, "data-sure", true);
        dom::set_text(&button, text::recording::delete_for_good());
        return dom::set_text(&status, text::recording::not_saved());
    }
    kept.delete().await;
    if let Some(recordings) = of(shared) {
        recordings.kept.borrow_mut().retain(|other| !Rc::ptr_eq(other, kept));
    }
    let list = row.parent_element();
    row.remove();
    let is_empty = list.as_ref().is_some_and(|list| list.child_element_count() == 0);
    if let Some(section) = list.filter(|_| is_empty).and_then(|list| list.closest(".found").ok().flatten()) {
        section.remove();
    }
    shared.toasts.show(text::recording::deleted());
}

/// Shows in the lobby what was recorded earlier and is still in the browser's storage.
pub(in crate::ui) fn show_in_lobby(shared: &Rc<Shared>, _: &Element) {
    let shared = Rc::clone(shared);
    spawn_local(async move {
        let found = find().await.unwrap_or_default();
        let is_in_lobby = shared.view().is_some_and(|view| view.lifecycle == Lifecycle::Lobby);
        if let (Some(recordings), false, true) = (of(&shared), found.is_empty(), is_in_lobby) {
            recordings.kept.borrow_mut().extend(found.into_iter().map(Rc::new));
            if let Ok(entries) = build_section(&shared) {
                *recordings.found.borrow_mut() = entries;
            }
        }
    });
}

fn build_section(shared: &Rc<Shared>) -> Result<Vec<Entry>, JsValue> {
    let place: Element = dom::find(&shared.frame, ".lobby .entry")?;
    let section = dom::instantiate(SECTION)?;
    place.append_child(&section)?;
    Ok(fill(shared, &dom::find(&section, "ul")?))
}

/// Deletes all of them that nobody is writing.
pub(in crate::ui) async fn erase_stored(shared: &Rc<Shared>) {
    for name in FOLDER.abandoned().await.unwrap_or_default() {
        remove_file(&name).await;
    }
    if shared.recordings.borrow().is_some()
        && let Some(recordings) = of(shared)
    {
        recordings.kept.borrow_mut().retain(|kept| kept.place == Place::Memory);
        drop(recordings.found.take());
        dom::find_all(&shared.frame, ".found").iter().for_each(|section| section.remove());
    }
}

/// The recordings in the browser's storage that nobody is writing.
async fn find() -> Result<Vec<Kept>, JsValue> {
    let mut found = Vec::new();
    for name in FOLDER.abandoned().await? {
        if found.len() == MAX_FOUND {
            break;
        }
        let Ok(blob) = FOLDER.file(&name).await else { continue };
        if member(&blob, "size").as_f64() > Some(0.0) {
            found.push(Kept::new(&name, Place::File, blob, None));
        } else {
            // It broke off before anything was recorded.
            remove_file(&name).await;
        }
    }
    Ok(found)
}

/// Removes a recording, and the folder if it was the last one.
async fn remove_file(name: &str) {
    if FOLDER.remove(name).await.is_ok() {
        FOLDER.remove_if_empty().await;
    }
}

/// A file of these parts.
pub(super) fn make_blob(parts: &Array, name: &str) -> Result<JsValue, JsValue> {
    let kind = if name.ends_with(".webm") { "video/webm" } else { "video/mp4" };
    let options = object(&[("type", kind.into())]);
    let window = web_sys::window().ok_or(JsValue::UNDEFINED)?;
    construct(&window, "Blob", &Array::of2(parts, &options))
}

fn slice(blob: &JsValue, begin: f64, end: f64) -> Result<JsValue, JsValue> {
    call(blob, "slice", &[&begin.into(), &end.into()])
}

/// Writes into the element with this selector.
pub(super) fn set_words(root: &Element, selector: &str, words: &str) -> Result<(), JsValue> {
    let element: Element = dom::find(root, selector)?;
    dom::set_text(&element, words);
    Ok(())
}
