//! The flight recorder: what went into a room and what it decided, so that a bug somebody has met becomes a test.
//!
//! A record has one entry in each line, which is JSON: first a header, given by whoever makes the room, that says how it
//! was made; then inputs (`[at, what, ...]`) and, after each, the decisions that followed, a letter for each. Since a room
//! is decided by its inputs alone, the same inputs lead to the same decisions: `cargo xtask replay` holds the two against
//! each other.
//!
//! The recorder writes into buffers of a fixed size, and costs a page a copy of each frame and description. What is
//! private stays in memory as it is: [`Recorder::lines`] are not for other people's eyes before `visavis-app` has made a
//! report of them.

mod lines;

use visavis_signaling::Timestamp;

pub use self::lines::entry;
use crate::input::Input;
use crate::output::Output;

/// The version of the format.
pub const FORMAT: u32 = 1;
/// Most bytes from the beginning. They can be replayed: about an hour of a call for two, or the first ten minutes of
/// one for eight.
pub const HEAD_BYTES: usize = 256 * 1024;
/// Most bytes of each of the two pieces of what came last, once the beginning is full. They can only be read.
pub const TAIL_BYTES: usize = 32 * 1024;

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
}

impl Recorder {
    /// For a room that is about to be made as this [`entry`] says.
    pub fn new(header: &str) -> Self {
        let parts = [HEAD_BYTES, TAIL_BYTES, TAIL_BYTES].map(String::with_capacity);
        let mut recorder = Self { parts, full: false };
        recorder.write(header);
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
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        let [head, older, tail] = &self.parts;
        let gap = if self.full { "null\n" } else { "" };
        [head, gap, older, tail].into_iter().flat_map(|part| part.split('\n')).filter(|line| !line.is_empty())
    }
}

#[cfg(test)]
mod tests;
