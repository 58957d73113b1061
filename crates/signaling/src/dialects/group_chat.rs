//! The rooms of the widely copied "webrtc-group-chat-example": Socket.IO, everybody with everybody, and the server tells
//! the newcomer to offer.
//!
//! The server answers nothing to `join`: alone in a room there is only silence. It relays to any socket, so only those
//! it has announced are heard.

use super::Listed;
use crate::carrier::Message;
use crate::foreign::{Desk, Entry, Manners, Words, texts};
use crate::json::{Fields, Json, JsonError, Object};
use crate::limits::MAX_ID_BYTES;
use crate::normalize::loose;
use crate::signal::{IceCandidate, Offerer, SessionDescription};

pub(super) const LISTED: Listed = Listed {
    name: "group-chat",
    title: "Socket.IO servers in the manner of webrtc-group-chat-example (join, addPeer, relaySessionDescription)",
    room: "any name",
    make: |options| options.over_socket_io(GroupChat::default()),
};

#[derive(Default)]
struct GroupChat {
    channel: String,
}

impl Words for GroupChat {
    fn manners(&self) -> Manners {
        Manners { tells_leave: true, ..Manners::default() }
    }

    fn join(&mut self, entry: &Entry, desk: &mut Desk) {
        self.channel.clone_from(&entry.room);
        let mut fields = texts(&[("channel", &entry.room)]);
        fields.put("userdata", texts(&[("name", &entry.name)]));
        desk.emit("join", vec![fields.into()]);
        desk.joined();
    }

    fn hear(&mut self, message: &Message, desk: &mut Desk) -> Result<(), JsonError> {
        let read = || Object::root(message.arg(0));
        match message.event.as_str() {
            "addPeer" => {
                let fields = read()?;
                let ours = fields.optional_bool("should_create_offer")?.unwrap_or(false);
                desk.enter(peer(&fields)?, if ours { Offerer::Us } else { Offerer::Them });
            }
            "removePeer" => desk.left(peer(&read()?)?),
            "sessionDescription" => {
                let fields = read()?;
                let description = loose::description(fields.need("session_description")?, None)?;
                if desk.knows(peer(&fields)?) {
                    desk.description(peer(&fields)?, description);
                }
            }
            "iceCandidate" => {
                let fields = read()?;
                desk.candidate(peer(&fields)?, loose::candidate(fields.need("ice_candidate")?)?);
            }
            _ => {}
        }
        Ok(())
    }

    fn describe(&mut self, to: &str, description: &SessionDescription, desk: &mut Desk) {
        relay("relaySessionDescription", to, "session_description", description.into(), desk);
    }

    fn trickle(&mut self, to: &str, candidate: Option<&IceCandidate>, desk: &mut Desk) {
        if let Some(candidate) = candidate {
            relay("relayICECandidate", to, "ice_candidate", candidate.into(), desk);
        }
    }

    fn leave(&mut self, desk: &mut Desk) {
        desk.emit("part", vec![Json::text(&self.channel)]);
    }
}

fn peer<'a>(fields: &Object<'a>) -> Result<&'a str, JsonError> {
    fields.text("peer_id", MAX_ID_BYTES)
}

fn relay(event: &str, to: &str, key: &str, what: Json, desk: &mut Desk) {
    let mut fields: Fields = texts(&[("peer_id", to)]);
    fields.put(key, what);
    desk.emit(event, vec![fields.into()]);
}
