//! PeerServer: everybody has an id and can be called, and there are no rooms.
//!
//! So a room is a row of ids made of its name, `<room>`, `<room>-1`, `<room>-2` and so on. Whoever joins takes the first
//! that is free and says hello to the others; who is there answers, and calls. Stock clients ignore the hello (a candidate of
//! a connection that they do not have), and can call the first of us by the name of the room. A room that starts with `@`
//! calls that id, and again when they are gone: a page that is reloaded does not call by itself. The server keeps nothing
//! but the payload, so whatever is only for ours goes inside it.
//!
//! The server drops whoever sends no heartbeat, keeps calls for the absent until they EXPIRE, tells nothing of who has
//! left, and when the same client comes back early it says nothing at all, not even OPEN.

mod address;

use std::time::Duration;

use self::address::{root, slot, url};
use super::{About, BoxedDialect, DialectEntry, Options};
use crate::carrier::Message;
use crate::dialect::{Expects, Probe};
use crate::foreign::{Context, JoinRequest, Profile, Protocol, session};
use crate::json::{Fields, Json};
use crate::limits::MAX_PARTICIPANTS;
use crate::malformed::Malformed;
use crate::rejection::RejectCode;
use crate::signal::{IceCandidate, Offerer, SdpType, SessionDescription};

const HEARTBEAT: Duration = Duration::from_secs(5);
/// Who comes back under the same id and is not refused for this long is in.
const REOPENS: Duration = Duration::from_millis(1500);
/// Most calls of an id in a row, each after twice as many heartbeats as the one before: 5, 10, 20, 40, 80 and 160 s.
const MAX_CALLS: u32 = 6;
/// After a call of this many heartbeats (a minute) they are counted anew.
const LONG_CALL: u32 = 12;
/// Most people in a room.
const SLOTS: u32 = 8;
/// The type of what is only for ours.
const EXTENSION: &str = "visavis";

pub(super) const ENTRY: DialectEntry = DialectEntry { name: "peerjs", about, make };

fn about() -> About {
    About {
        title: "PeerServer, the server of PeerJS (OFFER, ANSWER, CANDIDATE, EXPIRE)",
        room: "any name; @id calls one PeerJS client",
        report_allowlist: "OPEN,ID-TAKEN,ERROR,INVALID-KEY,EXPIRE,LEAVE,OFFER,ANSWER,CANDIDATE,src,payload,msg,connectionId,data,visavis,media,Server has reached its concurrent user limit",
    }
}

fn make(options: Options) -> BoxedDialect {
    let (page, token) = options.ids();
    let me = page.clone();
    let peerjs = PeerJs {
        page,
        token,
        me,
        room: String::new(),
        slot: 0,
        opened: false,
        known: false,
        calls: CallIds::default(),
        callee: Callee::default(),
    };
    options.with_raw_frames(peerjs)
}

struct PeerJs {
    /// Our id before we are in a room.
    page: String,
    token: String,
    /// Our id.
    me: String,
    /// The room that was asked for; empty before that.
    room: String,
    /// Which of its ids is tried.
    slot: u32,
    /// The server knows this connection.
    opened: bool,
    /// The server has known us under this id before.
    known: bool,
    /// The id of the call with each participant.
    calls: CallIds,
    callee: Callee,
}

/// The one participant that is called where the name of the room is an id.
#[derive(Default)]
struct Callee {
    /// Whether they are in the room or being called, and for how many heartbeats that has not changed.
    present: bool,
    heartbeats: u32,
    /// How often they were called again.
    calls: u32,
}

impl Callee {
    /// Counts a heartbeat. Whether to call again.
    fn on_heartbeat(&mut self, present: bool) -> bool {
        if std::mem::replace(&mut self.present, present) != present {
            self.heartbeats = 0;
        }
        self.heartbeats = self.heartbeats.saturating_add(1);
        if present && self.heartbeats >= LONG_CALL {
            self.calls = 0;
        }
        let again = !present && self.calls < MAX_CALLS && self.heartbeats >= 1 << self.calls;
        if again {
            (self.calls, self.heartbeats) = (self.calls + 1, 0);
        }
        again
    }

