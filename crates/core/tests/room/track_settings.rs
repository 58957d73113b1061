//! In what size videos are shown: what is told of those that we show, and what we send to those who tell.

use visavis_core::{
    DeviceSettings, MediaKind, PeerChannelEvent, PeerMessage, QualityLimitationReason, SAVE_DATA_BITRATE,
    SendStats, Stats, StreamStats, TrackSettings, VideoQuality, VideoSettings, VideoSize,
};

use crate::peer_channel::call;
use crate::*;

const SMALL: TrackSettings = TrackSettings::Enabled(VideoSize { width: 320, height: 180 });

impl Harness {
    fn shows(&mut self, participant: &str, source: Source, settings: Option<TrackSettings>) -> Vec<Effect> {
        self.input(Input::Command(Command::SetTrackSettings {
            participant: id(participant),
            source,
            settings,
        }))
    }
}

fn camera(settings: TrackSettings) -> VideoSettings {
    VideoSettings::default().with(Source::Camera, Some(settings))
}

fn told(settings: VideoSettings) -> Effect {
    let text = PeerMessage::TrackSettings(settings).encode();
    Effect::Connection(ConnectionId(0), ConnectionEffect::SendMessage(text))
}

#[test]
fn sizes_are_told_when_the_channel_opens_and_when_they_change() {
    let mut harness = call(true);
    assert_eq!(harness.shows("a", Source::Camera, Some(SMALL)), [], "there is no channel yet");
    let opened = harness.channel(PeerChannelEvent::Opened);
    assert!(opened.contains(&told(camera(SMALL))), "{opened:?}");
    assert_eq!(harness.shows("a", Source::Camera, Some(SMALL)), [], "nothing new");
    assert_eq!(harness.shows("a", Source::Camera, Some(TrackSettings::Disabled)), []);
    assert_eq!(harness.wait(Duration::from_millis(900)), []);
    assert_eq!(harness.wait(Duration::from_millis(200)), [told(camera(TrackSettings::Disabled))]);
    harness.wait(Duration::from_secs(1));
    assert_eq!(harness.shows("a", Source::Camera, Some(SMALL)), [told(camera(SMALL))], "at once");

    // Another channel knows nothing.
    harness.channel(PeerChannelEvent::Closed);
    let opened = harness.channel(PeerChannelEvent::Opened);
    assert!(opened.contains(&told(camera(SMALL))), "{opened:?}");
}

#[test]
fn a_screen_that_is_gone_is_not_told_of() {
    let mut harness = call(true);
    harness.shows("a", Source::Camera, Some(SMALL));
    harness.shows("a", Source::Screen, Some(TrackSettings::Disabled));
    let both = camera(SMALL).with(Source::Screen, Some(TrackSettings::Disabled));
    let opened = harness.channel(PeerChannelEvent::Opened);
    assert!(opened.contains(&told(both)), "{opened:?}");
    harness.wait(Duration::from_secs(1));
    assert_eq!(harness.shows("a", Source::Screen, None), [told(camera(SMALL))]);
}

#[test]
fn strangers_hear_nothing_and_nobody_is_remembered_who_is_not_there() {
    let mut harness = call(false);
    harness.shows("a", Source::Camera, Some(SMALL));
    harness.shows("nobody", Source::Camera, Some(SMALL));
    assert_eq!(harness.channel(PeerChannelEvent::Opened), []);
    let mut harness = call(true);
    harness.shows("b", Source::Camera, Some(SMALL));
    let opened = harness.channel(PeerChannelEvent::Opened);
    assert!(!opened.contains(&told(camera(SMALL))), "{opened:?}");
}

const CAMERA: SendStats = captured([Some(VideoSize { width: 1280, height: 720 }), None]);

/// A sample with a camera and a screen of these sizes.
const fn captured([camera, screen]: [Option<VideoSize>; 2]) -> SendStats {
    let mut captured = [None; Source::VIDEO.len()];
    (captured[0], captured[1]) = (camera, screen);
    SendStats {
        captured,
        available_outgoing_bitrate: None,
        quality_limitation: QualityLimitationReason::None,
        audio_fraction_lost: None,
        microphone_silent: None,
    }
}

fn shown(width: u16, height: u16) -> TrackSettings {
    TrackSettings::Enabled(VideoSize { width, height })
}

