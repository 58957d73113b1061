//! Offers that the server is given before it is known whom they are for.

use visavis_core::ContactPolicy;
use visavis_core::signaling::{Deposit, ExchangedOffer, GivenOffer, JoinOffer, NegotiationMessage};
use visavis_core::timing::{DEPOSIT_DELAY, DEPOSITS_PER_MINUTE};

use crate::*;

const OWN: &str = "v=0\r\nm=audio 9 X 111\r\na=mid:0\r\na=setup:actpass\r\na=ice-ufrag:m\r\n";

fn offer(ufrag: &str) -> SessionDescription {
    let sdp = OWN.replace("ufrag:m", &["ufrag:", ufrag].concat());
    SessionDescription { sdp_type: SdpType::Offer, sdp }
}

/// As the server gets it.
pub(crate) fn announced() -> SessionDescription {
    let sdp = [&*OWN.replace("m=audio", "a=tool:visavis\r\nm=audio"), "a=candidate:1\r\n"].concat();
    SessionDescription { sdp_type: SdpType::Offer, sdp }
}

pub(crate) fn on(connection: u32, effect: ConnectionEffect) -> Effect {
    Effect::Connection(ConnectionId(connection), effect)
}

pub(crate) fn harness(capacity: Option<u32>) -> Harness {
    SENT.take();
    EARLY_OFFERS.set(EarlyOffers::Accepted);
    Harness::with(RoomConfig { seed: 1, prepare_connection: true, capacity, ..RoomConfig::default() })
}

/// The browser has made the offer, and found its candidates.
pub(crate) fn make(harness: &mut Harness, connection: u32) -> Vec<Effect> {
    let mut effects = harness.event(connection, ConnectionEvent::LocalDescriptionSet(Ok(offer("m"))));
    effects.extend(harness.event(connection, ConnectionEvent::IceCandidate(Some(candidate("m")))));
    effects.extend(harness.event(connection, ConnectionEvent::IceCandidate(None)));
    effects
}

fn lobby() -> Harness {
    let mut harness = harness(None);
    harness.input(Input::Command(Command::EnterLobby));
    harness.input(Input::Socket(SocketEvent::Opened));
    make(&mut harness, 0);
    harness
}

pub(crate) fn join(harness: &mut Harness) -> Vec<JoinOffer> {
    harness.input(Input::Command(Command::Join { room: "r".into(), name: "n".into() }));
    joins().remove(0)
}

fn joins() -> Vec<Vec<JoinOffer>> {
    let offers = |outbound| match outbound {
        Outbound::Join { offers, .. } => Some(offers),
        _ => None,
    };
    sent().into_iter().filter_map(offers).collect()
}

pub(crate) fn joined(others: &[&str], exchanged_for: Option<SessionDescription>) -> Inbound {
    let mut joined = welcome(others);
    if let Inbound::Server(ServerSignal::Joined(joined)) = &mut joined {
        joined.given_offers = vec![GivenOffer { to: id(others[0]), index: 0, exchanged_for }];
    }
    joined
}

/// In a room, with an offer that lies with the server.
fn depositing() -> Harness {
    let mut harness = harness(None);
    harness.join(&[]);
    sent();
    make(&mut harness, 0);
    // 1 is there for an offer that is not exchanged.
    assert_eq!(sent(), [Outbound::Deposit(Deposit { number: 0, offer: announced() })]);
    harness
}

fn exchange(harness: &mut Harness, who: &str, offer: SessionDescription, deposit: u32) -> Vec<Effect> {
    let effects = harness.receive(Inbound::Roster(RosterSignal::Joined(info(who, Offerer::Them))));
    assert!(creations(&effects).iter().all(|(_, role)| *role == Role::Answerer), "what they get is there");
    harness.receive(Inbound::Exchanged(ExchangedOffer { from: id(who), epoch: 0, offer, deposit }))
}

pub(crate) fn answers(effects: &[Effect]) -> Vec<(u32, SdpType, &str)> {
    let set = |effect| match effect {
        &Effect::Connection(id, ConnectionEffect::SetRemoteDescription { ref description, .. }) => {
            Some((id.0, description.sdp_type, &*description.sdp))
        }
        _ => None,
    };
    effects.iter().filter_map(set).collect()
}

