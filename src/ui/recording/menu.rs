//! The dialog of the recordings: what to record, and what was recorded.

use std::rc::Rc;

use visavis_core::{Command, Undelivered};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, Event, HtmlElement, HtmlSelectElement};

use super::composer::all_tiles;
use super::kept::{self, fill, set_words};
use super::running::{self, NotStarted, Running};
use super::{Subject, of};
use crate::dom;
use crate::storage::StorageWriter;
use crate::ui::dialog::{self, Dialog};
use crate::ui::names;
use crate::ui::shared::Shared;
use crate::ui::text::recording as words;

const HTML: &str = include_str!("menu.html");

/// Opens it; `ended` says why a recording has just ended.
pub(super) fn open(shared: &Rc<Shared>, ended: &str) {
    let Some(recordings) = of(shared) else { return };
    drop(recordings.menu.take());
    let opened = make(shared, ended).ok();
    *recordings.menu.borrow_mut() = opened;
}

fn make(shared: &Rc<Shared>, ended: &str) -> Result<Dialog, JsValue> {
    let recordings = of(shared).ok_or(JsValue::UNDEFINED)?;
    let element = dom::instantiate(HTML)?;
    let dialog = Dialog::open(shared, element, &[("click", click), ("close", closed)])?;
    let element = dialog.element();
    set_words(element, ".ended", ended)?;
    *recordings.listed.borrow_mut() = fill(shared, &dom::find(element, ".kept")?);
    let form: Element = dom::find(element, "form")?;
    let in_call = shared.view().is_some_and(|view| view.lifecycle.in_call());
    dom::set_flag(&form, "hidden", !in_call);
    if in_call {
        offer(shared, &form)?;
    }
    let first = if ended.is_empty() { "select" } else { "[data-save]" };
    if let Ok(first) = dom::find::<HtmlElement>(element, first) {
        let _ = first.focus();
    }
    Ok(dialog)
}

/// What can be recorded, and where to.
fn offer(shared: &Rc<Shared>, form: &Element) -> Result<(), JsValue> {
    let select: HtmlSelectElement = dom::find(form, "select")?;
    for (at, tile) in all_tiles(&shared.frame).iter().enumerate() {
        let option = dom::instantiate("<option></option>")?;
        dom::set_attribute(&option, "value", Some(&at.to_string()));
        dom::set_text(&option, &tile.get_attribute("aria-label").unwrap_or_default());
        // What it stands for, also when tiles come and go meanwhile.
        for name in ["data-participant", "data-source"] {
            dom::set_attribute(&option, name, tile.get_attribute(name).as_deref());
        }
        select.append_child(&option)?;
    }
    let place: Element = dom::find(form, "[data-place]")?;
    if running::supported_type().is_none() {
        dom::set_flag(&dom::find::<Element>(form, "[data-start]")?, "disabled", true);
        dom::set_text(&place, words::not_started(NotStarted::Unsupported));
        return Ok(());
    }
    let writer = StorageWriter::start();
    if let Some(recordings) = of(shared) {
        *recordings.writer.borrow_mut() = Some(Rc::clone(&writer));
    }
    // Changes nothing, but has the room find out who can be told at all.
    shared.send(Command::SetRecording(false));
    let (shared, form) = (Rc::clone(shared), form.clone());
    spawn_local(async move {
        let room = writer.room().await;
        let _ = set_words(&form, "[data-told]", &words::told(&untold(&shared)));
        dom::set_text(&place, &words::place(room));
    });
    Ok(())
}

/// The names of those who cannot be told that they are recorded.
fn untold(shared: &Rc<Shared>) -> Vec<String> {
    let Some(view) = shared.view() else { return Vec::new() };
    let Some(interactions) = view.interactions.clone() else { return Vec::new() };
    let is_untold = |at: &usize| {
        let id = &view.participants[*at].id;
        interactions.undelivered.iter().any(|(who, why)| who == id && *why == Undelivered::Impossible)
    };
    let names = names::distinct(&view);
    (0..view.participants.len()).filter(is_untold).filter_map(|at| names.get(at).cloned()).collect()
}

fn click(shared: &Rc<Shared>, event: &Event) {
    if dom::closest(event, "[data-start]").is_some() {
        start(shared);
    } else if dialog::is_dismissed_by(event) {
        close(shared);
    }
}

fn close(shared: &Rc<Shared>) {
    of(shared).iter().for_each(|recordings| recordings.menu.borrow().iter().for_each(Dialog::close));
}

fn start(shared: &Rc<Shared>) {
    let Some(recordings) = of(shared) else { return };
    let subject =
        recordings.menu.borrow().as_ref().map(|menu| subject(menu.element())).unwrap_or(Subject::Stage);
    // Taken: a second click starts no second one.
    let Some(writer) = recordings.writer.take() else { return };
    let shared = Rc::clone(shared);
    spawn_local(async move {
        match Running::start(&shared, subject, writer).await {
            Ok(running) => {
                *recordings.running.borrow_mut() = Some(running);
                shared.send(Command::SetRecording(true));
                shared.toasts.show(words::started());
                close(&shared);
            }
            Err(reason) => {
                shared.toasts.show(words::not_started(reason));
                close(&shared);
            }
        }
    });
}

fn subject(menu: &Element) -> Subject {
    let option = dom::find::<HtmlSelectElement>(menu, "select").ok().and_then(|select| {
        let selected = ["option[value=\"", &select.value(), "\"]"].concat();
        menu.query_selector(&selected).ok().flatten()
    });
    option.as_ref().and_then(Subject::of).unwrap_or(Subject::Stage)
}

fn closed(shared: &Rc<Shared>, _: &Event) {
    if of(shared).is_some_and(|recordings| kept::is_any_only_in_memory(&recordings.kept.borrow())) {
        shared.toasts.show(words::only_in_memory());
    }
    dialog::closed(shared, forget, "record");
}

/// With what it has listed, and what would have written a recording that was not started.
fn forget(shared: &Rc<Shared>) {
    let Some(recordings) = of(shared) else { return };
    drop(recordings.menu.take());
    drop(recordings.writer.take());
    drop(recordings.listed.take());
}
