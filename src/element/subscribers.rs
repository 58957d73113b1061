//! Who is told of what the room of an element does: the user interface, and the page around it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use visavis_app::ServerChoice;
use visavis_core::{Lifecycle, RoomView};
use wasm_bindgen::JsValue;
use web_sys::{CustomEvent, CustomEventInit, HtmlElement};

use super::{address, values};
use crate::dom::{self, Listener, NextFrame};
use crate::driver::{Driver, Subscription, Update};
use crate::ui::Ui;

/// What is shown: the view that was told last, unless the room has ended for good.
type LatestView = Rc<RefCell<Option<Rc<RoomView>>>>;

/// Shows the room in its element, and tells the page around it what is shown: at most once in each animation frame, and for
/// a tenth of a second not while a connection comes about, because to build and lay out the stage takes longer than all that
/// must happen for it.
///
/// # Errors
/// Outside of a window.
pub(super) fn show(
    driver: &Driver,
    ui: Rc<Ui>,
    shown: impl Fn(&RoomView) + 'static,
) -> Result<Subscription, JsValue> {
    let latest = LatestView::default();
    let (painted, view) = (Rc::clone(&ui), Rc::clone(&latest));
    let paint = move || {
        let view = view.borrow().clone();
        if let Some(view) = view {
            painted.render(&view);
            shown(&view);
        }
    };
    let room = driver.downgrade();
    let connecting = move || room.upgrade().is_some_and(|room| room.is_connecting());
    let frame = NextFrame::new(connecting, paint)?;
    Ok(driver.subscribe(move |update| match update {
        Update::View(view) => {
            *latest.borrow_mut() = Some(Rc::clone(view));
            frame.request();
        }
        // Whatever was taken out of the page is built again.
        Update::Unchanged => frame.request(),
        Update::Event(event) => ui.event(event),
        Update::Aborted => {
            drop(latest.try_borrow_mut().map(|mut latest| latest.take()));
            ui.show_aborted();
        }
    }))
}

/// Remembers the call for the next page (`record_call`), and has the browser ask before it is left.
pub(super) fn keep_call(driver: &Driver, record_call: impl Fn(&RoomView) + 'static) -> Subscription {
    let unload = Cell::new(None);
    driver.subscribe(move |update| match update {
        Update::View(view) => {
            record_call(view);
            confirm_unload(&unload, view.lifecycle.in_call() && !view.participants.is_empty());
        }
        Update::Aborted => confirm_unload(&unload, false),
        Update::Unchanged | Update::Event(_) => {}
    })
}

/// Tells the page around the element what it shows: by `visavis-state`, and by the address of the page if that is ours
/// (`from_url`).
pub(super) fn inform_page(
    element: &HtmlElement,
    from_url: bool,
    server: Option<ServerChoice>,
) -> impl Fn(&RoomView) + 'static {
    let (element, last) = (element.clone(), Cell::new(None));
    move |view| {
        let state = Some((view.lifecycle, view.participants.len()));
        if last.replace(state) != state {
            if from_url && view.lifecycle == Lifecycle::Joined {
                let (room, server) = (view.room.clone(), server.clone());
                // Browsers load the icon of the page again for another address, twice, and make a document of it.
                dom::defer(move || address::name_room(&room, server.as_ref()));
            }
            fire_state(&element, view);
        }
    }
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
    listener.set(if confirm { listening.or_else(dom::ask_before_unload) } else { None });
}