    /// Whether the last of all calls has just been in vain.
    fn is_given_up(&self) -> bool {
        !self.present && self.calls >= MAX_CALLS && self.heartbeats == 1
    }
}

/// The id of the call with each of a few participants.
#[derive(Default)]
struct CallIds(Vec<(String, String)>);

impl CallIds {
    fn get(&self, id: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == id).map(|(_, call_id)| call_id.as_str())
    }

    fn set(&mut self, id: &str, call_id: &str) {
        self.0.retain(|(known, _)| known != id);
        self.0.push((id.to_owned(), call_id.to_owned()));
        if self.0.len() > MAX_PARTICIPANTS {
            self.0.remove(0);
        }
    }
}

impl PeerJs {
    fn enter(&mut self, context: &mut Context) {
        if self.room.is_empty() || context.is_joined() {
            return;
        }
        let claimed = slot(&self.room, self.slot);
        let by_id = self.room.strip_prefix('@');
        if by_id.is_none() && self.me != claimed {
            (self.me, self.known) = (claimed, false);
            return context.reconnect_at_new_url();
        }
        if !self.opened {
            return;
        }
        if let Some(id) = by_id {
            context.joined();
            self.hello(id, context);
            return context.participant_joined(id, Offerer::Us);
        }
        context.joined();
        for other in (0..SLOTS).filter(|other| *other != self.slot) {
            self.hello(&slot(&self.room, other), context);
        }
    }

    /// Whoever is called by id may have been reloaded. Nobody knows whether they are back.
    fn call_again(&mut self, context: &mut Context) {
        let Some(id) = self.room.strip_prefix('@').filter(|_| context.is_joined()) else { return };
        if self.callee.on_heartbeat(context.knows(id)) {
            self.hello(id, context);
            context.participant_assumed(id);
        } else if self.callee.is_given_up() {
            context.unanswered();
        }
    }

    fn hello(&self, to: &str, context: &mut Context) {
        let hello = context.hello(to);
        send_extension(to, hello, context);
    }

    fn open(&mut self, context: &mut Context) {
        (self.opened, self.known) = (true, true);
        self.enter(context);
    }

    fn taken(&mut self, context: &mut Context) {
        self.slot += 1;
        if self.slot < SLOTS {
            self.me = slot(&self.room, self.slot);
            return context.reconnect_at_new_url();
        }
        self.forget_room();
        context.reject(RejectCode::RoomFull, "", true);
    }

    fn forget_room(&mut self) {
        self.room.clear();
        self.callee = Callee::default();
        (self.slot, self.known) = (0, false);
        self.me.clone_from(&self.page);
    }

    fn on_payload(
        &mut self,
        kind: &str,
        from: &str,
        payload: &Json,
        context: &mut Context,
    ) -> Result<(), Malformed> {
        let (call, sdp) = (payload.at("connectionId").short(), payload.at("sdp"));
        match (payload.at("type").short(), kind) {
            _ if !context.on_extension(from, payload.at("x")) => {}
            // Data connections are peer connections of their own, and not ours.
            ("data" | EXTENSION, _) => {}
            (_, "CANDIDATE") => context.on_candidate(from, payload.at("candidate")),
            (_, "OFFER") => {
                context.on_description(from, sdp, Some(SdpType::Offer))?;
                self.calls.set(from, call);
            }
            (_, _) if self.calls.get(from) == Some(call) => {
                context.on_description(from, sdp, Some(SdpType::Answer))?;
            }
            (_, _) => {}
        }
        Ok(())
    }

    fn send(&self, kind: &str, to: &str, key: &str, what: Json, context: &mut Context) {
        let mut payload = Fields::default();
        payload.put(key, what);
        payload.text("type", "media");
        payload.maybe_text("connectionId", self.calls.get(to));
        payload.put("x", context.extension_beside(to, key == "sdp"));
        address_to(kind, to, payload, context);
    }
}

