//! Names: of rooms nobody has thought of yet, and of the person, remembered.

use visavis_app::generate_room_name as generate;
use visavis_app::stored_data::StoredData;
use visavis_core::RoomView;
use web_sys::Storage;

use super::text;
use crate::dom::random_bytes;

const STORAGE_KEY: &str = StoredData::Name.key();

/// A name for a room that nobody can guess. Empty in browsers without `crypto`, which cannot call either.
pub(super) fn generate_room_name() -> String {
    random_bytes().map(|random| generate(&random)).unwrap_or_default()
}

/// One or two characters that stand for a person without a picture. The stylesheet makes them capitals: the tables for
/// that are in the browser already.
pub(super) fn initials(name: &str) -> String {
    let mut words =
        name.split_whitespace().filter_map(|word| word.chars().find(|c| !c.is_ascii_punctuation()));
    let first = words.next();
    first.into_iter().chain(words.reduce(|_, last| last)).collect()
}

/// A colour (a hue in degrees) that goes with a name, the same everywhere.
pub(super) fn hue(name: &str) -> u32 {
    name.bytes().fold(7, |sum: u32, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % 360
}

/// What to call each of the others, so that no two people look the same: whoever has our name, or that of somebody before
/// them, gets a number.
pub(super) fn distinct(view: &RoomView) -> Vec<String> {
    let others = view.participants.iter().map(|them| &them.name);
    let names: Vec<&str> = [&view.me.name].into_iter().chain(others).map(|name| text::name(name)).collect();
    let numbered = |at: usize| match names.iter().take(at).filter(|before| **before == names[at]).count() {
        0 => names[at].to_owned(),
        before => [names[at], " (", &(before + 1).to_string(), ")"].concat(),
    };
    (1..names.len()).map(numbered).collect()
}

/// The name the person went by last time.
pub(super) fn remembered() -> String {
    storage().and_then(|storage| storage.get_item(STORAGE_KEY).ok().flatten()).unwrap_or_default()
}

/// Remembers the person's name, if the browser lets us.
pub(super) fn remember(name: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(STORAGE_KEY, name);
    }
}

/// Whether anything was kept under this key.
pub(super) fn is_remembered(key: &str) -> bool {
    let kept = storage().and_then(|storage| storage.get_item(key).ok().flatten());
    kept.is_some_and(|kept| !kept.is_empty())
}

/// Throws when cookies are blocked, and in sandboxed frames.
pub(super) fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}
