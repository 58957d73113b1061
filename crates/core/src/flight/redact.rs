//! What is private is replaced before anybody sees it, everywhere by the same, so that equal things stay equal and a
//! replay takes the same turns.
//!
//! Replaced are: names of people and rooms, identities, sessions, tokens and other credentials (by the keys under which
//! JSON holds them, and then wherever they occur), ICE passwords, certificate fingerprints, IP addresses. What a server
//! says that is no JSON is left out. Ids of participants stay: they are
//! random, and who makes way for whom hangs on them.

use visavis_signaling::json::{self, Json};

/// Texts under these keys are private.
const PRIVATE: [&str; 21] = [
    "name",
    "username",
    "userName",
    "displayName",
    "nickname",
    "users",
    "room",
    "roomId",
    "roomName",
    "topics",
    "topic",
    "session",
    "page",
    "credential",
    "password",
    "token",
    "secret",
    "key",
    "auth",
    "authnMetadata",
    "text",
];
/// Texts under these keys are not.
const OPEN: [&str; 2] = ["type", "dialect"];
/// What stands in for a private text, with its number.
const STANDS_IN: &str = "redacted";
/// Where a password stands in a description (RFC 8839 section 5.4).
const PASSWORD: &str = "a=ice-pwd:";
/// Longest frame without JSON that may stay: the heartbeats of Socket.IO.
const MAX_PLAIN: usize = 6;

#[derive(Default)]
pub(super) struct Redactor {
    /// Private texts, addresses and fingerprints. What stands in for one is its number.
    names: Vec<String>,
}

impl Redactor {
    /// Something that is private wherever it occurs.
    pub(super) fn hide(&mut self, text: &str) {
        self.names.push(text.to_owned());
    }

    /// A line of the recorder without anything private. Its own words stay, whatever people are called.
    pub(super) fn line(&mut self, line: &str) -> String {
        let mut value = json::parse_any(line).unwrap_or(Json::Null);
        if let Json::List(parts) = &mut value {
            for part in parts {
                if let Json::Object(fields) = part {
                    fields.iter_mut().for_each(|(key, value)| self.value(key, value));
                }
            }
        }
        value.to_string()
    }

    fn value(&mut self, key: &str, value: &mut Json) {
        match value {
            Json::Text(text) => *text = self.text(key, text),
            Json::List(values) => values.iter_mut().for_each(|value| self.value(key, value)),
            Json::Object(fields) => {
                for (name, value) in fields.iter_mut() {
                    // What is private is so all the way down.
                    self.value(if is_private(key) { key } else { name }, value);
                    if let Some(known) = self.find(name) {
                        *name = known;
                    }
                }
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }

    fn text(&mut self, key: &str, text: &str) -> String {
        if is_private(key) && !text.is_empty() {
            return self.name(text);
        }
        // The words of a protocol stay, whatever people are called.
        if let Some(known) = self.find(text).filter(|_| !OPEN.contains(&key)) {
            return known;
        }
        // A frame, or JSON within a text: what stands in front is the type of a Socket.IO packet.
        let start = text.bytes().take_while(|byte| !matches!(byte, b'{' | b'[' | b'"')).count();
        if let Ok(mut inside) = json::parse_any(text.get(start..).unwrap_or_default()) {
            self.value("", &mut inside);
            return [text.get(..start).unwrap_or_default(), &inside.to_string()].concat();
        }
        if key == "frame" && text.len() > MAX_PLAIN { "(left out)".to_owned() } else { self.plain(text) }
    }

    /// What stands in for it, if it is known; also of a name with a number behind it, as servers make them (`tea-2`).
    fn find(&self, text: &str) -> Option<String> {
        self.names.iter().enumerate().find_map(|(number, name)| {
            let behind = text.strip_prefix(name.as_str()).filter(|_| !name.is_empty())?;
            let is_number = behind.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit());
            is_number.then(|| [STANDS_IN, &number.to_string(), behind].concat())
        })
    }

    fn name(&mut self, text: &str) -> String {
        self.find(text).unwrap_or_else(|| {
            self.hide(text);
            [STANDS_IN, &(self.names.len() - 1).to_string()].concat()
        })
    }

    /// A description, a candidate, or a few words.
    fn plain(&mut self, text: &str) -> String {
        let mut out = String::new();
        for part in text.split_inclusive(|c: char| c.is_ascii_whitespace()) {
            let word = part.trim_ascii_end();
            if let Some(password) = word.strip_prefix(PASSWORD) {
                out.push_str(PASSWORD);
                out.push_str(&self.name(password));
                out.push_str(part.get(word.len()..).unwrap_or_default());
            } else if is_address(word) {
                // What stands in front may be the scheme of a URL.
                let start = word.bytes().take_while(|byte| !byte.is_ascii_hexdigit()).count();
                out.push_str(word.get(..start).unwrap_or_default());
                out.push_str(&self.name(word.get(start..).unwrap_or_default()));
                out.push_str(part.get(word.len()..).unwrap_or_default());
            } else {
                out.push_str(part);
            }
        }
        out
    }
}

fn is_private(key: &str) -> bool {
    PRIVATE.contains(&key)
}

/// Whether it is an address or a fingerprint, or holds one: digits with dots or colons between them.
fn is_address(word: &str) -> bool {
    let (mut colons, mut dots, mut digits) = (0, 0, 0);
    for byte in word.bytes() {
        match byte {
            b':' => colons += 1,
            b'.' => dots += 1,
            b'0'..=b'9' => digits += 1,
            _ => {}
        }
    }
    (colons > 1 || dots > 2) && digits > 0
}
