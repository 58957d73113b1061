//! What every part of the face needs.

use std::cell::RefCell;
use std::rc::Rc;

use visavis_core::{Command, RoomView, Source, SourceView};
use web_sys::HtmlElement;

use super::UiOptions;
use super::toasts::Toasts;
use super::trace::TracePanel;
use crate::tracks::Tracks;

/// Shared by the parts of one face. Holds no listener and no part, so nothing goes in circles.
pub(super) struct Shared {
    /// The one element that everything is in.
    pub(super) frame: HtmlElement,
    /// Where pictures and sound come from.
    pub(super) tracks: Tracks,
    /// What the page asked for.
    pub(super) options: UiOptions,
    /// Short messages.
    pub(super) toasts: Toasts,
    /// What was shown last: a click refers to it.
    pub(super) view: RefCell<Option<Rc<RoomView>>>,
    /// The messages that pass, if the person wants to see them.
    pub(super) trace: RefCell<Option<TracePanel>>,
    /// The way out.
    pub(super) send: Rc<dyn Fn(Command)>,
    /// Makes a report of what happened so far.
    pub(super) report: Rc<dyn Fn() -> String>,
}

impl Shared {
    /// Asks for something. The answer may be a new view before this returns: hold no borrow.
    pub(super) fn send(&self, command: Command) {
        (self.send)(command);
    }

    /// Opens the panel of messages, or closes it.
    pub(super) fn show_trace(&self, on: bool) {
        // The old one goes first.
        self.trace.take();
        if on {
            *self.trace.borrow_mut() = {
                let UiOptions { secrets, trial, .. } = &self.options;
                TracePanel::open(&self.frame, secrets, trial).ok()
            };
        }
        self.send(Command::Trace(on));
    }

    /// What was shown last.
    pub(super) fn view(&self) -> Option<Rc<RoomView>> {
        self.view.borrow().clone()
    }
}

/// Our own source in a view.
pub(super) fn own(view: &RoomView, source: Source) -> SourceView {
    match source {
        Source::Microphone => view.me.microphone,
        Source::Camera => view.me.camera,
    }
}
