//! The flight recorder: what went into a room and what it decided, so that a bug somebody has met becomes a test.
//!
//! A report is a JSON list with one entry in each line: first how the room was made, then inputs (`[at, what, ...]`) and,
//! after each, the decisions that followed (`[what, ...]`). Since a room is decided by its inputs alone, the same inputs
//! lead to the same decisions: `cargo xtask replay` holds the two against each other.
//!
//! The recorder writes into buffers of a fixed size, and costs a page a copy of each frame and description. What is
//! private stays in memory as it is, and is replaced when a report is made; see [`redact`].

mod lines;
mod redact;

use visavis_signaling::Timestamp;
use visavis_signaling::json::{Fields, Json};

pub use self::lines::decision;
use self::redact::Redactor;
use crate::config::AppConfig;
use crate::input::Input;
use crate::output::Output;

/// The version of the format.
pub const FORMAT: u32 = 1;
/// Most bytes from the beginning. They can be replayed: about half an hour of a call for two, or the first ten minutes of
/// one for eight.
pub const HEAD_BYTES: usize = 256 * 1024;
/// Most bytes of what came last, once the beginning is full. They can only be read.
pub const TAIL_BYTES: usize = 64 * 1024;

/// Writes down what happens in one room.
#[derive(Debug)]
pub struct Recorder {
    head: String,
    tail: String,
    /// The beginning is full.
    full: bool,
    identity: String,
}

impl Recorder {
    /// For a room that is about to be made like this. `identity`, `page` and `seed` are as in
    /// [`dialects::Options`](visavis_signaling::dialects::Options) and [`RoomConfig`](crate::RoomConfig); `about` is for
    /// people: which browser it is, for instance.
    pub fn new(config: &AppConfig, identity: &str, page: &str, seed: u64, about: &str) -> Self {
        let mut recorder = Self {
            head: String::with_capacity(HEAD_BYTES),
            tail: String::with_capacity(TAIL_BYTES),
            full: false,
            identity: identity.to_owned(),
        };
        let mut fields = Fields::default();
        fields.number("visavisReport", FORMAT);
        fields.text("version", env!("CARGO_PKG_VERSION"));
        fields.text("about", about);
        fields.text("dialect", &config.dialect);
        fields.text("namespace", &config.namespace);
        fields.put("auth", config.auth.clone().unwrap_or(Json::Null));
        fields.text("identity", identity);
        fields.text("page", page);
        fields.text("seed", &seed.to_string());
        fields.put("iceServers", Json::List(config.ice_servers.iter().map(Json::from).collect()));
        fields.bool("relayOnly", config.relay_only);
        fields.put("capacity", config.capacity.map_or(Json::Null, Json::number));
        fields.bool("microphone", config.microphone);
        fields.bool("camera", config.camera);
        recorder.write(&fields.encode());
        recorder
    }

    /// Something goes into the room.
    pub fn input(&mut self, now: Timestamp, input: &Input) {
        self.write(&lines::input(now, input));
    }

    /// Something came out of it.
    pub fn output(&mut self, output: &Output) {
        self.write(&decision(output));
    }

    fn write(&mut self, line: &str) {
        self.full |= self.head.len() + line.len() >= HEAD_BYTES;
        if !self.full {
            self.head.push_str(line);
            self.head.push('\n');
        } else if line.len() < TAIL_BYTES / 2 {
            if self.tail.len() + line.len() >= TAIL_BYTES {
                self.forget_half();
            }
            self.tail.push_str(line);
            self.tail.push('\n');
        }
    }

    /// Seldom, so that most lines cost nothing but themselves.
    fn forget_half(&mut self) {
        let mut kept = 0;
        let old = |line: &&str| {
            kept += line.len() + 1;
            kept <= TAIL_BYTES / 2
        };
        let gone: usize = self.tail.split('\n').take_while(old).map(|line| line.len() + 1).sum();
        self.tail.drain(..gone.min(self.tail.len()));
    }

    /// What happened so far, without anything private. Between the beginning and what came last, if something is missing
    /// there, stands `null`.
    pub fn report(&self) -> String {
        let mut redactor = Redactor::new(&self.identity);
        let mut report = String::with_capacity(self.head.len() + self.tail.len());
        let gap = self.full.then_some("null");
        for line in self.head.lines().chain(gap).chain(self.tail.lines()) {
            report.push_str(if report.is_empty() { "[\n" } else { ",\n" });
            report.push_str(&redactor.line(line));
        }
        report.push_str("\n]\n");
        report
    }
}

#[cfg(test)]
mod tests;
