//! The file that describes a server: read strictly, so that a mistake is found where it is made.

use std::time::Duration;

use super::kinds::{FILE, Kind, PATH, RECEIVE, SEND};
use super::template::{BY_ID, WITHIN_TEXT, cut, mentions};
use crate::foreign::Profile;
use crate::json::{self, Json, JsonError};
use crate::limits::{MAX_MAPPED_MESSAGES, MAX_MAPPING_BYTES};

/// How often a keep-alive is said unless the file tells.
const KEEP_ALIVE_SECONDS: u32 = 20;

/// The placeholder, and the kind of message, of what only ours read.
pub(super) const OURS: &str = "ours";
/// What makes sense only where people have ids.
const OF_IDS: &str = "to from id peers";
const NOBODY_OFFERS: &str = "fits nobody: \"newcomer\" needs a list in \"joined\" or \"roster\", \"existing\" needs \
                             \"peerJoined\", \"server\" needs {weOffer}; where nobody tells who is there, \"addressing\" \
                             is \"broadcast\"";

/// Examples of messages, in the order of the list of kinds.
type Messages = Vec<(&'static Kind, Vec<Json>)>;

/// A server that nobody here has heard of, as a file describes it (`docs/mapping.md`).
#[derive(Debug, PartialEq, Eq, Default)]
pub struct Mapping {
    source: String,
    /// Messages are Socket.IO events: lists of a name and arguments.
    pub(super) socket_io: bool,
    /// Frames that do not look like JSON are texts.
    pub(super) text: bool,
    pub(super) subprotocol: String,
    pub(super) namespace: String,
    /// What follows the URL of the server.
    pub(super) path: String,
    /// People have ids.
    pub(super) directed: bool,
    /// Everybody is told of everybody else: who is not announced is a stranger, and not heard.
    pub(super) announced: bool,
    /// Who offers: `newcomer`, `existing`, `both` or `server`.
    pub(super) offers: String,
    pub(super) keep_alive: Duration,
    pub(super) profile: Profile,
    send: Messages,
    pub(super) receive: Messages,
}

impl Mapping {
    /// Reads the text of a file.
    ///
    /// ```
    /// use visavis_signaling::dialects::Mapping;
    /// let text = "{\n  \"cariier\": \"raw\"\n}";
    /// let error = Mapping::parse(text).unwrap_err().in_text(text);
    /// assert!(error.starts_with("line 2: \"cariier\" is none of: $schema carrier "));
    /// ```
    ///
    /// # Errors
    /// If it is not JSON, or as for [`Mapping::read`].
    pub fn parse(text: &str) -> Result<Self, JsonError> {
        if text.len() > MAX_MAPPING_BYTES {
            return Err(JsonError { field: String::new(), problem: "is too long".to_owned() });
        }
        Ok(Self { source: text.to_owned(), ..Self::check(&json::parse(text)?, "")? })
    }

    /// Reads it from a value that stands at this path of another file.
    ///
    /// # Errors
    /// If a field is missing, misspelt, of another type, or makes no sense beside the others: the first of all mistakes.
    pub fn read(file: &Json, path: &str) -> Result<Self, JsonError> {
        let source = file.to_string();
        if source.len() > MAX_MAPPING_BYTES {
            return Err(JsonError { field: path.to_owned(), problem: "is too long".to_owned() });
        }
        Ok(Self { source, ..Self::check(file, path)? })
    }

    /// The text that it was read from.
    pub fn source(&self) -> &str {
        &self.source
    }

    fn check(file: &Json, path: &str) -> Result<Self, JsonError> {
        let mut check = Check { mapping: Self::default(), path: path.to_owned(), error: None };
        check.file(file);
        match check.error {
            Some(error) => Err(error),
            None => Ok(check.mapping),
        }
    }

    /// The examples of one kind that is sent; none if the server knows no such message.
    pub(super) fn sends(&self, name: &str) -> &[Json] {
        examples(&self.send, name)
    }

    /// Whether the server tells anything of this kind.
    pub(super) fn hears(&self, name: &str) -> bool {
        !examples(&self.receive, name).is_empty()
    }

    /// Whether messages of a kind that is received hold a placeholder.
    fn tells(&self, kind: &str, hole: &str) -> bool {
        examples(&self.receive, kind).iter().any(|example| mentions(example, hole))
    }

    /// Whether there is a place for what only ours read.
    pub(super) fn greets_ours(&self) -> bool {
        !self.sends("ours").is_empty()
    }
}

fn examples<'a>(messages: &'a Messages, name: &str) -> &'a [Json] {
    messages.iter().find(|(kind, _)| kind.name == name).map_or(&[], |(_, examples)| examples)
}

