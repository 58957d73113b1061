//! A server that nobody here has heard of, as a file beside the page describes it: no rebuild, no code.
//!
//! The file holds examples of messages with placeholders (`template`). What is sent is an example filled in; what comes
//! is held against the examples, and what stands in their placeholders is all that is to be known. `docs/mapping.md` is
//! the reference.

mod file;
mod kinds;
mod reading;
mod template;
#[cfg(test)]
mod tests;

use std::rc::Rc;

pub use self::file::Mapping;
use self::file::OURS;
use self::kinds::{Group, Kind};
use self::reading::{body, ice_servers, id, told, who};
use self::template::{Found, fill};
use super::{About, BoxedDialect, DialectEntry, Options};
use crate::carrier::{Carrier, Message, Raw, SocketIo};
use crate::foreign::{Context, JoinRequest, OTHER, Profile, Protocol};
use crate::json::{Fields, Json};
use crate::malformed::Malformed;
use crate::normalize::loose;
use crate::rejection::RejectCode;
use crate::signal::{IceCandidate, IceServers, Offerer, SessionDescription};
use crate::text::url_segment;
use crate::time::Timestamp;

/// Its name in the list.
pub const NAME: &str = "mapping";

pub(super) const ENTRY: DialectEntry = DialectEntry { name: NAME, about, make };

fn about() -> About {
    About {
        title: "Any other server, as a file beside the page describes it (mapping.json)",
        room: "whatever the file makes of it",
        words: "",
    }
}

fn make(options: Options) -> BoxedDialect {
    let mapping = options.mapping.clone().unwrap_or_default();
    let carrier: Box<dyn Carrier> = if mapping.socket_io {
        let configured = !options.namespace.is_empty();
        let namespace = if configured { &options.namespace } else { &mapping.namespace };
        Box::new(SocketIo::new(namespace, options.auth.clone()))
    } else {
        Box::new(Raw::new(&mapping.subprotocol, mapping.text))
    };
    let (own, _) = options.ids();
    let mut protocol = Mapped { mapping, me: own.clone(), own, ..Mapped::default() };
    protocol.wait_outside();
    options.over(carrier, Box::new(protocol))
}

#[derive(Default)]
struct Mapped {
    mapping: Rc<Mapping>,
    /// An id of our own making, for servers that give none.
    own: String,
    /// Our id.
    me: String,
    /// The server's ids are numbers.
    numbers: bool,
    request: JoinRequest,
    /// What followed the URL when the socket was opened.
    path: String,
    joining: bool,
    /// Whether the server has said what we wait for before we join.
    welcomed: bool,
    /// Whether we know who was there before us.
    listed: bool,
    /// Who offers, if the server has told when we joined.
    we_offer: Option<bool>,
    ice_servers: Option<IceServers>,
    /// When the server was last heard; `None` before the first connection.
    heard_at: Option<Timestamp>,
}

impl Mapped {
    /// Nobody else is where we wait before we join.
    fn wait_outside(&mut self) {
        self.joining = false;
        self.request = JoinRequest { room: ["lobby-", &self.own].concat(), name: String::new() };
        self.path = self.path_now();
    }

    fn path_now(&self) -> String {
        let value = |hole: &str| Json::Text(url_segment(&self.value(hole).plain()));
        fill(&Json::text(&self.mapping.path), &value).plain()
    }

    /// A text, or a number if the server wants one.
    fn value_of(text: &str, number: bool) -> Json {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if number && digits { Json::Number(text.to_owned()) } else { Json::text(text) }
    }

    /// The value of a placeholder that may stand in all that is sent.
    fn value(&self, hole: &str) -> Json {
        match hole {
            "room" | "roomNumber" => Self::value_of(&self.request.room, hole.len() > 4),
            "name" => Json::text(&self.request.name),
            "me" => Self::value_of(&self.me, self.numbers),
            _ => Json::Null,
        }
    }

    /// Says all messages of the first of these kinds that the server knows, with what only ours read.
    fn send(&self, kinds: &[&str], to: &str, (what, ours): (&Json, &Json), context: &mut Context) {
        let value = |hole: &str| match hole {
            OURS => ours.clone(),
            "to" => Self::value_of(to, self.numbers),
            "signal" | "description" | "candidate" => what.clone(),
            "line" => what.at("candidate").clone(),
            "type" | "sdp" | "sdpMid" | "sdpMLineIndex" | "usernameFragment" => what.at(hole).clone(),
            _ => self.value(hole),
        };
        let known = kinds.iter().map(|kind| self.mapping.sends(kind)).find(|examples| !examples.is_empty());
        for example in known.unwrap_or_default() {
            match (self.mapping.socket_io, fill(example, &value)) {
                (true, Json::List(parts)) => {
                    if let Some((event, args)) = parts.split_first() {
                        context.emit(&event.plain(), args.to_vec());
                    }
                }
                (_, message) => context.send(message),
            }
        }
    }

    fn say_plainly(&self, kind: &str, context: &mut Context) {
        self.send(&[kind], OTHER, (&Json::Null, &Json::Null), context);
    }

