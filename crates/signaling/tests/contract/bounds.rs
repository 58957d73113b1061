//! Frames that nobody should send: no dialect panics, answers without measure, or dies of them.

use std::time::Duration;

use visavis_signaling::limits::{MAX_FRAME_BYTES, MAX_PARTICIPANTS};
use visavis_signaling::{DialectInput, MediaState, Outbound};

use crate::mutate::{Random, mutate};
use crate::player::Player;
use crate::script::{expand, files, server_frames, steps};
use crate::transcripts::{Case, foreign, visavis};

const ROUNDS: usize = 4_000;
/// Most that may follow from one frame: a whole roster, and each of them announced.
const MOST: usize = 2 * MAX_PARTICIPANTS + 8;

const PIECES: [&str; 12] =
    ["null", "{}", "[]", "-1", "1e308", "4294967296", "\"\"", "\\u0000", "\\ud800", "\"type\":", "42[", "40"];

/// A dialect that is as far in a call as its first transcript leads.
pub(crate) fn in_a_call(case: &Case) -> Player {
    let mut player = Player::new(case);
    if case.name != "visavis" {
        let text = std::fs::read_to_string(&files(&case.name)[0]).unwrap();
        let inputs = steps(&text).into_iter().filter(|step| !matches!(step.mark, '>' | '='));
        inputs.for_each(|step| player.perform(&step));
    }
    player.lines.clear();
    player
}

#[test]
fn nearly_right_frames_do_no_harm() {
    for case in foreign() {
        let frames = server_frames(&case.name);
        let (mut player, mut random) = (in_a_call(&case), Random(7));
        for round in 0..ROUNDS {
            let frame = mutate(&frames[random.below(frames.len())], &PIECES, &mut random);
            player.input(DialectInput::Frame(frame.clone()));
            let answers = player.lines.len();
            assert!(answers <= MOST, "{}, round {round}: {answers} answers to {frame}", case.name);
            player.lines.clear();
            if round % 64 == 0 {
                player.wait(Duration::from_secs(3));
                player.lines.clear();
            }
        }
    }
}

#[test]
fn what_is_no_message_is_ignored() {
    let deep = "[".repeat(100_000);
    for case in visavis().into_iter().chain(foreign()) {
        let mut player = in_a_call(&case);
        for frame in ["", " ", "x", "null", "[]", "7", "\"x\"", "{", "42", "42[]", "\u{0}", deep.as_str()] {
            player.input(DialectInput::Frame(frame.to_owned()));
            let harmless = |line: &String| line == "= misunderstood";
            assert!(player.lines.iter().all(harmless), "{} {frame:.20}: {:?}", case.name, player.lines);
            player.lines.clear();
        }
    }
}

/// The room tells a dialect that it leaves even while the socket is lost.
#[test]
fn without_a_socket_nothing_is_said() {
    for case in foreign() {
        let mut player = in_a_call(&case);
        player.input(DialectInput::Closed);
        player.lines.clear();
        player.input(DialectInput::Send(Outbound::Leave));
        assert!(!player.lines.iter().any(|line| line.starts_with('>')), "{}: {:?}", case.name, player.lines);
    }
}

#[test]
fn hostile_sizes_change_nothing() {
    for case in foreign() {
        let mut player = in_a_call(&case);
        for frame in server_frames(&case.name) {
            // Every text of the frame grows beyond all limits, one at a time.
            for (at, _) in frame.match_indices('"') {
                let mut huge = frame.clone();
                huge.insert_str(at, &"x".repeat(MAX_FRAME_BYTES));
                player.input(DialectInput::Frame(huge));
                assert_eq!(player.lines, ["= misunderstood"], "{}: {frame}", case.name);
                player.lines.clear();
            }
        }
    }
}

#[test]
fn a_crowd_of_strangers_is_bounded() {
    for case in foreign() {
        let mut player = in_a_call(&case);
        let frames = server_frames(&case.name);
        let mut entered = 0_usize;
        for round in 0..1000 {
            for frame in &frames {
                // Ids of all kinds grow a number, so that everybody is new.
                let frame = frame.replace("-theirs", &format!("-theirs{round}"));
                player.input(DialectInput::Frame(frame));
                for line in &player.lines {
                    match line.split(' ').nth(1) {
                        Some("enters") => entered += 1,
                        Some("left") => entered = entered.saturating_sub(1),
                        // The room forgets everybody.
                        Some("joined" | "rejected") => entered = 0,
                        _ => {}
                    }
                }
                assert!(entered <= MAX_PARTICIPANTS, "{}: {entered} people", case.name);
                player.lines.clear();
            }
        }
    }
}

/// Servers that mean well repeat to everybody, and some of them to the sender too.
#[test]
fn our_own_echo_is_not_somebody() {
    for case in foreign() {
        for file in files(&case.name) {
            let mut player = Player::new(&case);
            for step in steps(&std::fs::read_to_string(file).unwrap()) {
                if matches!(step.mark, '>' | '=') {
                    continue;
                }
                player.perform(&step);
                for line in std::mem::take(&mut player.lines) {
                    let Some(frame) = line.strip_prefix("> ") else { continue };
                    player.input(DialectInput::Frame(player.echo(&expand(frame))));
                    let talks = |line: &String| {
                        ["= enters", "= offer", "= answer", "= candidate"]
                            .iter()
                            .any(|word| line.starts_with(word))
                    };
                    let lines = std::mem::take(&mut player.lines);
                    assert!(!lines.iter().any(talks), "{}: {frame} came back as {lines:?}", case.name);
                }
            }
        }
    }
}

/// Whoever needs another socket to join hears nothing more on the old one, and says nothing there: it would be heard as the
/// word of somebody who is not there any more.
#[test]
fn a_socket_that_is_about_to_be_replaced_is_over() {
    let mut replaced = Vec::new();
    for case in foreign() {
        let room = DialectInput::Send(Outbound::Join {
            room: "tea".into(),
            name: "Ann".into(),
            media: MediaState::default(),
            offers: Vec::new(),
        });
        let moves = |frames: &[String]| {
            let mut player = Player::new(&case);
            player.step(DialectInput::Opened);
            player.lines.clear();
            player.step(room.clone());
            let moved = player.lines.iter().any(|line| line == "= moved");
            frames.iter().for_each(|frame| player.step(DialectInput::Frame(frame.clone())));
            player.wait(Duration::ZERO);
            moved.then_some(player.lines)
        };
        if moves(&[]).is_some() {
            let frames = server_frames(&case.name);
            assert_eq!(moves(&frames), Some(vec!["= moved".to_owned()]), "{}", case.name);
            replaced.push(case.name);
        }
    }
    assert!(replaced.iter().any(|name| name == "peerjs"), "{replaced:?}");
}
