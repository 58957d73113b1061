//! Messages between Visavis pages, on the server's data channels (`DataPacket`).

use super::people::People;
use super::{signal, wire};
use crate::dialect::{BinaryFrames, DialectOutput};
use crate::json::{self, Fields, Json};
use crate::sfu::{SfuConnectionId, SfuDataChannels, SfuSignal};
use crate::signal::{Inbound, ParticipantId};

/// What is said on it to each other, and not to programs of other people (`UserPacket.topic`).
const TOPIC: &str = "visavis";

/// The channels as LiveKit's clients announce them. The server takes a connection for established when both are open.
pub(super) const DATA_CHANNELS: SfuDataChannels = SfuDataChannels {
    label: "_reliable",
    unused: Some("_lossy"),
    binary: Some(BinaryFrames { decode, encode }),
    per_sender: None,
};

fn decode(message: &[u8]) -> String {
    wire::data_packet_text(message).unwrap_or_default()
}

fn encode(message: &str) -> Vec<u8> {
    wire::data_packet_bytes(message).unwrap_or_default()
}

/// What was said in one life of ours in a room.
#[derive(Debug, Default)]
pub(super) struct Messages {
    /// How many were sent: the server keeps those that are numbered for whoever is about to be connected.
    sent: u32,
}

impl Messages {
    /// Says this to some of the others, on that connection.
    pub(super) fn send(
        &mut self,
        connection: SfuConnectionId,
        to: &[ParticipantId],
        text: &str,
        out: &mut Vec<DialectOutput>,
    ) {
        self.sent = self.sent.saturating_add(1);
        let mut packet = Fields::default();
        packet.put("user", Fields::of_texts(&[("payload", text), ("topic", TOPIC)]));
        let to = to.iter().map(|id| Json::text(id.as_str())).collect();
        packet.put("destinationIdentities", Json::List(to));
        packet.number("sequence", self.sent);
        let message = packet.encode();
        signal(Inbound::Sfu(SfuSignal::SendMessage { connection, message }), out);
    }
}

/// A message came. Whatever is no message of a Visavis page is for others.
pub(super) fn on_message(message: &str, people: &People, out: &mut Vec<DialectOutput>) {
    let Ok(packet) = json::parse(message) else { return };
    let user = packet.at("user");
    if user.at("topic").as_text() != Some(TOPIC) {
        return;
    }
    // Of somebody who has joined anew meanwhile it says nothing any more.
    if let (Some(from), Some(text)) =
        (people.with_sid(packet.at("participantSid").short()), user.at("payload").as_text())
    {
        let text = text.to_owned();
        signal(Inbound::Sfu(SfuSignal::PeerMessage { from: from.clone(), text }), out);
    }
}
