//! Names: of rooms nobody has thought of yet, and of the person, remembered.

use js_sys::Math;
use web_sys::Storage;

const STORAGE_KEY: &str = "visavis.name";

const ADJECTIVES: [&str; 32] = [
    "amber", "bold", "brave", "bright", "calm", "clever", "cosy", "early", "fair", "fond", "fresh", "gentle",
    "glad", "golden", "happy", "jolly", "keen", "kind", "lucky", "mellow", "merry", "misty", "noble",
    "quick", "quiet", "silver", "smart", "snowy", "sunny", "swift", "warm", "witty",
];

const ANIMALS: [&str; 32] = [
    "badger", "bear", "beaver", "crane", "deer", "dolphin", "finch", "fox", "gecko", "hare", "hedgehog",
    "heron", "ibex", "jay", "koala", "lark", "lemur", "lynx", "magpie", "marten", "mole", "otter", "owl",
    "panda", "puffin", "raven", "robin", "seal", "stork", "swan", "whale", "wren",
];

/// A friendly name for a room, such as `quiet-otter-4271`. Nine million of them: nobody stumbles into a stranger's
/// room, though it is no secret either.
pub(super) fn propose_room() -> String {
    format!("{}-{}-{}", pick(&ADJECTIVES), pick(&ANIMALS), 1000 + below(9000))
}

fn pick(words: &[&'static str; 32]) -> &'static str {
    words.get(below(32)).copied().unwrap_or_default()
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn below(end: u32) -> usize {
    (Math::random() * f64::from(end)) as usize
}

/// One or two characters that stand for a person without a picture. The stylesheet makes them capitals: the tables for
/// that are in the browser already.
pub(super) fn initials(name: &str) -> String {
    let mut words =
        name.split_whitespace().filter_map(|word| word.chars().find(|c| !c.is_ascii_punctuation()));
    let first = words.next();
    first.into_iter().chain(words.next_back()).collect()
}

/// A colour (a hue in degrees) that goes with a name, the same everywhere.
pub(super) fn hue(name: &str) -> u32 {
    name.bytes().fold(7, |sum: u32, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % 360
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

/// Throws when cookies are blocked, and in sandboxed frames.
pub(super) fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}
