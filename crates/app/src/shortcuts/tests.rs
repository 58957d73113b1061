use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// Every markup of the page.
fn markup(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            markup(&path, found);
        } else if path.extension().is_some_and(|end| end == "html") {
            found.push(path);
        }
    }
}

/// The keys that buttons have in their `aria-keyshortcuts`.
fn keys_of_buttons() -> Vec<String> {
    let mut files = Vec::new();
    markup(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../src/ui"), &mut files);
    let texts: Vec<String> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let attributes = texts.iter().flat_map(|text| text.split("aria-keyshortcuts=\"").skip(1));
    let mut keys: Vec<String> =
        attributes.map(|rest| rest.split('"').next().unwrap_or_default().to_owned()).collect();
    keys.sort();
    keys
}

#[test]
fn every_button_with_a_key_is_in_the_table() {
    let keys = keys_of_buttons();
    let has_button = |shortcut: &Shortcut| match shortcut {
        Shortcut::Microphone
        | Shortcut::Camera
        | Shortcut::Screen
        | Shortcut::Chat
        | Shortcut::Hand
        | Shortcut::Layout
        | Shortcut::Fullscreen
        | Shortcut::PreviousPage
        | Shortcut::NextPage
        | Shortcut::ZoomIn
        | Shortcut::ZoomOut => true,
        Shortcut::Sheet
        | Shortcut::PushToTalk
        | Shortcut::Close
        | Shortcut::WholePicture
        | Shortcut::MoveOwnPicture
        | Shortcut::SendMessage
        | Shortcut::NewLine => false,
    };
    let mut known: Vec<&str> = Shortcut::ALL.into_iter().filter(has_button).map(Shortcut::key).collect();
    known.sort_unstable();
    assert_eq!(keys, known);
}

#[test]
fn each_is_listed_once_and_no_key_means_two_things_in_one_place() {
    for (at, one) in Shortcut::ALL.iter().enumerate() {
        for other in &Shortcut::ALL[at + 1..] {
            assert_ne!(one, other);
            let same_key = one.keys().iter().any(|key| other.has_key(key));
            assert!(!same_key || one.needs_shift() != other.needs_shift(), "{one:?} and {other:?}");
        }
    }
}

#[test]
fn those_of_a_place_stand_together() {
    let mut places: Vec<Place> = Shortcut::ALL.into_iter().map(Shortcut::place).collect();
    places.dedup();
    assert_eq!(places, Place::ALL);
}
