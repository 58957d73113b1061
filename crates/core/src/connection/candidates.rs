//! Candidates of both ends: when they leave, when they are added, when others are looked for, and what it means if there are none.

use visavis_signaling::{IceCandidate, NegotiationMessage};

use super::{Connection, Context};
use crate::outbox::Outbox;
use crate::output::{ConnectionConfig, ConnectionEffect};
use crate::view::ConnectionReason;

/// Most of our own candidates that wait for their description to be sent.
const MAX_OUTGOING: usize = 256;

/// Whether there is any. Where there is none at all, nothing can be connected: a browser that is to hide its addresses gathers
/// none (Chromium's `disable_non_proxied_udp`), unless a relay helps.
#[derive(Debug, Default)]
pub(super) struct HasCandidates {
    pub(super) local: bool,
    pub(super) remote: bool,
}

impl Connection {
    /// A candidate of theirs arrived.
    pub(crate) fn candidate_arrived(&mut self, candidate: IceCandidate, out: &mut Outbox) {
        self.note_remote_candidate();
        if let Some(candidate) = self.candidates.push(candidate, self.negotiator.is_ignoring_offer()) {
            self.effect(ConnectionEffect::AddIceCandidate(candidate), out);
        }
    }

    /// No candidate of theirs follows.
    pub(crate) fn remote_candidates_ended(&mut self) {
        if !self.has_candidates.remote {
            self.failure = Some(ConnectionReason::NoAddressesThere);
        }
    }

    /// There is a candidate of theirs.
    pub(super) fn note_remote_candidate(&mut self) {
        self.has_candidates.remote = true;
        self.clear_failure(ConnectionReason::NoAddressesThere);
    }

    /// The browser gathered a candidate: it follows its description, never precedes it.
    pub(crate) fn candidate_gathered(&mut self, candidate: Option<IceCandidate>, cx: &mut Context<'_>) {
        if candidate.is_some() {
            self.has_candidates.local = true;
            self.clear_failure(ConnectionReason::NoAddresses);
        } else if !self.has_candidates.local {
            self.failure = Some(ConnectionReason::NoAddresses);
        }
        if !self.negotiator.is_setting_local() {
            self.send_candidate(candidate, cx);
        } else if self.outgoing.len() < MAX_OUTGOING {
            self.outgoing.push(candidate);
        }
    }

    /// Looks for a path once more, with another configuration if there is one.
    pub(crate) fn restart_ice(&mut self, config: Option<ConnectionConfig>, cx: &mut Context<'_>) {
        if let Some(config) = config {
            self.effect(ConnectionEffect::SetConfiguration(config), cx.out);
        }
        self.effect(ConnectionEffect::RestartIce, cx.out);
    }

    pub(super) fn send_candidate(&self, candidate: Option<IceCandidate>, cx: &mut Context<'_>) {
        cx.negotiate(self.epoch, NegotiationMessage::Candidate(candidate));
    }
}
