//! Messages of Visavis pages that a server carries.

use visavis_core::signaling::{
    ChannelPerSender, PublishedSources, SfuConnection, SfuConnectionId, SfuDataChannels, SfuDirection,
    SfuSignal,
};
use visavis_core::{Event, PeerChannelEvent, PeerMessage};

use crate::*;

/// In a room with "a" and "b", whose media a server forwards.
fn room() -> Harness {
    enter(Harness::new())
}

fn enter(mut harness: Harness) -> Harness {
    harness.join(&[]);
    add_people(&mut harness, &["a", "b"]);
    harness
}

/// They are in the room, a server forwards their media, and we are connected to it.
pub(crate) fn connect_to_server(harness: &mut Harness, people: &[&str]) {
    add_people(harness, people);
    connect(harness);
}

fn add_people(harness: &mut Harness, people: &[&str]) {
    for name in people {
        harness.receive(Inbound::Roster(RosterSignal::Joined(info(name, Offerer::Sfu))));
    }
    let direction = SfuDirection::Publish(PublishedSources::All);
    harness.receive(Inbound::Sfu(SfuSignal::Connections(vec![SfuConnection {
        id: SfuConnectionId(0),
        epoch: 0,
        direction,
        simulcast: false,
    }])));
}

fn connect(harness: &mut Harness) -> Vec<Outbound> {
    sent();
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    sent()
}

fn relayed(to: &[&str], message: &PeerMessage) -> Outbound {
    Outbound::PeerMessage { to: to.iter().map(|to| id(to)).collect(), text: message.encode() }
}

pub(crate) fn receive_relayed(harness: &mut Harness, from: &str, text: &str) {
    let text = text.to_owned();
    harness.receive(Inbound::Sfu(SfuSignal::PeerMessage { from: id(from), text }));
}

fn microphone(on: bool) -> PeerMessage {
    PeerMessage::Media(MediaState::default().with(Source::Microphone, on))
}

#[test]
fn whoever_gets_connected_says_what_they_send_and_asks_the_others() {
    let mut harness = room();
    let all = [relayed(&["a", "b"], &microphone(false)), relayed(&["a", "b"], &PeerMessage::MediaRequest)];
    assert_eq!(connect(&mut harness), all);
    let state = |state| ConnectionEvent::ConnectionStateChange(state);
    harness.event(0, state(PeerConnectionState::Disconnected));
    assert_eq!(connect(&mut harness), all, "something may have been lost");
    receive_relayed(&mut harness, "a", &PeerMessage::MediaRequest.encode());
    assert_eq!(sent(), [relayed(&["a"], &microphone(false))], "whoever asks is told");
    harness.input(Input::Command(Command::Leave));
    assert_eq!(sent(), [relayed(&["a", "b"], &PeerMessage::Leave), Outbound::Leave]);
}

#[test]
fn whoever_does_not_say_what_they_send_is_asked_three_times() {
    let mut harness = room();
    connect(&mut harness);
    receive_relayed(&mut harness, "b", &microphone(true).encode());
    let asked = |seconds, harness: &mut Harness| {
        harness.wait(Duration::from_secs(seconds));
        sent().into_iter().filter(|sent| *sent == relayed(&["a"], &PeerMessage::MediaRequest)).count()
    };
    assert_eq!(asked(1, &mut harness), 0, "they may still say it");
    assert_eq!([2, 4, 8].map(|seconds| asked(seconds, &mut harness)), [1, 1, 1]);
    assert_eq!(asked(60, &mut harness), 0, "another program");
    harness.receive(Inbound::Roster(RosterSignal::Joined(info("c", Offerer::Sfu))));
    harness.wait(Duration::from_secs(3));
    assert!(sent().contains(&relayed(&["c"], &PeerMessage::MediaRequest)), "known only later");
}

#[test]
fn what_the_others_say_counts() {
    let mut harness = room();
    let media =
        |harness: &Harness| harness.room.view().participants[0].media.unwrap().is_on(Source::Microphone);
    receive_relayed(&mut harness, "a", &microphone(true).encode());
    assert!(media(&harness));
    for (from, text) in [("a", "{\"type\":\"hologram\"}"), ("a", "nonsense"), ("z", "{\"type\":\"leave\"}")] {
        receive_relayed(&mut harness, from, text);
    }
    assert!(media(&harness));
    assert_eq!(harness.room.view().participants.len(), 2);
    receive_relayed(&mut harness, "b", &PeerMessage::Leave.encode());
    assert_eq!(harness.room.view().participants.len(), 1);
}

#[test]
fn whoever_says_too_much_is_not_heard() {
    let mut harness = room();
    for _ in 0..240 {
        receive_relayed(&mut harness, "a", &PeerMessage::MediaRequest.encode());
    }
    sent();
    receive_relayed(&mut harness, "a", &PeerMessage::MediaRequest.encode());
    assert_eq!(sent(), []);
    receive_relayed(&mut harness, "b", &PeerMessage::MediaRequest.encode());
    assert_eq!(sent().len(), 1, "the others are");
    harness.wait(Duration::from_secs(60));
    sent();
    receive_relayed(&mut harness, "a", &PeerMessage::MediaRequest.encode());
    assert_eq!(sent().len(), 1);
}

