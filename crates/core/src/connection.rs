//! One media connection to one participant.

mod candidate_buffer;
mod candidates;
mod derived_answer;
mod frame_stall_detector;
mod initial_scale;
mod limitation;
mod link_monitor;
mod media;
mod negotiator;
mod peer_channel;
mod prepared_offer;
mod provisional;
mod receiver_reports;
mod recovery;
mod refusal;
mod remote_media;
mod sections;
mod simulcast;
mod stall_detector;
mod track_settings;
mod video_allocation;

use visavis_signaling::{
    IceCandidate, Negotiation, NegotiationMessage, Outbound, Remote, SdpType, SessionDescription, Source,
    Timestamp,
};

use self::candidate_buffer::CandidateBuffer;
use self::candidates::HasCandidates;
pub(crate) use self::frame_stall_detector::FrameState;
use self::initial_scale::InitialScale;
pub(crate) use self::initial_scale::REDUCED_INITIAL_SCALE;
use self::media::LocalTransceivers;
use self::negotiator::{Negotiator, SignalingState, Step};
pub(crate) use self::peer_channel::MAX_MESSAGES_PER_MINUTE;
use self::peer_channel::PeerChannel;
pub(crate) use self::prepared_offer::{IceRole, OfferConditions, PreparedOffer, Recipient};
pub(crate) use self::provisional::mirrored_offer;
use self::receiver_reports::ReceiverReports;
pub(crate) use self::recovery::{Phase, Recovery, Repair};
use self::refusal::refused_by;
use self::remote_media::RemoteMedia;
pub(crate) use self::stall_detector::{ExpectedMedia, ReceivedMicrophone, SampleContext};
use self::stall_detector::{SilentDirection, StallDetector, StallVerdict};
use self::video_allocation::VideoAllocation;
use crate::input::{ConnectionId, PeerConnectionState};
use crate::outbox::Outbox;
use crate::output::{ConnectionEffect, DataChannel, Effect, Event, Role};
use crate::queue::Queue;
use crate::safety::{Certificates, Fingerprint, Fingerprints};
use crate::signal_client::SignalClient;
use crate::topology::ConnectionPlan;
use crate::view::ConnectionReason;

/// Most messages that wait for the server to come back.
const MAX_UNSENT: usize = 256;

/// What a connection needs to act: the moment, and the ways out.
pub(crate) struct Context<'a> {
    pub(crate) now: Timestamp,
    pub(crate) signal_client: &'a mut SignalClient,
    pub(crate) out: &'a mut Outbox,
    /// The far end.
    pub(crate) remote: &'a Remote,
    /// Whether the server would pass on what we say to them now.
    pub(crate) can_send: bool,
    /// Whether what we say reaches them: now, or when they come back to a server that keeps it for them.
    pub(crate) is_deliverable: bool,
    /// While the server is lost: what is said to it once it takes up where the socket broke off.
    pub(crate) unsent: Option<&'a mut Queue<Outbound>>,
}

impl Context<'_> {
    /// Sends a step of the negotiation.
    pub(super) fn negotiate(&mut self, epoch: u32, message: NegotiationMessage) {
        let remote = self.remote.clone();
        self.send(Outbound::Negotiation(Negotiation { remote, epoch, message }));
    }

    fn send(&mut self, outbound: Outbound) {
        match &mut self.unsent {
            Some(unsent) => unsent.push_bounded(outbound, MAX_UNSENT),
            None if self.is_deliverable => self.signal_client.send(self.now, outbound, self.out),
            None => {}
        }
    }
}

/// A connection cannot go on by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConnectionRequest {
    /// An answerer of the same epoch must take its place: our first offer yields to theirs.
    ReplaceWithAnswerer,
    /// It is time for the shell to make it.
    CreatePeerConnection,
}

/// The `RTCPeerConnection` of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PeerConnectionSlot {
    /// Not yet: an answerer needs none before there is an offer, and whoever only comes and goes shall cost none.
    Empty,
    /// The shell has been asked to make it.
    Created(ConnectionId),
    /// The browser makes none.
    Refused,
}

#[derive(Debug)]
pub(crate) struct Connection {
    slot: PeerConnectionSlot,
    plan: ConnectionPlan,
    epoch: u32,
    negotiator: Negotiator,
    candidates: CandidateBuffer,
    /// Our own candidates that wait until their description is sent.
    outgoing: Vec<Option<IceCandidate>>,
    recovery: Recovery,
    stall_detector: StallDetector,
    state: PeerConnectionState,
    remote_media: RemoteMedia,
    transceivers: LocalTransceivers,
    peer_channel: PeerChannel,
    initial_scale: InitialScale,
    video_allocation: VideoAllocation,
    receiver_reports: ReceiverReports,
    /// What keeps it from coming about, if that is known.
    failure: Option<ConnectionReason>,
    has_candidates: HasCandidates,
    certificates: Certificates,
    /// Nobody knows whether there is another end.
    assumed: bool,
}