    fn stay_alive(&self, context: &mut Context) {
        let keeps = !self.mapping.sends("keepAlive").is_empty();
        context.set_timer(keeps.then_some(context.now + self.mapping.keep_alive));
    }

    fn try_join(&mut self, context: &mut Context) {
        if !self.joining || context.is_joined() {
            return;
        }
        let path = self.path_now();
        if path != self.path {
            self.path = path;
            return context.reconnect_at_new_url();
        }
        if self.welcomed {
            self.say_plainly("join", context);
            if !self.mapping.hears("joined") {
                self.joined(Found::default(), context);
            }
        }
    }

    fn joined(&mut self, found: Found, context: &mut Context) {
        let told_room = id(found.fields.at("room")).filter(|(room, _)| *room != self.request.room);
        let room = told_room.map(|(room, _)| room.to_owned());
        if let Some(room) = &room {
            self.request.room.clone_from(room);
        }
        context.joined_with(room, self.ice_servers.clone());
        self.we_offer = told(&found.fields);
        self.listed = found.people.is_some();
        if self.mapping.profile.says_hello {
            let hello = context.hello("");
            self.send_extension("", hello, context);
        } else if self.mapping.profile.no_roster {
            context.participant_joined(OTHER, Offerer::Unknown);
        }
        if let Some(people) = found.people {
            self.meet(&people, true, context);
        }
        self.say_plainly("ready", context);
    }

    fn offerer(&self, fields: &Fields, was_there: bool) -> Offerer {
        match (told(fields).or(self.we_offer), self.mapping.offers.as_str()) {
            (None, "both") => Offerer::Unknown,
            (Some(true), _) => Offerer::Us,
            (Some(false), _) => Offerer::Them,
            (None, offers) if was_there == (offers != "existing") => Offerer::Us,
            (None, _) => Offerer::Them,
        }
    }

    /// How the context calls somebody, unless that is nobody or we.
    fn key(&mut self, fields: &Fields) -> Option<String> {
        if !self.mapping.directed {
            return Some(OTHER.to_owned());
        }
        let (key, number) = who(fields)?;
        self.numbers |= number;
        (key != self.me).then(|| key.to_owned())
    }

    /// These are there.
    fn meet(&mut self, people: &[Fields], were_there: bool, context: &mut Context) {
        for fields in people {
            if let Some(key) = self.key(fields) {
                let name = fields.at("name").as_text().unwrap_or_default();
                context.participant_joined_as(&key, name, self.offerer(fields, were_there));
            }
        }
    }

    /// These are there, and nobody else.
    fn roster(&mut self, people: &[Fields], context: &mut Context) {
        let keys: Vec<_> = people.iter().filter_map(|fields| self.key(fields)).collect();
        context.retain_participants(|key| keys.iter().any(|known| known == key));
        let first = !std::mem::replace(&mut self.listed, true);
        self.meet(people, first, context);
    }

    /// Somebody has left.
    fn part(&mut self, people: &[Fields], context: &mut Context) {
        for fields in people {
            if let Some(key) = self.key(fields) {
                context.participant_left(&key);
            }
        }
        self.stay_behind();
    }

    /// Of two, whoever stays offers to the next.
    fn stay_behind(&mut self) {
        if !self.mapping.directed && self.we_offer.is_some() {
            self.we_offer = Some(true);
        }
    }

    /// A description or candidate.
    fn signal(&mut self, kind: &str, fields: Fields, context: &mut Context) -> Result<(), Malformed> {
        let Some(key) = self.key(&fields) else { return Ok(()) };
        if self.mapping.announced && !context.knows(&key) {
            return Ok(());
        }
        let alone = fields.get(OURS).is_some_and(|x| !context.on_extension(&key, x));
        if alone || kind == OURS {
            return Ok(());
        }
        let name = fields.at("name").as_text().unwrap_or_default().to_owned();
        let known = fields.at("type").as_text().unwrap_or(kind);
        let known = loose::sdp_type(known);
        let body = body(fields);
        if kind != "candidate" {
            let described = context.on_description_as(&key, &name, &body, known);
            if described.is_ok() || kind != "signal" {
                return described;
            }
            let line = loose::candidate(&body).filter(|one| one.candidate.starts_with("candidate:"));
            line.ok_or(Malformed)?;
        }
        context.on_candidate(&key, &body);
        Ok(())
    }

    fn refused(&mut self, kind: &str, fields: &Fields, context: &mut Context) {
        let text = fields.at("text").as_text();
        let code = match kind {
            // Some servers go on telling it to everybody.
            "full" if !self.joining || context.is_joined() => return,
            "full" => RejectCode::RoomFull,
            "refused" => RejectCode::Unauthorised,
            _ => RejectCode::BadRequest,
        };
        if !context.is_joined() {
            self.wait_outside();
        }
        context.reject(code, text.unwrap_or_default(), false);
    }

