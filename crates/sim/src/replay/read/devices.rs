//! Lines about devices. They have no labels.

use visavis_core::{
    DeviceId, DeviceSettings, EnumeratedDevices, FacingMode, MAX_DEVICES, MediaDeviceInfo, MediaDeviceKind,
    Source, TrackInUse, TrackSwitch, VideoQuality,
};

use super::Arguments;

/// The key of the ids.
const KEY: &str = "text";

/// What somebody wants of their devices.
pub(super) fn settings(arguments: &Arguments<'_>) -> Option<DeviceSettings> {
    let bits = arguments.number(0)?;
    let mut settings = DeviceSettings::default();
    for (at, switch) in TrackSwitch::ALL.into_iter().enumerate() {
        settings.set(switch, bits >> at & 1 == 1);
    }
    if bits >> TrackSwitch::ALL.len() & 1 == 1 {
        settings.facing_mode = FacingMode::Environment;
    }
    settings.video_quality =
        *VideoQuality::ALL.get(usize::try_from(arguments.number(1).unwrap_or(0)).ok()?)?;
    for (kind, id) in MediaDeviceKind::ALL.into_iter().zip(arguments.texts(KEY)) {
        settings.choose(kind, DeviceId::new(id));
    }
    Some(settings)
}

/// What the browser says of its devices.
pub(super) fn enumerated(arguments: &Arguments<'_>) -> Option<EnumeratedDevices> {
    let count = |at| Some(usize::try_from(arguments.number(at)?).ok()?.min(MAX_DEVICES));
    let (devices, may, in_use) = (count(0)?, arguments.number(1)?, count(2)?.checked_sub(1)?);
    let mut ids = arguments.texts(KEY).map(DeviceId::new);
    let device = |at: usize| {
        let kind = *MediaDeviceKind::ALL.get(usize::try_from(arguments.number(3 + 2 * at)?).ok()?)?;
        Some(MediaDeviceInfo::new(kind, ids.next()??, "", arguments.flag(4 + 2 * at)))
    };
    let devices: Vec<_> = (0..devices).map(device).collect::<Option<_>>()?;
    let after = 3 + 2 * devices.len();
    let track = |at: usize| {
        let (track, muted) = (arguments.track(after + 2 * at)?, arguments.flag(after + 1 + 2 * at));
        Some(TrackInUse { track, device_id: ids.next()?, muted })
    };
    let in_use = (0..in_use).map(track).collect::<Option<_>>()?;
    let granted = [(1, Source::Microphone), (2, Source::Camera)];
    let granted = granted.into_iter().filter(|(bit, _)| may & bit > 0).map(|(_, source)| source);
    Some(EnumeratedDevices { devices, in_use, granted: granted.collect(), background_blur: may & 4 > 0 })
}
