//! Socket.IO servers that relay `signal` to the others of a room and tell nothing else: not who is there, not who sends.
//!
//! They take the argument of `signal` apart without looking: it is always an object with `roomId` and `data`. What is only
//! for ours goes beside a candidate that is null, which naive pages skip: they look for a description, then for a candidate.

use super::{Listed, Made, Options};
use crate::carrier::Message;
use crate::foreign::{Desk, Entry, Manners, OTHER, Words, texts};
use crate::json::{Fields, Json};
use crate::signal::{IceCandidate, SessionDescription};

pub(super) const LISTED: Listed = Listed {
    name: "join-room",
    title: "Socket.IO servers that only relay within a room (join-room, signal)",
    room: "any name",
    make,
};

fn make(options: Options) -> Made {
    options.over_socket_io(JoinRoom::default())
}

#[derive(Default)]
struct JoinRoom {
    room: String,
}

impl JoinRoom {
    fn say(&self, key: &str, what: Json, x: Json, desk: &mut Desk) {
        let mut data = Fields::default();
        data.put(key, what);
        data.put("x", x);
        let mut fields = texts(&[("roomId", &self.room)]);
        fields.put("data", data);
        desk.emit("signal", vec![fields.into()]);
    }
}

impl Words for JoinRoom {
    fn manners(&self) -> Manners {
        Manners { keeps_pairs: true, presumes: true, greets: true, ..Manners::default() }
    }

    fn join(&mut self, entry: &Entry, desk: &mut Desk) {
        self.room.clone_from(&entry.room);
        desk.emit("join-room", vec![Json::text(&entry.room)]);
        desk.joined();
        let hello = desk.hello("");
        self.aside("", hello, desk);
    }

    fn hear(&mut self, message: &Message, desk: &mut Desk) -> Option<()> {
        if message.event != "signal" || !desk.is_in() {
            return Some(());
        }
        let data = message.arg(0);
        match (data.at("description"), data.at("candidate")) {
            _ if !desk.meet(OTHER, data.at("x")) => {}
            (Json::Null, Json::Null) => {}
            (Json::Null, candidate) => desk.candidate(OTHER, candidate),
            (description, _) => desk.description(OTHER, description, None)?,
        }
        Some(())
    }

    fn describe(&mut self, to: &str, description: &SessionDescription, desk: &mut Desk) {
        self.say("description", description.into(), desk.beside(to, true), desk);
    }

    fn trickle(&mut self, to: &str, candidate: Option<&IceCandidate>, desk: &mut Desk) {
        if let Some(candidate) = candidate {
            self.say("candidate", candidate.into(), desk.beside(to, false), desk);
        }
    }

    fn aside(&mut self, _to: &str, x: Json, desk: &mut Desk) {
        self.say("candidate", Json::Null, x, desk);
    }
}
