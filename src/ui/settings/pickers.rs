//! The lists of devices, and the switches.

use visavis_core::{
    DeviceId, DeviceSettings, Devices, MediaDeviceInfo, MediaDeviceKind, Source, TrackSwitch,
};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlInputElement, HtmlSelectElement, Node};

use super::speaker;
use crate::dom;
use crate::ui::text;

const SWITCH: &str = "<label class=\"switch\"><input type=\"checkbox\"><span></span></label>";
const OPTION: &str = "<option></option>";
/// What a section is about.
const KIND: &str = "data-devices";
/// What a switch is about.
const NAME: &str = "data-switch";

/// Adds the switches to their sections. What the browser cannot do is hidden.
pub(super) fn build(dialog: &Element) -> Result<(), JsValue> {
    for switch in TrackSwitch::ALL {
        let label = dom::instantiate(SWITCH)?;
        let input: Element = dom::find(&label, "input")?;
        dom::set_attribute(&input, NAME, Some(switch.as_str()));
        dom::set_text(&dom::find::<Node>(&label, "span")?, text::devices::switch(switch));
        let kind = match switch.source() {
            Source::Microphone | Source::ScreenAudio => MediaDeviceKind::AudioInput,
            Source::Camera | Source::Screen | Source::SecondCamera => MediaDeviceKind::VideoInput,
        };
        section(dialog, kind)?.append_child(&label)?;
    }
    if !speaker::can_be_chosen() {
        let section = section(dialog, MediaDeviceKind::AudioOutput)?;
        dom::set_flag(&dom::find::<Element>(&section, "select")?, "disabled", true);
    }
    Ok(())
}

/// Shows the devices there are, those that were chosen, and those in use.
pub(super) fn render(dialog: &Element, devices: &Devices) -> Result<(), JsValue> {
    for kind in MediaDeviceKind::ALL {
        let section = section(dialog, kind)?;
        let list: HtmlSelectElement = dom::find(&section, "select")?;
        let chosen = devices.settings.chosen(kind);
        fill(&list, text::devices::default(), devices.of(kind), chosen)?;
        list.set_value(chosen.map_or("", DeviceId::as_str));
        dom::set_text(&dom::find::<Node>(&section, ".hint")?, &sentence(devices, kind));
    }
    for switch in TrackSwitch::ALL {
        let input: HtmlInputElement = dom::find(dialog, &["[", NAME, "=", switch.as_str(), "]"].concat())?;
        input.set_checked(devices.settings.is_on(switch));
        let offered = match switch {
            TrackSwitch::BackgroundBlur => devices.background_blur || devices.settings.is_on(switch),
            TrackSwitch::EchoCancellation | TrackSwitch::NoiseSuppression | TrackSwitch::AutoGainControl => {
                true
            }
        };
        input.parent_element().iter().for_each(|label| dom::set_flag(label, "hidden", !offered));
    }
    Ok(())
}

/// Puts what a person has just changed into the settings. Nothing if it is none of these.
pub(super) fn read(target: &Element, settings: &mut DeviceSettings) -> Option<()> {
    if let Some(input) = target.dyn_ref::<HtmlInputElement>() {
        let name = input.get_attribute(NAME)?;
        let switch = TrackSwitch::ALL.into_iter().find(|switch| switch.as_str() == name)?;
        settings.set(switch, input.checked());
        return Some(());
    }
    let list: &HtmlSelectElement = target.dyn_ref()?;
    let section = list.closest(&["[", KIND, "]"].concat()).ok().flatten()?;
    let name = section.get_attribute(KIND)?;
    let kind = MediaDeviceKind::ALL.into_iter().find(|kind| kind.as_str() == name)?;
    settings.choose(kind, DeviceId::new(&list.value()));
    Some(())
}

fn section(dialog: &Element, kind: MediaDeviceKind) -> Result<Element, JsValue> {
    dom::find(dialog, &["[", KIND, "=", kind.as_str(), "]"].concat())
}

/// Makes the list have these entries, after one for none of them. One that is open is left alone if nothing is new.
pub(super) fn fill<'a>(
    list: &HtmlSelectElement,
    none: &str,
    devices: impl Iterator<Item = &'a MediaDeviceInfo>,
    chosen: Option<&DeviceId>,
) -> Result<(), JsValue> {
    let mut entries = vec![("", none)];
    entries.extend(devices.map(|device| (device.device_id.as_str(), &*device.label)));
    if let Some(chosen) = chosen.filter(|chosen| !entries.iter().any(|(id, _)| *id == chosen.as_str())) {
        entries.push((chosen.as_str(), text::devices::missing()));
    }
    let children = list.children();
    let same = |(at, (id, label)): (u32, &(&str, &str))| {
        children.item(at).is_some_and(|option| {
            option.get_attribute("value").as_deref() == Some(*id)
                && option.text_content().as_deref() == Some(*label)
        })
    };
    if list.child_element_count() as usize == entries.len() && (0..).zip(&entries).all(same) {
        return Ok(());
    }
    list.replace_children_with_node_0();
    for (id, label) in entries {
        let option = dom::instantiate(OPTION)?;
        dom::set_attribute(&option, "value", Some(id));
        dom::set_text(&option, label);
        list.append_child(&option)?;
    }
    Ok(())
}

/// What is to be said of a kind of device.
fn sentence(devices: &Devices, kind: MediaDeviceKind) -> String {
    if kind == MediaDeviceKind::AudioOutput && !speaker::can_be_chosen() {
        return text::devices::no_speakers().to_owned();
    }
    let in_use = devices.in_use(kind).filter(|in_use| devices.settings.chosen(kind) != Some(in_use));
    let label = in_use.map(|in_use| devices.label(in_use)).filter(|label| !label.is_empty());
    label.map(text::devices::in_use).unwrap_or_default()
}