#[test]
fn the_offer_of_a_newcomer_goes_with_join() {
    let mut harness = lobby();
    assert_eq!(join(&mut harness), [JoinOffer { epoch: 0, offer: announced(), exchange: false }]);
    harness.event(0, ConnectionEvent::IceCandidate(Some(candidate("m"))));
    assert_eq!(sent(), [], "whom to?");
    let effects = harness.receive(joined(&["a"], None));
    assert_eq!((creations(&effects), answers(&effects)), (vec![], vec![]));
    let candidates = [None, Some(candidate("m"))].map(|one| Outbound::candidate(id("a"), 0, one));
    assert_eq!(sent(), candidates, "they have the offer");
    let effects = harness.receive(Inbound::description(id("a"), 0, description(SdpType::Answer, "a")));
    assert_eq!(answers(&effects), [(0, SdpType::Answer, "v=0\r\na=ice-ufrag:a\r\n")]);
}

#[test]
fn a_newcomer_who_gets_theirs_knows_their_answer() {
    let mut harness = lobby();
    join(&mut harness);
    let effects = harness.receive(joined(&["a"], Some(offer("a"))));
    let answer = OWN.replace("ufrag:m", "ufrag:a").replace("actpass", "active");
    assert_eq!(answers(&effects), [(0, SdpType::Answer, &*answer)]);
    assert!(sent().iter().all(|outbound| *outbound == Outbound::candidate(id("a"), 0, None)));
}

#[test]
fn so_does_the_member_who_has_deposited_it() {
    let mut harness = depositing();
    let effects = exchange(&mut harness, "z", offer("z"), 0);
    let answer = OWN.replace("ufrag:m", "ufrag:z").replace("actpass", "passive");
    assert_eq!(answers(&effects), [(0, SdpType::Answer, &*answer)], "they begin: their id is the higher one");
    assert_eq!(sent(), [Outbound::candidate(id("z"), 0, None)], "no answer");
    let effects = harness.wait(DEPOSIT_DELAY);
    assert_eq!(creations(&effects), [(2, Role::Offerer)], "for whoever comes next");
}

/// What a server gives in exchange is shown to the browser like any other description: with one fingerprint, in one spelling.
#[test]
fn what_is_exchanged_is_not_trusted() {
    let mut harness = depositing();
    let honest = ["a=fingerprint:sha-256 ", &["AB"; 32].join(":"), "\r\n"].concat();
    let strange = honest.replace("fingerprint", "Fingerprint").replace("AB", "CD");
    let mut theirs = offer("z");
    theirs.sdp.push_str(&[honest.as_str(), &strange].concat());
    let effects = exchange(&mut harness, "z", theirs, 0);
    let shown = answers(&effects)[0].2;
    assert!(shown.contains(&honest), "{shown}");
    assert!(!shown.contains("CD"), "{shown}");
}

/// Two browsers that differ.
#[test]
fn an_offer_from_which_no_answer_can_be_made_is_answered() {
    let mut harness = depositing();
    let other = SessionDescription { sdp: offer("z").sdp.replace("111", "109"), sdp_type: SdpType::Offer };
    let effects = exchange(&mut harness, "z", other.clone(), 0);
    assert_eq!(answers(&effects), [(1, SdpType::Offer, &*other.sdp)]);
    assert!(effects.contains(&on(0, ConnectionEffect::Close)), "nobody waits for it");
}

/// The server has given away one that we have taken back just then.
#[test]
fn a_deposit_that_is_no_more_is_replaced() {
    let mut harness = depositing();
    let effects = exchange(&mut harness, "z", offer("z"), 7);
    assert!(creations(&effects).contains(&(2, Role::Offerer)), "{effects:?}");
    harness.event(2, ConnectionEvent::LocalDescriptionSet(Ok(offer("n"))));
    let epochs = |outbound| match outbound {
        Outbound::Negotiation(Negotiation { epoch, message: NegotiationMessage::Description(_), .. }) => {
            Some(epoch)
        }
        _ => None,
    };
    assert_eq!(sent().into_iter().filter_map(epochs).collect::<Vec<_>>(), [1]);
}

/// Its certificate is known to the server.
#[test]
fn no_deposit_is_older_than_a_minute() {
    let mut harness = depositing();
    let effects = harness.wait(Duration::from_secs(50));
    assert!(effects.contains(&on(0, ConnectionEffect::Close)));
    assert_eq!(creations(&effects), [(2, Role::Offerer)]);
    make(&mut harness, 2);
    assert_eq!(sent(), [Outbound::Deposit(Deposit { number: 1, offer: announced() })]);
}

