//! How people call a room and what the VideoRoom plugin calls it, and who we are there.
//!
//! The plugin names rooms and participants with numbers, or with texts if `string_ids` is set in its configuration, and
//! nothing says which before it refuses one (error 430, before it looks at anything else). Numbers are its default, and
//! what its own demo uses, so a number comes first: a name that is one already is that number (`1234`, the room of the
//! demo), and any other name becomes its hash, the same for everybody who types it, capitals or not, because telephones
//! begin a text with one. A server that wants texts gets the name as it was typed.

use crate::json::Json;

/// The largest number that a client in JavaScript can hold exactly.
const MAX_NUMBER: u64 = (1 << 53) - 1;

/// What the plugin takes as an id (`string_ids`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum IdType {
    /// A positive integer.
    #[default]
    Number,
    /// A text.
    Text,
}

impl IdType {
    /// The other one.
    pub(super) fn other(self) -> Self {
        match self {
            Self::Number => Self::Text,
            Self::Text => Self::Number,
        }
    }

    /// What the plugin calls the room of this name.
    pub(super) fn room(self, name: &str) -> Json {
        match self {
            Self::Text => Json::text(name),
            Self::Number if is_number(name) => Json::Number(name.to_owned()),
            Self::Number => hash_number(&[&name.to_ascii_lowercase()]),
        }
    }

    /// An id of our own. It follows from `identity`, so that the others know us again when the server has forgotten
    /// everybody; the next `attempt` gives another one, because the one before is still taken.
    pub(super) fn participant(self, identity: &str, attempt: u32) -> Json {
        let number = hash_number(&[identity, &attempt.to_string()]);
        match self {
            Self::Text => Json::Text(number.to_string()),
            Self::Number => number,
        }
    }
}

/// Whether a name is written as the plugin would write a room's number.
fn is_number(name: &str) -> bool {
    let digits = name.bytes().all(|byte| byte.is_ascii_digit()) && !name.starts_with('0');
    digits && name.parse().is_ok_and(|number: u64| number <= MAX_NUMBER)
}

/// FNV-1a with 64 bits, of which the low 53 are kept.
fn hash_number(texts: &[&str]) -> Json {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in texts.iter().flat_map(|text| text.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    Json::Number((hash & MAX_NUMBER).max(1).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_a_number_is_that_number() {
        for name in ["1234", "1", "9007199254740991"] {
            assert_eq!(IdType::Number.room(name), Json::Number(name.into()));
        }
        for name in ["", "0", "0123", "-1", "1e3", "9007199254740992", "99999999999999999999", "tea"] {
            let Json::Number(number) = IdType::Number.room(name) else { panic!("{name}") };
            assert_ne!(number, name);
            assert!(is_number(&number), "{name}: {number}");
        }
    }

    #[test]
    fn a_name_is_always_the_same_room() {
        // Others may compute it too, so it stays what it is.
        assert_eq!(IdType::Number.room("tea"), IdType::Number.room("Tea"));
        assert_eq!(IdType::Number.room("tea").to_string(), "1347010264523337");
        assert_eq!(IdType::Text.room("Tea"), Json::text("Tea"));
    }

    #[test]
    fn an_id_that_is_taken_has_a_next_one() {
        let ids = [0, 1, 2].map(|attempt| IdType::Number.participant("0123", attempt));
        assert_eq!(ids[0], IdType::Number.participant("0123", 0));
        assert_ne!(ids[0], ids[1]);
        assert_ne!(ids[1], ids[2]);
        assert_eq!(IdType::Text.participant("0123", 0), Json::Text(ids[0].to_string()));
    }
}
