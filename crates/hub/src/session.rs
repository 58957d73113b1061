//! The server's end of a resumable session: messages that the client has not acknowledged are kept in a backlog, and
//! sent again when it resumes on another socket.

use std::collections::VecDeque;

use visavis_signaling::dialects::visavis::messages::{ServerMessage, SessionClaim};
use visavis_signaling::limits::{MAX_BACKLOG_BYTES, MAX_BACKLOG_MESSAGES};

use super::ByteBudget;

/// What a message in the backlog takes besides its texts, in bytes.
const MESSAGE_OVERHEAD_BYTES: usize = 128;

/// One client's session, from its first `join` until it leaves or begins another.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: String,
    /// The attempt number of the `join` that was accepted last.
    attempt: u32,
    /// How many counted messages the client has sent.
    received: u32,
    /// The sequence number of the oldest message in the backlog: how many were sent before it.
    backlog_start: u32,
    backlog: VecDeque<ServerMessage>,
    backlog_bytes: usize,
    /// Shared by the backlogs of all sessions.
    budget: ByteBudget,
    /// Whether the client has shown that its counts are those of this session. A client that comes with the counts of a
    /// server that was restarted learns of the new session with our answer; until it sends something, its counts may
    /// fit by chance.
    counts_confirmed: bool,
}

impl Session {
    pub(super) fn new(claim: SessionClaim, budget: ByteBudget) -> Self {
        Self {
            attempt: claim.attempt,
            received: 0,
            backlog_start: 0,
            backlog: VecDeque::new(),
            backlog_bytes: 0,
            budget,
            counts_confirmed: claim.received.is_none(),
            id: claim.id,
        }
    }

    pub(super) fn received(&self) -> u32 {
        self.received
    }

    /// Counts a message that the client sent.
    pub(super) fn count_received(&mut self) {
        self.received = self.received.saturating_add(1);
        self.counts_confirmed = true;
    }

    /// Adds a message for the client to the backlog. Beyond [`MAX_BACKLOG_MESSAGES`] or [`MAX_BACKLOG_BYTES`] the oldest are
    /// dropped, and a client that has not received those cannot resume.
    pub(super) fn record_sent(&mut self, message: &ServerMessage) {
        self.backlog_bytes += approximate_bytes(message);
        self.budget.add(approximate_bytes(message));
        self.backlog.push_back(message.clone());
        while self.backlog.len() > MAX_BACKLOG_MESSAGES || self.backlog_bytes > MAX_BACKLOG_BYTES {
            self.drop_oldest();
        }
    }

    /// The size of the backlog, in bytes, approximately.
    pub(super) fn backlog_bytes(&self) -> usize {
        self.backlog_bytes
    }

    /// Drops the backlog: a client that has not received all of it cannot resume.
    pub(super) fn clear_backlog(&mut self) {
        while !self.backlog.is_empty() {
            self.drop_oldest();
        }
    }