    fn received(&mut self, kind: &str, mut found: Found, context: &mut Context) {
        if let Some((me, number)) = id(found.fields.at("me")) {
            self.numbers |= number;
            me.clone_into(&mut self.me);
        }
        let message = Json::Object(found.fields);
        self.ice_servers = ice_servers(&message).or(self.ice_servers.take());
        let Json::Object(fields) = message else { return };
        found.fields = fields;
        if kind == "welcome" {
            self.welcomed = true;
            self.try_join(context);
        } else if self.joining {
            self.joined(found, context);
        }
    }

    fn told_of(&mut self, kind: &str, people: &[Fields], context: &mut Context) {
        match kind {
            "roster" if self.mapping.directed => self.roster(people, context),
            "roster" => self.meet(people, true, context),
            "peerJoined" => {
                let pair = !self.mapping.directed && !self.mapping.profile.no_roster;
                if pair && context.replace_previous(OTHER) {
                    self.stay_behind();
                }
                self.meet(people, false, context);
            }
            _ => self.part(people, context),
        }
    }

    /// Hears a message of one kind, or finds that it is none of that kind.
    fn hear_kind(&mut self, kind: &Kind, found: Found, context: &mut Context) -> Result<(), Malformed> {
        // What it says about us and the room is so, unless it is the one that tells.
        let so = |hole, known: &str| id(found.fields.at(hole)).is_none_or(|(told, _)| told == known);
        let ours = so("me", &self.me) && so("room", &self.request.room);
        match (kind.group, context.is_joined()) {
            (Group::Entry, false) => self.received(kind.name, found, context),
            _ if !ours => {}
            (Group::Signal, true) => return self.signal(kind.name, found.fields, context),
            (Group::People, true) => {
                let people = found.people.unwrap_or_else(|| vec![found.fields]);
                self.told_of(kind.name, &people, context);
            }
            (Group::Refusal, _) => self.refused(kind.name, &found.fields, context),
            (Group::Other, _) if kind.name == "ping" => self.say_plainly("pong", context),
            (Group::Entry | Group::Signal | Group::People | Group::Other | Group::Sent, _) => {}
        }
        Ok(())
    }
}

impl Protocol for Mapped {
    fn profile(&self) -> Profile {
        self.mapping.profile
    }

    fn url(&self, url: &str) -> String {
        [url, &self.path].concat()
    }

    fn on_connected(&mut self, id: Option<&str>, context: &mut Context) {
        id.unwrap_or(&self.own).clone_into(&mut self.me);
        self.heard_at = Some(context.now);
        self.welcomed = !self.mapping.hears("welcome");
        self.say_plainly("hello", context);
        self.stay_alive(context);
    }

    fn join(&mut self, request: &JoinRequest, context: &mut Context) {
        self.request = request.clone();
        self.joining = true;
        self.stay_alive(context);
        self.try_join(context);
    }

    fn on_message(&mut self, message: &Message, context: &mut Context) -> Result<(), Malformed> {
        self.heard_at = Some(context.now);
        let mut value = message.arg(0).clone();
        if self.mapping.socket_io {
            let mut parts = vec![Json::text(&message.event)];
            parts.extend_from_slice(&message.args);
            value = Json::List(parts);
        }
        let (mapping, mut understood) = (Rc::clone(&self.mapping), None);
        for (kind, examples) in &mapping.receive {
            let once = matches!(kind.group, Group::Signal | Group::Refusal) && understood == Some(kind.group);
            for example in examples.iter().filter(|_| !once) {
                let mut found = Found::default();
                if found.fits(example, &value) {
                    if self.hear_kind(kind, found, context).is_ok() {
                        understood = Some(kind.group);
                    }
                    break;
                }
            }
        }
        understood.map(|_| ()).ok_or(Malformed)
    }

    fn send_description(&mut self, to: &str, description: &SessionDescription, context: &mut Context) {
        let kinds = [description.sdp_type.as_str(), "description", "signal"];
        let ours = context.extension_beside(to, true);
        self.send(&kinds, to, (&description.into(), &ours), context);
    }

    fn send_candidate(&mut self, to: &str, candidate: Option<&IceCandidate>, context: &mut Context) {
        match candidate {
            Some(candidate) => {
                let ours = context.extension_beside(to, false);
                self.send(&["candidate", "signal"], to, (&candidate.into(), &ours), context);
            }
            None => self.send(&["end"], to, (&Json::Null, &Json::Null), context),
        }
    }

    fn send_extension(&mut self, to: &str, x: Json, context: &mut Context) {
        self.send(&[OURS], to, (&Json::Null, &x), context);
    }

    fn leave(&mut self, context: &mut Context) {
        self.say_plainly("leave", context);
        self.wait_outside();
    }

    fn on_timer(&mut self, context: &mut Context) {
        let silent = |at| at + 2 * self.mapping.keep_alive <= context.now;
        if self.mapping.hears("pong") && self.heard_at.is_some_and(silent) {
            return context.reconnect();
        }
        self.say_plainly("keepAlive", context);
        self.stay_alive(context);
    }

    fn on_disconnected(&mut self) {
        self.joining = false;
    }
}
