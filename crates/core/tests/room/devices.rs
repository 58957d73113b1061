//! Devices that come and go during a call.

use visavis_core::{
    CaptureId, DeviceId, DeviceSettings, MediaDeviceKind, MediaEffect, MediaError, MediaEvent, RoomView,
    TrackId,
};

use crate::*;

#[test]
fn a_microphone_that_was_lost_twice_is_sent_again_when_it_is_plugged_in() {
    let config = RoomConfig { microphone: true, ..RoomConfig::default() };
    let mut harness = Harness::with(config);
    harness.join(&["z"]);
    let captured = |capture, track| {
        let tracks = vec![(Source::Microphone, TrackId(track))];
        Input::Media(MediaEvent::Captured { capture: CaptureId(capture), tracks })
    };
    let ended = |track| Input::Media(MediaEvent::TrackEnded(TrackId(track)));
    harness.input(captured(0, 70));
    harness.input(ended(70));
    harness.input(captured(1, 71));
    harness.input(ended(71));
    let lost = harness.room.view().me.source(Source::Microphone).state.as_str();
    assert_eq!(lost, "failed");
    let asks = Effect::Media(MediaEffect::GetUserMedia {
        capture: CaptureId(2),
        sources: vec![Source::Microphone],
        devices: None,
    });
    let enumerates = Effect::Media(MediaEffect::EnumerateDevices);
    assert_eq!(harness.input(Input::Media(MediaEvent::DevicesChanged)), [asks, enumerates]);
    let sends = Effect::Connection(
        ConnectionId(0),
        ConnectionEffect::ReplaceTrack(Source::Microphone, Some(TrackId(72))),
    );
    assert_eq!(harness.input(captured(2, 72)), [sends]);
}

#[test]
fn a_change_beyond_the_budget_is_followed_when_its_minute_is_over() {
    let mut harness = Harness::with(config());
    harness.input(Input::Command(Command::EnterLobby));
    for capture in 0..4 {
        let error = MediaError::NotFound;
        harness.input(Input::Media(MediaEvent::CaptureFailed { capture: CaptureId(capture), error }));
        harness.input(Input::Media(MediaEvent::DevicesChanged));
    }
    let again = Effect::Media(MediaEffect::GetUserMedia {
        capture: CaptureId(4),
        sources: vec![Source::Camera],
        devices: None,
    });
    assert!(!harness.wait(Duration::from_secs(59)).contains(&again));
    assert!(harness.wait(Duration::from_secs(2)).contains(&again));
}

/// A page shows its lobby before it has loaded what makes a room.
#[test]
fn a_room_opens_as_it_is_shown_before_there_is_one() {
    let mut harness = Harness::with(RoomConfig { microphone: true, camera: true, ..RoomConfig::default() });
    harness.input(Input::Command(Command::EnterLobby));
    let wanted = [Source::Microphone, Source::Camera];
    assert_eq!(harness.room.view(), RoomView::opening(Lifecycle::Lobby, "", "", &wanted));
    harness.input(Input::Command(Command::Join { room: "r".into(), name: "n".into() }));
    assert_eq!(harness.room.view(), RoomView::opening(Lifecycle::Joining, "r", "n", &wanted));
}

fn config() -> RoomConfig {
    RoomConfig { camera: true, ..RoomConfig::default() }
}

#[test]
fn a_chosen_camera_takes_the_place_of_the_other_without_a_negotiation() {
    let mut harness = Harness::with(config());
    harness.join(&["z"]);
    let captured = |capture, track| {
        let tracks = vec![(Source::Camera, TrackId(track))];
        Input::Media(MediaEvent::Captured { capture: CaptureId(capture), tracks })
    };
    harness.input(captured(0, 70));
    let mut settings = DeviceSettings::default();
    settings.choose(MediaDeviceKind::VideoInput, DeviceId::new("front"));
    let effects = harness.input(Input::Command(Command::SetDevices(Box::new(settings))));
    let [Effect::Media(MediaEffect::GetUserMedia { sources, devices, .. }), Effect::Media(enumerates)] =
        &effects[..]
    else {
        panic!("another camera is asked for: {effects:?}");
    };
    assert_eq!(sources, &[Source::Camera]);
    let exact = devices.as_ref().and_then(|devices| devices.exact(MediaDeviceKind::VideoInput));
    assert_eq!(exact.map(DeviceId::as_str), Some("front"));
    assert_eq!(*enumerates, MediaEffect::EnumerateDevices);
    let replaces = Effect::Connection(
        ConnectionId(0),
        ConnectionEffect::ReplaceTrack(Source::Camera, Some(TrackId(71))),
    );
    let effects = harness.input(captured(1, 71));
    assert_eq!(effects, [Effect::Media(MediaEffect::EnumerateDevices), replaces]);
}
