//! Capture, and its errors by name.

use std::rc::Rc;

use js_sys::{Function, Object, Promise, Reflect};
use visavis::media::Media;
use visavis::media::errors::media_error;
use visavis::tracks::Tracks;
use visavis_core::{CaptureId, DeviceId, Devices, MediaDeviceKind, MediaError, MediaEvent, Source, TrackId};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{DomException, Event, MediaStream, MediaStreamTrack, MediaStreamTrackState};

use crate::support::{Events, until};

fn media() -> (Media, Tracks, Events<MediaEvent>) {
    let (tracks, events) = (Tracks::default(), Events::new());
    let sink = events.clone();
    (Media::new(tracks.clone(), Rc::new(move |event| sink.push(event))), tracks, events)
}

async fn answer(events: &Events<MediaEvent>) -> MediaEvent {
    until("the answer of a capture", || events.len() > 0).await;
    events.take().remove(0)
}

async fn capture(media: &Media, events: &Events<MediaEvent>) -> (TrackId, TrackId) {
    media.get_user_media(CaptureId(1), &Source::MICROPHONE_AND_CAMERA, None);
    let MediaEvent::Captured { capture: CaptureId(1), tracks } = answer(events).await else {
        panic!("both were asked for");
    };
    let track = |source| tracks.iter().find(|(of, _)| *of == source).unwrap().1;
    (track(Source::Microphone), track(Source::Camera))
}

fn live(track: &MediaStreamTrack) -> bool {
    track.ready_state() == MediaStreamTrackState::Live
}

#[wasm_bindgen_test]
async fn captures_what_was_asked_for() {
    let (media, tracks, events) = media();
    let (microphone, camera) = capture(&media, &events).await;
    let (microphone, camera) = (tracks.get(microphone).unwrap(), tracks.get(camera).unwrap());
    assert_eq!((microphone.kind(), camera.kind()), ("audio".to_owned(), "video".to_owned()));
    media.get_user_media(CaptureId(2), &[Source::Microphone], None);
    let MediaEvent::Captured { capture: CaptureId(2), tracks: captured } = answer(&events).await else {
        panic!("a microphone was asked for");
    };
    assert!(matches!(captured[..], [(Source::Microphone, _)]), "{captured:?}");
    drop(media);
    assert!(!live(&microphone), "dropping the devices switches them off");
    assert!(!live(&camera), "dropping the devices switches them off");
}

#[wasm_bindgen_test]
async fn mutes_and_stops() {
    let (media, tracks, events) = media();
    let (microphone, camera) = capture(&media, &events).await;
    let track = tracks.get(microphone).unwrap();
    media.set_enabled(microphone, false);
    assert!(live(&track));
    assert!(!track.enabled());
    let picture = tracks.get(camera).unwrap();
    media.stop(camera);
    assert!(!live(&picture));
    assert!(tracks.get(camera).is_none());
}

/// In place of a camera that can be unplugged; Firefox keeps synthetic events from real tracks.
const FAKE_CAMERA: &str = "const track = new EventTarget(); track.kind = 'video'; track.stop = () => {};
    return Promise.resolve({ getTracks: () => [track] })";

#[wasm_bindgen_test]
async fn an_unplugged_camera_is_told_and_a_stopped_one_is_not() {
    let (media, tracks, events) = media();
    with_get_user_media(FAKE_CAMERA, || media.get_user_media(CaptureId(5), &[Source::Camera], None));
    let MediaEvent::Captured { tracks: captured, .. } = answer(&events).await else {
        panic!("a camera was asked for");
    };
    let [(Source::Camera, camera)] = captured[..] else { panic!("only that: {captured:?}") };
    let track = tracks.get(camera).unwrap();
    let end = || track.dispatch_event(&Event::new("ended").unwrap()).unwrap();
    end();
    assert_eq!(events.take(), [MediaEvent::TrackEnded(camera)]);
    media.stop(camera);
    end();
    assert_eq!(events.take(), []);
}

/// The browser's own answer, which the test keeps as well.
const KEPT: &str = "return window.kept =
    MediaDevices.prototype.getUserMedia.call(navigator.mediaDevices, { audio: true, video: true })";

