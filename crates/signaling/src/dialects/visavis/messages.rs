//! Every message of the `visavis` protocol, both ways, as `docs/signaling-protocol.md` describes them.

use serde::Serialize;

use crate::json::{self, JsonError, Object};
use crate::limits::{
    MAX_ERROR_CHARS, MAX_ICE_SERVERS, MAX_ID_BYTES, MAX_IDENTITY_BYTES, MAX_NAME_CHARS, MAX_PARTICIPANTS,
    MAX_ROOM_CHARS, MIN_IDENTITY_BYTES,
};
use crate::signal::{IceCandidate, IceServer, MediaState, ParticipantId, RejectCode, SessionDescription};
use crate::{normalize, text};

/// The version of the protocol that this code speaks.
pub const VERSION: u32 = 1;

/// Bytes that a text of `chars` characters may take before it is cleaned and cut.
const fn bytes_for(chars: usize) -> usize {
    chars * 16
}

/// What a client sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum ClientMessage {
    /// Enter a room.
    Join(Join),
    /// An offer or answer for one participant.
    Description {
        /// For whom.
        to: ParticipantId,
        /// Which connection of the pair.
        generation: u32,
        /// The offer or answer.
        description: SessionDescription,
    },
    /// A candidate for one participant.
    Candidate {
        /// For whom.
        to: ParticipantId,
        /// Which connection of the pair.
        generation: u32,
        /// The candidate; null is the end of candidates.
        candidate: Option<IceCandidate>,
    },
    /// What we send has changed.
    Media {
        /// What we send now.
        media: MediaState,
    },
    /// Leave on purpose.
    Leave,
    /// The answer to `ping`.
    Pong,
}

/// The first message on every socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Join {
    /// Version of the protocol.
    pub version: u32,
    /// Name of the room.
    pub room: String,
    /// Name of the person; may be empty.
    pub name: String,
    /// A secret that only this participant knows. The server derives the public id from it, so whoever shows the same
    /// secret again is the same participant, even to a server that has been restarted.
    pub identity: String,
    /// What they send.
    pub media: MediaState,
}

/// Somebody in the room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Participant {
    /// Who they are.
    pub id: ParticipantId,
    /// What they are called.
    pub name: String,
    /// What they send.
    pub media: MediaState,
}

/// ICE servers with the time their credentials last.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IceServerList {
    /// The servers.
    pub servers: Vec<IceServer>,
    /// Seconds until the credentials expire; absent if they do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u32>,
}

/// The answer to `join`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Welcome {
    /// Version of the protocol.
    pub version: u32,
    /// Who we are.
    pub id: ParticipantId,
    /// The room, as the server cleaned its name.
    pub room: String,
    /// How many people the room takes.
    pub capacity: u32,
    /// Seconds between two `ping`s of the server.
    pub heartbeat: u32,
    /// Everybody else in the room; the newcomer offers to each of them.
    pub participants: Vec<Participant>,
    /// ICE servers to use, if the server has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ice_servers: Option<IceServerList>,
}

/// Why somebody is no longer there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeaveReason {
    /// They left on purpose.
    Left,
    /// Their connection to the server was lost.
    Gone,
}

/// What a server sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum ServerMessage {
    /// The answer to `join`.
    Joined(Welcome),
    /// Somebody joined, or came back with the same id.
    ParticipantJoined {
        /// Who.
        participant: Participant,
    },
    /// Somebody is no longer there.
    ParticipantLeft {
        /// Who.
        id: ParticipantId,
        /// Why.
        reason: LeaveReason,
    },
    /// An offer or answer from one participant.
    Description {
        /// From whom.
        from: ParticipantId,
        /// Which connection of the pair.
        generation: u32,
        /// The offer or answer.
        description: SessionDescription,
    },
    /// A candidate from one participant.
    Candidate {
        /// From whom.
        from: ParticipantId,
        /// Which connection of the pair.
        generation: u32,
        /// The candidate; null is the end of candidates.
        candidate: Option<IceCandidate>,
    },
    /// What somebody sends has changed.
    Media {
        /// Who.
        from: ParticipantId,
        /// What they send now.
        media: MediaState,
    },
    /// New ICE servers or credentials.
    IceServers(IceServerList),
    /// Something was refused.
    Error {
        /// What, for programs.
        code: String,
        /// What, for people.
        text: String,
        /// Whether the server closes the connection after this.
        closes: bool,
    },
    /// A sign of life; answer with `pong`.
    Ping,
}

