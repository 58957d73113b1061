//! Rooms on a selective forwarding unit: its connections, and whose tracks come on them.

use visavis_core::signaling::{
    ForwardedTrack, MediaKind, NegotiationMessage, PublishedSources, Remote, SfuConnection, SfuConnectionId,
    SfuDirection, SfuRequest, SfuSignal,
};
use visavis_core::{CaptureId, MediaEvent, Stats, StreamStats, TrackId};

use crate::*;

const SUBSCRIBED: SfuConnectionId = SfuConnectionId(1);

pub(crate) fn publisher(epoch: u32) -> SfuConnection {
    let direction = SfuDirection::Publish(PublishedSources::All);
    SfuConnection { id: SfuConnectionId(0), epoch, direction, simulcast: false }
}

fn subscriber(epoch: u32) -> SfuConnection {
    SfuConnection { id: SUBSCRIBED, epoch, direction: SfuDirection::Subscribe, simulcast: false }
}

pub(crate) fn connections(connections: &[SfuConnection]) -> Inbound {
    Inbound::Sfu(SfuSignal::Connections(connections.to_vec()))
}

fn forwards(mid: &str, publisher: &str, source: Source) -> Inbound {
    let track = ForwardedTrack { mid: mid.to_owned(), publisher: id(publisher), source };
    Inbound::Sfu(SfuSignal::Tracks { connection: SUBSCRIBED, tracks: vec![track] })
}

fn offers(epoch: u32, sdp: &str) -> Inbound {
    let description = SessionDescription { sdp_type: SdpType::Offer, sdp: sdp.to_owned() };
    let message = NegotiationMessage::Description(description);
    Inbound::Negotiation(Negotiation { remote: Remote::Server(SUBSCRIBED), epoch, message })
}

pub(crate) fn on(connection: u32, effect: ConnectionEffect) -> Effect {
    Effect::Connection(ConnectionId(connection), effect)
}

