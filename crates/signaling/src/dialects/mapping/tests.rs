use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::file::Mapping;
use super::kinds::{FILE, Kind, RECEIVE, SEND};
use super::template::{Found, fill, split_at_placeholder};
use crate::json::{Json, parse_any};

/// Every line can be left out, or replaced, by the tests.
const WHOLE: &str = r#"{
  "carrier": "raw",
  "send": {
    "join": {"type": "join", "room": "{room}"},
    "offer": {"type": "offer", "to": "{to}", "sdp": "{sdp}"},
    "answer": {"type": "answer", "to": "{to}", "sdp": "{sdp}"},
    "candidate": {"to": "{to}", "candidate": "{candidate}"}
  },
  "receive": {
    "joined": {"peers": ["{id}"]},
    "offer": {"type": "offer", "from": "{from}", "sdp": "{sdp}"},
    "answer": {"type": "answer", "from": "{from}", "sdp": "{sdp}"},
    "candidate": {"from": "{from}", "candidate": "{candidate}"}
  }
}
"#;

/// What is said of the file if one of its lines is another.
fn problem(line: usize, instead: &str) -> String {
    let lines =
        WHOLE.lines().enumerate().map(|(index, known)| if index + 1 == line { instead } else { known });
    let text = lines.collect::<Vec<_>>().join("\n");
    Mapping::parse(&text).expect_err(instead).in_text(&text)
}

/// Each line that is another, what it is instead, and how the sentence about it begins.
type Mistakes = &'static [(usize, &'static str, &'static str)];

