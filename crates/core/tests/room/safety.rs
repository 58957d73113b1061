//! What a dishonest server, or a careless one, can do to a connection.

use std::time::Duration;

use visavis_core::signaling::{
    IceServer, IceServers, Inbound, Offerer, RosterSignal, SdpType, ServerSignal, SessionDescription,
};
use visavis_core::{
    ConnectionConfig, ConnectionEffect, ConnectionEvent, ConnectionId, Effect, Event, Fingerprint, Input,
    Output, PeerConnectionState, Role, SocketEvent, Source,
};

use super::{Harness, INBOUND, creations, id, info};

/// A description of somebody with this certificate.
fn described(sdp_type: SdpType, certificate: u8) -> SessionDescription {
    let digits = vec![format!("{certificate:02X}"); 32].join(":");
    let sdp = format!("v=0\r\na=fingerprint:sha-256 {digits}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n");
    SessionDescription { sdp_type, sdp }
}

fn from_a(sdp_type: SdpType, certificate: u8) -> Inbound {
    Inbound::description(id("a"), 0, described(sdp_type, certificate))
}

/// Connected to "a", whose certificate is 2; ours is 1.
fn connected() -> Harness {
    let (mut harness, _) = Harness::joined(&["a"]);
    harness.event(0, ConnectionEvent::LocalDescriptionSet(Ok(described(SdpType::Offer, 1))));
    harness.receive(from_a(SdpType::Answer, 2));
    harness.event(0, ConnectionEvent::RemoteDescriptionSet(Ok(())));
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    harness
}

fn certificate(certificate: u8) -> ConnectionEvent {
    ConnectionEvent::RemoteCertificate(Fingerprint::of(&[certificate; 32]))
}

fn has_words(harness: &Harness) -> bool {
    harness.room.view().participants[0].connection.fingerprints.is_some()
}

/// The protocol errors that a signal leads to.
fn errors(harness: &mut Harness, signal: Inbound) -> Vec<String> {
    INBOUND.with_borrow_mut(|inbound| inbound.push(signal));
    harness.room.handle(harness.now, Input::Socket(SocketEvent::Frame(String::new())));
    let errors = std::iter::from_fn(|| harness.room.poll_output()).filter_map(|output| match output {
        Output::Event(Event::ProtocolError(error)) => Some(error),
        _ => None,
    });
    errors.collect()
}

#[test]
fn there_are_words_once_the_certificate_in_use_is_the_one_announced() {
    let mut harness = connected();
    assert!(!has_words(&harness), "nobody has looked yet");
    harness.event(0, certificate(2));
    assert!(has_words(&harness));
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Disconnected));
    assert!(!has_words(&harness));

    let mut harness = connected();
    harness.event(0, certificate(3));
    assert!(!has_words(&harness), "they talk to somebody else");
}

/// Firefox would keep the connection that it has, and only the words would change.
#[test]
fn another_certificate_is_another_connection() {
    let mut harness = connected();
    harness.event(0, certificate(2));
    assert_eq!(harness.receive(from_a(SdpType::Offer, 3)), [], "the browser never sees it");
    assert!(has_words(&harness), "still those of whom they talk to");
    assert_eq!(creations(&harness.wait(Duration::from_secs(5))), [(1, Role::Offerer)]);
    assert!(!has_words(&harness));
    assert_eq!(errors(&mut connected(), from_a(SdpType::Offer, 3)), ["certificate-changed"]);
}

#[test]
fn an_answer_with_another_certificate_than_the_one_before_is_refused() {
    let mut harness = connected();
    harness.event(0, ConnectionEvent::NegotiationNeeded);
    harness.event(0, ConnectionEvent::LocalDescriptionSet(Ok(described(SdpType::Offer, 1))));
    assert_eq!(errors(&mut harness, from_a(SdpType::Answer, 3)), ["certificate-changed"]);
    assert_eq!(creations(&harness.wait(Duration::from_secs(5))), [(1, Role::Offerer)]);
}

#[test]
fn what_the_browser_is_shown_names_one_certificate() {
    let (mut harness, _) = Harness::joined(&[]);
    harness.receive(Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Them))));
    let good = described(SdpType::Offer, 2);
    let sdp = good.sdp.replace("m=audio", "a=Fingerprint:sha-256 EE:03\r\nm=audio");
    let signal = Inbound::description(id("a"), 0, SessionDescription { sdp, sdp_type: good.sdp_type });
    assert_eq!(
        harness.receive(signal),
        [Effect::Connection(
            ConnectionId(0),
            ConnectionEffect::SetRemoteDescription {
                description: good,
                adopted: vec![(Source::Microphone, None)]
            }
        )]
    );
}

#[test]
fn a_bad_ice_server_costs_only_itself() {
    let (mut harness, _) = Harness::joined(&["a"]);
    let server = |urls: &[&str]| IceServer {
        urls: urls.iter().map(ToString::to_string).collect(),
        username: None,
        credential: None,
    };
    let servers = vec![server(&["turn:x", "stun:x"]), server(&["stun://y"])];
    let ice = Inbound::Server(ServerSignal::IceServers(IceServers { servers, expires_in: None }));
    let config = ConnectionConfig { ice_servers: vec![server(&["stun:x"])], relay_only: false };
    assert_eq!(
        harness.receive(ice.clone()),
        [Effect::Connection(ConnectionId(0), ConnectionEffect::SetConfiguration(config))]
    );
    let told = errors(&mut harness, ice);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("ICE server left out: turn:x: "), "{told:?}");
}