impl Harness {
    /// In a call with a Visavis page for a while, with a camera of 1280x720.
    fn sending() -> Self {
        let mut harness = call(true);
        harness.channel(PeerChannelEvent::Opened);
        harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
        harness.wait(Duration::from_secs(2));
        harness.event(0, ConnectionEvent::SendStats(CAMERA));
        harness.parameters.clear();
        harness
    }

    fn is_shown(&mut self, settings: VideoSettings) {
        self.peer_sends(&PeerMessage::TrackSettings(settings).encode());
    }

    /// What was asked of the camera's encoder since this was asked last: whether it is active, and its scale.
    fn asked(&mut self) -> Vec<(bool, f64)> {
        let parameters = std::mem::take(&mut self.parameters).into_iter();
        let camera = parameters.filter(|(_, source, _)| *source == Source::Camera);
        camera.map(|(_, _, it)| (it.active, it.scale_resolution_down_by.factor())).collect()
    }
}

#[test]
fn a_camera_follows_the_size_in_which_it_is_shown() {
    let mut harness = Harness::sending();
    harness.is_shown(camera(shown(320, 180)));
    assert_eq!(harness.asked(), [(true, 4.0)]);
    harness.is_shown(camera(shown(640, 360)));
    assert_eq!(harness.asked(), [(true, 2.0)], "what grows, at once");
    harness.is_shown(camera(shown(320, 180)));
    assert_eq!(harness.asked(), []);
    harness.wait(Duration::from_secs(1));
    harness.is_shown(camera(shown(640, 360)));
    harness.wait(Duration::from_secs(5));
    assert_eq!(harness.asked(), [], "it did not last");
    harness.is_shown(camera(shown(320, 180)));
    harness.wait(Duration::from_secs(3));
    assert_eq!(harness.asked(), [(true, 4.0)]);
}

#[test]
fn what_is_not_shown_is_not_sent_until_it_is() {
    let mut harness = Harness::sending();
    harness.is_shown(camera(shown(320, 180)));
    harness.is_shown(camera(TrackSettings::Disabled));
    assert_eq!(harness.asked(), [(true, 4.0), (false, 4.0)]);
    harness.wait(Duration::from_secs(60));
    harness.is_shown(camera(shown(1280, 720)));
    assert_eq!(harness.asked(), [(true, 1.0)]);
    // Whoever cannot say so any more sees it.
    harness.is_shown(camera(TrackSettings::Disabled));
    harness.channel(PeerChannelEvent::Closed);
    assert_eq!(harness.asked(), [(false, 1.0), (true, 1.0)]);
}

#[test]
fn who_says_nothing_is_sent_everything() {
    let mut harness = Harness::sending();
    for _ in 0..60 {
        let weak = SendStats { available_outgoing_bitrate: Some(90_000), ..CAMERA };
        harness.peer_sends(&PeerMessage::ReceiverReport(300).encode());
        harness.event(0, ConnectionEvent::SendStats(weak));
        harness.wait(Duration::from_secs(2));
    }
    assert_eq!(harness.asked(), []);
}

#[test]
fn on_a_weak_path_a_camera_becomes_small_and_in_the_end_nothing() {
    let mut harness = Harness::sending();
    harness.is_shown(camera(shown(1280, 720)));
    for _ in 0..15 {
        harness.peer_sends(&PeerMessage::ReceiverReport(200).encode());
        harness.event(0, ConnectionEvent::SendStats(CAMERA));
        harness.wait(Duration::from_secs(2));
    }
    let rates: Vec<_> =
        harness.parameters.iter().map(|(_, _, it)| (it.max_bitrate, it.max_framerate)).collect();
    assert!(rates.windows(2).all(|two| two[0].0 >= two[1].0), "{rates:?}");
    let asked = harness.asked();
    assert_eq!(asked.first(), Some(&(true, 1.0)));
    assert!(asked.contains(&(true, 2.0)), "{asked:?}");
    assert_eq!(asked.last().map(|last| last.0), Some(false));
    for _ in 0..15 {
        harness.peer_sends(&PeerMessage::ReceiverReport(0).encode());
        harness.event(0, ConnectionEvent::SendStats(CAMERA));
        harness.wait(Duration::from_secs(2));
    }
    assert_eq!(harness.asked().last(), Some(&(true, 1.0)));
}

