//! What is said to other Visavis pages, on data channels.
//!
//! The plugin forwards whatever a publisher says to everybody who has subscribed to it, on a channel that is labelled with the
//! publisher's id. So nobody can speak in another's name, and a message says for whom it is. Other programs may use such channels
//! for anything else.

use super::people::People;
use crate::dialect::DialectOutput;
use crate::json::{self, Fields, Json};
use crate::sfu::{ChannelPerSender, SfuDataChannels, SfuSignal};
use crate::signal::{Inbound, ParticipantId};

/// What is said on it to each other, and not to other programs.
const TOPIC: &str = "visavis";

/// The channel on which we speak, and those on which the others are heard.
pub(super) const DATA_CHANNELS: SfuDataChannels =
    SfuDataChannels { label: TOPIC, unused: None, binary: None, per_sender: Some(ChannelPerSender { join }) };

fn join(label: &str, message: &str) -> String {
    Fields::of_texts(&[("from", label), ("message", message)]).encode()
}

/// A message for some of the others.
pub(super) fn encode(to: &[ParticipantId], text: &str) -> String {
    let mut fields = Fields::of_texts(&[("topic", TOPIC)]);
    fields.put("to", Json::List(to.iter().map(|id| Json::text(id.as_str())).collect()));
    fields.text("payload", text);
    fields.encode()
}

/// A message came, and who says it. What is no message of a Visavis page, or is for somebody else, changes nothing.
pub(super) fn on_message(joined: &str, me: &ParticipantId, people: &People, out: &mut Vec<DialectOutput>) {
    let Ok(joined) = json::parse(joined) else { return };
    let from = ParticipantId::new(joined.at("from").short()).filter(|from| people.has(from));
    let message = joined.at("message").as_text().map(json::parse);
    let (Some(from), Some(Ok(message))) = (from, message) else { return };
    let for_us = message.at("to").elements().iter().any(|to| to.as_text() == Some(me.as_str()));
    let payload = message.at("payload").as_text().filter(|_| for_us);
    if let (Some(TOPIC), Some(text)) = (message.at("topic").as_text(), payload) {
        let text = text.to_owned();
        out.push(DialectOutput::Signal(Inbound::Sfu(SfuSignal::PeerMessage { from, text })));
    }
}
