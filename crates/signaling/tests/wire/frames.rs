//! Frames that are nearly right, made from the examples of the reference.

use crate::document::{blocks, document};
use crate::mutate::{Random, mutate};

/// Pieces that mean something to a reader of JSON, or to one of ours.
const PIECES: [&str; 16] = [
    "null",
    "{}",
    "[]",
    "-1",
    "1e308",
    "4294967296",
    "\"\"",
    "\\u0000",
    "\\ud800",
    "\u{202e}",
    "a=",
    "true",
    "\"type\":",
    "\"from\":",
    "{\"candidate\":\"\"}",
    "\"sdpMLineIndex\":70000,",
];

/// An endless source of such frames, the same in every run.
pub(crate) struct NearlyRight {
    examples: Vec<String>,
    random: Random,
}

impl NearlyRight {
    pub(crate) fn new() -> Self {
        let document = document();
        let examples = [blocks(&document, "json client"), blocks(&document, "json server")].concat();
        Self { examples: examples.into_iter().map(str::to_owned).collect(), random: Random(1) }
    }

    pub(crate) fn next_frame(&mut self) -> String {
        mutate(&self.examples[self.random.below(self.examples.len())], &PIECES, &mut self.random)
    }
}
