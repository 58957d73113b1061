use super::*;
use crate::devices::{MediaDeviceInfo, TrackInUse, TrackSwitch};
use crate::output::Output;

const MICROPHONE: TrackId = TrackId(1);
const CAMERA: TrackId = TrackId(2);
const NEW: TrackId = TrackId(3);

fn id(text: &str) -> DeviceId {
    DeviceId::new(text).unwrap()
}

fn kind(text: &str) -> MediaDeviceKind {
    match text.as_bytes()[0] {
        b'm' => MediaDeviceKind::AudioInput,
        b'c' => MediaDeviceKind::VideoInput,
        _ => MediaDeviceKind::AudioOutput,
    }
}

/// Devices by their ids, whose first letter is their kind. The system takes those with an asterisk.
fn list(ids: &[&str]) -> Vec<MediaDeviceInfo> {
    let info = |text: &&str| {
        let plain = text.trim_end_matches('*');
        MediaDeviceInfo::new(kind(plain), id(plain), &format!("the {plain}"), *text != plain)
    };
    ids.iter().map(info).collect()
}

/// A person with a microphone and a camera that are open.
struct Person {
    media: LocalMedia,
    out: Outbox,
    now: Timestamp,
}

impl Person {
    fn new() -> Self {
        let (mut media, mut out) = (LocalMedia::new(true, true), Outbox::default());
        media.open(&mut out);
        media.captured(CaptureId(0), &[(Source::Microphone, MICROPHONE), (Source::Camera, CAMERA)], &mut out);
        while out.pop().is_some() {}
        Self { media, out, now: Timestamp::default() }
    }

    /// What has come out since this was asked last, but for the questions which devices there are.
    fn outputs(&mut self) -> Vec<Output> {
        let asks = Output::Effect(Effect::Media(MediaEffect::EnumerateDevices));
        std::iter::from_fn(|| self.out.pop()).filter(|output| *output != asks).collect()
    }

    /// The devices are these, and tracks come from those.
    fn enumerated(&mut self, ids: &[&str], in_use: &[(TrackId, &str)]) -> Vec<Output> {
        let in_use = in_use.iter().map(|(track, device)| TrackInUse {
            track: *track,
            device_id: Some(id(device)),
            muted: false,
        });
        let found = EnumeratedDevices {
            devices: list(ids),
            in_use: in_use.collect(),
            ..EnumeratedDevices::default()
        };
        self.media.enumerated(self.now, &found, &mut self.out);
        self.outputs()
    }

    fn choose(&mut self, device: &str) -> Vec<Output> {
        let mut settings = self.settings();
        settings.choose(kind(device), Some(id(device)));
        self.media.set_devices(&settings, &mut self.out);
        self.outputs()
    }

    fn settings(&self) -> DeviceSettings {
        self.media.devices().map(|devices| devices.settings.clone()).unwrap_or_default()
    }

    fn captured(&mut self, capture: u32, source: Source, track: TrackId) -> Vec<Output> {
        self.media.captured(CaptureId(capture), &[(source, track)], &mut self.out);
        self.media.stop_replaced(&mut self.out);
        self.outputs()
    }

    fn failed(&mut self, capture: u32, error: MediaError) -> Vec<Output> {
        self.media.capture_failed(CaptureId(capture), error, &mut self.out);
        self.outputs()
    }

    fn ended(&mut self, track: TrackId) -> Vec<Output> {
        self.media.track_ended(track, &mut self.out);
        self.outputs()
    }

    fn track(&self, source: Source) -> Option<TrackId> {
        self.media.view(source).track
    }
}

/// One capture of one source, and the device that it asks for.
fn asks(outputs: &[Output]) -> (u32, Source, Option<String>) {
    let captures = outputs.iter().filter_map(|output| match output {
        Output::Effect(Effect::Media(MediaEffect::GetUserMedia { capture, sources, devices })) => {
            let [source] = sources[..] else { panic!("one at a time: {sources:?}") };
            let exact =
                devices.as_ref().and_then(|devices| devices.exact(MediaDeviceKind::of(source)?).cloned());
            Some((capture.0, source, exact.map(|id| id.as_str().to_owned())))
        }
        Output::Effect(_) | Output::Event(_) => None,
    });
    let captures: Vec<_> = captures.collect();
    let [capture] = &captures[..] else { panic!("one capture: {outputs:?}") };
    capture.clone()
}

