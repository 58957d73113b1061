//! A strict fake of `RTCPeerConnection`: the signaling state machine of W3C webrtc-pc 4.3 and 4.4, and just enough ICE.
//!
//! It refuses what a browser refuses, by the same names. The scripts in [`conformance`](crate::conformance) are run
//! against it and against real browsers, so that it cannot drift into being kinder than they are.

mod fingerprint;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use visavis_core::signaling::{IceCandidate, SdpType, SessionDescription};

use self::fingerprint::{digits, undigits};

/// `RTCSignalingState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignalingState {
    /// No offer is open.
    Stable,
    /// We have offered.
    HaveLocalOffer,
    /// They have offered.
    HaveRemoteOffer,
    /// The connection is closed.
    Closed,
}

impl SignalingState {
    /// The name the browser gives it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::HaveLocalOffer => "have-local-offer",
            Self::HaveRemoteOffer => "have-remote-offer",
            Self::Closed => "closed",
        }
    }
}

/// Audio, video, or the data channel beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `"audio"`.
    Audio,
    /// `"video"`.
    Video,
    /// `"application"`: the section of all data channels.
    Application,
}

impl Kind {
    /// The name in `addTransceiver` and in the SDP.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Application => "application",
        }
    }
}

#[derive(Debug, Clone)]
struct Transceiver {
    kind: Kind,
    /// The media section it is bound to; `None` before negotiation.
    section: Option<usize>,
    /// Whether the section has ever been part of a finished negotiation.
    settled: bool,
}

/// What a description says, as far as the fake cares.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Parsed {
    /// Which connection made it: its DTLS certificate, so to speak.
    fingerprint: String,
    ufrag: String,
    kinds: Vec<Kind>,
}

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
    agreed_ufrag: Option<String>,
    pending_ufrag: Option<String>,
    restart_wanted: bool,
    renegotiation_wanted: bool,
    remote: Option<Parsed>,
    pending_remote: Option<Parsed>,
    /// Candidates that were applied, as `ufrag/candidate`.
    candidates: BTreeSet<String>,
}

impl FakeConnection {
    /// A new connection with a fingerprint of its own.
    pub fn new(fingerprint: impl Into<String>) -> Self {
        Self {
            fingerprint: fingerprint.into(),
            signaling: SignalingState::Stable,
            transceivers: Vec::new(),
            ice_generation: 0,
            agreed_ufrag: None,
            pending_ufrag: None,
            restart_wanted: false,
            renegotiation_wanted: false,
            remote: None,
            pending_remote: None,
            candidates: BTreeSet::new(),
        }
    }

    /// The fingerprint of its own certificate.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The fingerprint of the certificate that it would talk to.
    pub fn remote_fingerprint(&self) -> Option<&str> {
        self.remote.as_ref().map(|remote| remote.fingerprint.as_str())
    }

    /// `signalingState`.
    pub fn signaling(&self) -> SignalingState {
        self.signaling
    }

    /// `getTransceivers().length`.
    pub fn transceivers(&self) -> usize {
        self.transceivers.iter().filter(|transceiver| transceiver.kind != Kind::Application).count()
    }

    /// Whether nothing was ever offered here, nor is to be.
    pub fn is_untouched(&self) -> bool {
        self.transceivers.is_empty() && self.remote.is_none() && self.pending_remote.is_none()
    }

    /// Whether both sides have agreed on a data channel.
    pub fn has_channel(&self) -> bool {
        self.transceivers.iter().any(|section| section.kind == Kind::Application && section.settled)
    }

    /// `createDataChannel()`: all channels share one section.
    pub fn create_channel(&mut self) {
        if !self.transceivers.iter().any(|section| section.kind == Kind::Application) {
            self.add_transceiver(Kind::Application);
        }
    }

    /// The fragment of the description that was last made here.
    pub fn local_ufrag(&self) -> Option<&str> {
        self.pending_ufrag.as_deref().or(self.agreed_ufrag.as_deref())
    }

    /// Whether both agree on who talks to whom: then ICE can connect the two.
    pub fn matches(&self, other: &Self) -> bool {
        self.hears(other) && other.hears(self)
    }

    /// Whether a candidate of the other side's present generation was applied.
    pub fn has_candidate(&self) -> bool {
        let Some(remote) = &self.remote else { return false };
        let of_remote =
            |candidate: &String| candidate.split_once('/').is_some_and(|(ufrag, _)| ufrag == remote.ufrag);
        self.candidates.iter().any(of_remote)
    }

    fn hears(&self, other: &Self) -> bool {
        self.signaling != SignalingState::Closed
            && self.remote.as_ref().is_some_and(|remote| {
                remote.fingerprint == other.fingerprint && Some(&remote.ufrag) == other.agreed_ufrag.as_ref()
            })
    }

