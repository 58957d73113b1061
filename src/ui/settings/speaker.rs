//! Where sound is played.

use js_sys::Reflect;
use visavis_core::{DeviceId, Devices, MediaDeviceKind};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{AudioContext, Element};

use crate::dom::by_name::{call, member};
use crate::dom::{self, ignore};

/// The elements that play the sound of others.
const PLAYERS: &str = "[data-participant]:not([data-self]) video";
/// What an element was told last: a refusal is not repeated.
const ASKED: &str = "visavisSink";
/// How long the test sound is, in milliseconds.
const TEST_SOUND_DURATION: i32 = 700;
/// How loud it is.
const TEST_SOUND_GAIN: f64 = 0.2;

/// Whether the page may say where sound is played (Firefox from 116, Chromium; not Safari before 26).
pub(super) fn can_be_chosen() -> bool {
    dom::instantiate("<audio></audio>")
        .is_ok_and(|player| Reflect::has(&player, &"setSinkId".into()).unwrap_or(false))
}

/// Has everybody's sound played by the speaker in use.
pub(super) fn apply(frame: &Element, devices: &Devices) {
    let sink = sink_of(Some(devices));
    for player in dom::find_all(frame, PLAYERS) {
        let asked = member(&player, ASKED);
        if asked != sink && !(asked.is_undefined() && sink == JsValue::from_str("")) {
            let _ = Reflect::set(&player, &ASKED.into(), &sink);
            // It plays on where it was, if that cannot be.
            ignore(call(&player, "setSinkId", &[&sink]).map(JsCast::unchecked_into));
        }
    }
}

/// Plays a sound where the others are heard.
pub(super) fn play_test_sound(devices: Option<&Devices>) {
    let sink = sink_of(devices);
    spawn_local(async move {
        if let Ok(context) = AudioContext::new() {
            let player = play(&context, &sink);
            dom::sleep(TEST_SOUND_DURATION).await;
            ignore(context.close());
            drop(player);
        }
    });
}

/// A tone, by way of an element: a context can choose its speaker in Chromium only.
fn play(context: &AudioContext, sink: &JsValue) -> Result<JsValue, JsValue> {
    let destination = call(context, "createMediaStreamDestination", &[])?;
    let gain = call(context, "createGain", &[])?;
    Reflect::set(&member(&gain, "gain"), &"value".into(), &TEST_SOUND_GAIN.into())?;
    call(&gain, "connect", &[&destination])?;
    let tone = call(context, "createOscillator", &[])?;
    call(&tone, "connect", &[&gain])?;
    let player: JsValue = dom::instantiate("<audio></audio>")?.into();
    Reflect::set(&player, &"srcObject".into(), &member(&destination, "stream"))?;
    ignore(call(&player, "setSinkId", &[sink]).map(JsCast::unchecked_into));
    call(&tone, "start", &[])?;
    ignore(call(&player, "play", &[]).map(JsCast::unchecked_into));
    Ok(player)
}

/// The argument of `setSinkId`; empty for what the system takes.
fn sink_of(devices: Option<&Devices>) -> JsValue {
    let in_use = devices.and_then(|devices| devices.in_use(MediaDeviceKind::AudioOutput));
    in_use.map_or("", DeviceId::as_str).into()
}
