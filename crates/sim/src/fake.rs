//! A strict fake of `RTCPeerConnection`: the signaling state machine of W3C webrtc-pc 4.3 and 4.4, and just enough ICE.
//!
//! It refuses what a browser refuses, by the same names. The scripts in [`conformance`](crate::conformance) are run
//! against it and against real browsers, so that it cannot drift into being kinder than they are.

mod fingerprint;
mod parsed;
mod section_kind;
mod signaling_state;
mod transceivers;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use visavis_core::signaling::{IceCandidate, SdpType, SessionDescription};

use self::fingerprint::of_name;
use self::parsed::ParsedDescription;
pub use self::section_kind::SectionKind;
pub use self::signaling_state::SignalingState;
use self::transceivers::Transceiver;

/// Whose certificate is in descriptions that nobody has made.
const NOBODY: &str = "nobody";

/// A refusal, by the name of its `DOMException`.
pub type Refusal = &'static str;

/// The fake connection.
#[derive(Debug, Clone)]
pub struct FakeConnection {
    fingerprint: String,
    signaling: SignalingState,
    transceivers: Vec<Transceiver>,
    /// Number of the ICE generation; the fragment is made from it.
    ice_generation: u32,
    /// The fragment of the last description that was agreed on.
    current_local_ufrag: Option<String>,
    pending_local_ufrag: Option<String>,
    ice_restart_requested: bool,
    renegotiation_requested: bool,
    /// Whether the DTLS handshake is ours to begin, once that is agreed (RFC 5763 section 5).
    begins_dtls: Option<bool>,
    current_remote: Option<ParsedDescription>,
    pending_remote: Option<ParsedDescription>,
    /// Candidates that were applied, as `ufrag/candidate`.
    candidates: BTreeSet<String>,
    /// Its answers take several encodings: browsers never do (Chromium 156, Firefox 153), servers that forward may.
    takes_simulcast: bool,
}

impl FakeConnection {
    /// A new connection with a fingerprint of its own.
    pub fn new(fingerprint: impl Into<String>) -> Self {
        Self {
            fingerprint: fingerprint.into(),
            signaling: SignalingState::Stable,
            transceivers: Vec::new(),
            ice_generation: 0,
            current_local_ufrag: None,
            pending_local_ufrag: None,
            ice_restart_requested: false,
            renegotiation_requested: false,
            begins_dtls: None,
            current_remote: None,
            pending_remote: None,
            candidates: BTreeSet::new(),
            takes_simulcast: false,
        }
    }

    /// The fingerprint of its own certificate.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The fingerprint of the certificate that it would talk to.
    pub fn remote_fingerprint(&self) -> Option<&str> {
        self.current_remote.as_ref().map(|remote| remote.fingerprint.as_str())
    }

    /// `signalingState`.
    pub fn signaling_state(&self) -> SignalingState {
        self.signaling
    }

    /// `getTransceivers().length`.
    pub fn transceiver_count(&self) -> usize {
        self.transceivers.iter().filter(|t| t.kind != SectionKind::Application).count()
    }

    /// Whether the other side has described itself: a description with the certificate of nobody prepares the connection only.
    pub fn has_remote_description(&self) -> bool {
        self.remote().is_some_and(|remote| remote.fingerprint != NOBODY)
    }

    /// Whether both sides have agreed on a data channel.
    pub fn has_data_channel(&self) -> bool {
        self.transceivers.iter().any(|section| section.kind == SectionKind::Application && section.negotiated)
    }

    /// `createDataChannel()`: all channels share one section.
    pub fn create_data_channel(&mut self) {
        if !self.transceivers.iter().any(|section| section.kind == SectionKind::Application) {
            self.add_transceiver(SectionKind::Application);
        }
    }

    /// The fragment of the description that was last made here.
    pub fn local_ufrag(&self) -> Option<&str> {
        self.pending_local_ufrag.as_deref().or(self.current_local_ufrag.as_deref())
    }

