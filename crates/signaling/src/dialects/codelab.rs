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

use super::{About, Listed, Made, Options};
use crate::carrier::Message;
use crate::foreign::{Context, Entry, OTHER, Profile, Protocol};
use crate::json::{Fields, Json};
use crate::signal::{IceCandidate, Offerer, RejectCode, SessionDescription};

/// How long a creator waits for `got user media`, and how long who joined waits for an offer.
const CREATOR_WAITS: Duration = Duration::from_secs(5);
const JOINER_WAITS: Duration = Duration::from_secs(4);
const READY: &str = "got user media";

pub(super) const LISTED: Listed = Listed { name: "codelab", about, make };

fn about() -> About {
    About {
        title: "Socket.IO servers for two in the manner of the WebRTC codelab (create or join, got user media, bye)",
        room: "any name",
        words: "created,joined,join,ready,full,got user media,bye",
    }
}

fn make(options: Options) -> Made {
    options.over_socket_io(Codelab::default())
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
    fn say(&self, what: Json, context: &mut Context) {
        // Some servers relay by the second argument, the others ignore it.
        context.emit("message", vec![what, Json::text(&self.room)]);
    }

    fn hear_message(&mut self, what: &Json, context: &mut Context) -> Option<()> {
        // Ours say goodbye to ours in their own way: this is from another room.
        match what.as_text() {
            Some("bye") if context.is_ours(OTHER) => {}
            Some(READY) if self.creator && self.expecting => {
                self.expecting = false;
                context.left(OTHER);
                context.enter(OTHER, Offerer::Us);
            }
            Some("bye") => {
                self.creator = true;
                context.left(OTHER);
            }
            Some(_) => {}
            None if !(context.knows(OTHER) || self.expecting || !self.creator) => {}
            None => return self.hear_object(what, context),
        }
        Some(())
    }

    fn hear_object(&mut self, what: &Json, context: &mut Context) -> Option<()> {
        let heard = context.meet(OTHER, what.at("x"));
        if context.is_ours(OTHER) {
            self.expecting = false;
            context.wake_at(None);
        }
        if heard && *what.at("candidate") != Json::Null {
            context.candidate(OTHER, what);
        } else if heard {
            context.description(OTHER, what, None)?;
            context.wake_at(None);
        }
        Some(())
    }

    fn await_them(&mut self, patience: Duration, context: &mut Context) {
        self.expecting = true;
        context.wake_at(Some(context.now + patience));
    }
}

impl Protocol for Codelab {
    fn profile(&self) -> Profile {
        Profile { capacity: 2, keeps_pairs: true, greets: true, mixes_rooms: true, ..Profile::default() }
    }

    fn join(&mut self, entry: &Entry, context: &mut Context) {
        self.room.clone_from(&entry.room);
        context.emit("create or join", vec![Json::text(&entry.room)]);
    }

    fn hear(&mut self, message: &Message, context: &mut Context) -> Option<()> {
        match (message.event.as_str(), message.arg(0)) {
            ("full", _) if !context.is_in() => {
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
                self.aside(OTHER, hello, context);
                if !context.knows(OTHER) {
                    self.say(Json::text(READY), context);
                    self.await_them(JOINER_WAITS, context);
                }
            }
            ("join", _) if context.is_in() => {
                self.creator = true;
                self.await_them(CREATOR_WAITS, context);
            }
            // The newest of these servers say only this, to both, and to one of them twice.
            ("ready", _) if context.is_in() && !context.knows(OTHER) && !self.expecting => {
                self.await_them(CREATOR_WAITS, context);
            }
            ("message", what) if context.is_in() => self.hear_message(what, context)?,
            _ => {}
        }
        Some(())
    }

    fn describe(&mut self, to: &str, description: &SessionDescription, context: &mut Context) {
        self.say(Json::from(description).with("x", context.beside(to, true)), context);
    }

    fn trickle(&mut self, to: &str, candidate: Option<&IceCandidate>, context: &mut Context) {
        let Some(candidate) = candidate else { return };
        let mut fields = Fields::of_type("candidate");
        fields.number("label", candidate.sdp_m_line_index.unwrap_or(0).into());
        fields.maybe_text("id", candidate.sdp_mid.as_deref());
        fields.text("candidate", &candidate.candidate);
        fields.put("x", context.beside(to, false));
        self.say(fields.into(), context);
    }

    fn aside(&mut self, _to: &str, x: Json, context: &mut Context) {
        let mut fields = Fields::default();
        fields.put("x", x);
        self.say(fields.into(), context);
    }

    fn leave(&mut self, context: &mut Context) {
        self.say(Json::text("bye"), context);
    }

    fn wake(&mut self, context: &mut Context) {
        if std::mem::take(&mut self.expecting) {
            // Who was there before is not: these are rooms for two, and ours would have said hello again.
            context.make_place(OTHER);
        }
        context.enter(OTHER, Offerer::Us);
    }

    fn down(&mut self) {
        self.expecting = false;
    }
}
