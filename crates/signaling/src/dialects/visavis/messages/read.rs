//! Messages from frames. Every field is checked and cut to its limit here, so nobody after it has to.

use super::{
    ClientMessage, IceServerList, Join, LeaveReason, Participant, ServerMessage, SessionClaim, VERSION,
    Welcome,
};
use crate::json::{self, Json, JsonError, Object};
use crate::limits::{
    MAX_EARLY_OFFER_BYTES, MAX_ERROR_CHARS, MAX_ICE_SERVERS, MAX_ID_BYTES, MAX_IDENTITY_BYTES,
    MAX_JOIN_OFFERS, MAX_NAME_CHARS, MAX_PARTICIPANTS, MAX_ROOM_CHARS, MAX_SESSION_BYTES, MIN_IDENTITY_BYTES,
};
use crate::offers::{Deposit, GivenOffer, JoinOffer};
use crate::signal::{IceCandidate, ParticipantId, SdpType, SessionDescription};
use crate::{normalize, text};

/// Bytes that a text of `chars` characters may take before it is cleaned and cut.
const fn bytes_for(chars: usize) -> usize {
    chars * 16
}

impl ClientMessage {
    /// Reads a text frame that a client sent.
    ///
    /// # Errors
    /// If it is not a message of this protocol; the error names the field.
    pub fn decode(frame: &str) -> Result<Self, JsonError> {
        let value = json::parse(frame)?;
        let fields = Object::root(&value)?;
        match fields.text("type", 64)? {
            "join" => read_join(&fields).map(Self::Join),
            "description" => {
                let (to, epoch, description) = read_description(&fields, "to")?;
                Ok(Self::Description { to, epoch, description })
            }
            "candidate" => {
                let (to, epoch, candidate) = read_candidate(&fields, "to")?;
                Ok(Self::Candidate { to, epoch, candidate })
            }
            "media" => Ok(Self::Media { media: normalize::media_of(&fields)? }),
            "deposit" => read_deposit(&fields).map(Self::Deposit),
            "leave" => Ok(Self::Leave),
            "check" => Ok(Self::Preflight),
            "pong" => Ok(Self::Pong { received: fields.optional_u32("heard")? }),
            _ => Err(fields.error("type", "is not a message that clients send")),
        }
    }
}

impl ServerMessage {
    /// Reads a text frame that a server sent. `None` for a type that only later versions know: it is to be ignored.
    ///
    /// # Errors
    /// If it is not a message of this protocol; the error names the field.
    pub fn decode(frame: &str) -> Result<Option<Self>, JsonError> {
        let value = json::parse(frame)?;
        let fields = Object::root(&value)?;
        Ok(Some(match fields.text("type", 64)? {
            "joined" => Self::Joined(read_welcome(&fields)?),
            "participant-joined" => {
                let participant = read_participant(&fields.object("participant")?)?;
                let resumed = fields.optional_bool("resumed")?.unwrap_or(false);
                Self::ParticipantJoined { participant, resumed }
            }
            "participant-left" => {
                Self::ParticipantLeft { id: read_id(&fields, "id")?, reason: read_reason(&fields)? }
            }
            "description" => {
                let (from, epoch, description) = read_description(&fields, "from")?;
                let exchanged = fields.optional_u32("exchanged")?;
                Self::Description { from, epoch, description, exchanged }
            }
            "candidate" => {
                let (from, epoch, candidate) = read_candidate(&fields, "from")?;
                Self::Candidate { from, epoch, candidate }
            }
            "media" => Self::Media { from: read_id(&fields, "from")?, media: normalize::media_of(&fields)? },
            "ice-servers" => Self::IceServers {
                list: read_ice_servers(&fields)?,
                accepts_offers: fields.optional_bool("offers")?.unwrap_or(false),
            },
            "error" => read_error(&fields)?,
            "ping" => Self::Ping { received: fields.optional_u32("heard")? },
            _ => return Ok(None),
        }))
    }
}

fn read_join(fields: &Object<'_>) -> Result<Join, JsonError> {
    let version = fields.optional_u32("version")?.ok_or_else(|| fields.error("version", "is missing"))?;
    let room = text::clean(fields.text("room", bytes_for(MAX_ROOM_CHARS))?, MAX_ROOM_CHARS);
    if room.is_empty() {
        return Err(fields.error("room", "is empty"));
    }
    let identity = fields.text("identity", MAX_IDENTITY_BYTES)?;
    if identity.len() < MIN_IDENTITY_BYTES {
        return Err(fields.error("identity", "is too short"));
    }
    let name = fields.optional_text("name", bytes_for(MAX_NAME_CHARS))?.unwrap_or_default();
    Ok(Join {
        version,
        room,
        name: text::clean(name, MAX_NAME_CHARS),
        identity: identity.to_owned(),
        media: normalize::media_of(fields)?,
        session: fields.optional_object("session")?.map(|claim| read_claim(&claim)).transpose()?,
        offers: json::read_each(fields, "offers", MAX_JOIN_OFFERS, read_join_offer)?,
    })
}

fn read_join_offer(fields: &Object<'_>) -> Result<JoinOffer, JsonError> {
    let epoch = fields.optional_u32("generation")?.unwrap_or(0);
    let exchange = fields.optional_bool("exchange")?.unwrap_or(true);
    Ok(JoinOffer { epoch, offer: read_early_offer(fields, "description")?, exchange })
}

