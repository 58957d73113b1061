//! Devices, as the browser lists them and as a person wants them (W3C Media Capture and Streams, Audio Output Devices API).
//!
//! A page that nobody has asked for anything of this knows no devices: then `getUserMedia` opens what the browser likes. All
//! of this is in the part of the program that is loaded on demand.

use visavis_signaling::Source;
use visavis_signaling::text::clean;

use crate::input::{CaptureId, TrackId};
use crate::video_quality::VideoQuality;

/// Longest `deviceId` that is taken, in bytes: browsers have 64.
pub(crate) const MAX_DEVICE_ID_BYTES: usize = 200;
/// Longest label that is taken, in characters; what is longer is cut.
pub(crate) const MAX_DEVICE_LABEL_CHARS: usize = 100;
/// Most devices that are taken of what the browser lists.
pub const MAX_DEVICES: usize = 64;

/// `MediaDeviceKind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaDeviceKind {
    /// A microphone.
    AudioInput,
    /// A camera.
    VideoInput,
    /// A speaker.
    AudioOutput,
}

impl MediaDeviceKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::AudioInput, Self::VideoInput, Self::AudioOutput];

    /// Its name in the standard.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AudioInput => "audioinput",
            Self::VideoInput => "videoinput",
            Self::AudioOutput => "audiooutput",
        }
    }

    /// The kind of the devices of a source; a screen has none, and a second camera is chosen each time.
    pub fn of(source: Source) -> Option<Self> {
        match source {
            Source::Microphone => Some(Self::AudioInput),
            Source::Camera => Some(Self::VideoInput),
            Source::Screen | Source::ScreenAudio | Source::SecondCamera => None,
        }
    }
}

/// `deviceId`: the browser gives each device another one for each site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceId(String);

impl DeviceId {
    /// An id, unless it is empty, as it is before a page may use any device, or longer than any browser makes it (200 bytes).
    pub fn new(id: &str) -> Option<Self> {
        (!id.is_empty() && id.len() <= MAX_DEVICE_ID_BYTES).then(|| Self(id.to_owned()))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `MediaDeviceInfo`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaDeviceInfo {
    /// What it is.
    pub kind: MediaDeviceKind,
    /// Which.
    pub device_id: DeviceId,
    /// What it is called; may be empty.
    pub label: String,
    /// Whether the system takes it where nobody chooses one.
    pub default: bool,
}

impl MediaDeviceInfo {
    /// A device with its label cleaned and cut.
    pub fn new(kind: MediaDeviceKind, device_id: DeviceId, label: &str, default: bool) -> Self {
        Self { kind, device_id, label: clean(label, MAX_DEVICE_LABEL_CHARS), default }
    }
}

/// `facingMode`: which way a camera looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FacingMode {
    /// At the person.
    #[default]
    User,
    /// Away from them.
    Environment,
}

impl FacingMode {
    /// Its name in the standard.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Environment => "environment",
        }
    }

    /// The other way.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::User => Self::Environment,
            Self::Environment => Self::User,
        }
    }

    /// Which way a camera looks: by its capabilities (`facingMode`, W3C Media Capture and Streams 10.3), or else by its label, in
    /// which browsers on Android write it in English. `None` if neither tells.
    pub fn of_camera(capabilities: &[String], label: &str) -> Option<Self> {
        let modes = [Self::User, Self::Environment];
        if let Some(mode) = modes.into_iter().find(|mode| capabilities.iter().any(|it| it == mode.as_str())) {
            return Some(mode);
        }
        let says = |word: &str| {
            label.split(|c: char| !c.is_ascii_alphabetic()).any(|it| it.eq_ignore_ascii_case(word))
        };
        match (says("front"), says("back") || says("rear")) {
            (true, false) => Some(Self::User),
            (false, true) => Some(Self::Environment),
            (true, true) | (false, false) => None,
        }
    }
}

/// A property of a track that is on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackSwitch {
    /// `echoCancellation`.
    EchoCancellation,
    /// `noiseSuppression`.
    NoiseSuppression,
    /// `autoGainControl`.
    AutoGainControl,
    /// `backgroundBlur` (W3C Media Capture Extensions).
    BackgroundBlur,
}

