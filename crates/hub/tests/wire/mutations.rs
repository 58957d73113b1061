//! Frames that are nearly right: whatever clients send, the rooms go on, and say little.

use visavis_hub::{ClientId, Hub, HubConfig};
use visavis_signaling::Timestamp;
use visavis_signaling::limits::MAX_BACKLOG_MESSAGES;

use crate::frames::NearlyRight;
use crate::mutate::Random;

const ROUNDS: u64 = 40_000;

#[test]
fn nearly_right_frames_do_no_harm() {
    let mut frames = NearlyRight::new();
    let mut random = Random(2);
    let mut hub = Hub::new(HubConfig::default(), Timestamp::from_millis(0));
    for round in 0..ROUNDS {
        let frame = frames.next_frame();
        hub.on_frame(ClientId(round % 16), &frame);
        let answers = std::iter::from_fn(|| hub.poll_output()).count();
        // Whoever takes a session up is told what it missed.
        let missed = if frame.contains("\"heard\"") { MAX_BACKLOG_MESSAGES } else { 0 };
        assert!(answers <= 16 + missed, "round {round}: {answers} answers to {frame}");
        if round % 64 == 0 {
            hub.on_disconnected(ClientId(random.next() % 16));
        }
    }
}
