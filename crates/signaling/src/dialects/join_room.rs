//! Socket.IO servers that relay `signal` to the others of a room and tell nothing else: not who is there, not who sends.
//!
//! They take the argument of `signal` apart without looking: it is always an object with `roomId` and `data`. What is only
//! for ours goes beside a candidate that is null, which naive pages skip: they look for a description, then for a candidate.

use super::{About, Listed, Made, Options};
use crate::carrier::Message;
use crate::foreign::{Context, Entry, OTHER, Profile, Protocol, texts};
use crate::json::{Fields, Json};
use crate::signal::{IceCandidate, SessionDescription};

pub(super) const LISTED: Listed = Listed { name: "join-room", about, make };

fn about() -> About {
    About {
        title: "Socket.IO servers that only relay within a room (join-room, signal)",
        room: "any name",
        words: "data",
    }
}

fn make(options: Options) -> Made {
    options.over_socket_io(JoinRoom::default())
}

#[derive(Default)]
struct JoinRoom {
    room: String,
}

impl JoinRoom {
    fn say(&self, key: &str, what: Json, x: Json, context: &mut Context) {
        let mut data = Fields::default();
        data.put(key, what);
        data.put("x", x);
        let mut fields = texts(&[("roomId", &self.room)]);
        fields.put("data", data);
        context.emit("signal", vec![fields.into()]);
    }
}

impl Protocol for JoinRoom {
    fn profile(&self) -> Profile {
        Profile { keeps_pairs: true, presumes: true, greets: true, ..Profile::default() }
    }

    fn join(&mut self, entry: &Entry, context: &mut Context) {
        self.room.clone_from(&entry.room);
        context.emit("join-room", vec![Json::text(&entry.room)]);
        context.joined();
        let hello = context.hello("");
        self.aside("", hello, context);
    }

    fn hear(&mut self, message: &Message, context: &mut Context) -> Option<()> {
        if message.event != "signal" || !context.is_in() {
            return Some(());
        }
        let data = message.arg(0);
        match (data.at("description"), data.at("candidate")) {
            _ if !context.meet(OTHER, data.at("x")) => {}
            (Json::Null, Json::Null) => {}
            (Json::Null, candidate) => context.candidate(OTHER, candidate),
            (description, _) => context.description(OTHER, description, None)?,
        }
        Some(())
    }

    fn describe(&mut self, to: &str, description: &SessionDescription, context: &mut Context) {
        self.say("description", description.into(), context.beside(to, true), context);
    }

    fn trickle(&mut self, to: &str, candidate: Option<&IceCandidate>, context: &mut Context) {
        if let Some(candidate) = candidate {
            self.say("candidate", candidate.into(), context.beside(to, false), context);
        }
    }

    fn aside(&mut self, _to: &str, x: Json, context: &mut Context) {
        self.say("candidate", Json::Null, x, context);
    }
}