fn send_extension(to: &str, x: Json, context: &mut Context) {
    let mut payload = Fields::of_type(EXTENSION);
    payload.put("x", x);
    address_to("CANDIDATE", to, payload, context);
}

fn address_to(kind: &str, to: &str, payload: Fields, context: &mut Context) {
    let mut fields = Fields::of_type(kind);
    fields.text("dst", to);
    fields.put("payload", payload);
    context.send(fields);
}

fn refusal(message: &str) -> RejectCode {
    match message {
        "Server has reached its concurrent user limit" => RejectCode::ServerFull,
        _ => RejectCode::Unauthorised,
    }
}

impl Protocol for PeerJs {
    fn profile(&self) -> Profile {
        let (survives_reconnect, says_hello, uses_hang_up_channel) = (true, true, true);
        Profile {
            capacity: SLOTS,
            survives_reconnect,
            says_hello,
            uses_hang_up_channel,
            ..Profile::default()
        }
    }

    fn url(&self, base: &str) -> String {
        url(base, &self.me, &self.token)
    }

    fn probe(&self, base: &str) -> Option<Probe> {
        Some(Probe { url: root(base), expects: Expects::Success })
    }

    fn on_connected(&mut self, _id: Option<&str>, context: &mut Context) {
        context.set_timer(Some(context.now + if self.known { REOPENS } else { HEARTBEAT }));
    }

    fn join(&mut self, request: &JoinRequest, context: &mut Context) {
        if self.room != request.room {
            (self.slot, self.room) = (0, request.room.clone());
        }
        self.enter(context);
    }

    fn on_message(&mut self, message: &Message, context: &mut Context) -> Result<(), Malformed> {
        let fields = message.arg(0);
        let (from, payload) = (fields.at("src").short(), fields.at("payload"));
        match fields.at("type").short() {
            "OPEN" => self.open(context),
            "ID-TAKEN" => self.taken(context),
            "ERROR" | "INVALID-KEY" => {
                let message = payload.at("msg").as_text().unwrap_or_default();
                context.reject(refusal(message), message, true);
            }
            _ if !context.is_joined() || from == self.me => {}
            // Who has answered once is only away from the server.
            "EXPIRE" if context.knows(from) && !context.has_described(from) => {
                context.participant_left(from);
                context.reject(RejectCode::UnknownParticipant, "", false);
            }
            "LEAVE" => context.participant_left(from),
            kind @ ("OFFER" | "ANSWER" | "CANDIDATE") => {
                self.on_payload(kind, from, payload, context)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn send_description(&mut self, to: &str, description: &SessionDescription, context: &mut Context) {
        let kind = match description.sdp_type {
            SdpType::Offer => {
                self.calls.set(to, &["mc_", &session(&description.sdp)].concat());
                "OFFER"
            }
            SdpType::Answer => "ANSWER",
        };
        self.send(kind, to, "sdp", description.into(), context);
    }

    fn send_candidate(&mut self, to: &str, candidate: Option<&IceCandidate>, context: &mut Context) {
        if let Some(candidate) = candidate {
            self.send("CANDIDATE", to, "candidate", candidate.into(), context);
        }
    }

    fn send_extension(&mut self, to: &str, x: Json, context: &mut Context) {
        send_extension(to, x, context);
    }

    fn leave(&mut self, context: &mut Context) {
        for to in context.keys() {
            let mut fields = Fields::of_type("LEAVE");
            fields.text("dst", &to);
            context.send(fields);
        }
        context.send(Fields::of_type("LEAVE"));
        self.forget_room();
    }

    /// Ours say goodbye. If they close a channel, they are about to call again.
    fn on_hang_up_channel_closed(&mut self, key: &str, context: &mut Context) {
        if !context.is_visavis(key) {
            context.participant_left(key);
        }
    }

    fn on_timer(&mut self, context: &mut Context) {
        if !self.opened && self.known {
            self.open(context);
        }
        self.call_again(context);
        context.send(Fields::of_type("HEARTBEAT"));
        context.set_timer(Some(context.now + HEARTBEAT));
    }

    fn on_disconnected(&mut self) {
        self.opened = false;
    }
}