fn stop(track: TrackId) -> Output {
    Output::Effect(Effect::Media(MediaEffect::StopTrack(track)))
}

fn told(kind: MediaDeviceKind, change: DeviceChange, label: &str) -> Output {
    Output::Event(Event::DeviceChanged(kind, change, label.to_owned()))
}

const BOTH: [(TrackId, &str); 2] = [(MICROPHONE, "m1"), (CAMERA, "c1")];

#[test]
fn the_old_device_is_used_until_the_chosen_one_is_open() {
    let mut person = Person::new();
    person.enumerated(&["m1", "c1", "c2"], &BOTH);
    assert_eq!(asks(&person.choose("c2")), (1, Source::Camera, Some("c2".to_owned())));
    assert_eq!(person.track(Source::Camera), Some(CAMERA));
    assert_eq!(person.captured(1, Source::Camera, NEW), [stop(CAMERA)]);
    assert_eq!(person.track(Source::Camera), Some(NEW));
    assert_eq!(
        person.enumerated(&["m1", "c1", "c2"], &[BOTH[0], (NEW, "c2")]),
        [],
        "nobody is told of a wish"
    );
    let devices = person.media.devices().unwrap();
    assert_eq!(devices.in_use(MediaDeviceKind::VideoInput), Some(&id("c2")));
}

#[test]
fn a_muted_microphone_stays_muted() {
    let mut person = Person::new();
    person.media.set(Source::Microphone, false, &mut person.out);
    person.outputs();
    assert_eq!(asks(&person.choose("m2")).1, Source::Microphone);
    let muted = Output::Effect(Effect::Media(MediaEffect::SetTrackEnabled(NEW, false)));
    assert_eq!(person.captured(1, Source::Microphone, NEW), [muted, stop(MICROPHONE)]);
    assert!(!person.media.state().is_on(Source::Microphone));
}

#[test]
fn a_camera_that_is_switched_off_meanwhile_stays_off() {
    let mut person = Person::new();
    person.choose("c2");
    person.media.set(Source::Camera, false, &mut person.out);
    assert_eq!(person.outputs(), [stop(CAMERA)]);
    assert_eq!(person.captured(1, Source::Camera, NEW), [stop(NEW)]);
    assert_eq!(person.track(Source::Camera), None);
}

/// The browser has not listed its devices since: nobody would stop it any more.
#[test]
fn a_device_whose_place_another_has_just_taken_is_off_once_the_room_is_left() {
    let mut person = Person::new();
    person.enumerated(&["m1", "c1", "c2"], &[(MICROPHONE, "m1"), (CAMERA, "c1")]);
    person.choose("c2");
    person.media.captured(CaptureId(1), &[(Source::Camera, NEW)], &mut person.out);
    assert_eq!(person.outputs(), []);
    person.media.close(&mut person.out);
    let stop = |track| Output::Effect(Effect::Media(MediaEffect::StopTrack(track)));
    let mut stopped = person.outputs();
    stopped.sort_by_key(|output| *output != stop(CAMERA));
    assert_eq!(stopped, [CAMERA, MICROPHONE, NEW].map(stop));
}

#[test]
fn whoever_changes_their_mind_has_what_they_chose_last() {
    let mut person = Person::new();
    person.choose("c2");
    assert_eq!(asks(&person.choose("c3")), (2, Source::Camera, Some("c3".to_owned())));
    assert_eq!(person.captured(1, Source::Camera, NEW), [stop(NEW)], "nobody waits for it any more");
    assert_eq!(person.captured(2, Source::Camera, TrackId(4)), [stop(CAMERA)]);
}

#[test]
fn a_device_that_cannot_be_opened_changes_nothing() {
    let mut person = Person::new();
    person.enumerated(&["m1", "m2"], &BOTH);
    person.choose("m2");
    let unavailable = told(MediaDeviceKind::AudioInput, DeviceChange::Unavailable, "");
    assert_eq!(person.failed(1, MediaError::Busy), [unavailable]);
    assert_eq!(person.track(Source::Microphone), Some(MICROPHONE));
    assert_eq!(person.enumerated(&["m1", "m2"], &BOTH), [], "it is not tried again by itself");
}

