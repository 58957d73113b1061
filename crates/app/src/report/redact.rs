//! Private texts of a report are replaced by pseudonyms: equal texts by equal ones, in the same order, so that a replay
//! takes the same decisions.
//!
//! Only what is known stays: tokens of the protocols that are spoken (the lists beside the dialects, and what a
//! description of the server holds literally), tokens of descriptions and candidates, short numbers, and what the page
//! itself wrote down. Every other text is replaced, whoever said it and under whatever key: names of people and rooms
//! in any spelling, ids, sessions, access tokens, addresses, fingerprints, sentences. So are keys that nobody knows, because
//! servers use names as keys. A name that is also a token of the protocol is replaced where a name is expected. Numbers
//! stay, unless their key is private or they are the number of our room.
//!
//! This is against accidents. A server that wants to give away what it knows needs no report for it.

use visavis_core::PeerMessage;
use visavis_core::flight::Recorder;
use visavis_signaling::RejectCode;
use visavis_signaling::dialects;
use visavis_signaling::json::{self, Json};

use super::MAPPING;
use super::sdp::{SdpTokens, is_description};

/// Texts are secret if their key holds one of these, in any spelling (`authToken`, `api_key`).
pub const SECRET_KEYS: [&str; 7] = ["identity", "credential", "passw", "secret", "token", "auth", "key"];
/// Texts under these keys are names of people and rooms, or ids of participants, in any spelling (`user_name`).
const NAME_KEYS: [&str; 9] =
    ["name", "username", "users", "room", "roomid", "topics", "topic", "session", "text"];
/// A text under one of these keys is a token of the protocol, even if a person or room has the same name.
const PROTOCOL_KEYS: [&str; 1] = ["type"];
/// Keys of texts that the page itself writes and that are never private: about the browser, how the room was made, and
/// names of errors.
const PUBLIC_KEYS: [&str; 6] = ["about", "ice", "dialect", "fallback", "namespace", "error"];
/// How placeholders of a mapping begin whose values are about people: every value in their place is private.
const PERSONAL_PLACEHOLDERS: [&str; 7] = ["{name", "{room", "{me", "{from", "{id", "{to", "{text"];
/// Keys of the header under which our public ids stand (`known_as`).
const ID_KEYS: [&str; 2] = ["id", "fallback-id"];
/// How a pseudonym begins; its number follows.
const PSEUDONYM: &str = "redacted";
/// The number of the first pseudonym. All numbers have as many digits, so pseudonyms are sorted like the texts.
const FIRST_NUMBER: usize = 10_000_000;
/// Numbers of at most so many digits stay: no name is that short, and many are positions or counts.
const MAX_DIGITS: usize = 3;
/// Length of the shortest certificate fingerprint (SHA-1, RFC 8122 section 5). A shorter text of hexadecimal digits and
/// colons may be an IPv6 address.
const MIN_FINGERPRINT_CHARS: usize = 59;

/// What a recorder has kept so far, without anything private: a JSON list with one entry in each line.
pub fn redact(recorder: &Recorder) -> String {
    let mut redactor = Redactor {
        protocol_tokens: vec![dialects::REPORT_ALLOWLIST, PeerMessage::REPORT_ALLOWLIST],
        ..Redactor::default()
    };
    // Twice: the first pass collects all private texts and names, from which the pseudonyms of the second follow.
    redactor.redact_all(recorder);
    redactor.redact_all(recorder)
}

#[derive(Default)]
struct Redactor {
    /// Tokens of the dialects that are spoken: lists, separated by commas.
    protocol_tokens: Vec<&'static str>,
    /// Tokens that a mapping holds literally.
    literals: Vec<String>,
    /// Keys under which a mapping has one of [`PERSONAL_PLACEHOLDERS`].
    personal_keys: Vec<String>,
    /// Tokens of our own browser's descriptions.
    sdp_tokens: SdpTokens,
    /// Our own names and those of our rooms.
    own_names: Vec<String>,
    /// Our public ids.
    own_ids: Vec<String>,
    /// All private texts, sorted. The pseudonym of each has its index.
    private_texts: Vec<String>,
}