fn read_deposit(fields: &Object<'_>) -> Result<Deposit, JsonError> {
    let number = fields.optional_u32("number")?.unwrap_or(0);
    Ok(Deposit { number, offer: read_early_offer(fields, "description")? })
}

fn read_given_offer(fields: &Object<'_>) -> Result<GivenOffer, JsonError> {
    let exchanged = fields.get("exchanged").is_some_and(|value| *value != Json::Null);
    Ok(GivenOffer {
        to: read_id(fields, "to")?,
        index: fields.optional_u32("offer")?.unwrap_or(0),
        exchanged_for: exchanged.then(|| read_early_offer(fields, "exchanged")).transpose()?,
    })
}

/// An offer that is made before it is known whom it is for.
fn read_early_offer(fields: &Object<'_>, key: &str) -> Result<SessionDescription, JsonError> {
    let offer = normalize::description(&fields.object(key)?)?;
    match offer.sdp_type {
        SdpType::Offer if offer.sdp.len() <= MAX_EARLY_OFFER_BYTES => Ok(offer),
        SdpType::Offer => Err(fields.error(key, "is too long")),
        SdpType::Answer => Err(fields.error(key, "is no offer")),
    }
}

fn read_claim(fields: &Object<'_>) -> Result<SessionClaim, JsonError> {
    Ok(SessionClaim {
        id: fields.text("id", MAX_SESSION_BYTES)?.to_owned(),
        received: fields.optional_u32("heard")?,
        backlog_start: fields.optional_u32("forgot")?.unwrap_or(0),
        attempt: fields.optional_u32("attempt")?.unwrap_or(0),
    })
}

/// Without a number nothing can be taken up.
fn read_resumed(fields: &Object<'_>) -> Result<Option<u32>, JsonError> {
    let resumed = fields.optional_bool("resumed")?.unwrap_or(false);
    Ok(fields.optional_u32("heard")?.filter(|_| resumed))
}

fn read_welcome(fields: &Object<'_>) -> Result<Welcome, JsonError> {
    Ok(Welcome {
        version: fields.optional_u32("version")?.unwrap_or(VERSION),
        id: read_id(fields, "id")?,
        room: text::clean(fields.text("room", bytes_for(MAX_ROOM_CHARS))?, MAX_ROOM_CHARS),
        capacity: fields.optional_u32("capacity")?.unwrap_or(0),
        heartbeat: fields.optional_u32("heartbeat")?.unwrap_or(0),
        participants: json::read_each(fields, "participants", MAX_PARTICIPANTS, read_participant)?,
        ice_servers: fields.optional_object("iceServers")?.map(|list| read_ice_servers(&list)).transpose()?,
        resumed: read_resumed(fields)?,
        accepts_offers: fields.optional_bool("offers")?.unwrap_or(false),
        given_offers: json::read_each(fields, "given", MAX_JOIN_OFFERS, read_given_offer)?,
    })
}

fn read_participant(fields: &Object<'_>) -> Result<Participant, JsonError> {
    let name = fields.optional_text("name", bytes_for(MAX_NAME_CHARS))?.unwrap_or_default();
    Ok(Participant {
        id: read_id(fields, "id")?,
        name: text::clean(name, MAX_NAME_CHARS),
        media: normalize::media_of(fields)?,
        session: fields.optional_text("session", MAX_SESSION_BYTES)?.map(str::to_owned),
    })
}

fn read_id(fields: &Object<'_>, key: &str) -> Result<ParticipantId, JsonError> {
    ParticipantId::new(fields.text(key, MAX_ID_BYTES)?).ok_or_else(|| fields.error(key, "is empty"))
}

fn read_reason(fields: &Object<'_>) -> Result<LeaveReason, JsonError> {
    Ok(match fields.optional_text("reason", 64)? {
        Some("left") => LeaveReason::Left,
        // A reason of a later version is the careful one: the tile stays while it plays.
        _ => LeaveReason::Gone,
    })
}

type Directed<T> = (ParticipantId, u32, T);

fn read_description(fields: &Object<'_>, key: &str) -> Result<Directed<SessionDescription>, JsonError> {
    let epoch = fields.optional_u32("generation")?.unwrap_or(0);
    Ok((read_id(fields, key)?, epoch, normalize::description(&fields.object("description")?)?))
}

fn read_candidate(fields: &Object<'_>, key: &str) -> Result<Directed<Option<IceCandidate>>, JsonError> {
    let epoch = fields.optional_u32("generation")?.unwrap_or(0);
    let candidate = normalize::candidate(fields.get("candidate"), fields.path_of("candidate"))?;
    Ok((read_id(fields, key)?, epoch, candidate))
}

fn read_error(fields: &Object<'_>) -> Result<ServerMessage, JsonError> {
    Ok(ServerMessage::Error {
        code: fields.text("code", 64)?.to_owned(),
        text: text::clean(
            fields.optional_text("text", bytes_for(MAX_ERROR_CHARS))?.unwrap_or_default(),
            MAX_ERROR_CHARS,
        ),
        closes: fields.optional_bool("closes")?.unwrap_or(false),
    })
}

fn read_ice_servers(fields: &Object<'_>) -> Result<IceServerList, JsonError> {
    Ok(IceServerList {
        servers: json::read_each(fields, "servers", MAX_ICE_SERVERS, normalize::ice_server)?,
        expires_in: fields.optional_u32("expiresIn")?,
    })
}
