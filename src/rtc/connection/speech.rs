//! Who speaks: the levels of what is received, read while the page is to be seen.
//!
//! `getStats()` tells levels too, but makes an object of each of a hundred counters, and is called every two seconds.
//! `getSynchronizationSources()` looks at what each receiver has heard last, and nothing else.

use std::rc::Rc;

use js_sys::Array;
use visavis_core::timing::AUDIO_LEVEL_INTERVAL;
use visavis_core::{AudioLevel, ConnectionEvent, SpeechDetector};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::RtcRtpReceiver;

use super::Connection;
use crate::dom::by_name::{call, member};
use crate::dom::{document, sleep};

/// Most of a level.
const FULL: f64 = 1000.0;

/// Listens, unless that is done already, until the connection is closed or the page is hidden. The next sample of the counters
/// begins anew.
pub(super) fn listen(connection: &Rc<Connection>) {
    if is_page_hidden() || connection.listens.replace(true) {
        return;
    }
    let connection = Rc::downgrade(connection);
    spawn_local(async move {
        let (mut detector, mut heard) = (SpeechDetector::default(), Vec::new());
        while let Some(connection) = connection.upgrade().filter(|connection| !connection.closed.get()) {
            let hidden = is_page_hidden();
            let levels = if hidden { Vec::new() } else { connection.levels(&mut heard) };
            if let Some(speaking) = detector.sample(levels) {
                connection.emit(ConnectionEvent::Speech(speaking));
            }
            if hidden {
                connection.listens.set(false);
                return;
            }
            drop(connection);
            sleep(AUDIO_LEVEL_INTERVAL.as_millis() as i32).await;
        }
    });
}

fn is_page_hidden() -> bool {
    document().is_ok_and(|document| document.hidden())
}

/// When the last packet of a receiver was played, by its `mid`.
type Heard = Vec<(String, f64)>;

impl Connection {
    /// How loud every voice is that is received. Without a packet since the last time, it is silent.
    fn levels(&self, heard: &mut Heard) -> Vec<(String, AudioLevel)> {
        let mut levels = Vec::new();
        let before = std::mem::take(heard);
        for transceiver in self.pc.get_transceivers() {
            let transceiver: web_sys::RtcRtpTransceiver = transceiver.unchecked_into();
            let receiver = transceiver.receiver();
            let Some(mid) = transceiver.mid().filter(|_| receiver.track().kind() == "audio") else {
                continue;
            };
            let (at, level) = last_packet(&receiver).unwrap_or_default();
            let is_new = !before.iter().any(|(known, last)| *known == mid && *last >= at);
            levels.push((mid.clone(), if is_new { level } else { AudioLevel::default() }));
            heard.push((mid, at));
        }
        levels
    }
}

/// When the newest packet was played, and how loud it was.
fn last_packet(receiver: &RtcRtpReceiver) -> Option<(f64, AudioLevel)> {
    let sources = Array::from(&call(receiver, "getSynchronizationSources", &[]).ok()?);
    let packet = |source: JsValue| {
        let level = member(&source, "audioLevel").as_f64().unwrap_or_default() * FULL;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
        Some((member(&source, "timestamp").as_f64()?, AudioLevel(level as u16)))
    };
    sources.iter().filter_map(packet).max_by(|one, other| one.0.total_cmp(&other.0))
}
