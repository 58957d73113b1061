//! Every dialect follows its transcripts, and its transcripts show all that matters.

use std::collections::VecDeque;
use std::fs;
use std::path::Path;

use visavis_signaling::dialects::{ALL, Listed};

use crate::player::Player;
use crate::script::{files, steps};

/// The dialects of other people's servers. Ours has a suite of its own, which tells both ends.
pub(crate) fn foreign() -> impl Iterator<Item = &'static Listed> {
    ALL.iter().filter(|listed| listed.name != "visavis")
}

#[test]
fn every_dialect_follows_its_transcripts() {
    let write = std::env::var_os("VISAVIS_WRITE_TRANSCRIPTS").is_some();
    for listed in foreign() {
        for file in files(listed.name) {
            if write {
                rewrite(listed, &file);
            }
            follow(listed, &file);
        }
    }
}

fn follow(listed: &Listed, file: &Path) {
    let mut player = Player::new(listed);
    let mut due = VecDeque::new();
    for step in steps(&fs::read_to_string(file).unwrap()) {
        let place = format!("{}:{}", file.display(), step.number);
        if matches!(step.mark, '>' | '=') {
            assert_eq!(due.pop_front(), Some(format!("{} {}", step.mark, step.text)), "{place}");
            continue;
        }
        assert!(due.is_empty(), "{place}: before this there was also {due:?}");
        player.perform(&step);
        due = std::mem::take(&mut player.lines).into();
    }
    assert!(due.is_empty(), "{}: at the end there was also {due:?}", file.display());
}

/// Writes what the dialect really does into a transcript.
fn rewrite(listed: &Listed, file: &Path) {
    let mut player = Player::new(listed);
    let mut lines = Vec::new();
    for line in fs::read_to_string(file).unwrap().lines() {
        if line.starts_with(['>', '=']) {
            continue;
        }
        lines.push(line.to_owned());
        for step in steps(line) {
            player.perform(&step);
            lines.append(&mut player.lines);
        }
    }
    fs::write(file, lines.join("\n") + "\n").unwrap();
}

/// What the transcripts of every dialect must show, and the words by which it is told.
const SITUATIONS: [(&str, &[&str]); 10] = [
    ("joining", &["= joined"]),
    ("somebody entering", &["= enters"]),
    ("our offer", &["+ offer"]),
    ("our answer", &["+ answer"]),
    ("their offer", &["= offer"]),
    ("their answer", &["= answer"]),
    ("their candidates", &["= candidate"]),
    ("the end of ours", &["+ end"]),
    ("somebody leaving", &["= left"]),
    ("our leaving", &["+ leave"]),
];

#[test]
fn the_transcripts_show_all_that_matters() {
    for listed in foreign() {
        let texts: Vec<_> = files(listed.name).iter().map(|file| fs::read_to_string(file).unwrap()).collect();
        let shows = |words: &str| texts.iter().any(|text| text.lines().any(|line| line.starts_with(words)));
        for (situation, words) in SITUATIONS {
            assert!(words.iter().any(|words| shows(words)), "{}: nothing shows {situation}", listed.name);
        }
        assert!(shows("! closed"), "{}: nothing shows a reconnect", listed.name);
        let has_limit = texts.iter().any(|text| text.contains("= joined, for"));
        let refuses = shows("= rejected");
        // Servers that know no limit refuse nobody, and those that only relay do not even know how many there are.
        let relays = matches!(listed.name, "broadcast" | "join-room");
        assert!(!has_limit || refuses || relays, "{}: nothing shows a full room", listed.name);
    }
}
