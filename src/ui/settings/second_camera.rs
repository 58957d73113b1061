//! The choice of a camera that is shown beside the first one.

use std::rc::Rc;

use visavis_core::{Command, DeviceId, MediaDeviceKind, RoomView, Source, SourceState};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlSelectElement, Node};

use super::{pickers, settings_of};
use crate::dom;
use crate::ui::shared::{Shared, own};
use crate::ui::text;

/// Where it is in the dialog.
const SECTION: &str = "[data-second-camera]";

/// Shows which cameras there are beside the one in use, and which of them is shown. In a call only: in a lobby nobody sees it.
pub(super) fn render(dialog: &Element, view: &RoomView) -> Result<(), JsValue> {
    let Some(devices) = &view.devices else { return Ok(()) };
    let section: Element = dom::find(dialog, SECTION)?;
    let in_use = devices.in_use(MediaDeviceKind::VideoInput);
    let others = || devices.of(MediaDeviceKind::VideoInput).filter(|it| Some(&it.device_id) != in_use);
    dom::set_flag(&section, "hidden", !view.lifecycle.in_call() || others().next().is_none());
    let state = own(view, Source::SecondCamera).state;
    let chosen = devices.settings.second_camera.as_ref().filter(|_| state != SourceState::Off);
    let list: HtmlSelectElement = dom::find(&section, "select")?;
    pickers::fill(&list, text::devices::no_second_camera(), others(), chosen)?;
    list.set_value(chosen.map_or("", DeviceId::as_str));
    dom::set_text(&dom::find::<Node>(&section, ".hint")?, text::devices::second_camera(state));
    Ok(())
}

/// Shows another one, or none, if it is this list that a person has chosen from.
pub(super) fn choose(shared: &Rc<Shared>, view: &RoomView, target: &Element) -> Option<()> {
    target.closest(SECTION).ok().flatten()?;
    let list: &HtmlSelectElement = target.dyn_ref()?;
    let source = Source::SecondCamera;
    shared.send(Command::SetSource { source, on: false });
    if let Some(device) = DeviceId::new(&list.value()) {
        let mut settings = settings_of(view);
        settings.second_camera = Some(device);
        shared.send(Command::SetDevices(Box::new(settings)));
        shared.send(Command::SetSource { source, on: true });
    }
    Some(())
}
