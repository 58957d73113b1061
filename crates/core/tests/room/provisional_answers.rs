//! Connections that are negotiated with nobody before somebody is there.

use visavis_core::DataChannel;
use visavis_core::signaling::{Deposit, JoinOffer};
use visavis_core::timing::DEPOSIT_DELAY;

use crate::early_offers::{announced, answers, harness, join, make, on};
use crate::*;

/// The prepared connection has an offer, and its browser takes provisional answers or not.
fn lobby(takes_provisional_answers: bool) -> Harness {
    let mut harness = harness(None);
    harness.input(Input::Command(Command::EnterLobby));
    harness.input(Input::Socket(SocketEvent::Opened));
    let effects = make(&mut harness, 0);
    let provisional = effects.into_iter().find_map(|effect| match effect {
        Effect::Connection(ConnectionId(0), ConnectionEffect::SetProvisionalAnswer(sdp)) => Some(sdp),
        _ => None,
    });
    let sdp = provisional.unwrap();
    assert!(sdp.contains("a=ice-ufrag:none\r\n"), "{sdp}");
    assert!(!sdp.contains("a=ice-ufrag:m"), "{sdp}");
    if takes_provisional_answers {
        harness.event(0, ConnectionEvent::ProvisionalAnswerSet);
    }
    harness
}

/// In a room with nobody else, by whatever the lobby has prepared.
fn alone(takes_provisional_answers: bool) -> (Harness, Vec<Effect>) {
    let mut harness = lobby(takes_provisional_answers);
    join(&mut harness);
    let mut effects = harness.receive(welcome(&[]));
    effects.extend(harness.wait(DEPOSIT_DELAY));
    (harness, effects)
}

#[test]
fn a_newcomer_exchanges_offers_wherever_the_server_is() {
    for takes in [true, false] {
        let expected = JoinOffer { epoch: 0, offer: announced(), exchange: takes };
        assert_eq!(join(&mut lobby(takes)), [expected]);
    }
}

#[test]
fn the_answer_that_counts_may_overtake_the_word_that_the_provisional_one_is_set() {
    let mut harness = lobby(false);
    join(&mut harness);
    harness.receive(early_offers::joined(&["a"], None));
    let answer = Inbound::description(id("a"), 0, description(SdpType::Answer, "a"));
    assert_eq!(answers(&harness.receive(answer)), [(0, SdpType::Answer, "v=0\r\na=ice-ufrag:a\r\n")]);
    assert_eq!(harness.event(0, ConnectionEvent::ProvisionalAnswerSet), []);
}

/// So is it the controlled side of ICE from the beginning.
#[test]
fn a_member_answers_nobody_before_it_deposits_an_offer() {
    let (mut harness, effects) = alone(true);
    assert!(effects.contains(&on(0, ConnectionEffect::Close)), "{effects:?}");
    assert_eq!(creations(&effects), [(1, Role::Answerer)]);
    let mirrored = answers(&effects);
    assert_eq!(
        mirrored.iter().map(|(id, sdp_type, _)| (*id, *sdp_type)).collect::<Vec<_>>(),
        [(1, SdpType::Offer)]
    );
    assert!(mirrored[0].2.contains("a=setup:actpass\r\na=ice-ufrag:none\r\n"), "{}", mirrored[0].2);
    let effects = harness.event(1, ConnectionEvent::RemoteDescriptionSet(Ok(())));
    assert!(effects.contains(&on(1, ConnectionEffect::CreateDataChannel(DataChannel::Peer))));
    assert_eq!(effects.last(), Some(&on(1, ConnectionEffect::SetLocalDescription)));
    let answer = SessionDescription { sdp_type: SdpType::Answer, ..announced() };
    let effects = harness.event(1, ConnectionEvent::LocalDescriptionSet(Ok(answer)));
    assert_eq!(effects, [on(1, ConnectionEffect::SetLocalDescription)], "now its own offer");
    sent();
    let effects = make(&mut harness, 1);
    assert!(
        !effects
            .iter()
            .any(|effect| matches!(effect, Effect::Connection(_, ConnectionEffect::SetProvisionalAnswer(_))))
    );
    assert_eq!(sent(), [Outbound::Deposit(Deposit { number: 0, offer: announced() })]);
}

#[test]
fn a_member_that_cannot_deposits_a_plain_offer() {
    let (mut harness, effects) = alone(true);
    assert_eq!(creations(&effects), [(1, Role::Answerer)]);
    let error = OperationError { name: "OperationError".into() };
    let effects = harness.event(1, ConnectionEvent::RemoteDescriptionSet(Err(error)));
    assert!(effects.contains(&on(1, ConnectionEffect::Close)), "{effects:?}");
    assert_eq!(creations(&effects), [(2, Role::Offerer)]);
}

#[test]
fn nobody_deposits_anything_else_where_there_are_no_provisional_answers() {
    let (_, effects) = alone(false);
    assert_eq!(creations(&effects), [(1, Role::Answerer)], "for an offer that is not exchanged");
    assert_eq!(answers(&effects), [], "which waits for one");
}
