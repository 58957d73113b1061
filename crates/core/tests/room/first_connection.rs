//! The offer of the connection that a server forwards on, made before anybody joins, and sent with the request to join.

use visavis_core::signaling::{
    JoinOffer, MediaKind, NegotiationMessage, PublishedSources, Remote, SfuConnectionId, SfuDirection,
    SfuSignal,
};
use visavis_core::timing::UNAIDED_CONNECT_TIMEOUT;

use crate::sfu::{connections, on, publisher};
use crate::*;

const SDP: &str = "v=0\r\nm=audio 9 X 111\r\na=mid:0\r\na=ice-ufrag:m\r\n";
const SERVER: Remote = Remote::Server(SfuConnectionId(0));

pub(crate) fn single(epoch: u32, video: usize) -> SfuConnection {
    let direction = SfuDirection::Both { publishes: PublishedSources::All, audio: 1, video };
    SfuConnection { id: SfuConnectionId(0), epoch, direction, simulcast: false }
}

/// In the lobby of a server that is joined by opening its socket, and that takes one offer with that.
fn lobby(config: RoomConfig) -> Harness {
    SENT.take();
    EARLY_OFFERS.set(EarlyOffers::WithJoin);
    FIRST_CONNECTION.set(Some(single(1, 1)));
    Harness::with(RoomConfig { seed: 1, prepare_connection: true, ..config })
}

fn enter(harness: &mut Harness) -> Vec<Effect> {
    harness.input(Input::Command(Command::EnterLobby))
}

/// The browser has made the offer of a connection, and found a candidate.
fn make(harness: &mut Harness, connection: u32) {
    let offer = SessionDescription { sdp_type: SdpType::Offer, sdp: SDP.to_owned() };
    harness.event(connection, ConnectionEvent::LocalDescriptionSet(Ok(offer)));
    harness.event(connection, ConnectionEvent::IceCandidate(Some(candidate("m"))));
}

fn click(harness: &mut Harness) -> Vec<JoinOffer> {
    harness.input(Input::Command(Command::Join { room: "r".into(), name: "n".into() }));
    offers_of_join()
}

fn offers_of_join() -> Vec<JoinOffer> {
    let offers = |outbound| match outbound {
        Outbound::Join { offers, .. } => Some(offers),
        _ => None,
    };
    sent().into_iter().find_map(offers).unwrap()
}

fn answer() -> Inbound {
    let description = SessionDescription { sdp_type: SdpType::Answer, sdp: SDP.to_owned() };
    let message = NegotiationMessage::Description(description);
    Inbound::Negotiation(Negotiation { remote: SERVER, epoch: 1, message })
}

fn sets_answer(effects: &[Effect], connection: u32) -> bool {
    effects.iter().any(|effect| {
        matches!(effect, Effect::Connection(id, ConnectionEffect::SetRemoteDescription { .. }) if id.0 == connection)
    })
}

/// In the room, with what the server is told by then.
fn joined(harness: &mut Harness, connection: SfuConnection) -> Vec<Effect> {
    let mut effects = harness.input(Input::Socket(SocketEvent::Opened));
    assert_eq!(offers_of_join(), [], "it went with the opening");
    effects.extend(harness.receive_all(vec![welcome(&[]), connections(&[connection])]));
    effects
}

#[test]
fn the_offer_is_made_in_the_lobby_and_goes_with_the_request_to_join() {
    let mut harness = lobby(RoomConfig::default());
    let effects = enter(&mut harness);
    assert_eq!(creations(&effects), [(0, Role::SfuOfferer)]);
    for source in Source::MICROPHONE_AND_CAMERA {
        let added = on(0, ConnectionEffect::AddTransceiver(source, Encodings::default()));
        assert!(effects.contains(&added), "{effects:?}");
    }
    for kind in [MediaKind::Audio, MediaKind::Video] {
        assert!(effects.contains(&on(0, ConnectionEffect::AddReceiver(kind))), "{effects:?}");
    }
    assert_eq!(effects.last(), Some(&on(0, ConnectionEffect::SetLocalDescription)), "with all of it");
    make(&mut harness, 0);
    let [JoinOffer { epoch: 1, offer, .. }] = &*click(&mut harness) else { panic!("one offer") };
    assert!(offer.sdp.contains("a=candidate:1\r\n"), "{}", offer.sdp);
    let effects = joined(&mut harness, single(1, 1));
    assert_eq!(creations(&effects), []);
    assert!(!sent().iter().any(|outbound| matches!(outbound, Outbound::Negotiation(_))), "it has the offer");
    assert!(sets_answer(&harness.receive(answer()), 0));
    // What is found later follows.
    harness.event(0, ConnectionEvent::IceCandidate(Some(candidate("m"))));
    assert_eq!(sent().len(), 1);
}

