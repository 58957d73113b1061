//! How far the offers and answers between us and one other participant have come.
//!
//! This is `RTCSignalingState` (W3C webrtc-pc, section 4.3.1) as it is seen between the room and the server, with two
//! states more, because these servers do not say who is polite: offers that cross (glare) are kept apart in time, and an
//! offer may be held that need not be for us.
//!
//! | state | the room offers | the room answers | they offer | they answer | time has come |
//! | - | - | - | - | - | - |
//! | `Stable` | `HaveLocalOffer` | - | `HaveRemoteOffer` | ignored | - |
//! | `HaveLocalOffer` | - | `Stable` | `Glare`, or `HaveRemoteOffer` if they cannot have received ours | `Stable` | ours is repeated |
//! | `HaveRemoteOffer` | not sent | `Stable` | - | ignored | - |
//! | `Glare` | - | `Deferred` | held instead | `Stable` | `HaveRemoteOffer` |
//! | `Deferred` | `Glare` | - | `HaveRemoteOffer`, or held instead | ignored | `HaveRemoteOffer` |
//!
//! A dash is the same state; a newer offer takes the place of the older one. A new connection of ours ends
//! `HaveRemoteOffer`, and a lost connection to the server every state: all begins at `Stable`. The epoch of a Visavis
//! client's description is known, so it decides at once: an offer leads to `HaveRemoteOffer`, an answer to
//! `Stable`.

use crate::signal::{IceCandidate, SessionDescription};
use crate::time::Timestamp;

/// Which offer waits for what.
#[derive(Debug, Default)]
pub(super) enum SignalingState {
    /// None does.
    #[default]
    Stable,
    /// Ours waits for their answer.
    HaveLocalOffer(LocalOffer),
    /// Theirs was given to the room, which owes an answer. If it made one too in that moment, it will give way: ours is not
    /// sent.
    HaveRemoteOffer,
    /// Ours waits for their answer; theirs has crossed it, and waits until they must have answered if they have received ours.
    Glare(LocalOffer, HeldOffer),
    /// Theirs waits until it is clear whether it is for us.
    Deferred(HeldOffer),
}

/// An offer of ours that waits for its answer.
#[derive(Debug)]
pub(super) struct LocalOffer {
    /// When we offered first, and have had no answer since.
    pub(super) first: Timestamp,
    /// When it was sent last.
    pub(super) last: Timestamp,
    pub(super) description: SessionDescription,
    /// For when it is repeated.
    pub(super) candidates: Vec<IceCandidate>,
    /// How often it was.
    pub(super) repeats: u32,
}

/// An offer of theirs that the room has not received yet.
#[derive(Debug)]
pub(super) struct HeldOffer {
    pub(super) until: Timestamp,
    description: SessionDescription,
}

impl SignalingState {
    fn of_offers(local: Option<LocalOffer>, held: Option<HeldOffer>) -> Self {
        match (local, held) {
            (None, None) => Self::Stable,
            (Some(local), None) => Self::HaveLocalOffer(local),
            (Some(local), Some(held)) => Self::Glare(local, held),
            (None, Some(held)) => Self::Deferred(held),
        }
    }

    /// Takes the offers out, and leaves `Stable`.
    fn take_offers(&mut self) -> (Option<LocalOffer>, Option<HeldOffer>) {
        match std::mem::take(self) {
            Self::Stable | Self::HaveRemoteOffer => (None, None),
            Self::HaveLocalOffer(local) => (Some(local), None),
            Self::Glare(local, held) => (Some(local), Some(held)),
            Self::Deferred(held) => (None, Some(held)),
        }
    }

    /// Our offer that waits for an answer.
    pub(super) fn local_offer(&self) -> Option<&LocalOffer> {
        match self {
            Self::HaveLocalOffer(local) | Self::Glare(local, _) => Some(local),
            Self::Stable | Self::HaveRemoteOffer | Self::Deferred(_) => None,
        }
    }

    /// The same, to be changed.
    pub(super) fn local_offer_mut(&mut self) -> Option<&mut LocalOffer> {
        match self {
            Self::HaveLocalOffer(local) | Self::Glare(local, _) => Some(local),
            Self::Stable | Self::HaveRemoteOffer | Self::Deferred(_) => None,
        }
    }

