//! Clients that negotiate in another way than Visavis.

use crate::*;

fn on_0(effect: ConnectionEffect) -> Effect {
    Effect::Connection(ConnectionId(0), effect)
}

/// "a" offers these sections, as `m=` has them and with a direction, and we answer. What follows once our answer is set.
fn answer_to(sections: &[(&str, &str)]) -> (Harness, Vec<Effect>) {
    let (mut harness, _) = Harness::joined(&[]);
    harness.receive(Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Them))));
    let sections = sections.iter().map(|(media, direction)| format!("m={media} 9 X 0\r\na={direction}\r\n"));
    let sdp = ["v=0\r\na=ice-ufrag:a\r\n".to_owned(), sections.collect()].concat();
    let offer = SessionDescription { sdp_type: SdpType::Offer, sdp };
    harness.receive(Inbound::description(id("a"), 0, offer));
    let answered = harness.event(0, ConnectionEvent::RemoteDescriptionSet(Ok(())));
    assert_eq!(answered, [on_0(ConnectionEffect::SetLocalDescription)]);
    let answer = description(SdpType::Answer, "m");
    let effects = harness.event(0, ConnectionEvent::LocalDescriptionSet(Ok(answer)));
    (harness, effects)
}

/// They send, and wait for an offer of what we send.
#[test]
fn who_only_offers_to_send_is_offered_what_we_send() {
    let both = Source::MICROPHONE_AND_CAMERA
        .map(|source| on_0(ConnectionEffect::AddTransceiver(source, Encodings::default())));
    for sections in [&[("audio", "sendonly"), ("video", "sendonly")][..], &[("video", "sendonly")]] {
        let (mut harness, effects) = answer_to(sections);
        assert_eq!(effects, both, "{sections:?}");
        let offered = harness.event(0, ConnectionEvent::NegotiationNeeded);
        assert_eq!(offered, [on_0(ConnectionEffect::SetLocalDescription)], "{sections:?}");
        sent();
        let offer = description(SdpType::Offer, "m");
        assert_eq!(harness.event(0, ConnectionEvent::LocalDescriptionSet(Ok(offer.clone()))), []);
        assert_eq!(sent(), [Outbound::description(id("a"), 0, offer)]);
        harness.receive(Inbound::description(id("a"), 0, description(SdpType::Answer, "a")));
        assert_eq!(harness.event(0, ConnectionEvent::RemoteDescriptionSet(Ok(()))), [], "once is enough");
    }
    let (_, effects) = answer_to(&[("audio", "sendrecv"), ("video", "sendonly")]);
    assert_eq!(effects, both[1..], "their microphone's section takes ours");
}

/// There is a place for what we send, or nobody wants it.
#[test]
fn who_receives_what_we_send_is_offered_nothing() {
    for direction in ["sendrecv", "recvonly", "inactive"] {
        let (_, effects) = answer_to(&[("audio", direction), ("video", direction)]);
        assert_eq!(effects, [], "{direction}");
        let (_, effects) = answer_to(&[("audio", direction)]);
        assert_eq!(effects, [], "{direction}, and no picture");
    }
}
