//! What is private is replaced before anybody sees it, everywhere by the same, so that equal things stay equal, what is
//! sorted stays sorted, and a replay takes the same turns.
//!
//! Only what is known stays: words of the protocols that are spoken (the lists beside the dialects, and what a description
//! of the server holds literally), words of descriptions and candidates, short numbers, and what the page itself wrote
//! down. Every other text is replaced, whoever said it and under whatever key: names of people and rooms in any spelling,
//! ids, sessions, tokens, addresses, fingerprints, sentences. So are keys that nobody knows, because servers use names as
//! keys. A name that is also a word of the protocol is replaced where a name is expected. Numbers stay, unless their key
//! is private or they are the number of our room.
//!
//! This is against accidents. A server that wants to give away what it knows needs no report for it.

use visavis_core::flight::Recorder;
use visavis_signaling::RejectCode;
use visavis_signaling::dialects;
use visavis_signaling::json::{self, Json};

use super::MAPPING;
use super::sdp::{Vocabulary, is_description};

/// Texts are secret if their key holds one of these, in any spelling (`authToken`, `api_key`).
pub const SECRET_KEYS: [&str; 7] = ["identity", "credential", "passw", "secret", "token", "auth", "key"];
/// Texts under these keys are names of people and rooms or say who is meant, in any spelling (`user_name`).
const NAMES: [&str; 9] =
    ["name", "username", "users", "room", "roomid", "topics", "topic", "session", "text"];
/// Texts under these keys are words of a protocol, whatever people are called.
const OPEN: [&str; 1] = ["type"];
/// What the page itself writes down: about the browser, how the room was made, and names of errors.
const WRITTEN: [&str; 6] = ["about", "ice", "dialect", "fallback", "namespace", "error"];
/// Placeholders of a description whose values are about people: what stands in their place is private, whatever it says.
const PEOPLE: [&str; 7] = ["{name", "{room", "{me", "{from", "{id", "{to", "{text"];
/// The ids by which others of ours know us.
const IDS: [&str; 2] = ["id", "fallback-id"];
/// What stands in for a private text, with its number.
const STANDS_IN: &str = "redacted";
/// The number of the first private text: all have as many digits, so that they are sorted like the texts.
const FIRST: usize = 10_000_000;
/// Digits as long as this are no name, and often a position.
const MAX_DIGITS: usize = 3;
/// Fingerprints are at least as long (SHA-1, RFC 8122 section 5); a shorter one of their kind may be an address.
const FINGERPRINT: usize = 59;

/// What a recorder has kept so far, without anything private: a JSON list with one entry in each line.
pub fn redact(recorder: &Recorder) -> String {
    let mut redactor = Redactor { words: vec![dialects::WORDS], ..Redactor::default() };
    // What stands in for a private text follows from all of them; and what is a name shows only where it is one.
    redactor.list(recorder);
    redactor.list(recorder)
}

#[derive(Default)]
struct Redactor {
    /// Words of the protocols that are spoken: lists, with commas between.
    words: Vec<&'static str>,
    /// What a description of the server says literally.
    literals: Vec<String>,
    /// The keys under which it binds what is about people.
    bound: Vec<String>,
    /// What our own browser says about media.
    vocabulary: Vocabulary,
    /// What we and our rooms are called.
    own: Vec<String>,
    /// How others of ours know us.
    ids: Vec<String>,
    /// All private texts, sorted. What stands in for one is its place.
    hidden: Vec<String>,
}

impl Redactor {
    fn list(&mut self, recorder: &Recorder) -> String {
        let mut report = String::new();
        for line in recorder.lines() {
            report.push_str(if report.is_empty() { "[\n" } else { ",\n" });
            report.push_str(&self.line(line));
        }
        report.push_str("\n]\n");
        report
    }

    /// A line of the recorder without anything private.
    fn line(&mut self, line: &str) -> String {
        let mut value = json::parse_any(line).unwrap_or(Json::Null);
        if let Json::List(parts) = &mut value {
            for part in parts {
                if let Json::Object(fields) = part {
                    fields.iter_mut().for_each(|(key, value)| self.part(key, value));
                }
            }
        }
        value.to_string()
    }

    /// Something that the page has written down.
    fn part(&mut self, key: &str, value: &mut Json) {
        let Json::Text(text) = value else { return };
        match key {
            MAPPING => return json::parse(text).iter().for_each(|file| self.learn_file(file)),
            "namespace" => self.literals.push(text.clone()),
            // The header says which dialects are spoken.
            "dialect" | "fallback" => {
                self.words.extend(dialects::named(text).map(|entry| (entry.about)().words));
            }
            "room" | "name" => self.own.push(text.clone()),
            "sdp" => self.vocabulary.learn(text),
            _ => {}
        }
        if IDS.contains(&key) {
            self.ids.push(text.clone());
        }
        if !WRITTEN.contains(&key) {
            *text = match key {
                "frame" => self.frame(text),
                "body" => self.body(text),
                // Also where it is a word of the protocol.
                "room" | "name" if !text.is_empty() => self.stand_in(text),
                _ => self.text(key, text),
            };
        }
    }

