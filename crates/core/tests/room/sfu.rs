//! Rooms on a selective forwarding unit: its connections, and whose tracks come on them.

use visavis_core::signaling::{
    ForwardedTrack, Leg, LegDirection, LegId, LegRequest, MediaKind, NegotiationMessage, PublishedSources,
    Remote, SfuSignal,
};
use visavis_core::{CaptureId, MediaEvent, TrackId};

use crate::*;

const SUBSCRIBED: LegId = LegId(1);

fn publisher(epoch: u32) -> Leg {
    Leg { id: LegId(0), epoch, direction: LegDirection::Publish(PublishedSources::All) }
}

fn subscriber(epoch: u32) -> Leg {
    Leg { id: SUBSCRIBED, epoch, direction: LegDirection::Subscribe }
}

fn legs(legs: &[Leg]) -> Inbound {
    Inbound::Sfu(SfuSignal::Legs(legs.to_vec()))
}

fn forwards(mid: &str, publisher: &str, source: Source) -> Inbound {
    let track = ForwardedTrack { mid: mid.to_owned(), publisher: id(publisher), source };
    Inbound::Sfu(SfuSignal::Tracks { leg: SUBSCRIBED, tracks: vec![track] })
}

fn offers(epoch: u32, sdp: &str) -> Inbound {
    let description = SessionDescription { sdp_type: SdpType::Offer, sdp: sdp.to_owned() };
    let message = NegotiationMessage::Description(description);
    Inbound::Negotiation(Negotiation { remote: Remote::Server(SUBSCRIBED), epoch, message })
}

fn on(connection: u32, effect: ConnectionEffect) -> Effect {
    Effect::Connection(ConnectionId(connection), effect)
}

/// In a room with "a" and "b", whose media a server forwards.
fn room() -> Harness {
    let (mut harness, _) = Harness::joined(&[]);
    for name in ["a", "b"] {
        let effects = harness.receive(Inbound::Roster(RosterSignal::Joined(info(name, Offerer::ViaSfu))));
        assert_eq!(effects, [], "no connection leads to them");
    }
    harness
}

fn track(harness: &Harness, participant: usize, source: Source) -> Option<TrackId> {
    let participants = harness.room.view().participants;
    participants[participant].publications.iter().find(|one| one.source == source)?.track
}

#[test]
fn we_offer_what_we_publish_with_a_transceiver_for_each_source() {
    let mut harness = room();
    let effects = harness.receive(legs(&[publisher(0)]));
    assert_eq!(creations(&effects), [(0, Role::Publisher)]);
    for source in Source::MICROPHONE_AND_CAMERA {
        assert!(effects.contains(&on(0, ConnectionEffect::AddTransceiver(source))), "{effects:?}");
    }
    assert_eq!(harness.receive(legs(&[publisher(0)])), [], "said again");

    harness.input(Input::Command(Command::SetSource { source: Source::Screen, on: true }));
    let tracks = vec![(Source::Screen, TrackId(7))];
    let effects = harness.input(Input::Media(MediaEvent::Captured { capture: CaptureId(0), tracks }));
    let added = on(0, ConnectionEffect::AddTransceiver(Source::Screen));
    assert!(effects.contains(&added), "a server is asked for nothing first: {effects:?}");
}

#[test]
fn one_connection_for_everything_grows_by_the_sections_that_the_server_asks_for() {
    let both = |audio, video| {
        let direction = LegDirection::Both { publishes: PublishedSources::UserMedia, audio, video };
        legs(&[Leg { id: LegId(0), epoch: 0, direction }])
    };
    let added = |effects: &[Effect], kind| {
        effects.iter().filter(|effect| **effect == on(0, ConnectionEffect::AddReceiver(kind))).count()
    };
    let mut harness = room();
    let effects = harness.receive(both(1, 1));
    assert_eq!([added(&effects, MediaKind::Audio), added(&effects, MediaKind::Video)], [1, 1]);
    let effects = harness.receive(both(1, 3));
    assert_eq!([added(&effects, MediaKind::Audio), added(&effects, MediaKind::Video)], [0, 2]);
}