impl Connection {
    pub(crate) fn new(epoch: u32, plan: ConnectionPlan, polite: bool, recovery: Recovery) -> Self {
        let role = plan.role();
        Self {
            slot: PeerConnectionSlot::Empty,
            plan,
            epoch,
            negotiator: Negotiator::new(polite, role != Role::Answerer),
            candidates: CandidateBuffer::default(),
            outgoing: Vec::new(),
            recovery,
            stall_detector: StallDetector::default(),
            state: PeerConnectionState::New,
            remote_media: RemoteMedia::default(),
            transceivers: LocalTransceivers::new(match role {
                Role::Offerer => &Source::MICROPHONE_AND_CAMERA,
                Role::Answerer | Role::SfuOfferer => &[],
            }),
            peer_channel: PeerChannel::default(),
            initial_scale: InitialScale::of(plan),
            video_allocation: VideoAllocation::new(InitialScale::of(plan)),
            receiver_reports: ReceiverReports::default(),
            failure: None,
            has_candidates: HasCandidates::default(),
            certificates: Certificates::default(),
            assumed: false,
        }
    }

    /// Its number, once the shell has been asked to make it.
    pub(crate) fn id(&self) -> Option<ConnectionId> {
        match self.slot {
            PeerConnectionSlot::Created(id) => Some(id),
            PeerConnectionSlot::Empty | PeerConnectionSlot::Refused => None,
        }
    }

    pub(crate) fn role(&self) -> Role {
        self.plan.role()
    }

    /// The shell has been asked to make it.
    pub(crate) fn set_id(&mut self, id: ConnectionId, out: &mut Outbox) {
        self.slot = PeerConnectionSlot::Created(id);
        self.add_planned_transceivers(out);
        if self.role() == Role::Offerer || self.has_transceiver(Source::Microphone) {
            // It has all that its first offer describes. `negotiationneeded` says so too, but as a task of its own, which comes
            // after whatever the page does in between.
            self.negotiator.negotiation_needed();
        }
    }

    fn effect(&self, effect: ConnectionEffect, out: &mut Outbox) {
        if let Some(id) = self.id() {
            out.effect(Effect::Connection(id, effect));
        }
    }

    pub(crate) fn epoch(&self) -> u32 {
        self.epoch
    }

    pub(crate) fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    pub(crate) fn recovery_mut(&mut self) -> &mut Recovery {
        &mut self.recovery
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.state == PeerConnectionState::Connected
    }

    /// How many descriptions and candidates wait for their time.
    pub(crate) fn backlog(&self) -> usize {
        self.outgoing.len() + self.candidates.len() + self.negotiator.waiting()
    }

    /// Whether nothing is broken and nothing is half done: a lost signaling message cannot have hurt it.
    pub(crate) fn is_stable(&self) -> bool {
        self.is_connected() && self.negotiator.signaling() == SignalingState::Stable
    }

    /// Whether a description is being set.
    pub(crate) fn is_setting_description(&self) -> bool {
        self.negotiator.is_setting_description()
    }

    /// Whether an offer of ours waits for its answer.
    pub(crate) fn awaits_answer(&self) -> bool {
        self.negotiator.signaling() == SignalingState::HaveLocalOffer
    }

    /// Whether the other side is to offer first, and has not.
    pub(crate) fn awaits_offer(&self) -> bool {
        self.negotiator.awaits_offer()
    }

    /// Whether nothing has been offered or received yet.
    pub(crate) fn is_untouched(&self) -> bool {
        self.negotiator.is_untouched()
    }

    /// What keeps it from coming about, if that is known.
    pub(crate) fn failure(&self) -> Option<ConnectionReason> {
        self.failure
    }

    /// Whether the other side has shown any sign of life on this connection.
    pub(crate) fn is_answered(&self) -> bool {
        self.remote_media.is_described()
    }

    /// What this connection's two ends know of each other's certificates, once they are connected and it is proven.
    pub(crate) fn fingerprints(&self) -> Option<Fingerprints> {
        self.certificates.verified().filter(|_| self.is_connected())
    }

    /// The browser says whose certificate it talks to.
    pub(crate) fn remote_certificate(&mut self, fingerprint: Fingerprint) {
        self.certificates.add_remote_certificate(fingerprint);
    }

    /// Nobody knows whether there is another end.
    pub(crate) fn set_assumed(&mut self) {
        self.assumed = true;
    }

    /// Somebody is at the other end: from now on they are to connect.
    pub(crate) fn confirm(&mut self, now: Timestamp) {
        if std::mem::take(&mut self.assumed) {
            self.recovery.begin(now);
        }
    }

    /// Whether the other end is still a guess.
    pub(crate) fn is_assumed(&self) -> bool {
        self.assumed
    }

    /// Takes over what waited for a connection that this one replaces in the same epoch.
    pub(crate) fn take_waiting_from(&mut self, mut before: Self) {
        for description in before.negotiator.take_waiting() {
            self.negotiator.push(description);
        }
        self.candidates = before.candidates;
        self.has_candidates.remote = before.has_candidates.remote;
    }

