//! What carries the sources: the transceivers that we make, and those that an offer brings.

use js_sys::Array;
use visavis_core::{Source, TrackId};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{RtcRtpTransceiver, RtcRtpTransceiverDirection as Direction};

use super::super::bindings::{Sender, Transceiver};
use super::super::convert::kind_of;
use super::Connection;
use crate::dom::{ignore, object};

impl Connection {
    pub(super) fn add_transceivers(&self) -> Result<(), JsValue> {
        Source::ALL.into_iter().try_for_each(|source| self.add_transceiver(source, "sendrecv"))
    }

    /// Makes a place for what we send as `source`.
    fn add_transceiver(&self, source: Source, direction: &str) -> Result<(), JsValue> {
        let init = object(&[("direction", direction.into()), ("streams", Array::of1(&self.stream).into())]);
        let transceiver = self.pc.add_transceiver(kind_of(source), &init)?;
        self.outgoing.borrow_mut()[source as usize].sender = Some(transceiver.sender().unchecked_into());
        Ok(())
    }

    /// Sends a track, or nothing, as `source`, now or as soon as there is a sender.
    pub(in crate::rtc) fn replace_track(&self, source: Source, track: Option<TrackId>) {
        self.outgoing.borrow_mut()[source as usize].track = track;
        self.apply_track(source);
    }

    fn apply_track(&self, source: Source) {
        let outgoing = &self.outgoing.borrow()[source as usize];
        let Some(sender) = &outgoing.sender else { return };
        let track = outgoing.track.and_then(|id| self.tracks.get(id));
        ignore(sender.replace(&track.map_or(JsValue::NULL, JsValue::from)));
    }

    /// Takes over the transceivers that a remote offer brought, before it is answered: the first of each kind.
    pub(super) fn adopt_transceivers(&self) {
        for source in Source::ALL {
            if self.outgoing.borrow()[source as usize].sender.is_some() {
                continue;
            }
            let Some(transceiver) = self.first_transceiver(kind_of(source)) else { continue };
            let sender: Sender = transceiver.sender().unchecked_into();
            let _ = transceiver.unchecked_ref::<Transceiver>().set_direction("sendrecv");
            let _ = sender.set_streams(&self.stream);
            self.outgoing.borrow_mut()[source as usize].sender = Some(sender);
            self.apply_track(source);
        }
    }

    /// Some clients offer what they send as `sendonly`, and wait for an offer of what others send. So after our first
    /// answer to one of them we add sections of our own; `negotiationneeded` follows. (Later, `sendonly` is how a call is
    /// put on hold.)
    pub(super) fn add_missing_transceivers(&self) {
        let first = Source::ALL.map(|source| (source, self.first_transceiver(kind_of(source))));
        let one_way =
            |transceiver: &RtcRtpTransceiver| transceiver.current_direction() == Some(Direction::Recvonly);
        if !first.iter().any(|(_, transceiver)| transceiver.as_ref().is_some_and(one_way)) {
            return;
        }
        for (source, transceiver) in first {
            if let Some(transceiver) = transceiver {
                if !one_way(&transceiver) {
                    continue;
                }
                let _ = transceiver.unchecked_ref::<Transceiver>().set_direction("recvonly");
                ignore(transceiver.sender().unchecked_ref::<Sender>().replace(&JsValue::NULL));
            }
            if self.add_transceiver(source, "sendonly").is_ok() {
                self.apply_track(source);
            }
        }
    }

    pub(super) fn first_transceiver(&self, kind: &str) -> Option<RtcRtpTransceiver> {
        let transceivers =
            self.pc.get_transceivers().into_iter().map(JsCast::unchecked_into::<RtcRtpTransceiver>);
        transceivers.into_iter().find(|transceiver| transceiver.receiver().track().kind() == kind)
    }
}
