//! The one shelf of live `MediaStreamTrack`s. Everybody else names them by [`TrackId`].

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use visavis_core::{ById, TrackId};
use web_sys::MediaStreamTrack;

/// A shared handle to the shelf: `rtc` and `media` put tracks on it and take them off, `ui` looks at them.
#[derive(Clone, Default)]
pub struct Tracks(Rc<Registry>);

#[derive(Default)]
struct Registry {
    next: Cell<u32>,
    tracks: RefCell<ById<TrackId, MediaStreamTrack>>,
}

impl Tracks {
    /// Puts a track on the shelf.
    pub fn add(&self, track: MediaStreamTrack) -> TrackId {
        let id = TrackId(self.0.next.get());
        self.0.next.set(id.0 + 1);
        self.0.tracks.borrow_mut().insert(id, track);
        id
    }

    /// Looks a track up.
    pub fn get(&self, id: TrackId) -> Option<MediaStreamTrack> {
        self.0.tracks.borrow().get(&id).cloned()
    }

    /// Takes a track off the shelf.
    pub fn remove(&self, id: TrackId) -> Option<MediaStreamTrack> {
        self.0.tracks.borrow_mut().remove(&id)
    }
}
