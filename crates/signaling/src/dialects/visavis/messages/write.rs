//! Frames from messages.

use super::{ClientMessage, IceServerList, Join, LeaveReason, Participant, ServerMessage, Welcome};
use crate::json::{Fields, Json};
use crate::offers::{Deposit, GivenOffer, JoinOffer};
use crate::signal::{IceCandidate, ParticipantId};

impl ClientMessage {
    /// The message as one text frame.
    pub fn encode(&self) -> String {
        self.fields().encode()
    }

    fn fields(&self) -> Fields {
        match self {
            Self::Join(join) => write_join(join),
            Self::Description { to, epoch, description } => {
                directed("description", "to", to, *epoch, description.into())
            }
            Self::Candidate { to, epoch, candidate } => {
                directed("candidate", "to", to, *epoch, write_candidate(candidate.as_ref()))
            }
            Self::Media { media } => {
                let mut fields = Fields::of_type("media");
                fields.put("media", *media);
                fields
            }
            Self::Deposit(Deposit { number, offer }) => {
                let mut fields = Fields::of_type("deposit");
                fields.number("number", *number);
                fields.put("description", offer);
                fields
            }
            Self::Leave => Fields::of_type("leave"),
            Self::Pong { received } => write_heartbeat("pong", *received),
            Self::Preflight => Fields::of_type("check"),
        }
    }
}

impl ServerMessage {
    /// The message as one text frame.
    pub fn encode(&self) -> String {
        self.fields().encode()
    }

    fn fields(&self) -> Fields {
        match self {
            Self::Joined(welcome) => write_welcome(welcome),
            Self::ParticipantJoined { participant, resumed } => {
                let mut fields = Fields::of_type("participant-joined");
                fields.put("participant", participant);
                if *resumed {
                    fields.bool("resumed", true);
                }
                fields
            }
            Self::ParticipantLeft { id, reason } => write_left(id, *reason),
            Self::Description { from, epoch, description, exchanged } => {
                let mut fields = directed("description", "from", from, *epoch, description.into());
                write_number("exchanged", *exchanged, &mut fields);
                fields
            }
            Self::Candidate { from, epoch, candidate } => {
                directed("candidate", "from", from, *epoch, write_candidate(candidate.as_ref()))
            }
            Self::Media { from, media } => {
                let mut fields = Fields::of_type("media");
                fields.text("from", from.as_str());
                fields.put("media", *media);
                fields
            }
            Self::IceServers { list, accepts_offers } => {
                let mut fields = Fields::of_type("ice-servers");
                write_ice_servers(list, &mut fields);
                if *accepts_offers {
                    fields.bool("offers", true);
                }
                fields
            }
            Self::Error { code, text, closes } => write_error(code, text, *closes),
            Self::Ping { received } => write_heartbeat("ping", *received),
        }
    }
}

fn write_join(join: &Join) -> Fields {
    let mut fields = Fields::of_type("join");
    fields.number("version", join.version);
    fields.text("room", &join.room);
    fields.text("name", &join.name);
    fields.text("identity", &join.identity);
    fields.put("media", join.media);
    if let Some(claim) = &join.session {
        let mut session = Fields::default();
        session.text("id", &claim.id);
        write_number("heard", claim.received, &mut session);
        session.number("forgot", claim.backlog_start);
        session.number("attempt", claim.attempt);
        fields.put("session", session);
    }
    if !join.offers.is_empty() {
        fields.put("offers", Json::List(join.offers.iter().map(Json::from).collect()));
    }
    fields
}

fn write_heartbeat(kind: &str, received: Option<u32>) -> Fields {
    let mut fields = Fields::of_type(kind);
    write_number("heard", received, &mut fields);
    fields
}

fn write_number(key: &str, number: Option<u32>, fields: &mut Fields) {
    if let Some(number) = number {
        fields.number(key, number);
    }
}

fn write_welcome(welcome: &Welcome) -> Fields {
    let mut fields = Fields::of_type("joined");
    fields.number("version", welcome.version);
    fields.text("id", welcome.id.as_str());
    fields.text("room", &welcome.room);
    fields.number("capacity", welcome.capacity);
    fields.number("heartbeat", welcome.heartbeat);
    if let Some(received) = welcome.resumed {
        fields.bool("resumed", true);
        fields.number("heard", received);
    }
    fields.put("participants", Json::List(welcome.participants.iter().map(Json::from).collect()));
    if welcome.accepts_offers {
        fields.bool("offers", true);
    }
    if !welcome.given_offers.is_empty() {
        fields.put("given", Json::List(welcome.given_offers.iter().map(Json::from).collect()));
    }
    if let Some(list) = &welcome.ice_servers {
        let mut servers = Fields::default();
        write_ice_servers(list, &mut servers);
        fields.put("iceServers", servers);
    }
    fields
}

fn write_left(id: &ParticipantId, reason: LeaveReason) -> Fields {
    let mut fields = Fields::of_type("participant-left");
    fields.text("id", id.as_str());
    let reason = match reason {
        LeaveReason::Left => "left",
        LeaveReason::Gone => "gone",
    };
    fields.text("reason", reason);
    fields
}

fn write_error(code: &str, text: &str, closes: bool) -> Fields {
    let mut fields = Fields::of_type("error");
    fields.text("code", code);
    fields.text("text", text);
    fields.bool("closes", closes);
    fields
}

/// A description or candidate, which the field of the same name holds.
fn directed(kind: &str, whom: &str, id: &ParticipantId, epoch: u32, payload: Json) -> Fields {
    let mut fields = Fields::of_type(kind);
    fields.text(whom, id.as_str());
    fields.number("generation", epoch);
    fields.put(kind, payload);
    fields
}

fn write_candidate(candidate: Option<&IceCandidate>) -> Json {
    candidate.map_or(Json::Null, Json::from)
}

fn write_ice_servers(list: &IceServerList, fields: &mut Fields) {
    fields.put("servers", Json::List(list.servers.iter().map(Json::from).collect()));
    write_number("expiresIn", list.expires_in, fields);
}

impl From<&JoinOffer> for Json {
    fn from(JoinOffer { epoch, offer, exchange }: &JoinOffer) -> Self {
        let mut fields = Fields::default();
        fields.number("generation", *epoch);
        fields.put("description", offer);
        if !exchange {
            fields.bool("exchange", false);
        }
        fields.into()
    }
}

impl From<&GivenOffer> for Json {
    fn from(GivenOffer { to, index, exchanged_for }: &GivenOffer) -> Self {
        let mut fields = Fields::default();
        fields.text("to", to.as_str());
        fields.number("offer", *index);
        if let Some(offer) = exchanged_for {
            fields.put("exchanged", offer);
        }
        fields.into()
    }
}

impl From<&Participant> for Json {
    fn from(participant: &Participant) -> Self {
        let mut fields = Fields::default();
        fields.text("id", participant.id.as_str());
        fields.text("name", &participant.name);
        fields.put("media", participant.media);
        fields.maybe_text("session", participant.session.as_deref());
        fields.into()
    }
}
