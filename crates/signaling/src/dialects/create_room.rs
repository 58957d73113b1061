//! Servers that make the rooms themselves: `createRoom` is answered with an id, and whoever has the id joins by offering.
//!
//! A room takes one offer in its life: every other, also of somebody in it, is refused as `room is already full`. Between
//! two Visavis pages later offers go by another name, which the server relays like everything it does not know. An id
//! that it does not know kills the whole server: only what looks like one of its ids is ever sent, anything else makes a
//! new room. Old clients send no candidates of their own and stumble over early ones, so ours are in the description.
//!
//! What is only for ours has a type of its own too, and is only said to ours: an empty candidate would stop an original,
//! which throws at whatever comes before it has a description.

use super::{About, BoxedDialect, DialectEntry, Options};
use crate::carrier::Message;
use crate::foreign::{Context, JoinRequest, OTHER, Profile, Protocol};
use crate::json::{Fields, Json};
use crate::malformed::Malformed;
use crate::rejection::RejectCode;
use crate::signal::{IceCandidate, Offerer, SdpType, SessionDescription};

/// The type of what is only for ours.
const EXTENSION: &str = "x";

pub(super) const ENTRY: DialectEntry = DialectEntry { name: "create-room", about, make };

fn about() -> About {
    About {
        title: "WebSocket servers for two that make the rooms themselves (createRoom, roomCreated, offer as join)",
        room: "the id that the server gave to the creator; anything else makes a new room",
        report_allowlist: "roomCreated,payload,room is already full,iceCandidate",
    }
}

fn make(options: Options) -> BoxedDialect {
    options.with_raw_frames(CreateRoom::default())
}

#[derive(Default)]
struct CreateRoom {
    id: String,
    /// We made the room, and wait for the offer of whoever joins.
    creator: bool,
    /// The one offer of the room was made.
    offered: bool,
}

impl CreateRoom {
    fn send(&self, kind: &str, payload: Json, x: Json, context: &mut Context) {
        let mut fields = Fields::of_type(kind);
        fields.text("roomId", &self.id);
        fields.put("payload", payload);
        fields.put("x", x);
        context.send(fields);
    }

    fn refused(&self, reason: &str, context: &mut Context) -> Result<(), Malformed> {
        if reason != "room is already full" || self.creator {
            return Err(Malformed);
        }
        if !context.has_described(OTHER) {
            context.reject(RejectCode::RoomFull, "", false);
        }
        Ok(())
    }
}

impl Protocol for CreateRoom {
    fn profile(&self) -> Profile {
        Profile {
            capacity: 2,
            survives_reconnect: true,
            candidates_in_description: true,
            ..Profile::default()
        }
    }

    fn join(&mut self, request: &JoinRequest, context: &mut Context) {
        // A room of our own is lost with its socket: the server does not let us back in.
        self.creator = !is_room_id(&request.room) || (self.creator && self.id == request.room);
        self.offered = false;
        if self.creator {
            let mut fields = Fields::of_type("createRoom");
            fields.bool("payload", false);
            return context.send(fields);
        }
        self.id.clone_from(&request.room);
        context.joined();
        context.participant_joined(OTHER, Offerer::Us);
    }

    fn on_message(&mut self, message: &Message, context: &mut Context) -> Result<(), Malformed> {
        let payload = message.arg(0).at("payload");
        match message.arg(0).at("type").short() {
            "roomCreated" if self.creator && !payload.short().is_empty() => {
                payload.short().clone_into(&mut self.id);
                context.joined_with(Some(self.id.clone()), None);
            }
            "error" => self.refused(payload.short(), context)?,
            _ if !context.is_joined() || !context.on_extension(OTHER, message.arg(0).at("x")) => {}
            "offer" => context.on_description(OTHER, payload, Some(SdpType::Offer))?,
            "answer" => context.on_description(OTHER, payload, Some(SdpType::Answer))?,
            "iceCandidate" => context.on_candidate(OTHER, payload),
            _ => {}
        }
        Ok(())
    }

    fn send_description(&mut self, to: &str, description: &SessionDescription, context: &mut Context) {
        if description.sdp_type == SdpType::Offer && (self.creator || self.offered) {
            return;
        }
        self.offered = true;
        self.send(
            description.sdp_type.as_str(),
            description.into(),
            context.extension_beside(to, true),
            context,
        );
    }

    fn send_candidate(&mut self, to: &str, candidate: Option<&IceCandidate>, context: &mut Context) {
        if let (Some(candidate), true) = (candidate, context.has_described(OTHER)) {
            let mut event = Fields::default();
            event.put("candidate", candidate);
            self.send("iceCandidate", event.into(), context.extension_beside(to, false), context);
        }
    }

    fn send_extension(&mut self, _to: &str, x: Json, context: &mut Context) {
        self.send(EXTENSION, Json::Null, x, context);
    }
}

/// Whether the server may have made this: a UUID of the time-based kind, or a long number as some copies make them.
fn is_room_id(room: &str) -> bool {
    let bytes = room.as_bytes();
    let uuid = bytes.len() == 36
        && bytes.get(14) == Some(&b'1')
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    uuid || (bytes.len() >= 8 && bytes.iter().all(u8::is_ascii_digit))
}
