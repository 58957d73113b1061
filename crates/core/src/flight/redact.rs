//! What is private is replaced before anybody sees it, everywhere by the same, so that equal things stay equal and a
//! replay takes the same turns.
//!
//! Replaced are: names of people and rooms, identities, sessions, tokens and other credentials (by the keys under which
//! JSON holds them, and then wherever they occur, in keys and within other texts as well), ICE passwords, certificate
//! fingerprints, IP addresses. All is looked at as it reads once JSON is undone, also JSON within texts; what cannot be
//! read like that is left out: a server's words that are no JSON, and texts that still hold escapes. Ids of participants
//! stay: they are random, and who makes way for whom hangs on them.
//!
//! This is against accidents. A server that wants to give away what it knows needs no report for it.

use visavis_signaling::json::{self, Json};

use super::MAPPING;

/// Texts are secret if their key holds one of these, in any spelling (`authToken`, `api_key`).
pub const SECRET_KEYS: [&str; 7] = ["identity", "credential", "passw", "secret", "token", "auth", "key"];
/// Texts under these keys are names of people and rooms or say who is meant, in any spelling (`user_name`).
const NAMES: [&str; 16] = [
    "name",
    "username",
    "displayname",
    "peername",
    "nickname",
    "nick",
    "users",
    "room",
    "roomid",
    "roomname",
    "topics",
    "topic",
    "session",
    "sessionid",
    "page",
    "text",
];
/// Texts under these keys are words of a protocol, whatever people are called.
const OPEN: [&str; 5] = ["type", "dialect", "fallback", "namespace", "ice"];
/// What stands in for a private text, with its number.
const STANDS_IN: &str = "redacted";
/// What stands for a text that cannot be read.
const LEFT_OUT: &str = "(left out)";
/// Where passwords and keys stand in a description (RFC 8839 section 5.4, RFC 4568).
const PASSWORDS: [&str; 2] = ["a=ice-pwd:", "inline:"];
/// Longest frame without JSON that may stay: the heartbeats of Socket.IO.
const MAX_PLAIN: usize = 6;
/// Most private texts that are looked for within others; all are where they stand alone.
const MAX_WITHIN: usize = 64;
/// Shorter secrets, and shorter names, are too common to be looked for within other texts.
const SECRET_WITHIN: usize = 8;
const NAME_WITHIN: usize = 3;

/// A private text that is looked for within others.
struct Within {
    number: usize,
    /// Nothing may stand before and behind it, so that Ann does not hide in `cannot`.
    apart: bool,
}

#[derive(Default)]
pub(super) struct Redactor {
    /// Private texts, addresses and fingerprints. What stands in for one is its number.
    names: Vec<String>,
    within: Vec<Within>,
    /// What of our identity everybody may see.
    pub(super) open: String,
    /// Words of the protocol, if a description of the server tells them: they stay, whatever people are called.
    words: Vec<String>,
}

impl Redactor {
    /// Something that is private wherever it occurs.
    pub(super) fn hide(&mut self, text: &str) {
        self.look_for(text, SECRET_WITHIN, false);
        self.names.push(text.to_owned());
    }

    fn look_for(&mut self, text: &str, least: usize, apart: bool) {
        if text.len() >= least && self.within.len() < MAX_WITHIN {
            self.within.push(Within { number: self.names.len(), apart });
        }
    }

    /// A line of the recorder without anything private. Its own words stay, whatever people are called.
    pub(super) fn line(&mut self, line: &str) -> String {
        let mut value = json::parse_any(line).unwrap_or(Json::Null);
        if let Json::List(parts) = &mut value {
            for part in parts {
                if let Json::Object(fields) = part {
                    fields.iter_mut().for_each(|(key, value)| match value.as_text() {
                        Some(text) if key == MAPPING => {
                            json::parse(text).iter().for_each(|file| texts(file, &mut self.words));
                        }
                        _ => self.value(key, value),
                    });
                }
            }
        }
        value.to_string()
    }