#[test]
fn there_are_only_so_many_in_any_minute() {
    let mut harness = depositing();
    let mut deposits = 1;
    for turn in 0..2 * DEPOSITS_PER_MINUTE {
        let name = ["z", &turn.to_string()].concat();
        harness.receive(Inbound::Roster(RosterSignal::Joined(info(&name, Offerer::Them))));
        let deposit = deposits as u32 - 1;
        let exchanged = ExchangedOffer { from: id(&name), epoch: 0, offer: offer("z"), deposit };
        harness.receive(Inbound::Exchanged(exchanged));
        harness.receive(Inbound::Roster(RosterSignal::Left(id(&name))));
        for (connection, _) in creations(&harness.wait(DEPOSIT_DELAY)) {
            make(&mut harness, connection);
        }
        deposits += sent().iter().filter(|outbound| matches!(outbound, Outbound::Deposit(_))).count();
    }
    assert_eq!(deposits, DEPOSITS_PER_MINUTE);
}

/// Each try makes a connection.
#[test]
fn a_browser_that_makes_no_offer_for_the_server_is_asked_once_a_minute() {
    let error = || OperationError { name: "OperationError".into() };
    let long = || {
        let pad = ["a=x:", &"x".repeat(40 * 1024), "\r\n"].concat();
        SessionDescription { sdp_type: SdpType::Offer, sdp: [OWN, &pad].concat() }
    };
    for refuses in [true, false] {
        let mut harness = harness(None);
        harness.join(&[]);
        sent();
        for connection in 0..3 {
            let made = if refuses { Err(error()) } else { Ok(long()) };
            let mut effects = harness.event(connection, ConnectionEvent::LocalDescriptionSet(made));
            effects.extend(harness.event(connection, ConnectionEvent::IceCandidate(None)));
            assert!(effects.contains(&on(connection, ConnectionEffect::Close)), "{refuses}: {effects:?}");
            assert_eq!(creations(&harness.wait(Duration::from_secs(59))), [], "{refuses}");
            assert_eq!(creations(&harness.wait(Duration::from_secs(1))), [(connection + 1, Role::Offerer)]);
        }
        assert_eq!(sent(), [], "{refuses}");
    }
}

#[test]
fn nothing_lies_with_a_server_for_a_room_that_is_full() {
    let mut harness = harness(Some(2));
    harness.input(Input::Command(Command::EnterLobby));
    harness.input(Input::Socket(SocketEvent::Opened));
    join(&mut harness);
    let mut full = welcome(&["a"]);
    if let Inbound::Server(ServerSignal::Joined(joined)) = &mut full {
        joined.capacity = Some(2);
    }
    harness.receive(full);
    harness.wait(DEPOSIT_DELAY);
    assert!(!sent().iter().any(|outbound| matches!(outbound, Outbound::Deposit(_))));
}

/// Somebody may have got it, and the answer is lost with the socket.
#[test]
fn an_offer_that_is_said_twice_is_of_another_epoch() {
    let mut harness = lobby();
    assert_eq!(join(&mut harness)[0].epoch, 0);
    harness.input(Input::Socket(SocketEvent::Closed));
    harness.wait(RECONNECT_FIRST[1]);
    harness.input(Input::Socket(SocketEvent::Opened));
    assert_eq!(joins(), [[JoinOffer { epoch: 1, offer: announced(), exchange: false }]]);
    harness.receive(joined(&["a"], None));
    let answer = Inbound::description(id("a"), 1, description(SdpType::Answer, "a"));
    assert_eq!(answers(&harness.receive(answer)).len(), 1);
}

#[test]
fn a_server_that_does_not_take_them_gets_none() {
    let mut harness = lobby();
    assert_eq!(sent(), []);
    EARLY_OFFERS.set(EarlyOffers::Unsupported);
    assert_eq!(join(&mut harness), []);
    harness.receive(welcome(&[]));
    assert_eq!(creations(&harness.wait(Duration::from_secs(60))), []);
    assert_eq!(sent(), []);
}

