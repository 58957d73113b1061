//! Offer and answer, one step at a time.
//!
//! Perfect negotiation (W3C webrtc-pc section 10.7), serialised: one ordered inbox, at most one description operation
//! under way, and every decision taken when an item leaves the inbox. The three flags of the standard's example
//! (`makingOffer`, `ignoreOffer`, `isSettingRemoteAnswerPending`) then melt into the signaling state and one flag.

use visavis_signaling::{SdpType, SessionDescription};

use crate::queue::Queue;

/// Most descriptions waiting. A peer sends one and waits for its answer.
const MAX_WAITING: usize = 8;

/// `RTCSignalingState`, as far as it can be seen between two operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignalingState {
    Stable,
    HaveLocalOffer,
    HaveRemoteOffer,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// `setLocalDescription()`.
    SetLocal,
    /// `setRemoteDescription(description)`.
    SetRemote(SessionDescription),
    /// Both made their first offer at once and ours must yield. Start afresh as the answerer: rolling back would leave
    /// our transceivers behind, which nothing would ever answer (only those of `addTrack` are reused, RFC 8829 5.10).
    ReplaceWithAnswerer,
}

#[derive(Debug)]
pub(crate) struct Negotiator {
    polite: bool,
    /// False for an answerer before its first answer: the other side offers first.
    may_offer: bool,
    /// Whether an offer has ever been answered.
    established: bool,
    signaling: SignalingState,
    in_flight: Option<Operation>,
    inbox: Queue<SessionDescription>,
    offer_wanted: bool,
    ignoring_offer: bool,
}

/// The operation under way.
#[derive(Debug)]
enum Operation {
    Local,
    Remote(SessionDescription),
}

impl Negotiator {
    pub(crate) fn new(polite: bool, offers_first: bool) -> Self {
        Self {
            polite,
            may_offer: offers_first,
            established: false,
            signaling: SignalingState::Stable,
            in_flight: None,
            inbox: Queue::default(),
            offer_wanted: false,
            ignoring_offer: false,
        }
    }

    pub(crate) fn signaling(&self) -> SignalingState {
        self.signaling
    }

    /// Whether an offer has ever been answered.
    pub(crate) fn is_established(&self) -> bool {
        self.established
    }

    /// Whether an offer of theirs was ignored since their last good one.
    pub(crate) fn is_ignoring_offer(&self) -> bool {
        self.ignoring_offer
    }

    /// Whether nothing has been offered or received yet.
    pub(crate) fn is_untouched(&self) -> bool {
        !self.established
            && self.signaling == SignalingState::Stable
            && self.in_flight.is_none()
            && self.inbox.is_empty()
    }

    /// Whether the other side is to offer first, and has not.
    pub(crate) fn awaits_offer(&self) -> bool {
        !self.may_offer && self.is_untouched()
    }

    /// Whether a description is being set.
    pub(crate) fn is_setting_description(&self) -> bool {
        self.in_flight.is_some()
    }

    /// Whether our local description is being made: candidates that appear meanwhile must wait until it is sent.
    pub(crate) fn is_setting_local(&self) -> bool {
        matches!(self.in_flight, Some(Operation::Local))
    }

    /// `negotiationneeded` fired.
    pub(crate) fn negotiation_needed(&mut self) {
        self.offer_wanted = true;
    }

    /// A description arrived.
    pub(crate) fn push(&mut self, description: SessionDescription) {
        if self.inbox.len() < MAX_WAITING {
            self.inbox.push(description);
        }
    }

    /// Whether an offer is waiting.
    pub(crate) fn is_offered(&self) -> bool {
        self.inbox.count(|description| description.sdp_type == SdpType::Offer) > 0
    }

    /// How many descriptions are waiting.
    pub(crate) fn waiting(&self) -> usize {
        self.inbox.len()
    }

    /// Descriptions that are still waiting, for the connection that takes this one's place.
    pub(crate) fn take_waiting(&mut self) -> Vec<SessionDescription> {
        self.inbox.take()
    }

    /// The next step, if there is one and no operation is under way. New offers wait until they can be sent.
    pub(crate) fn next_step(&mut self, can_send: bool) -> Option<Step> {
        if self.in_flight.is_some() {
            return None;
        }
        if self.signaling == SignalingState::HaveRemoteOffer {
            return Some(self.set_local());
        }
        while let Some(description) = self.inbox.pop() {
            if let Some(step) = self.decide(description) {
                return Some(step);
            }
        }
        let offer =
            self.offer_wanted && self.may_offer && can_send && self.signaling == SignalingState::Stable;
        offer.then(|| {
            self.offer_wanted = false;
            self.set_local()
        })
    }

    /// `setLocalDescription()` was called before there was a negotiation.
    pub(crate) fn local_description_prepared(&mut self) {
        self.in_flight = Some(Operation::Local);
    }

    /// `setLocalDescription` succeeded with this description: it must be sent now.
    pub(crate) fn local_description_set(&mut self, sdp_type: SdpType) {
        self.in_flight = None;
        match sdp_type {
            SdpType::Offer => self.signaling = SignalingState::HaveLocalOffer,
            SdpType::Answer => self.become_stable(),
        }
    }

