//! Whoever speaks while muted is told so.
//!
//! Only where a muted microphone stays open anyway: Chromium keeps it so, and its light on. Firefox lets go of a microphone whose
//! tracks are all disabled (`media.getusermedia.microphone.off_while_disabled.enabled`), and Safari may; a track of ours that
//! listens would keep it open, which a person who mutes does not expect.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use visavis_core::timing::AUDIO_LEVEL_INTERVAL;
use visavis_core::{SpeechDetector, TrackId};
use wasm_bindgen_futures::spawn_local;

use crate::dom;
use crate::dom::by_name::member;
use crate::ui::shared::Shared;
use crate::ui::text;
use crate::ui::track_level::TrackLevel;

/// Milliseconds until what is heard counts: whoever mutes themselves may end their sentence.
const SETTLE_TIME: i32 = 1000;
/// Milliseconds in which nobody is told twice.
const HINT_INTERVAL: f64 = 60_000.0;

/// What listens; nothing any more once the person was told.
type Listening = RefCell<Option<TrackLevel>>;

/// Listens to a muted track as long as it lives.
pub(super) struct MutedSpeech {
    track: TrackId,
    _listening: Rc<Listening>,
}

impl MutedSpeech {
    /// Begins to listen, where that opens no microphone and nobody was told a moment ago.
    pub(super) fn start(
        shared: &Rc<Shared>,
        track: TrackId,
        hinted_at: &Rc<Cell<Option<f64>>>,
    ) -> Option<Self> {
        let is_recent = hinted_at.get().is_some_and(|then| dom::now() - then < HINT_INTERVAL);
        let level = shared.tracks.get(track).filter(|_| keeps_muted_microphones() && !is_recent);
        let level = level.and_then(|track| TrackLevel::open(&track).ok());
        let _listening = Rc::new(RefCell::new(level));
        let (listening, shared, hinted_at) =
            (Rc::downgrade(&_listening), Rc::downgrade(shared), Rc::clone(hinted_at));
        spawn_local(async move {
            if wait_for_speech(&listening).await {
                hinted_at.set(Some(dom::now()));
                let words = text::microphone::spoke_while_muted();
                shared.upgrade().iter().for_each(|shared| shared.toasts.show(words));
            }
            drop(listening.upgrade().and_then(|listening| listening.take()));
        });
        Some(Self { track, _listening })
    }

    /// The track.
    pub(super) fn track(&self) -> TrackId {
        self.track
    }
}

/// Waits until somebody speaks; false if nobody listens any more before that.
async fn wait_for_speech(listening: &Weak<Listening>) -> bool {
    dom::sleep(SETTLE_TIME).await;
    let mut detector = SpeechDetector::default();
    loop {
        let Some(listening) = listening.upgrade() else { return false };
        let Some(level) = listening.borrow().as_ref().map(TrackLevel::level) else { return false };
        if detector.sample(vec![(String::new(), level)]).is_some_and(|speaking| !speaking.is_empty()) {
            return true;
        }
        drop(listening);
        dom::sleep(AUDIO_LEVEL_INTERVAL.as_millis() as i32).await;
    }
}

/// Whether this is a Chromium: it alone has this in windows (Firefox 153 nowhere, Safari 26 in workers).
fn keeps_muted_microphones() -> bool {
    web_sys::window().is_some_and(|window| member(&window, "MediaStreamTrackProcessor").is_function())
}
