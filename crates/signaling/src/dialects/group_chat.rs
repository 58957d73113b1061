//! The rooms of the widely copied "webrtc-group-chat-example": Socket.IO, everybody with everybody, and the server tells
//! the newcomer to offer.
//!
//! The server answers nothing to `join`: alone in a room there is only silence. It relays to any socket, so only those
//! it has announced are heard.

use super::Listed;
use crate::carrier::Message;
use crate::foreign::{Desk, Entry, Manners, Words, texts};
use crate::json::{Fields, Json};
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

    fn hear(&mut self, message: &Message, desk: &mut Desk) -> Option<()> {
        let fields = message.arg(0);
        let peer = fields.at("peer_id").short();
        match message.event.as_str() {
            "addPeer" => {
                let ours = *fields.at("should_create_offer") == Json::Bool(true);
                desk.enter(peer, if ours { Offerer::Us } else { Offerer::Them });
            }
            "removePeer" => desk.left(peer),
            "sessionDescription" if desk.knows(peer) => {
                desk.description(peer, fields.at("session_description"), None)?;
            }
            "iceCandidate" => desk.candidate(peer, fields.at("ice_candidate")),
            _ => {}
        }
        Some(())
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

fn relay(event: &str, to: &str, key: &str, what: Json, desk: &mut Desk) {
    let mut fields: Fields = texts(&[("peer_id", to)]);
    fields.put(key, what);
    desk.emit(event, vec![fields.into()]);
}
