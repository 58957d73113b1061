//! How much is written down, and what goes first when there is no more room.

use std::time::Duration;

use visavis_signaling::json::{self, Json};

use super::*;
use crate::input::{MediaEvent, SocketEvent, TrackId};

#[test]
fn an_entry_is_json_without_zeros_at_the_end() {
    assert_eq!(
        entry("word", &[1, 0, 2, 0], [("a", "\"x\""), ("b", "")]),
        r#"["word",1,0,2,{"a":"\"x\""},{"b":""}]"#
    );
    assert_eq!(entry("word", &[0], []), r#"["word"]"#);
}

#[test]
fn a_long_call_takes_no_more_memory() {
    let mut recorder = Recorder::new(&entry("made", &[7], [("about", "Firefox")]));
    let capacity = |recorder: &Recorder| recorder.parts.each_ref().map(String::capacity);
    let before = capacity(&recorder);
    let mut now = Timestamp::default();
    for track in 0..50_000 {
        now = now + Duration::from_secs(1);
        recorder.input(now, &Input::Media(MediaEvent::TrackEnded(TrackId(track))));
        if track % 1000 == 0 {
            recorder.input(now, &Input::Socket(SocketEvent::Frame("x".repeat(40_000))));
        }
    }
    assert_eq!(capacity(&recorder), before);
    let lines: Vec<_> = recorder.lines().map(|line| json::parse_any(line).unwrap()).collect();
    assert!(
        matches!(&lines[0], Json::List(header) if header[0] == Json::text("made")),
        "the header is always there"
    );
    assert_eq!(lines.iter().filter(|line| **line == Json::Null).count(), 1, "one gap");
    let Some(Json::List(last)) = lines.last() else { panic!("an input") };
    assert_eq!(last[2], Json::number(49_999), "the end is always there");
    assert!(lines.len() > 6000, "{}", lines.len());
}
