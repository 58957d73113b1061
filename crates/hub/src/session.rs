//! The server's end of a session: what a client has not heard yet is kept, to be repeated on its next socket.

use std::collections::VecDeque;

use super::Budget;
use visavis_signaling::dialects::visavis::messages::{ServerMessage, SessionClaim};
use visavis_signaling::limits::{MAX_KEPT_BYTES, MAX_KEPT_MESSAGES};

/// What every kept message costs besides its texts.
const OVERHEAD: usize = 128;

/// One client's session, from its first `join` until it leaves or begins another.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: String,
    /// How many times the client had asked when it was let in.
    attempt: u32,
    /// How many messages of the client were heard.
    heard: u32,
    /// How many messages for the client came before the oldest that is kept.
    forgot: u32,
    kept: VecDeque<ServerMessage>,
    kept_bytes: usize,
    /// What all sessions together may keep.
    budget: Budget,
    /// The client knows where its counts begin. One that came with the counts of a server that is no more has heard of
    /// the new beginning only when it says something: until then its counts may seem to fit and mean something else.
    agreed: bool,
}

impl Session {
    pub(super) fn new(claim: SessionClaim, budget: Budget) -> Self {
        Self {
            attempt: claim.attempt,
            heard: 0,
            forgot: 0,
            kept: VecDeque::new(),
            kept_bytes: 0,
            budget,
            agreed: claim.heard.is_none(),
            id: claim.id,
        }
    }

    pub(super) fn heard(&self) -> u32 {
        self.heard
    }

    /// The client said something that counts.
    pub(super) fn hear(&mut self) {
        self.heard = self.heard.saturating_add(1);
        self.agreed = true;
    }

    /// Something is said to the client. If too much is kept already, the oldest is forgotten, and a client that did
    /// not hear it must begin anew.
    pub(super) fn keep(&mut self, message: &ServerMessage) {
        self.kept_bytes += weight(message);
        self.budget.add(weight(message));
        self.kept.push_back(message.clone());
        while self.kept.len() > MAX_KEPT_MESSAGES || self.kept_bytes > MAX_KEPT_BYTES {
            self.forget_one();
        }
    }

    /// About how many bytes are kept.
    pub(super) fn kept_bytes(&self) -> usize {
        self.kept_bytes
    }

    /// Keeps nothing any more: who has not heard all of it must begin anew.
    pub(super) fn forget_all(&mut self) {
        while !self.kept.is_empty() {
            self.forget_one();
        }
    }

    /// The client has heard so many.
    pub(super) fn acknowledge(&mut self, heard: u32) {
        self.agreed = true;
        while self.forgot < heard && !self.kept.is_empty() {
            self.forget_one();
        }
    }

    fn forget_one(&mut self) {
        let gone = self.kept.pop_front().as_ref().map_or(0, weight);
        self.kept_bytes -= gone;
        self.budget.remove(gone);
        self.forgot = self.forgot.saturating_add(1);
        if self.kept.is_empty() {
            // Ten thousand quiet clients should not each keep the room that their first minute took.
            self.kept = VecDeque::new();
        }
    }

    /// Whether the client has said something newer since.
    pub(super) fn outdates(&self, claim: &SessionClaim) -> bool {
        page(&self.id) == page(&claim.id) && claim.attempt < self.attempt
    }

    /// The session goes on over another socket.
    pub(super) fn take_up(&mut self, claim: &SessionClaim) {
        self.attempt = claim.attempt;
        self.acknowledge(claim.heard.unwrap_or_default());
    }

    /// Whether each side still has all that the other has missed.
    pub(super) fn can_go_on(&self, claim: &SessionClaim) -> bool {
        let said = self.forgot.saturating_add(self.kept.len() as u32);
        let in_reach = |heard| (self.forgot..=said).contains(&heard);
        self.agreed && self.id == claim.id && claim.heard.is_some_and(in_reach) && claim.forgot <= self.heard
    }

    /// What the client has not heard, oldest first.
    pub(super) fn missed(&self) -> impl Iterator<Item = &ServerMessage> {
        self.kept.iter()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.budget.remove(self.kept_bytes);
    }
}

