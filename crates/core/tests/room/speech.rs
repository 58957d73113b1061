//! Who speaks, and who is the one that a spotlight follows.

use visavis_core::signaling::{ForwardedTrack, SfuConnectionId, SfuSignal};

use crate::sfu::{connections, publisher, room};
use crate::*;

fn speak(harness: &mut Harness, connection: u32, mids: &[&str]) {
    let mids = mids.iter().map(|mid| (*mid).to_owned()).collect();
    let effects = harness.event(connection, ConnectionEvent::Speech(mids));
    assert_eq!(effects, [], "nothing is done about it");
}

/// The ids of those who speak, and of the active speaker.
fn speaking(harness: &Harness) -> (Vec<String>, Option<String>) {
    let view = harness.room.view();
    let speaking = view.participants.iter().filter(|them| them.speaking);
    let active = view.active_speaker.map(|id| id.as_str().to_owned());
    (speaking.map(|them| them.id.as_str().to_owned()).collect(), active)
}

fn are(speaking: &[&str], active: &str) -> (Vec<String>, Option<String>) {
    let active = Some(active.to_owned()).filter(|active| !active.is_empty());
    (speaking.iter().map(|id| (*id).to_owned()).collect(), active)
}

/// In a call with "a" and "b", connected to both.
fn call() -> Harness {
    let (mut harness, _) = Harness::joined(&["a", "b"]);
    for connection in [0, 1] {
        harness.event(connection, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    }
    harness
}

#[test]
fn the_active_speaker_stays_it_while_they_speak_and_through_silence() {
    let mut harness = call();
    assert_eq!(speaking(&harness), are(&[], ""));
    speak(&mut harness, 1, &["0"]);
    assert_eq!(speaking(&harness), are(&["b"], "b"));
    speak(&mut harness, 0, &["0"]);
    assert_eq!(speaking(&harness), are(&["a", "b"], "b"), "whoever interrupts waits");
    speak(&mut harness, 1, &[]);
    assert_eq!(speaking(&harness), are(&["a"], "a"));
    speak(&mut harness, 0, &[]);
    assert_eq!(speaking(&harness), are(&[], "a"), "nobody speaks, and nothing jumps");
    harness.receive(Inbound::Roster(RosterSignal::Left(id("a"))));
    assert_eq!(speaking(&harness), are(&[], ""));
}

#[test]
fn the_sound_of_a_screen_is_nobody_s_voice() {
    let mut harness = call();
    let sdp = "v=0\r\na=ice-ufrag:v\r\na=tool:visavis\r\nm=audio 9 X 0\r\na=mid:0\r\nm=video 9 X 0\r\na=mid:1\r\n\
               m=audio 9 X 0\r\na=mid:3\r\na=content:slides\r\na=sendonly\r\n";
    let offer = SessionDescription { sdp_type: SdpType::Offer, sdp: sdp.to_owned() };
    let answer = SessionDescription { sdp_type: SdpType::Answer, sdp: sdp.to_owned() };
    harness.event(0, ConnectionEvent::LocalDescriptionSet(Ok(offer)));
    harness.receive(Inbound::description(id("a"), 0, answer));
    harness.event(0, ConnectionEvent::RemoteDescriptionSet(Ok(())));
    speak(&mut harness, 0, &["3"]);
    assert_eq!(speaking(&harness).1, None);
    speak(&mut harness, 0, &["3", "0"]);
    assert_eq!(speaking(&harness).1.as_deref(), Some("a"));
}

#[test]
fn on_a_server_that_forwards_the_sections_tell_who_it_is() {
    let mut harness = room();
    harness.receive(connections(&[publisher(0)]));
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    let track =
        |mid: &str, of: &str, source| ForwardedTrack { mid: mid.to_owned(), publisher: id(of), source };
    let tracks = vec![
        track("4", "a", Source::ScreenAudio),
        track("5", "a", Source::Microphone),
        track("6", "b", Source::Microphone),
    ];
    harness.receive(Inbound::Sfu(SfuSignal::Tracks { connection: SfuConnectionId(0), tracks }));
    speak(&mut harness, 0, &["4"]);
    assert_eq!(speaking(&harness).1, None);
    speak(&mut harness, 0, &["4", "6", "7"]);
    assert_eq!(speaking(&harness), are(&["b"], "b"));
    speak(&mut harness, 0, &["5"]);
    assert_eq!(speaking(&harness), are(&["a"], "a"));
    speak(&mut harness, 7, &["6"]);
    assert_eq!(speaking(&harness), are(&["a"], "a"), "a connection that is gone says nothing");
}

/// Of somebody whom it forwards no levels of, only the server can say so.
#[test]
fn a_server_that_says_who_speaks_is_believed() {
    let mut harness = room();
    harness.receive(connections(&[publisher(0)]));
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    let track =
        |mid: &str, of| ForwardedTrack { mid: mid.to_owned(), publisher: id(of), source: Source::Microphone };
    let tracks = vec![track("5", "a"), track("6", "b")];
    harness.receive(Inbound::Sfu(SfuSignal::Tracks { connection: SfuConnectionId(0), tracks }));
    let speakers =
        |names: &[&str]| Inbound::Sfu(SfuSignal::Speakers(names.iter().map(|name| id(name)).collect()));
    harness.receive(speakers(&["b", "z"]));
    assert_eq!(speaking(&harness), are(&["b"], "b"));
    speak(&mut harness, 0, &[]);
    assert_eq!(speaking(&harness), are(&["b"], "b"), "it knows better");
    harness.receive(speakers(&["a"]));
    assert_eq!(speaking(&harness), are(&["a"], "a"));
    harness.receive(speakers(&[]));
    assert_eq!(speaking(&harness), are(&[], "a"));
}
