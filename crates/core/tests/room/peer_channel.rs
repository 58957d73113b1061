//! The data channel between two Visavis pages.

use visavis_core::{
    CaptureId, Event, MAX_PEER_MESSAGE_BYTES, MediaEvent, PeerChannelEvent, PeerMessage, TrackId,
};

use crate::*;

const OFFER: &str = "v=0\r\na=ice-ufrag:v\r\nm=audio 9 X 0\r\na=mid:0\r\nm=application 9 X 0\r\na=mid:1\r\n";

/// What a Visavis page says; or somebody else, who has no line for it.
fn described(sdp_type: SdpType, is_visavis: bool) -> SessionDescription {
    let tool = if is_visavis { "v=0\r\na=tool:visavis\r\n" } else { "v=0\r\n" };
    SessionDescription { sdp_type, sdp: OFFER.replace("v=0\r\n", tool) }
}

fn on_0(effect: ConnectionEffect) -> Effect {
    Effect::Connection(ConnectionId(0), effect)
}

fn send_media_state(media: MediaState) -> Effect {
    on_0(ConnectionEffect::SendMessage(PeerMessage::Media(media).encode()))
}

fn published(harness: &Harness) -> Option<MediaState> {
    harness.room.view().participants[0].media
}

impl Harness {
    pub(crate) fn channel(&mut self, event: PeerChannelEvent) -> Vec<Effect> {
        self.event(0, ConnectionEvent::PeerChannel(event))
    }

    pub(crate) fn peer_sends(&mut self, text: &str) -> Vec<Effect> {
        self.channel(PeerChannelEvent::Message(text.to_owned()))
    }

    fn problems(&mut self, event: PeerChannelEvent) -> usize {
        let event = Input::Connection(ConnectionId(0), ConnectionEvent::PeerChannel(event));
        self.room.handle(self.now, event);
        let outputs = std::iter::from_fn(|| self.room.poll_output());
        outputs.filter(|output| matches!(output, Output::Event(Event::ProtocolError(_)))).count()
    }
}

/// A call with "a", who answers us.
pub(crate) fn call(is_visavis: bool) -> Harness {
    let (mut harness, _) = Harness::joined(&["a"]);
    harness.event(0, ConnectionEvent::LocalDescriptionSet(Ok(described(SdpType::Offer, false))));
    harness.receive(Inbound::description(id("a"), 0, described(SdpType::Answer, is_visavis)));
    harness.event(0, ConnectionEvent::RemoteDescriptionSet(Ok(())));
    harness
}

/// The media state, and whether the microphone is on in it.
fn microphone(on: bool) -> MediaState {
    MediaState::default().with(Source::Microphone, on)
}

#[test]
fn an_answerer_makes_it_before_the_answer_if_a_page_of_ours_offers_its_section() {
    for (is_visavis, offer) in [
        (true, described(SdpType::Offer, true)),
        (false, described(SdpType::Offer, false)),
        (
            false,
            SessionDescription {
                sdp: described(SdpType::Offer, true).sdp.replace("m=application 9 ", "m=application 0 "),
                sdp_type: SdpType::Offer,
            },
        ),
    ] {
        let (mut harness, _) = Harness::joined(&[]);
        harness.receive(Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Them))));
        harness.receive(Inbound::description(id("a"), 0, offer));
        let effects = harness.event(0, ConnectionEvent::RemoteDescriptionSet(Ok(())));
        let answer = on_0(ConnectionEffect::SetLocalDescription);
        let made = on_0(ConnectionEffect::CreateDataChannel(DataChannel::Peer));
        let expected = if is_visavis { vec![made, answer] } else { vec![answer] };
        assert_eq!(effects, expected);
    }
}

#[test]
fn what_we_publish_is_told_when_it_opens_and_whenever_it_changes() {
    let mut harness = call(true);
    assert_eq!(harness.channel(PeerChannelEvent::Opened), [send_media_state(microphone(false))]);
    harness.input(Input::Command(Command::SetSource { source: Source::Microphone, on: true }));
    let tracks = vec![(Source::Microphone, TrackId(7))];
    let effects = harness.input(Input::Media(MediaEvent::Captured { capture: CaptureId(0), tracks }));
    assert!(effects.contains(&send_media_state(microphone(true))), "{effects:?}");
    // A server that is lost changes nothing of that.
    harness.input(Input::Socket(SocketEvent::Closed));
    let effects = harness.input(Input::Command(Command::SetSource { source: Source::Microphone, on: false }));
    assert!(effects.contains(&send_media_state(microphone(false))), "{effects:?}");
}

