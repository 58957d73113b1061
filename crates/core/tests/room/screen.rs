//! A screen that is shared beside the camera.

use visavis_core::{CaptureId, MediaEffect, MediaEvent, MediaKind, TrackId};

use crate::*;

const SCREEN: TrackId = TrackId(80);

/// What a Visavis page says of its sections: microphone, camera, and a screen if it shares one.
fn visavis(sdp_type: SdpType, shares: bool) -> SessionDescription {
    let screen = "m=video 9 X 0\r\na=mid:2\r\na=content:slides\r\na=sendonly\r\n";
    let first =
        "v=0\r\na=ice-ufrag:v\r\na=tool:visavis\r\nm=audio 9 X 0\r\na=mid:0\r\nm=video 9 X 0\r\na=mid:1\r\n";
    let sdp = if shares { [first, screen].concat() } else { first.to_owned() };
    SessionDescription { sdp_type, sdp }
}

fn naive(sdp_type: SdpType) -> SessionDescription {
    let SessionDescription { sdp, .. } = visavis(sdp_type, false);
    SessionDescription { sdp_type, sdp: sdp.replace("a=tool:visavis\r\n", "") }
}

/// A call with "a", who was there first, and who answers with this.
fn call(answer: SessionDescription) -> Harness {
    let (mut harness, _) = Harness::joined(&["a"]);
    harness.event(0, ConnectionEvent::LocalDescriptionSet(Ok(naive(SdpType::Offer))));
    harness.receive(Inbound::description(id("a"), 0, answer));
    harness.event(0, ConnectionEvent::RemoteDescriptionSet(Ok(())));
    sent();
    harness
}

/// Shares a screen; what follows from the picked one.
fn share(harness: &mut Harness) -> Vec<Effect> {
    let asked = harness.input(Input::Command(Command::SetSource { source: Source::Screen, on: true }));
    let [Effect::Media(MediaEffect::GetDisplayMedia { capture: CaptureId(n) })] = asked[..] else {
        panic!("{asked:?}")
    };
    let tracks = vec![(Source::Screen, SCREEN)];
    harness.input(Input::Media(MediaEvent::Captured { capture: CaptureId(n), tracks }))
}

fn on_0(effect: ConnectionEffect) -> Effect {
    Effect::Connection(ConnectionId(0), effect)
}

#[test]
fn a_screen_gets_a_section_of_its_own_and_says_so() {
    let mut harness = call(visavis(SdpType::Answer, false));
    let effects = share(&mut harness);
    assert_eq!(
        effects,
        [
            on_0(ConnectionEffect::ReplaceTrack(Source::Screen, Some(SCREEN))),
            on_0(ConnectionEffect::AddTransceiver(Source::Screen, Encodings::default()))
        ]
    );
    assert_eq!(sent(), [Outbound::MediaState(MediaState::from([Source::Screen]))]);
    harness.event(0, ConnectionEvent::NegotiationNeeded);
    harness.event(0, ConnectionEvent::TransceiverAssociated(Source::Screen, "2".to_owned()));
    let SessionDescription { sdp, .. } = visavis(SdpType::Offer, true);
    let made = sdp.replace("a=tool:visavis\r\n", "").replace("a=content:slides\r\n", "");
    harness.event(
        0,
        ConnectionEvent::LocalDescriptionSet(Ok(SessionDescription { sdp_type: SdpType::Offer, sdp: made })),
    );
    assert_eq!(sent(), [Outbound::description(id("a"), 0, visavis(SdpType::Offer, true))]);
    // What ends is no section less: the next share needs no negotiation.
    let effects = harness.input(Input::Command(Command::SetSource { source: Source::Screen, on: false }));
    let ended = on_0(ConnectionEffect::ReplaceTrack(Source::Screen, None));
    assert_eq!(effects, [Effect::Media(MediaEffect::StopTrack(SCREEN)), ended]);
    let effects = share(&mut harness);
    assert_eq!(effects, [on_0(ConnectionEffect::ReplaceTrack(Source::Screen, Some(SCREEN)))]);
}

#[test]
fn whoever_is_not_ours_keeps_the_camera_call_untouched() {
    let mut harness = call(naive(SdpType::Answer));
    let effects = share(&mut harness);
    assert_eq!(effects, [on_0(ConnectionEffect::ReplaceTrack(Source::Screen, Some(SCREEN)))]);
}

#[test]
fn a_newcomer_sees_what_is_shared_already() {
    let (mut harness, _) = Harness::joined(&[]);
    share(&mut harness);
    harness.receive(Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Them))));
    harness.receive(Inbound::description(id("a"), 0, visavis(SdpType::Offer, false)));
    let answered = harness.event(0, ConnectionEvent::RemoteDescriptionSet(Ok(())));
    assert_eq!(answered, [on_0(ConnectionEffect::SetLocalDescription)], "not while they wait for the answer");
    let effects = harness.event(0, ConnectionEvent::LocalDescriptionSet(Ok(naive(SdpType::Answer))));
    assert_eq!(effects, [on_0(ConnectionEffect::AddTransceiver(Source::Screen, Encodings::default()))]);
}

#[test]
fn their_screen_is_told_from_their_camera_whichever_track_comes_first() {
    let mut harness = call(visavis(SdpType::Answer, false));
    let media = MediaState::from([Source::Camera, Source::Screen]);
    harness.receive(Inbound::Roster(RosterSignal::MediaState { from: id("a"), media }));
    let track = |mid: &str, track| ConnectionEvent::Track {
        mid: mid.to_owned(),
        kind: MediaKind::Video,
        track: TrackId(track),
    };
    harness.event(0, track("2", 92));
    harness.event(0, track("1", 91));
    harness.receive(Inbound::description(id("a"), 0, visavis(SdpType::Offer, true)));
    let adopted = harness.event(0, ConnectionEvent::RemoteDescriptionSet(Ok(())));
    assert_eq!(adopted, [on_0(ConnectionEffect::SetLocalDescription)]);
    let view = harness.room.view();
    let them = &view.participants[0];
    assert_eq!(them.track(Source::Camera), Some(TrackId(91)));
    assert_eq!(them.track(Source::Screen), Some(TrackId(92)));
    harness
        .receive(Inbound::Roster(RosterSignal::MediaState { from: id("a"), media: MediaState::default() }));
    assert_eq!(harness.room.view().participants[0].publication(Source::Screen), None, "a tile less");
}
