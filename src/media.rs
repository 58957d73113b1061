//! Microphone and camera.

mod devices;
pub mod errors;
mod track_probe;

use std::any::Any;
use std::cell::RefCell;
use std::rc::{Rc, Weak};

use js_sys::{Function, JSON, Object, Promise, Reflect};
use visavis_core::{ById, CaptureId, Devices, Finding, MediaError, MediaEvent, Source, TestId, TrackId};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{MediaDevices, MediaStream, MediaStreamTrack};

use self::errors::media_error;
use self::track_probe::TrackProbe;
use crate::dom::{self, Listener, object};
use crate::on_demand::{self, lazy_fn};
use crate::tracks::Tracks;

/// Against echo, hum and whispering, which every browser can do and some do not do unasked.
const AUDIO: &str = r#"{"echoCancellation":true,"noiseSuppression":true,"autoGainControl":true}"#;
/// All of it wishes: a camera that cannot do this is still a camera.
const VIDEO: &str =
    r#"{"width":{"ideal":1280},"height":{"ideal":720},"frameRate":{"ideal":30},"facingMode":"user"}"#;

/// The sound of what is shared as it is, without what makes voices clear; and no picture of a page within itself.
const DISPLAY: &str = r#"{"video":true,"audio":{"echoCancellation":false,"noiseSuppression":false,"autoGainControl":false},"selfBrowserSurface":"exclude"}"#;

/// Where the events of the devices go.
pub type Emit = Rc<dyn Fn(MediaEvent)>;

/// The devices of this page. Dropping it switches them off.
pub struct Media(Rc<Inner>);

struct Inner {
    tracks: Tracks,
    emit: Emit,
    live: RefCell<ById<TrackId, [Listener; 2]>>,
    /// Absent on a page that is not secure.
    _changes: Option<Listener>,
    track_probes: RefCell<ById<TestId, TrackProbe>>,
    /// What tells that something has changed since the devices were listed.
    watch: RefCell<Option<Box<dyn Any>>>,
}

impl Media {
    /// Nothing open yet. Tracks are put on the shelf.
    pub fn new(tracks: Tracks, emit: Emit) -> Self {
        let changed = Rc::clone(&emit);
        let _changes = devices().map(|devices| {
            Listener::new(&devices, "devicechange", move |_| changed(MediaEvent::DevicesChanged))
        });
        Self(Rc::new(Inner {
            tracks,
            emit,
            live: RefCell::default(),
            _changes,
            track_probes: RefCell::default(),
            watch: RefCell::default(),
        }))
    }

    /// Opens devices; answered by one event, however long the person thinks about it.
    pub fn get_user_media(&self, capture: CaptureId, sources: &[Source], devices: Option<&Devices>) {
        let request = get_user_media(sources, devices);
        let picture = sources.iter().copied().find(|source| source.video_index().is_some());
        let of = [Source::Microphone, picture.unwrap_or(Source::Camera)];
        // Of pictures there is one feature (Permissions Policy, Media Capture and Streams 10.2).
        let feature = |source: &Source| source.video_index().map_or(*source, |_| Source::Camera);
        self.await_capture(capture, request, of, sources.iter().map(feature).collect());
    }

    /// Lists the devices and what our tracks come from, and again whenever that changes.
    pub fn enumerate_devices(&self) {
        let inner = Rc::downgrade(&self.0);
        on_demand::load_then(Box::new(move |loaded| {
            if loaded.is_ok() {
                lazy_fn::<fn(Weak<Inner>)>(devices::enumerate)(inner);
            }
        }));
    }

    /// Has the person pick a screen, a window or a tab; answered by one event. Browsers let a page ask only in the same task
    /// as a click, or shortly after.
    pub fn get_display_media(&self, capture: CaptureId) {
        self.await_capture(capture, get_display_media(), [Source::ScreenAudio, Source::Screen], Vec::new());
    }

    /// `of` are the sources of sound and of pictures; `asked` are those that a policy may forbid.
    fn await_capture(
        &self,
        capture: CaptureId,
        request: Result<Promise, MediaError>,
        of: [Source; 2],
        asked: Vec<Source>,
    ) {
        let inner = Rc::downgrade(&self.0);
        spawn_local(async move {
            let stream = await_stream(request).await;
            match (inner.upgrade(), stream) {
                (Some(inner), Ok(stream)) => inner.captured(capture, &stream, of),
                (Some(inner), Err(error)) => {
                    let error = blame_policy(error, &asked);
                    (inner.emit)(MediaEvent::CaptureFailed { capture, error });
                }
                (None, Ok(stream)) => tracks_of(&stream).for_each(|track| track.stop()),
                (None, Err(_)) => {}
            }
        });
    }

    /// Switches a device off for good.
    pub fn stop(&self, id: TrackId) {
        self.0.live.borrow_mut().remove(&id);
        self.0.release(id);
    }

    /// Mutes a track without giving its device back.
    pub fn set_enabled(&self, id: TrackId, enabled: bool) {
        if let Some(track) = self.0.tracks.get(id) {
            track.set_enabled(enabled);
        }
    }