/// As on some phones.
#[test]
fn a_camera_that_opens_only_alone_is_opened_alone() {
    let mut person = Person::new();
    person.choose("c2");
    let outputs = person.failed(1, MediaError::Busy);
    assert_eq!(outputs[0], stop(CAMERA));
    assert_eq!(asks(&outputs), (2, Source::Camera, Some("c2".to_owned())));
    assert_eq!(person.captured(2, Source::Camera, NEW), []);
    assert_eq!(person.track(Source::Camera), Some(NEW));
}

#[test]
fn a_lost_device_is_replaced_and_taken_again_when_it_is_back() {
    let mut person = Person::new();
    person.enumerated(&["m1*", "m2", "c1"], &BOTH);
    person.choose("m2");
    person.captured(1, Source::Microphone, NEW);
    person.enumerated(&["m1*", "m2", "c1"], &[(NEW, "m2"), BOTH[1]]);

    // The browser ends the track before it knows that the device is gone.
    assert_eq!(asks(&person.ended(NEW)), (2, Source::Microphone, Some("m2".to_owned())));
    assert_eq!(asks(&person.failed(2, MediaError::NotFound)), (3, Source::Microphone, None));
    assert_eq!(person.captured(3, Source::Microphone, TrackId(4)), []);
    let lost = told(MediaDeviceKind::AudioInput, DeviceChange::Lost, "the m1");
    assert_eq!(person.enumerated(&["m1*", "c1"], &[(TrackId(4), "m1"), BOTH[1]]), [lost]);

    let back = person.enumerated(&["m1*", "m2", "c1"], &[(TrackId(4), "m1"), BOTH[1]]);
    assert_eq!(asks(&back), (4, Source::Microphone, Some("m2".to_owned())));
    assert_eq!(person.captured(4, Source::Microphone, TrackId(5)), [stop(TrackId(4))]);
    let restored = told(MediaDeviceKind::AudioInput, DeviceChange::Restored, "the m2");
    assert_eq!(person.enumerated(&["m1*", "m2", "c1"], &[(TrackId(5), "m2"), BOTH[1]]), [restored]);
}

#[test]
fn a_track_that_plays_on_without_its_device_is_replaced() {
    let mut person = Person::new();
    person.enumerated(&["c1", "c2"], &BOTH);
    assert_eq!(asks(&person.enumerated(&["c2"], &BOTH)), (1, Source::Camera, None));
    person.captured(1, Source::Camera, NEW);
    let lost = told(MediaDeviceKind::VideoInput, DeviceChange::Lost, "the c2");
    assert_eq!(person.enumerated(&["c2"], &[(NEW, "c2")]), [lost]);
}

#[test]
fn the_systems_microphone_is_followed_and_a_new_camera_is_not() {
    let mut person = Person::new();
    person.enumerated(&["m1*", "m2", "c1*"], &BOTH);
    let moved = person.enumerated(&["m1", "m2*", "c1", "c2*"], &BOTH);
    assert_eq!(asks(&moved), (1, Source::Microphone, None));
    person.captured(1, Source::Microphone, NEW);
    let followed = told(MediaDeviceKind::AudioInput, DeviceChange::Default, "the m2");
    assert_eq!(person.enumerated(&["m1", "m2*", "c1", "c2*"], &[(NEW, "m2"), BOTH[1]]), [followed]);

    let mut person = Person::new();
    person.choose("m1");
    person.captured(1, Source::Microphone, MICROPHONE);
    person.enumerated(&["m1*", "m2"], &BOTH);
    assert_eq!(person.enumerated(&["m1", "m2*"], &BOTH), [], "one was chosen");
}