#[test]
fn what_they_said_last_counts_whichever_way_it_came() {
    let mut harness = call(true);
    let by_server = |on| Inbound::Roster(RosterSignal::MediaState { from: id("a"), media: microphone(on) });
    harness.receive(by_server(true));
    assert_eq!(published(&harness), Some(microphone(true)));
    harness.channel(PeerChannelEvent::Opened);
    harness.peer_sends(&PeerMessage::Media(microphone(false)).encode());
    assert_eq!(published(&harness), Some(microphone(false)));
    harness.receive(by_server(true));
    assert_eq!(published(&harness), Some(microphone(true)), "the channel may be dead without telling");
}

#[test]
fn while_much_waits_only_the_newest_state_is_told_afterwards() {
    let mut harness = call(true);
    harness.channel(PeerChannelEvent::Opened);
    harness.channel(PeerChannelEvent::BufferedAmountHigh);
    for on in [true, false, true] {
        harness.input(Input::Command(Command::SetSource { source: Source::Microphone, on }));
    }
    let tracks = vec![(Source::Microphone, TrackId(7))];
    let effects = harness.input(Input::Media(MediaEvent::Captured { capture: CaptureId(0), tracks }));
    let is_said = |effect: &Effect| matches!(effect, Effect::Connection(_, ConnectionEffect::SendMessage(_)));
    assert!(!effects.iter().any(is_said), "{effects:?}");
    assert_eq!(harness.channel(PeerChannelEvent::BufferedAmountLow), [send_media_state(microphone(true))]);
}

#[test]
fn who_leaves_says_so_and_is_gone_at_once_though_the_server_is_lost() {
    let mut harness = call(true);
    harness.channel(PeerChannelEvent::Opened);
    harness.input(Input::Socket(SocketEvent::Closed));
    let leave = PeerMessage::Leave.encode();
    assert!(harness.peer_sends(&leave).contains(&on_0(ConnectionEffect::Close)));
    assert_eq!(harness.room.view().participants.len(), 0);

    let mut harness = call(true);
    harness.channel(PeerChannelEvent::Opened);
    harness.input(Input::Socket(SocketEvent::Closed));
    let effects = harness.input(Input::Command(Command::Leave));
    assert_eq!(effects[..2], [on_0(ConnectionEffect::SendMessage(leave)), on_0(ConnectionEffect::Close)]);
}

/// Seen in Chromium: both ends of the path are up, and the promise of `setRemoteDescription` is not settled.
#[test]
fn it_may_open_before_the_browser_says_that_their_answer_is_set() {
    let (mut harness, _) = Harness::joined(&["a"]);
    harness.event(0, ConnectionEvent::LocalDescriptionSet(Ok(described(SdpType::Offer, false))));
    harness.receive(Inbound::description(id("a"), 0, described(SdpType::Answer, true)));
    assert_eq!(harness.channel(PeerChannelEvent::Opened), []);
    harness.peer_sends(&PeerMessage::Media(microphone(true)).encode());
    let effects = harness.event(0, ConnectionEvent::RemoteDescriptionSet(Ok(())));
    assert!(effects.contains(&send_media_state(microphone(false))), "{effects:?}");
    assert_eq!(published(&harness), Some(microphone(true)));
}

#[test]
fn a_stranger_is_told_nothing_even_if_it_opens() {
    let mut harness = call(false);
    assert_eq!(harness.channel(PeerChannelEvent::Opened), []);
    let tracks = vec![(Source::Microphone, TrackId(7))];
    harness.input(Input::Command(Command::SetSource { source: Source::Microphone, on: true }));
    let effects = harness.input(Input::Media(MediaEvent::Captured { capture: CaptureId(0), tracks }));
    assert!(!effects.contains(&send_media_state(microphone(true))), "{effects:?}");
}

#[test]
fn nonsense_is_told_and_does_no_harm_and_a_flood_of_it_is_not_listened_to() {
    let mut harness = call(true);
    harness.channel(PeerChannelEvent::Opened);
    harness.peer_sends(&PeerMessage::Media(microphone(true)).encode());
    for text in ["", "{", "[]", r#"{"type":"media","media":"all"}"#, &"x".repeat(MAX_PEER_MESSAGE_BYTES + 1)]
    {
        assert_eq!(harness.problems(PeerChannelEvent::Message(text.to_owned())), 1, "{text:.20}");
    }
    assert_eq!(harness.peer_sends(r#"{"type":"hologram"}"#), [], "of a later version");
    assert_eq!(published(&harness), Some(microphone(true)));

    let text = PeerMessage::Media(microphone(true)).encode();
    let flood: Vec<_> = (0..1000).flat_map(|_| harness.peer_sends(&text)).collect();
    assert_eq!(flood, [on_0(ConnectionEffect::ClosePeerChannel)], "once");
    assert_eq!(
        harness.connection().0,
        ConnectionState::Connecting,
        "the connection has nothing to do with it"
    );
    assert_eq!(harness.problems(PeerChannelEvent::Message("{".to_owned())), 0);
}
