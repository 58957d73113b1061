//! All voices of a recording in one track.

use std::cell::RefCell;

use js_sys::Array;
use visavis_core::{RoomView, Source, TrackId};
use wasm_bindgen::JsValue;
use web_sys::{AudioContext, MediaStream, MediaStreamTrack};

use super::Subject;
use crate::dom::by_name::{call, member};
use crate::dom::ignore;
use crate::tracks::Tracks;

/// Mixes what it is told to, as long as it lives. Nobody hears it but the recorder.
pub(super) struct Mixer {
    context: AudioContext,
    destination: JsValue,
    sources: RefCell<Vec<(TrackId, JsValue)>>,
}

impl Mixer {
    /// Mixes nothing yet.
    pub(super) fn new() -> Result<Self, JsValue> {
        let context = AudioContext::new()?;
        let destination = call(&context, "createMediaStreamDestination", &[])?;
        let _ = call(&context, "resume", &[]);
        Ok(Self { context, destination, sources: RefCell::default() })
    }

    /// The mixed track.
    pub(super) fn track(&self) -> Result<JsValue, JsValue> {
        let stream = member(&self.destination, "stream");
        Ok(Array::from(&call(&stream, "getAudioTracks", &[])?).get(0))
    }

    /// Mixes what there is to hear of the subject now.
    pub(super) fn show(&self, tracks: &Tracks, view: &RoomView, subject: &Subject) {
        let wanted = wanted(view, subject);
        let mut sources = self.sources.borrow_mut();
        sources.retain(|(id, node)| {
            let stays = wanted.contains(id);
            if !stays {
                let _ = call(node, "disconnect", &[]);
            }
            stays
        });
        for id in wanted {
            if !sources.iter().any(|(known, _)| *known == id)
                && let Some(track) = tracks.get(id)
                && let Ok(node) = self.connect(&track)
            {
                sources.push((id, node));
            }
        }
    }

    fn connect(&self, track: &MediaStreamTrack) -> Result<JsValue, JsValue> {
        let stream = MediaStream::new_with_tracks(&Array::of1(track))?;
        let node = self.context.create_media_stream_source(&stream)?.into();
        call(&node, "connect", &[&self.destination])?;
        Ok(node)
    }
}

impl Drop for Mixer {
    fn drop(&mut self) {
        ignore(self.context.close());
    }
}

/// The tracks that are heard: everybody's, or those that belong to one picture.
fn wanted(view: &RoomView, subject: &Subject) -> Vec<TrackId> {
    let sounds = [(Source::Microphone, Source::Camera), (Source::ScreenAudio, Source::Screen)];
    let mut wanted = Vec::new();
    for (sound, picture) in sounds {
        let own = view.me.id.iter().map(|id| (id, view.me.source(sound).track));
        let others = view.participants.iter().map(|them| (&them.id, them.track(sound)));
        for (id, track) in own.chain(others) {
            if subject.includes(id.as_str(), picture.as_str()) {
                wanted.extend(track);
            }
        }
    }
    wanted
}