    /// Whether both agree on who talks to whom, and who begins: then ICE can connect the two.
    pub fn can_connect_to(&self, other: &Self) -> bool {
        self.has_credentials_of(other)
            && other.has_credentials_of(self)
            && self.begins_dtls.is_some()
            && self.begins_dtls != other.begins_dtls
    }

    /// Whether a candidate of the other side's present generation was applied.
    pub fn has_remote_candidate(&self) -> bool {
        let Some(remote) = &self.current_remote else { return false };
        let of_remote =
            |candidate: &String| candidate.split_once('/').is_some_and(|(ufrag, _)| ufrag == remote.ufrag);
        self.candidates.iter().any(of_remote)
    }

    fn has_credentials_of(&self, other: &Self) -> bool {
        self.signaling != SignalingState::Closed
            && self.current_remote.as_ref().is_some_and(|remote| {
                remote.fingerprint == other.fingerprint
                    && Some(&remote.ufrag) == other.current_local_ufrag.as_ref()
            })
    }

    /// The tags and kinds of the sections that the other side has described, without that of data channels.
    pub fn remote_sections(&self) -> Vec<(String, SectionKind)> {
        let kinds =
            self.remote().map(|remote| remote.kinds.clone()).unwrap_or_default().into_iter().enumerate();
        let media = kinds.filter(|(_, kind)| *kind != SectionKind::Application);
        media.map(|(section, kind)| (section.to_string(), kind)).collect()
    }

    /// Whether the other side only receives in this section.
    pub fn is_recvonly(&self, mid: &str) -> bool {
        self.remote().is_some_and(|remote| remote.recvonly.iter().any(|section| section.to_string() == mid))
    }

    /// What the other side has said that this section is of (`a=content`).
    pub fn remote_content(&self, mid: &str) -> Option<String> {
        let mut contents = self.remote()?.contents.iter();
        contents.find(|(section, _)| section.to_string() == mid).map(|(_, content)| content.clone())
    }

    fn remote(&self) -> Option<&ParsedDescription> {
        self.pending_remote.as_ref().or(self.current_remote.as_ref())
    }

    /// `restartIce()`.
    pub fn restart_ice(&mut self) {
        self.ice_restart_requested = self.current_local_ufrag.is_some();
    }

    /// Anything else that makes a browser want to negotiate again.
    pub fn request_renegotiation(&mut self) {
        self.renegotiation_requested = true;
    }

    /// Whether `negotiationneeded` is to fire (W3C webrtc-pc 4.7.3): only while stable.
    pub fn negotiation_needed(&self) -> bool {
        self.signaling == SignalingState::Stable
            && (self.ice_restart_requested
                || self.renegotiation_requested
                || self.transceivers.iter().any(|transceiver| transceiver.section.is_none()))
    }

    /// `close()`.
    pub fn close(&mut self) {
        self.signaling = SignalingState::Closed;
    }

    /// `setLocalDescription()` without argument: an offer or the answer, whichever the state asks for.
    ///
    /// # Errors
    /// `InvalidStateError` if closed.
    pub fn set_local_description(&mut self) -> Result<SessionDescription, Refusal> {
        match self.signaling {
            SignalingState::Closed | SignalingState::HaveRemotePranswer => Err("InvalidStateError"),
            SignalingState::Stable | SignalingState::HaveLocalOffer => Ok(self.create_offer()),
            SignalingState::HaveRemoteOffer => Ok(self.create_answer()),
        }
    }

