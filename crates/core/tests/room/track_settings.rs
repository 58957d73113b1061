//! In what size videos are shown: what is told of those that we show, and what we send to those who tell.

use visavis_core::{PeerChannelEvent, PeerMessage, TrackSettings, VideoSettings, VideoSize};

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