#[test]
fn a_screen_stays_sharp() {
    let mut harness = Harness::sending();
    let tracks = vec![(Source::Screen, visavis_core::TrackId(9))];
    harness.input(Input::Command(Command::SetSource { source: Source::Screen, on: true }));
    harness.input(Input::Media(visavis_core::MediaEvent::Captured {
        capture: visavis_core::CaptureId(0),
        tracks,
    }));
    let screen = Some(VideoSize { width: 1920, height: 1080 });
    harness.event(0, ConnectionEvent::SendStats(captured([CAMERA.captured[0], screen])));
    let settings = camera(shown(320, 180));
    let mut asked = Vec::new();
    for shown in [shown(1920, 1080), shown(640, 360), TrackSettings::Disabled] {
        harness.is_shown(settings.with(Source::Screen, Some(shown)));
        harness.wait(Duration::from_secs(5));
        let parameters = std::mem::take(&mut harness.parameters).into_iter();
        asked.extend(parameters.filter(|(_, source, _)| *source == Source::Screen).map(|(.., it)| it));
    }
    let full = EncodingParameters::default();
    let slow = EncodingParameters { max_framerate: Some(15), ..full };
    assert_eq!(asked, [slow, EncodingParameters { active: false, ..full }]);
}

/// Neither side takes a camera that is not shown for one that has failed.
#[test]
fn a_camera_that_is_not_shown_is_not_missed() {
    let mut harness = Harness::sending();
    let media = MediaState::from([Source::Microphone, Source::Camera]);
    harness.peer_sends(&PeerMessage::Media(media).encode());
    harness.is_shown(camera(TrackSettings::Disabled));
    harness.shows("a", Source::Camera, Some(TrackSettings::Disabled));
    for n in 0..60 {
        let stream =
            |kind, packets, frames| StreamStats { mid: String::new(), kind, packets, frames, lost: None };
        let streams =
            |frames| vec![stream(MediaKind::Audio, 100 * n, None), stream(MediaKind::Video, 7, frames)];
        let stats = Stats {
            inbound: streams(Some(9)),
            outbound: streams(Some(9)),
            captured: vec![(Source::Camera, Some(60 * n))],
            audio_packets_lost: 0,
        };
        harness.event(0, ConnectionEvent::Stats(stats));
        assert_eq!(harness.connection(), (ConnectionState::Connected, ConnectionReason::None), "{n}");
        harness.wait(Duration::from_secs(2));
    }
}

impl Harness {
    fn wants(&mut self, quality: VideoQuality) -> Vec<Effect> {
        let settings = DeviceSettings::with_video_quality(quality);
        self.input(Input::Command(Command::SetDevices(Box::new(settings))))
    }
}

#[test]
fn whoever_saves_data_sends_little_and_asks_for_little() {
    let mut harness = Harness::sending();
    harness.shows("a", Source::Camera, Some(shown(1280, 720)));
    harness.shows("a", Source::Screen, Some(shown(320, 720)));
    harness.is_shown(camera(shown(1280, 720)));
    harness.wait(Duration::from_secs(2));
    harness.parameters.clear();
    let effects = harness.wants(VideoQuality::SaveData);
    let asked = camera(SMALL).with(Source::Screen, Some(shown(320, 360)));
    let effects = [effects, harness.wait(Duration::from_secs(3))].concat();
    assert!(effects.contains(&told(asked)), "{effects:?}");
    let [(_, Source::Camera, sent)] = harness.parameters[..] else { panic!("{:?}", harness.parameters) };
    assert_eq!(sent.max_bitrate, Some(SAVE_DATA_BITRATE));
    assert_eq!((sent.scale_resolution_down_by.factor(), sent.max_framerate), (4.0, Some(15)));
    assert!(sent.active);

    // What nobody looks at is still not sent.
    harness.is_shown(camera(TrackSettings::Disabled));
    assert_eq!(harness.asked().last(), Some(&(false, 4.0)));
    harness.is_shown(camera(shown(1280, 720)));
    harness.wants(VideoQuality::Automatic);
    assert_eq!(harness.asked().last(), Some(&(true, 1.0)));
}

#[test]
fn the_best_quality_is_sent_with_twice_the_bits() {
    let mut harness = Harness::sending();
    harness.is_shown(camera(shown(640, 360)));
    let bitrate = |harness: &Harness| harness.parameters.last().and_then(|(_, _, sent)| sent.max_bitrate);
    let usual = bitrate(&harness).expect("a bound");
    harness.wants(VideoQuality::Best);
    harness.wait(Duration::from_secs(1));
    assert_eq!(bitrate(&harness), Some(2 * usual));
}
