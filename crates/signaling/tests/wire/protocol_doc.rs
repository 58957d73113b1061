//! The reference for outsiders says what the code does.

use visavis_signaling::RejectCode;
use visavis_signaling::dialects::visavis::messages::{ClientMessage, ServerMessage, VERSION};
use visavis_signaling::limits;

use crate::document::{blocks, document};
use crate::script;

/// The cells of the rows under a heading; the head of the table and the line below it are left out.
fn rows(document: &str, heading: &str) -> Vec<Vec<String>> {
    let section = document.split(&format!("\n## {heading}\n")).nth(1).unwrap().split("\n## ").next().unwrap();
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
    let rows = section.lines().filter(|line| line.starts_with('|')).map(cells);
    rows.filter(|row: &Vec<String>| row[0] != "-" && !["what", "code"].contains(&row[0].as_str())).collect()
}

fn value_of(frame: &str) -> serde_json::Value {
    serde_json::from_str(frame).unwrap()
}

fn type_of(frame: &str) -> String {
    value_of(frame)["type"].as_str().unwrap().to_owned()
}

#[test]
fn every_json_example_says_its_direction() {
    let document = document();
    let all = document.matches("```json").count();
    assert_eq!(all, blocks(&document, "json client").len() + blocks(&document, "json server").len());
}

#[test]
fn examples_of_clients_are_understood() {
    let document = document();
    let mut types = Vec::new();
    for example in blocks(&document, "json client") {
        let message = ClientMessage::decode(example).unwrap_or_else(|e| panic!("{example}: {e}"));
        assert!(script::agrees(&value_of(&message.encode()), example), "{example}");
        types.push(type_of(example));
    }
    types.dedup();
    assert_eq!(types, ["join", "description", "candidate", "media", "deposit", "leave", "check", "pong"]);
}

#[test]
fn examples_of_servers_are_understood() {
    let document = document();
    let mut types = Vec::new();
    for example in blocks(&document, "json server") {
        let message = ServerMessage::decode(example).unwrap_or_else(|e| panic!("{example}: {e}"));
        assert!(script::agrees(&value_of(&message.expect("known").encode()), example), "{example}");
        types.push(type_of(example));
    }
    types.dedup();
    let all = ["joined", "participant-joined", "participant-left", "description", "candidate", "media"];
    assert_eq!(types, [&all[..], &["ice-servers", "error", "ping"]].concat());
}

#[test]
fn the_table_of_errors_is_whole_and_true() {
    let rows = rows(&document(), "Errors");
    let documented: Vec<_> = rows.iter().map(|row| row[0].trim_matches('`').to_owned()).collect();
    let known = RejectCode::all().filter(|code| *code != RejectCode::Unknown);
    assert_eq!(documented, known.map(RejectCode::as_str).collect::<Vec<_>>());
    for row in rows {
        let code = RejectCode::from_name(row[0].trim_matches('`'));
        assert!(["yes", "no"].contains(&row[1].as_str()), "{row:?}");
        assert_eq!(row[2] == "yes", code.is_final(), "{row:?}");
    }
}

#[test]
fn the_table_of_limits_is_whole_and_true() {
    let limits = [
        limits::MAX_FRAME_BYTES,
        limits::MAX_SDP_BYTES,
        limits::MAX_CANDIDATE_BYTES,
        limits::MAX_ROOM_CHARS,
        limits::MAX_NAME_CHARS,
        limits::MAX_ID_BYTES,
        limits::MIN_IDENTITY_BYTES,
        limits::MAX_IDENTITY_BYTES,
        limits::MAX_JOIN_OFFERS,
        limits::MAX_EARLY_OFFER_BYTES,
        limits::MAX_SESSION_BYTES,
        limits::MAX_BACKLOG_MESSAGES,
        limits::MAX_BACKLOG_BYTES,
        limits::MAX_PARTICIPANTS,
        limits::MAX_ICE_SERVERS,
        limits::MAX_ICE_FIELD_BYTES,
        limits::MAX_ERROR_CHARS,
    ];
    let documented = rows(&document(), "Limits");
    let documented =
        documented.iter().map(|row| row[1].parse::<usize>().unwrap_or_else(|_| panic!("{row:?}")));
    // The rest is the server's own, and compared there.
    assert_eq!(documented.take(limits.len()).collect::<Vec<_>>(), limits);
}

#[test]
fn the_document_is_of_this_version() {
    assert!(document().starts_with(&format!("# The visavis signaling protocol, version {VERSION}\n")));
}
