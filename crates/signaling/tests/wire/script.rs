//! How transcripts are written, for both ends.
//!
//! One step per line; lines that are empty or start with `#` are for people. In every line, `{id:ann}` is Ann's id,
//! `{secret:ann}` her identity, and `{300*x}` is `x` three hundred times.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::participant_id;

/// The transcripts of both ends.
const TRANSCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../signaling/tests/transcripts/visavis");

/// A line with its number, for failures.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) number: usize,
    pub(crate) text: String,
}

/// All transcripts of one end, in order.
pub(crate) fn transcripts(folder: &str) -> Vec<(PathBuf, Vec<Line>)> {
    let folder = Path::new(TRANSCRIPTS).join(folder);
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    let read = |path: PathBuf| {
        let lines = lines(&fs::read_to_string(&path).unwrap());
        (path, lines)
    };
    paths.into_iter().map(read).collect()
}

/// The steps of a transcript.
pub(crate) fn lines(text: &str) -> Vec<Line> {
    let steps = text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    steps.map(|(index, line)| Line { number: index + 1, text: expand(line) }).collect()
}

fn expand(line: &str) -> String {
    let (mut expanded, mut rest) = (String::new(), line);
    while let Some(start) = rest.find('{') {
        expanded.push_str(&rest[..start]);
        rest = &rest[start..];
        let (text, taken) = placeholder(rest).unwrap_or_else(|| ("{".to_owned(), 1));
        expanded.push_str(&text);
        rest = &rest[taken..];
    }
    expanded + rest
}

/// What stands for the placeholder at the start of `text`, and how long that placeholder is.
fn placeholder(text: &str) -> Option<(String, usize)> {
    let inside = &text[1..text.find('}')?];
    if let Some(name) = inside.strip_prefix("id:") {
        return Some((participant_id(&secret(name)).to_string(), inside.len() + 2));
    }
    if let Some(name) = inside.strip_prefix("secret:") {
        return Some((secret(name), inside.len() + 2));
    }
    let (count, _) = inside.split_once('*')?;
    let count: usize = count.parse().ok()?;
    // What is repeated may hold braces itself: the placeholder ends with the last of them.
    let what = &text[text.find('*')? + 1..];
    let mut depth = 1;
    let end = what.find(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        depth == 0
    });
    let end = end.unwrap_or(what.find('}')?);
    Some((what[..end].repeat(count), text.len() - what.len() + end + 1))
}

fn secret(name: &str) -> String {
    format!("{name:->32}")
}

/// Whether a frame says what the transcript says. `"*"` stands for any text, and `*` alone for any frame.
pub(crate) fn agrees(frame: &Value, expected: &str) -> bool {
    expected == "*" || same(frame, &serde_json::from_str(expected).unwrap())
}

fn same(value: &Value, expected: &Value) -> bool {
    match (value, expected) {
        (Value::String(_), Value::String(any)) if any == "*" => true,
        (Value::Object(value), Value::Object(expected)) => {
            value.len() == expected.len()
                && expected.iter().all(|(key, expected)| value.get(key).is_some_and(|v| same(v, expected)))
        }
        _ => value == expected,
    }
}

#[test]
fn placeholders() {
    assert_eq!(expand(r#"{"a":"{3*x}"}"#), r#"{"a":"xxx"}"#);
    assert_eq!(expand(r#"[{2*{"a":1},}7]"#), r#"[{"a":1},{"a":1},7]"#);
    assert_eq!(expand(r#"{2*{"a":}"#), r#"{"a":{"a":"#);
    assert_eq!(expand("{secret:ann}").len(), 32);
}