const MISTAKES: Mistakes = &[
    (2, r#"  "cariier": "raw","#, r#"line 2: "cariier" is none of: $schema carrier "#),
    (2, r#"  "carrier": "udp","#, r#"line 2: "carrier" must be: raw text socket.io"#),
    (2, r#"  "carrier": 7,"#, r#"line 2: "carrier" must be: raw text socket.io"#),
    (2, r#"  "capacity": "9","#, r#"line 2: "capacity" must be: a number"#),
    (2, r#"  "path": 1,"#, r#"line 2: "path" must be: a text"#),
    (2, r#"  "keepAliveSeconds": "1","#, r#"line 2: "keepAliveSeconds" must be: a number"#),
    (2, r#"  "path": "/{toom}","#, r#"line 2: "path" has {toom}; known here: "#),
    (2, r#"  "carrier" "raw","#, "not valid JSON at line 2, column 13"),
    (
        2,
        r#"  "offers": "existing","#,
        r#"line 2: "offers" fits nobody: "newcomer" needs a list in "joined" or "roster", "ex"#,
    ),
    (2, r#"  "offers": "server","#, r#"line 2: "offers" fits nobody: "#),
    (2, r#"  "carrier": "socket.io","#, r#"line 4: "send.join" must be a list that starts with the name "#),
];

const MISTAKES_IN_MESSAGES: Mistakes = &[
    (4, "", r#"line 3: "send.join" is missing: write an example of one of: join"#),
    (5, "", r#"line 3: "send.offer" is missing: write an example of one of: offer description signal"#),
    (
        5,
        "\"offer\": {\n\"to\": \"{to}\",\n\"sdp\": [\"{spd}\"]},",
        r#"line 7: "send.offer.sdp[0]" has {spd}; known here: {sdp} {description} {to} {type} {ours} {room} "#,
    ),
    (
        5,
        r#""offer": {"sdp": "{sdp}"},"#,
        r#"line 5: "send.offer" must hold one of: {to}, unless "addressing" is "pair" or "broadcast""#,
    ),
    (5, r#""offer": {"to": "{to}"},"#, r#"line 5: "send.offer" must hold one of: {sdp} {description}"#),
    (
        5,
        r#""offer": {"{to}": "{sdp}"},"#,
        r#"line 5: "send.offer.{to}" must not be a key; {json} can, and {id}, alone"#,
    ),
    (5, r#""ofer": {},"#, r#"line 5: "send.ofer" is none of: hello join "#),
    (10, "", r#"line 1: "offers" fits nobody: "#),
    (10, r#""peerJoined": "{id}","#, r#"line 1: "offers" fits nobody: "#),
    (
        10,
        r#""joined": ["a", {"b": "{id?} {x}"}],"#,
        r#"line 10: "receive.joined[1].b" has {x}; known here: "#,
    ),
    (
        11,
        r#""offer": {"sdp": "{sdp}"},"#,
        r#"line 11: "receive.offer" must hold one of: {from} {id}, unless "#,
    ),
    (
        11,
        r#""offer": {"from": "{from}", "sdp": "{sdp}", "x": "{ours?}"},"#,
        r#"line 3: "send.ours" is missing: write an example of one of: ours"#,
    ),
    (
        7,
        r#""candidate": {"to": "{to}", "candidate": "{line}"}, "ours": {"to": "{to}", "x": "{ours}"}"#,
        r#"line 5: "send.offer" must hold {ours}, as other messages here do"#,
    ),
    (
        11,
        r#""ping": 1, "offer": {"a": "{sdp}", "b": "{id}"},"#,
        r#"line 3: "send.pong" is missing: write an example of one of: pong"#,
    ),
];

#[test]
fn a_mistake_is_named_with_its_line_and_what_to_write_instead() {
    assert!(Mapping::parse(WHOLE).is_ok());
    for (line, instead, told) in MISTAKES.iter().chain(MISTAKES_IN_MESSAGES) {
        let error = problem(*line, instead);
        assert!(error.starts_with(told), "{instead}: {error}");
    }
}

#[test]
fn sizes_are_bounded() {
    let many = format!(r#""joined": [{}"{{peers}}"],"#, r#""{peers}","#.repeat(16));
    assert_eq!(problem(10, &many), r#"line 10: "receive.joined" has too many entries"#);
    let long = format!("{}{}", WHOLE, " ".repeat(64 * 1024));
    assert_eq!(Mapping::parse(&long).unwrap_err().to_string(), "is too long");
}

#[test]
fn only_single_words_in_braces_are_placeholders() {
    assert_eq!(split_at_placeholder("{a}"), Some(("", "a", "")));
    assert_eq!(split_at_placeholder("x{a}{b?}"), Some(("x", "a", "{b?}")));
    assert_eq!(split_at_placeholder("{\"sdp\": {c}}"), Some(("{\"sdp\": ", "c", "}")));
    assert_eq!(split_at_placeholder("{{c}"), Some(("{", "c", "")));
    assert_eq!(split_at_placeholder("{} {a b} {ä} {"), None);
    assert_eq!(split_at_placeholder(""), None);
}

#[test]
fn examples_are_filled() {
    let value = |placeholder: &str| match placeholder {
        "n" => Json::number(7),
        "t" => Json::text("x\"y"),
        _ => Json::Null,
    };
    for (example, filled) in [
        (
            r#"{"a": "{t}", "b": ["{n}", 1, null, true], "c": "{none}"}"#,
            r#"{"a":"x\"y","b":[7,1,null,true]}"#,
        ),
        (r#"{"a": "n={n} t={t}{none}", "b": null}"#, r#"{"a":"n=7 t=x\"y","b":null}"#),
        (r#"{"a": {"{json}": {"t": "{t}"}}}"#, r#"{"a":"{\"t\":\"x\\\"y\"}"}"#),
    ] {
        assert_eq!(fill(&parse_any(example).unwrap(), &value).to_string(), filled);
    }
}

/// What stands in the placeholders, and who is in the list; nothing if the message does not look like the example.
fn found(example: &str, message: &str) -> Option<String> {
    let mut found = Found::default();
    if !found.fits(&parse_any(example).unwrap(), &parse_any(message).unwrap()) {
        return None;
    }
    let people = found
        .participants
        .map(|participants| participants.iter().map(|one| one.encode()).collect::<Vec<_>>().join(" "));
    Some([found.fields.encode()].into_iter().chain(people).collect::<Vec<_>>().join(" + "))
}

#[test]
fn messages_are_held_against_examples() {
    for (example, message, told) in [
        (r#"{"t": "a", "n": 1}"#, r#"{"t": "a", "n": 1, "more": {}}"#, Some("{}")),
        (r#"{"t": "a"}"#, r#"{"t": "b"}"#, None),
        (r#"{"t": "a"}"#, r#"["a"]"#, None),
        (r#"{"t": "a"}"#, "null", None),
        (r#"{"ok": true}"#, r#"{"ok": false}"#, None),
        (r#"{"from": "{from}"}"#, r#"{"from": 12}"#, Some(r#"{"from":12}"#)),
        (r#"{"from": "{from}"}"#, r#"{"from": ""}"#, None),
        (r#"{"from": "{id}"}"#, r#"{"from": {"id": "x"}}"#, None),
        (r#"{"from": "{id?}"}"#, "{}", Some("{}")),
        (r#"{"x": "{any}"}"#, r#"{"x": [1]}"#, Some(r#"{"any":[1]}"#)),
        (r#"{"x": "{any}"}"#, r#"{"x": null}"#, None),
        (r#"["e", "{text}", 3]"#, r#"["e", "x", 3, 4]"#, Some(r#"{"text":"x"}"#)),
        (r#"["e", "{text}", 3]"#, r#"["e", "x"]"#, None),
        (r#"{"t": "{type}"}"#, r#"{"t": "Offer"}"#, Some(r#"{"type":"Offer"}"#)),
        (r#"["{id}"]"#, r#"["a", 2, null, {}]"#, Some(r#"{} + {"id":"a"} {"id":2}"#)),
        (r#"["{id}"]"#, "[]", Some("{} + ")),
        (r#"["{id}"]"#, "{}", None),
        (r#"[{"i": "{id}", "n": "{name?}"}]"#, r#"[{"i": "a"}, {"n": "b"}]"#, Some(r#"{} + {"id":"a"}"#)),
        (
            r#"{"{id}": {"n": "{name}"}}"#,
            r#"{"a": {"n": "A"}, "b": 3}"#,
            Some(r#"{} + {"name":"A","id":"a"}"#),
        ),
        (r#""{peers}""#, r#""a  b""#, Some(r#"{} + {"id":"a"} {"id":"b"}"#)),
        (r#""OK {peers}""#, r#""OK ""#, Some("{} + ")),
        (r#""OK {peers}""#, r#""OK""#, None),
        (r#""M {from} {text}""#, r#""M a b c""#, Some(r#"{"from":"a","text":"b c"}"#)),
        (r#""M {from} {text}!""#, r#""M a b! c!""#, Some(r#"{"from":"a","text":"b! c"}"#)),
        (r#""M {from} {text}!""#, r#""M a b c""#, None),
        (r#""M {from} {text}""#, r#""M a""#, None),
        (r#""M""#, r#""M a""#, None),
        (r#"{"m": {"{json}": {"t": "{text}"}}}"#, r#"{"m": "{\"t\":\"x\"}"}"#, Some(r#"{"text":"x"}"#)),
        (r#"{"m": {"{json}": {"t": "{text}"}}}"#, r#"{"m": "{"}"#, None),
        (r#"{"m": {"{json}": "{text}"}}"#, r#"{"m": {"{json}": "x"}}"#, None),
        (
            r#"{"c": "{line}", "l": "{sdpMLineIndex}"}"#,
            r#"{"c": "x", "l": 0}"#,
            Some(r#"{"line":"x","sdpMLineIndex":0}"#),
        ),
    ] {
        assert_eq!(found(example, message).as_deref(), told, "{example} {message}");
    }
}

fn document(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)).unwrap()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn names(kinds: &[Kind]) -> BTreeSet<&str> {
    kinds.iter().map(|kind| kind.name).collect()
}

#[test]
fn the_schema_knows_what_the_reader_knows() {
    let schema: Value = serde_json::from_str(&document("mapping.schema.json")).unwrap();
    let properties = &schema["properties"];
    assert_eq!(keys(properties), names(FILE));
    assert_eq!(schema["additionalProperties"], false);
    for (side, kinds) in [("send", SEND), ("receive", RECEIVE)] {
        assert_eq!(keys(&properties[side]["properties"]), names(kinds), "{side}");
        assert_eq!(properties[side]["additionalProperties"], false, "{side}");
    }
    for field in FILE {
        let (key, words) = (field.name, field.value_type.split(' ').collect::<Vec<_>>());
        if words[0].len() < 3 {
            continue;
        }
        assert_eq!(properties[key]["enum"], serde_json::json!(words), "{key}");
        assert_eq!(properties[key]["default"], words[0], "{key}");
    }
}

#[test]
fn the_reference_explains_every_key_and_placeholder() {
    let text = document("mapping.md");
    let explains = |word: &str| text.lines().any(|line| line.starts_with('|') && line.contains(word));
    for key in names(FILE).into_iter().chain(names(SEND)).chain(names(RECEIVE)) {
        assert!(explains(&format!("`{key}`")), "{key}");
    }
    let placeholders = SEND
        .iter()
        .chain(RECEIVE)
        .flat_map(|kind| [kind.required, kind.peer, kind.optional, kind.always_allowed()]);
    for placeholder in placeholders.flat_map(str::split_whitespace) {
        assert!(explains(&format!("`{placeholder}`")), "{placeholder}");
    }
}

#[test]
fn the_examples_of_the_reference_are_whole() {
    let text = document("mapping.md");
    let blocks = text.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let files: Vec<&str> = blocks.filter(|block| block.contains("\"send\"")).collect();
    assert_eq!(files.len(), 3);
    for file in files {
        assert_eq!(Mapping::parse(file).map_err(|error| error.in_text(file)).err(), None);
    }
}
