//! The client's end of a resumable session: messages that the server has not acknowledged are kept in a backlog, and sent
//! again when it resumes on another socket. The server's end is `visavis_hub`'s.

use super::messages::SessionClaim;
use crate::limits::{MAX_BACKLOG_BYTES, MAX_BACKLOG_MESSAGES};

/// The session of one call, from `join` until we leave.
#[derive(Debug)]
pub(super) struct Session {
    /// Different each time the page is loaded.
    page: String,
    /// Calls of this page before this one: each has a session of its own.
    calls: u32,
    /// How many times `join` was sent.
    attempts: u32,
    /// How many counted messages the server has sent; `None` if there is nothing to resume.
    received: Option<u32>,
    /// The sequence number of the oldest message in the backlog: how many were sent before it.
    backlog_start: u32,
    /// Frames that the server has not acknowledged, oldest first.
    backlog: Vec<String>,
    backlog_bytes: usize,
}

impl Session {
    pub(super) fn new(page: String) -> Self {
        Self {
            page,
            calls: 0,
            attempts: 0,
            received: None,
            backlog_start: 0,
            backlog: Vec::new(),
            backlog_bytes: 0,
        }
    }

    /// What `join` carries of it.
    pub(super) fn claim(&self) -> SessionClaim {
        let id = [&self.page, "-", &self.calls.to_string()].concat();
        SessionClaim {
            id,
            received: self.received,
            backlog_start: self.backlog_start,
            attempt: self.attempts,
        }
    }

    /// Counts a `join`, before it is sent.
    pub(super) fn count_attempt(&mut self) {
        self.attempts = self.attempts.saturating_add(1);
    }

    /// How many counted messages the server has sent, for `pong`.
    pub(super) fn received(&self) -> Option<u32> {
        self.received
    }

    /// Counts a message that the server sent.
    pub(super) fn count_received(&mut self) {
        self.received = self.received.map(|count| count.saturating_add(1));
    }

    /// The server has accepted `join` without resuming: both sides count from zero.
    pub(super) fn begin(&mut self) {
        self.received = Some(0);
        self.backlog_start = 0;
        self.clear_backlog();
    }

    fn clear_backlog(&mut self) {
        self.backlog = Vec::new();
        self.backlog_bytes = 0;
    }

    /// The server has received `count` messages of this session, so they need not be kept.
    pub(super) fn acknowledge(&mut self, count: u32) {
        while self.backlog_start < count && !self.backlog.is_empty() {
            self.drop_oldest();
        }
    }

    /// The frames that the server has not acknowledged, oldest first.
    pub(super) fn unacknowledged(&self) -> &[String] {
        &self.backlog
    }

    /// Adds a frame that counts to the backlog. Beyond [`MAX_BACKLOG_MESSAGES`] or [`MAX_BACKLOG_BYTES`] the oldest are dropped,
    /// and a server that has not received those cannot resume.
    pub(super) fn record_sent(&mut self, frame: &str) {
        if self.received.is_none() {
            return;
        }
        self.backlog_bytes += frame.len();
        self.backlog.push(frame.to_owned());
        while self.backlog.len() > MAX_BACKLOG_MESSAGES || self.backlog_bytes > MAX_BACKLOG_BYTES {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let frame = self.backlog.remove(0);
        self.backlog_bytes -= frame.len();
        self.backlog_start = self.backlog_start.saturating_add(1);
    }

    /// The server has ended it: it cannot be resumed.
    pub(super) fn forbid_resume(&mut self) {
        self.received = None;
    }

    /// We have left the room: the next call is another session.
    pub(super) fn begin_next_call(&mut self) {
        self.forbid_resume();
        self.clear_backlog();
        self.calls = self.calls.wrapping_add(1);
    }
}
