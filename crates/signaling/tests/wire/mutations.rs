//! Frames that are nearly right: no reader may panic, and what it does understand must survive being said again.

use visavis_signaling::dialects::visavis::Visavis;
use visavis_signaling::dialects::visavis::messages::{ClientMessage, ServerMessage};
use visavis_signaling::{Dialect, DialectInput, Timestamp, json};

use crate::frames::NearlyRight;

const ROUNDS: u64 = 40_000;

fn survives(frame: &str) {
    if let Ok(message) = ClientMessage::decode(frame) {
        assert_eq!(ClientMessage::decode(&message.encode()), Ok(message), "{frame}");
    }
    if let Ok(Some(message)) = ServerMessage::decode(frame) {
        assert_eq!(ServerMessage::decode(&message.encode()), Ok(Some(message)), "{frame}");
    }
}

/// Our reader and serde_json find the same in a text. They differ on purpose in two things, which are left out here:
/// halves of surrogate pairs, and numbers beyond what a double holds.
fn reads_like_serde(frame: &str) {
    let lone_or_huge = |error: &str| frame.contains("\\ud8") || error.contains("out of range");
    match (json::parse(frame), serde_json::from_str::<serde_json::Value>(frame)) {
        (Ok(value), Ok(expected)) => {
            let again: serde_json::Value = serde_json::from_str(&value.to_string()).unwrap();
            assert_eq!(again, expected, "{frame}");
        }
        (Ok(_), Err(error)) => assert!(lone_or_huge(&error.to_string()), "{frame}: serde_json says {error}"),
        (Err(error), Ok(expected)) => assert!(!expected.is_object(), "{frame}: {error}"),
        (Err(_), Err(_)) => {}
    }
}

#[test]
fn nearly_right_frames_do_no_harm() {
    let mut frames = NearlyRight::new();
    let mut dialect = Visavis::new("ws://example.org/ws", "x".repeat(32));
    let mut out = Vec::new();
    for round in 0..ROUNDS {
        let frame = frames.next_frame();
        survives(&frame);
        reads_like_serde(&frame);
        dialect.handle(Timestamp::from_millis(round), DialectInput::Frame(frame), &mut out);
        assert!(out.len() <= 1, "round {round}: {out:?}");
        out.clear();
    }
}
