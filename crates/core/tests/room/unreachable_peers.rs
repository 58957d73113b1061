//! What keeps a connection from coming about: known at once, on both sides.

use std::time::Duration;

use visavis_core::signaling::limits::{MAX_FRAME_BYTES, MAX_SDP_BYTES};
use visavis_core::signaling::{
    Inbound, Negotiation, NegotiationMessage, Offerer, Outbound, RosterSignal, SdpType, SessionDescription,
};
use visavis_core::{
    Command, ConnectionEffect, ConnectionEvent, ConnectionId, ConnectionReason, ConnectionState, Effect,
    Finding, Input, MediaEffect, PeerConnectionState, PreflightEffect, Role, Room, RoomConfig, Source, Test,
    TestId, TrackId,
};

use super::{
    Harness, TestDialect, candidate, candidate_from, creations, description, id, info, offer_from, sent,
};

/// Chromium makes no more than 500 connections, and counts those that are closed until it gets round to it.
#[test]
fn who_only_comes_and_goes_costs_one_connection() {
    let (mut harness, _) = Harness::joined(&[]);
    let mut made = 0;
    for _ in 0..1000 {
        for guest in ["a", "b", "c"] {
            made += creations(
                &harness.receive(Inbound::Roster(RosterSignal::Joined(info(guest, Offerer::Them)))),
            )
            .len();
        }
        for guest in ["a", "b", "c"] {
            assert_eq!(harness.receive(Inbound::Roster(RosterSignal::Left(id(guest)))), []);
        }
    }
    assert_eq!(made, 1);
    let effects = harness.input(Input::Command(Command::Leave));
    assert_eq!(
        effects[0],
        Effect::Connection(ConnectionId(0), ConnectionEffect::Close),
        "it does not outlive the call"
    );
}

#[test]
fn an_answerer_is_there_before_its_offer_and_the_next_with_theirs() {
    let (mut harness, _) = Harness::joined(&[]);
    for guest in ["a", "b"] {
        harness.receive(Inbound::Roster(RosterSignal::Joined(info(guest, Offerer::Them))));
    }
    assert_eq!(creations(&harness.receive(offer_from("a", 0, "u"))), [], "made ahead");
    let effects = harness.receive(offer_from("b", 0, "v"));
    assert_eq!(creations(&effects), [(1, Role::Answerer)]);
    let set = Effect::Connection(
        ConnectionId(1),
        ConnectionEffect::SetRemoteDescription {
            description: description(SdpType::Offer, "v"),
            adopted: vec![],
        },
    );
    assert_eq!(effects.last(), Some(&set));
}

#[test]
fn what_is_made_ahead_sends_what_we_send() {
    let (mut harness, _) = Harness::joined(&[]);
    harness.receive(Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Them))));
    let asked = harness.input(Input::Command(Command::SetSource { source: Source::Camera, on: true }));
    let Some(Effect::Media(MediaEffect::GetUserMedia { capture, .. })) = asked.first() else {
        unreachable!("{asked:?}")
    };
    let captured =
        visavis_core::MediaEvent::Captured { capture: *capture, tracks: vec![(Source::Camera, TrackId(7))] };
    let effects = harness.input(Input::Media(captured));
    assert!(
        effects.contains(&Effect::Connection(
            ConnectionId(0),
            ConnectionEffect::ReplaceTrack(Source::Camera, Some(TrackId(7)))
        )),
        "{effects:?}"
    );
}

/// What was said to "a", if it was a refusal.
fn refusal() -> Option<(SdpType, String)> {
    sent().into_iter().find_map(|outbound| match outbound {
        Outbound::Negotiation(Negotiation {
            message: NegotiationMessage::Description(SessionDescription { sdp_type, sdp }),
            ..
        }) => {
            let reason = sdp.lines().find_map(|line| line.strip_prefix("a=visavis-refusal:"))?;
            Some((sdp_type, reason.to_owned()))
        }
        _ => None,
    })
}

#[test]
fn a_connection_that_cannot_be_made_is_explained_to_both() {
    let (mut harness, _) = Harness::joined(&["a"]);
    sent();
    harness.event(0, ConnectionEvent::CreationFailed);
    assert_eq!(harness.connection(), (ConnectionState::Failed, ConnectionReason::Blocked));
    assert_eq!(refusal(), Some((SdpType::Offer, "blocked".into())));

    let (mut harness, _) = Harness::joined(&[]);
    harness.receive(Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Them))));
    harness.event(0, ConnectionEvent::CreationFailed);
    harness.receive(offer_from("a", 0, "u"));
    harness.event(1, ConnectionEvent::CreationFailed);
    assert_eq!(refusal(), Some((SdpType::Answer, "blocked".into())));
    assert_eq!(harness.connection().1, ConnectionReason::Blocked);
}

/// In the lobby, while the shell tries one.
fn trying() -> (Harness, TestId) {
    let mut harness = Harness::new();
    harness.room.handle(harness.now, Input::Command(Command::EnterLobby));
    let trial = harness.effects().into_iter().find_map(|effect| match effect {
        Effect::Preflight(id, PreflightEffect::Start(Test::Connection)) => Some(id),
        _ => None,
    });
    (harness, trial.unwrap())
}

#[test]
fn a_browser_without_connections_is_known_in_the_lobby_and_told_in_the_room() {
    let (mut harness, trial) = trying();
    harness.input(Input::Preflight(trial, Finding::Refused));
    assert!(harness.room.view().blocked);
    sent();
    assert_eq!(creations(&harness.join(&["a"])), []);
    assert_eq!(refusal(), Some((SdpType::Offer, "blocked".into())), "nobody waits");
    assert_eq!(harness.connection(), (ConnectionState::Failed, ConnectionReason::Blocked));
    harness.receive(Inbound::Roster(RosterSignal::Joined(info("b", Offerer::Them))));
    harness.receive(offer_from("b", 0, "u"));
    assert_eq!(refusal(), Some((SdpType::Answer, "blocked".into())));
}