impl ClientMessage {
    /// The message as one text frame.
    pub fn encode(&self) -> String {
        encode(self)
    }

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
                let (to, generation, description) = read_description(&fields, "to")?;
                Ok(Self::Description { to, generation, description })
            }
            "candidate" => {
                let (to, generation, candidate) = read_candidate(&fields, "to")?;
                Ok(Self::Candidate { to, generation, candidate })
            }
            "media" => Ok(Self::Media { media: read_media(&fields)? }),
            "leave" => Ok(Self::Leave),
            "pong" => Ok(Self::Pong),
            _ => Err(fields.error("type", "is not a message that clients send")),
        }
    }
}

impl ServerMessage {
    /// The message as one text frame.
    pub fn encode(&self) -> String {
        encode(self)
    }

    /// An error frame.
    pub fn error(code: RejectCode, text: impl Into<String>, closes: bool) -> Self {
        Self::Error { code: code.as_str().to_owned(), text: text.into(), closes }
    }

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
                Self::ParticipantJoined { participant: read_participant(&fields.object("participant")?)? }
            }
            "participant-left" => {
                Self::ParticipantLeft { id: read_id(&fields, "id")?, reason: read_reason(&fields)? }
            }
            "description" => {
                let (from, generation, description) = read_description(&fields, "from")?;
                Self::Description { from, generation, description }
            }
            "candidate" => {
                let (from, generation, candidate) = read_candidate(&fields, "from")?;
                Self::Candidate { from, generation, candidate }
            }
            "media" => Self::Media { from: read_id(&fields, "from")?, media: read_media(&fields)? },
            "ice-servers" => Self::IceServers(read_ice_servers(&fields)?),
            "error" => read_error(&fields)?,
            "ping" => Self::Ping,
            _ => return Ok(None),
        }))
    }
}

/// Serialising these types cannot fail: their keys are texts and nothing in them is fallible.
fn encode(message: &impl Serialize) -> String {
    serde_json::to_string(message).unwrap_or_default()
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
        media: read_media(fields)?,
    })
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
    })
}

fn read_participant(fields: &Object<'_>) -> Result<Participant, JsonError> {
    let name = fields.optional_text("name", bytes_for(MAX_NAME_CHARS))?.unwrap_or_default();
    Ok(Participant {
        id: read_id(fields, "id")?,
        name: text::clean(name, MAX_NAME_CHARS),
        media: read_media(fields)?,
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

fn read_media(fields: &Object<'_>) -> Result<MediaState, JsonError> {
    let Some(media) = fields.optional_object("media")? else { return Ok(MediaState::default()) };
    let on = |key| media.optional_bool(key).map(Option::unwrap_or_default);
    Ok(MediaState { microphone: on("microphone")?, camera: on("camera")?, screen: on("screen")? })
}

type Directed<T> = (ParticipantId, u32, T);

fn read_description(fields: &Object<'_>, key: &str) -> Result<Directed<SessionDescription>, JsonError> {
    let generation = fields.optional_u32("generation")?.unwrap_or(0);
    Ok((read_id(fields, key)?, generation, normalize::description(&fields.object("description")?)?))
}

fn read_candidate(fields: &Object<'_>, key: &str) -> Result<Directed<Option<IceCandidate>>, JsonError> {
    let generation = fields.optional_u32("generation")?.unwrap_or(0);
    let candidate = normalize::candidate(fields.get("candidate"), fields.path_of("candidate"))?;
    Ok((read_id(fields, key)?, generation, candidate))
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