    /// `setRemoteDescription` succeeded; gives the description that is in force now.
    pub(crate) fn remote_description_set(&mut self) -> Option<SessionDescription> {
        let Some(Operation::Remote(description)) = self.in_flight.take() else { return None };
        match description.sdp_type {
            SdpType::Offer => self.signaling = SignalingState::HaveRemoteOffer,
            SdpType::Answer => self.become_stable(),
        }
        Some(description)
    }

    fn become_stable(&mut self) {
        self.signaling = SignalingState::Stable;
        self.established = true;
        self.may_offer = true;
    }

    fn set_local(&mut self) -> Step {
        self.in_flight = Some(Operation::Local);
        Step::SetLocal
    }

    /// What a description that leaves the inbox leads to, if anything.
    fn decide(&mut self, description: SessionDescription) -> Option<Step> {
        let offer_is_pending = self.signaling == SignalingState::HaveLocalOffer;
        match description.sdp_type {
            SdpType::Offer if offer_is_pending && !self.polite => {
                self.ignoring_offer = true;
                return None;
            }
            // Made to offer, so its transceivers are not those of their offer, whether or not ours is out yet.
            SdpType::Offer if self.may_offer && !self.established => {
                self.inbox.push_front(description);
                return Some(Step::ReplaceWithAnswerer);
            }
            SdpType::Offer => self.ignoring_offer = false,
            SdpType::Answer if offer_is_pending => {}
            // An answer that nobody asked for: a duplicate, or from a second responder.
            SdpType::Answer => return None,
        }
        self.in_flight = Some(Operation::Remote(description.clone()));
        Some(Step::SetRemote(description))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description(sdp_type: SdpType) -> SessionDescription {
        SessionDescription { sdp_type, sdp: "v=0\r\n".into() }
    }

    #[test]
    fn who_was_to_offer_and_hears_an_offer_first_yields_politely_or_not() {
        for polite in [true, false] {
            let mut negotiator = Negotiator::new(polite, true);
            negotiator.push(description(SdpType::Offer));
            assert_eq!(negotiator.next_step(true), Some(Step::ReplaceWithAnswerer));
        }
    }

    fn offering(polite: bool) -> Negotiator {
        let mut negotiator = Negotiator::new(polite, true);
        negotiator.negotiation_needed();
        assert_eq!(negotiator.next_step(true), Some(Step::SetLocal));
        negotiator.local_description_set(SdpType::Offer);
        negotiator
    }

    fn established(polite: bool) -> Negotiator {
        let mut negotiator = offering(polite);
        negotiator.push(description(SdpType::Answer));
        assert!(matches!(negotiator.next_step(true), Some(Step::SetRemote(_))));
        negotiator.remote_description_set();
        negotiator
    }

    #[test]
    fn an_answerer_waits_for_the_first_offer() {
        let mut negotiator = Negotiator::new(false, false);
        negotiator.negotiation_needed();
        assert_eq!(negotiator.next_step(true), None);
        negotiator.push(description(SdpType::Offer));
        assert!(matches!(negotiator.next_step(true), Some(Step::SetRemote(_))));
        assert_eq!(negotiator.next_step(true), None, "one operation at a time");
        negotiator.remote_description_set();
        assert_eq!(negotiator.next_step(true), Some(Step::SetLocal), "the answer comes before a new offer");
        negotiator.local_description_set(SdpType::Answer);
        assert_eq!(negotiator.next_step(true), Some(Step::SetLocal), "now the wanted offer may follow");
    }

    #[test]
    fn the_impolite_side_ignores_a_crossing_offer() {
        let mut negotiator = offering(false);
        negotiator.push(description(SdpType::Offer));
        assert_eq!(negotiator.next_step(true), None);
        assert!(negotiator.is_ignoring_offer());
        negotiator.push(description(SdpType::Answer));
        assert!(matches!(negotiator.next_step(true), Some(Step::SetRemote(_))));
    }

    #[test]
    fn the_polite_side_yields_at_first_and_rolls_back_later() {
        let mut negotiator = offering(true);
        negotiator.push(description(SdpType::Offer));
        assert_eq!(negotiator.next_step(true), Some(Step::ReplaceWithAnswerer));
        assert_eq!(negotiator.take_waiting().len(), 1, "the offer is not lost");

        let mut negotiator = established(true);
        negotiator.negotiation_needed();
        assert_eq!(negotiator.next_step(true), Some(Step::SetLocal));
        negotiator.local_description_set(SdpType::Offer);
        negotiator.push(description(SdpType::Offer));
        assert!(matches!(negotiator.next_step(true), Some(Step::SetRemote(_))));
        negotiator.remote_description_set();
        assert_eq!(negotiator.signaling(), SignalingState::HaveRemoteOffer);
    }

    #[test]
    fn stray_answers_are_ignored() {
        let mut negotiator = established(false);
        negotiator.push(description(SdpType::Answer));
        assert_eq!(negotiator.next_step(true), None);
    }

    #[test]
    fn offers_wait_for_the_server() {
        let mut negotiator = established(false);
        negotiator.negotiation_needed();
        assert_eq!(negotiator.next_step(false), None);
        assert_eq!(negotiator.next_step(true), Some(Step::SetLocal));
    }

    #[test]
    fn the_inbox_is_bounded() {
        let mut negotiator = Negotiator::new(true, false);
        for _ in 0..1000 {
            negotiator.push(description(SdpType::Offer));
        }
        assert_eq!(negotiator.take_waiting().len(), MAX_WAITING);
    }
}
