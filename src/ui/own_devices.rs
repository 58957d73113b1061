//! What a stage does for our own devices beside switching them: it says so when somebody speaks who is muted, and gives phones a
//! button for their other camera. Loaded once a call stands, so a join does not wait for it.

mod facing;
mod muted_speech;

use std::any::Any;
use std::cell::Cell;
use std::rc::Rc;

use visavis_core::{ConnectionState, ParticipantView, RoomView, Source, SourceState};
use web_sys::HtmlElement;

use self::facing::CameraButton;
pub(super) use self::facing::facing_mode;
use self::muted_speech::MutedSpeech;
use super::shared::{Shared, own};

/// As long as a stage is shown.
struct OwnDevices {
    muted: Option<MutedSpeech>,
    /// When somebody was told last that they are muted (`performance.now()`).
    hinted_at: Rc<Cell<Option<f64>>>,
    camera: CameraButton,
}

/// Follows the view, once a connection stands; `tile` is our own, and `kept` what this needs from one view to the next.
#[inline(never)]
pub(super) fn render(
    shared: &Rc<Shared>,
    kept: &mut Option<Box<dyn Any>>,
    view: &RoomView,
    tile: &HtmlElement,
) {
    let stands = |them: &ParticipantView| them.connection.state == ConnectionState::Connected;
    if kept.is_none() && !view.participants.iter().any(stands) {
        return;
    }
    let kept = kept.get_or_insert_with(|| {
        let camera = CameraButton::new(shared, tile);
        Box::new(OwnDevices { muted: None, hinted_at: Rc::default(), camera })
    });
    if let Some(ours) = kept.downcast_mut::<OwnDevices>() {
        ours.follow_microphone(shared, view);
        ours.camera.render(shared, view, tile);
    }
}

impl OwnDevices {
    /// Listens while the microphone is muted and somebody is there who does not hear us.
    fn follow_microphone(&mut self, shared: &Rc<Shared>, view: &RoomView) {
        let microphone = own(view, Source::Microphone);
        let track = microphone.track.filter(|_| {
            microphone.state == SourceState::Off && !view.participants.is_empty() && view.lifecycle.in_call()
        });
        if self.muted.as_ref().map(MutedSpeech::track) != track {
            self.muted = None;
            self.muted = track.and_then(|track| MutedSpeech::start(shared, track, &self.hinted_at));
        }
    }
}