/// Whether a text of words, or of placeholders, holds one.
fn has_word(words: &str, name: &str) -> bool {
    words.split(' ').any(|word| inside(word) == name)
}

/// The name of a placeholder.
fn inside(word: &str) -> &str {
    word.strip_prefix('{').and_then(|word| word.strip_suffix('}')).unwrap_or(word)
}

/// A file on its way through the checks, which all go on after a mistake: only the first is told.
struct Check {
    mapping: Mapping,
    /// Where we are.
    path: String,
    error: Option<JsonError>,
}

impl Check {
    fn fail(&mut self, problem: &[&str]) {
        let (field, problem) = (self.path.clone(), problem.concat());
        self.error.get_or_insert(JsonError { field, problem });
    }

    /// Goes to a field of where we are. Back is where the path was as long as this.
    fn enter(&mut self, key: &str) -> usize {
        let back = self.path.len();
        if back > 0 {
            self.path.push('.');
        }
        self.path.push_str(key);
        back
    }

    fn enter_element(&mut self, index: usize) -> usize {
        let back = self.path.len();
        self.path.push('[');
        self.path.push_str(&index.to_string());
        self.path.push(']');
        back
    }

    fn file(&mut self, file: &Json) {
        self.fields(file, FILE);
        let text = |key: &str| file.at(key).as_text().unwrap_or_default();
        let number = |key: &str, otherwise: u32| {
            let Json::Number(digits) = file.at(key) else { return otherwise };
            digits.parse().unwrap_or(otherwise)
        };
        let mapping = &mut self.mapping;
        mapping.socket_io = text("carrier") == "socket.io";
        mapping.text = text("carrier") == "text";
        mapping.subprotocol.push_str(text("subprotocol"));
        mapping.namespace.push_str(text("namespace"));
        mapping.path.push_str(text("path"));
        mapping.offers.push_str(text("offers"));
        mapping.directed = matches!(text("addressing"), "" | "directed");
        mapping.profile.no_roster = text("addressing") == "broadcast";
        mapping.profile.candidates_in_description = text("candidates") == "bundled";
        // Where a server repeats everything, ours tell each other apart, but strangers do not.
        let meshes = mapping.profile.no_roster && *file.at("send").at(OURS) != Json::Null;
        mapping.profile.capacity = number("capacity", if mapping.directed || meshes { 0 } else { 2 });
        mapping.keep_alive =
            Duration::from_secs(number("keepAliveSeconds", KEEP_ALIVE_SECONDS).max(1).into());
        let back = self.enter("path");
        self.example(file.at("path"), &PATH);
        self.path.truncate(back);
        self.mapping.send = self.side(file, "send", SEND);
        self.mapping.receive = self.side(file, "receive", RECEIVE);
        self.whole();
    }

    /// Whether all fields of an object are known, and what they should be where the list tells.
    fn fields(&mut self, object: &Json, kinds: &'static [Kind]) {
        let Json::Object(fields) = object else { return self.fail(&["must be an object"]) };
        for (key, value) in fields.iter() {
            let back = self.enter(key);
            match (kinds.iter().find(|kind| kind.name == key), value) {
                (None, _) => {
                    let names: String = kinds.iter().flat_map(|kind| [" ", kind.name]).collect();
                    self.fail(&["is none of:", &names]);
                }
                (Some(Kind { is: "", .. }), _)
                | (Some(Kind { is: "a text", .. }), Json::Text(_))
                | (Some(Kind { is: "a number", .. }), Json::Number(_))
                | (Some(Kind { is: "an object", .. }), Json::Object(_)) => {}
                (Some(kind), Json::Text(word)) if has_word(kind.is, word) => {}
                (Some(kind), _) => self.fail(&["must be: ", kind.is]),
            }
            self.path.truncate(back);
        }
    }