/// That takes a round trip for TCP and one for the upgrade.
#[test]
fn a_socket_that_is_opened_to_join_tells_how_far_away_the_server_is() {
    for (made, opened_after, exchange) in [(true, 120, true), (true, 119, false), (false, 500, false)] {
        SENT.take();
        EARLY_OFFERS.set(EarlyOffers::Unknown);
        let mut harness = Harness::with(RoomConfig {
            seed: 1,
            prepare_connection: true,
            contact_policy: ContactPolicy::OnRequest,
            ..RoomConfig::default()
        });
        harness.input(Input::Command(Command::EnterLobby));
        if made {
            make(&mut harness, 0);
        }
        harness.input(Input::Command(Command::Join { room: "r".into(), name: "n".into() }));
        if !made {
            make(&mut harness, 0);
        }
        harness.now = harness.now + Duration::from_millis(opened_after);
        harness.input(Input::Socket(SocketEvent::Opened));
        assert_eq!(joins(), [[JoinOffer { epoch: 0, offer: announced(), exchange }]]);
    }
}

#[test]
fn a_socket_that_was_opened_later_tells_nothing() {
    let mut harness = harness(None);
    EARLY_OFFERS.set(EarlyOffers::Unknown);
    harness.input(Input::Command(Command::EnterLobby));
    harness.input(Input::Socket(SocketEvent::Opened));
    make(&mut harness, 0);
    harness.input(Input::Socket(SocketEvent::Closed));
    let command = Command::Join { room: "r".into(), name: "n".into() };
    harness.input(Input::Command(command));
    harness.input(Input::Command(Command::Leave));
    harness.input(Input::Command(Command::EnterLobby));
    harness.now = harness.now + Duration::from_secs(1);
    let effects = harness.input(Input::Socket(SocketEvent::Opened));
    for (connection, _) in creations(&effects) {
        make(&mut harness, connection);
    }
    sent();
    let offers = join(&mut harness);
    assert_eq!(offers.iter().map(|offer| offer.exchange).collect::<Vec<_>>(), [false]);
}

/// Whoever opens a socket only to join has not asked it.
#[test]
fn a_server_that_has_not_said_gets_one_and_may_ignore_it() {
    for (accepted, given) in [(EarlyOffers::Accepted, true), (EarlyOffers::Unsupported, false)] {
        let mut harness = lobby();
        EARLY_OFFERS.set(EarlyOffers::Unknown);
        assert_eq!(join(&mut harness), [JoinOffer { epoch: 0, offer: announced(), exchange: false }]);
        EARLY_OFFERS.set(accepted);
        let effects = harness.receive(if given { joined(&["a"], None) } else { welcome(&["a"]) });
        assert_eq!(creations(&effects), [], "the one that is there is used");
        let said = Outbound::description(id("a"), 0, announced());
        assert_eq!(sent().contains(&said), !given, "{accepted:?}");
        let answer = Inbound::description(id("a"), 0, description(SdpType::Answer, "a"));
        assert_eq!(answers(&harness.receive(answer)).len(), 1);
    }
}

/// Nearer, an answer is there before the two ends have settled who controls. A page that is still starting hears late.
#[test]
fn offers_are_exchanged_with_a_server_that_is_far_away() {
    for (rtts, exchange) in [(vec![59], false), (vec![300, 60], true), (vec![300, 59], false)] {
        let mut harness = harness(None);
        EARLY_OFFERS.set(EarlyOffers::Unknown);
        harness.input(Input::Command(Command::EnterLobby));
        harness.input(Input::Socket(SocketEvent::Opened));
        make(&mut harness, 0);
        EARLY_OFFERS.set(EarlyOffers::Accepted);
        for rtt in rtts {
            assert_eq!(sent(), [Outbound::Preflight]);
            harness.now = harness.now + Duration::from_millis(rtt);
            let ice = IceServers { servers: Vec::new(), expires_in: None };
            harness.receive(Inbound::Server(ServerSignal::IceServers(ice)));
        }
        assert_eq!(sent(), [], "once is enough");
        assert_eq!(join(&mut harness), [JoinOffer { epoch: 0, offer: announced(), exchange }]);
    }
}

#[test]
fn one_that_has_not_said_is_asked() {
    let mut harness = harness(None);
    EARLY_OFFERS.set(EarlyOffers::Unknown);
    harness.input(Input::Command(Command::EnterLobby));
    harness.input(Input::Socket(SocketEvent::Opened));
    assert_eq!(sent(), [Outbound::Preflight]);
    assert_eq!(join(&mut harness), [], "it has not answered");
}
