//! What could come to us, and what does.

use super::MAX_STREAMS;
use super::layers::Layer;
use crate::dialects::janus::people::{is_data, list, participant_id};
use crate::json::Json;
use crate::signal::ParticipantId;

/// A stream of somebody: who publishes it, and its section in their connection. Of messages the server does not say in which
/// section they are, so for them there is none.
pub(super) type Published = (ParticipantId, Option<String>);

/// A stream that could come to us.
pub(super) struct Wanted {
    pub(super) published: Published,
    /// Who publishes it, as the server writes it.
    pub(super) feed: Json,
    /// Its section.
    pub(super) mid: String,
}

/// A stream that comes to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Carried {
    /// Its section in our connection.
    pub(super) mid: String,
    pub(super) of: Published,
    /// What was asked for of it last, on this subscription.
    pub(super) layer: Option<Layer>,
}

/// What a subscription carries, as the server lists it; what was asked for before still counts.
pub(super) fn carried(streams: &Json, before: &[Carried]) -> Vec<Carried> {
    let mut carried = Vec::new();
    for stream in list(streams) {
        let (mid, feed_mid) = (stream.at("mid").short(), stream.at("feed_mid").short());
        if is_data(stream) {
            let senders = list(stream.at("source_ids")).iter().filter_map(participant_id);
            let carry = |sender| Carried { mid: mid.to_owned(), of: (sender, None), layer: None };
            carried.extend(senders.map(carry));
            continue;
        }
        let active = *stream.at("active") != Json::Bool(false) && !mid.is_empty() && !feed_mid.is_empty();
        if let Some(publisher) = participant_id(stream.at("feed_id")).filter(|_| active) {
            let of = (publisher, Some(feed_mid.to_owned()));
            let known = before.iter().find(|known| known.mid == mid && known.of == of);
            let layer = known.and_then(|known| known.layer);
            carried.push(Carried { mid: mid.to_owned(), of, layer });
        }
    }
    carried.truncate(MAX_STREAMS);
    carried
}
