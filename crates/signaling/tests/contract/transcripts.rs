//! Every dialect follows its transcripts, and its transcripts show all that matters.

use std::collections::VecDeque;
use std::fs;
use std::path::Path;
use std::rc::Rc;

use visavis_signaling::dialects::{ALL, DialectEntry, Mapping, named};

use crate::player::Player;
use crate::script::{files, steps};

/// A dialect and, for the one that follows a file, the file.
pub(crate) struct Case {
    /// The name of its folder of transcripts. A file that speaks the words of a listed dialect has the same.
    pub(crate) name: String,
    pub(crate) entry: &'static DialectEntry,
    pub(crate) mapping: Option<Rc<Mapping>>,
}

/// The examples of `docs/mapping.md`, and what they do not show, by name.
pub(crate) fn mappings() -> Vec<(String, String)> {
    let folders = ["../../docs/mapping", "tests/mappings"];
    let folders = folders.map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    let entries = folders.into_iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    files.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

fn parse(name: &str, text: &str) -> Mapping {
    Mapping::parse(text).unwrap_or_else(|error| panic!("{name}.json: {}", error.in_text(text)))
}

fn cases_of(entry: &'static DialectEntry) -> Vec<Case> {
    if entry.name != "mapping" {
        return vec![Case { name: entry.name.to_owned(), entry, mapping: None }];
    }
    let case = |(name, text): (String, String)| Case {
        name: if named(&name).is_some() { name.clone() } else { format!("mapping/{name}") },
        entry,
        mapping: Some(Rc::new(parse(&name, &text))),
    };
    mappings().into_iter().map(case).collect()
}

/// The dialect of the Visavis server, which has a suite of its own (`wire`) for both ends.
pub(crate) fn visavis() -> Vec<Case> {
    ALL.iter().filter(|entry| entry.name == "visavis").flat_map(cases_of).collect()
}

/// The dialects of other servers.
pub(crate) fn foreign() -> Vec<Case> {
    ALL.iter().filter(|entry| entry.name != "visavis").flat_map(cases_of).collect()
}

#[test]
fn every_dialect_follows_its_transcripts() {
    let write = std::env::var_os("VISAVIS_WRITE_TRANSCRIPTS").is_some();
    for case in foreign() {
        for file in files(&case.name) {
            if write {
                rewrite(&case, &file);
            }
            replay(&case, &file);
        }
    }
}

fn replay(case: &Case, file: &Path) {
    let mut player = Player::new(case);
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
fn rewrite(case: &Case, file: &Path) {
    let mut player = Player::new(case);
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

/// What the transcripts of every dialect must show, and the lines that show it.
const SITUATIONS: [(&str, &[&str]); 10] = [
    ("joining", &["= joined"]),
    ("somebody entering", &["= enters"]),
    ("our offer", &["+ offer"]),
    ("our answer", &["+ answer"]),
    ("their offer", &["= offer"]),
    ("their answer", &["= answer"]),
    ("their candidates", &["= candidate"]),
    ("the end of our candidates", &["+ end"]),
    ("somebody leaving", &["= left"]),
    ("our leaving", &["+ leave"]),
];

#[test]
fn the_transcripts_show_all_that_matters() {
    for case in foreign() {
        let texts: Vec<_> = files(&case.name).iter().map(|file| fs::read_to_string(file).unwrap()).collect();
        let shows = |words: &str| texts.iter().any(|text| text.lines().any(|line| line.starts_with(words)));
        for (situation, words) in SITUATIONS {
            assert!(words.iter().any(|words| shows(words)), "{}: nothing shows {situation}", case.name);
        }
        assert!(shows("! closed"), "{}: nothing shows a reconnect", case.name);
        let has_limit = texts.iter().any(|text| text.contains("= joined, for"));
        let refuses = shows("= rejected");
        // Servers that know no limit refuse nobody, and those that only relay do not even know how many there are.
        let relays = matches!(case.name.as_str(), "broadcast" | "join-room");
        assert!(!has_limit || refuses || relays, "{}: nothing shows a full room", case.name);
    }
}
