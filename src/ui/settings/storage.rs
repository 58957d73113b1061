//! What a person wants of their devices, kept by the browser.

use visavis_app::device_settings;
use visavis_core::{Command, DeviceSettings};

use crate::ui::names::{is_remembered, storage};

const KEY: &str = "visavis.devices";
/// A longer text is not ours.
const MAX_BYTES: usize = 4096;

/// Whether there is anything to restore.
pub fn are_remembered() -> bool {
    is_remembered(KEY)
}

/// What makes a room use the devices that were chosen last, if any were.
pub fn restore() -> Option<Command> {
    let kept = storage()?.get_item(KEY).ok().flatten().filter(|kept| kept.len() <= MAX_BYTES)?;
    Some(Command::SetDevices(Box::new(device_settings::read(&kept))))
}

/// Keeps it for the next visit. Whoever wants what everybody has at first leaves nothing behind.
pub(super) fn remember(settings: &DeviceSettings) {
    let text =
        if *settings == DeviceSettings::default() { String::new() } else { device_settings::write(settings) };
    if let Some(storage) = storage() {
        let _ = storage.set_item(KEY, &text);
    }
}
