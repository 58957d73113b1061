//! The rooms of the widely copied "webrtc-group-chat-example": Socket.IO, everybody with everybody, and the server tells
//! the newcomer to offer.
//!
//! The server answers nothing to `join`: alone in a room there is only silence. It relays to any socket, so only those
//! it has announced are heard. It makes a new message of each and takes over the description or candidate as it is: so
//! whatever is only for ours goes inside those.

use super::{Listed, Made, Options};
use crate::carrier::Message;
use crate::foreign::{Desk, Entry, Manners, Words, no_candidate, texts};
use crate::json::{Fields, Json};
use crate::signal::{IceCandidate, Offerer, SessionDescription};

pub(super) const LISTED: Listed = Listed {
    name: "group-chat",
    title: "Socket.IO servers in the manner of webrtc-group-chat-example (join, addPeer, relaySessionDescription)",
    room: "any name",
    make,
};

fn make(options: Options) -> Made {
    options.over_socket_io(GroupChat::default())
}

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
            "sessionDescription" => {
                let description = fields.at("session_description");
                if heeded(peer, description, desk) {
                    desk.description(peer, description, None)?;
                }
            }
            "iceCandidate" => {
                let candidate = fields.at("ice_candidate");
                if heeded(peer, candidate, desk) {
                    desk.candidate(peer, candidate);
                }
            }
            _ => {}
        }
        Some(())
    }

    fn describe(&mut self, to: &str, description: &SessionDescription, desk: &mut Desk) {
        let what = Json::from(description).with("x", desk.beside(to, true));
        relay("relaySessionDescription", to, "session_description", what, desk);
    }

    fn trickle(&mut self, to: &str, candidate: Option<&IceCandidate>, desk: &mut Desk) {
        if let Some(candidate) = candidate {
            relay_candidate(to, Json::from(candidate).with("x", desk.beside(to, false)), desk);
        }
    }

    fn aside(&mut self, to: &str, x: Json, desk: &mut Desk) {
        relay_candidate(to, no_candidate().with("x", x), desk);
    }

    fn leave(&mut self, desk: &mut Desk) {
        desk.emit("part", vec![Json::text(&self.channel)]);
    }
}

fn heeded(peer: &str, what: &Json, desk: &mut Desk) -> bool {
    desk.knows(peer) && desk.meet(peer, what.at("x"))
}

fn relay_candidate(to: &str, candidate: Json, desk: &mut Desk) {
    relay("relayICECandidate", to, "ice_candidate", candidate, desk);
}

fn relay(event: &str, to: &str, key: &str, what: Json, desk: &mut Desk) {
    let mut fields: Fields = texts(&[("peer_id", to)]);
    fields.put(key, what);
    desk.emit(event, vec![fields.into()]);
}
