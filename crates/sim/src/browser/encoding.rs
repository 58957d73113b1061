//! How what a page sends is encoded.

use visavis_core::{Encodings, RIDS, Source};

use super::{Connection, kind_of};
use crate::fake::Refusal;

impl<P> Connection<P> {
    /// `addTransceiver` for a source, with or without `sendEncodings`.
    pub(super) fn add_transceiver(&mut self, source: Source, encodings: Encodings) -> Result<(), Refusal> {
        if self.has_transceiver(source) && !Source::MICROPHONE_AND_CAMERA.contains(&source) {
            return Err("it has a transceiver");
        }
        let transceiver = match encodings {
            Encodings::Single(_) => self.fake.add_transceiver(kind_of(source)),
            Encodings::Layers(_) => self.fake.add_simulcast_transceiver(&RIDS),
        };
        self.transceivers.insert(source, Some(transceiver));
        self.encodings.insert(source, encodings);
        Ok(())
    }

    /// As many as `getParameters()` has; so strict is no shell, but a room should know how many there are.
    pub(super) fn set_parameters(&mut self, source: Source, encodings: Encodings) -> Result<(), Refusal> {
        let transceiver = self.transceivers.get(&source).ok_or("there is no sender")?;
        if transceiver.map_or(1, |transceiver| self.fake.encodings(transceiver)) != encodings.as_slice().len()
        {
            return Err("it has another number of encodings");
        }
        self.encodings.insert(source, encodings);
        Ok(())
    }
}
