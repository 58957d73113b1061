//! How inputs about devices are written down: without labels, and ids under a key that says that they are private. In the
//! part of the program that is loaded on demand, like whatever makes these inputs.

use visavis_signaling::Source;

use super::{number, write_numbers, write_text};
use crate::devices::{DeviceId, DeviceSettings, EnumeratedDevices, FacingMode, MediaDeviceKind, TrackSwitch};

/// The key of the ids: whatever stands under it is replaced in a report.
const KEY: &str = "text";

/// A bit for each switch, and one for a camera that looks away; then the quality of videos.
#[inline(never)]
pub(super) fn settings_numbers(settings: &DeviceSettings) -> [u32; 3] {
    let away = settings.facing_mode == FacingMode::Environment;
    let switches = TrackSwitch::ALL.map(|switch| settings.is_on(switch));
    [bits(switches.into_iter().chain([away])), settings.video_quality as u32, 0]
}

/// What was chosen of each kind; empty for nothing.
#[inline(never)]
pub(super) fn write_settings(settings: &DeviceSettings, out: &mut String) {
    for kind in MediaDeviceKind::ALL {
        write_text(out, KEY, settings.chosen(kind).map_or("", DeviceId::as_str));
    }
}

/// How many devices there are, what the page may do, and one more than the number of our tracks.
#[inline(never)]
pub(super) fn numbers(found: &EnumeratedDevices) -> [u32; 3] {
    let granted = Source::MICROPHONE_AND_CAMERA.map(|source| found.granted.contains(&source));
    let may = bits(granted.into_iter().chain([found.background_blur]));
    [found.devices.len() as u32, may, found.in_use.len() as u32 + 1]
}

/// Two numbers for each device and each of our tracks; then the ids of all of them.
#[inline(never)]
pub(super) fn write(found: &EnumeratedDevices, out: &mut String) {
    for device in &found.devices {
        write_numbers(out, &[device.kind as u32, device.default.into()]);
    }
    for in_use in &found.in_use {
        write_numbers(out, &[number(Some(in_use.track)), in_use.muted.into()]);
    }
    let ids = found.devices.iter().map(|device| Some(&device.device_id));
    for id in ids.chain(found.in_use.iter().map(|in_use| in_use.device_id.as_ref())) {
        write_text(out, KEY, id.map_or("", DeviceId::as_str));
    }
}

fn bits(flags: impl Iterator<Item = bool>) -> u32 {
    flags.enumerate().fold(0, |bits, (at, flag)| bits | u32::from(flag) << at)
}