    fn value(&mut self, key: &str, value: &mut Json) {
        match value {
            Json::Text(text) => *text = self.text(key, text),
            Json::List(values) => values.iter_mut().for_each(|value| self.value(key, value)),
            Json::Object(fields) => fields.iter_mut().for_each(|(name, value)| self.field(key, name, value)),
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }

    /// One field of an object that stands under `key`.
    fn field(&mut self, key: &str, name: &mut String, value: &mut Json) {
        let private = is_private(name);
        if let Json::Number(digits) = value
            && private
        {
            *digits = "0".to_owned();
        }
        // What is private is so all the way down.
        self.value(if is_private(key) { key } else { name }, value);
        // A room that is called "room" does not make the word private.
        let ours =
            NAMES.contains(&name.as_str()) || SECRET_KEYS.contains(&name.as_str()) || self.is_word(name);
        if name.contains('\\') {
            *name = LEFT_OUT.to_owned();
        } else if !ours {
            *name = self.find(name).unwrap_or_else(|| self.without(name, true));
        }
    }

    fn is_word(&self, text: &str) -> bool {
        self.words.iter().any(|word| word == text)
    }

    fn text(&mut self, key: &str, text: &str) -> String {
        if self.is_word(text) {
            return text.to_owned();
        }
        if is_private(key) && !text.is_empty() {
            return self.name(key, text);
        }
        let open = OPEN.contains(&key);
        if let Some(known) = self.find(text).filter(|_| !open) {
            return known;
        }
        // A frame, or JSON within a text: what stands in front is the type of a Socket.IO packet.
        let start = text.bytes().take_while(|byte| !matches!(byte, b'{' | b'[' | b'"')).count();
        let (front, rest) = text.split_at_checked(start).unwrap_or_default();
        if let Ok(mut inside) = json::parse_any(rest) {
            self.value("", &mut inside);
            return [&self.front(key, front), &*inside.to_string()].concat();
        }
        let readable = match key {
            "frame" => text.len() <= MAX_PLAIN,
            "body" => return greeting(text),
            _ => is_readable(text),
        };
        if readable { self.plain(text, !open) } else { LEFT_OUT.to_owned() }
    }

    /// What stands in front of JSON.
    fn front(&mut self, key: &str, front: &str) -> String {
        let rest = front.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-' || c == ':');
        if rest.is_empty() || (key == "frame" && rest.starts_with('/')) {
            self.without(front, false)
        } else if key != "frame" && is_readable(front) {
            self.plain(front, true)
        } else {
            LEFT_OUT.to_owned()
        }
    }

    /// What stands in for it, if it is known; also of a name with a number behind it, as servers make them (`tea-2`).
    fn find(&self, text: &str) -> Option<String> {
        self.names.iter().enumerate().find_map(|(number, name)| {
            let behind = text.strip_prefix(name.as_str()).filter(|_| !name.is_empty())?;
            let is_number = behind.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit());
            (is_number || behind == self.open).then(|| [STANDS_IN, &number.to_string(), behind].concat())
        })
    }

    fn name(&mut self, key: &str, text: &str) -> String {
        self.find(text).unwrap_or_else(|| {
            let apart = !is_secret(&spelled(key));
            self.look_for(text, if apart { NAME_WITHIN } else { SECRET_WITHIN }, apart);
            self.number(text)
        })
    }

    /// Something new that is looked for only where it stands alone, like an address.
    fn number(&mut self, text: &str) -> String {
        self.names.push(text.to_owned());
        [STANDS_IN, &(self.names.len() - 1).to_string()].concat()
    }

    /// The text without the secrets that it holds, and without names if there may be any.
    fn without(&self, text: &str, names: bool) -> String {
        let (mut out, mut rest, mut apart) = (String::new(), text.chars(), true);
        loop {
            let found = self.starts(rest.as_str(), names && apart);
            if let Some((number, behind)) = found {
                out.push_str(STANDS_IN);
                out.push_str(&number.to_string());
                (rest, apart) = (behind.chars(), false);
                continue;
            }
            let Some(next) = rest.next() else { return out };
            apart = !is_letter(next);
            out.push(next);
        }
    }