impl Redactor {
    fn redact_all(&mut self, recorder: &Recorder) -> String {
        let mut report = String::new();
        for line in recorder.lines() {
            report.push_str(if report.is_empty() { "[\n" } else { ",\n" });
            report.push_str(&self.redact_line(line));
        }
        report.push_str("\n]\n");
        report
    }

    /// One line of the recorder, redacted.
    fn redact_line(&mut self, line: &str) -> String {
        let mut value = json::parse_any(line).unwrap_or(Json::Null);
        if let Json::List(parts) = &mut value {
            for part in parts {
                if let Json::Object(fields) = part {
                    fields.iter_mut().for_each(|(key, value)| self.redact_entry_text(key, value));
                }
            }
        }
        value.to_string()
    }

    /// One text of an entry, by its key.
    fn redact_entry_text(&mut self, key: &str, value: &mut Json) {
        let Json::Text(text) = value else { return };
        match key {
            MAPPING => return json::parse(text).iter().for_each(|file| self.collect_mapping_tokens(file)),
            "namespace" => self.literals.push(text.clone()),
            // The header says which dialects are spoken.
            "dialect" | "fallback" => {
                self.protocol_tokens
                    .extend(dialects::named(text).map(|entry| (entry.about)().report_allowlist));
            }
            "room" | "name" => self.own_names.push(text.clone()),
            "sdp" => self.sdp_tokens.collect(text),
            _ => {}
        }
        if ID_KEYS.contains(&key) {
            self.own_ids.push(text.clone());
        }
        if !PUBLIC_KEYS.contains(&key) {
            *text = match key {
                "frame" => self.redact_frame(text),
                "body" => self.redact_probe_body(text),
                // Also where it is a token of the protocol.
                "room" | "name" if !text.is_empty() => self.pseudonym(text),
                _ => self.redact_text(key, text),
            };
        }
    }

    /// Collects the tokens and personal keys of a mapping.
    fn collect_mapping_tokens(&mut self, file: &Json) {
        self.literals.extend(file.at("namespace").as_text().map(str::to_owned));
        for side in ["send", "receive"].map(|side| file.at(side)) {
            if let Json::Object(kinds) = side {
                kinds
                    .keys()
                    .filter_map(|kind| kinds.get(kind))
                    .for_each(|examples| self.collect_tokens("", examples));
            }
        }
    }

