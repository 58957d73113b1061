//! What every part of the user interface needs.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use visavis_core::{Command, RoomView, Source, SourceView, TraceKind};
use web_sys::HtmlElement;

use super::own_tile::OwnTile;
use super::toasts::Toasts;
use super::trace::TracePanel;
use super::{RoomHandle, Ui, UiOptions};
use crate::on_demand::{self, lazy_fn};
use crate::tracks::Tracks;

/// Shared by the parts of one user interface. Keeps no listener and no part alive, so nothing goes in circles.
pub(super) struct Shared {
    /// The one element that everything is in.
    pub(super) frame: HtmlElement,
    /// Where pictures and sound come from.
    pub(super) tracks: Tracks,
    /// What the page asked for.
    pub(super) options: UiOptions,
    /// Short messages.
    pub(super) toasts: Toasts,
    /// Ourselves, in the lobby or on the stage.
    pub(super) own_tile: OwnTile,
    /// What was shown last: a click refers to it. Nothing once the room has ended for good.
    pub(super) view: RefCell<Option<Rc<RoomView>>>,
    /// The messages that pass, if the person wants to see them.
    pub(super) trace: RefCell<Option<TracePanel>>,
    /// The settings of the devices, while they are open: known only to the part of the program that shows them.
    pub(super) settings: RefCell<Option<Rc<dyn Any>>>,
    /// What was chosen of the stage, for as long as a call lasts: known only to the part of the program that lays it out.
    pub(super) layouts: RefCell<Option<Rc<dyn Any>>>,
    /// What shows chat, reactions and raised hands, once there is any: known only to the same part.
    pub(super) interactions: RefCell<Option<Rc<dyn Any>>>,
    /// While somebody holds the key to talk, what waits for its end: known only to the part that knows that key.
    pub(super) push_to_talk: RefCell<Option<Rc<dyn Any>>>,
    /// What is recorded here, and was: known only to the same part.
    pub(super) recordings: RefCell<Option<Rc<dyn Any>>>,
    /// The details of a connection, while they are open: known only to the same part.
    pub(super) details: RefCell<Option<Rc<dyn Any>>>,
    /// The sheet of shortcuts, while it is open: known only to the same part.
    pub(super) shortcuts: RefCell<Option<Rc<dyn Any>>>,
    /// The room that is shown.
    pub(super) room: Box<dyn RoomHandle>,
    /// What these are the parts of.
    pub(super) ui: Weak<Ui>,
    /// How far the other part of the program is, if something to be shown is in it.
    pub(super) loading: Cell<Loading>,
}

/// How far the other part of the program is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Loading {
    /// Nobody has asked for it, or it is there.
    #[default]
    Unasked,
    /// It is on its way.
    Running,
    /// It cannot be loaded.
    Failed,
}

impl Shared {
    /// Asks for something. The answer may be a new view before this returns: hold no borrow.
    pub(super) fn send(&self, command: Command) {
        self.room.command(command);
    }

    /// Loads the other part of the program, unless that is under way or has failed. Then everything is shown again, with
    /// what is in it.
    pub(super) fn load_rest(self: &Rc<Self>) -> Loading {
        if self.loading.get() == Loading::Unasked {
            self.loading.set(Loading::Running);
            let shared = Rc::clone(self);
            on_demand::load_then(Box::new(move |loaded| {
                shared.loading.set(if loaded.is_ok() { Loading::Unasked } else { Loading::Failed });
                shared.refresh();
            }));
        }
        self.loading.get()
    }

    /// Shows the last view once more, after something was chosen that no view has. Hold no borrow.
    pub(super) fn refresh(&self) {
        self.ui.upgrade().iter().for_each(|ui| ui.refresh());
    }

    /// Adds a line to the panel of messages, if it is open.
    pub(super) fn trace(&self, kind: TraceKind, text: &str) {
        let add = lazy_fn::<fn(&TracePanel, TraceKind, &str)>(TracePanel::add);
        self.trace.borrow().iter().for_each(|panel| add(panel, kind, text));
    }

    /// What was shown last.
    pub(super) fn view(&self) -> Option<Rc<RoomView>> {
        self.view.borrow().clone()
    }
}

/// Our own source in a view.
pub(super) fn own(view: &RoomView, source: Source) -> SourceView {
    view.me.source(source)
}
