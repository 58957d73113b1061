//! Ayame: rooms for two, and whoever comes second offers.
//!
//! The server relays three types of messages, whatever else is in them, and closes the connection over any other: so what
//! is only for ours goes with a candidate that says nothing. When one of the two is gone it
//! tells the other `bye` and closes that connection too: waiting for the next means to connect and register again.

use super::{About, BoxedDialect, DialectEntry, Options};
use crate::carrier::Message;
use crate::foreign::{Context, JoinRequest, OTHER, Profile, Protocol, no_candidate};
use crate::json::{Fields, Json, Object, read_each};
use crate::limits::MAX_ICE_SERVERS;
use crate::malformed::Malformed;
use crate::normalize::ice_server;
use crate::rejection::RejectCode;
use crate::signal::{IceCandidate, IceServers, Offerer, SessionDescription};

pub(super) const ENTRY: DialectEntry = DialectEntry { name: "ayame", about, make };

fn about() -> About {
    About {
        title: "Ayame (register, accept, isExistClient)",
        room: "the room id",
        report_allowlist: "accept,reject,full,isExistClient,bye,ping",
    }
}

fn make(options: Options) -> BoxedDialect {
    let (client, _) = options.ids();
    options.with_raw_frames(Ayame { client })
}

struct Ayame {
    client: String,
}

fn accepted(fields: &Json, context: &mut Context) -> Result<(), Malformed> {
    let servers = read_each(&Object::root(fields)?, "iceServers", MAX_ICE_SERVERS, ice_server)?;
    let ice_servers = (!servers.is_empty()).then_some(IceServers { servers, expires_in: None });
    context.joined_with(None, ice_servers);
    if *fields.at("isExistClient") == Json::Bool(true) {
        context.participant_joined(OTHER, Offerer::Us);
    }
    Ok(())
}

fn on_relayed(kind: &str, fields: &Json, context: &mut Context) -> Result<(), Malformed> {
    match kind {
        _ if !context.on_extension(OTHER, fields.at("x")) => {}
        "offer" | "answer" => context.on_description(OTHER, fields, None)?,
        "candidate" => context.on_candidate(OTHER, fields),
        _ => {}
    }
    Ok(())
}

impl Protocol for Ayame {
    fn profile(&self) -> Profile {
        Profile { capacity: 2, announces_leave: true, ..Profile::default() }
    }

    fn join(&mut self, request: &JoinRequest, context: &mut Context) {
        let mut fields = Fields::of_type("register");
        fields.text("roomId", &request.room);
        fields.text("clientId", &self.client);
        context.send(fields);
    }

    fn on_message(&mut self, message: &Message, context: &mut Context) -> Result<(), Malformed> {
        let fields = message.arg(0);
        match fields.at("type").short() {
            "ping" => context.send(Fields::of_type("pong")),
            "accept" => accepted(fields, context)?,
            "reject" => match fields.at("reason").short() {
                "full" => context.reject(RejectCode::RoomFull, "", true),
                reason => context.reject(RejectCode::Unauthorised, reason, true),
            },
            _ if !context.is_joined() => {}
            "bye" => context.participant_left(OTHER),
            kind => return on_relayed(kind, fields, context),
        }
        Ok(())
    }

    fn send_description(&mut self, to: &str, description: &SessionDescription, context: &mut Context) {
        context.send(Json::from(description).with("x", context.extension_beside(to, true)));
    }

    fn send_candidate(&mut self, to: &str, candidate: Option<&IceCandidate>, context: &mut Context) {
        if let Some(candidate) = candidate {
            relay_candidate(candidate.into(), context.extension_beside(to, false), context);
        }
    }

    fn send_extension(&mut self, _to: &str, x: Json, context: &mut Context) {
        relay_candidate(no_candidate(), x, context);
    }
}

fn relay_candidate(candidate: Json, x: Json, context: &mut Context) {
    let mut fields = Fields::of_type("candidate");
    fields.put("ice", candidate);
    fields.put("x", x);
    context.send(fields);
}
