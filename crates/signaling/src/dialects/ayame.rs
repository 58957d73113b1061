//! Ayame: rooms for two, and whoever comes second offers.
//!
//! The server relays three types of messages, whatever else is in them, and closes the connection over any other: so what
//! is only for ours goes with a candidate that says nothing. When one of the two is gone it
//! tells the other `bye` and closes that connection too: waiting for the next means to connect and register again.

use super::{Listed, Made, Options};
use crate::carrier::Message;
use crate::foreign::{Desk, Entry, Manners, OTHER, Words, no_candidate};
use crate::json::{Fields, Json, Object, read_each};
use crate::limits::MAX_ICE_SERVERS;
use crate::normalize::ice_server;
use crate::signal::{IceCandidate, IceServers, Offerer, RejectCode, SessionDescription};

pub(super) const LISTED: Listed =
    Listed { name: "ayame", title: "Ayame (register, accept, isExistClient)", room: "the room id", make };

fn make(options: Options) -> Made {
    let (client, _) = options.ids();
    options.over_raw(Ayame { client })
}

struct Ayame {
    client: String,
}

fn accepted(fields: &Json, desk: &mut Desk) -> Option<()> {
    let servers = read_each(&Object::root(fields).ok()?, "iceServers", MAX_ICE_SERVERS, ice_server).ok()?;
    let ice_servers = (!servers.is_empty()).then_some(IceServers { servers, expires_in: None });
    desk.joined_with(None, ice_servers);
    if *fields.at("isExistClient") == Json::Bool(true) {
        desk.enter(OTHER, Offerer::Us);
    }
    Some(())
}

fn hear_relayed(kind: &str, fields: &Json, desk: &mut Desk) -> Option<()> {
    match kind {
        _ if !desk.meet(OTHER, fields.at("x")) => {}
        "offer" | "answer" => desk.description(OTHER, fields, None)?,
        "candidate" => desk.candidate(OTHER, fields),
        _ => {}
    }
    Some(())
}

impl Words for Ayame {
    fn manners(&self) -> Manners {
        Manners { capacity: 2, tells_leave: true, ..Manners::default() }
    }

    fn join(&mut self, entry: &Entry, desk: &mut Desk) {
        let mut fields = Fields::of_type("register");
        fields.text("roomId", &entry.room);
        fields.text("clientId", &self.client);
        desk.say(fields);
    }

    fn hear(&mut self, message: &Message, desk: &mut Desk) -> Option<()> {
        let fields = message.arg(0);
        match fields.at("type").short() {
            "ping" => desk.say(Fields::of_type("pong")),
            "accept" => accepted(fields, desk)?,
            "reject" => match fields.at("reason").short() {
                "full" => desk.reject(RejectCode::RoomFull, "The room is full.", true),
                reason => desk.reject(RejectCode::Unauthorised, reason, true),
            },
            _ if !desk.is_in() => {}
            "bye" => desk.left(OTHER),
            kind => return hear_relayed(kind, fields, desk),
        }
        Some(())
    }

    fn describe(&mut self, to: &str, description: &SessionDescription, desk: &mut Desk) {
        desk.say(Json::from(description).with("x", desk.beside(to, true)));
    }

    fn trickle(&mut self, to: &str, candidate: Option<&IceCandidate>, desk: &mut Desk) {
        if let Some(candidate) = candidate {
            say_candidate(candidate.into(), desk.beside(to, false), desk);
        }
    }

    fn aside(&mut self, _to: &str, x: Json, desk: &mut Desk) {
        say_candidate(no_candidate(), x, desk);
    }
}

fn say_candidate(candidate: Json, x: Json, desk: &mut Desk) {
    let mut fields = Fields::of_type("candidate");
    fields.put("ice", candidate);
    fields.put("x", x);
    desk.say(fields);
}
