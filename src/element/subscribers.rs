//! Who is told of what the room of an element does: the user interface, and the page around it.

use std::cell::Cell;

use js_sys::Reflect;
use visavis_app::ServerChoice;
use visavis_core::{Command, Lifecycle, RoomView};
use wasm_bindgen::JsValue;
use web_sys::{CustomEvent, CustomEventInit, HtmlElement};

use super::{address, values};
use crate::dom::Listener;
use crate::driver::{Driver, Subscription, Update, WeakDriver};
use crate::ui::{RoomHandle, Ui, UiOptions};

impl RoomHandle for WeakDriver {
    fn command(&self, command: Command) {
        if let Some(driver) = self.upgrade() {
            driver.command(command);
        }
    }

    fn report(&self) -> Option<String> {
        self.upgrade()?.report()
    }

    fn abort(&self) {
        if let Some(driver) = self.upgrade() {
            driver.abort();
        }
    }
}

/// Shows the room in its element.
///
/// # Errors
/// If the user interface cannot be built.
pub(super) fn mount_ui(
    driver: &Driver,
    element: &HtmlElement,
    options: UiOptions,
) -> Result<Subscription, JsValue> {
    let ui = Ui::mount(element, driver.tracks(), options, Box::new(driver.downgrade()))?;
    Ok(driver.subscribe(move |update| match update {
        Update::View(view) => ui.render(view),
        Update::Unchanged => ui.repair(),
        Update::Event(event) => ui.event(event),
        Update::Aborted => ui.show_aborted(),
    }))
}

/// Tells the page around the element: by `visavis-state`, by its address if it is ours (`from_url`), and by a question
/// before it is closed. `record_call` remembers the call for the next page.
pub(super) fn inform_page(
    driver: &Driver,
    element: &HtmlElement,
    from_url: bool,
    server: Option<ServerChoice>,
    record_call: impl Fn(&RoomView) + 'static,
) -> Subscription {
    let (element, last, unload) = (element.clone(), Cell::new(None), Cell::new(None));
    driver.subscribe(move |update| match update {
        Update::View(view) => {
            record_call(view);
            let state = Some((view.lifecycle, view.participants.len()));
            if last.replace(state) != state {
                if from_url && view.lifecycle == Lifecycle::Joined {
                    address::name_room(&view.room, server.as_ref());
                }
                fire_state(&element, view);
            }
            confirm_unload(&unload, view.lifecycle.in_call() && !view.participants.is_empty());
        }
        Update::Aborted => confirm_unload(&unload, false),
        Update::Unchanged | Update::Event(_) => {}
    })
}

fn fire_state(element: &HtmlElement, view: &RoomView) {
    let init = CustomEventInit::new();
    init.set_bubbles(true);
    init.set_detail(&values::state_detail(view));
    if let Ok(event) = CustomEvent::new_with_event_init_dict("visavis-state", &init) {
        let _ = element.dispatch_event(&event);
    }
}

/// Has the browser ask before the page is closed or left by accident, as long as others are in the call. Whoever presses
/// "Leave" before is not asked. Only so long, because Firefox keeps no page that listens to this in its back-forward cache.
fn confirm_unload(listener: &Cell<Option<Listener>>, confirm: bool) {
    let listening = listener.take();
    listener.set(if confirm { listening.or_else(listen_to_unload) } else { None });
}

fn listen_to_unload() -> Option<Listener> {
    let window = web_sys::window()?;
    Some(Listener::new(&window, "beforeunload", |event| {
        event.prevent_default();
        // Safari, and Chromium before 119.
        let _ = Reflect::set(&event, &"returnValue".into(), &true.into());
    }))
}
