//! What the page itself goes through: network back, woken up, on its way out.

use std::rc::{Rc, Weak};

use js_sys::Reflect;
use visavis_core::{Command, Input, NetworkEvent};
use wasm_bindgen::JsCast;
use web_sys::{Event, EventTarget, PageTransitionEvent, Window};

use super::EventLoop;
use crate::dom::Listener;

/// Listens to the page for as long as the result lives.
pub(super) fn listen(event_loop: &Weak<EventLoop>, window: &Window) -> Vec<Listener> {
    let on = |target: &EventTarget, event, act: fn(&Rc<EventLoop>, &Event)| {
        let event_loop = event_loop.clone();
        Listener::new(target, event, move |event| {
            if let Some(event_loop) = event_loop.upgrade() {
                act(&event_loop, &event);
            }
        })
    };
    let mut listeners = vec![
        on(window, "online", |event_loop, _| event_loop.dispatch(Input::Network(NetworkEvent::Online))),
        // At once, in this very call: nothing that waits for a promise would still get out.
        on(window, "pagehide", |event_loop, _| event_loop.dispatch(Input::Command(Command::Leave))),
        on(window, "pageshow", on_page_show),
    ];
    // Chromium has it, and Firefox on Android.
    let connection = Reflect::get(&window.navigator(), &"connection".into());
    if let Some(connection) = connection.ok().and_then(|connection| connection.dyn_into::<EventTarget>().ok())
    {
        listeners.push(on(&connection, "change", |event_loop, _| {
            event_loop.dispatch(Input::Network(NetworkEvent::Changed));
        }));
    }
    if let Some(document) = window.document() {
        listeners.push(on(&document, "visibilitychange", on_visibility));
        // Chromium wakes a frozen page with this.
        listeners.push(on(&document, "resume", |event_loop, _| {
            event_loop.dispatch(Input::Network(NetworkEvent::Online));
        }));
    }
    listeners
}

/// A page that comes back from the back-forward cache has left its room when it was hidden.
fn on_page_show(event_loop: &Rc<EventLoop>, event: &Event) {
    if event.unchecked_ref::<PageTransitionEvent>().persisted() {
        event_loop.dispatch(Input::Command(Command::EnterLobby));
    }
}

/// Timers of a hidden page are late: what they would have noticed is looked at now.
fn on_visibility(event_loop: &Rc<EventLoop>, _: &Event) {
    let document = event_loop.window.document();
    if document.is_some_and(|document| !document.hidden()) {
        event_loop.dispatch(Input::Network(NetworkEvent::Online));
    }
}
