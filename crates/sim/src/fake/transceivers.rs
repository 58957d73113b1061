//! The transceivers of a fake connection: their sections, and how many encodings their senders have.

use super::{FakeConnection, SectionKind};

/// A transceiver of either side.
#[derive(Debug, Clone)]
pub(super) struct Transceiver {
    pub(super) kind: SectionKind,
    /// The media section it is bound to; `None` before negotiation.
    pub(super) section: Option<usize>,
    /// Whether the section has ever been part of a finished negotiation.
    pub(super) negotiated: bool,
    /// `rid` of each encoding of its sender; none of a single one.
    pub(super) rids: Vec<&'static str>,
}

impl Transceiver {
    pub(super) fn new(kind: SectionKind, section: Option<usize>) -> Self {
        Self { kind, section, negotiated: false, rids: Vec::new() }
    }
}

impl FakeConnection {
    /// `addTransceiver(kind)`; its place among the transceivers.
    pub fn add_transceiver(&mut self, kind: SectionKind) -> usize {
        self.transceivers.push(Transceiver::new(kind, None));
        self.transceivers.len() - 1
    }

    /// `addTransceiver("video", {sendEncodings})`, with these `rid`s; its place among the transceivers.
    pub fn add_simulcast_transceiver(&mut self, rids: &[&'static str]) -> usize {
        let transceiver = self.add_transceiver(SectionKind::Video);
        self.transceivers[transceiver].rids = rids.to_vec();
        transceiver
    }

    /// How many `encodings` the `getParameters()` of a sender has.
    pub fn encodings(&self, transceiver: usize) -> usize {
        self.transceivers.get(transceiver).map_or(1, |transceiver| transceiver.rids.len().max(1))
    }

    /// From now on its answers take several encodings.
    pub fn take_simulcast(&mut self) {
        self.takes_simulcast = true;
    }

    /// Adds a transceiver for the next section, and gives its tag: whoever offers may choose them.
    pub fn reserve_section(&mut self, kind: SectionKind) -> String {
        let section = self.transceivers.iter().filter_map(|t| t.section).max().map_or(0, |last| last + 1);
        self.transceivers.push(Transceiver::new(kind, Some(section)));
        section.to_string()
    }

    /// The tags of the sections of a kind.
    pub fn sections_of(&self, kind: SectionKind) -> Vec<String> {
        let of_kind = self.transceivers.iter().filter(|transceiver| transceiver.kind == kind);
        of_kind.filter_map(|transceiver| transceiver.section).map(|section| section.to_string()).collect()
    }

    /// `mid` of a transceiver: sections are counted.
    pub fn mid(&self, transceiver: usize) -> Option<String> {
        self.transceivers.get(transceiver)?.section.map(|section| section.to_string())
    }

    /// The transceiver of the section `mid`.
    pub fn transceiver(&self, mid: &str) -> Option<usize> {
        let section = mid.parse().ok()?;
        self.transceivers.iter().position(|t| t.section == Some(section))
    }

    /// Whether both sides have agreed on the section `mid`.
    pub fn is_negotiated(&self, mid: &str) -> bool {
        self.transceiver(mid).and_then(|at| self.transceivers.get(at)).is_some_and(|t| t.negotiated)
    }

    /// Whether the other side has offered several encodings in this section.
    pub(super) fn offers_simulcast(&self, section: usize) -> bool {
        self.remote().is_some_and(|remote| remote.simulcast.contains(&section))
    }
}