/// The page that a session belongs to: whoever leaves and comes back has another session, but counts on.
fn page(id: &str) -> &str {
    id.rsplit_once('-').map_or(id, |(page, _)| page)
}

/// About how many bytes a message takes.
fn weight(message: &ServerMessage) -> usize {
    let texts = match message {
        ServerMessage::Description { description, .. } => description.sdp.len(),
        ServerMessage::Candidate { candidate, .. } => candidate.as_ref().map_or(0, |c| c.candidate.len()),
        ServerMessage::ParticipantJoined { participant, .. } => participant.name.len(),
        ServerMessage::Joined(_)
        | ServerMessage::ParticipantLeft { .. }
        | ServerMessage::Media { .. }
        | ServerMessage::IceServers(_)
        | ServerMessage::Error { .. }
        | ServerMessage::Ping { .. } => 0,
    };
    texts + OVERHEAD
}

#[cfg(test)]
mod tests {
    use super::*;
    use visavis_signaling::signal::{ParticipantId, SdpType, SessionDescription};

    fn session(budget: &Budget) -> Session {
        Session::new(SessionClaim { heard: None, ..claim(0) }, budget.clone())
    }

    fn claim(heard: u32) -> SessionClaim {
        SessionClaim { id: "s".into(), heard: Some(heard), forgot: 0, attempt: 0 }
    }

    fn message(bytes: usize) -> ServerMessage {
        let from = ParticipantId::new("a").unwrap();
        let description = SessionDescription { sdp_type: SdpType::Offer, sdp: "x".repeat(bytes) };
        ServerMessage::Description { from, epoch: 0, description }
    }

    #[test]
    fn goes_on_where_it_broke_off() {
        let mut session = session(&Budget::new(usize::MAX));
        for _ in 0..3 {
            session.keep(&message(0));
        }
        assert!((0..=3).all(|heard| session.can_go_on(&claim(heard))));
        assert!(!session.can_go_on(&claim(4)), "nobody has heard what was not said");
        session.acknowledge(2);
        assert!(!session.can_go_on(&claim(1)));
        assert!(session.can_go_on(&claim(2)));
        assert_eq!(session.missed().count(), 1);
        assert!(!session.can_go_on(&SessionClaim { id: "t".into(), ..claim(2) }));
        assert!(!session.can_go_on(&SessionClaim { forgot: 1, ..claim(2) }), "the client cannot repeat it");
        assert!(!session.can_go_on(&SessionClaim { heard: None, ..claim(2) }));
    }

    #[test]
    fn keeps_no_more_than_it_may() {
        let mut session = session(&Budget::new(usize::MAX));
        for _ in 0..=MAX_KEPT_MESSAGES {
            session.keep(&message(0));
        }
        assert_eq!(session.missed().count(), MAX_KEPT_MESSAGES);
        assert!(!session.can_go_on(&claim(0)));
        assert!(session.can_go_on(&claim(1)));
        session.keep(&message(MAX_KEPT_BYTES));
        assert_eq!((session.missed().count(), session.kept_bytes), (0, 0));
        assert!(session.can_go_on(&claim(MAX_KEPT_MESSAGES as u32 + 2)));
    }

    #[test]
    fn what_is_kept_is_counted_until_it_is_dropped() {
        let budget = Budget::new(10_000);
        let mut sessions = [session(&budget), session(&budget)];
        sessions.iter_mut().for_each(|session| session.keep(&message(1000)));
        assert_eq!(budget.used(), 2 * (1000 + OVERHEAD));
        sessions[0].acknowledge(1);
        sessions[1].keep(&message(1000));
        sessions[1].forget_all();
        assert!(budget.used() == 0);
        assert!(!sessions[1].can_go_on(&claim(1)));
        assert!(sessions[1].can_go_on(&claim(2)));
        sessions.iter_mut().for_each(|session| session.keep(&message(1000)));
        drop(sessions);
        assert_eq!(budget.used(), 0);
    }
}