/// Firefox that is to use a proxy only says nothing at all, but a relay may be reached through the proxy.
#[test]
fn a_browser_that_says_nothing_is_not_taken_for_one_without_connections() {
    let (mut harness, trial) = trying();
    assert!(harness.wait(Duration::from_secs(8)).contains(&Effect::Preflight(trial, PreflightEffect::End)));
    assert!(!harness.room.view().blocked);
    assert_eq!(creations(&harness.join(&["a"])), [(0, Role::Offerer)]);
}

#[test]
fn a_refusal_of_theirs_says_why_nothing_comes() {
    let refusal = |sdp_type| {
        Inbound::description(
            id("a"),
            0,
            SessionDescription { sdp_type, sdp: "v=0\r\na=visavis-refusal:blocked\r\n".into() },
        )
    };
    let (mut harness, _) = Harness::joined(&["a"]);
    harness.event(0, ConnectionEvent::LocalDescriptionSet(Ok(description(SdpType::Offer, "u"))));
    assert_eq!(harness.receive(refusal(SdpType::Answer)), [], "nothing for the browser");
    assert_eq!(harness.connection(), (ConnectionState::Failed, ConnectionReason::BlockedThere));

    let (mut harness, _) = Harness::joined(&[]);
    harness.receive(Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Them))));
    assert_eq!(harness.receive(refusal(SdpType::Offer)), []);
    assert_eq!(harness.connection(), (ConnectionState::Failed, ConnectionReason::BlockedThere));
    harness.receive(offer_from("a", 0, "u"));
    assert_eq!(harness.connection().1, ConnectionReason::Waiting, "it works after all");
}

/// Chromium under `disable_non_proxied_udp` gathers nothing.
#[test]
fn a_browser_that_hides_its_addresses_is_named_at_once() {
    let (mut harness, _) = Harness::joined(&["a"]);
    harness.event(0, ConnectionEvent::LocalDescriptionSet(Ok(description(SdpType::Offer, "u"))));
    harness.event(0, ConnectionEvent::IceCandidate(None));
    assert_eq!(harness.connection(), (ConnectionState::Failed, ConnectionReason::NoAddresses));
    harness.event(0, ConnectionEvent::IceCandidate(Some(candidate("u"))));
    assert_eq!(harness.connection().1, ConnectionReason::Waiting, "a relay was found");

    let ended = || Inbound::candidate(id("a"), 0, None);
    let (mut harness, _) = Harness::joined(&[]);
    harness.receive(Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Them))));
    harness.receive(offer_from("a", 0, "u"));
    harness.receive(ended());
    assert_eq!(harness.connection(), (ConnectionState::Failed, ConnectionReason::NoAddressesThere));
    harness.receive(candidate_from("a", 0, "u"));
    harness.receive(ended());
    assert_eq!(harness.connection().1, ConnectionReason::Waiting);
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    assert_eq!(harness.connection().0, ConnectionState::Connected);
}

#[test]
fn where_relays_only_are_wanted_no_address_is_none_of_theirs() {
    let mut harness = Harness::new();
    let config = RoomConfig { seed: 1, relay_only: true, ..RoomConfig::default() };
    harness.room = Room::new(config, Box::new(TestDialect::default()));
    harness.join(&["a"]);
    harness.event(0, ConnectionEvent::LocalDescriptionSet(Ok(description(SdpType::Offer, "u"))));
    harness.event(0, ConnectionEvent::IceCandidate(None));
    assert_eq!(harness.connection(), (ConnectionState::Connecting, ConnectionReason::Waiting));
}

#[test]
fn candidates_inside_a_description_count() {
    let (mut harness, _) = Harness::joined(&[]);
    harness.receive(Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Them))));
    let mut offer = description(SdpType::Offer, "u");
    offer.sdp.push_str("a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n");
    harness.receive(Inbound::description(id("a"), 0, offer));
    harness.receive(Inbound::candidate(id("a"), 0, None));
    assert_eq!(harness.connection().1, ConnectionReason::Waiting);
}

#[test]
fn an_offer_of_a_thousand_sections_is_not_answered() {
    let (mut harness, _) = Harness::joined(&[]);
    harness.receive(Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Them))));
    let mut offer = description(SdpType::Offer, "u");
    offer.sdp.push_str(&"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n".repeat(1000));
    let signal = Inbound::description(id("a"), 0, offer);
    assert_eq!(harness.receive(signal), [], "the browser does not see it");
    assert_eq!(harness.connection(), (ConnectionState::Failed, ConnectionReason::TooLarge));
}

/// The server would close the socket upon it, and quotes count twice.
#[test]
fn an_answer_larger_than_the_server_takes_fails_alone() {
    for large in ["x".repeat(MAX_SDP_BYTES), "\"".repeat(MAX_FRAME_BYTES / 2)] {
        let (mut harness, _) = Harness::joined(&[]);
        harness.receive(Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Them))));
        harness.receive(offer_from("a", 0, "u"));
        harness.event(0, ConnectionEvent::RemoteDescriptionSet(Ok(())));
        sent();
        let mut answer = description(SdpType::Answer, "m");
        answer.sdp.push_str(&large);
        harness.event(0, ConnectionEvent::LocalDescriptionSet(Ok(answer)));
        assert_eq!(refusal(), Some((SdpType::Answer, "too-large".into())));
        assert_eq!(harness.connection(), (ConnectionState::Failed, ConnectionReason::TooLarge));
        assert_eq!(harness.room.view().lifecycle.as_str(), "joined");
    }
}
