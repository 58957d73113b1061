//! The rooms of the widely copied "webrtc-group-chat-example": Socket.IO, everybody with everybody, and the server tells
//! the newcomer to offer.
//!
//! The server answers nothing to `join`: alone in a room there is only silence. It relays to any socket, so only those
//! it has announced are heard. It makes a new message of each and takes over the description or candidate as it is: so
//! whatever is only for ours goes inside those.

use super::{About, BoxedDialect, DialectEntry, Options};
use crate::carrier::Message;
use crate::foreign::{Context, JoinRequest, Profile, Protocol, no_candidate};
use crate::json::{Fields, Json};
use crate::malformed::Malformed;
use crate::signal::{IceCandidate, Offerer, SessionDescription};

pub(super) const ENTRY: DialectEntry = DialectEntry { name: "group-chat", about, make };

fn about() -> About {
    About {
        title: "Socket.IO servers in the manner of webrtc-group-chat-example (join, addPeer, relaySessionDescription)",
        room: "any name",
        report_allowlist: "addPeer,removePeer,sessionDescription,iceCandidate,peer_id,should_create_offer,session_description,ice_candidate",
    }
}

fn make(options: Options) -> BoxedDialect {
    options.with_socket_io(GroupChat::default())
}

#[derive(Default)]
struct GroupChat {
    channel: String,
}

impl Protocol for GroupChat {
    fn profile(&self) -> Profile {
        Profile { announces_leave: true, ..Profile::default() }
    }

    fn join(&mut self, request: &JoinRequest, context: &mut Context) {
        self.channel.clone_from(&request.room);
        let mut fields = Fields::of_texts(&[("channel", &request.room)]);
        fields.put("userdata", Fields::of_texts(&[("name", &request.name)]));
        context.emit("join", vec![fields.into()]);
        context.joined();
    }

    fn on_message(&mut self, message: &Message, context: &mut Context) -> Result<(), Malformed> {
        let fields = message.arg(0);
        let peer = fields.at("peer_id").short();
        match message.event.as_str() {
            "addPeer" => {
                let we_offer = *fields.at("should_create_offer") == Json::Bool(true);
                context.participant_joined(peer, if we_offer { Offerer::Us } else { Offerer::Them });
            }
            "removePeer" => context.participant_left(peer),
            "sessionDescription" => {
                let description = fields.at("session_description");
                if is_for_us(peer, description, context) {
                    context.on_description(peer, description, None)?;
                }
            }
            "iceCandidate" => {
                let candidate = fields.at("ice_candidate");
                if is_for_us(peer, candidate, context) {
                    context.on_candidate(peer, candidate);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn send_description(&mut self, to: &str, description: &SessionDescription, context: &mut Context) {
        let what = Json::from(description).with("x", context.extension_beside(to, true));
        relay("relaySessionDescription", to, "session_description", what, context);
    }

    fn send_candidate(&mut self, to: &str, candidate: Option<&IceCandidate>, context: &mut Context) {
        if let Some(candidate) = candidate {
            relay_candidate(
                to,
                Json::from(candidate).with("x", context.extension_beside(to, false)),
                context,
            );
        }
    }

    fn send_extension(&mut self, to: &str, x: Json, context: &mut Context) {
        relay_candidate(to, no_candidate().with("x", x), context);
    }

    fn leave(&mut self, context: &mut Context) {
        context.emit("part", vec![Json::text(&self.channel)]);
    }
}

fn is_for_us(peer: &str, what: &Json, context: &mut Context) -> bool {
    context.knows(peer) && context.on_extension(peer, what.at("x"))
}

fn relay_candidate(to: &str, candidate: Json, context: &mut Context) {
    relay("relayICECandidate", to, "ice_candidate", candidate, context);
}

fn relay(event: &str, to: &str, key: &str, what: Json, context: &mut Context) {
    let mut fields: Fields = Fields::of_texts(&[("peer_id", to)]);
    fields.put(key, what);
    context.emit(event, vec![fields.into()]);
}
