//! The reference for outsiders, `docs/signaling-protocol.md`.

use std::fs;

/// The reference.
pub(crate) fn document() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/signaling-protocol.md")).unwrap()
}

/// What stands in the blocks whose fence says `info`.
pub(crate) fn blocks<'a>(document: &'a str, info: &str) -> Vec<&'a str> {
    let fence = format!("```{info}\n");
    let blocks: Vec<_> =
        document.split(&fence).skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect();
    assert!(!blocks.is_empty(), "no {info}");
    blocks
}