#[test]
fn whose_track_comes_is_what_the_server_says_before_or_after() {
    let mut harness = room();
    harness.receive(legs(&[subscriber(0)]));
    // Somebody is named who is shown already, in a section that is offered only later.
    harness.receive(forwards("0", "b", Source::Camera));
    let effects = harness.receive(offers(0, "v=0\r\nm=video 9 X 0\r\na=mid:0\r\n"));
    assert_eq!(creations(&effects), [(0, Role::Answerer)]);
    let kind = MediaKind::Video;
    harness.event(0, ConnectionEvent::Track { mid: "0".to_owned(), kind, track: TrackId(7) });
    assert_eq!(track(&harness, 0, Source::Camera), None);
    assert_eq!(track(&harness, 1, Source::Camera), Some(TrackId(7)));
    // The same section carries another track later, of somebody else.
    harness.receive(forwards("0", "a", Source::Screen));
    assert_eq!(track(&harness, 1, Source::Camera), None);
    let mut sharing = info("a", Offerer::ViaSfu);
    sharing.media = Some(MediaState { screen: true, ..MediaState::default() });
    harness.receive(Inbound::Roster(RosterSignal::Resumed(sharing)));
    assert_eq!(track(&harness, 0, Source::Screen), Some(TrackId(7)));
}

#[test]
fn an_offer_of_a_connection_that_is_not_named_yet_waits_for_its_name() {
    let mut harness = room();
    harness.receive(legs(&[subscriber(0)]));
    assert_eq!(harness.receive(offers(1, "v=0\r\n")), []);
    let effects = harness.receive(legs(&[subscriber(1)]));
    assert_eq!(creations(&effects), [(0, Role::Answerer)]);
    assert_eq!(harness.receive(offers(0, "v=0\r\n")), [], "of a connection that is over");
}

#[test]
fn a_broken_connection_is_mended_by_whoever_offers_on_it() {
    let mut harness = room();
    harness.receive(legs(&[publisher(0), subscriber(0)]));
    harness.receive(offers(0, "v=0\r\n"));
    for connection in [0, 1] {
        let state = ConnectionEvent::ConnectionStateChange;
        harness.event(connection, state(PeerConnectionState::Connected));
    }
    sent();
    for connection in [0, 1] {
        let state = ConnectionEvent::ConnectionStateChange;
        harness.event(connection, state(PeerConnectionState::Failed));
    }
    let effects = harness.wait(Duration::from_secs(2));
    assert!(effects.contains(&on(0, ConnectionEffect::RestartIce)), "{effects:?}");
    assert!(!effects.contains(&on(1, ConnectionEffect::RestartIce)), "{effects:?}");
    assert!(sent().contains(&Outbound::Leg(SUBSCRIBED, LegRequest::RestartIce)));
    // What does not help is tried no longer: another connection, which the server numbers.
    let effects = harness.wait(Duration::from_secs(20));
    assert_eq!(creations(&effects), []);
    let asked = |outbound: &&Outbound| **outbound == Outbound::Leg(LegId(0), LegRequest::Rebuild);
    assert_eq!(sent().iter().filter(asked).count(), 1, "it is given as much time as any new connection");
    let effects = harness.receive(legs(&[publisher(1), subscriber(0)]));
    assert_eq!(creations(&effects), [(2, Role::Publisher)]);
    assert!(effects.contains(&on(0, ConnectionEffect::Close)));
}

#[test]
fn a_flood_of_connections_and_tracks_is_bounded() {
    let (mut harness, _) = Harness::joined(&[]);
    let flood: Vec<_> = (0..10_000)
        .map(|number| Leg {
            id: LegId(number),
            epoch: 0,
            direction: LegDirection::Publish(PublishedSources::DisplayMedia),
        })
        .collect();
    let effects = harness.receive(legs(&flood));
    assert_eq!(creations(&effects).len(), visavis_core::signaling::limits::MAX_LEGS);
}
