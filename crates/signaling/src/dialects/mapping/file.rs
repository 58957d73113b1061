//! The file that describes a server: read strictly, so that a mistake is found where it is made.

use std::time::Duration;

use super::kinds::{FILE, Kind, PATH, RECEIVE, SEND};
use super::template::{BY_ID, WITHIN_TEXT, mentions, split_at_placeholder};
use crate::foreign::Profile;
use crate::json::{self, Json, JsonError};
use crate::limits::{MAX_MAPPED_MESSAGES, MAX_MAPPING_BYTES};

/// Seconds between two keep-alives, unless the file says otherwise.
const KEEP_ALIVE_SECONDS: u32 = 20;

/// The placeholder and the kind of message of the extension that only Visavis clients read, as the file names them.
pub(super) const EXTENSION: &str = "ours";
/// Placeholders that make sense only where participants have ids.
const ID_PLACEHOLDERS: &str = "to from id peers";
const NOBODY_OFFERS: &str = "fits nobody: \"newcomer\" needs a list in \"joined\" or \"roster\", \"existing\" needs \
                             \"peerJoined\", \"server\" needs {weOffer}; where nobody tells who is there, \"addressing\" \
                             is \"broadcast\"";

/// Examples of messages, in the order of the list of kinds.
type Messages = Vec<(&'static Kind, Vec<Json>)>;

/// A server that this program does not know, as a file describes it (`docs/mapping.md`).
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
    /// Participants have ids.
    pub(super) directed: bool,
    /// The server announces everybody: messages of somebody who was not announced are ignored.
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
        Ok(Self { source: text.to_owned(), ..Self::read_value(&json::parse(text)?, "")? })
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
        Ok(Self { source, ..Self::read_value(file, path)? })
    }

    /// The text that it was read from.
    pub fn source(&self) -> &str {
        &self.source
    }

    fn read_value(file: &Json, path: &str) -> Result<Self, JsonError> {
        let mut reader = Reader { mapping: Self::default(), path: path.to_owned(), error: None };
        reader.file(file);
        match reader.error {
            Some(error) => Err(error),
            None => Ok(reader.mapping),
        }
    }

    /// The examples of one kind that is sent; none if the server knows no such message.
    pub(super) fn sends(&self, name: &str) -> &[Json] {
        examples(&self.send, name)
    }

    /// Whether the server sends any message of this kind.
    pub(super) fn receives(&self, name: &str) -> bool {
        !examples(&self.receive, name).is_empty()
    }

    /// Whether messages of a kind that is received carry a placeholder.
    fn carries(&self, kind: &str, placeholder: &str) -> bool {
        examples(&self.receive, kind).iter().any(|example| mentions(example, placeholder))
    }

    /// Whether messages have a place for the extension that only Visavis clients read.
    pub(super) fn has_extension(&self) -> bool {
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

/// Reads a file. It goes on after a mistake, but keeps only the first.
struct Reader {
    mapping: Mapping,
    /// Where we are.
    path: String,
    error: Option<JsonError>,
}

impl Reader {
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
        // Where a server relays everything to everybody, Visavis clients have ids in their extension, but others have none.
        let meshes = mapping.profile.no_roster && *file.at("send").at(EXTENSION) != Json::Null;
        mapping.profile.capacity = number("capacity", if mapping.directed || meshes { 0 } else { 2 });
        mapping.keep_alive =
            Duration::from_secs(number("keepAliveSeconds", KEEP_ALIVE_SECONDS).max(1).into());
        let back = self.enter("path");
        self.example(file.at("path"), &PATH);
        self.path.truncate(back);
        self.mapping.send = self.direction(file, "send", SEND);
        self.mapping.receive = self.direction(file, "receive", RECEIVE);
        self.require_messages();
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
                (Some(Kind { value_type: "", .. }), _)
                | (Some(Kind { value_type: "a text", .. }), Json::Text(_))
                | (Some(Kind { value_type: "a number", .. }), Json::Number(_))
                | (Some(Kind { value_type: "an object", .. }), Json::Object(_)) => {}
                (Some(kind), Json::Text(word)) if has_word(kind.value_type, word) => {}
                (Some(kind), _) => self.fail(&["must be: ", kind.value_type]),
            }
            self.path.truncate(back);
        }
    }

    fn direction(&mut self, file: &Json, direction: &str, kinds: &'static [Kind]) -> Messages {
        let back = self.enter(direction);
        self.fields(file.at(direction), kinds);
        let mut messages = Messages::new();
        for kind in kinds {
            let value = file.at(direction).at(kind.name);
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
            self.message(message, if kind.is_sent() { value } else { message }, kind);
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
        let peer = if self.mapping.directed { kind.peer } else { "" };
        let unless = ", unless \"addressing\" is \"pair\" or \"broadcast\"";
        for (names, within, unless) in [(kind.required, all, ""), (peer, message, unless)] {
            if !names.is_empty() && !names.split(' ').any(|name| mentions(within, inside(name))) {
                self.fail(&["must hold one of: ", names, unless]);
            }
        }
    }

    /// Whether the placeholders of an example are known.
    fn example(&mut self, example: &Json, kind: &'static Kind) {
        match example {
            Json::Text(text) => {
                let mut rest = text.as_str();
                while let Some((_, placeholder, after)) = split_at_placeholder(rest) {
                    self.placeholder(placeholder, kind);
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
                    if split_at_placeholder(key).is_some()
                        && (!matches!(key, WITHIN_TEXT | BY_ID) || fields.keys().count() > 1)
                    {
                        self.fail(&["must not be a key; {json} can, and {id}, alone"]);
                    }
                    if key == BY_ID {
                        self.placeholder("id", kind);
                    }
                    self.example(example, kind);
                    self.path.truncate(back);
                }
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }

    fn placeholder(&mut self, text: &str, kind: &'static Kind) {
        let sent = kind.is_sent();
        let name = text.strip_suffix('?').filter(|_| !sent).unwrap_or(text);
        let peer = if self.mapping.directed { kind.peer } else { "" };
        let all = kind.always_allowed();
        let Kind { required, optional, .. } = kind;
        let known = [required, &peer, optional, &all].iter().any(|names| has_word(names, name));
        let means_nobody = !self.mapping.directed && has_word(ID_PLACEHOLDERS, name);
        if !known || means_nobody {
            self.fail(&["has {", text, "}; known here: ", required, " ", peer, " ", optional, " ", all]);
        }
    }

    /// One of these kinds must be there.
    fn require_one(&mut self, direction: &str, names: &str) {
        let messages = if direction == "send" { &self.mapping.send } else { &self.mapping.receive };
        if !messages.iter().any(|(kind, _)| has_word(names, kind.name)) {
            let first = names.split(' ').next().unwrap_or_default();
            self.fail_at(direction, first, &["is missing: write an example of one of: ", names]);
        }
    }

    /// Whether all is there that a call needs, and what follows from it.
    fn require_messages(&mut self) {
        let Profile { no_roster, candidates_in_description, .. } = self.mapping.profile;
        if self.mapping.path.is_empty() && !no_roster {
            self.require_one("send", "join");
        }
        for direction in ["send", "receive"] {
            self.require_one(direction, "offer description signal");
            self.require_one(direction, "answer description signal");
            if !candidates_in_description {
                self.require_one(direction, "candidate signal");
            }
        }
        if self.mapping.receives("ping") {
            self.require_one("send", "pong");
        }
        self.require_extension();
        self.infer();
    }

    /// If any message has the extension, there must be one that carries nothing else, and every description must have it:
    /// a client whose descriptions have none is taken for one that is not Visavis.
    fn require_extension(&mut self) {
        let Mapping { send, receive, .. } = &self.mapping;
        let holds =
            |(_, examples): &&(&Kind, Vec<Json>)| examples.iter().any(|example| mentions(example, EXTENSION));
        let is_received = receive.iter().any(|message| holds(&message));
        let describes =
            |(kind, _): &&(&Kind, Vec<Json>)| has_word("offer answer description signal", kind.name);
        let bare = send.iter().filter(describes).find(|message| !holds(message)).map(|(kind, _)| kind.name);
        if is_received || send.iter().any(|message| holds(&message)) {
            self.require_one("send", EXTENSION);
            if let Some(name) = bare {
                self.fail_at("send", name, &["must hold {ours}, as other messages here do"]);
            }
            if !is_received {
                self.fail_at("receive", "", &["must hold {ours} somewhere, as \"send\" does"]);
            }
        }
    }

    fn fail_at(&mut self, direction: &str, name: &str, problem: &[&str]) {
        let back = self.enter(direction);
        if !name.is_empty() {
            self.enter(name);
        }
        self.fail(problem);
        self.path.truncate(back);
    }

    fn infer(&mut self) {
        let mapping = &mut self.mapping;
        let (roster, leaves) = (mapping.receives("roster"), mapping.receives("peerLeft"));
        let lists = roster || mapping.carries("joined", "id") || mapping.carries("joined", "peers");
        let announces = roster || mapping.receives("peerJoined");
        let says_offerer = |kind| mapping.carries(kind, "weOffer") || mapping.carries(kind, "theyOffer");
        let server_decides = says_offerer("joined") || says_offerer("roster") || says_offerer("peerJoined");
        let somebody_offers = match mapping.offers.as_str() {
            "existing" => announces,
            "server" => server_decides,
            "both" => lists || announces,
            _ => lists || server_decides,
        };
        // Who comes back under an id of the server's making is somebody new, and so is whom all have seen leaving.
        let new_id = mapping.socket_io || mapping.carries("welcome", "me") || mapping.carries("joined", "me");
        mapping.announced = mapping.directed && announces && (lists || server_decides);
        mapping.profile.announces_leave = leaves;
        mapping.profile.survives_reconnect = !(leaves || roster || (mapping.directed && new_id));
        if mapping.profile.no_roster {
            mapping.offers = "both".to_owned();
            mapping.profile.says_hello = mapping.has_extension();
            let rooms = |example: &Json| mentions(example, "room") || mentions(example, "roomNumber");
            let names_room = mapping.send.iter().any(|(_, examples)| examples.iter().any(rooms));
            mapping.profile.mixes_rooms = !names_room && !rooms(&Json::text(&mapping.path));
        } else if !somebody_offers {
            self.enter("offers");
            self.fail(&[NOBODY_OFFERS]);
        }
    }
}