    /// The longest private text that this one begins with, and what is behind it.
    fn starts<'a>(&self, text: &'a str, names: bool) -> Option<(usize, &'a str)> {
        let found = self.within.iter().filter_map(|Within { number, apart }| {
            let behind = text.strip_prefix(self.names.get(*number)?.as_str())?;
            let ends = names && !behind.chars().next().is_some_and(is_letter);
            (!apart || ends).then_some((*number, behind))
        });
        found.min_by_key(|(_, behind)| behind.len())
    }

    /// A description, a candidate, or a few words.
    fn plain(&mut self, text: &str, names: bool) -> String {
        let mut out = String::new();
        for part in text.split_inclusive(|c: char| c.is_ascii_whitespace()) {
            let word = part.trim_ascii_end();
            let (front, private) = split(word);
            out.push_str(front);
            if !private.is_empty() {
                out.push_str(&self.find(private).unwrap_or_else(|| self.number(private)));
            }
            out.push_str(part.get(word.len()..).unwrap_or_default());
        }
        // In a description a name would be a coincidence.
        self.without(&out, names && !is_description(text))
    }
}

/// A word, and what is private at its end: a password, an address, what a URL asks.
fn split(word: &str) -> (&str, &str) {
    // Nothing that could panic: its message would cost a page kilobytes.
    let at = if let Some(password) = PASSWORDS.iter().find(|password| word.starts_with(**password)) {
        password.len()
    } else if is_address(word) {
        // What stands in front may be the scheme of a URL.
        word.bytes().take_while(|byte| !byte.is_ascii_hexdigit()).count()
    } else if let Some((front, _)) = word.split_once('=').filter(|(key, _)| is_private(key)) {
        front.len() + 1
    } else if let Some((front, _)) = word.split_once('?') {
        front.len() + 1
    } else {
        word.len()
    };
    word.split_at_checked(at).unwrap_or(("", word))
}

/// Whether a text that is no JSON can be seen through: it holds no escapes, and no piece of JSON that is broken off.
/// Firefox has braces in its descriptions.
fn is_readable(text: &str) -> bool {
    !text.contains('\\') && (is_description(text) || !text.contains('{'))
}

/// Whether it is a description, a line of one, or a candidate.
fn is_description(text: &str) -> bool {
    ["v=", "a=", "candidate:"].iter().any(|begin| text.starts_with(begin))
}

/// What tells the server in an HTTP answer that is no JSON. It may be cut anywhere, and holds a session.
fn greeting(text: &str) -> String {
    let known = "Welcome to socket.io";
    let session = text.split_once('"').is_some_and(|(_, rest)| rest.starts_with("sid"));
    let greeting = if text.starts_with(known) { known } else { LEFT_OUT };
    if session { "\"sid".to_owned() } else { greeting.to_owned() }
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || !c.is_ascii()
}

/// All texts in a value, keys too.
fn texts(value: &Json, out: &mut Vec<String>) {
    match value {
        Json::Text(text) => out.push(text.clone()),
        Json::List(values) => values.iter().for_each(|value| texts(value, out)),
        Json::Object(fields) => {
            out.extend(fields.keys().map(str::to_owned));
            fields.keys().filter_map(|key| fields.get(key)).for_each(|value| texts(value, out));
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

fn is_private(key: &str) -> bool {
    let key = spelled(key);
    NAMES.contains(&key.as_str()) || is_secret(&key)
}

/// A key as our lists spell it.
fn spelled(key: &str) -> String {
    key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn is_secret(key: &str) -> bool {
    let holds = |part: &str| key.as_bytes().windows(part.len()).any(|window| window == part.as_bytes());
    SECRET_KEYS.iter().any(|part| holds(part))
}

/// Whether it is an address or a fingerprint, or holds one: digits with dots or colons between them.
fn is_address(word: &str) -> bool {
    let (mut colons, mut dots, mut digits, mut others) = (0, 0, 0, 0);
    for byte in word.bytes() {
        match byte {
            b':' => colons += 1,
            b'.' => dots += 1,
            b'0'..=b'9' => digits += 1,
            b'a'..=b'f' | b'A'..=b'F' | b'[' | b']' => {}
            _ => others += 1,
        }
    }
    (colons > 1 && others == 0) || ((colons > 1 || dots > 2) && digits > 0)
}
