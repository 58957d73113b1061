//! Candidates that came before the description they belong to.

use visavis_signaling::{IceCandidate, SessionDescription};

use crate::queue::Queue;

/// Most candidates held, and most applied to one description. A browser gathers tens.
const MAX_CANDIDATES: usize = 256;

#[derive(Debug)]
struct Held {
    candidate: IceCandidate,
    /// How many descriptions it has seen come without matching one.
    passed: u32,
}

/// Holds candidates until the remote description with their ICE user name fragment is set.
///
/// Keyed by fragment, because an ICE restart and a rolled back offer put candidates of several generations on the wire,
/// and `addIceCandidate` before `setRemoteDescription` is an error (W3C webrtc-pc 4.4.2).
#[derive(Debug, Default)]
pub(crate) struct CandidateBuffer {
    held: Queue<Held>,
    /// The fragments of the remote description in force; `None` before the first.
    ufrags: Option<Vec<String>>,
    /// How many candidates the description in force has been given.
    applied: usize,
}

impl CandidateBuffer {
    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }

    /// A candidate arrived. `Some` if it belongs to the description in force and can be applied at once.
    ///
    /// A candidate without fragment can only be judged by the moment: it is taken for the description in force, unless
    /// an offer of theirs is being ignored, whose candidate it then is.
    pub(crate) fn push(&mut self, candidate: IceCandidate, ignoring_offer: bool) -> Option<IceCandidate> {
        if candidate.ufrag().is_none() && ignoring_offer {
            return None;
        }
        if self.is_current(&candidate) {
            return self.count(candidate);
        }
        self.held.push_bounded(Held { candidate, passed: 0 }, MAX_CANDIDATES);
        None
    }

    /// A remote description is in force now: gives the candidates that waited for it, in order. Those that match no
    /// description get one more chance: they may belong to the next.
    pub(crate) fn description_set(&mut self, description: &SessionDescription) -> Vec<IceCandidate> {
        self.ufrags = Some(description.ufrags().map(str::to_owned).collect());
        self.applied = 0;
        let mut ready = Vec::new();
        for mut held in self.held.take() {
            if self.is_current(&held.candidate) {
                ready.extend(self.count(held.candidate));
            } else if held.passed == 0 {
                held.passed = 1;
                self.held.push(held);
            }
        }
        ready
    }

    fn is_current(&self, candidate: &IceCandidate) -> bool {
        let Some(ufrags) = &self.ufrags else { return false };
        candidate.ufrag().is_none_or(|ufrag| ufrags.iter().any(|known| known == ufrag))
    }

    fn count(&mut self, candidate: IceCandidate) -> Option<IceCandidate> {
        self.applied += 1;
        (self.applied <= MAX_CANDIDATES).then_some(candidate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use visavis_signaling::SdpType;

    fn candidate(ufrag: Option<&str>, n: usize) -> IceCandidate {
        IceCandidate {
            candidate: format!("candidate:{n}"),
            sdp_mid: None,
            sdp_m_line_index: Some(0),
            username_fragment: ufrag.map(str::to_owned),
        }
    }

    fn description(ufrag: &str) -> SessionDescription {
        SessionDescription { sdp_type: SdpType::Offer, sdp: format!("v=0\r\na=ice-ufrag:{ufrag}\r\n") }
    }

    #[test]
    fn early_candidates_wait_for_their_description() {
        let mut buffer = CandidateBuffer::default();
        assert_eq!(buffer.push(candidate(Some("a"), 1), false), None);
        assert_eq!(buffer.push(candidate(None, 2), false), None);
        assert_eq!(buffer.push(candidate(Some("b"), 3), false), None);
        assert_eq!(buffer.description_set(&description("a")), [candidate(Some("a"), 1), candidate(None, 2)]);
        assert_eq!(buffer.push(candidate(Some("a"), 4), false), Some(candidate(Some("a"), 4)));
        assert_eq!(buffer.description_set(&description("b")), [candidate(Some("b"), 3)]);
    }

    #[test]
    fn unmatched_candidates_are_dropped_in_the_end() {
        let mut buffer = CandidateBuffer::default();
        buffer.push(candidate(Some("x"), 1), false);
        assert_eq!(buffer.description_set(&description("a")), []);
        assert_eq!(buffer.description_set(&description("b")), []);
        assert_eq!(buffer.description_set(&description("x")), []);
    }

    #[test]
    fn candidates_of_an_ignored_offer_are_dropped() {
        let mut buffer = CandidateBuffer::default();
        buffer.description_set(&description("a"));
        assert_eq!(buffer.push(candidate(None, 1), true), None);
        assert_eq!(buffer.description_set(&description("a")), []);
    }

    #[test]
    fn both_ends_are_bounded() {
        let mut buffer = CandidateBuffer::default();
        for n in 0..10_000 {
            buffer.push(candidate(Some("a"), n), false);
        }
        assert_eq!(buffer.description_set(&description("a")).len(), MAX_CANDIDATES);
        assert_eq!(buffer.push(candidate(Some("a"), 1), false), None);
    }
}
