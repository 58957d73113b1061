//! How transcripts are written.
//!
//! One step per line; lines that are empty or start with `#` are for people.
//!
//! - `< frame`: the server sends this.
//! - `> frame`: we send this.
//! - `= signal`: the room receives this.
//! - `+ words`: the room sends this.
//! - `! opened`, `! closed`: what happens to the socket. `! url` is where the next one would go.
//! - `! token status body`: whoever gives out access tokens answers this.
//! - `% settings`: another page, with these settings of `signaling` in `config.json`.
//! - `@ millis`: the time from here on.
//!
//! In a frame, `{a}` is the SDP of the session `a`, and `{a:1}` its first candidate; so for all letters up to `h`. `{a+camera}` is that
//! SDP with one section more, in which we send a camera; of several sources, each has one ([`SOURCES`]). `{me}` is our id in an
//! `x`, and `{nothing}` a media state in which nothing is sent.

use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};

/// The letters that stand for sessions. The later one sorts higher.
const SESSIONS: &str = "abcdefgh";

/// What a description says that it sends, beside the section that all of them have, and the kind of each.
const SOURCES: [(&str, &str); 3] = [("microphone", "audio"), ("camera", "video"), ("screen", "video")];

/// A step of a transcript, with its number for failures.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) number: usize,
    pub(crate) mark: char,
    pub(crate) text: String,
}

/// The folder of a dialect.
pub(crate) fn folder(dialect: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts").join(dialect)
}

/// All transcripts of a dialect, in order.
pub(crate) fn files(dialect: &str) -> Vec<PathBuf> {
    let folder = folder(dialect);
    let entries = fs::read_dir(&folder).unwrap_or_else(|_| panic!("{} has no transcripts", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The steps of a transcript.
pub(crate) fn steps(text: &str) -> Vec<Step> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let step = |(index, line): (usize, &str)| Step {
        number: index + 1,
        mark: line.chars().next().unwrap(),
        text: line.chars().skip(2).collect(),
    };
    lines.map(step).collect()
}

/// The frames that the server sends in all transcripts of a dialect.
pub(crate) fn server_frames(dialect: &str) -> Vec<String> {
    let texts = files(dialect).into_iter().map(|file| fs::read_to_string(file).unwrap());
    let steps = texts.flat_map(|text| steps(&text));
    steps.filter(|step| step.mark == '<').map(|step| expand(&step.text)).collect()
}

/// The SDP of a session.
pub(crate) fn sdp(session: char) -> String {
    let number = 1000 + u32::from(session);
    format!(
        "v=0\r\no=- {number} 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:uf{session}\r\n"
    )
}

/// The SDP of a session, with a section more for each of the sources behind it (`a+microphone+camera`).
pub(crate) fn described(words: &str) -> String {
    let mut words = words.split('+');
    let session = words.next().and_then(|letter| letter.chars().next()).unwrap();
    let section = |(number, source): (usize, &str)| {
        let (_, kind) = SOURCES.iter().find(|(name, _)| *name == source).unwrap();
        let content = if source == "screen" { "a=content:slides\r\n" } else { "" };
        let mid = number + 1;
        format!(
            "m={kind} 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:{mid}\r\na=msid:- {source}-track\r\n{content}a=sendonly\r\n"
        )
    };
    [sdp(session)].into_iter().chain(words.enumerate().map(section)).collect()
}

/// The line of a candidate.
pub(crate) fn candidate(session: char, number: char) -> String {
    format!("candidate:{number} 1 udp 1 192.0.2.{number} 9 typ host ufrag uf{session}")
}

/// A text as it stands in JSON.
fn escaped(text: &str) -> String {
    text.replace('\r', "\\r").replace('\n', "\\n")
}

/// The descriptions of a session by their names, the longest first, because the others are in it.
fn descriptions(session: char) -> Vec<String> {
    let with = |set: usize| {
        let listed = SOURCES.iter().enumerate().filter(|(bit, _)| set & (1 << bit) != 0);
        let sources: String = listed.map(|(_, (source, _))| ["+", source].concat()).collect();
        format!("{session}{sources}")
    };
    let mut names: Vec<_> = (0..1 << SOURCES.len()).map(with).collect();
    names.sort_by_key(|name| Reverse(described(name).len()));
    names
}

fn shorthands() -> impl Iterator<Item = (String, String)> {
    let sessions = SESSIONS.chars().flat_map(move |session| {
        let candidates = ('1'..='4').map(move |n| (format!("{{{session}:{n}}}"), candidate(session, n)));
        let names = descriptions(session).into_iter();
        candidates.chain(names.map(|name| (format!("{{{name}}}"), escaped(&described(&name)))))
    });
    let nothing = r#"{"microphone":false,"camera":false,"screen":false}"#;
    let extension = [("{me}", "0123456789abcdef"), ("{nothing}", nothing)];
    sessions.chain(extension.map(|(short, long)| (short.to_owned(), long.to_owned())))
}

/// A frame as it is on the wire.
pub(crate) fn expand(text: &str) -> String {
    shorthands().fold(text.to_owned(), |text, (short, long)| text.replace(&short, &long))
}

/// A frame as transcripts write it.
pub(crate) fn shorten(text: &str) -> String {
    shorthands().fold(text.to_owned(), |text, (short, long)| text.replace(&long, &short))
}

#[test]
fn frames_survive_being_shortened() {
    let frame = r#"{"sdp":"{a}a={a:1}\r\n","other":["{b:2}","{c+camera}","{c+microphone+screen}"]}"#;
    assert_ne!(expand(frame), frame);
    assert_eq!(shorten(&expand(frame)), frame);
}