impl TrackSwitch {
    /// Every one.
    pub const ALL: [Self; 4] =
        [Self::EchoCancellation, Self::NoiseSuppression, Self::AutoGainControl, Self::BackgroundBlur];

    /// The name of the constraint.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EchoCancellation => "echoCancellation",
            Self::NoiseSuppression => "noiseSuppression",
            Self::AutoGainControl => "autoGainControl",
            Self::BackgroundBlur => "backgroundBlur",
        }
    }

    /// Whose track has it.
    pub fn source(self) -> Source {
        match self {
            Self::EchoCancellation | Self::NoiseSuppression | Self::AutoGainControl => Source::Microphone,
            Self::BackgroundBlur => Source::Camera,
        }
    }
}

/// What a person wants of their devices, and of videos.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceSettings {
    chosen: [Option<DeviceId>; 3],
    switches: [bool; 4],
    /// Which way the camera looks, if none is chosen.
    pub facing_mode: FacingMode,
    /// The device of [`Source::SecondCamera`], the next time that is switched on.
    pub second_camera: Option<DeviceId>,
    /// How much videos may cost.
    pub video_quality: VideoQuality,
}

impl Default for DeviceSettings {
    fn default() -> Self {
        Self {
            chosen: [None, None, None],
            switches: TrackSwitch::ALL.map(|switch| switch.source() == Source::Microphone),
            facing_mode: FacingMode::default(),
            second_camera: None,
            video_quality: VideoQuality::default(),
        }
    }
}

impl DeviceSettings {
    /// Those of whoever has chosen nothing, where videos may cost this much.
    pub fn with_video_quality(video_quality: VideoQuality) -> Self {
        Self { video_quality, ..Self::default() }
    }

    /// The device that was chosen; `None` for what the browser likes.
    pub fn chosen(&self, kind: MediaDeviceKind) -> Option<&DeviceId> {
        self.chosen[kind as usize].as_ref()
    }

    /// Chooses a device, or none.
    pub fn choose(&mut self, kind: MediaDeviceKind, device: Option<DeviceId>) {
        self.chosen[kind as usize] = device;
    }

    /// Whether it is on.
    pub fn is_on(&self, switch: TrackSwitch) -> bool {
        self.switches[switch as usize]
    }

    /// Switches it.
    pub fn set(&mut self, switch: TrackSwitch, on: bool) {
        self.switches[switch as usize] = on;
    }

    /// Whether a source is captured in the same way with both.
    fn agrees(&self, other: &Self, source: Source) -> bool {
        let same = |switch: &TrackSwitch| self.is_on(*switch) == other.is_on(*switch);
        let kind = MediaDeviceKind::of(source);
        let facing = source != Source::Camera
            || (self.facing_mode == other.facing_mode && self.video_quality == other.video_quality);
        facing
            && kind.is_none_or(|kind| self.chosen(kind) == other.chosen(kind))
            && TrackSwitch::ALL.iter().filter(|switch| switch.source() == source).all(same)
    }

    /// The sources that are captured in another way than with `other`.
    pub(crate) fn differing_from(&self, other: &Self) -> Vec<Source> {
        Source::MICROPHONE_AND_CAMERA.into_iter().filter(|source| !self.agrees(other, *source)).collect()
    }
}

/// Where a track of ours comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackInUse {
    /// Which.
    pub track: TrackId,
    /// `MediaTrackSettings.deviceId`.
    pub device_id: Option<DeviceId>,
    /// `MediaStreamTrack.muted`: the device gives nothing for the moment, because another program or the system has it.
    pub muted: bool,
}

/// What the browser says of its devices.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnumeratedDevices {
    /// `enumerateDevices()`; more than [`MAX_DEVICES`] are not taken.
    pub devices: Vec<MediaDeviceInfo>,
    /// Our own tracks of microphone and camera.
    pub in_use: Vec<TrackInUse>,
    /// The sources for which the page has permission, as far as the browser tells.
    pub granted: Vec<Source>,
    /// Whether the camera in use can blur what is behind the person.
    pub background_blur: bool,
}

