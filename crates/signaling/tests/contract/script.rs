//! How transcripts are written.
//!
//! One step per line; lines that are empty or start with `#` are for people.
//!
//! - `< frame`: the server sends this.
//! - `> frame`: we send this.
//! - `= signal`: the room receives this.
//! - `+ words`: the room sends this.
//! - `! opened`, `! closed`: what happens to the socket. `! url` is where the next one would go.
//! - `@ millis`: the time from here on.
//!
//! In a frame, `{a}` is the SDP of the session `a`, and `{a:1}` its first candidate; so for all letters up to `h`. `{me}` is
//! our id in an `x`, and `{nothing}` a media state in which nothing is sent.

use std::fs;
use std::path::{Path, PathBuf};

/// The letters that stand for sessions. The later one sorts higher.
const SESSIONS: &str = "abcdefgh";

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

/// The line of a candidate.
pub(crate) fn candidate(session: char, number: char) -> String {
    format!("candidate:{number} 1 udp 1 192.0.2.{number} 9 typ host ufrag uf{session}")
}

fn shorthands() -> impl Iterator<Item = (String, String)> {
    let escaped = |text: String| text.replace('\r', "\\r").replace('\n', "\\n");
    let sessions = SESSIONS.chars().flat_map(move |session| {
        let candidates = ('1'..='4').map(move |n| (format!("{{{session}:{n}}}"), candidate(session, n)));
        candidates.chain([(format!("{{{session}}}"), escaped(sdp(session)))])
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
    let frame = r#"{"sdp":"{a}a={a:1}\r\n","other":["{b:2}"]}"#;
    assert_ne!(expand(frame), frame);
    assert_eq!(shorten(&expand(frame)), frame);
}
