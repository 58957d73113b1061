//! Which devices there are, and how the chosen ones are asked for. Loaded on demand.

use std::any::Any;
use std::cell::Cell;
use std::rc::{Rc, Weak};

use js_sys::{Array, Object, Reflect};
use visavis_core::{
    DeviceId, Devices, EnumeratedDevices, MAX_DEVICES, MediaDeviceInfo, MediaDeviceKind, MediaEvent, Source,
    TrackId, TrackInUse, TrackSwitch, VideoSize,
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{EventTarget, MediaStreamTrack};

use super::Inner;
use crate::dom::by_name::{call, call_async, member};
use crate::dom::{Listener, object, text_of};

/// Longest label that is read, in bytes; a longer one is as good as none.
const MAX_LABEL_BYTES: usize = 1000;
/// Longest id of a device or group that is read, in bytes.
const MAX_ID_BYTES: usize = 200;
/// What Chromium lists beside the devices: those that the system takes, once more.
const ALIASES: [&str; 2] = ["default", "communications"];

/// Lists the devices, and has them listed again when permissions change, when the page gets the focus, or when a track of
/// ours gives something again.
pub(super) fn enumerate(inner: Weak<Inner>) {
    spawn_local(async move {
        let listed = list().await;
        let permissions = permissions().await;
        let Some(inner) = inner.upgrade() else { return };
        let tracks = live_tracks(&inner);
        *inner.watch.borrow_mut() = Some(Box::new(watch(&inner, &permissions, &tracks)) as Box<dyn Any>);
        let found = EnumeratedDevices {
            devices: listed.iter().filter_map(Listed::info).collect(),
            in_use: tracks.iter().map(|(id, track)| in_use(*id, track, &listed)).collect(),
            granted: granted(&permissions),
            background_blur: tracks.iter().any(|(_, track)| can_blur(track)),
        };
        (inner.emit)(MediaEvent::DevicesEnumerated(Box::new(found)));
    });
}

/// Puts what was chosen into the constraints of `getUserMedia`.
pub(super) fn constrain(sources: &[Source], devices: &Devices, constraints: &Object) {
    for source in sources.iter().copied() {
        let name = source.kind().as_str();
        let of_kind = Reflect::get(constraints, &name.into()).unwrap_or_default();
        let set = |name: &str, value: JsValue| drop(Reflect::set(&of_kind, &name.into(), &value));
        for switch in TrackSwitch::ALL.into_iter().filter(|switch| switch.source() == source) {
            let on = devices.settings.is_on(switch);
            // Not every browser knows it, and none is asked for nothing.
            if on || switch != TrackSwitch::BackgroundBlur {
                set(switch.as_str(), on.into());
            }
        }
        if source == Source::Camera {
            set("facingMode", devices.settings.facing_mode.as_str().into());
            let (VideoSize { width, height }, framerate) = devices.settings.video_quality.capture();
            let ideal = |value: u32| object(&[("ideal", value.into())]).into();
            set("width", ideal(width.into()));
            set("height", ideal(height.into()));
            set("frameRate", ideal(framerate));
        }
        let chosen = match source {
            Source::SecondCamera => devices.settings.second_camera.as_ref(),
            Source::Microphone | Source::Camera | Source::Screen | Source::ScreenAudio => {
                MediaDeviceKind::of(source).and_then(|kind| devices.exact(kind))
            }
        };
        if let Some(device) = chosen {
            set("deviceId", object(&[("exact", device.as_str().into())]).into());
            // It may look elsewhere.
            set("facingMode", JsValue::UNDEFINED);
        }
    }
}

/// An entry of `enumerateDevices()`.
struct Listed {
    kind: MediaDeviceKind,
    id: String,
    group: String,
    label: String,
    default: bool,
}

impl Listed {
    fn is_alias(&self) -> bool {
        ALIASES.contains(&&*self.id)
    }

    /// Whether both are the same device.
    fn is_same(&self, other: &Self) -> bool {
        self.kind == other.kind && self.group == other.group
    }

    /// An entry that may be used.
    fn info(&self) -> Option<MediaDeviceInfo> {
        let id = DeviceId::new(&self.id)?;
        Some(MediaDeviceInfo::new(self.kind, id, &self.label, self.default))
    }
}

async fn list() -> Vec<Listed> {
    let Some(devices) = super::devices() else { return Vec::new() };
    let Ok(listed) = call_async(&devices, "enumerateDevices", &[]).await else { return Vec::new() };
    let entries = listed.unchecked_into::<Array>();
    // The aliases come on top of the devices.
    let entries = entries.iter().take(2 * MAX_DEVICES);
    let (aliases, mut listed): (Vec<Listed>, Vec<Listed>) =
        entries.filter_map(|entry| read(&entry)).partition(Listed::is_alias);
    // Of an alias nothing is kept but which device it stands for. If that is none of them, it is a device.
    for alias in aliases.into_iter().filter(|alias| alias.id == ALIASES[0]) {
        match listed.iter_mut().find(|entry| entry.is_same(&alias)) {
            Some(device) => device.default = true,
            None => listed.push(Listed { default: true, ..alias }),
        }
    }
    listed
}

fn read(entry: &JsValue) -> Option<Listed> {
    let kind = text(entry, "kind", MAX_ID_BYTES);
    Some(Listed {
        kind: MediaDeviceKind::ALL.into_iter().find(|known| known.as_str() == kind)?,
        id: text(entry, "deviceId", MAX_ID_BYTES),
        group: text(entry, "groupId", MAX_ID_BYTES),
        label: text(entry, "label", MAX_LABEL_BYTES),
        default: false,
    })
}

/// Our tracks that are live. A screen is no device, and has none of what is asked for here.
fn live_tracks(inner: &Inner) -> Vec<(TrackId, MediaStreamTrack)> {
    let live = inner.live.borrow();
    live.iter().filter_map(|(id, _)| Some((*id, inner.tracks.get(*id)?))).collect()
}

/// What a track comes from; if that is an alias, the device that it stands for.
fn in_use(track: TrackId, of: &MediaStreamTrack, listed: &[Listed]) -> TrackInUse {
    let settings = call(of, "getSettings", &[]).unwrap_or_default();
    let id = text(&settings, "deviceId", MAX_ID_BYTES);
    let is_real = |entry: &&Listed| entry.default && entry.kind == MediaDeviceKind::AudioInput;
    let real = listed.iter().find(is_real).filter(|_| ALIASES.contains(&&*id));
    let id = real.map_or(&id, |entry| &entry.id);
    TrackInUse { track, device_id: DeviceId::new(id), muted: of.muted() }
}

/// Whether a camera can be told to blur what is behind the person, and to stop that.
fn can_blur(track: &MediaStreamTrack) -> bool {
    let values = member(
        &call(track, "getCapabilities", &[]).unwrap_or_default(),
        TrackSwitch::BackgroundBlur.as_str(),
    );
    values.dyn_ref::<Array>().is_some_and(|values| values.length() > 1)
}

/// The `PermissionStatus` of each source, where the browser has one.
async fn permissions() -> Vec<(Source, JsValue)> {
    let mut found = Vec::new();
    let permissions = web_sys::window().map(|window| member(&window.navigator(), "permissions"));
    if let Some(permissions) = permissions.filter(JsValue::is_object) {
        for source in Source::MICROPHONE_AND_CAMERA {
            let descriptor = object(&[("name", source.as_str().into())]);
            let status = call_async(&permissions, "query", &[&descriptor]).await;
            found.extend(status.map(|status| (source, status)));
        }
    }
    found
}

fn granted(permissions: &[(Source, JsValue)]) -> Vec<Source> {
    let is_granted = |status: &JsValue| text(status, "state", MAX_ID_BYTES) == "granted";
    permissions.iter().filter(|(_, status)| is_granted(status)).map(|(source, _)| *source).collect()
}

/// Has the devices listed once more when something has changed, once.
fn watch(
    inner: &Rc<Inner>,
    permissions: &[(Source, JsValue)],
    tracks: &[(TrackId, MediaStreamTrack)],
) -> Vec<Listener> {
    let due = Rc::new(Cell::new(true));
    let on = |target: &JsValue, event| {
        let (inner, due) = (Rc::downgrade(inner), Rc::clone(&due));
        Listener::new(target.unchecked_ref::<EventTarget>(), event, move |_| {
            if due.replace(false) {
                enumerate(inner.clone());
            }
        })
    };
    let tracks = tracks.iter().map(|(_, track)| on(track, "unmute"));
    let changes = permissions.iter().map(|(_, status)| on(status, "change"));
    let focus = web_sys::window().map(|window| on(&window, "focus"));
    tracks.chain(changes).chain(focus).collect()
}

/// A text of an object; empty if there is none, or it is too long.
fn text(of: &JsValue, name: &str, max: usize) -> String {
    text_of(&member(of, name), max).unwrap_or_default()
}