    /// `addTransceiver(kind)`; its place among the transceivers.
    pub fn add_transceiver(&mut self, kind: Kind) -> usize {
        self.transceivers.push(Transceiver { kind, section: None, settled: false });
        self.transceivers.len() - 1
    }

    /// Adds a transceiver for the next section, and gives its tag: whoever offers may choose them.
    pub fn reserve_section(&mut self, kind: Kind) -> String {
        let section = self.transceivers.iter().filter_map(|t| t.section).max().map_or(0, |last| last + 1);
        self.transceivers.push(Transceiver { kind, section: Some(section), settled: false });
        section.to_string()
    }

    /// The tags of the sections of a kind.
    pub fn sections_of(&self, kind: Kind) -> Vec<String> {
        let of_kind = self.transceivers.iter().filter(|transceiver| transceiver.kind == kind);
        of_kind.filter_map(|transceiver| transceiver.section).map(|section| section.to_string()).collect()
    }

    /// `mid` of a transceiver: sections are counted.
    pub fn mid(&self, transceiver: usize) -> Option<String> {
        self.transceivers.get(transceiver)?.section.map(|section| section.to_string())
    }

    /// The transceiver of the section `mid`.
    pub fn transceiver(&self, mid: &str) -> Option<usize> {
        self.transceivers.iter().position(|t| t.section.is_some_and(|section| section.to_string() == mid))
    }

    /// Whether both sides have agreed on the section `mid`.
    pub fn is_agreed(&self, mid: &str) -> bool {
        self.transceiver(mid).and_then(|at| self.transceivers.get(at)).is_some_and(|t| t.settled)
    }

    /// The tags and kinds of the sections that the other side has described, without that of data channels.
    pub fn remote_sections(&self) -> Vec<(String, Kind)> {
        let remote = self.pending_remote.as_ref().or(self.remote.as_ref());
        let kinds = remote.map(|remote| remote.kinds.clone()).unwrap_or_default().into_iter().enumerate();
        let media = kinds.filter(|(_, kind)| *kind != Kind::Application);
        media.map(|(section, kind)| (section.to_string(), kind)).collect()
    }

    /// `restartIce()`.
    pub fn restart_ice(&mut self) {
        self.restart_wanted = self.agreed_ufrag.is_some();
    }

    /// Anything else that makes a browser want to negotiate again.
    pub fn want_renegotiation(&mut self) {
        self.renegotiation_wanted = true;
    }