    /// `setRemoteDescription(description)`.
    ///
    /// # Errors
    /// `InvalidStateError` if closed or for an answer that does not fit the state; `OperationError` for an SDP that
    /// cannot be parsed.
    pub fn set_remote_description(&mut self, description: &SessionDescription) -> Result<(), Refusal> {
        let parsed = ParsedDescription::read(&description.sdp);
        match (description.sdp_type, self.signaling) {
            (_, SignalingState::Closed) | (SdpType::Offer, SignalingState::HaveRemotePranswer) => {
                Err("InvalidStateError")
            }
            (SdpType::Offer, _) => self.apply_offer(parsed.ok_or("OperationError")?),
            (SdpType::Answer, SignalingState::HaveLocalOffer | SignalingState::HaveRemotePranswer) => {
                self.apply_answer(parsed.ok_or("OperationError")?)
            }
            (SdpType::Answer, SignalingState::Stable | SignalingState::HaveRemoteOffer) => {
                Err("InvalidStateError")
            }
        }
    }

    /// `setRemoteDescription({type: "pranswer", sdp})`.
    ///
    /// # Errors
    /// `InvalidStateError` if it does not fit the state; `OperationError` for an SDP that cannot be parsed.
    pub fn set_provisional_answer(&mut self, sdp: &str) -> Result<(), Refusal> {
        if !matches!(self.signaling, SignalingState::HaveLocalOffer | SignalingState::HaveRemotePranswer) {
            return Err("InvalidStateError");
        }
        self.pending_remote = Some(ParsedDescription::read(sdp).ok_or("OperationError")?);
        self.signaling = SignalingState::HaveRemotePranswer;
        Ok(())
    }

    /// `addIceCandidate(candidate)`.
    ///
    /// # Errors
    /// `InvalidStateError` if closed or without a remote description; `OperationError` for text that is no candidate, or
    /// a fragment that no remote description has. (So the standard and Firefox; Chromium accepts it without effect.)
    pub fn add_ice_candidate(&mut self, candidate: &IceCandidate) -> Result<(), Refusal> {
        if self.signaling == SignalingState::Closed
            || (self.current_remote.is_none() && self.pending_remote.is_none())
        {
            return Err("InvalidStateError");
        }
        if !candidate.candidate.starts_with("candidate:") {
            return Err("OperationError");
        }
        let ufrag = candidate.ufrag().unwrap_or_default();
        let known = [&self.current_remote, &self.pending_remote]
            .into_iter()
            .flatten()
            .any(|remote| remote.ufrag == ufrag);
        if !known && !ufrag.is_empty() {
            return Err("OperationError");
        }
        self.candidates.insert(format!("{ufrag}/{}", candidate.candidate));
        Ok(())
    }

    fn create_offer(&mut self) -> SessionDescription {
        let next = self.transceivers.iter().filter_map(|t| t.section).max().map_or(0, |last| last + 1);
        let unbound = self.transceivers.iter_mut().filter(|t| t.section.is_none());
        for (offset, transceiver) in unbound.enumerate() {
            transceiver.section = Some(next + offset);
        }
        if self.current_local_ufrag.is_none() || self.ice_restart_requested {
            self.ice_generation += 1;
        }
        self.renegotiation_requested = false;
        self.signaling = SignalingState::HaveLocalOffer;
        self.create_description(SdpType::Offer)
    }

    fn create_answer(&mut self) -> SessionDescription {
        let new_generation = match (&self.current_remote, &self.pending_remote) {
            (Some(before), Some(now)) => before.ufrag != now.ufrag,
            (None, _) | (_, None) => true,
        };
        if new_generation {
            self.ice_generation += 1;
            // New credentials are what a wanted restart asked for (W3C webrtc-pc 4.4.1.5, LocalIceCredentialsToReplace).
            self.ice_restart_requested = false;
        }
        self.forget_other_certificate();
        let description = self.create_description(SdpType::Answer);
        self.begins_dtls.get_or_insert(true);
        self.complete_negotiation();
        description
    }

