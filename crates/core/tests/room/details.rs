//! The details of somebody's connection: when they are read, and whose they are.

use visavis_core::signaling::{
    ForwardedTrack, MediaKind, PublishedSources, Remote, SfuConnection, SfuConnectionId, SfuDirection,
    SfuSignal,
};
use visavis_core::{ConnectionDetails, DetailsSample, Event, PathDetails, StreamDetails, StreamDirection};

use crate::peer_channel::call;
use crate::*;

fn stream(mid: &str, kind: MediaKind, direction: StreamDirection) -> StreamDetails {
    StreamDetails { bytes: Some(7), ..StreamDetails::new(direction, mid.to_owned(), kind) }
}

impl Harness {
    fn set_details(&mut self, participant: Option<&str>) -> Vec<Effect> {
        self.input(Input::Command(Command::SetDetails(participant.map(id))))
    }

    /// What is told of details that were read.
    fn details(&mut self, connection: u32, streams: Vec<StreamDetails>) -> Option<DetailsSample> {
        let path = Some(PathDetails { round_trip: Some(40), ..PathDetails::default() });
        let event = ConnectionEvent::Details(Box::new(ConnectionDetails { path, streams }));
        self.room.handle(self.now, Input::Connection(ConnectionId(connection), event));
        let outputs = std::iter::from_fn(|| self.room.poll_output()).collect::<Vec<_>>();
        outputs.into_iter().find_map(|output| match output {
            Output::Event(Event::Details(sample)) => Some(*sample),
            _ => None,
        })
    }

    /// How often details are read in so many seconds, of which connections.
    fn reads(&mut self, seconds: u64) -> Vec<u32> {
        let effects = self.wait(Duration::from_secs(seconds));
        let reads = effects.into_iter().filter_map(|effect| match effect {
            Effect::Connection(id, ConnectionEffect::GetDetails) => Some(id.0),
            _ => None,
        });
        reads.collect()
    }
}

fn sources(sample: &DetailsSample) -> Vec<(Source, StreamDirection)> {
    sample.streams.iter().map(|(source, stream)| (*source, stream.direction)).collect()
}

#[test]
fn nothing_is_read_unless_somebody_looks() {
    let mut harness = call(true);
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    assert_eq!(harness.reads(10), []);
    let get = Effect::Connection(ConnectionId(0), ConnectionEffect::GetDetails);
    assert_eq!(harness.set_details(Some("a")), [get], "at once");
    assert!((4..=6).contains(&harness.reads(10).len()), "with every sample");
    assert_eq!(harness.set_details(None), []);
    assert_eq!(harness.reads(10), []);
    assert_eq!(harness.details(0, Vec::new()), None, "what comes late");
    assert_eq!(harness.set_details(Some("nobody")), []);
}

#[test]
fn both_ways_of_a_connection_are_told_by_source() {
    use StreamDirection::{Received, Sent};
    let mut harness = call(true);
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    harness.set_details(Some("a"));
    let streams = [(MediaKind::Audio, Received), (MediaKind::Video, Received), (MediaKind::Video, Sent)];
    let streams = streams.map(|(kind, way)| stream("", kind, way)).to_vec();
    let sample = harness.details(0, streams).unwrap();
    let expected = [(Source::Microphone, Received), (Source::Camera, Received), (Source::Camera, Sent)];
    assert_eq!(sources(&sample), expected);
    assert_eq!((sample.forwarded, sample.participant.as_str()), (false, "a"));
    assert_eq!(sample.path.and_then(|path| path.round_trip), Some(40));
}

#[test]
fn of_what_a_server_forwards_only_theirs_is_told() {
    use StreamDirection::{Received, Sent};
    let mut harness = sfu::room();
    let direction = SfuDirection::Both { publishes: PublishedSources::UserMedia, audio: 1, video: 2 };
    let id_of_server = SfuConnectionId(0);
    let connection = SfuConnection { id: id_of_server, epoch: 0, direction, simulcast: false };
    harness.receive(sfu::connections(&[connection]));
    let track = |mid: &str, publisher| {
        let (mid, publisher) = (mid.to_owned(), id(publisher));
        ForwardedTrack { mid, publisher, source: Source::Camera }
    };
    let tracks = vec![track("3", "a"), track("4", "b")];
    harness.receive(Inbound::Sfu(SfuSignal::Tracks { connection: id_of_server, tracks }));
    harness.event(0, ConnectionEvent::TransceiverAssociated(Source::Camera, "1".to_owned()));
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    harness.set_details(Some("b"));
    let streams = [("3", Received), ("4", Received), ("1", Sent), ("9", Sent)];
    let streams = streams.map(|(mid, way)| stream(mid, MediaKind::Video, way)).to_vec();
    let sample = harness.details(0, streams).unwrap();
    assert_eq!(sources(&sample), [(Source::Camera, Received), (Source::Camera, Sent)]);
    assert_eq!(sample.streams[0].1.mid, "4");
    assert!(sample.forwarded);
}

/// One connection for each direction: both are read, and the path is that on which they are received.
#[test]
fn of_two_connections_to_a_server_both_are_read() {
    let mut harness = sfu::room();
    let subscriber = SfuConnection {
        id: SfuConnectionId(1),
        epoch: 0,
        direction: SfuDirection::Subscribe,
        simulcast: false,
    };
    harness.receive(sfu::connections(&[sfu::publisher(0), subscriber]));
    let description = SessionDescription { sdp_type: SdpType::Offer, sdp: "v=0\r\n".to_owned() };
    let message = visavis_core::signaling::NegotiationMessage::Description(description);
    let remote = Remote::Server(SfuConnectionId(1));
    harness.receive(Inbound::Negotiation(Negotiation { remote, epoch: 0, message }));
    let mut read = harness.set_details(Some("a"));
    read.retain(|effect| matches!(effect, Effect::Connection(_, ConnectionEffect::GetDetails)));
    let expected = [1, 0].map(|id| Effect::Connection(ConnectionId(id), ConnectionEffect::GetDetails));
    assert_eq!(read, expected);
    assert!(harness.details(1, Vec::new()).unwrap().path.is_some());
    assert_eq!(harness.details(0, Vec::new()).unwrap().path, None);
}