/// Why another device is in use, although nobody has asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceChange {
    /// The one before is gone.
    Lost,
    /// The system takes another one by default.
    Default,
    /// The chosen one is there again.
    Restored,
    /// The chosen one cannot be opened; told without a label.
    Unavailable,
}

/// How far the device that was chosen is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Attempt {
    /// It was not asked for since it is there.
    #[default]
    Due,
    /// It was asked for.
    Made,
    /// It cannot be opened: the browser takes what it likes.
    Failed,
}

/// What is known of the devices, and what is wanted of them.
#[derive(Debug, Clone, Default)]
pub struct Devices {
    /// What the person wants.
    pub settings: DeviceSettings,
    /// Which there are, in the order of the browser.
    pub list: Vec<MediaDeviceInfo>,
    /// Whether the camera in use can blur what is behind the person.
    pub background_blur: bool,
    pub(crate) in_use: [Option<DeviceId>; 3],
    /// The captures that are to take the place of a track that is still used: of the microphone and of the camera.
    pub(crate) replacing: [Option<CaptureId>; 2],
    pub(crate) attempts: [Attempt; 3],
    /// Tracks whose place others have taken. They are stopped with the next list of devices, when the others are sent: at most
    /// one for each capture.
    pub(crate) replaced: Vec<TrackId>,
}

/// What nobody is shown does not count.
impl PartialEq for Devices {
    #[inline(never)]
    fn eq(&self, other: &Self) -> bool {
        self.settings == other.settings
            && self.list == other.list
            && self.background_blur == other.background_blur
            && self.in_use == other.in_use
    }
}

impl Eq for Devices {}

impl Devices {
    /// The devices of a kind.
    pub fn of(&self, kind: MediaDeviceKind) -> impl Iterator<Item = &MediaDeviceInfo> {
        self.list.iter().filter(move |device| device.kind == kind)
    }

    /// The device that is used, or was used last. Of speakers `None` is what the system takes.
    pub fn in_use(&self, kind: MediaDeviceKind) -> Option<&DeviceId> {
        self.in_use[kind as usize].as_ref()
    }

    /// What a device is called; may be empty.
    pub fn label(&self, device: &DeviceId) -> &str {
        self.list.iter().find(|known| known.device_id == *device).map_or("", |known| &known.label)
    }

    /// The device that `getUserMedia` is to open (`deviceId: {exact}`), if it is not for the browser to choose.
    pub fn exact(&self, kind: MediaDeviceKind) -> Option<&DeviceId> {
        self.settings.chosen(kind).filter(|chosen| {
            self.attempts[kind as usize] != Attempt::Failed
                && (self.of(kind).next().is_none() || self.has(kind, chosen))
        })
    }

    /// Whether there is such a device.
    pub(crate) fn has(&self, kind: MediaDeviceKind, device: &DeviceId) -> bool {
        self.of(kind).any(|known| known.device_id == *device)
    }

    /// The device that the system takes.
    pub(crate) fn default_of(&self, kind: MediaDeviceKind) -> Option<DeviceId> {
        self.of(kind).find(|device| device.default).map(|device| device.device_id.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_looks_where_its_capabilities_or_its_label_say() {
        let of = |capabilities: &[&str], label| {
            let capabilities: Vec<String> = capabilities.iter().map(ToString::to_string).collect();
            FacingMode::of_camera(&capabilities, label)
        };
        let (user, environment) = (Some(FacingMode::User), Some(FacingMode::Environment));
        assert_eq!(of(&["environment"], "camera2 1, facing front"), environment);
        assert_eq!(of(&["left", "user"], ""), user);
        for (label, facing) in [
            ("camera2 1, facing front", user),
            ("camera2 0, facing back", environment),
            ("Facing front:1, orientation 270", user),
            ("Back Triple Camera", environment),
            ("Rear camera", environment),
            ("Integrated Camera", None),
            ("Front and back", None),
            ("", None),
        ] {
            assert_eq!(of(&[], label), facing, "{label}");
        }
        assert_eq!(FacingMode::User.other(), FacingMode::Environment);
        assert_eq!(FacingMode::Environment.other(), FacingMode::User);
    }
}