    fn create_description(&mut self, sdp_type: SdpType) -> SessionDescription {
        let ufrag = format!("{}u{}", self.fingerprint, self.ice_generation);
        let mut sdp = format!("v=0\r\na=fingerprint:sha-256 {}\r\n", of_name(&self.fingerprint));
        let setup = match (sdp_type, self.begins_dtls) {
            (SdpType::Offer, _) => "actpass",
            (SdpType::Answer, None | Some(true)) => "active",
            (SdpType::Answer, Some(false)) => "passive",
        };
        let mut bound: Vec<_> =
            self.transceivers.iter().filter_map(|t| t.section.map(|s| (s, t.kind, &t.rids))).collect();
        bound.sort_unstable_by_key(|(section, ..)| *section);
        for (mid, kind, rids) in bound {
            // Writing to a String cannot fail.
            let _ = write!(
                sdp,
                "m={} 9\r\na=setup:{setup}\r\na=mid:{mid}\r\na=ice-ufrag:{ufrag}\r\n",
                kind.as_str()
            );
            if kind != SectionKind::Application {
                sdp.push_str("a=sendrecv\r\n");
            }
            match sdp_type {
                SdpType::Offer if !rids.is_empty() => {
                    let _ = write!(sdp, "a=simulcast:send {}\r\n", rids.join(";"));
                }
                SdpType::Answer if self.takes_simulcast && self.offers_simulcast(mid) => {
                    sdp.push_str("a=simulcast:recv\r\n");
                }
                SdpType::Offer | SdpType::Answer => {}
            }
        }
        self.pending_local_ufrag = Some(ufrag);
        SessionDescription { sdp_type, sdp }
    }

    fn apply_offer(&mut self, offer: ParsedDescription) -> Result<(), Refusal> {
        if self.signaling == SignalingState::HaveLocalOffer {
            self.roll_back();
        }
        for (section, kind) in offer.kinds.iter().enumerate() {
            if !self.transceivers.iter().any(|transceiver| transceiver.section == Some(section)) {
                self.transceivers.push(Transceiver::new(*kind, Some(section)));
            }
        }
        self.pending_remote = Some(offer);
        self.signaling = SignalingState::HaveRemoteOffer;
        Ok(())
    }

    fn apply_answer(&mut self, answer: ParsedDescription) -> Result<(), Refusal> {
        if answer.kinds.len() != self.transceivers.iter().filter(|t| t.section.is_some()).count() {
            return Err("OperationError");
        }
        for transceiver in &mut self.transceivers {
            // Of several encodings that are not taken the first is left (W3C webrtc-pc 4.4.1.5).
            if !transceiver.section.is_some_and(|section| answer.simulcast.contains(&section)) {
                transceiver.rids.clear();
            }
        }
        let answer_begins_dtls = answer.begins_dtls;
        self.pending_remote = Some(answer);
        self.ice_restart_requested = false;
        self.forget_other_certificate();
        self.begins_dtls.get_or_insert(!answer_begins_dtls);
        self.complete_negotiation();
        Ok(())
    }

    /// With somebody who shows another certificate the DTLS handshake begins anew.
    fn forget_other_certificate(&mut self) {
        if let (Some(before), Some(now)) = (&self.current_remote, &self.pending_remote)
            && before.fingerprint != now.fingerprint
        {
            self.begins_dtls = None;
        }
    }

    /// Our offer is taken back: media sections that only it had made are unbound again.
    fn roll_back(&mut self) {
        for transceiver in self.transceivers.iter_mut().filter(|t| !t.negotiated) {
            transceiver.section = None;
        }
        self.pending_local_ufrag = None;
    }

    fn complete_negotiation(&mut self) {
        for transceiver in self.transceivers.iter_mut().filter(|t| t.section.is_some()) {
            transceiver.negotiated = true;
        }
        self.current_local_ufrag =
            self.pending_local_ufrag.take().or_else(|| self.current_local_ufrag.take());
        self.current_remote = self.pending_remote.take().or_else(|| self.current_remote.take());
        self.signaling = SignalingState::Stable;
    }
}
