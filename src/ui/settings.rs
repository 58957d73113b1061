//! The settings of the devices: which are used, how, and whether they work. Loaded on demand, with its styles.

mod language;
mod meter;
mod pickers;
mod privacy;
mod second_camera;
mod speaker;
mod storage;
mod video_quality;

use std::cell::RefCell;
use std::rc::Rc;

use visavis_core::{Command, DeviceSettings, MediaDeviceKind, RoomView, Source};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, Event};

use self::meter::Meter;
use super::dialog::{self, Dialog};
use super::shared::{Shared, own};
use super::{own_devices, shortcuts, styles, text};
use crate::dom;

pub use self::storage::{are_remembered, restore};

const HTML: &str = include_str!("settings.html");
const STYLES: &str = include_str!("settings.css");

/// The dialog, as long as it is open. Dropping it closes it.
struct Panel {
    dialog: Dialog,
    meter: RefCell<Option<Meter>>,
}

/// Opens the dialog, and has the devices listed for it.
pub(super) fn open(shared: &Rc<Shared>, _: &Element) {
    let Ok(panel) = Panel::open(shared) else { return };
    *shared.settings.borrow_mut() = Some(Rc::new(panel));
    let settings = shared.view().map(|view| settings_of(&view)).unwrap_or_default();
    shared.send(Command::SetDevices(Box::new(settings)));
    shared.view().iter().for_each(|view| render(shared, view));
}

/// Closes it.
pub(super) fn close(shared: &Rc<Shared>, _: &Element) {
    panel(shared).iter().for_each(|panel| panel.dialog.close());
}

/// Uses the camera that looks the other way. The one in use is closed first: phones open one at a time. What was chosen by name is
/// not any more.
pub(super) fn use_other_camera(shared: &Rc<Shared>, _: &Element) {
    let Some(view) = shared.view() else { return };
    let (source, mut settings) = (Source::Camera, settings_of(&view));
    settings.facing_mode = own_devices::facing_mode(shared, &view).unwrap_or(settings.facing_mode).other();
    settings.choose(MediaDeviceKind::VideoInput, None);
    let on = own(&view, source).state.is_switched_on();
    shared.send(Command::SetSource { source, on: false });
    shared.send(Command::SetDevices(Box::new(settings)));
    shared.send(Command::SetSource { source, on });
}

/// The configuration wants no service worker, and this page has one.
pub(super) fn unregister_service_worker(_: &Rc<Shared>, _: &Element) {
    spawn_local(privacy::unregister_service_worker());
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
        video_quality::build(&element)?;
        language::build(&element)?;
        privacy::show(&element);
        styles::adopt_styles(&shared.frame, "visavisSettings", STYLES);
        let dialog =
            Dialog::open(shared, element, &[("change", change), ("click", click), ("close", closed)])?;
        Ok(Self { dialog, meter: RefCell::default() })
    }

    fn render(&self, shared: &Shared, view: &RoomView) -> Result<(), JsValue> {
        let element = self.dialog.element();
        if let Some(devices) = &view.devices {
            pickers::render(element, devices)?;
            video_quality::render(element, devices.settings.video_quality)?;
        }
        second_camera::render(element, view)?;
        let track = own(view, Source::Microphone).track;
        let shown = self.meter.borrow().as_ref().map(Meter::track);
        if shown != track || track.is_none() {
            let bar = dom::find::<Element>(element, "meter")?;
            *self.meter.borrow_mut() = track
                .and_then(|track| Some((track, shared.tracks.get(track)?)))
                .and_then(|(id, track)| Meter::start(id, &track, &bar).ok());
            let hint: Element = dom::find(element, "[data-no-level]")?;
            dom::set_text(&hint, if track.is_some() { "" } else { text::devices::no_level() });
        }
        Ok(())
    }
}

/// A person has chosen something.
fn change(shared: &Rc<Shared>, event: &Event) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let (Some(view), Some(target)) = (shared.view(), target) else { return };
    if second_camera::choose(shared, &view, &target).is_some() {
        return;
    }
    let mut settings = settings_of(&view);
    if pickers::read(&target, &mut settings).or_else(|| video_quality::read(&target, &mut settings)).is_some()
    {
        storage::remember(&settings);
        shared.send(Command::SetDevices(Box::new(settings)));
    } else if language::choose(&target).is_none() {
        return;
    }
    panel(shared).iter().for_each(|panel| privacy::show(panel.dialog.element()));
}

fn click(shared: &Rc<Shared>, event: &Event) {
    if let Some(button) = dom::closest(event, "[data-shortcuts]") {
        shortcuts::toggle(shared, &button);
    } else if let Some(button) = dom::closest(event, "[data-erase]") {
        privacy::erase(shared, &button);
    }
}

fn closed(shared: &Rc<Shared>, _: &Event) {
    dialog::closed(shared, forget, "settings");
}

fn forget(shared: &Rc<Shared>) {
    drop(shared.settings.take());
}
