//! `docs/dialects.md` lists every dialect, in the words of the list.

use std::collections::BTreeSet;
use std::path::Path;

use visavis_signaling::dialects::{ALL, named};

#[test]
fn the_document_lists_every_dialect() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/dialects.md");
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().skip_while(|line| !line.starts_with("| `"));
    let rows: Vec<&str> = rows.take_while(|line| line.starts_with("| `")).collect();
    let entry = ALL
        .iter()
        .map(|entry| (entry.name, (entry.about)()))
        .map(|(name, about)| format!("| `{name}` | {} | {} |", about.title, about.room));
    assert_eq!(rows, entry.collect::<Vec<_>>(), "the table of docs/dialects.md follows from the list");
}

#[test]
fn names_are_unique_and_found() {
    let names: BTreeSet<_> = ALL.iter().map(|entry| entry.name).collect();
    assert_eq!(names.len(), ALL.len());
    assert!(names.iter().all(|name| named(name).is_some_and(|entry| entry.name == *name)));
    assert!(named("").is_none());
}
