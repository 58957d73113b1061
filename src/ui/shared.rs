//! What every part of the face needs.

use std::cell::RefCell;
use std::rc::Rc;

use visavis_core::{Command, RoomView, Source, SourceView, TraceKind};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement};

use super::toasts::Toasts;
use super::trace::TracePanel;
use super::{TrialOptions, UiOptions, text};
use crate::on_demand::{self, far};
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

    /// Opens the panel of messages, once what it needs is loaded.
    pub(super) fn load_trace(self: &Rc<Self>) {
        let shared = Rc::clone(self);
        spawn_local(async move {
            match on_demand::load().await {
                Ok(()) => shared.open_trace(),
                Err(_) => shared.toasts.say(text::TRACE_NOT_LOADED),
            }
        });
    }

    /// Opens the panel of messages. What it needs is loaded.
    pub(super) fn open_trace(&self) {
        self.trace.take();
        let UiOptions { secrets, trial, .. } = &self.options;
        let open =
            far::<fn(&Element, &[String], &TrialOptions) -> Result<TracePanel, JsValue>>(TracePanel::open);
        *self.trace.borrow_mut() = open(&self.frame, secrets, trial).ok();
        self.send(Command::Trace(true));
    }

    pub(super) fn close_trace(&self) {
        self.trace.take();
        self.send(Command::Trace(false));
    }

    /// Adds a line to the panel of messages, if it is open.
    pub(super) fn trace(&self, kind: TraceKind, text: &str) {
        let add = far::<fn(&TracePanel, TraceKind, &str)>(TracePanel::add);
        self.trace.borrow().iter().for_each(|panel| add(panel, kind, text));
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
