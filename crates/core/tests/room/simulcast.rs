//! What a selective forwarding unit is sent of our camera, and what it is told of the tiles.

use visavis_core::signaling::{SfuSignal, TrackSettings, VideoSettings, VideoSize};
use visavis_core::{SendStats, VideoSize as Size};

use crate::sfu::{connections, on, publisher, room};
use crate::*;

const SMALL: TrackSettings = TrackSettings::Enabled(VideoSize { width: 320, height: 180 });
const LARGE: TrackSettings = TrackSettings::Enabled(VideoSize { width: 640, height: 360 });

/// Whether each layer is sent, by how much it is smaller, and what it takes at most, in kbit/s.
type Layer = (bool, f64, u32);

fn layer(parameters: &EncodingParameters) -> Layer {
    let EncodingParameters { active, scale_resolution_down_by, max_bitrate, .. } = *parameters;
    (active, scale_resolution_down_by.factor(), max_bitrate.unwrap_or_default() / 1000)
}

/// With a connection on which the camera is sent in layers, in the section "1".
fn publishing() -> (Harness, Vec<Layer>) {
    let mut harness = room();
    let effects = harness.receive(connections(&[SfuConnection { simulcast: true, ..publisher(0) }]));
    let layers = effects.iter().find_map(|effect| match effect {
        Effect::Connection(_, ConnectionEffect::AddTransceiver(Source::Camera, layers)) => Some(layers),
        _ => None,
    });
    let layers = layers.unwrap().as_slice().iter().map(layer).collect();
    assert!(
        effects.contains(&on(0, ConnectionEffect::AddTransceiver(Source::Microphone, Encodings::default())))
    );
    harness.event(0, ConnectionEvent::TransceiverAssociated(Source::Camera, "1".to_owned()));
    let offer = description(SdpType::Offer, "u");
    harness.event(0, ConnectionEvent::NegotiationNeeded);
    harness.event(0, ConnectionEvent::LocalDescriptionSet(Ok(offer)));
    harness.parameters.clear();
    (harness, layers)
}

use visavis_core::signaling::{NegotiationMessage, Remote, SfuConnection, SfuConnectionId};

impl Harness {
    /// The server answers, and the browser takes it.
    fn answered(&mut self, section: &str) {
        let sdp = format!("v=0\r\nm=audio 9 X 0\r\na=mid:0\r\nm=video 9 X 0\r\na=mid:1\r\n{section}");
        let message = NegotiationMessage::Description(SessionDescription { sdp_type: SdpType::Answer, sdp });
        let remote = Remote::Server(SfuConnectionId(0));
        self.receive(Inbound::Negotiation(Negotiation { remote, epoch: 0, message }));
        self.event(0, ConnectionEvent::RemoteDescriptionSet(Ok(())));
        self.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    }

    fn set_layers(&mut self) -> Vec<Layer> {
        std::mem::take(&mut self.parameters).iter().map(|(_, _, parameters)| layer(parameters)).collect()
    }

    fn captures(&mut self, width: u16, height: u16) -> Vec<Layer> {
        let mut stats = SendStats::default();
        stats.captured[0] = Some(Size { width, height });
        self.event(0, ConnectionEvent::SendStats(stats));
        self.set_layers()
    }

    fn received(&mut self, source: Source, enabled: [bool; 3]) -> Vec<Layer> {
        self.receive(Inbound::Sfu(SfuSignal::SubscribedQualities { source, enabled }));
        self.set_layers()
    }

    fn tile(&mut self, of: &str, settings: Option<TrackSettings>) -> Vec<Outbound> {
        let (participant, source) = (id(of), Source::Camera);
        self.input(Input::Command(Command::SetTrackSettings { participant, source, settings }));
        told()
    }
}

/// What the server was told of tiles.
fn told() -> Vec<Outbound> {
    sent().into_iter().filter(|one| matches!(one, Outbound::TrackSettings { .. })).collect()
}

fn track_settings(of: &str, settings: TrackSettings) -> Outbound {
    let settings = VideoSettings::default().with(Source::Camera, Some(settings));
    Outbound::TrackSettings { publisher: id(of), settings }
}

const TAKEN: &str = "a=simulcast:recv q;h;f\r\n";

