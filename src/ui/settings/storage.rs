//! What a person wants of their devices, kept by the browser.

use std::cell::Cell;

use visavis_app::device_settings;
use visavis_app::stored_data::StoredData;
use visavis_core::{Command, DeviceSettings, VideoQuality};

use crate::ui::names::{is_remembered, storage};

const KEY: &str = StoredData::Devices.key();
/// A longer text is not ours.
const MAX_BYTES: usize = 4096;

thread_local! {
    /// The quality of videos that this page is set up for.
    static CONFIGURED: Cell<VideoQuality> = const { Cell::new(VideoQuality::Automatic) };
}

/// Whether there is anything to restore.
pub fn are_remembered() -> bool {
    is_remembered(KEY)
}

/// What makes a room use the devices that were chosen last, if any were. `configured` is the quality of videos for whoever has
/// chosen none.
pub fn restore(configured: VideoQuality) -> Option<Command> {
    CONFIGURED.set(configured);
    let kept = storage().and_then(|storage| storage.get_item(KEY).ok().flatten());
    let kept = kept.filter(|kept| kept.len() <= MAX_BYTES).unwrap_or_default();
    let settings = device_settings::read(&kept, configured);
    (settings != DeviceSettings::default()).then(|| Command::SetDevices(Box::new(settings)))
}

/// Keeps it for the next visit. Whoever wants what everybody has at first leaves nothing behind.
pub(super) fn remember(settings: &DeviceSettings) {
    let usual = DeviceSettings::with_video_quality(CONFIGURED.get());
    if let Some(storage) = storage() {
        let _ = if *settings == usual {
            storage.remove_item(KEY)
        } else {
            storage.set_item(KEY, &device_settings::write(settings))
        };
    }
}
