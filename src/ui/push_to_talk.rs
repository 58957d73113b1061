//! Hold the space bar to talk: a muted microphone is on for as long as the key is down. Loaded once a call stands.

use std::rc::Rc;

use visavis_app::shortcuts::Shortcut;
use visavis_core::{Command, Source, SourceState};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, KeyboardEvent};

use super::shared::{Shared, own};
use crate::dom::{self, Listener};

/// `KeyboardEvent.key` of the space bar.
pub(super) const KEY: &str = Shortcut::PushToTalk.key();
/// What the space bar presses or opens when it has the focus. The button of the microphone is not among them: whoever has just
/// muted themselves by it has the focus there.
const PRESSED_BY_SPACE: &str = "button:not([data-control=microphone]), a, summary, video, [role]";

/// While the key is down: what hears that it is not any more.
type Held = [Listener; 2];

/// The space bar is down, or down for longer.
#[inline(never)]
pub(super) fn press(shared: &Rc<Shared>, event: &KeyboardEvent) {
    if shared.push_to_talk.borrow().is_some() {
        // It would scroll the page, and press the button that has the focus.
        return event.prevent_default();
    }
    if let Some(held) = begin(shared, event) {
        event.prevent_default();
        shared.push_to_talk.replace(Some(Rc::new(held)));
        shared.send(Command::SetSource { source: Source::Microphone, on: true });
    }
}

fn begin(shared: &Rc<Shared>, event: &KeyboardEvent) -> Option<Held> {
    let view = shared.view().filter(|view| view.lifecycle.in_call())?;
    let target = event.target()?.dyn_into::<Element>().ok()?;
    let other = target.matches(PRESSED_BY_SPACE).unwrap_or(true);
    if event.repeat() || other || own(&view, Source::Microphone).state != SourceState::Off {
        return None;
    }
    let document = dom::document().ok()?;
    let window = web_sys::window()?;
    let listen = |target: &web_sys::EventTarget, name| {
        let shared = Rc::downgrade(shared);
        Listener::new(target, name, move |event| {
            shared.upgrade().iter().for_each(|shared| release(shared, &event));
        })
    };
    // A window that is left hears of no key.
    Some([listen(&document, "keyup"), listen(&window, "blur")])
}

fn release(shared: &Rc<Shared>, event: &Event) {
    if event.dyn_ref::<KeyboardEvent>().is_some_and(|event| event.key() != KEY) {
        return;
    }
    event.prevent_default();
    drop(shared.push_to_talk.take());
    shared.send(Command::SetSource { source: Source::Microphone, on: false });
}