    fn side(&mut self, file: &Json, side: &str, kinds: &'static [Kind]) -> Messages {
        let back = self.enter(side);
        self.fields(file.at(side), kinds);
        let mut messages = Messages::new();
        for kind in kinds {
            let value = file.at(side).at(kind.name);
            if *value != Json::Null {
                let back = self.enter(kind.name);
                messages.push((kind, self.messages(value, kind)));
                self.path.truncate(back);
            }
        }
        self.path.truncate(back);
        messages
    }

    /// One message, or a list of them. Where a message is a list itself, several are a list of lists.
    fn messages(&mut self, value: &Json, kind: &'static Kind) -> Vec<Json> {
        let lists = |list: &[Json]| matches!(list.first(), Some(Json::List(_)));
        let several = |list: &Vec<Json>| !self.mapping.socket_io || lists(list);
        let (Json::List(list), true) = (value, matches!(value, Json::List(list) if several(list))) else {
            self.message(value, value, kind);
            return vec![value.clone()];
        };
        if list.len() > MAX_MAPPED_MESSAGES {
            self.fail(&["has too many entries"]);
        }
        for (index, message) in list.iter().enumerate() {
            let back = self.enter_element(index);
            // Of several that are said one after the other, one holds what the kind needs.
            self.message(message, if kind.sent() { value } else { message }, kind);
            self.path.truncate(back);
        }
        list.clone()
    }

    fn message(&mut self, message: &Json, all: &Json, kind: &'static Kind) {
        let event = matches!(message, Json::List(list) if matches!(list.first(), Some(Json::Text(_))));
        if self.mapping.socket_io && !event {
            self.fail(&["must be a list that starts with the name of an event"]);
        }
        self.example(message, kind);
        let whom = if self.mapping.directed { kind.whom } else { "" };
        let unless = ", unless \"addressing\" is \"pair\" or \"broadcast\"";
        for (names, within, unless) in [(kind.needs, all, ""), (whom, message, unless)] {
            if !names.is_empty() && !names.split(' ').any(|name| mentions(within, inside(name))) {
                self.fail(&["must hold one of: ", names, unless]);
            }
        }
    }

