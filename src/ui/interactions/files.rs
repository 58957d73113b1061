//! Files, among the messages of the chat: picked or dropped to be offered, received when the person wants them.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Reflect};
use visavis_core::{
    Command, FileCommand, FileHandle, FileId, FileState, FileView, FilesView, MAX_FILE_BYTES,
    MAX_OFFERED_FILES, RoomView,
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, Event, HtmlElement, Node};

use super::{name_of, shown, toggle_chat};
use crate::dom::by_name::member;
use crate::dom::{self, Listener};
use crate::files;
use crate::ui::shared::Shared;
use crate::ui::text;

const HTML: &str = include_str!("file.html");
/// Says of a row which file it shows.
const ID: &str = "data-id";
/// Says of the stage that files are dragged over it.
const DRAGGED: &str = "data-dragged";

/// What this page has on the shelf of files, and what is dropped onto the stage.
pub(super) struct Held {
    /// The places, and whether the room has shown them: from then on they are kept for as long as it does.
    handles: RefCell<Vec<(FileHandle, bool)>>,
    _listeners: [Listener; 3],
}

impl Held {
    pub(super) fn new(shared: &Rc<Shared>, stage: &HtmlElement) -> Self {
        let on = |event, act: fn(&Rc<Shared>, &HtmlElement, &Event)| {
            let (shared, stage) = (Rc::downgrade(shared), stage.clone());
            Listener::new(&stage.clone(), event, move |event| {
                shared.upgrade().iter().for_each(|shared| act(shared, &stage, &event));
            })
        };
        let _listeners = [
            on("dragover", |_, stage, event| {
                if holds_files(event) {
                    event.prevent_default();
                    dom::set_flag(stage, DRAGGED, true);
                }
            }),
            on("dragleave", |_, stage, event| {
                let to = member(event, "relatedTarget").dyn_into::<Node>().ok();
                if !stage.contains(to.as_ref()) {
                    dom::set_flag(stage, DRAGGED, false);
                }
            }),
            on("drop", on_drop),
        ];
        Self { handles: RefCell::default(), _listeners }
    }

    /// The stage was built anew, and with it this.
    pub(super) fn take_from(&self, before: &Self) {
        self.handles.borrow_mut().extend(before.handles.take());
    }

    fn hold(&self, handle: FileHandle) -> FileHandle {
        self.handles.borrow_mut().push((handle, false));
        handle
    }

    /// Lets go of what the room has shown and shows no more.
    pub(super) fn keep(&self, view: &FilesView) {
        let mut gone = Vec::new();
        self.handles.borrow_mut().retain_mut(|(handle, seen)| {
            let is_shown = view.files.iter().any(|file| file.handle == Some(*handle));
            if *seen && !is_shown {
                gone.push(*handle);
            }
            let is_gone = *seen && !is_shown;
            *seen |= is_shown;
            !is_gone
        });
        gone.into_iter().for_each(files::remove);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.handles.take().into_iter().for_each(|(handle, _)| files::remove(handle));
    }
}

fn holds_files(event: &Event) -> bool {
    let types = member(&member(event, "dataTransfer"), "types");
    Array::from(&types).iter().any(|kind| kind == "Files")
}

fn on_drop(shared: &Rc<Shared>, stage: &HtmlElement, event: &Event) {
    dom::set_flag(stage, DRAGGED, false);
    if holds_files(event) {
        event.prevent_default();
        offer(shared, &member(&member(event, "dataTransfer"), "files"));
        if super::on_stage(shared).is_some_and(|ours| ours.panel.borrow().is_none()) {
            toggle_chat(shared, stage);
        }
    }
}

/// The person has picked files in the panel.
pub(super) fn on_picked(shared: &Rc<Shared>, event: &Event) {
    let Some(input) = event.target().filter(|input| member(input, "files").is_object()) else { return };
    offer(shared, &member(&input, "files"));
    // The same file once more is another pick.
    let _ = Reflect::set(&input, &"value".into(), &"".into());
}

/// Offers what is in a `FileList`.
fn offer(shared: &Rc<Shared>, list: &JsValue) {
    let (Some(ours), Some(view)) = (super::on_stage(shared), shared.view()) else { return };
    let offered = shown(&view).files.files.iter().filter(|file| file.owner.is_none()).count();
    let mut free = MAX_OFFERED_FILES.saturating_sub(offered);
    for file in Array::from(list).iter() {
        let name = member(&file, "name").as_string().unwrap_or_default();
        let size = member(&file, "size").as_f64().unwrap_or_default();
        if size > f64::from(MAX_FILE_BYTES) {
            shared.toasts.show(&text::files::too_large(&name));
        } else if free == 0 {
            return shared.toasts.show(&text::files::too_many());
        } else {
            free -= 1;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is not larger")]
            let (handle, size) = (ours.files.hold(files::add(file)), size as u32);
            shared.send(Command::File(FileCommand::Offer { handle, name, size }));
        }
    }
}

/// A button of a file was pressed.
pub(super) fn on_click(shared: &Rc<Shared>, event: &Event) {
    let name = dom::closest(event, "[data-file]").and_then(|button| button.get_attribute("data-file"));
    let row = dom::closest(event, ".file").and_then(|row| row.get_attribute(ID));
    let (Some(name), Some(id)) = (name, row.and_then(|id| id.parse().ok().map(FileId))) else { return };
    let command = match &*name {
        "receive" => {
            let Some(ours) = super::on_stage(shared) else { return };
            FileCommand::Receive(id, ours.files.hold(files::reserve()))
        }
        "pause" => FileCommand::Pause(id),
        "resume" => FileCommand::Resume(id),
        "cancel" => FileCommand::Cancel(id),
        "withdraw" => FileCommand::Withdraw(id),
        // The link itself saves it.
        _ => return,
    };
    shared.send(Command::File(command));
}

