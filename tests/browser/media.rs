//! Capture, and its errors by name.

use std::rc::Rc;

use js_sys::{Function, Object, Reflect};
use visavis::media::Media;
use visavis::media::errors::media_error;
use visavis::tracks::Tracks;
use visavis_core::{CaptureId, MediaError, MediaEvent, TrackId};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{DomException, Event, MediaStreamTrack, MediaStreamTrackState};

use crate::support::{Events, sleep, until};

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
    media.capture(CaptureId(1), true, true);
    let MediaEvent::Captured { capture: CaptureId(1), microphone: Some(microphone), camera: Some(camera) } =
        answer(events).await
    else {
        panic!("both were asked for");
    };
    (microphone, camera)
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
    media.capture(CaptureId(2), true, false);
    let MediaEvent::Captured { capture: CaptureId(2), microphone: Some(_), camera: None } =
        answer(&events).await
    else {
        panic!("only a microphone was asked for");
    };
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
    with_get_user_media(FAKE_CAMERA, || media.capture(CaptureId(5), false, true));
    let MediaEvent::Captured { microphone: None, camera: Some(camera), .. } = answer(&events).await else {
        panic!("only a camera was asked for");
    };
    let track = tracks.get(camera).unwrap();
    let end = || track.dispatch_event(&Event::new("ended").unwrap()).unwrap();
    end();
    assert_eq!(events.take(), [MediaEvent::TrackEnded(camera)]);
    media.stop(camera);
    end();
    assert_eq!(events.take(), []);
}

#[wasm_bindgen_test]
async fn a_late_answer_opens_nothing() {
    let (media, _, events) = media();
    media.capture(CaptureId(1), true, true);
    drop(media);
    sleep(500).await;
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

/// Lets the page's own property of an object hide the browser's, until `delete`.
fn shadow(target: &JsValue, name: &str, value: &JsValue) {
    let descriptor = Object::new();
    Reflect::set(&descriptor, &"value".into(), value).unwrap();
    Reflect::set(&descriptor, &"configurable".into(), &true.into()).unwrap();
    Reflect::define_property(target.unchecked_ref::<Object>(), &name.into(), &descriptor).unwrap();
}

/// Calls `act` while `getUserMedia` has this body.
fn with_get_user_media(body: &str, act: impl FnOnce()) {
    let devices = web_sys::window().unwrap().navigator().media_devices().unwrap();
    shadow(&devices, "getUserMedia", &Function::new_no_args(body));
    act();
    Reflect::delete_property(&devices, &"getUserMedia".into()).unwrap();
}

#[wasm_bindgen_test]
async fn refusals_come_back_as_events() {
    let (media, _, events) = media();
    let refuse = "return Promise.reject(new DOMException('', 'NotReadableError'))";
    with_get_user_media(refuse, || media.capture(CaptureId(3), true, true));
    let failed = MediaEvent::CaptureFailed { capture: CaptureId(3), error: MediaError::Busy };
    assert_eq!(answer(&events).await, failed);
}

#[wasm_bindgen_test]
async fn an_insecure_page_has_no_devices() {
    let (media, _, events) = media();
    let navigator = web_sys::window().unwrap().navigator();
    shadow(&navigator, "mediaDevices", &JsValue::UNDEFINED);
    media.capture(CaptureId(4), true, true);
    Reflect::delete_property(&navigator, &"mediaDevices".into()).unwrap();
    let failed = MediaEvent::CaptureFailed { capture: CaptureId(4), error: MediaError::Insecure };
    assert_eq!(answer(&events).await, failed);
}