/// Restored from the last visit, and not there any more.
#[test]
fn a_chosen_device_that_is_gone_is_not_waited_for() {
    let (mut media, mut out) = (LocalMedia::new(true, true), Outbox::default());
    let mut settings = DeviceSettings::default();
    settings.choose(MediaDeviceKind::AudioInput, Some(id("m9")));
    media.set_devices(&settings, &mut out);
    media.open(&mut out);
    let mut person = Person { media, out, now: Timestamp::default() };
    person.outputs();
    assert_eq!(person.failed(0, MediaError::NotFound).len(), 2, "nobody knows of which device that is said");
    let outputs = person.failed(1, MediaError::NotFound);
    assert_eq!(outputs[0], told(MediaDeviceKind::AudioInput, DeviceChange::Unavailable, ""));
    assert_eq!(asks(&outputs), (3, Source::Microphone, None));
    assert_eq!(person.failed(3, MediaError::NotFound), []);
    assert_eq!(
        person.media.view(Source::Microphone).state,
        crate::view::SourceState::Failed(MediaError::NotFound)
    );
}

#[test]
fn a_denied_device_is_opened_once_it_is_allowed() {
    let (mut media, mut out) = (LocalMedia::new(true, false), Outbox::default());
    media.open(&mut out);
    media.capture_failed(CaptureId(0), MediaError::Denied, &mut out);
    let mut person = Person { media, out, now: Timestamp::default() };
    assert_eq!(person.enumerated(&[], &[]).len(), 1, "only the first question");
    let granted = EnumeratedDevices { granted: vec![Source::Microphone], ..EnumeratedDevices::default() };
    // The system may deny what the browser allows.
    for capture in 1..9 {
        person.media.enumerated(person.now, &granted, &mut person.out);
        if capture > REOPENS_PER_MINUTE as u32 {
            assert_eq!(person.outputs(), []);
        } else {
            assert_eq!(asks(&person.outputs()), (capture, Source::Microphone, None));
            person.failed(capture, MediaError::Denied);
        }
    }
}

#[test]
fn a_switch_opens_what_it_is_about() {
    let mut person = Person::new();
    let mut settings = DeviceSettings::default();
    settings.set(TrackSwitch::NoiseSuppression, false);
    person.media.set_devices(&settings, &mut person.out);
    assert_eq!(asks(&person.outputs()), (1, Source::Microphone, None));
    settings.set(TrackSwitch::BackgroundBlur, true);
    person.media.set_devices(&settings, &mut person.out);
    assert_eq!(asks(&person.outputs()), (2, Source::Camera, None));
    person.media.set_devices(&settings, &mut person.out);
    assert_eq!(person.outputs(), []);
}

#[test]
fn a_speaker_is_used_while_it_is_there() {
    let mut person = Person::new();
    let speaker = MediaDeviceKind::AudioOutput;
    person.choose("s2");
    let used = |person: &Person| person.media.devices().unwrap().in_use(speaker).cloned();
    person.enumerated(&["s1", "s2"], &[]);
    assert_eq!(used(&person), Some(id("s2")));
    assert_eq!(person.enumerated(&["s1"], &[]), [told(speaker, DeviceChange::Lost, "")]);
    assert_eq!(used(&person), None);
    assert_eq!(person.enumerated(&["s2"], &[]), [told(speaker, DeviceChange::Restored, "the s2")]);
}

#[test]
fn a_device_that_gives_nothing_shows_it() {
    let mut person = Person::new();
    let mut found = EnumeratedDevices {
        in_use: vec![TrackInUse { track: CAMERA, device_id: None, muted: true }],
        ..EnumeratedDevices::default()
    };
    person.media.enumerated(person.now, &found, &mut person.out);
    assert_eq!(person.media.view(Source::Camera).state, crate::view::SourceState::Stalled);
    assert!(person.media.state().is_on(Source::Camera), "it is on all the same");
    found.in_use[0].muted = false;
    person.media.enumerated(person.now, &found, &mut person.out);
    assert_eq!(person.media.view(Source::Camera).state, crate::view::SourceState::On);
}

#[test]
fn no_more_devices_are_kept_than_anybody_has() {
    let mut person = Person::new();
    let many: Vec<String> = (0..200).map(|n| format!("m{n}")).collect();
    person.enumerated(&many.iter().map(String::as_str).collect::<Vec<_>>(), &[]);
    assert_eq!(person.media.devices().unwrap().list.len(), MAX_DEVICES);
    assert_eq!(DeviceId::new(&"m".repeat(999)), None);
    let info = MediaDeviceInfo::new(MediaDeviceKind::AudioInput, id("m"), &"\u{202e}Ü".repeat(999), true);
    assert_eq!(info.label, "Ü".repeat(100));
}