#[test]
fn what_cannot_be_read_is_told_and_changes_nothing() {
    let mut harness = room();
    let text = "x".repeat(visavis_core::MAX_PEER_MESSAGE_BYTES + 1);
    INBOUND.set(vec![Inbound::Sfu(SfuSignal::PeerMessage { from: id("a"), text })]);
    harness.room.handle(harness.now, Input::Socket(SocketEvent::Frame(String::new())));
    let outputs: Vec<_> = std::iter::from_fn(|| harness.room.poll_output()).collect();
    assert!(matches!(outputs[..], [Output::Event(Event::ProtocolError(_))]), "{outputs:?}");
}

#[test]
fn somebody_whose_media_a_server_forwards_is_never_called_directly() {
    let mut harness = room();
    harness.receive(Inbound::Roster(RosterSignal::Lost(id("a"))));
    for signal in [RosterSignal::Resumed, RosterSignal::Joined] {
        let effects = harness.receive(Inbound::Roster(signal(info("a", Offerer::Sfu))));
        assert_eq!(creations(&effects), []);
    }
}

/// The dialect of a server that carries messages on data channels.
struct WithDataChannels(TestDialect, SfuDataChannels);

const DATA_CHANNELS: SfuDataChannels =
    SfuDataChannels { label: "messages", unused: None, binary: None, per_sender: None };

impl Dialect for WithDataChannels {
    fn endpoint(&self) -> Endpoint {
        self.0.endpoint()
    }

    fn handle(&mut self, now: Timestamp, input: DialectInput, out: &mut Vec<DialectOutput>) {
        match input {
            DialectInput::ChannelMessage(text) => {
                let message = SfuSignal::PeerMessage { from: id("a"), text };
                out.push(DialectOutput::Signal(Inbound::Sfu(message)));
            }
            other => self.0.handle(now, other, out),
        }
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        None
    }

    fn data_channels(&self) -> Option<SfuDataChannels> {
        Some(self.1)
    }

    fn carries_peer_messages(&self) -> bool {
        true
    }
}

fn with_data_channels(channels: SfuDataChannels) -> Harness {
    let dialect = WithDataChannels(TestDialect::default(), channels);
    let room = Room::new(RoomConfig::default(), Box::new(dialect));
    Harness { room, now: Timestamp::default(), parameters: Vec::new() }
}

#[test]
fn messages_wait_for_the_data_channel() {
    let mut harness = enter(with_data_channels(DATA_CHANNELS));
    assert_eq!(connect(&mut harness), [], "it is not open");
    let message = |text: &str| {
        Inbound::Sfu(SfuSignal::SendMessage { connection: SfuConnectionId(0), message: text.to_owned() })
    };
    assert_eq!(harness.receive(message("too early")), []);
    let opened = || ConnectionEvent::PeerChannel(PeerChannelEvent::Opened);
    let all = [relayed(&["a", "b"], &microphone(false)), relayed(&["a", "b"], &PeerMessage::MediaRequest)];
    harness.event(0, opened());
    assert_eq!(sent(), all);
    let send = ConnectionEffect::SendMessage("now".to_owned());
    assert_eq!(harness.receive(message("now")), [Effect::Connection(ConnectionId(0), send)]);
    let heard = PeerChannelEvent::Message(PeerMessage::MediaRequest.encode());
    harness.event(0, ConnectionEvent::PeerChannel(heard));
    assert_eq!(sent(), [relayed(&["a"], &microphone(false))], "the dialect has read it");
    harness.event(0, ConnectionEvent::PeerChannel(PeerChannelEvent::Closed));
    assert_eq!(harness.receive(message("too late")), []);
}

#[test]
fn connections_to_a_server_have_its_data_channels() {
    let mut harness = with_data_channels(DATA_CHANNELS);
    harness.join(&[]);
    let direction = SfuDirection::Publish(PublishedSources::All);
    let connection = SfuConnection { id: SfuConnectionId(0), epoch: 0, direction, simulcast: false };
    let effects = harness.receive(Inbound::Sfu(SfuSignal::Connections(vec![connection])));
    let create = ConnectionEffect::CreateDataChannel(DataChannel::Server(DATA_CHANNELS));
    assert!(effects.contains(&Effect::Connection(ConnectionId(0), create)), "{effects:?}");
}

/// Whoever is heard there may not hear us yet.
#[test]
fn where_each_sender_has_a_channel_only_who_is_asked_answers() {
    let per_sender = ChannelPerSender { join: |label, message| [label, message].concat() };
    let mut harness =
        enter(with_data_channels(SfuDataChannels { per_sender: Some(per_sender), ..DATA_CHANNELS }));
    connect(&mut harness);
    harness.event(0, ConnectionEvent::PeerChannel(PeerChannelEvent::Opened));
    harness.input(Input::InteractionsLoaded);
    harness.input(Input::Command(Command::SetHandRaised(true)));
    let hands = || {
        let raised = |sent: &Outbound| match sent {
            Outbound::PeerMessage { to, text } if text.contains("\"hand\"") => Some(to.clone()),
            _ => None,
        };
        sent().iter().filter_map(raised).collect::<Vec<_>>()
    };
    assert_eq!(hands(), [[id("a"), id("b")]], "perhaps nobody hears it");
    receive_relayed(&mut harness, "a", &microphone(true).encode());
    harness.wait(Duration::from_secs(3));
    assert!(sent().contains(&relayed(&["a", "b"], &PeerMessage::MediaRequest)), "they may not hear us");
    receive_relayed(&mut harness, "a", &microphone(true).encode());
    assert_eq!(hands(), [[id("a")]], "now it is certain");
    receive_relayed(&mut harness, "a", &microphone(false).encode());
    assert_eq!(hands(), [[]; 0]);
}
