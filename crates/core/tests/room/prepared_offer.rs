//! The offer that is made before somebody is there to hear it.

use visavis_core::signaling::IceServer;
use visavis_core::{CaptureId, ContactPolicy, MediaError, MediaEvent, OperationError, TrackId};

use crate::*;

const OFFER: &str = "v=0\r\na=ice-ufrag:m\r\nm=audio 9 X 0\r\na=mid:0\r\n";

fn offer() -> SessionDescription {
    SessionDescription { sdp_type: SdpType::Offer, sdp: OFFER.into() }
}

/// As others get it: it says whose it is.
fn announced() -> String {
    OFFER.replace("m=audio", "a=tool:visavis\r\nm=audio")
}

fn on(connection: u32, effect: ConnectionEffect) -> Effect {
    Effect::Connection(ConnectionId(connection), effect)
}

/// In the lobby, with its server there.
fn lobby(contact_policy: ContactPolicy) -> (Harness, Vec<Effect>) {
    let config = RoomConfig { seed: 1, prepare_connection: true, contact_policy, ..RoomConfig::default() };
    SENT.take();
    let mut harness = Harness::with(config);
    harness.input(Input::Command(Command::EnterLobby));
    let effects = harness.input(Input::Socket(SocketEvent::Opened));
    (harness, effects)
}

/// The browser has made it, and found this candidate.
fn make(harness: &mut Harness) {
    harness.event(0, ConnectionEvent::LocalDescriptionSet(Ok(offer())));
    harness.event(0, ConnectionEvent::IceCandidate(Some(candidate("m"))));
}

fn join(harness: &mut Harness, joined: Inbound) -> Vec<Effect> {
    harness.input(Input::Command(Command::Join { room: "r".into(), name: "n".into() }));
    assert!(matches!(sent().as_slice(), [Outbound::Join { .. }]));
    harness.receive(joined)
}

#[test]
fn the_first_of_those_who_are_there_gets_it_with_the_candidates_inside() {
    let (mut harness, effects) = lobby(ContactPolicy::AtOnce);
    assert_eq!(creations(&effects), [(0, Role::Offerer)]);
    assert!(effects.contains(&on(0, ConnectionEffect::SetLocalDescription)));
    make(&mut harness);
    assert_eq!(sent(), [], "nobody is there");
    let effects = join(&mut harness, welcome(&["a", "b"]));
    assert_eq!(creations(&effects), [(1, Role::Offerer)], "for the second");
    let sdp = [&*announced(), "a=candidate:1\r\n"].concat();
    let first = SessionDescription { sdp_type: SdpType::Offer, sdp };
    assert_eq!(sent(), [Outbound::description(id("a"), 0, first)]);
    harness.event(0, ConnectionEvent::IceCandidate(Some(candidate("m"))));
    assert_eq!(sent(), [Outbound::candidate(id("a"), 0, Some(candidate("m")))], "a late one");
    harness.receive(Inbound::description(id("a"), 0, description(SdpType::Answer, "a")));
    assert_eq!(harness.event(0, ConnectionEvent::RemoteDescriptionSet(Ok(()))), []);
}

#[test]
fn what_is_not_finished_is_sent_when_it_is() {
    let (mut harness, _) = lobby(ContactPolicy::AtOnce);
    harness.event(0, ConnectionEvent::IceCandidate(Some(candidate("m"))));
    assert_eq!(creations(&join(&mut harness, welcome(&["a"]))), []);
    assert_eq!(sent(), []);
    harness.event(0, ConnectionEvent::LocalDescriptionSet(Ok(offer())));
    let first = SessionDescription { sdp_type: SdpType::Offer, sdp: announced() };
    let expected =
        [Outbound::description(id("a"), 0, first), Outbound::candidate(id("a"), 0, Some(candidate("m")))];
    assert_eq!(sent(), expected);
}

#[test]
fn it_is_closed_if_nobody_is_there() {
    let (mut harness, _) = lobby(ContactPolicy::AtOnce);
    make(&mut harness);
    assert!(join(&mut harness, welcome(&[])).contains(&on(0, ConnectionEffect::Close)));
}