    /// Collects the tokens and personal keys of an example message of a mapping, or of a part of it.
    fn collect_tokens(&mut self, key: &str, value: &Json) {
        match value {
            Json::Text(text)
                if PERSONAL_PLACEHOLDERS.iter().any(|placeholder| text.starts_with(placeholder)) =>
            {
                self.personal_keys.extend((!key.is_empty()).then(|| key.to_owned()));
            }
            Json::Text(text) => {
                let literal = |token: &&str| !token.contains('{');
                self.literals
                    .extend(text.split(' ').chain([text.as_str()]).filter(literal).map(str::to_owned));
            }
            Json::List(values) => values.iter().for_each(|value| self.collect_tokens(key, value)),
            Json::Object(fields) => {
                for key in fields.keys() {
                    self.literals.push(key.to_owned());
                    fields.get(key).iter().for_each(|value| self.collect_tokens(key, value));
                }
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }

    fn redact_value(&mut self, key: &str, value: &mut Json) {
        match value {
            Json::Text(text) => *text = self.redact_text(key, text),
            Json::Number(digits) => *digits = self.redact_number(key, digits),
            Json::List(values) => values.iter_mut().for_each(|value| self.redact_value(key, value)),
            Json::Object(fields) => {
                fields.iter_mut().for_each(|(name, value)| self.redact_field(key, name, value));
            }
            Json::Null | Json::Bool(_) => {}
        }
    }

    /// A number. Some servers have numbers for ids and rooms, and write them as texts elsewhere.
    fn redact_number(&mut self, key: &str, digits: &str) -> String {
        let private = is_private(key) || self.own_names.iter().any(|own| own == digits);
        match digits.bytes().all(|byte| byte.is_ascii_digit()) {
            true if private => self.pseudonym(digits),
            true if self.is_personal_key(key) => self.redact_unless_short(digits),
            false if private => "0".to_owned(),
            _ => digits.to_owned(),
        }
    }

    /// One field of an object that stands under `key`. Under a private key everything is private, at any depth.
    fn redact_field(&mut self, key: &str, name: &mut String, value: &mut Json) {
        self.redact_value(if is_private(key) { key } else { name }, value);
        let entry = NAME_KEYS.contains(&name.as_str()) || SECRET_KEYS.contains(&name.as_str());
        if !(entry || self.is_token(name) || self.literals.contains(name)) {
            *name = self.redact_unless_short(name);
        }
    }

    fn redact_text(&mut self, key: &str, text: &str) -> String {
        let known = self.literals.iter().any(|literal| literal == text) && !self.is_personal_key(key);
        if text.is_empty() || known {
            return text.to_owned();
        }
        let own = self.own_names.iter().any(|name| name == text) && !PROTOCOL_KEYS.contains(&key);
        if own || self.is_private(key) {
            return self.pseudonym(text);
        }
        if self.is_token(text) {
            return text.to_owned();
        }
        if text.starts_with(['{', '[', '"'])
            && let Ok(mut inside) = json::parse_any(text)
        {
            self.redact_value("", &mut inside);
            return inside.to_string();
        }
        if is_description(text) {
            return self.redact_description(text);
        }
        match text.split_once(':') {
            Some((scheme @ ("stun" | "stuns" | "turn" | "turns"), server)) => {
                [scheme, ":", &self.pseudonym(server)].concat()
            }
            Some(_) | None => self.redact_unless_short(text),
        }
    }

    /// A frame: JSON, perhaps behind the type of a packet or a few tokens, or tokens alone.
    fn redact_frame(&mut self, text: &str) -> String {
        let start = text.bytes().take_while(|byte| !matches!(byte, b'{' | b'[' | b'"')).count();
        let (prefix, rest) = text.split_at_checked(start).unwrap_or_default();
        match json::parse_any(rest) {
            Ok(mut inside) => {
                // The name of an event, whatever people are called.
                let event = if let Json::List(list) = &inside { list.first().cloned() } else { None };
                let event = event.filter(|event| event.as_text().is_some_and(|event| self.is_token(event)));
                self.redact_value("", &mut inside);
                if let (Json::List(list), Some(event)) = (&mut inside, event) {
                    list.iter_mut().take(1).for_each(|first| first.clone_from(&event));
                }
                [self.redact_prefix(prefix), inside.to_string()].concat()
            }
            Err(_) => self.redact_prefix(text),
        }
    }

    /// What stands before the JSON of a frame: type, namespace and acknowledgement id of a Socket.IO packet, or tokens.
    fn redact_prefix(&mut self, text: &str) -> String {
        let digits =
            text.bytes().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b':')).count();
        let (kind, rest) =
            text.split_at_checked(digits).filter(|_| digits <= MAX_DIGITS).unwrap_or(("", text));
        let mut out = kind.to_owned();
        let (space, answer) = rest.split_once(',').unwrap_or((rest, ""));
        if space.starts_with('/') && answer.bytes().all(|byte| byte.is_ascii_digit()) {
            let known = self.literals.iter().any(|literal| literal == space);
            out.push_str(&if known { space.to_owned() } else { ["/", &self.pseudonym(space)].concat() });
            out.push_str(rest.get(space.len()..).unwrap_or_default());
            return out;
        }
        for part in rest.split_inclusive(' ') {
            let token = part.trim_end_matches(' ');
            out.push_str(&self.redact_text("", token));
            out.push_str(part.get(token.len()..).unwrap_or_default());
        }
        out
    }