/// In a room with "a" and "b", whose media a server forwards.
pub(crate) fn room() -> Harness {
    let (mut harness, _) = Harness::joined(&[]);
    for name in ["a", "b"] {
        let effects = harness.receive(Inbound::Roster(RosterSignal::Joined(info(name, Offerer::Sfu))));
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
    let effects = harness.receive(connections(&[publisher(0)]));
    assert_eq!(creations(&effects), [(0, Role::SfuOfferer)]);
    for source in Source::MICROPHONE_AND_CAMERA {
        assert!(
            effects.contains(&on(0, ConnectionEffect::AddTransceiver(source, Encodings::default()))),
            "{effects:?}"
        );
    }
    assert_eq!(harness.receive(connections(&[publisher(0)])), [], "said again");

    harness.input(Input::Command(Command::SetSource { source: Source::Screen, on: true }));
    let tracks = vec![(Source::Screen, TrackId(7))];
    let effects = harness.input(Input::Media(MediaEvent::Captured { capture: CaptureId(0), tracks }));
    let added = on(0, ConnectionEffect::AddTransceiver(Source::Screen, Encodings::default()));
    assert!(effects.contains(&added), "a server is asked for nothing first: {effects:?}");
}

#[test]
fn one_connection_for_everything_grows_by_the_sections_that_the_server_asks_for() {
    let both = |audio, video| {
        let direction = SfuDirection::Both { publishes: PublishedSources::UserMedia, audio, video };
        connections(&[SfuConnection { id: SfuConnectionId(0), epoch: 0, direction, simulcast: false }])
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
    harness.receive(connections(&[subscriber(0)]));
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
    let mut sharing = info("a", Offerer::Sfu);
    sharing.media = Some(MediaState::from([Source::Screen]));
    harness.receive(Inbound::Roster(RosterSignal::Resumed(sharing)));
    assert_eq!(track(&harness, 0, Source::Screen), Some(TrackId(7)));
}

#[test]
fn an_offer_of_a_connection_that_is_not_named_yet_waits_for_its_name() {
    let mut harness = room();
    harness.receive(connections(&[subscriber(0)]));
    assert_eq!(harness.receive(offers(1, "v=0\r\n")), []);
    let effects = harness.receive(connections(&[subscriber(1)]));
    assert_eq!(creations(&effects), [(0, Role::Answerer)]);
    assert_eq!(harness.receive(offers(0, "v=0\r\n")), [], "of a connection that is over");
}

/// Seen in Chromium when everybody else had left: the offer that it wanted was answered by nobody, and those of the server
/// were ignored from then on.
#[test]
fn where_the_server_offers_we_never_do() {
    let mut harness = room();
    harness.receive(connections(&[subscriber(0)]));
    harness.receive(offers(0, "v=0\r\n"));
    harness.event(0, ConnectionEvent::RemoteDescriptionSet(Ok(())));
    let answer = SessionDescription { sdp_type: SdpType::Answer, sdp: "v=0\r\n".to_owned() };
    harness.event(0, ConnectionEvent::LocalDescriptionSet(Ok(answer)));
    assert_eq!(harness.event(0, ConnectionEvent::NegotiationNeeded), []);
    let effects = harness.receive(offers(0, "v=0\r\n"));
    assert!(
        effects.iter().any(|effect| matches!(
            effect,
            Effect::Connection(_, ConnectionEffect::SetRemoteDescription { .. })
        )),
        "{effects:?}"
    );
}

#[test]
fn a_broken_connection_is_mended_by_whoever_offers_on_it() {
    let mut harness = room();
    harness.receive(connections(&[publisher(0), subscriber(0)]));
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
    assert!(sent().contains(&Outbound::Sfu(SUBSCRIBED, SfuRequest::RestartIce)));
    // What does not help is tried no longer: another connection, which the server numbers.
    let effects = harness.wait(Duration::from_secs(20));
    assert_eq!(creations(&effects), []);
    let asked = |outbound: &&Outbound| **outbound == Outbound::Sfu(SfuConnectionId(0), SfuRequest::Rebuild);
    assert_eq!(sent().iter().filter(asked).count(), 1, "it is given as much time as any new connection");
    let effects = harness.receive(connections(&[publisher(1), subscriber(0)]));
    assert_eq!(creations(&effects), [(2, Role::SfuOfferer)]);
    assert!(effects.contains(&on(0, ConnectionEffect::Close)));
}

#[test]
fn a_flood_of_connections_and_tracks_is_bounded() {
    let (mut harness, _) = Harness::joined(&[]);
    let flood: Vec<_> = (0..10_000)
        .map(|number| SfuConnection {
            id: SfuConnectionId(number),
            epoch: 0,
            direction: SfuDirection::Publish(PublishedSources::DisplayMedia),
            simulcast: false,
        })
        .collect();
    let effects = harness.receive(connections(&flood));
    assert_eq!(creations(&effects).len(), visavis_core::signaling::limits::MAX_SFU_CONNECTIONS);
}

/// Lets time pass while these packets come in the sections "0" and "1" between two samples; gives what the server is asked for.
fn flow(harness: &mut Harness, seconds: u64, counters: &mut [u32; 2], growth: [u32; 2]) -> Vec<SfuRequest> {
    let (at_last, mut asked) = (harness.now + Duration::from_secs(seconds), Vec::new());
    while harness.now < at_last {
        let effects = harness.wait(Duration::from_millis(250));
        if effects.contains(&on(0, ConnectionEffect::GetStats)) {
            // It is there all the time.
            harness.receive(Inbound::Sfu(SfuSignal::Connections(vec![subscriber(0)])));
            *counters = [counters[0] + growth[0], counters[1] + growth[1]];
            let streams = counters.iter().zip(["0", "1"]).map(|(packets, mid)| {
                let (mid, kind) = (mid.to_owned(), MediaKind::Audio);
                StreamStats { mid, kind, packets: *packets, frames: None, lost: None }
            });
            let stats = Stats { inbound: streams.collect(), ..Stats::default() };
            harness.event(0, ConnectionEvent::Stats(stats));
        }
        asked.extend(sent().into_iter().filter_map(|outbound| match outbound {
            Outbound::Sfu(SUBSCRIBED, request) => Some(request),
            _ => None,
        }));
    }
    asked
}

/// In a room with "a" and "b", whose microphones are on and come in the sections "0" and "1".
fn listening() -> Harness {
    let mut harness = room();
    harness.receive(connections(&[subscriber(0)]));
    let track = |mid: &str, publisher| {
        let (mid, publisher) = (mid.to_owned(), id(publisher));
        ForwardedTrack { mid, publisher, source: Source::Microphone }
    };
    let tracks = vec![track("0", "a"), track("1", "b")];
    harness.receive(Inbound::Sfu(SfuSignal::Tracks { connection: SUBSCRIBED, tracks }));
    harness.receive(offers(0, "v=0\r\nm=audio 9 X 0\r\na=mid:0\r\nm=audio 9 X 0\r\na=mid:1\r\n"));
    for name in ["a", "b"] {
        let media = MediaState::from([Source::Microphone]);
        harness.receive(Inbound::Roster(RosterSignal::MediaState { from: id(name), media }));
    }
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    sent();
    harness
}

fn reasons(harness: &Harness) -> Vec<ConnectionReason> {
    harness.room.view().participants.iter().map(|one| one.connection.reason).collect()
}

#[test]
fn a_dead_connection_that_the_browser_calls_connected_is_mended() {
    let (mut harness, mut counters) = (listening(), [0; 2]);
    assert_eq!(flow(&mut harness, 60, &mut counters, [50, 50]), []);
    assert_eq!(flow(&mut harness, 8, &mut counters, [0, 0]), [SfuRequest::RestartIce]);
    assert_eq!(reasons(&harness), [ConnectionReason::NoMedia; 2]);
    assert_eq!(flow(&mut harness, 10, &mut counters, [0, 0]), [SfuRequest::Rebuild]);
}

#[test]
fn one_microphone_that_does_not_come_is_told_of_them_alone() {
    let (mut harness, mut counters) = (listening(), [0; 2]);
    flow(&mut harness, 10, &mut counters, [50, 50]);
    assert_eq!(flow(&mut harness, 9, &mut counters, [50, 0]), []);
    assert_eq!(reasons(&harness), [ConnectionReason::None, ConnectionReason::NoMedia]);
    assert_eq!(flow(&mut harness, 10, &mut counters, [50, 0]), [SfuRequest::Rebuild]);
    // Nobody is missed who has muted themselves, or whom the server has lost.
    let (mut harness, mut counters) = (listening(), [0; 2]);
    flow(&mut harness, 10, &mut counters, [50, 50]);
    let media = MediaState::default();
    harness.receive(Inbound::Roster(RosterSignal::MediaState { from: id("a"), media }));
    harness.receive(Inbound::Roster(RosterSignal::Lost(id("b"))));
    assert_eq!(flow(&mut harness, 60, &mut counters, [0, 0]), []);
}