    /// A description of theirs arrived. It waits for its time; what it says of them counts at once.
    pub(crate) fn description_arrived(&mut self, description: SessionDescription) {
        if let Some(reason) = refused_by(&description) {
            self.failure = Some(reason);
            return;
        }
        self.clear_failure(ConnectionReason::BlockedThere);
        if description.sdp.lines().any(|line| line.starts_with("a=candidate:")) {
            self.note_remote_candidate();
        }
        self.negotiator.push(description);
    }

    pub(crate) fn negotiation_needed(&mut self) {
        if self.plan.may_offer() {
            self.negotiator.negotiation_needed();
        }
    }

    pub(crate) fn connection_state_changed(&mut self, now: Timestamp, state: PeerConnectionState) {
        self.state = state;
        self.stall_detector.reset();
        self.stall_detector.reset_frames();
        self.recovery.state_changed(now, state);
        self.limit_initial_scale(now, state);
        self.reset_link();
    }

    /// `setLocalDescription` succeeded.
    pub(crate) fn local_description_set(&mut self, description: SessionDescription, cx: &mut Context<'_>) {
        let SessionDescription { sdp_type, sdp } = description;
        let first_answer = sdp_type == SdpType::Answer && !self.negotiator.is_established();
        self.negotiator.local_description_set(sdp_type);
        self.certificates.on_local_description(&sdp);
        let sdp = self.announced(&sdp);
        if !refusal::fits(&sdp) {
            return self.refuse(ConnectionReason::TooLarge, cx);
        }
        let description = SessionDescription { sdp_type, sdp };
        cx.negotiate(self.epoch, NegotiationMessage::Description(description));
        for candidate in std::mem::take(&mut self.outgoing) {
            self.send_candidate(candidate, cx);
        }
        if first_answer {
            self.add_missing_transceivers(cx.out);
        }
    }

    /// `setRemoteDescription` succeeded.
    pub(crate) fn remote_description_set(&mut self, cx: &mut Context<'_>) {
        let Some(description) = self.negotiator.remote_description_set() else { return };
        let first = !self.remote_media.is_described();
        self.remote_media_described(&description.sdp);
        if first && self.plan == ConnectionPlan::MeshAnswerer {
            self.initial_scale = InitialScale::Reduced;
            self.allocate_video(cx.now, 1, self.video_allocation.video_quality, cx.out);
            // Its section is in their offer, and it is made before the answer: so it costs no negotiation of its own.
            if self.remote_media.has_peer_channel() {
                self.effect(ConnectionEffect::CreateDataChannel(DataChannel::Peer), cx.out);
            }
        }
        self.stall_detector.reset();
        self.confirm(cx.now);
        if description.sdp_type == SdpType::Offer {
            self.recovery.restarted_by_peer(cx.now);
        }
        for candidate in self.candidates.description_set(&description) {
            self.effect(ConnectionEffect::AddIceCandidate(candidate), cx.out);
        }
    }

    /// A description operation failed, for this reason. It will come to nothing; the ladder builds another.
    pub(crate) fn operation_failed(&mut self, now: Timestamp, reason: ConnectionReason) {
        self.fail(reason, now);
    }

    fn fail(&mut self, reason: ConnectionReason, now: Timestamp) {
        self.failure = Some(reason);
        self.recovery.on_operation_failed(now);
    }

    /// Takes the next step of the negotiation, if it is time for one.
    pub(crate) fn negotiate(&mut self, cx: &mut Context<'_>) -> Option<ConnectionRequest> {
        if self.slot == PeerConnectionSlot::Empty
            && (self.role() != Role::Answerer || self.negotiator.is_offered())
        {
            return Some(ConnectionRequest::CreatePeerConnection);
        }
        match self.negotiator.next_step(cx.can_send)? {
            Step::SetLocal => self.effect(ConnectionEffect::SetLocalDescription, cx.out),
            Step::SetRemote(description) => self.set_remote(&description, cx),
            Step::ReplaceWithAnswerer => return Some(ConnectionRequest::ReplaceWithAnswerer),
        }
        None
    }

    /// Shows the browser what may be shown of their description. If that is nothing, this connection comes to nothing.
    fn set_remote(&mut self, description: &SessionDescription, cx: &mut Context<'_>) {
        match self.certificates.sanitize(&description.sdp, self.plan.max_sections()) {
            Ok(sdp) => {
                let adopts =
                    self.plan == ConnectionPlan::MeshAnswerer && description.sdp_type == SdpType::Offer;
                let adopted = if adopts { self.adopt(&sdp) } else { Vec::new() };
                let description = SessionDescription { sdp_type: description.sdp_type, sdp };
                self.effect(ConnectionEffect::SetRemoteDescription { description, adopted }, cx.out);
            }
            Err(refusal) => {
                cx.out.event(Event::ProtocolError(refusal.as_str().to_owned()));
                self.fail(refusal.reason(), cx.now);
            }
        }
    }
}
