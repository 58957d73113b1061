//! Socket.IO servers that relay `signal` to the others of a room and tell nothing else: not who is there, not who sends.
//!
//! They take the argument of `signal` apart without looking: it is always an object with `roomId` and `data`. What is only
//! for ours goes beside a candidate that is null, which naive pages skip: they look for a description, then for a candidate.

use super::{About, BoxedDialect, DialectEntry, Options};
use crate::carrier::Message;
use crate::foreign::{Context, JoinRequest, OTHER, Profile, Protocol};
use crate::json::{Fields, Json};
use crate::malformed::Malformed;
use crate::signal::{IceCandidate, SessionDescription};

pub(super) const ENTRY: DialectEntry = DialectEntry { name: "join-room", about, make };

fn about() -> About {
    About {
        title: "Socket.IO servers that only relay within a room (join-room, signal)",
        room: "any name",
        report_allowlist: "data",
    }
}

fn make(options: Options) -> BoxedDialect {
    options.with_socket_io(JoinRoom::default())
}

#[derive(Default)]
struct JoinRoom {
    room: String,
}

impl JoinRoom {
    fn send(&self, key: &str, what: Json, x: Json, context: &mut Context) {
        let mut data = Fields::default();
        data.put(key, what);
        data.put("x", x);
        let mut fields = Fields::of_texts(&[("roomId", &self.room)]);
        fields.put("data", data);
        context.emit("signal", vec![fields.into()]);
    }
}

impl Protocol for JoinRoom {
    fn profile(&self) -> Profile {
        Profile { survives_reconnect: true, no_roster: true, says_hello: true, ..Profile::default() }
    }

    fn join(&mut self, request: &JoinRequest, context: &mut Context) {
        self.room.clone_from(&request.room);
        context.emit("join-room", vec![Json::text(&request.room)]);
        context.joined();
        let hello = context.hello("");
        self.send_extension("", hello, context);
    }

    fn on_message(&mut self, message: &Message, context: &mut Context) -> Result<(), Malformed> {
        if message.event != "signal" || !context.is_joined() {
            return Ok(());
        }
        let data = message.arg(0);
        match (data.at("description"), data.at("candidate")) {
            _ if !context.on_extension(OTHER, data.at("x")) => {}
            (Json::Null, Json::Null) => {}
            (Json::Null, candidate) => context.on_candidate(OTHER, candidate),
            (description, _) => context.on_description(OTHER, description, None)?,
        }
        Ok(())
    }

    fn send_description(&mut self, to: &str, description: &SessionDescription, context: &mut Context) {
        self.send("description", description.into(), context.extension_beside(to, true), context);
    }

    fn send_candidate(&mut self, to: &str, candidate: Option<&IceCandidate>, context: &mut Context) {
        if let Some(candidate) = candidate {
            self.send("candidate", candidate.into(), context.extension_beside(to, false), context);
        }
    }

    fn send_extension(&mut self, _to: &str, x: Json, context: &mut Context) {
        self.send("candidate", Json::Null, x, context);
    }
}
