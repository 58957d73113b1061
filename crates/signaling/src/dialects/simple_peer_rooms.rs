//! Socket.IO rooms around simple-peer: `join room`, `all users`, and exactly one message each way.
//!
//! Original clients make a second peer of every further `user joined`, and never send a candidate by itself: everything
//! is in the description. Only some copies of the server tell who has left, in two shapes. The signal is relayed as it is,
//! so what is only for ours goes inside it, and alone only to those who are known to be ours: an original would make a peer
//! of it.

use super::{About, Listed, Made, Options};
use crate::carrier::Message;
use crate::foreign::{Context, Entry, Profile, Protocol, texts};
use crate::json::{Fields, Json};
use crate::limits::MAX_PARTICIPANTS;
use crate::signal::{IceCandidate, Offerer, RejectCode, SdpType, SessionDescription};

pub(super) const LISTED: Listed = Listed { name: "simple-peer-rooms", about, make };

fn about() -> About {
    About {
        title: "Socket.IO rooms for simple-peer (join room, all users, sending signal, returning signal)",
        room: "any name",
        words: "room full,all users,user joined,callerID,receiving returned signal,user left,leftUserId",
    }
}

fn make(options: Options) -> Made {
    options.over_socket_io(SimplePeerRooms::default())
}

#[derive(Default)]
struct SimplePeerRooms {
    me: String,
}

impl SimplePeerRooms {
    fn send(&self, to: &str, signal: Json, context: &mut Context) {
        let fields = Json::from(texts(&[("userToSignal", to), ("callerID", &self.me)]));
        context.emit("sending signal", vec![fields.with("signal", signal)]);
    }
}

impl Protocol for SimplePeerRooms {
    fn profile(&self) -> Profile {
        Profile { capacity: 4, bundles: true, hangs_up_by_channel: true, ..Profile::default() }
    }

    fn up(&mut self, id: Option<&str>, _desk: &mut Context) {
        id.unwrap_or_default().clone_into(&mut self.me);
    }

    fn join(&mut self, entry: &Entry, context: &mut Context) {
        context.emit("join room", vec![Json::text(&entry.room)]);
    }

    fn hear(&mut self, message: &Message, context: &mut Context) -> Option<()> {
        match (message.event.as_str(), message.arg(0)) {
            ("room full", _) if !context.is_in() => {
                context.reject(RejectCode::RoomFull, "", false);
            }
            ("all users", Json::List(users)) => {
                context.joined();
                let others = users.iter().take(MAX_PARTICIPANTS).filter_map(Json::as_text);
                others.filter(|id| *id != self.me).for_each(|id| context.enter(id, Offerer::Us));
            }
            ("user joined", fields) => hear_signal(fields, "callerID", context)?,
            ("receiving returned signal", fields) => hear_signal(fields, "id", context)?,
            ("user left", Json::Text(id)) => context.left(id),
            ("user left", fields) => context.left(fields.at("leftUserId").short()),
            _ => {}
        }
        Some(())
    }

    fn describe(&mut self, to: &str, description: &SessionDescription, context: &mut Context) {
        let signal = Json::from(description).with("x", context.beside(to, true));
        match description.sdp_type {
            SdpType::Offer => self.send(to, signal, context),
            SdpType::Answer => {
                let fields = Json::from(texts(&[("callerID", to)]));
                context.emit("returning signal", vec![fields.with("signal", signal)]);
            }
        }
    }

    fn trickle(&mut self, _to: &str, _candidate: Option<&IceCandidate>, _desk: &mut Context) {}

    fn aside(&mut self, to: &str, x: Json, context: &mut Context) {
        self.send(to, Json::from(Fields::of_type("x")).with("x", x), context);
    }
}

fn hear_signal(value: &Json, key: &str, context: &mut Context) -> Option<()> {
    let (from, signal) = (value.at(key).short(), value.at("signal"));
    match signal.at("type").short() {
        _ if !context.meet(from, signal.at("x")) => {}
        "offer" | "answer" => context.description(from, signal, None)?,
        "candidate" => context.candidate(from, signal),
        // Wishes for another offer: ours carries all there is.
        _ => {}
    }
    Some(())
}