#[wasm_bindgen_test]
fn a_change_of_the_devices_is_told_as_long_as_somebody_listens() {
    let (media, _, events) = media();
    let devices = web_sys::window().unwrap().navigator().media_devices().unwrap();
    let change = || devices.dispatch_event(&Event::new("devicechange").unwrap()).unwrap();
    change();
    assert_eq!(events.take(), [MediaEvent::DevicesChanged]);
    drop(media);
    change();
    assert_eq!(events.take(), []);
}

#[wasm_bindgen_test]
async fn a_late_answer_opens_nothing() {
    let (media, _, events) = media();
    with_get_user_media(KEPT, || media.get_user_media(CaptureId(1), &Source::MICROPHONE_AND_CAMERA, None));
    drop(media);
    let window = web_sys::window().unwrap();
    let kept: Promise = Reflect::get(&window, &"kept".into()).unwrap().unchecked_into();
    let stream: MediaStream = JsFuture::from(kept).await.unwrap().unchecked_into();
    let tracks: Vec<MediaStreamTrack> = stream.get_tracks().into_iter().map(JsCast::unchecked_into).collect();
    assert_eq!(tracks.len(), 2);
    until("microphone and camera to be off", || !tracks.iter().any(live)).await;
    assert_eq!(events.take(), []);
}

#[wasm_bindgen_test]
fn errors_are_told_apart_by_name() {
    let named = |name| media_error(&DomException::new_with_message_and_name("", name).unwrap());
    for (name, error) in [
        ("NotAllowedError", MediaError::Denied),
        ("SecurityError", MediaError::Denied),
        ("NotFoundError", MediaError::NotFound),
        ("NotReadableError", MediaError::Busy),
        ("AbortError", MediaError::Busy),
        ("OperationError", MediaError::Unknown),
    ] {
        assert_eq!(named(name), error, "{name}");
    }
    assert_eq!(media_error(&JsValue::NULL), MediaError::Unknown);
}

/// Calls `act` while the page's own property of an object hides the browser's.
fn with(target: &JsValue, name: &str, value: &JsValue, act: impl FnOnce()) {
    let (target, name) = (target.unchecked_ref::<Object>(), JsValue::from(name));
    let before = Object::get_own_property_descriptor(target, &name);
    let descriptor = Object::new();
    Reflect::set(&descriptor, &"value".into(), value).unwrap();
    Reflect::set(&descriptor, &"configurable".into(), &true.into()).unwrap();
    Reflect::define_property(target, &name, &descriptor).unwrap();
    act();
    Reflect::delete_property(target, &name).unwrap();
    // What a window has is its own.
    if !before.is_undefined() {
        Reflect::define_property(target, &name, before.unchecked_ref()).unwrap();
    }
}

/// Calls `act` while `getUserMedia` has this body.
fn with_get_user_media(body: &str, act: impl FnOnce()) {
    let devices = web_sys::window().unwrap().navigator().media_devices().unwrap();
    with(&devices, "getUserMedia", &Function::new_no_args(body), act);
}

#[wasm_bindgen_test]
async fn refusals_come_back_as_events() {
    let (media, _, events) = media();
    let refuse = "return Promise.reject(new DOMException('', 'NotReadableError'))";
    with_get_user_media(refuse, || media.get_user_media(CaptureId(3), &Source::MICROPHONE_AND_CAMERA, None));
    let failed = MediaEvent::CaptureFailed { capture: CaptureId(3), error: MediaError::Busy };
    assert_eq!(answer(&events).await, failed);
}

#[wasm_bindgen_test]
async fn a_page_without_devices_is_insecure_only_if_it_is() {
    let (media, _, events) = media();
    let window = web_sys::window().unwrap();
    for (secure, error) in [(false, MediaError::Insecure), (true, MediaError::Unavailable)] {
        with(&window, "isSecureContext", &secure.into(), || {
            with(&window.navigator(), "mediaDevices", &JsValue::UNDEFINED, || {
                media.get_user_media(CaptureId(4), &Source::MICROPHONE_AND_CAMERA, None);
            });
        });
        let failed = MediaEvent::CaptureFailed { capture: CaptureId(4), error };
        assert_eq!(answer(&events).await, failed, "secure: {secure}");
    }
    assert!(window.is_secure_context(), "nothing is left behind");
}