    /// The body of an HTTP answer to a probe. Of a greeting of Socket.IO or Engine.IO only what identifies the server
    /// stays: it may be cut off anywhere and holds a session id.
    fn redact_probe_body(&mut self, text: &str) -> String {
        let known = "Welcome to socket.io";
        if text.split_once('"').is_some_and(|(_, rest)| rest.starts_with("sid")) {
            "\"sid".to_owned()
        } else if text.starts_with(known) {
            known.to_owned()
        } else {
            self.redact_text("", text)
        }
    }

    /// A description or a candidate, token by token.
    fn redact_description(&mut self, text: &str) -> String {
        let mut out = String::new();
        for line in text.split_inclusive('\n') {
            for (token, behind, stays) in self.sdp_tokens.split(line) {
                out.push_str(&if stays { token.to_owned() } else { self.pseudonym(token) });
                out.push_str(behind);
            }
        }
        out
    }

    fn is_token(&self, text: &str) -> bool {
        let mut lists = self.protocol_tokens.iter();
        lists.any(|list| list.split(',').any(|token| token == text))
            || RejectCode::all().any(|code| code.as_str() == text)
    }

    fn is_private(&self, key: &str) -> bool {
        is_private(key) || self.is_personal_key(key)
    }

    fn is_personal_key(&self, key: &str) -> bool {
        self.personal_keys.iter().any(|personal| personal == key)
    }

    fn redact_unless_short(&mut self, text: &str) -> String {
        let short = text.len() <= MAX_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
        if short { text.to_owned() } else { self.pseudonym(text) }
    }

    /// The pseudonym of a text, of the same form: hexadecimal digits for an id or fingerprint, because dialects check
    /// some. A text that is derived from another stays so: our room with a number appended, as some servers do
    /// (`tea-2`), and one that ends with our id.
    fn pseudonym(&mut self, text: &str) -> String {
        let name = text.trim_end_matches(|c: char| c.is_ascii_digit());
        let room = name.strip_suffix('-').filter(|_| text.len() - name.len() <= MAX_DIGITS);
        if let Some(room) = room.filter(|room| self.own_names.iter().any(|own| own == room)) {
            let behind = text.get(room.len()..).unwrap_or_default();
            return [&self.pseudonym(room), behind].concat();
        }
        let ends_with = |id: &String| text.strip_suffix(id.as_str()).is_some_and(|start| !start.is_empty());
        let id = self.own_ids.iter().find(|id| !id.is_empty() && ends_with(id)).cloned().unwrap_or_default();
        let start = text.strip_suffix(id.as_str()).unwrap_or(text);
        let number = self.pseudonym_number(text).to_string();
        let digits = |byte: u8| {
            byte.is_ascii_hexdigit() || byte == b'-' || (byte == b':' && text.len() >= MIN_FINGERPRINT_CHARS)
        };
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        if start.len() < number.len() && is_number {
            return number;
        }
        if start.len() < number.len() || !text.bytes().all(digits) {
            return [PSEUDONYM, &number].concat();
        }
        let mut number = number.chars();
        // The version of a UUID (RFC 9562 section 4.2) stays: who made it may follow from that.
        let version = |at| at == 14 && text.len() == 36;
        let digit = |(at, c): (usize, char)| {
            if c == '-' || c == ':' || version(at) { c } else { number.next().unwrap_or('1') }
        };
        let start: String = start.chars().enumerate().map(digit).collect();
        if id.is_empty() { start } else { [start, self.pseudonym(&id)].concat() }
    }

    /// The number of a private text: its index among all of them. Final only once all are collected.
    fn pseudonym_number(&mut self, text: &str) -> usize {
        let place = self.private_texts.binary_search_by(|known| known.as_str().cmp(text));
        FIRST_NUMBER
            + place.unwrap_or_else(|place| {
                self.private_texts.insert(place, text.to_owned());
                place
            })
    }
}

fn is_private(key: &str) -> bool {
    let spelled = key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase());
    let spelled: String = spelled.collect();
    let holds = |part: &&str| spelled.as_bytes().windows(part.len()).any(|window| window == part.as_bytes());
    NAME_KEYS.contains(&spelled.as_str()) || SECRET_KEYS.iter().any(holds)
}
