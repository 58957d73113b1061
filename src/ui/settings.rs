//! The settings of the devices: which are used, how, and whether they work. Loaded on demand, with its styles.

pub(super) mod browser;
mod meter;
mod pickers;
mod speaker;
mod storage;

use std::cell::RefCell;
use std::rc::Rc;

use visavis_core::{Command, DeviceSettings, RoomView, Source};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement};

use self::meter::Meter;
use super::shared::{Shared, own};
use super::{actions, text};
use crate::dom::{self, Listener};

pub use self::storage::{are_remembered, restore};

const HTML: &str = include_str!("settings.html");
const STYLES: &str = include_str!("settings.css");

/// The dialog, as long as it is open. Dropping it closes it.
struct Panel {
    element: HtmlElement,
    meter: RefCell<Option<Meter>>,
    _listeners: [Listener; 2],
}

/// Opens the dialog, and has the devices listed for it.
pub(super) fn open(shared: &Rc<Shared>, _: &Element) {
    let Ok(panel) = Panel::open(shared) else { return };
    *shared.settings.borrow_mut() = Some(Rc::new(panel));
    let settings = shared.view().map(|view| settings_of(&view)).unwrap_or_default();
    shared.send(Command::SetDevices(Box::new(settings)));
    shared.view().iter().for_each(|view| render(shared, view));
}

/// Closes it. The browser itself does so for the Escape key; both end where it says that it is closed.
pub(super) fn close(shared: &Rc<Shared>, _: &Element) {
    panel(shared).iter().for_each(|panel| drop(browser::call(&panel.element, "close", &[])));
}

/// Plays a sound where the others will be heard.
pub(super) fn play_test_sound(shared: &Rc<Shared>, _: &Element) {
    let devices = shared.view().and_then(|view| view.devices.clone());
    speaker::play_test_sound(devices.as_deref());
}

/// Shows the devices where they are to be seen, and has every sound played by the speaker in use, also of people who have
/// just come.
pub(super) fn render(shared: &Rc<Shared>, view: &RoomView) {
    if let Some(devices) = &view.devices {
        speaker::apply(&shared.frame, devices);
    }
    if let Some(panel) = panel(shared) {
        let _ = panel.render(shared, view);
    }
}

/// What the person wants so far.
fn settings_of(view: &RoomView) -> DeviceSettings {
    view.devices.as_ref().map(|devices| devices.settings.clone()).unwrap_or_default()
}

fn panel(shared: &Shared) -> Option<Rc<Panel>> {
    shared.settings.borrow().clone()?.downcast().ok()
}

impl Panel {
    fn open(shared: &Rc<Shared>) -> Result<Self, JsValue> {
        let element = dom::instantiate(HTML)?;
        pickers::build(&element)?;
        shared.frame.append_child(&element)?;
        browser::adopt_styles(&element, "visavisSettings", STYLES);
        browser::call(&element, "showModal", &[])?;
        let on = |event, act: fn(&Rc<Shared>, &Element)| {
            let shared = Rc::downgrade(shared);
            Listener::new(&element, event, move |event| {
                let target = event.target().and_then(|target| target.dyn_into().ok());
                if let (Some(shared), Some(target)) = (shared.upgrade(), target) {
                    act(&shared, &target);
                }
            })
        };
        let _listeners = [on("change", change), on("close", |shared, _| forget(shared))];
        Ok(Self { element, meter: RefCell::default(), _listeners })
    }

    fn render(&self, shared: &Shared, view: &RoomView) -> Result<(), JsValue> {
        if let Some(devices) = &view.devices {
            pickers::render(&self.element, devices)?;
        }
        let track = own(view, Source::Microphone).track;
        let shown = self.meter.borrow().as_ref().map(Meter::track);
        if shown != track || track.is_none() {
            let element = dom::find::<Element>(&self.element, "meter")?;
            *self.meter.borrow_mut() = track
                .and_then(|track| Some((track, shared.tracks.get(track)?)))
                .and_then(|(id, track)| Meter::start(id, &track, &element).ok());
            let hint: Element = dom::find(&self.element, "[data-no-level]")?;
            dom::set_text(&hint, if track.is_some() { "" } else { text::devices::NO_LEVEL });
        }
        Ok(())
    }
}

impl Drop for Panel {
    fn drop(&mut self) {
        self.element.remove();
    }
}

/// A person has chosen something.
fn change(shared: &Rc<Shared>, target: &Element) {
    let Some(view) = shared.view() else { return };
    let mut settings = settings_of(&view);
    if pickers::read(target, &mut settings).is_some() {
        storage::remember(&settings);
        shared.send(Command::SetDevices(Box::new(settings)));
    }
}

/// The dialog is closed. Not in the middle of its own event: then its listeners would be dropped while they are called.
fn forget(shared: &Rc<Shared>) {
    let shared = Rc::clone(shared);
    spawn_local(async move {
        drop(shared.settings.take());
        // Not every browser gives it back to a button that was clicked (Safari focuses none).
        if let Ok(button) = dom::find(&shared.frame, "[data-control=settings]") {
            actions::focus(&shared, &button);
        }
    });
}