/// Its candidates are not those that the servers would give.
#[test]
fn it_is_made_anew_if_there_are_other_ice_servers() {
    let (mut harness, _) = lobby(ContactPolicy::AtOnce);
    make(&mut harness);
    let server = IceServer { urls: vec!["stun:x".into()], username: None, credential: None };
    let mut joined = welcome(&["a"]);
    if let Inbound::Server(ServerSignal::Joined(joined)) = &mut joined {
        joined.ice_servers = Some(IceServers { servers: vec![server], expires_in: None });
    }
    let effects = join(&mut harness, joined);
    assert!(effects.contains(&on(0, ConnectionEffect::Close)));
    assert_eq!(creations(&effects), [(1, Role::Offerer)]);
    assert_eq!(sent(), []);
}

#[test]
fn one_that_has_failed_is_not_tried_again_before_it_is_needed() {
    let (mut harness, _) = lobby(ContactPolicy::AtOnce);
    let error = OperationError { name: "OperationError".into() };
    assert_eq!(harness.event(0, ConnectionEvent::LocalDescriptionSet(Err(error))), []);
    assert_eq!(harness.wait(Duration::from_secs(60)), []);
    let effects = join(&mut harness, welcome(&["a"]));
    assert!(effects.contains(&on(0, ConnectionEffect::Close)));
    assert_eq!(creations(&effects), [(1, Role::Offerer)]);
}

/// Who comes back to a lobby after a while may be in another network.
#[test]
fn an_old_one_is_made_anew() {
    let (mut harness, _) = lobby(ContactPolicy::AtOnce);
    make(&mut harness);
    assert_eq!(harness.input(Input::Network(NetworkEvent::Online)), [], "not yet");
    harness.wait(Duration::from_secs(301));
    let effects = harness.input(Input::Network(NetworkEvent::Online));
    assert!(effects.contains(&on(0, ConnectionEffect::Close)));
    assert_eq!(creations(&effects), [(1, Role::Offerer)]);
}

/// Before, browsers hide their addresses.
#[test]
fn it_waits_for_the_devices_and_is_made_anew_for_the_first_of_them() {
    let config = RoomConfig { seed: 1, prepare_connection: true, microphone: true, ..RoomConfig::default() };
    let mut harness = Harness::with(config);
    harness.input(Input::Command(Command::EnterLobby));
    assert_eq!(creations(&harness.input(Input::Socket(SocketEvent::Opened))), []);
    let failed = MediaEvent::CaptureFailed { capture: CaptureId(0), error: MediaError::Busy };
    assert_eq!(creations(&harness.input(Input::Media(failed))), [(0, Role::Offerer)], "there is none");
    let source = Source::Microphone;
    let effects = harness.input(Input::Command(Command::SetSource { source, on: true }));
    assert_eq!(creations(&effects), [], "it may come to nothing");
    let tracks = vec![(source, TrackId(1))];
    let captured = MediaEvent::Captured { capture: CaptureId(1), tracks };
    let effects = harness.input(Input::Media(captured));
    assert!(effects.contains(&on(0, ConnectionEffect::Close)));
    assert_eq!(creations(&effects), [(1, Role::Offerer)]);
    let effects = harness.input(Input::Command(Command::SetSource { source, on: false }));
    assert_eq!(creations(&effects), [], "its addresses are known");
}

/// A link that names a server must not have its ICE servers asked either.
#[test]
fn nothing_that_others_hear_of_is_prepared_before_the_server_may_be_contacted() {
    let server = IceServer { urls: vec!["stun:x".into()], username: None, credential: None };
    for (ice_servers, prepared) in [(vec![], vec![(0, Role::Offerer)]), (vec![server], vec![])] {
        let config = RoomConfig {
            seed: 1,
            prepare_connection: true,
            contact_policy: ContactPolicy::OnRequest,
            ice_servers,
            ..RoomConfig::default()
        };
        let mut harness = Harness::with(config);
        let mut effects = harness.input(Input::Command(Command::EnterLobby));
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::Socket(_))), "{effects:?}");
        assert_eq!(creations(&effects), prepared);
        effects.extend(harness.input(Input::Command(Command::Join { room: "r".into(), name: "n".into() })));
        assert_eq!(creations(&effects), [(0, Role::Offerer)], "while the socket opens");
    }
}