    /// What a description of the server says of its words.
    fn learn_file(&mut self, file: &Json) {
        self.literals.extend(file.at("namespace").as_text().map(str::to_owned));
        for side in ["send", "receive"].map(|side| file.at(side)) {
            if let Json::Object(kinds) = side {
                kinds.keys().filter_map(|kind| kinds.get(kind)).for_each(|examples| self.learn("", examples));
            }
        }
    }

    /// Words of an example, and the keys under which people stand.
    fn learn(&mut self, key: &str, value: &Json) {
        match value {
            Json::Text(text) if PEOPLE.iter().any(|hole| text.starts_with(hole)) => {
                self.bound.extend((!key.is_empty()).then(|| key.to_owned()));
            }
            Json::Text(text) => {
                let literal = |word: &&str| !word.contains('{');
                self.literals
                    .extend(text.split(' ').chain([text.as_str()]).filter(literal).map(str::to_owned));
            }
            Json::List(values) => values.iter().for_each(|value| self.learn(key, value)),
            Json::Object(fields) => {
                for key in fields.keys() {
                    self.literals.push(key.to_owned());
                    fields.get(key).iter().for_each(|value| self.learn(key, value));
                }
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }

    fn value(&mut self, key: &str, value: &mut Json) {
        match value {
            Json::Text(text) => *text = self.text(key, text),
            Json::Number(digits) => *digits = self.whole(key, digits),
            Json::List(values) => values.iter_mut().for_each(|value| self.value(key, value)),
            Json::Object(fields) => fields.iter_mut().for_each(|(name, value)| self.field(key, name, value)),
            Json::Null | Json::Bool(_) => {}
        }
    }

    /// A number. Some servers have numbers for ids and rooms, and write them as texts elsewhere.
    fn whole(&mut self, key: &str, digits: &str) -> String {
        let private = is_private(key) || self.own.iter().any(|own| own == digits);
        match digits.bytes().all(|byte| byte.is_ascii_digit()) {
            true if private => self.stand_in(digits),
            true if self.is_bound(key) => self.unless_short(digits),
            false if private => "0".to_owned(),
            _ => digits.to_owned(),
        }
    }

    /// One field of an object that stands under `key`. What is private by its name is so all the way down.
    fn field(&mut self, key: &str, name: &mut String, value: &mut Json) {
        self.value(if is_private(key) { key } else { name }, value);
        let entry = NAMES.contains(&name.as_str()) || SECRET_KEYS.contains(&name.as_str());
        if !(entry || self.is_word(name) || self.literals.contains(name)) {
            *name = self.unless_short(name);
        }
    }

    fn text(&mut self, key: &str, text: &str) -> String {
        let known = self.literals.iter().any(|literal| literal == text) && !self.is_bound(key);
        if text.is_empty() || known {
            return text.to_owned();
        }
        let own = self.own.iter().any(|name| name == text) && !OPEN.contains(&key);
        if own || self.is_private(key) {
            return self.stand_in(text);
        }
        if self.is_word(text) {
            return text.to_owned();
        }
        if text.starts_with(['{', '[', '"'])
            && let Ok(mut inside) = json::parse_any(text)
        {
            self.value("", &mut inside);
            return inside.to_string();
        }
        if is_description(text) {
            return self.description(text);
        }
        match text.split_once(':') {
            Some((scheme @ ("stun" | "stuns" | "turn" | "turns"), server)) => {
                [scheme, ":", &self.stand_in(server)].concat()
            }
            Some(_) | None => self.unless_short(text),
        }
    }

    /// A frame: JSON, with the type of a packet or a few words in front of it; or only words.
    fn frame(&mut self, text: &str) -> String {
        let start = text.bytes().take_while(|byte| !matches!(byte, b'{' | b'[' | b'"')).count();
        let (front, rest) = text.split_at_checked(start).unwrap_or_default();
        match json::parse_any(rest) {
            Ok(mut inside) => {
                // The name of an event, whatever people are called.
                let event = if let Json::List(list) = &inside { list.first().cloned() } else { None };
                let event = event.filter(|event| event.as_text().is_some_and(|event| self.is_word(event)));
                self.value("", &mut inside);
                if let (Json::List(list), Some(event)) = (&mut inside, event) {
                    list.iter_mut().take(1).for_each(|first| first.clone_from(&event));
                }
                [self.front(front), inside.to_string()].concat()
            }
            Err(_) => self.front(text),
        }
    }

    /// The type of a Socket.IO packet, its namespace and the number of its answer; else words.
    fn front(&mut self, text: &str) -> String {
        let digits =
            text.bytes().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b':')).count();
        let (kind, rest) =
            text.split_at_checked(digits).filter(|_| digits <= MAX_DIGITS).unwrap_or(("", text));
        let mut out = kind.to_owned();
        let (space, answer) = rest.split_once(',').unwrap_or((rest, ""));
        if space.starts_with('/') && answer.bytes().all(|byte| byte.is_ascii_digit()) {
            let known = self.literals.iter().any(|literal| literal == space);
            out.push_str(&if known { space.to_owned() } else { ["/", &self.stand_in(space)].concat() });
            out.push_str(rest.get(space.len()..).unwrap_or_default());
            return out;
        }
        for part in rest.split_inclusive(' ') {
            let word = part.trim_end_matches(' ');
            out.push_str(&self.text("", word));
            out.push_str(part.get(word.len()..).unwrap_or_default());
        }
        out
    }