    /// Whether `negotiationneeded` is to fire (W3C webrtc-pc 4.7.3): only while stable.
    pub fn negotiation_needed(&self) -> bool {
        self.signaling == SignalingState::Stable
            && (self.restart_wanted
                || self.renegotiation_wanted
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
    pub fn set_local(&mut self) -> Result<SessionDescription, Refusal> {
        match self.signaling {
            SignalingState::Closed => Err("InvalidStateError"),
            SignalingState::Stable | SignalingState::HaveLocalOffer => Ok(self.offer()),
            SignalingState::HaveRemoteOffer => Ok(self.answer()),
        }
    }

    /// `setRemoteDescription(description)`.
    ///
    /// # Errors
    /// `InvalidStateError` if closed or for an answer that does not fit the state; `OperationError` for an SDP that
    /// cannot be parsed.
    pub fn set_remote(&mut self, description: &SessionDescription) -> Result<(), Refusal> {
        let parsed = parse(&description.sdp);
        match (description.sdp_type, self.signaling) {
            (_, SignalingState::Closed) => Err("InvalidStateError"),
            (SdpType::Offer, _) => self.accept_offer(parsed.ok_or("OperationError")?),
            (SdpType::Answer, SignalingState::HaveLocalOffer) => {
                self.accept_answer(parsed.ok_or("OperationError")?)
            }
            (SdpType::Answer, SignalingState::Stable | SignalingState::HaveRemoteOffer) => {
                Err("InvalidStateError")
            }
        }
    }

    /// `addIceCandidate(candidate)`.
    ///
    /// # Errors
    /// `InvalidStateError` if closed or without a remote description; `OperationError` for text that is no candidate, or
    /// a fragment that no remote description has. (So the standard and Firefox; Chromium accepts it without effect.)
    pub fn add_candidate(&mut self, candidate: &IceCandidate) -> Result<(), Refusal> {
        if self.signaling == SignalingState::Closed
            || (self.remote.is_none() && self.pending_remote.is_none())
        {
            return Err("InvalidStateError");
        }
        if !candidate.candidate.starts_with("candidate:") {
            return Err("OperationError");
        }
        let ufrag = candidate.ufrag().unwrap_or_default();
        let known =
            [&self.remote, &self.pending_remote].into_iter().flatten().any(|remote| remote.ufrag == ufrag);
        if !known && !ufrag.is_empty() {
            return Err("OperationError");
        }
        self.candidates.insert(format!("{ufrag}/{}", candidate.candidate));
        Ok(())
    }

    fn offer(&mut self) -> SessionDescription {
        let next = self.transceivers.iter().filter_map(|t| t.section).max().map_or(0, |last| last + 1);
        let unbound = self.transceivers.iter_mut().filter(|transceiver| transceiver.section.is_none());
        for (offset, transceiver) in unbound.enumerate() {
            transceiver.section = Some(next + offset);
        }
        if self.agreed_ufrag.is_none() || self.restart_wanted {
            self.ice_generation += 1;
        }
        self.renegotiation_wanted = false;
        self.signaling = SignalingState::HaveLocalOffer;
        self.describe(SdpType::Offer)
    }

    fn answer(&mut self) -> SessionDescription {
        let new_generation = match (&self.remote, &self.pending_remote) {
            (Some(before), Some(now)) => before.ufrag != now.ufrag,
            (None, _) | (_, None) => true,
        };
        if new_generation {
            self.ice_generation += 1;
            // New credentials are what a wanted restart asked for (W3C webrtc-pc 4.4.1.5, LocalIceCredentialsToReplace).
            self.restart_wanted = false;
        }
        let description = self.describe(SdpType::Answer);
        self.settle();
        description
    }

    fn describe(&mut self, sdp_type: SdpType) -> SessionDescription {
        let ufrag = format!("{}u{}", self.fingerprint, self.ice_generation);
        let mut sdp = format!("v=0\r\na=fingerprint:sha-256 {}\r\n", digits(&self.fingerprint));
        let mut bound: Vec<_> =
            self.transceivers.iter().filter_map(|t| t.section.map(|s| (s, t.kind))).collect();
        bound.sort_unstable_by_key(|(section, _)| *section);
        for (mid, kind) in bound {
            // Writing to a String cannot fail.
            let _ = write!(sdp, "m={} 9\r\na=mid:{mid}\r\na=ice-ufrag:{ufrag}\r\n", kind.as_str());
        }
        self.pending_ufrag = Some(ufrag);
        SessionDescription { sdp_type, sdp }
    }

    fn accept_offer(&mut self, offer: Parsed) -> Result<(), Refusal> {
        if self.signaling == SignalingState::HaveLocalOffer {
            self.roll_back();
        }
        for (section, kind) in offer.kinds.iter().enumerate() {
            if !self.transceivers.iter().any(|transceiver| transceiver.section == Some(section)) {
                self.transceivers.push(Transceiver { kind: *kind, section: Some(section), settled: false });
            }
        }
        self.pending_remote = Some(offer);
        self.signaling = SignalingState::HaveRemoteOffer;
        Ok(())
    }

    fn accept_answer(&mut self, answer: Parsed) -> Result<(), Refusal> {
        if answer.kinds.len() != self.transceivers.iter().filter(|t| t.section.is_some()).count() {
            return Err("OperationError");
        }
        self.pending_remote = Some(answer);
        self.restart_wanted = false;
        self.settle();
        Ok(())
    }

    /// Our offer is taken back: media sections that only it had made are unbound again.
    fn roll_back(&mut self) {
        for transceiver in self.transceivers.iter_mut().filter(|transceiver| !transceiver.settled) {
            transceiver.section = None;
        }
        self.pending_ufrag = None;
    }

    fn settle(&mut self) {
        for transceiver in self.transceivers.iter_mut().filter(|transceiver| transceiver.section.is_some()) {
            transceiver.settled = true;
        }
        self.agreed_ufrag = self.pending_ufrag.take().or_else(|| self.agreed_ufrag.take());
        self.remote = self.pending_remote.take().or_else(|| self.remote.take());
        self.signaling = SignalingState::Stable;
    }
}

fn parse(sdp: &str) -> Option<Parsed> {
    if !sdp.ends_with('\n') {
        return None;
    }
    let mut parsed = Parsed { fingerprint: String::new(), ufrag: String::new(), kinds: Vec::new() };
    for line in sdp.lines() {
        if let Some(digits) = line.strip_prefix("a=fingerprint:sha-256 ") {
            parsed.fingerprint = undigits(digits)?;
        } else if let Some(ufrag) = line.strip_prefix("a=ice-ufrag:") {
            ufrag.clone_into(&mut parsed.ufrag);
        } else if line.starts_with("m=audio") {
            parsed.kinds.push(Kind::Audio);
        } else if line.starts_with("m=video") {
            parsed.kinds.push(Kind::Video);
        } else if line.starts_with("m=application") {
            parsed.kinds.push(Kind::Application);
        }
    }
    (!parsed.fingerprint.is_empty()).then_some(parsed)
}
