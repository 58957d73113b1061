//! The flight recorder: what went into a room and what it decided, so that a bug somebody has met becomes a test.
//!
//! A report is a JSON list with one entry in each line: first how the room was made, then inputs (`[at, what, ...]`) and,
//! after each, the decisions that followed, a letter for each. Since a room is decided by its inputs alone, the same inputs
//! lead to the same decisions: `cargo xtask replay` holds the two against each other.
//!
//! The recorder writes into buffers of a fixed size, and costs a page a copy of each frame and description. What is
//! private stays in memory as it is, and is replaced when a report is made (`flight/redact.rs`).

mod lines;
mod redact;
mod sdp;

use visavis_signaling::Timestamp;
use visavis_signaling::known_as;

pub use self::redact::SECRET_KEYS;
use crate::check::is_turn;
use crate::config::{AppConfig, Contact};
use crate::input::Input;
use crate::output::Output;

/// The version of the format.
pub const FORMAT: u32 = 1;
/// Most bytes from the beginning. They can be replayed: about an hour of a call for two, or the first ten minutes of
/// one for eight.
pub const HEAD_BYTES: usize = 256 * 1024;
/// Most bytes of each of the two pieces of what came last, once the beginning is full. They can only be read.
pub const TAIL_BYTES: usize = 32 * 1024;

/// The key of the description of the server. It is a file beside the page, which everybody can read, and stays as it is:
/// without it what the server says means nothing.
const MAPPING: &str = "mapping";

/// Decisions as a line: a letter for each.
pub fn decisions(outputs: &[Output]) -> String {
    let letters = outputs.iter().map(lines::decision);
    ['"'].into_iter().chain(letters).chain(['"']).collect()
}

/// Writes down what happens in one room.
#[derive(Debug)]
pub struct Recorder {
    /// The beginning; then the last piece but one, and the last.
    parts: [String; 3],
    /// The beginning is full.
    full: bool,
    /// The dialects that are spoken.
    dialects: [String; 2],
}

impl Recorder {
    /// For a room that is about to be made like this. `identities`, `page` and `seed` are as in
    /// [`dialects::Options`](visavis_signaling::dialects::Options) and [`RoomConfig`](crate::RoomConfig); `fallback`
    /// is the dialect of what is spoken where there is no server, or empty, and the second identity belongs to it;
    /// `about` is for people: which browser it is, for instance.
    pub fn new(
        config: &AppConfig,
        fallback: &str,
        identities: [&str; 2],
        page: &str,
        seed: u64,
        about: &str,
    ) -> Self {
        let parts = [HEAD_BYTES, TAIL_BYTES, TAIL_BYTES].map(String::with_capacity);
        let mut recorder =
            Self { parts, full: false, dialects: [config.dialect.clone(), fallback.to_owned()] };
        let numbers = [
            FORMAT,
            (seed >> 32) as u32,
            seed as u32,
            config.relay_only.into(),
            config.capacity.unwrap_or_default(),
            config.microphone.into(),
            config.camera.into(),
            (config.contact == Contact::OnRequest).into(),
        ];
        let mut line = "[".to_owned();
        lines::begin(&mut line, "visavis-report", &numbers);
        // What the addresses are is nobody's business, and nothing hangs on it.
        let mut kinds = String::new();
        for url in config.ice_servers.iter().flat_map(|server| &server.urls) {
            kinds.push(if is_turn(url) { 't' } else { 's' });
        }
        // Of an identity some see the one half, some the other, and some the end of the first.
        let [own, other] = identities;
        let [first, second] =
            identities.map(|whole| whole.split_at_checked(whole.len() / 2).unwrap_or_default());
        for (key, text) in [
            ("about", about),
            ("ice", &kinds),
            ("dialect", config.dialect.as_str()),
            ("fallback", fallback),
            ("namespace", &config.namespace),
            ("identity", first.0),
            ("secret", first.1),
            ("id", known_as(own)),
            ("fallback-identity", second.0),
            ("fallback-secret", second.1),
            ("fallback-id", known_as(other)),
            ("page", page),
        ] {
            lines::text(&mut line, key, text);
        }
        if let Some(mapping) = &config.mapping {
            lines::text(&mut line, MAPPING, mapping.source());
        }
        line.push(']');
        recorder.write(&line);
        recorder
    }

    /// Something goes into the room.
    pub fn input(&mut self, now: Timestamp, input: &Input) {
        self.write(&lines::input(now, input));
    }

    /// This came out of it.
    pub fn outputs(&mut self, outputs: &[Output]) {
        if !outputs.is_empty() {
            self.write(&decisions(outputs));
        }
    }

    /// A line that is longer than a whole piece is left out of the end.
    fn write(&mut self, line: &str) {
        let [head, older, tail] = &mut self.parts;
        self.full |= head.len() + line.len() >= HEAD_BYTES;
        let mut part = head;
        if self.full {
            if line.len() >= TAIL_BYTES {
                return;
            }
            if tail.len() + line.len() >= TAIL_BYTES {
                std::mem::swap(older, tail);
                tail.clear();
            }
            part = tail;
        }
        part.push_str(line);
        part.push('\n');
    }

    /// What is kept, line by line. Between the beginning and what came last, if something may be missing there, stands
    /// `null`.
    fn lines(&self) -> impl Iterator<Item = &str> {
        let [head, older, tail] = &self.parts;
        let gap = if self.full { "null\n" } else { "" };
        [head, gap, older, tail].into_iter().flat_map(|part| part.split('\n')).filter(|line| !line.is_empty())
    }
}

#[cfg(test)]
mod tests;