#[test]
fn a_camera_has_as_many_layers_as_its_size_is_worth() {
    let (mut harness, layers) = publishing();
    let large = [(true, 4.0, 160), (true, 2.0, 463), (true, 1.0, 1672)];
    assert_eq!(layers, large);
    harness.answered(TAKEN);
    assert_eq!(harness.set_layers(), [], "nothing has changed");
    assert_eq!(harness.captures(1280, 720), [], "as expected");
    let medium = [(true, 2.0, 194), (true, 1.0, 597), (false, 1.0, 597)];
    assert_eq!(harness.captures(640, 480), medium, "Chromium would send 320x240 at most");
    let small = [(true, 1.0, 194), (false, 1.0, 194), (false, 1.0, 194)];
    assert_eq!(harness.captures(320, 240), small);
    assert_eq!(harness.captures(720, 1280), large, "a telephone that is held upright");
}

#[test]
fn what_one_tile_shows_is_no_reason_to_send_less() {
    let (mut harness, _) = publishing();
    harness.answered(TAKEN);
    harness.tile("a", Some(SMALL));
    harness.wait(Duration::from_secs(10));
    assert_eq!(harness.set_layers(), []);
}

#[test]
fn layers_that_nobody_receives_are_switched_off() {
    let (mut harness, _) = publishing();
    harness.answered(TAKEN);
    let active = |layers: Vec<Layer>| layers.iter().map(|layer| layer.0).collect::<Vec<_>>();
    assert_eq!(active(harness.received(Source::Camera, [true, false, false])), [true, false, false]);
    assert_eq!(harness.received(Source::Camera, [true, false, false]), [], "said again");
    assert_eq!(active(harness.received(Source::Camera, [false; 3])), [false; 3]);
    assert_eq!(active(harness.received(Source::Camera, [false, false, true])), [false, false, true]);
    assert_eq!(active(harness.captures(640, 480)), [false, true, false], "there is no third layer");
    // A screen is sent once, or not at all; before there is one, nothing is to be done.
    assert_eq!(harness.received(Source::Screen, [false; 3]), []);
    // Another connection is another publication.
    harness.receive(connections(&[SfuConnection { simulcast: true, ..publisher(1) }]));
    assert_eq!(harness.set_layers(), []);
}

#[test]
fn where_the_answer_takes_no_layers_the_whole_picture_is_sent() {
    let (mut harness, _) = publishing();
    harness.answered("");
    assert_eq!(harness.set_layers(), [(true, 1.0, 0)]);
    assert_eq!(harness.captures(640, 480), []);
    assert_eq!(harness.received(Source::Camera, [false; 3]), [(false, 1.0, 0)]);
    assert_eq!(harness.received(Source::Camera, [true, false, false]), [(true, 1.0, 0)]);
}

#[test]
fn the_server_is_told_in_what_size_a_tile_is_and_again_when_it_may_have_forgotten() {
    let mut harness = room();
    assert_eq!(harness.tile("a", Some(SMALL)), [track_settings("a", SMALL)]);
    assert_eq!(harness.tile("a", Some(SMALL)), []);
    assert_eq!(harness.tile("nobody", Some(SMALL)), []);
    harness.wait(Duration::from_secs(1));
    assert_eq!(harness.tile("a", Some(LARGE)), [track_settings("a", LARGE)], "at once");
    assert_eq!(harness.tile("a", Some(TrackSettings::Disabled)), [], "it may come back");
    harness.wait(Duration::from_secs(1));
    assert_eq!(told(), [track_settings("a", TrackSettings::Disabled)]);

    // The socket is lost. What changes meanwhile waits, and a session that goes on is told everything again.
    harness.input(Input::Socket(SocketEvent::Closed));
    assert_eq!(harness.tile("a", Some(SMALL)), []);
    harness.wait(Duration::from_secs(1));
    harness.input(Input::Socket(SocketEvent::Opened));
    harness.receive(Inbound::Server(ServerSignal::Resumed { ice_servers: None }));
    assert_eq!(told(), [track_settings("a", SMALL)]);

    // So is a server that has forgotten us, as soon as it knows them.
    harness.input(Input::Socket(SocketEvent::Closed));
    harness.wait(Duration::from_secs(1));
    harness.input(Input::Socket(SocketEvent::Opened));
    harness.receive(welcome(&[]));
    assert_eq!(told(), [], "it has nobody of that name");
    harness.receive(Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Sfu))));
    assert_eq!(told(), [track_settings("a", SMALL)]);
}
