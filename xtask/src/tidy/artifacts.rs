//! What programs leave behind where they happen to stand.

use super::Findings;
use std::path::{Path, PathBuf};

/// How libFuzzer names what it has found; a hash follows.
const FOUND: [&str; 5] = ["crash-", "leak-", "oom-", "timeout-", "slow-unit-"];

/// Inputs that a fuzzer has left somewhere. One that is worth keeping belongs into the corpus, under its hash.
pub(super) fn check(files: &[PathBuf]) -> Findings {
    let left = files.iter().filter(|file| is_left_behind(file));
    left.map(|file| format!("{}: left behind by a fuzzer", file.display())).collect()
}

fn is_left_behind(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let is_hash = |text: &str| text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    // Ours come with the name of their target.
    let hash = name.rsplit_once('-').map(|(_, hash)| hash).filter(|hash| is_hash(hash));
    hash.is_some_and(|hash| FOUND.iter().any(|found| name.trim_end_matches(hash).ends_with(found)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_fuzzers_leave_is_found() {
        let hash = "48bcd62bb62914edfd4d2eb9582264e998f94469";
        for (name, found) in [
            (format!("crash-{hash}"), true),
            (format!("deep/down/decoders-slow-unit-{hash}"), true),
            (format!("fuzz/corpus/decoders/{hash}"), false),
            ("src/crash-report.rs".to_owned(), false),
        ] {
            assert_eq!(is_left_behind(Path::new(&name)), found, "{name}");
        }
    }
}