    /// The client has received `count` messages of this session, so they need not be kept.
    pub(super) fn acknowledge(&mut self, count: u32) {
        self.counts_confirmed = true;
        while self.backlog_start < count && !self.backlog.is_empty() {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let dropped = self.backlog.pop_front().as_ref().map_or(0, approximate_bytes);
        self.backlog_bytes -= dropped;
        self.budget.remove(dropped);
        self.backlog_start = self.backlog_start.saturating_add(1);
        if self.backlog.is_empty() {
            // Releases the capacity: ten thousand quiet clients should not each hold what their first minute needed.
            self.backlog = VecDeque::new();
        }
    }

    /// Whether this session was joined or resumed later than the claim was made, by the same page.
    pub(super) fn is_newer_than(&self, claim: &SessionClaim) -> bool {
        page_of(&self.id) == page_of(&claim.id) && claim.attempt < self.attempt
    }

    /// Continues the session on another socket.
    pub(super) fn resume(&mut self, claim: &SessionClaim) {
        self.attempt = claim.attempt;
        self.acknowledge(claim.received.unwrap_or_default());
    }

    /// Whether each side can still repeat everything that the other has not received.
    pub(super) fn can_resume(&self, claim: &SessionClaim) -> bool {
        let sent = self.backlog_start.saturating_add(self.backlog.len() as u32);
        let in_backlog = |count| (self.backlog_start..=sent).contains(&count);
        self.counts_confirmed
            && self.id == claim.id
            && claim.received.is_some_and(in_backlog)
            && claim.backlog_start <= self.received
    }

    /// The messages that the client has not acknowledged, oldest first.
    pub(super) fn unacknowledged(&self) -> impl Iterator<Item = &ServerMessage> {
        self.backlog.iter()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.budget.remove(self.backlog_bytes);
    }
}

/// The page that a session id belongs to, without its suffix: leaving and joining again in one page begins another
/// session, while the attempts are counted on.
fn page_of(session_id: &str) -> &str {
    session_id.rsplit_once('-').map_or(session_id, |(page, _)| page)
}

/// How many bytes a message takes in memory, approximately.
fn approximate_bytes(message: &ServerMessage) -> usize {
    let texts = match message {
        ServerMessage::Description { description, .. } => description.sdp.len(),
        ServerMessage::Candidate { candidate, .. } => candidate.as_ref().map_or(0, |c| c.candidate.len()),
        ServerMessage::ParticipantJoined { participant, .. } => participant.name.len(),
        ServerMessage::Joined(_)
        | ServerMessage::ParticipantLeft { .. }
        | ServerMessage::Media { .. }
        | ServerMessage::IceServers { .. }
        | ServerMessage::Error { .. }
        | ServerMessage::Ping { .. } => 0,
    };
    texts + MESSAGE_OVERHEAD_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;
    use visavis_signaling::{ParticipantId, SdpType, SessionDescription};

    fn session(budget: &ByteBudget) -> Session {
        Session::new(SessionClaim { received: None, ..claim(0) }, budget.clone())
    }

    fn claim(received: u32) -> SessionClaim {
        SessionClaim { id: "s".into(), received: Some(received), backlog_start: 0, attempt: 0 }
    }

    fn message(bytes: usize) -> ServerMessage {
        let from = ParticipantId::new("a").unwrap();
        let description = SessionDescription { sdp_type: SdpType::Offer, sdp: "x".repeat(bytes) };
        ServerMessage::Description { from, epoch: 0, description, exchanged: None }
    }

    #[test]
    fn resumes_what_both_sides_can_repeat() {
        let mut session = session(&ByteBudget::new(usize::MAX));
        for _ in 0..3 {
            session.record_sent(&message(0));
        }
        assert!((0..=3).all(|received| session.can_resume(&claim(received))));
        assert!(!session.can_resume(&claim(4)), "nobody can have received what was not sent");
        session.acknowledge(2);
        assert!(!session.can_resume(&claim(1)));
        assert!(session.can_resume(&claim(2)));
        assert_eq!(session.unacknowledged().count(), 1);
        assert!(!session.can_resume(&SessionClaim { id: "t".into(), ..claim(2) }));
        assert!(
            !session.can_resume(&SessionClaim { backlog_start: 1, ..claim(2) }),
            "the client cannot repeat it"
        );
        assert!(!session.can_resume(&SessionClaim { received: None, ..claim(2) }));
    }

    #[test]
    fn the_backlog_is_limited() {
        let mut session = session(&ByteBudget::new(usize::MAX));
        for _ in 0..=MAX_BACKLOG_MESSAGES {
            session.record_sent(&message(0));
        }
        assert_eq!(session.unacknowledged().count(), MAX_BACKLOG_MESSAGES);
        assert!(!session.can_resume(&claim(0)));
        assert!(session.can_resume(&claim(1)));
        session.record_sent(&message(MAX_BACKLOG_BYTES));
        assert_eq!((session.unacknowledged().count(), session.backlog_bytes), (0, 0));
        assert!(session.can_resume(&claim(MAX_BACKLOG_MESSAGES as u32 + 2)));
    }

    #[test]
    fn the_backlog_counts_until_it_is_dropped() {
        let budget = ByteBudget::new(10_000);
        let mut sessions = [session(&budget), session(&budget)];
        sessions.iter_mut().for_each(|session| session.record_sent(&message(1000)));
        assert_eq!(budget.used(), 2 * (1000 + MESSAGE_OVERHEAD_BYTES));
        sessions[0].acknowledge(1);
        sessions[1].record_sent(&message(1000));
        sessions[1].clear_backlog();
        assert!(budget.used() == 0);
        assert!(!sessions[1].can_resume(&claim(1)));
        assert!(sessions[1].can_resume(&claim(2)));
        sessions.iter_mut().for_each(|session| session.record_sent(&message(1000)));
        drop(sessions);
        assert_eq!(budget.used(), 0);
    }
}
