//! A server that this program does not know, as a file beside the page describes it: no rebuild, no code.
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

use self::file::EXTENSION;
pub use self::file::Mapping;
use self::kinds::{Group, Kind};
use self::reading::{description_or_candidate, ice_servers, id, sender_or_subject, we_offer};
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
        report_allowlist: "",
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
    let (id, _) = options.ids();
    let mut protocol =
        MappedProtocol { mapping, me: id.clone(), generated_id: id, ..MappedProtocol::default() };
    protocol.enter_private_room();
    options.over(carrier, Box::new(protocol))
}

#[derive(Default)]
struct MappedProtocol {
    mapping: Rc<Mapping>,
    /// An id that we generated, for servers that assign none.
    generated_id: String,
    /// Our id.
    me: String,
    /// The server's ids are numbers.
    numeric_ids: bool,
    request: JoinRequest,
    /// What followed the URL when the socket was opened.
    path: String,
    joining: bool,
    /// Whether the server has sent the `welcome` that we wait for before we join.
    welcomed: bool,
    /// Whether the server has listed who was in the room before us.
    listed: bool,
    /// Who offers, if the server has told when we joined.
    we_offer: Option<bool>,
    ice_servers: Option<IceServers>,
    /// When its last message came; `None` before the first connection.
    last_message_at: Option<Timestamp>,
}

impl MappedProtocol {
    /// Before we join, the room in the URL is one that nobody else is in.
    fn enter_private_room(&mut self) {
        self.joining = false;
        self.request = JoinRequest { room: ["lobby-", &self.generated_id].concat(), name: String::new() };
        self.path = self.expand_path();
    }

    fn expand_path(&self) -> String {
        let value = |placeholder: &str| Json::Text(url_segment(&self.value(placeholder).plain()));
        fill(&Json::text(&self.mapping.path), &value).plain()
    }

    /// A text, or a number if the server wants one.
    fn text_or_number(text: &str, number: bool) -> Json {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if number && digits { Json::Number(text.to_owned()) } else { Json::text(text) }
    }

    /// The value of a placeholder that may stand in all that is sent.
    fn value(&self, placeholder: &str) -> Json {
        match placeholder {
            "room" | "roomNumber" => Self::text_or_number(&self.request.room, placeholder.len() > 4),
            "name" => Json::text(&self.request.name),
            "me" => Self::text_or_number(&self.me, self.numeric_ids),
            _ => Json::Null,
        }
    }