/// A page's policy, or the page around, may allow one device and not the other: only what was asked for counts.
#[wasm_bindgen_test]
async fn what_a_policy_forbids_is_not_for_the_person_to_allow() {
    let (media, _, events) = media();
    let policy = Function::new_no_args("return { allowsFeature: name => name !== 'camera' }");
    let policy = policy.call0(&JsValue::NULL).unwrap();
    let refuse = |sources: &[Source], name: &str| {
        let body = format!("return Promise.reject(new DOMException('', '{name}'))");
        with_get_user_media(&body, || media.get_user_media(CaptureId(6), sources, None));
    };
    let document = web_sys::window().unwrap().document().unwrap();
    // Asked only once the refusal is there, so the policy has to last.
    Reflect::set(&document, &"permissionsPolicy".into(), &policy).unwrap();
    for (sources, name, error) in [
        (&[Source::Camera][..], "NotAllowedError", MediaError::Policy),
        (&Source::MICROPHONE_AND_CAMERA, "NotAllowedError", MediaError::Policy),
        (&[Source::Microphone], "NotAllowedError", MediaError::Denied),
        (&[Source::Camera], "NotReadableError", MediaError::Busy),
    ] {
        refuse(sources, name);
        let failed = MediaEvent::CaptureFailed { capture: CaptureId(6), error };
        assert_eq!(answer(&events).await, failed, "{sources:?} {name}");
    }
    Reflect::delete_property(&document, &"permissionsPolicy".into()).unwrap();
    refuse(&[Source::Camera], "NotAllowedError");
    let failed = MediaEvent::CaptureFailed { capture: CaptureId(6), error: MediaError::Denied };
    assert_eq!(answer(&events).await, failed, "where no policy tells");
}

#[wasm_bindgen_test]
async fn devices_are_listed_with_what_is_in_use_and_the_chosen_one_is_opened() {
    let (media, tracks, events) = media();
    let (microphone, camera) = capture(&media, &events).await;
    media.enumerate_devices();
    let MediaEvent::DevicesEnumerated(found) = answer(&events).await else { panic!("they were asked for") };
    let cameras: Vec<_> = found.devices.iter().filter(|it| it.kind == MediaDeviceKind::VideoInput).collect();
    assert!(!cameras.is_empty(), "{found:?}");
    assert_eq!(found.in_use.len(), 2, "{found:?}");
    let of = |track| found.in_use.iter().find(|in_use| in_use.track == track).unwrap();
    let (microphone, camera) =
        (of(microphone).device_id.clone().unwrap(), of(camera).device_id.clone().unwrap());
    let listed = |id: &DeviceId| found.devices.iter().any(|device| device.device_id == *id);
    assert!(listed(&microphone), "what is in use is a device, no alias of it: {found:?}");
    assert!(listed(&camera), "{found:?}");

    let last = cameras.last().unwrap().device_id.clone();
    let mut devices = Devices::default();
    devices.settings.choose(MediaDeviceKind::VideoInput, Some(last.clone()));
    media.get_user_media(CaptureId(2), &[Source::Camera], Some(&devices));
    let MediaEvent::Captured { tracks: captured, .. } = answer(&events).await else { panic!("it is there") };
    let settings = Function::new_with_args("track", "return track.getSettings().deviceId");
    let opened = settings.call1(&JsValue::NULL, &tracks.get(captured[0].1).unwrap()).unwrap();
    assert_eq!(opened.as_string().as_deref(), Some(last.as_str()));

    devices.settings.choose(MediaDeviceKind::VideoInput, DeviceId::new("nobody has it"));
    media.get_user_media(CaptureId(3), &[Source::Camera], Some(&devices));
    let missing = MediaEvent::CaptureFailed { capture: CaptureId(3), error: MediaError::NotFound };
    assert_eq!(answer(&events).await, missing);
}
