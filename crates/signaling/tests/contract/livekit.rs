//! LiveKit's frames are binary: what transcripts show as text, a server must be able to say.

use visavis_signaling::DialectInput;
use visavis_signaling::dialects::livekit::wire;
use visavis_signaling::json::{self, Json};
use visavis_signaling::limits::MAX_PARTICIPANTS;

use crate::bounds::in_a_call;
use crate::script::server_frames;
use crate::transcripts::foreign;

/// Many more than a room has.
const CROWD: usize = 4 * MAX_PARTICIPANTS;

#[test]
fn frames_of_transcripts_can_be_written_as_protobuf() {
    for frame in server_frames("livekit") {
        if !matches!(json::parse(&frame), Ok(Json::Object(_))) {
            continue;
        }
        let bytes = wire::response_bytes(&frame).unwrap_or_else(|error| panic!("{frame}: {error}"));
        let again = wire::response_text(&bytes).unwrap();
        assert_eq!(wire::response_bytes(&again), Ok(bytes), "{frame}");
    }
}

/// Its transcripts join now and then, so that a crowd never gathers while they are repeated.
#[test]
fn a_crowd_is_bounded_however_it_comes() {
    let case = foreign().into_iter().find(|case| case.name == "livekit").unwrap();
    let people = (0..CROWD).map(|at| {
        let track = format!(r#"{{"sid":"TR_{at}","source":"MICROPHONE"}}"#);
        format!(r#"{{"sid":"PA_{at}","identity":"{at}","tracks":[{track}]}}"#)
    });
    let people = people.collect::<Vec<_>>().join(",");
    let tracks = (0..CROWD).map(|at| format!(r#""{at}":"TR_{at}""#)).collect::<Vec<_>>().join(",");
    let update = format!(r#"{{"update":{{"participants":[{people}]}}}}"#);
    let join = format!(
        r#"{{"join":{{"participant":{{"sid":"PA_x","identity":"x"}},"otherParticipants":[{people}]}}}}"#
    );
    let offer = format!(r#"{{"offer":{{"type":"offer","sdp":"v=0\r\n","midToTrackId":{{{tracks}}}}}}}"#);
    for frames in [[&update, &offer], [&join, &offer]] {
        let mut player = in_a_call(&case);
        for frame in frames {
            player.input(DialectInput::Frame(frame.clone()));
        }
        let is_person = |line: &&String| line.starts_with("= enters") || line.starts_with("= is here");
        assert!(player.lines.iter().filter(is_person).count() <= MAX_PARTICIPANTS, "{:?}", player.lines);
        let carried = player.lines.last().unwrap().matches(" of ").count();
        assert!(carried <= MAX_PARTICIPANTS, "{carried} tracks");
    }
}