/// A row for a file.
pub(super) fn make(view: &RoomView, file: &FileView) -> Result<HtmlElement, JsValue> {
    let row = dom::instantiate(HTML)?;
    dom::set_attribute(&row, ID, Some(&file.id.0.to_string()));
    // Its name is text, wherever it is.
    for (selector, words) in [(".name", &file.name), (".size", &text::size::size(file.size.into()))] {
        set_words(&row, selector, words)?;
    }
    for button in dom::find_all(&row, "[data-file]") {
        let words = button.text_content().unwrap_or_default();
        dom::set_attribute(&button, "aria-label", Some(&text::files::button(&words, &file.name)));
    }
    let save: Element = dom::find(&row, "[data-file=save]")?;
    dom::set_attribute(&save, "download", Some(&file.name));
    let progress: Element = dom::find(&row, "progress")?;
    dom::set_attribute(&progress, "aria-label", Some(&file.name));
    dom::set_attribute(&progress, "max", Some(&file.size.max(1).to_string()));
    update(view, file, &row)?;
    Ok(row)
}

/// Shows in its row how far it is.
pub(super) fn update(view: &RoomView, file: &FileView, row: &HtmlElement) -> Result<(), JsValue> {
    let owner = name_of(view, file.owner.as_ref(), &file.owner_name);
    let moves = matches!(file.state, FileState::Waiting | FileState::Receiving | FileState::Paused);
    dom::set_attribute(row, "data-state", Some(code(file.state)));
    let words = match file.owner {
        None => text::files::offered(&unreachable(view), view.participants.len()),
        Some(_) => text::files::state(&owner, file),
    };
    set_words(row, ".state", &words)?;
    let share = if moves { text::files::share(file.bytes, file.size) } else { String::new() };
    set_words(row, ".share", &share)?;
    let progress: Element = dom::find(row, "progress")?;
    dom::set_attribute(&progress, "value", Some(&file.bytes.to_string()));
    dom::set_flag(&progress, "hidden", !moves);
    let recipients: Vec<String> = file
        .recipients
        .iter()
        .map(|one| text::files::recipient(&name_of(view, Some(&one.id), ""), one.state, one.bytes, file.size))
        .collect();
    show_recipients(row, &recipients)?;
    show_buttons(file, row)?;
    if file.state == FileState::Received {
        show_link(file, row)?;
    }
    Ok(())
}

/// What those are called who cannot get files.
pub(super) fn unreachable(view: &RoomView) -> Vec<String> {
    shown(view).files.unreachable.iter().map(|id| name_of(view, Some(id), "")).collect()
}

fn show_recipients(row: &HtmlElement, recipients: &[String]) -> Result<(), JsValue> {
    let list: Element = dom::find(row, ".recipients")?;
    while list.child_element_count() > recipients.len() as u32 {
        list.last_element_child().iter().for_each(Element::remove);
    }
    while list.child_element_count() < recipients.len() as u32 {
        list.append_child(&*dom::instantiate("<li></li>")?)?;
    }
    dom::set_flag(&list, "hidden", recipients.is_empty());
    for (item, words) in dom::find_all(&list, "li").iter().zip(recipients) {
        dom::set_text(item, words);
    }
    Ok(())
}

/// Shows the buttons that do something. One that has the focus and goes hands it on.
fn show_buttons(file: &FileView, row: &HtmlElement) -> Result<(), JsValue> {
    let (own, state, kept) = (file.owner.is_none(), file.state, file.handle.is_some());
    let failed = matches!(state, FileState::Failed(_));
    let moves = matches!(state, FileState::Waiting | FileState::Receiving);
    let shown = [
        ("receive", !own && file.available && !kept && (state == FileState::Offered || failed)),
        ("pause", moves),
        ("resume", file.available && kept && (state == FileState::Paused || failed)),
        ("cancel", moves || matches!(state, FileState::Paused | FileState::Checking) || (failed && kept)),
        ("withdraw", own),
    ];
    let mut lost = false;
    for (name, is_shown) in shown {
        let button: Element = dom::find(row, &["[data-file=", name, "]"].concat())?;
        lost |= !is_shown && button.matches(":focus")?;
        dom::set_flag(&button, "hidden", !is_shown);
    }
    if lost {
        let next = row.query_selector("[data-file]:not([hidden])")?;
        let log = row.closest(".log")?;
        if let Some(next) = next.or(log).and_then(|next| next.dyn_into::<HtmlElement>().ok()) {
            let _ = next.focus();
        }
    }
    Ok(())
}

/// The link with which the person saves it.
fn show_link(file: &FileView, row: &HtmlElement) -> Result<(), JsValue> {
    let link: Element = dom::find(row, "[data-file=save]")?;
    if let Some(received) = file.handle.and_then(files::received).filter(|_| !link.has_attribute("href")) {
        spawn_local(async move {
            if let Ok(url) = received.url().await {
                dom::set_attribute(&link, "href", Some(&url));
                dom::set_flag(&link, "hidden", false);
            }
        });
    }
    Ok(())
}

/// Writes into the part of a row with this selector.
fn set_words(row: &HtmlElement, selector: &str, words: &str) -> Result<(), JsValue> {
    let part: Element = dom::find(row, selector)?;
    dom::set_text(&part, words);
    Ok(())
}

/// The stable name of a state, for styles and tests.
fn code(state: FileState) -> &'static str {
    match state {
        FileState::Offered => "offered",
        FileState::Waiting => "waiting",
        FileState::Receiving => "receiving",
        FileState::Paused => "paused",
        FileState::Checking => "checking",
        FileState::Received => "received",
        FileState::Failed(_) => "failed",
    }
}
