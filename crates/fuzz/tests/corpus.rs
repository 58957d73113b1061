//! Everything that fuzzers have found worth keeping, run once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use visavis_fuzz::TARGETS;

/// Small, because everybody who clones the repository has it.
const MAX_CORPUS_BYTES: usize = 320_000;

fn files(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn nothing_in_the_corpus_breaks_anything() {
    let mut total = 0;
    for (target, run) in TARGETS {
        let files = files(target);
        assert!(!files.is_empty(), "{target} has no corpus");
        for file in files {
            // Shown if it panics.
            println!("{}", file.display());
            let bytes = fs::read(&file).unwrap();
            total += bytes.len();
            run(&bytes);
        }
    }
    assert!(total < MAX_CORPUS_BYTES, "the corpus has {total} bytes");
}

#[test]
fn half_of_anything_breaks_nothing_either() {
    for (target, run) in TARGETS {
        for file in files(target) {
            println!("{}", file.display());
            let bytes = fs::read(&file).unwrap();
            run(&bytes[..bytes.len() / 2]);
            run(&bytes[bytes.len() / 3..]);
        }
    }
}