    /// What tells the server in an HTTP answer: JSON, or a greeting, which may be cut anywhere and holds a session.
    fn body(&mut self, text: &str) -> String {
        let known = "Welcome to socket.io";
        if text.split_once('"').is_some_and(|(_, rest)| rest.starts_with("sid")) {
            "\"sid".to_owned()
        } else if text.starts_with(known) {
            known.to_owned()
        } else {
            self.text("", text)
        }
    }

    /// A description or a candidate, word by word.
    fn description(&mut self, text: &str) -> String {
        let mut out = String::new();
        for line in text.split_inclusive('\n') {
            for (word, behind, stays) in self.vocabulary.words(line) {
                out.push_str(&if stays { word.to_owned() } else { self.stand_in(word) });
                out.push_str(behind);
            }
        }
        out
    }

    fn is_word(&self, text: &str) -> bool {
        let mut lists = self.words.iter();
        lists.any(|list| list.split(',').any(|word| word == text))
            || RejectCode::all().any(|code| code.as_str() == text)
    }

    fn is_private(&self, key: &str) -> bool {
        is_private(key) || self.is_bound(key)
    }

    fn is_bound(&self, key: &str) -> bool {
        self.bound.iter().any(|bound| bound == key)
    }

    fn unless_short(&mut self, text: &str) -> String {
        let short = text.len() <= MAX_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
        if short { text.to_owned() } else { self.stand_in(text) }
    }

    /// What stands in for a text, of the same kind: hexadecimal digits for an id or fingerprint, because some are looked
    /// at. What is made of another stays so: a room with a number behind it, as servers make them (`tea-2`), and what ends
    /// with our id.
    fn stand_in(&mut self, text: &str) -> String {
        let name = text.trim_end_matches(|c: char| c.is_ascii_digit());
        let room = name.strip_suffix('-').filter(|_| text.len() - name.len() <= MAX_DIGITS);
        if let Some(room) = room.filter(|room| self.own.iter().any(|own| own == room)) {
            let behind = text.get(room.len()..).unwrap_or_default();
            return [&self.stand_in(room), behind].concat();
        }
        let whole = |id: &String| text.strip_suffix(id.as_str()).is_some_and(|front| !front.is_empty());
        let id = self.ids.iter().find(|id| !id.is_empty() && whole(id)).cloned().unwrap_or_default();
        let front = text.strip_suffix(id.as_str()).unwrap_or(text);
        let number = self.number(text).to_string();
        let digits = |byte: u8| {
            byte.is_ascii_hexdigit() || byte == b'-' || (byte == b':' && text.len() >= FINGERPRINT)
        };
        let whole = text.bytes().all(|byte| byte.is_ascii_digit());
        if front.len() < number.len() && whole {
            return number;
        }
        if front.len() < number.len() || !text.bytes().all(digits) {
            return [STANDS_IN, &number].concat();
        }
        let mut number = number.chars();
        // The version of a UUID (RFC 9562 section 4.2) stays: who made it may follow from that.
        let version = |at| at == 14 && text.len() == 36;
        let digit = |(at, c): (usize, char)| {
            if c == '-' || c == ':' || version(at) { c } else { number.next().unwrap_or('1') }
        };
        let front: String = front.chars().enumerate().map(digit).collect();
        if id.is_empty() { front } else { [front, self.stand_in(&id)].concat() }
    }

    /// The number of a private text: its place among them, as soon as all are known.
    fn number(&mut self, text: &str) -> usize {
        let place = self.hidden.binary_search_by(|known| known.as_str().cmp(text));
        FIRST
            + place.unwrap_or_else(|place| {
                self.hidden.insert(place, text.to_owned());
                place
            })
    }
}

fn is_private(key: &str) -> bool {
    let spelled = key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase());
    let spelled: String = spelled.collect();
    let holds = |part: &&str| spelled.as_bytes().windows(part.len()).any(|window| window == part.as_bytes());
    NAMES.contains(&spelled.as_str()) || SECRET_KEYS.iter().any(holds)
}