    /// Their offer that is held.
    pub(super) fn held_offer(&self) -> Option<&HeldOffer> {
        match self {
            Self::Glare(_, held) | Self::Deferred(held) => Some(held),
            Self::Stable | Self::HaveLocalOffer(_) | Self::HaveRemoteOffer => None,
        }
    }

    /// The room begins a new connection: it owes nothing for the one before.
    pub(super) fn on_new_connection(&mut self) {
        if matches!(self, Self::HaveRemoteOffer) {
            *self = Self::Stable;
        }
    }

    /// We offer. The time of the first offer that has had no answer counts on.
    pub(super) fn on_local_offer(&mut self, now: Timestamp, description: SessionDescription) {
        let (before, held) = self.take_offers();
        let (first, repeats) = before.map_or((now, 0), |before| (before.first, before.repeats));
        let local = LocalOffer { first, last: now, description, candidates: Vec::new(), repeats };
        *self = Self::of_offers(Some(local), held);
    }

    /// We answer.
    pub(super) fn on_local_answer(&mut self) {
        let (_, held) = self.take_offers();
        *self = Self::of_offers(None, held);
    }

    /// They offer, and the room receives it later.
    pub(super) fn hold(&mut self, until: Timestamp, description: SessionDescription) {
        let (local, _) = self.take_offers();
        *self = Self::of_offers(local, Some(HeldOffer { until, description }));
    }

    /// Their offer, if it was held and the room is to receive it now. Ours is void then.
    pub(super) fn take_due_offer(&mut self, now: Timestamp) -> Option<SessionDescription> {
        self.held_offer().filter(|held| held.until <= now)?;
        let (_, held) = self.take_offers();
        held.map(|held| held.description)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::SdpType;

    fn offer(sdp: &str) -> SessionDescription {
        SessionDescription { sdp_type: SdpType::Offer, sdp: sdp.to_owned() }
    }

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn name(state: &SignalingState) -> &'static str {
        match state {
            SignalingState::Stable => "stable",
            SignalingState::HaveLocalOffer(_) => "have-local-offer",
            SignalingState::HaveRemoteOffer => "have-remote-offer",
            SignalingState::Glare(..) => "glare",
            SignalingState::Deferred(_) => "deferred",
        }
    }

    /// In each of the five states.
    fn all() -> [SignalingState; 5] {
        let [mut local, mut glare, mut deferred] = [(); 3].map(|()| SignalingState::Stable);
        local.on_local_offer(at(1), offer("ours"));
        glare.on_local_offer(at(1), offer("ours"));
        glare.hold(at(5), offer("theirs"));
        deferred.hold(at(5), offer("theirs"));
        [SignalingState::Stable, local, SignalingState::HaveRemoteOffer, glare, deferred]
    }

    fn after(step: impl Fn(&mut SignalingState)) -> [&'static str; 5] {
        all().map(|mut state| {
            step(&mut state);
            name(&state)
        })
    }

    #[test]
    fn the_table_is_true() {
        assert_eq!(after(|_| ()), ["stable", "have-local-offer", "have-remote-offer", "glare", "deferred"]);
        let local = "have-local-offer";
        assert_eq!(
            after(|state| state.on_local_offer(at(2), offer("new"))),
            [local, local, local, "glare", "glare"]
        );
        assert_eq!(
            after(SignalingState::on_local_answer),
            ["stable", "stable", "stable", "deferred", "deferred"]
        );
        assert_eq!(
            after(|state| state.hold(at(9), offer("new"))),
            ["deferred", "glare", "deferred", "glare", "deferred"]
        );
        assert_eq!(
            after(SignalingState::on_new_connection),
            ["stable", local, "stable", "glare", "deferred"]
        );
    }

    #[test]
    fn the_first_offer_without_an_answer_counts() {
        let mut state = SignalingState::Stable;
        state.on_local_offer(at(1), offer("a"));
        state.on_local_offer(at(7), offer("b"));
        let local = state.local_offer().unwrap();
        assert_eq!((local.first, local.last, local.description.sdp.as_str()), (at(1), at(7), "b"));
    }

    #[test]
    fn a_held_offer_comes_in_time_and_voids_ours() {
        for mut state in all() {
            let held = state.held_offer().is_some();
            assert_eq!(state.take_due_offer(at(4)), None);
            assert_eq!(state.take_due_offer(at(5)), held.then(|| offer("theirs")));
            assert!(!held || name(&state) == "stable");
        }
    }
}
