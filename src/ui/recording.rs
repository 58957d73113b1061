//! Recording a call on the person's own machine: the stage as it is shown, or one tile, with the voices. Loaded on demand,
//! with its styles.
//!
//! Pictures are drawn on a canvas, voices are mixed, and a `MediaRecorder` makes a file of both, of which a worker writes down
//! what there is once a second. It is in the browser's own storage until the person deletes it, so neither a crash nor a
//! forgotten download loses it.

mod composer;
mod kept;
mod mark;
mod menu;
mod mixer;
mod running;

use std::cell::RefCell;
use std::rc::Rc;

use visavis_core::{InteractionsView, RoomView};
use web_sys::{Element, HtmlElement};

use self::kept::{Entry, Kept};
use self::running::Running;
use super::dialog::Dialog;
use super::shared::Shared;
use super::styles;
use crate::storage::StorageWriter;

pub(super) use self::kept::{erase_stored, show_in_lobby};
pub(super) use self::running::{MAX_MEMORY, NotStarted, StopReason};

const STYLES: &str = include_str!("recording.css");

/// Says that a tile is recorded, so it is seen, also while the page is hidden.
const RECORDED: &str = "data-recorded";

/// What is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Subject {
    /// Whatever the stage shows, and everybody's voice.
    Stage,
    /// One tile, and what is heard of it.
    Tile { participant: String, source: String },
}

impl Subject {
    fn of(tile: &Element) -> Option<Self> {
        let attribute = |name| tile.get_attribute(name);
        Some(Self::Tile { participant: attribute("data-participant")?, source: attribute("data-source")? })
    }

    fn includes(&self, participant: &str, source: &str) -> bool {
        match self {
            Self::Stage => true,
            Self::Tile { participant: theirs, source: what } => theirs == participant && what == source,
        }
    }
}

/// The recordings of a page.
#[derive(Default)]
struct Recordings {
    menu: RefCell<Option<Dialog>>,
    /// Ready to write the next one.
    writer: RefCell<Option<Rc<StorageWriter>>>,
    running: RefCell<Option<Rc<Running>>>,
    /// Those that have ended, as far as this page knows.
    kept: RefCell<Vec<Rc<Kept>>>,
    /// What the dialog shows of them...
    listed: RefCell<Vec<Entry>>,
    /// ...and the lobby.
    found: RefCell<Vec<Entry>>,
}

/// Those of this page: made when they are first needed.
fn of(shared: &Rc<Shared>) -> Option<Rc<Recordings>> {
    let known = shared.recordings.borrow().clone();
    if let Some(known) = known {
        return known.downcast().ok();
    }
    styles::adopt_styles(&shared.frame, "visavisRecording", STYLES);
    let made = Rc::new(Recordings::default());
    *shared.recordings.borrow_mut() = Some(made.clone());
    Some(made)
}

fn running(shared: &Rc<Shared>) -> Option<Rc<Running>> {
    of(shared)?.running.borrow().clone()
}

/// Stops the recording, or opens the dialog in which one is started.
pub(super) fn toggle(shared: &Rc<Shared>, _: &Element) {
    match running(shared) {
        Some(running) => running.stop(StopReason::Asked),
        None => menu::open(shared, ""),
    }
}

/// Shows who records, and goes on with what there is to see and hear now. The recording ends with the call.
pub(super) fn render(shared: &Rc<Shared>, view: &RoomView) {
    let recordings = shared.recordings.borrow().is_some();
    if let Some(running) = recordings.then(|| running(shared)).flatten() {
        if view.lifecycle.in_call() {
            running.show(view);
        } else {
            running.stop(StopReason::Left);
        }
    }
}

/// Shows on the stage who else records.
pub(super) fn render_mark(
    shared: &Rc<Shared>,
    stage: &HtmlElement,
    view: &RoomView,
    interactions: &InteractionsView,
) {
    if !interactions.recorders.is_empty() || shared.recordings.borrow().is_some() {
        of(shared);
        mark::render(stage, view, interactions);
    } else {
        mark::remove(stage);
    }
}
