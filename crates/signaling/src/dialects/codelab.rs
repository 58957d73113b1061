//! The rooms for two of the WebRTC codelab and all that grew from it: Socket.IO, `create or join`, and whoever created
//! the room offers.
//!
//! Originals start only when the other says `got user media`, lose offers that come before it, and drop candidates that
//! come before the offer. After a `bye` they forget that they offer, so whoever waits in vain offers. Some servers relay
//! to every socket they have, those of other rooms too: so nothing is heard before somebody joined our room, and what ours
//! say to each other names the room.
//!
//! What is only for ours is a message without a type, which is none of those that originals look for. Who joins says hello
//! that way before `got user media`: so whoever made the room knows whom it calls.

use std::time::Duration;

use super::{About, BoxedDialect, DialectEntry, Options};
use crate::carrier::Message;
use crate::foreign::{Context, JoinRequest, OTHER, Profile, Protocol};
use crate::json::{Fields, Json};
use crate::malformed::Malformed;
use crate::rejection::RejectCode;
use crate::signal::{IceCandidate, Offerer, SessionDescription};

/// How long a creator waits for `got user media`, and how long who joined waits for an offer.
const CREATOR_WAITS: Duration = Duration::from_secs(5);
const JOINER_WAITS: Duration = Duration::from_secs(4);
const READY: &str = "got user media";

pub(super) const ENTRY: DialectEntry = DialectEntry { name: "codelab", about, make };

fn about() -> About {
    About {
        title: "Socket.IO servers for two in the manner of the WebRTC codelab (create or join, got user media, bye)",
        room: "any name",
        report_allowlist: "created,joined,join,ready,full,got user media,bye",
    }
}

fn make(options: Options) -> BoxedDialect {
    options.with_socket_io(Codelab::default())
}

#[derive(Default)]
struct Codelab {
    room: String,
    /// Whether the room is ours to start: we made it, or were there first.
    creator: bool,
    /// Whether the server said that somebody is joining us.
    expecting: bool,
}

impl Codelab {
    fn send(&self, what: Json, context: &mut Context) {
        // Some servers relay by the second argument, the others ignore it.
        context.emit("message", vec![what, Json::text(&self.room)]);
    }

    fn on_text(&mut self, what: &Json, context: &mut Context) -> Result<(), Malformed> {
        // Ours say goodbye to ours in their own way: this is from another room.
        match what.as_text() {
            Some("bye") if context.is_visavis(OTHER) => {}
            Some(READY) if self.creator && self.expecting => {
                self.expecting = false;
                context.participant_left(OTHER);
                context.participant_joined(OTHER, Offerer::Us);
            }
            Some("bye") => {
                self.creator = true;
                context.participant_left(OTHER);
            }
            Some(_) => {}
            None if !(context.knows(OTHER) || self.expecting || !self.creator) => {}
            None => return self.on_object(what, context),
        }
        Ok(())
    }

    fn on_object(&mut self, what: &Json, context: &mut Context) -> Result<(), Malformed> {
        let is_for_us = context.on_extension(OTHER, what.at("x"));
        if context.is_visavis(OTHER) {
            self.expecting = false;
            context.set_timer(None);
        }
        if is_for_us && *what.at("candidate") != Json::Null {
            context.on_candidate(OTHER, what);
        } else if is_for_us {
            context.on_description(OTHER, what, None)?;
            context.set_timer(None);
        }
        Ok(())
    }

    fn expect_peer(&mut self, timeout: Duration, context: &mut Context) {
        self.expecting = true;
        context.set_timer(Some(context.now + timeout));
    }
}

impl Protocol for Codelab {
    fn profile(&self) -> Profile {
        Profile {
            capacity: 2,
            survives_reconnect: true,
            says_hello: true,
            mixes_rooms: true,
            ..Profile::default()
        }
    }

    fn join(&mut self, request: &JoinRequest, context: &mut Context) {
        self.room.clone_from(&request.room);
        context.emit("create or join", vec![Json::text(&request.room)]);
    }

    fn on_message(&mut self, message: &Message, context: &mut Context) -> Result<(), Malformed> {
        match (message.event.as_str(), message.arg(0)) {
            ("full", _) if !context.is_joined() => {
                context.reject(RejectCode::RoomFull, "", false);
            }
            ("created", _) => {
                self.creator = true;
                context.joined();
            }
            ("joined", _) => {
                self.creator = false;
                context.joined();
                let hello = context.hello(OTHER);
                self.send_extension(OTHER, hello, context);
                if !context.knows(OTHER) {
                    self.send(Json::text(READY), context);
                    self.expect_peer(JOINER_WAITS, context);
                }
            }
            ("join", _) if context.is_joined() => {
                self.creator = true;
                self.expect_peer(CREATOR_WAITS, context);
            }
            // The newest of these servers say only this, to both, and to one of them twice.
            ("ready", _) if context.is_joined() && !context.knows(OTHER) && !self.expecting => {
                self.expect_peer(CREATOR_WAITS, context);
            }
            ("message", what) if context.is_joined() => self.on_text(what, context)?,
            _ => {}
        }
        Ok(())
    }

    fn send_description(&mut self, to: &str, description: &SessionDescription, context: &mut Context) {
        self.send(Json::from(description).with("x", context.extension_beside(to, true)), context);
    }

    fn send_candidate(&mut self, to: &str, candidate: Option<&IceCandidate>, context: &mut Context) {
        let Some(candidate) = candidate else { return };
        let mut fields = Fields::of_type("candidate");
        fields.number("label", candidate.sdp_m_line_index.unwrap_or(0).into());
        fields.maybe_text("id", candidate.sdp_mid.as_deref());
        fields.text("candidate", &candidate.candidate);
        fields.put("x", context.extension_beside(to, false));
        self.send(fields.into(), context);
    }

    fn send_extension(&mut self, _to: &str, x: Json, context: &mut Context) {
        let mut fields = Fields::default();
        fields.put("x", x);
        self.send(fields.into(), context);
    }

    fn leave(&mut self, context: &mut Context) {
        self.send(Json::text("bye"), context);
    }

    fn on_timer(&mut self, context: &mut Context) {
        if std::mem::take(&mut self.expecting) {
            // Who was there before is not: these are rooms for two, and ours would have said hello again.
            context.replace_previous(OTHER);
        }
        context.participant_joined(OTHER, Offerer::Us);
    }

    fn on_disconnected(&mut self) {
        self.expecting = false;
    }
}
