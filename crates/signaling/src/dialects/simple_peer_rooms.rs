//! Socket.IO rooms around simple-peer: `join room`, `all users`, and exactly one message each way.
//!
//! Original clients make a second peer of every further `user joined`, and never send a candidate by itself: everything
//! is in the description. Only some copies of the server tell who has left, in two shapes. The signal is relayed as it is,
//! so what is only for ours goes inside it, and alone only to those who are known to be ours: an original would make a peer
//! of it.

use super::{Listed, Made, Options};
use crate::carrier::Message;
use crate::foreign::{Desk, Entry, Manners, Words, texts};
use crate::json::{Fields, Json};
use crate::limits::MAX_PARTICIPANTS;
use crate::signal::{IceCandidate, Offerer, RejectCode, SdpType, SessionDescription};

pub(super) const LISTED: Listed = Listed {
    name: "simple-peer-rooms",
    title: "Socket.IO rooms for simple-peer (join room, all users, sending signal, returning signal)",
    room: "any name",
    make,
};

fn make(options: Options) -> Made {
    options.over_socket_io(SimplePeerRooms::default())
}

#[derive(Default)]
struct SimplePeerRooms {
    me: String,
}

impl SimplePeerRooms {
    fn send(&self, to: &str, signal: Json, desk: &mut Desk) {
        let fields = Json::from(texts(&[("userToSignal", to), ("callerID", &self.me)]));
        desk.emit("sending signal", vec![fields.with("signal", signal)]);
    }
}

impl Words for SimplePeerRooms {
    fn manners(&self) -> Manners {
        Manners { capacity: 4, bundles: true, hangs_up_by_channel: true, ..Manners::default() }
    }

    fn up(&mut self, id: Option<&str>, _desk: &mut Desk) {
        id.unwrap_or_default().clone_into(&mut self.me);
    }

    fn join(&mut self, entry: &Entry, desk: &mut Desk) {
        desk.emit("join room", vec![Json::text(&entry.room)]);
    }

    fn hear(&mut self, message: &Message, desk: &mut Desk) -> Option<()> {
        match (message.event.as_str(), message.arg(0)) {
            ("room full", _) if !desk.is_in() => {
                desk.reject(RejectCode::RoomFull, "The room is full.", false);
            }
            ("all users", Json::List(users)) => {
                desk.joined();
                let others = users.iter().take(MAX_PARTICIPANTS).filter_map(Json::as_text);
                others.filter(|id| *id != self.me).for_each(|id| desk.enter(id, Offerer::Us));
            }
            ("user joined", fields) => hear_signal(fields, "callerID", desk)?,
            ("receiving returned signal", fields) => hear_signal(fields, "id", desk)?,
            ("user left", Json::Text(id)) => desk.left(id),
            ("user left", fields) => desk.left(fields.at("leftUserId").short()),
            _ => {}
        }
        Some(())
    }

    fn describe(&mut self, to: &str, description: &SessionDescription, desk: &mut Desk) {
        let signal = Json::from(description).with("x", desk.beside(to, true));
        match description.sdp_type {
            SdpType::Offer => self.send(to, signal, desk),
            SdpType::Answer => {
                let fields = Json::from(texts(&[("callerID", to)]));
                desk.emit("returning signal", vec![fields.with("signal", signal)]);
            }
        }
    }

    fn trickle(&mut self, _to: &str, _candidate: Option<&IceCandidate>, _desk: &mut Desk) {}

    fn aside(&mut self, to: &str, x: Json, desk: &mut Desk) {
        self.send(to, Json::from(Fields::of_type("x")).with("x", x), desk);
    }
}

fn hear_signal(value: &Json, key: &str, desk: &mut Desk) -> Option<()> {
    let (from, signal) = (value.at(key).short(), value.at("signal"));
    match signal.at("type").short() {
        _ if !desk.meet(from, signal.at("x")) => {}
        "offer" | "answer" => desk.description(from, signal, None)?,
        "candidate" => desk.candidate(from, signal),
        // Wishes for another offer: ours carries all there is.
        _ => {}
    }
    Some(())
}
