use super::*;
use crate::output::Output;

const MICROPHONE: TrackId = TrackId(1);
const CAMERA: TrackId = TrackId(2);
const ENUMERATE: Effect = Effect::Media(MediaEffect::EnumerateDevices);

fn effects(out: &mut Outbox) -> Vec<Effect> {
    std::iter::from_fn(|| out.pop())
        .filter_map(|output| match output {
            Output::Effect(effect) => Some(effect),
            Output::Event(_) => None,
        })
        .collect()
}

fn capture(n: u32, microphone: bool, camera: bool) -> Effect {
    let asked = MediaState::default().with(Source::Microphone, microphone).with(Source::Camera, camera);
    let sources = Source::ALL.into_iter().filter(|source| asked.is_on(*source)).collect();
    Effect::Media(MediaEffect::GetUserMedia { capture: CaptureId(n), sources, devices: None })
}

fn live() -> (LocalMedia, Outbox) {
    let (mut media, mut out) = (LocalMedia::new(true, true), Outbox::default());
    media.open(&mut out);
    media.captured(CaptureId(0), &[(Source::Microphone, MICROPHONE), (Source::Camera, CAMERA)], &mut out);
    assert_eq!(effects(&mut out), [capture(0, true, true)], "the person is asked once");
    (media, out)
}

#[test]
fn camera_off_lets_go_and_mute_does_not() {
    let (mut media, mut out) = live();
    media.set(Source::Camera, false, &mut out);
    media.set(Source::Microphone, false, &mut out);
    assert_eq!(
        effects(&mut out),
        [
            Effect::Media(MediaEffect::StopTrack(CAMERA)),
            Effect::Media(MediaEffect::SetTrackEnabled(MICROPHONE, false))
        ]
    );
    assert_eq!(media.state(), MediaState::default());
    media.set(Source::Camera, true, &mut out);
    assert_eq!(effects(&mut out), [capture(1, false, true)]);
}

#[test]
fn a_missing_or_refused_camera_does_not_cost_the_microphone() {
    for error in [MediaError::NotFound, MediaError::Denied, MediaError::Policy] {
        let (mut media, mut out) = (LocalMedia::new(true, true), Outbox::default());
        media.open(&mut out);
        media.capture_failed(CaptureId(0), error, &mut out);
        assert_eq!(
            effects(&mut out),
            [capture(0, true, true), capture(1, true, false), capture(2, false, true)]
        );
        media.capture_failed(CaptureId(2), error, &mut out);
        media.captured(CaptureId(1), &[(Source::Microphone, MICROPHONE)], &mut out);
        // Only to hear when that changes.
        let watches = if error == MediaError::Denied { &[ENUMERATE][..] } else { &[] };
        assert_eq!(effects(&mut out), watches, "nobody is asked a third time");
        assert_eq!(media.view(Source::Camera).state, SourceState::Failed(error));
        assert_eq!(media.view(Source::Microphone).state, SourceState::On);
    }
}

#[test]
fn what_is_left_out_of_two_devices_is_asked_for_alone() {
    let (mut media, mut out) = (LocalMedia::new(true, true), Outbox::default());
    media.open(&mut out);
    media.captured(CaptureId(0), &[(Source::Microphone, MICROPHONE)], &mut out);
    assert_eq!(effects(&mut out), [capture(0, true, true), capture(1, false, true)]);
    media.capture_failed(CaptureId(1), MediaError::Policy, &mut out);
    assert_eq!(media.view(Source::Microphone).state, SourceState::On);
    assert_eq!(media.view(Source::Camera).state, SourceState::Failed(MediaError::Policy));

    let (mut media, mut out) = (LocalMedia::new(true, true), Outbox::default());
    media.open(&mut out);
    media.set(Source::Camera, false, &mut out);
    media.captured(CaptureId(0), &[(Source::Microphone, MICROPHONE)], &mut out);
    assert_eq!(effects(&mut out), [capture(0, true, true)], "nobody waits for it any more");
}

#[test]
fn a_page_that_gets_no_device_is_not_asked_again() {
    for error in [MediaError::Insecure, MediaError::Unavailable] {
        let (mut media, mut out) = (LocalMedia::new(true, true), Outbox::default());
        media.open(&mut out);
        media.capture_failed(CaptureId(0), error, &mut out);
        assert_eq!(effects(&mut out).len(), 1);
        assert_eq!(media.view(Source::Camera).state, SourceState::Failed(error));
    }
}

