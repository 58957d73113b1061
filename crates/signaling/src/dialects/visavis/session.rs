//! The client's end of a session: all that passes between it and the server, over one socket after another.

use super::messages::SessionClaim;
use crate::limits::{MAX_KEPT_BYTES, MAX_KEPT_MESSAGES};

/// What is counted and kept, so that after a lost connection each side repeats what the other has missed.
#[derive(Debug)]
pub(super) struct Session {
    /// Different in every life of a page.
    page: String,
    /// Calls of this page before this one. Who leaves and comes back has forgotten everything as well.
    calls: u32,
    /// How many times we asked to be let in.
    attempts: u32,
    /// How many messages of the server were heard; `None` if there is nothing to take up.
    heard: Option<u32>,
    /// The latest frames that were sent, oldest first.
    kept: Vec<String>,
    kept_bytes: usize,
    /// How many were sent before those.
    forgot: u32,
}

impl Session {
    pub(super) fn new(page: String) -> Self {
        Self { page, calls: 0, attempts: 0, heard: None, kept: Vec::new(), kept_bytes: 0, forgot: 0 }
    }

    /// What `join` says of it.
    pub(super) fn claim(&self) -> SessionClaim {
        let id = [&self.page, "-", &self.calls.to_string()].concat();
        SessionClaim { id, heard: self.heard, forgot: self.forgot, attempt: self.attempts }
    }

    /// We are about to ask to be let in.
    pub(super) fn count_attempt(&mut self) {
        self.attempts = self.attempts.saturating_add(1);
    }

    /// How many messages of the server were heard, for `pong`.
    pub(super) fn heard(&self) -> Option<u32> {
        self.heard
    }

    /// The server said something that counts.
    pub(super) fn count_received(&mut self) {
        self.heard = self.heard.map(|heard| heard.saturating_add(1));
    }

    /// The server let us in, and nothing is taken up.
    pub(super) fn begin(&mut self) {
        self.heard = Some(0);
        self.forgot = 0;
        self.drop_kept();
    }

    fn drop_kept(&mut self) {
        self.kept = Vec::new();
        self.kept_bytes = 0;
    }

    /// The server has heard so many of our messages.
    pub(super) fn acknowledge(&mut self, heard: u32) {
        while self.forgot < heard && !self.kept.is_empty() {
            self.forget_one();
        }
    }

    /// What the server may not have heard, oldest first.
    pub(super) fn kept(&self) -> &[String] {
        &self.kept
    }

    /// A frame that counts is about to be sent.
    pub(super) fn keep(&mut self, frame: &str) {
        if self.heard.is_none() {
            return;
        }
        self.kept_bytes += frame.len();
        self.kept.push(frame.to_owned());
        while self.kept.len() > MAX_KEPT_MESSAGES || self.kept_bytes > MAX_KEPT_BYTES {
            self.forget_one();
        }
    }

    fn forget_one(&mut self) {
        let frame = self.kept.remove(0);
        self.kept_bytes -= frame.len();
        self.forgot = self.forgot.saturating_add(1);
    }

    /// The server ended it, but we have not forgotten what we were doing.
    pub(super) fn give_up(&mut self) {
        self.heard = None;
    }

    /// We are out of the room: the next call is another session.
    pub(super) fn renew(&mut self) {
        self.give_up();
        self.drop_kept();
        self.calls = self.calls.wrapping_add(1);
    }
}
