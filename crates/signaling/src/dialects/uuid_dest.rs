//! Servers that repeat everything to everybody, whose clients say by `uuid` and `dest` who speaks to whom.
//!
//! Whoever comes says their name to all, each of the others answers with theirs, and the newcomer offers to whoever has
//! answered. There are no rooms, nobody says goodbye, and what a client says comes back to it. An earlier version of these
//! clients has neither names nor `dest`: there somebody simply offers. Clients read a message by what it carries, so one
//! that carries only an `x` is nothing to them.

use super::{About, BoxedDialect, DialectEntry, Options};
use crate::carrier::Message;
use crate::foreign::{Context, JoinRequest, Profile, Protocol};
use crate::json::{Fields, Json};
use crate::malformed::Malformed;
use crate::signal::{IceCandidate, Offerer, SessionDescription};

/// The `dest` of what is for everybody.
const ALL: &str = "all";

pub(super) const ENTRY: DialectEntry = DialectEntry { name: "uuid-dest", about, make };

fn about() -> About {
    About {
        title: "WebSocket servers that repeat everything, for clients with ids (displayName, uuid, dest)",
        room: "any name; clients that are not Visavis are in all rooms",
        report_allowlist: "displayName,uuid,dest,all,ice",
    }
}

fn make(options: Options) -> BoxedDialect {
    let (me, _) = options.ids();
    options.with_raw_frames(UuidDest { me, name: String::new() })
}

struct UuidDest {
    me: String,
    name: String,
}

impl UuidDest {
    fn message(&self, to: &str) -> Fields {
        Fields::of_texts(&[("uuid", &self.me), ("dest", if to.is_empty() { ALL } else { to })])
    }

    /// Clients take no notice of somebody without a name.
    fn introduction(&self, to: &str) -> Fields {
        let mut fields = self.message(to);
        fields.text("displayName", if self.name.is_empty() { "guest" } else { &self.name });
        fields
    }

    fn send(&self, to: &str, key: &str, what: impl Into<Json>, x: Json, context: &mut Context) {
        let mut fields = self.message(to);
        fields.put(key, what.into());
        fields.put("x", x);
        context.send(fields);
    }
}

impl Protocol for UuidDest {
    fn profile(&self) -> Profile {
        Profile { survives_reconnect: true, says_hello: true, mixes_rooms: true, ..Profile::default() }
    }

    fn join(&mut self, request: &JoinRequest, context: &mut Context) {
        self.name.clone_from(&request.name);
        context.joined();
        let hello = context.hello("");
        // Whoever has a connection to us would throw it away for the name.
        let mut fields = if context.keys().is_empty() { self.introduction("") } else { self.message("") };
        fields.put("x", hello);
        context.send(fields);
    }

    fn on_message(&mut self, message: &Message, context: &mut Context) -> Result<(), Malformed> {
        let fields = message.arg(0);
        let (from, dest, name) =
            (fields.at("uuid").short(), fields.at("dest"), fields.at("displayName").short());
        let to_all = *dest == Json::Null || dest.short() == ALL;
        let for_us = from != self.me && (to_all || dest.short() == self.me);
        if !context.is_joined() || !for_us || !context.on_extension(from, fields.at("x")) {
            return Ok(());
        }
        let (description, candidate) = (fields.at("sdp"), fields.at("ice"));
        if !name.is_empty() && to_all {
            context.send(self.introduction(from));
            context.participant_joined_as(from, name, Offerer::Them);
        } else if !name.is_empty() {
            context.participant_joined_as(from, name, Offerer::Us);
        } else if *description != Json::Null {
            context.on_description(from, description, None)?;
        } else if *candidate != Json::Null {
            context.on_candidate(from, candidate);
        }
        Ok(())
    }

    fn send_description(&mut self, to: &str, description: &SessionDescription, context: &mut Context) {
        self.send(to, "sdp", description, context.extension_beside(to, true), context);
    }

    fn send_candidate(&mut self, to: &str, candidate: Option<&IceCandidate>, context: &mut Context) {
        if let Some(candidate) = candidate {
            self.send(to, "ice", candidate, context.extension_beside(to, false), context);
        }
    }

    fn send_extension(&mut self, to: &str, x: Json, context: &mut Context) {
        let mut fields = self.message(to);
        fields.put("x", x);
        context.send(fields);
    }
}