#[test]
fn late_tracks_are_stopped() {
    let (mut media, mut out) = (LocalMedia::new(true, true), Outbox::default());
    media.open(&mut out);
    media.close(&mut out);
    media.captured(CaptureId(0), &[(Source::Microphone, MICROPHONE), (Source::Camera, CAMERA)], &mut out);
    assert_eq!(
        effects(&mut out)[1..],
        [Effect::Media(MediaEffect::StopTrack(MICROPHONE)), Effect::Media(MediaEffect::StopTrack(CAMERA))]
    );
}

#[test]
fn an_unplugged_camera_is_reopened_once() {
    let (mut media, mut out) = live();
    media.track_ended(CAMERA, &mut out);
    assert_eq!(
        effects(&mut out),
        [Effect::Media(MediaEffect::StopTrack(CAMERA)), capture(1, false, true), ENUMERATE]
    );
    media.captured(CaptureId(1), &[(Source::Camera, TrackId(3))], &mut out);
    media.track_ended(TrackId(3), &mut out);
    assert_eq!(effects(&mut out), [Effect::Media(MediaEffect::StopTrack(TrackId(3)))]);
    assert_eq!(media.view(Source::Camera).state, SourceState::Failed(MediaError::NotFound));
}

#[test]
fn a_device_that_was_lost_twice_comes_back_when_it_is_plugged_in() {
    let ((mut media, mut out), at) = (live(), Timestamp::from_millis);
    media.track_ended(MICROPHONE, &mut out);
    media.captured(CaptureId(1), &[(Source::Microphone, TrackId(3))], &mut out);
    media.track_ended(TrackId(3), &mut out);
    effects(&mut out);
    media.devices_changed(at(0), &mut out);
    assert_eq!(effects(&mut out), [capture(2, true, false)]);
    media.devices_changed(at(1), &mut out);
    assert_eq!(effects(&mut out), [], "it is being opened");
    media.captured(CaptureId(2), &[(Source::Microphone, TrackId(4))], &mut out);
    assert_eq!(media.view(Source::Microphone).state, SourceState::On);
    media.devices_changed(at(2), &mut out);
    assert_eq!(effects(&mut out), [], "nothing is missing");
    media.track_ended(TrackId(4), &mut out);
    assert_eq!(
        effects(&mut out),
        [Effect::Media(MediaEffect::StopTrack(TrackId(4))), capture(3, true, false), ENUMERATE]
    );
}

#[test]
fn a_flapping_cable_asks_three_times_a_minute_and_once_more_when_it_is_still() {
    let ((mut media, mut out), at) = (live(), Timestamp::from_millis);
    media.track_ended(CAMERA, &mut out);
    media.capture_failed(CaptureId(1), MediaError::Busy, &mut out);
    effects(&mut out);
    let mut last = CaptureId(1);
    for change in 0..20 {
        media.devices_changed(at(change * 1000), &mut out);
        for asked in effects(&mut out) {
            last = CaptureId(last.0 + 1);
            assert_eq!(asked, capture(last.0, false, true));
            media.capture_failed(last, MediaError::NotFound, &mut out);
        }
    }
    assert_eq!((last, media.poll_timeout()), (CaptureId(4), Some(at(60_000))));
    media.timeout(at(60_000), &mut out);
    assert_eq!(effects(&mut out), [capture(5, false, true)]);
    media.captured(CaptureId(5), &[(Source::Camera, TrackId(9))], &mut out);
    assert_eq!(media.poll_timeout(), None);
}

#[test]
fn what_is_denied_or_not_wanted_is_not_asked_for_by_a_cable() {
    let (mut media, mut out) = (LocalMedia::new(true, true), Outbox::default());
    media.open(&mut out);
    media.capture_failed(CaptureId(0), MediaError::Denied, &mut out);
    media.capture_failed(CaptureId(1), MediaError::Denied, &mut out);
    media.capture_failed(CaptureId(2), MediaError::NotFound, &mut out);
    media.set(Source::Camera, false, &mut out);
    effects(&mut out);
    media.devices_changed(Timestamp::default(), &mut out);
    assert_eq!(effects(&mut out), []);
}

