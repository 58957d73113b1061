//! What is private is replaced before anybody sees it, everywhere by the same, so that equal things stay equal and a
//! replay takes the same turns.
//!
//! Replaced are: names of people and rooms, identities, sessions, tokens and other credentials (by the keys under which
//! JSON holds them, and then wherever they occur), ICE passwords, certificate fingerprints, IP addresses. What a server
//! says that is no JSON is left out. Ids of participants stay: they are random, and who makes way for whom hangs on them.

use visavis_signaling::json::{self, Fields, Json};

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
/// Longest frame without JSON that may stay: the heartbeats of Socket.IO.
const MAX_PLAIN: usize = 6;

pub(super) struct Redactor {
    /// What was, and what stands in for it.
    known: Vec<(String, String)>,
}

impl Redactor {
    /// The identity is known from the beginning: some servers see one half of it, some the other. Their first letters
    /// stay, because ids are compared.
    pub(super) fn new(identity: &str) -> Self {
        let (one, other) = identity.split_at_checked(identity.len() / 2).unwrap_or((identity, ""));
        let [first, second] = [(one, "0"), (other, "1")].map(|(half, filler)| {
            let letters: String = half.chars().take(4).collect();
            [&letters, filler.repeat(half.len().saturating_sub(4)).as_str()].concat()
        });
        let whole = (identity.to_owned(), [first.as_str(), &second].concat());
        Self { known: vec![whole, (one.to_owned(), first), (other.to_owned(), second)] }
    }

    /// A line without anything private.
    pub(super) fn line(&mut self, line: &str) -> String {
        json::parse_any(line).map(|value| self.value("", value).to_string()).unwrap_or_default()
    }

    fn value(&mut self, key: &str, value: Json) -> Json {
        match value {
            Json::Text(text) => Json::Text(self.text(key, &text)),
            Json::List(values) => {
                Json::List(values.into_iter().map(|value| self.value(key, value)).collect())
            }
            Json::Object(fields) => {
                let mut kept = Fields::default();
                for (name, value) in fields.into_pairs() {
                    // What is private is so all the way down.
                    let inner = if PRIVATE.contains(&key) { key } else { name.as_str() };
                    let value = self.value(inner, value);
                    let name = self.find(&name).unwrap_or(name);
                    kept.put(&name, value);
                }
                kept.into()
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => value,
        }
    }

    fn text(&mut self, key: &str, text: &str) -> String {
        if let Some(known) = self.find(text) {
            return known;
        }
        if PRIVATE.contains(&key) && !text.is_empty() {
            return self.stand_in(text, |n| ["redacted", &n.to_string()].concat());
        }
        // A frame, or JSON within a text: what stands in front is the type of a Socket.IO packet.
        let start = text.chars().take_while(|c| !matches!(c, '{' | '[' | '"')).map(char::len_utf8).sum();
        let (before, inside) = text.split_at(start);
        match json::parse_any(inside) {
            Ok(value @ (Json::List(_) | Json::Object(_) | Json::Text(_))) => {
                [before, &self.value("", value).to_string()].concat()
            }
            Ok(Json::Null | Json::Bool(_) | Json::Number(_)) | Err(_)
                if key == "frame" && text.len() > MAX_PLAIN =>
            {
                "(left out)".to_owned()
            }
            Ok(Json::Null | Json::Bool(_) | Json::Number(_)) | Err(_) => self.plain(text),
        }
    }

    /// What stands in for it, if it is known; also of a name with something behind it, as servers make them (`tea-2`).
    fn find(&self, text: &str) -> Option<String> {
        let stands_in = |(was, is): &(String, String)| {
            let behind = text.strip_prefix(was.as_str())?;
            (!was.is_empty() && (behind.is_empty() || behind.starts_with('-'))).then(|| [is, behind].concat())
        };
        self.known.iter().find_map(stands_in)
    }

    fn stand_in(&mut self, text: &str, make: impl FnOnce(usize) -> String) -> String {
        if let Some((_, known)) = self.known.iter().find(|(was, _)| was == text) {
            return known.clone();
        }
        let made = make(self.known.len());
        self.known.push((text.to_owned(), made.clone()));
        made
    }

    /// A description, a candidate, or a few words.
    fn plain(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            if let Some(password) = line.strip_prefix("a=ice-pwd:") {
                let end = password.trim_end();
                out.push_str("a=ice-pwd:");
                out.push_str(&self.stand_in(end, |n| ["redacted", &n.to_string()].concat()));
                out.push_str(password.get(end.len()..).unwrap_or_default());
            } else {
                self.addresses(line, &mut out);
            }
        }
        out
    }

    /// Addresses and fingerprints are runs of digits with dots or colons between them.
    fn addresses(&mut self, line: &str, out: &mut String) {
        let is_part = |c: char| c.is_ascii_hexdigit() || matches!(c, '.' | ':');
        let mut rest = line;
        while let Some(start) = rest.find(is_part) {
            let (before, run) = rest.split_at(start);
            let (run, after) = run.split_at(run.find(|c| !is_part(c)).unwrap_or(run.len()));
            out.push_str(before);
            if run.split(':').count() > 2 && !run.contains('.') {
                out.push_str(&self.stand_in(run, |n| hidden(run, n)));
            } else {
                for (at, part) in run.split(':').enumerate() {
                    if at > 0 {
                        out.push(':');
                    }
                    out.push_str(&self.address(part));
                }
            }
            rest = after;
        }
        out.push_str(rest);
    }

    fn address(&mut self, part: &str) -> String {
        let mut numbers = part.split('.');
        let are_four = numbers.clone().count() == 4 && numbers.all(|number| number.parse::<u8>().is_ok());
        if !are_four {
            return part.to_owned();
        }
        self.stand_in(part, |n| ["10.0.", &(n / 256).to_string(), ".", &(n % 256).to_string()].concat())
    }
}

/// As many digits at the same places, and another number.
fn hidden(run: &str, number: usize) -> String {
    let mut left = number as u32;
    let digits = run.chars().rev().map(|c| {
        if c == ':' {
            return c;
        }
        let digit = char::from_digit(left % 16, 16).unwrap_or('0');
        left /= 16;
        digit
    });
    let backwards: Vec<char> = digits.collect();
    backwards.into_iter().rev().collect()
}
