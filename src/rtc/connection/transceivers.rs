//! What carries the sources: the transceivers that we make, and those that an offer brings.

use js_sys::Array;
use visavis_core::{ConnectionEvent, Encodings, MediaKind, Source, TrackId};
use wasm_bindgen::{JsCast, JsValue};

use super::super::bindings::{Sender, Transceiver};
use super::encoding::send_encodings;
use super::{Adopted, Connection};
use crate::dom::{ignore, object};

impl Connection {
    pub(super) fn add_first_transceivers(&self) -> Result<(), JsValue> {
        Source::MICROPHONE_AND_CAMERA
            .into_iter()
            .try_for_each(|source| self.make_transceiver(source, "sendrecv", &Encodings::default()))
    }

    /// Gives `source` a transceiver of its own, in these layers if there are any. One that has sent it before only receives from then on.
    pub(in crate::rtc) fn add_transceiver(&self, source: Source, encodings: &Encodings) {
        let before = self.outgoing.borrow()[source as usize].transceiver.clone();
        if let Some(before) = before {
            let _ = before.set_direction("recvonly");
            ignore(sender(&before).replace(&JsValue::NULL));
        }
        if self.make_transceiver(source, "sendonly", encodings).is_ok() {
            self.set_parameters(source, encodings);
            self.apply_track(source);
        }
    }

    /// Makes a transceiver that only receives.
    pub(in crate::rtc) fn add_receiver(&self, kind: MediaKind) {
        let init = object(&[("direction", "recvonly".into())]);
        let _ = self.pc.add_transceiver(kind.as_str(), &init);
    }

    fn make_transceiver(
        &self,
        source: Source,
        direction: &str,
        encodings: &Encodings,
    ) -> Result<(), JsValue> {
        let init = object(&[
            ("direction", direction.into()),
            ("streams", Array::of1(&self.stream).into()),
            // Without layers there are none, and so the browser takes one.
            ("sendEncodings", send_encodings(encodings).into()),
        ]);
        let transceiver = self.pc.add_transceiver(source.kind().as_str(), &init)?;
        self.outgoing.borrow_mut()[source as usize].transceiver = Some(transceiver.unchecked_into());
        Ok(())
    }

    /// Sends a track, or nothing, as `source`, now or as soon as there is a sender.
    pub(in crate::rtc) fn replace_track(&self, source: Source, track: Option<TrackId>) {
        self.outgoing.borrow_mut()[source as usize].track = track;
        self.apply_track(source);
    }

    fn apply_track(&self, source: Source) {
        let outgoing = &self.outgoing.borrow()[source as usize];
        let Some(transceiver) = &outgoing.transceiver else { return };
        let track = outgoing.track.and_then(|id| self.tracks.get(id));
        ignore(sender(transceiver).replace(&track.map_or(JsValue::NULL, JsValue::from)));
    }

    /// Takes over transceivers that a remote offer brought, before it is answered. A section without `mid` has one that
    /// the browser made up: then it is the first of its kind.
    pub(super) fn adopt_transceivers(&self, adopted: &Adopted) {
        for (source, mid) in adopted {
            let kind = source.kind().as_str();
            let mut transceivers =
                self.pc.get_transceivers().into_iter().map(JsCast::unchecked_into::<Transceiver>);
            let found = transceivers.find(|transceiver| match mid {
                Some(mid) => transceiver.mid().as_ref() == Some(mid),
                None => transceiver.receiver().track().kind() == kind,
            });
            let Some(transceiver) = found else { continue };
            let _ = transceiver.set_direction("sendrecv");
            let _ = sender(&transceiver).set_streams(&self.stream);
            self.outgoing.borrow_mut()[*source as usize].transceiver = Some(transceiver);
            self.apply_track(*source);
        }
    }

    /// Tells which section carries which source, as far as that is new. (After a rollback it may be another.)
    pub(super) fn emit_associations(&self) {
        for source in Source::ALL {
            let new = {
                let outgoing = &mut self.outgoing.borrow_mut()[source as usize];
                let mid = outgoing.transceiver.as_ref().and_then(|transceiver| transceiver.mid());
                let new = mid.filter(|mid| outgoing.mid.as_ref() != Some(mid));
                outgoing.mid = new.clone().or(outgoing.mid.take());
                new
            };
            if let Some(mid) = new {
                self.emit(ConnectionEvent::TransceiverAssociated(source, mid));
            }
        }
    }
}

/// What sends on a transceiver.
pub(super) fn sender(transceiver: &Transceiver) -> Sender {
    transceiver.sender().unchecked_into()
}