    /// Sends all messages of the first of these kinds that the server knows, with `payload` (a description or candidate) and
    /// the extension for other Visavis clients in their placeholders.
    fn send(&self, kinds: &[&str], to: &str, (payload, extension): (&Json, &Json), context: &mut Context) {
        let value = |placeholder: &str| match placeholder {
            EXTENSION => extension.clone(),
            "to" => Self::text_or_number(to, self.numeric_ids),
            "signal" | "description" | "candidate" => payload.clone(),
            "line" => payload.at("candidate").clone(),
            "type" | "sdp" | "sdpMid" | "sdpMLineIndex" | "usernameFragment" => {
                payload.at(placeholder).clone()
            }
            _ => self.value(placeholder),
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

    fn send_without_payload(&self, kind: &str, context: &mut Context) {
        self.send(&[kind], OTHER, (&Json::Null, &Json::Null), context);
    }

    fn schedule_keep_alive(&self, context: &mut Context) {
        let sends_keep_alive = !self.mapping.sends("keepAlive").is_empty();
        context.set_timer(sends_keep_alive.then_some(context.now + self.mapping.keep_alive));
    }

    fn try_join(&mut self, context: &mut Context) {
        if !self.joining || context.is_joined() {
            return;
        }
        let path = self.expand_path();
        if path != self.path {
            self.path = path;
            return context.reconnect_at_new_url();
        }
        if self.welcomed {
            self.send_without_payload("join", context);
            if !self.mapping.receives("joined") {
                self.on_joined(Found::default(), context);
            }
        }
    }

    fn on_joined(&mut self, found: Found, context: &mut Context) {
        let renamed_room = id(found.fields.at("room")).filter(|(room, _)| *room != self.request.room);
        let room = renamed_room.map(|(room, _)| room.to_owned());
        if let Some(room) = &room {
            self.request.room.clone_from(room);
        }
        context.joined_with(room, self.ice_servers.clone());
        self.we_offer = we_offer(&found.fields);
        self.listed = found.participants.is_some();
        if self.mapping.profile.says_hello {
            let hello = context.hello("");
            self.send_extension("", hello, context);
        } else if self.mapping.profile.no_roster {
            context.participant_joined(OTHER, Offerer::Unknown);
        }
        if let Some(participants) = found.participants {
            self.add_participants(&participants, true, context);
        }
        self.send_without_payload("ready", context);
    }

    fn offerer(&self, fields: &Fields, was_present: bool) -> Offerer {
        match (we_offer(fields).or(self.we_offer), self.mapping.offers.as_str()) {
            (None, "both") => Offerer::Unknown,
            (Some(true), _) => Offerer::Us,
            (Some(false), _) => Offerer::Them,
            (None, offers) if was_present == (offers != "existing") => Offerer::Us,
            (None, _) => Offerer::Them,
        }
    }

    /// The key of a participant in the context; `None` if it is us, or there is no id.
    fn key(&mut self, fields: &Fields) -> Option<String> {
        if !self.mapping.directed {
            return Some(OTHER.to_owned());
        }
        let (key, number) = sender_or_subject(fields)?;
        self.numeric_ids |= number;
        (key != self.me).then(|| key.to_owned())
    }

    /// These participants are in the room.
    fn add_participants(&mut self, participants: &[Fields], were_present: bool, context: &mut Context) {
        for fields in participants {
            if let Some(key) = self.key(fields) {
                let name = fields.at("name").as_text().unwrap_or_default();
                context.participant_joined_as(&key, name, self.offerer(fields, were_present));
            }
        }
    }

    /// These participants are in the room, and nobody else.
    fn set_roster(&mut self, participants: &[Fields], context: &mut Context) {
        let keys: Vec<_> = participants.iter().filter_map(|fields| self.key(fields)).collect();
        context.retain_participants(|key| keys.iter().any(|known| known == key));
        let first = !std::mem::replace(&mut self.listed, true);
        self.add_participants(participants, first, context);
    }

    /// These participants have left.
    fn remove_participants(&mut self, participants: &[Fields], context: &mut Context) {
        for fields in participants {
            if let Some(key) = self.key(fields) {
                context.participant_left(&key);
            }
        }
        self.offer_to_next();
    }

    /// In a room of two, whoever stays makes the offer to the next one.
    fn offer_to_next(&mut self) {
        if !self.mapping.directed && self.we_offer.is_some() {
            self.we_offer = Some(true);
        }
    }

    /// A description or candidate.
    fn on_negotiation(&mut self, kind: &str, fields: Fields, context: &mut Context) -> Result<(), Malformed> {
        let Some(key) = self.key(&fields) else { return Ok(()) };
        if self.mapping.announced && !context.knows(&key) {
            return Ok(());
        }
        let only_extension = fields.get(EXTENSION).is_some_and(|x| !context.on_extension(&key, x));
        if only_extension || kind == EXTENSION {
            return Ok(());
        }
        let name = fields.at("name").as_text().unwrap_or_default().to_owned();
        let sdp_type = fields.at("type").as_text().unwrap_or(kind);
        let sdp_type = loose::sdp_type(sdp_type);
        let body = description_or_candidate(fields);
        if kind != "candidate" {
            let described = context.on_description_as(&key, &name, &body, sdp_type);
            if described.is_ok() || kind != "signal" {
                return described;
            }
            let line = loose::candidate(&body).filter(|one| one.candidate.starts_with("candidate:"));
            line.ok_or(Malformed)?;
        }
        context.on_candidate(&key, &body);
        Ok(())
    }

    fn on_refusal(&mut self, kind: &str, fields: &Fields, context: &mut Context) {
        let text = fields.at("text").as_text();
        let code = match kind {
            // Some servers go on telling it to everybody.
            "full" if !self.joining || context.is_joined() => return,
            "full" => RejectCode::RoomFull,
            "refused" => RejectCode::Unauthorised,
            _ => RejectCode::BadRequest,
        };
        if !context.is_joined() {
            self.enter_private_room();
        }
        context.reject(code, text.unwrap_or_default(), false);
    }

    fn on_entry(&mut self, kind: &str, mut found: Found, context: &mut Context) {
        if let Some((me, number)) = id(found.fields.at("me")) {
            self.numeric_ids |= number;
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
            self.on_joined(found, context);
        }
    }

    fn on_roster(&mut self, kind: &str, participants: &[Fields], context: &mut Context) {
        match kind {
            "roster" if self.mapping.directed => self.set_roster(participants, context),
            "roster" => self.add_participants(participants, true, context),
            "peerJoined" => {
                let pair = !self.mapping.directed && !self.mapping.profile.no_roster;
                if pair && context.replace_previous(OTHER) {
                    self.offer_to_next();
                }
                self.add_participants(participants, false, context);
            }
            _ => self.remove_participants(participants, context),
        }
    }

    /// Handles a message as one of this kind. An error if it cannot be one.
    fn on_kind(&mut self, kind: &Kind, found: Found, context: &mut Context) -> Result<(), Malformed> {
        // Only a message of `Group::Entry` may give us another id or room; in others these must match ours.
        let matches = |placeholder, known: &str| {
            id(found.fields.at(placeholder)).is_none_or(|(value, _)| value == known)
        };
        let is_for_us = matches("me", &self.me) && matches("room", &self.request.room);
        match (kind.group, context.is_joined()) {
            (Group::Entry, false) => self.on_entry(kind.name, found, context),
            _ if !is_for_us => {}
            (Group::Signal, true) => return self.on_negotiation(kind.name, found.fields, context),
            (Group::Roster, true) => {
                let participants = found.participants.unwrap_or_else(|| vec![found.fields]);
                self.on_roster(kind.name, &participants, context);
            }
            (Group::Refusal, _) => self.on_refusal(kind.name, &found.fields, context),
            (Group::Other, _) if kind.name == "ping" => self.send_without_payload("pong", context),
            (Group::Entry | Group::Signal | Group::Roster | Group::Other | Group::Sent, _) => {}
        }
        Ok(())
    }
}

impl Protocol for MappedProtocol {
    fn profile(&self) -> Profile {
        self.mapping.profile
    }

    fn url(&self, url: &str) -> String {
        [url, &self.path].concat()
    }

    fn on_connected(&mut self, id: Option<&str>, context: &mut Context) {
        id.unwrap_or(&self.generated_id).clone_into(&mut self.me);
        self.last_message_at = Some(context.now);
        self.welcomed = !self.mapping.receives("welcome");
        self.send_without_payload("hello", context);
        self.schedule_keep_alive(context);
    }

    fn join(&mut self, request: &JoinRequest, context: &mut Context) {
        self.request = request.clone();
        self.joining = true;
        self.schedule_keep_alive(context);
        self.try_join(context);
    }

    fn on_message(&mut self, message: &Message, context: &mut Context) -> Result<(), Malformed> {
        self.last_message_at = Some(context.now);
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
                    if self.on_kind(kind, found, context).is_ok() {
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
        let extension = context.extension_beside(to, true);
        self.send(&kinds, to, (&description.into(), &extension), context);
    }

    fn send_candidate(&mut self, to: &str, candidate: Option<&IceCandidate>, context: &mut Context) {
        match candidate {
            Some(candidate) => {
                let extension = context.extension_beside(to, false);
                self.send(&["candidate", "signal"], to, (&candidate.into(), &extension), context);
            }
            None => self.send(&["end"], to, (&Json::Null, &Json::Null), context),
        }
    }

    fn send_extension(&mut self, to: &str, x: Json, context: &mut Context) {
        self.send(&[EXTENSION], to, (&Json::Null, &x), context);
    }

    fn leave(&mut self, context: &mut Context) {
        self.send_without_payload("leave", context);
        self.enter_private_room();
    }

    fn on_timer(&mut self, context: &mut Context) {
        let silent = |at| at + 2 * self.mapping.keep_alive <= context.now;
        if self.mapping.receives("pong") && self.last_message_at.is_some_and(silent) {
            return context.reconnect();
        }
        self.send_without_payload("keepAlive", context);
        self.schedule_keep_alive(context);
    }

    fn on_disconnected(&mut self) {
        self.joining = false;
    }
}