const SCREEN: TrackId = TrackId(5);
const SCREEN_AUDIO: TrackId = TrackId(6);

fn share(n: u32) -> Effect {
    Effect::Media(MediaEffect::GetDisplayMedia { capture: CaptureId(n) })
}

#[test]
fn what_is_shared_is_asked_for_each_time_and_never_by_itself() {
    let (mut media, mut out) = live();
    media.set(Source::Screen, true, &mut out);
    media.set(Source::Screen, true, &mut out);
    assert_eq!(effects(&mut out), [share(1)], "one picker at a time");
    media.captured(CaptureId(1), &[(Source::Screen, SCREEN), (Source::ScreenAudio, SCREEN_AUDIO)], &mut out);
    let all = MediaState::from([Source::Microphone, Source::Camera, Source::Screen, Source::ScreenAudio]);
    assert_eq!((media.state(), effects(&mut out)), (all, vec![]));
    // The browser's own button ends the screen; its sound goes with it.
    media.track_ended(SCREEN, &mut out);
    let stopped = [SCREEN, SCREEN_AUDIO].map(|track| Effect::Media(MediaEffect::StopTrack(track)));
    assert_eq!(effects(&mut out), stopped);
    assert_eq!(media.view(Source::Screen).state, SourceState::Off);
    media.devices_changed(Timestamp::default(), &mut out);
    media.open(&mut out);
    assert_eq!(effects(&mut out), []);
    media.set(Source::Screen, true, &mut out);
    assert_eq!(effects(&mut out), [share(2)]);
}

#[test]
fn a_screen_may_have_no_sound_and_whoever_picks_nothing_has_changed_their_mind() {
    let (mut media, mut out) = live();
    media.set(Source::Screen, true, &mut out);
    media.captured(CaptureId(1), &[(Source::Screen, SCREEN)], &mut out);
    assert_eq!(media.view(Source::ScreenAudio).state, SourceState::Off);
    media.set(Source::Screen, false, &mut out);
    media.set(Source::Screen, true, &mut out);
    media.capture_failed(CaptureId(2), MediaError::Denied, &mut out);
    assert_eq!(media.view(Source::Screen).state, SourceState::Off);
    media.set(Source::Screen, true, &mut out);
    media.capture_failed(CaptureId(3), MediaError::Busy, &mut out);
    assert_eq!(media.view(Source::Screen).state, SourceState::Failed(MediaError::Busy));
    media.close(&mut out);
    assert_eq!(media.view(Source::Screen).state, SourceState::Off, "the next call begins without");
}

#[test]
fn a_second_camera_is_opened_when_it_is_asked_for_and_never_by_itself() {
    let (mut media, mut out) = live();
    media.set(Source::SecondCamera, true, &mut out);
    let sources = vec![Source::SecondCamera];
    let asked = MediaEffect::GetUserMedia { capture: CaptureId(1), sources, devices: None };
    assert_eq!(effects(&mut out), [Effect::Media(asked)]);
    media.captured(CaptureId(1), &[(Source::SecondCamera, SCREEN)], &mut out);
    assert!(media.state().is_on(Source::SecondCamera));
    media.track_ended(SCREEN, &mut out);
    assert_eq!(effects(&mut out), [Effect::Media(MediaEffect::StopTrack(SCREEN))]);
    media.devices_changed(Timestamp::default(), &mut out);
    media.open(&mut out);
    assert_eq!(effects(&mut out), []);
    media.set(Source::SecondCamera, true, &mut out);
    media.capture_failed(CaptureId(2), MediaError::Denied, &mut out);
    assert_eq!(media.view(Source::SecondCamera).state, SourceState::Failed(MediaError::Denied));
}

#[test]
fn a_screen_that_is_picked_too_late_is_not_shared() {
    let (mut media, mut out) = live();
    media.set(Source::Screen, true, &mut out);
    media.set(Source::Screen, false, &mut out);
    media.captured(CaptureId(1), &[(Source::Screen, SCREEN)], &mut out);
    assert_eq!(effects(&mut out)[1..], [Effect::Media(MediaEffect::StopTrack(SCREEN))]);
    assert_eq!(media.state(), media.state().with(Source::Screen, false));
}