    /// Looks at the placeholders of an example.
    fn example(&mut self, example: &Json, kind: &'static Kind) {
        match example {
            Json::Text(text) => {
                let mut rest = text.as_str();
                while let Some((_, hole, after)) = cut(rest) {
                    self.hole(hole, kind);
                    rest = after;
                }
            }
            Json::List(list) => {
                for (index, example) in list.iter().enumerate() {
                    let back = self.enter_element(index);
                    self.example(example, kind);
                    self.path.truncate(back);
                }
            }
            Json::Object(fields) => {
                for (key, example) in fields.iter() {
                    let back = self.enter(key);
                    if cut(key).is_some()
                        && (!matches!(key, WITHIN_TEXT | BY_ID) || fields.keys().count() > 1)
                    {
                        self.fail(&["must not be a key; {json} can, and {id}, alone"]);
                    }
                    if key == BY_ID {
                        self.hole("id", kind);
                    }
                    self.example(example, kind);
                    self.path.truncate(back);
                }
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }

    fn hole(&mut self, hole: &str, kind: &'static Kind) {
        let sent = kind.sent();
        let name = hole.strip_suffix('?').filter(|_| !sent).unwrap_or(hole);
        let whom = if self.mapping.directed { kind.whom } else { "" };
        let all = kind.always();
        let known = [kind.needs, whom, kind.more, all].iter().any(|names| has_word(names, name));
        let means_nobody = !self.mapping.directed && has_word(OF_IDS, name);
        if !known || means_nobody {
            self.fail(&["has {", hole, "}; known here: ", kind.needs, " ", whom, " ", kind.more, " ", all]);
        }
    }

    /// One of these kinds must be there.
    fn needed(&mut self, side: &str, names: &str) {
        let messages = if side == "send" { &self.mapping.send } else { &self.mapping.receive };
        if !messages.iter().any(|(kind, _)| has_word(names, kind.name)) {
            let first = names.split(' ').next().unwrap_or_default();
            self.fail_at(side, first, &["is missing: write an example of one of: ", names]);
        }
    }

    /// Whether all is there that a call needs, and what follows from it.
    fn whole(&mut self) {
        let Profile { no_roster, candidates_in_description, .. } = self.mapping.profile;
        if self.mapping.path.is_empty() && !no_roster {
            self.needed("send", "join");
        }
        for side in ["send", "receive"] {
            self.needed(side, "offer description signal");
            self.needed(side, "answer description signal");
            if !candidates_in_description {
                self.needed(side, "candidate signal");
            }
        }
        if self.mapping.hears("ping") {
            self.needed("send", "pong");
        }
        self.for_ours();
        self.infer();
    }

    /// What is only for ours needs a message that carries it alone, and must be shown with every description: whoever
    /// shows none is a stranger.
    fn for_ours(&mut self) {
        let Mapping { send, receive, .. } = &self.mapping;
        let holds =
            |(_, examples): &&(&Kind, Vec<Json>)| examples.iter().any(|example| mentions(example, OURS));
        let heard = receive.iter().any(|message| holds(&message));
        let describes =
            |(kind, _): &&(&Kind, Vec<Json>)| has_word("offer answer description signal", kind.name);
        let bare = send.iter().filter(describes).find(|message| !holds(message)).map(|(kind, _)| kind.name);
        if heard || send.iter().any(|message| holds(&message)) {
            self.needed("send", OURS);
            if let Some(name) = bare {
                self.fail_at("send", name, &["must hold {ours}, as other messages here do"]);
            }
            if !heard {
                self.fail_at("receive", "", &["must hold {ours} somewhere, as \"send\" does"]);
            }
        }
    }

    fn fail_at(&mut self, side: &str, name: &str, problem: &[&str]) {
        let back = self.enter(side);
        if !name.is_empty() {
            self.enter(name);
        }
        self.fail(problem);
        self.path.truncate(back);
    }

    fn infer(&mut self) {
        let mapping = &mut self.mapping;
        let (roster, leaves) = (mapping.hears("roster"), mapping.hears("peerLeft"));
        let lists = roster || mapping.tells("joined", "id") || mapping.tells("joined", "peers");
        let announces = roster || mapping.hears("peerJoined");
        let tells = |kind| mapping.tells(kind, "weOffer") || mapping.tells(kind, "theyOffer");
        let told = tells("joined") || tells("roster") || tells("peerJoined");
        let somebody_offers = match mapping.offers.as_str() {
            "existing" => announces,
            "server" => told,
            "both" => lists || announces,
            _ => lists || told,
        };
        // Who comes back under an id of the server's making is somebody new, and so is whom all have seen leaving.
        let renamed = mapping.socket_io || mapping.tells("welcome", "me") || mapping.tells("joined", "me");
        mapping.announced = mapping.directed && announces && (lists || told);
        mapping.profile.announces_leave = leaves;
        mapping.profile.survives_reconnect = !(leaves || roster || (mapping.directed && renamed));
        if mapping.profile.no_roster {
            mapping.offers = "both".to_owned();
            mapping.profile.says_hello = mapping.greets_ours();
            let rooms = |example: &Json| mentions(example, "room") || mentions(example, "roomNumber");
            let walls = mapping.send.iter().any(|(_, examples)| examples.iter().any(rooms));
            mapping.profile.mixes_rooms = !walls && !rooms(&Json::text(&mapping.path));
        } else if !somebody_offers {
            self.enter("offers");
            self.fail(&[NOBODY_OFFERS]);
        }
    }
}