    /// Watches what a track delivers. If that cannot be watched, nothing is told.
    pub fn test(&self, id: TestId, track: TrackId, tell: impl Fn(Finding) + 'static) {
        let track = self.0.tracks.get(track);
        if let Some(track_probe) = track.and_then(|track| TrackProbe::watch(&track, Box::new(tell)).ok()) {
            self.0.track_probes.borrow_mut().insert(id, track_probe);
        }
    }

    /// Watches it no longer.
    pub fn end_test(&self, id: TestId) {
        let track_probe = self.0.track_probes.borrow_mut().remove(&id);
        drop(track_probe);
    }

    /// Switches everything off, also in the middle of a panic.
    pub fn stop_all(&self) {
        let _ =
            self.0.track_probes.try_borrow_mut().map(|mut track_probes| std::mem::take(&mut *track_probes));
        while let Some(id) = self.0.forget_any() {
            self.0.release(id);
        }
    }
}

impl Drop for Media {
    fn drop(&mut self) {
        self.stop_all();
    }
}

impl Inner {
    fn captured(&self, capture: CaptureId, stream: &MediaStream, [sound, picture]: [Source; 2]) {
        let source = |track: &MediaStreamTrack| if track.kind() == "audio" { sound } else { picture };
        let tracks = tracks_of(stream).map(|track| (source(&track), self.register(&track))).collect();
        (self.emit)(MediaEvent::Captured { capture, tracks });
    }

    fn register(&self, track: &MediaStreamTrack) -> TrackId {
        // Not `track.clone()`: that is `MediaStreamTrack.clone()`, a second track that keeps the device open.
        let id = self.tracks.add(Clone::clone(track));
        let (ended, muted) = (Rc::clone(&self.emit), Rc::clone(&self.emit));
        let listeners = [
            Listener::new(track, "ended", move |_| ended(MediaEvent::TrackEnded(id))),
            Listener::new(track, "mute", move |_| muted(MediaEvent::DevicesChanged)),
        ];
        self.live.borrow_mut().insert(id, listeners);
        id
    }

    fn forget_any(&self) -> Option<TrackId> {
        self.live.try_borrow_mut().ok()?.pop().map(|(id, _)| id)
    }

    fn release(&self, id: TrackId) {
        if let Some(track) = self.tracks.remove(id) {
            track.stop();
        }
    }
}

fn tracks_of(stream: &MediaStream) -> impl Iterator<Item = MediaStreamTrack> {
    stream.get_tracks().into_iter().map(JsCast::unchecked_into)
}

fn devices() -> Option<MediaDevices> {
    let devices = web_sys::window().and_then(|window| window.navigator().media_devices().ok());
    // web-sys promises an object, but a page that is not secure gets `undefined`.
    devices.filter(|devices| !devices.is_undefined())
}

fn usable_devices() -> Result<MediaDevices, MediaError> {
    let secure = web_sys::window().is_some_and(|window| window.is_secure_context());
    devices().ok_or(if secure { MediaError::Unavailable } else { MediaError::Insecure })
}

fn get_user_media(sources: &[Source], devices: Option<&Devices>) -> Result<Promise, MediaError> {
    let constraints = object(&[
        ("audio", constraints_or_false(sources.contains(&Source::Microphone), AUDIO)),
        ("video", constraints_or_false(sources.iter().any(|source| source.video_index().is_some()), VIDEO)),
    ]);
    if let Some(devices) = devices {
        lazy_fn::<fn(&[Source], &Devices, &Object)>(devices::constrain)(sources, devices, &constraints);
    }
    let request = usable_devices()?.get_user_media_with_constraints(constraints.unchecked_ref());
    request.map_err(|error| media_error(&error))
}

/// Phones have no such method.
fn get_display_media() -> Result<Promise, MediaError> {
    let devices = usable_devices()?;
    let method = Reflect::get(&devices, &"getDisplayMedia".into()).ok();
    let method: Function = method.and_then(|method| method.dyn_into().ok()).ok_or(MediaError::Unavailable)?;
    let options = JSON::parse(DISPLAY).unwrap_or(JsValue::UNDEFINED);
    let promise = method.call1(&devices, &options).map_err(|error| media_error(&error))?;
    Ok(promise.unchecked_into())
}

fn constraints_or_false(wanted: bool, constraints: &str) -> JsValue {
    if wanted { JSON::parse(constraints).unwrap_or(JsValue::TRUE) } else { JsValue::FALSE }
}

/// Who refused: the person and their browser, or the policy of the page, which nobody can change beside the address bar.
fn blame_policy(error: MediaError, asked: &[Source]) -> MediaError {
    // Features are called like devices.
    let policy = asked.iter().any(|source| !dom::is_allowed(source.as_str()));
    if error == MediaError::Denied && policy { MediaError::Policy } else { error }
}

async fn await_stream(request: Result<Promise, MediaError>) -> Result<MediaStream, MediaError> {
    let stream = JsFuture::from(request?).await;
    stream.map(JsCast::unchecked_into).map_err(|error| media_error(&error))
}
