//! Files that nobody should write: whatever stands in them, they are refused with a line, or do no harm.

use std::rc::Rc;

use visavis_signaling::DialectInput;
use visavis_signaling::dialects::{Mapping, named};

use crate::mutate::{Random, mutate};
use crate::player::Player;
use crate::script::{files, server_frames, steps};
use crate::transcripts::{Case, foreign, mappings};

const ROUNDS: usize = 3_000;
const PIECES: [&str; 16] = [
    "{me}", "{id}", "{from}", "{any}", "{json}", "{peers}", "{signal}", "{name?}", "[]", "[[", "{}", "null",
    "\"\"", "\"{\"", ":", ",",
];

/// The line that an error names.
fn line_of(error: &str) -> Option<usize> {
    let at = error.find("line ")? + "line ".len();
    error[at..].split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[test]
fn a_file_that_is_nearly_right_is_refused_by_line_or_does_no_harm() {
    let mut random = Random(11);
    let texts = mappings();
    for round in 0..ROUNDS {
        let (name, text) = &texts[round % texts.len()];
        let file = mutate(text, &PIECES, &mut random);
        match Mapping::parse(&file) {
            Ok(mapping) => play(name, mapping),
            Err(error) => {
                let told = error.in_text(&file);
                let known = line_of(&told).is_some_and(|line| line <= file.lines().count() + 1);
                // What has no name is not named.
                let nameless = told == "must be an object" || told.starts_with("is not known here");
                assert!(known || nameless, "{told}\n{file}");
            }
        }
    }
}

/// Plays what the server of the right file says.
fn play(name: &str, mapping: Mapping) {
    let folder = foreign().into_iter().find(|case| case.name.ends_with(name)).unwrap().name;
    let entry = named("mapping").unwrap();
    let mut player = Player::new(&Case { name: folder.clone(), entry, mapping: Some(Rc::new(mapping)) });
    let text = std::fs::read_to_string(&files(&folder)[0]).unwrap();
    let inputs = steps(&text).into_iter().filter(|step| !matches!(step.mark, '>' | '='));
    inputs.for_each(|step| player.perform(&step));
    for frame in server_frames(&folder) {
        player.input(DialectInput::Frame(frame));
        assert!(player.lines.len() < 1000, "{name}");
        player.lines.clear();
    }
}
