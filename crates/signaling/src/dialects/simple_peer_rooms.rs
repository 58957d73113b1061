//! Socket.IO rooms around simple-peer: `join room`, `all users`, and exactly one message each way.
//!
//! Original clients make a second peer of every further `user joined`, and never send a candidate by itself: everything
//! is in the description. Only some copies of the server tell who has left, in two shapes. The signal is relayed as it is,
//! so what is only for ours goes inside it, and alone only to those who are known to be ours: an original would make a peer
//! of it.

use super::{About, BoxedDialect, DialectEntry, Options};
use crate::carrier::Message;
use crate::foreign::{Context, JoinRequest, Profile, Protocol};
use crate::json::{Fields, Json};
use crate::limits::MAX_PARTICIPANTS;
use crate::malformed::Malformed;
use crate::rejection::RejectCode;
use crate::signal::{IceCandidate, Offerer, SdpType, SessionDescription};

pub(super) const ENTRY: DialectEntry = DialectEntry { name: "simple-peer-rooms", about, make };

fn about() -> About {
    About {
        title: "Socket.IO rooms for simple-peer (join room, all users, sending signal, returning signal)",
        room: "any name",
        report_allowlist: "room full,all users,user joined,callerID,receiving returned signal,user left,leftUserId",
    }
}

fn make(options: Options) -> BoxedDialect {
    options.with_socket_io(SimplePeerRooms::default())
}

#[derive(Default)]
struct SimplePeerRooms {
    me: String,
}

impl SimplePeerRooms {
    fn send(&self, to: &str, signal: Json, context: &mut Context) {
        let fields = Json::from(Fields::of_texts(&[("userToSignal", to), ("callerID", &self.me)]));
        context.emit("sending signal", vec![fields.with("signal", signal)]);
    }
}

impl Protocol for SimplePeerRooms {
    fn profile(&self) -> Profile {
        Profile {
            capacity: 4,
            candidates_in_description: true,
            uses_hang_up_channel: true,
            ..Profile::default()
        }
    }

    fn on_connected(&mut self, id: Option<&str>, _context: &mut Context) {
        id.unwrap_or_default().clone_into(&mut self.me);
    }

    fn join(&mut self, request: &JoinRequest, context: &mut Context) {
        context.emit("join room", vec![Json::text(&request.room)]);
    }

    fn on_message(&mut self, message: &Message, context: &mut Context) -> Result<(), Malformed> {
        match (message.event.as_str(), message.arg(0)) {
            ("room full", _) if !context.is_joined() => {
                context.reject(RejectCode::RoomFull, "", false);
            }
            ("all users", Json::List(users)) => {
                context.joined();
                let others = users.iter().take(MAX_PARTICIPANTS).filter_map(Json::as_text);
                others.filter(|id| *id != self.me).for_each(|id| context.participant_joined(id, Offerer::Us));
            }
            ("user joined", fields) => on_relayed_signal(fields, "callerID", context)?,
            ("receiving returned signal", fields) => on_relayed_signal(fields, "id", context)?,
            ("user left", Json::Text(id)) => context.participant_left(id),
            ("user left", fields) => context.participant_left(fields.at("leftUserId").short()),
            _ => {}
        }
        Ok(())
    }

    fn send_description(&mut self, to: &str, description: &SessionDescription, context: &mut Context) {
        let signal = Json::from(description).with("x", context.extension_beside(to, true));
        match description.sdp_type {
            SdpType::Offer => self.send(to, signal, context),
            SdpType::Answer => {
                let fields = Json::from(Fields::of_texts(&[("callerID", to)]));
                context.emit("returning signal", vec![fields.with("signal", signal)]);
            }
        }
    }

    fn send_candidate(&mut self, _to: &str, _candidate: Option<&IceCandidate>, _context: &mut Context) {}

    fn send_extension(&mut self, to: &str, x: Json, context: &mut Context) {
        self.send(to, Json::from(Fields::of_type("x")).with("x", x), context);
    }
}

fn on_relayed_signal(value: &Json, key: &str, context: &mut Context) -> Result<(), Malformed> {
    let (from, signal) = (value.at(key).short(), value.at("signal"));
    match signal.at("type").short() {
        _ if !context.on_extension(from, signal.at("x")) => {}
        "offer" | "answer" => context.on_description(from, signal, None)?,
        "candidate" => context.on_candidate(from, signal),
        // Wishes for another offer: ours carries all there is.
        _ => {}
    }
    Ok(())
}