#[test]
fn the_socket_waits_for_an_offer_that_is_not_there_yet() {
    for refused in [false, true] {
        // Somebody is asked for the camera, and takes their time.
        let mut harness = lobby(RoomConfig { camera: true, ..RoomConfig::default() });
        assert_eq!(creations(&enter(&mut harness)), [], "while a device is being opened");
        let join = Input::Command(Command::Join { room: "r".into(), name: "n".into() });
        let effects = harness.input(join);
        assert_eq!(creations(&effects), [(0, Role::SfuOfferer)]);
        let opens = |effects: &[Effect]| effects.iter().any(|effect| matches!(effect, Effect::Socket(_)));
        assert!(!opens(&effects), "{effects:?}");
        assert_eq!(harness.room.view().lifecycle, Lifecycle::Joining);
        let made = if refused {
            Err(OperationError { name: "OperationError".into() })
        } else {
            Ok(SessionDescription { sdp_type: SdpType::Offer, sdp: SDP.to_owned() })
        };
        assert!(opens(&harness.event(0, ConnectionEvent::LocalDescriptionSet(made))));
        assert_eq!(offers_of_join().len(), usize::from(!refused));
    }
}

#[test]
fn a_server_that_wants_another_connection_after_all_gets_another_offer() {
    for other in [single(2, 1), publisher(1)] {
        let mut harness = lobby(RoomConfig::default());
        enter(&mut harness);
        make(&mut harness, 0);
        click(&mut harness);
        if other.epoch == 1 {
            // The way on which it would have gone has failed.
            EARLY_OFFERS.set(EarlyOffers::Unsupported);
            FIRST_CONNECTION.set(Some(other));
        }
        let effects = joined(&mut harness, other);
        assert!(creations(&effects).iter().all(|(number, _)| *number > 0), "{effects:?}");
        assert_eq!(creations(&effects).len(), 1, "{effects:?}");
        assert!(effects.contains(&on(0, ConnectionEffect::Close)), "it is of no use");
    }
}

#[test]
fn what_the_server_wants_beyond_the_offer_is_added_and_offered_when_it_is_answered() {
    let mut harness = lobby(RoomConfig::default());
    enter(&mut harness);
    make(&mut harness, 0);
    click(&mut harness);
    let effects = joined(&mut harness, single(1, 2));
    assert!(effects.contains(&on(0, ConnectionEffect::AddReceiver(MediaKind::Video))));
    let needed = Inbound::Sfu(SfuSignal::NegotiationNeeded(SfuConnectionId(0)));
    let set_local = on(0, ConnectionEffect::SetLocalDescription);
    assert!(!harness.receive(needed).contains(&set_local), "one at a time");
    harness.receive(answer());
    assert!(harness.event(0, ConnectionEvent::RemoteDescriptionSet(Ok(()))).contains(&set_local));
}

#[test]
fn a_connection_that_was_made_without_ice_servers_looks_again_with_those_of_the_server() {
    let mut harness = lobby(RoomConfig::default());
    enter(&mut harness);
    make(&mut harness, 0);
    click(&mut harness);
    harness.input(Input::Socket(SocketEvent::Opened));
    let mut welcome = welcome(&[]);
    if let Inbound::Server(ServerSignal::Joined(joined)) = &mut welcome {
        let server = IceServer { urls: vec!["stun:a.example".into()], username: None, credential: None };
        joined.ice_servers = Some(IceServers { servers: vec![server], expires_in: None });
    }
    let effects = harness.receive_all(vec![welcome, connections(&[single(1, 1)])]);
    let configures =
        |effect: &Effect| matches!(effect, Effect::Connection(_, ConnectionEffect::SetConfiguration(_)));
    assert!(!effects.iter().any(configures), "the next offer would restart ICE, whatever it is for");
    harness.receive(answer());
    harness.event(0, ConnectionEvent::RemoteDescriptionSet(Ok(())));
    let effects = harness.wait(UNAIDED_CONNECT_TIMEOUT);
    let restart = effects.iter().position(|effect| *effect == on(0, ConnectionEffect::RestartIce));
    assert!(effects.iter().position(configures) < restart, "{effects:?}");
    assert!(restart.is_some());
}

#[test]
fn nothing_is_made_before_the_ice_servers_may_be_asked() {
    let server = IceServer { urls: vec!["stun:a.example".into()], username: None, credential: None };
    for config in [
        RoomConfig { ice_servers: vec![server], ..RoomConfig::default() },
        RoomConfig { relay_only: true, ..RoomConfig::default() },
    ] {
        let mut harness = lobby(config);
        assert_eq!(creations(&enter(&mut harness)), []);
        harness.input(Input::Command(Command::Join { room: "r".into(), name: "n".into() }));
        make(&mut harness, 0);
        assert_eq!(offers_of_join().len(), 1, "now they may be");
    }
}
