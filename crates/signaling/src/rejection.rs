//! What a server refuses, and whether trying again can help.

/// Why a server refused something. The text form ([`RejectCode::as_str`]) is stable and part of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectCode {
    /// The message could not be understood.
    BadRequest,
    /// The server speaks another version of the protocol.
    UnsupportedVersion,
    /// Something was sent before joining.
    NotJoined,
    /// A second join on one socket.
    AlreadyJoined,
    /// The room has no place left.
    RoomFull,
    /// The last place in the room is kept for somebody who is lost; before long it is theirs again, or free.
    SeatKept,
    /// The server takes no more rooms or connections at the moment.
    ServerFull,
    /// The addressee is not in the room.
    UnknownParticipant,
    /// A frame or field is over its limit.
    TooLarge,
    /// Too many messages in too short a time.
    RateLimited,
    /// The same identity joined from another socket.
    Replaced,
    /// The server is shutting down.
    ServerClosing,
    /// A token is missing or wrong.
    Unauthorised,
    /// A moderator removed us.
    Kicked,
    /// A code that this version does not know.
    Unknown,
}

impl RejectCode {
    const NAMES: [(Self, &'static str); 15] = [
        (Self::BadRequest, "bad-request"),
        (Self::UnsupportedVersion, "unsupported-version"),
        (Self::NotJoined, "not-joined"),
        (Self::AlreadyJoined, "already-joined"),
        (Self::RoomFull, "room-full"),
        (Self::SeatKept, "seat-kept"),
        (Self::ServerFull, "server-full"),
        (Self::UnknownParticipant, "unknown-participant"),
        (Self::TooLarge, "too-large"),
        (Self::RateLimited, "rate-limited"),
        (Self::Replaced, "replaced"),
        (Self::ServerClosing, "server-closing"),
        (Self::Unauthorised, "unauthorised"),
        (Self::Kicked, "kicked"),
        (Self::Unknown, "unknown"),
    ];

    /// Every code there is.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::NAMES.into_iter().map(|(code, _)| code)
    }

    /// The stable name of the code.
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(code, _)| *code == self).map_or("unknown", |(_, name)| name)
    }

    /// The code of that name; [`RejectCode::Unknown`] for names of later versions.
    pub fn from_name(name: &str) -> Self {
        Self::NAMES.iter().find(|(_, known)| *known == name).map_or(Self::Unknown, |(code, _)| *code)
    }

    /// Whether trying again by itself cannot help: only a person can change something.
    pub fn is_final(self) -> bool {
        match self {
            Self::UnsupportedVersion
            | Self::RoomFull
            | Self::Replaced
            | Self::Unauthorised
            | Self::Kicked
            | Self::AlreadyJoined => true,
            Self::BadRequest
            | Self::NotJoined
            | Self::SeatKept
            | Self::ServerFull
            | Self::UnknownParticipant
            | Self::TooLarge
            | Self::RateLimited
            | Self::ServerClosing
            | Self::Unknown => false,
        }
    }
}

/// The server refused something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// What it refused, in a form for programs.
    pub code: RejectCode,
    /// What the server says about it, cleaned; may be empty.
    pub text: String,
    /// Whether the server closes the connection after this.
    pub closes: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        for (code, name) in RejectCode::NAMES {
            assert_eq!(code.as_str(), name);
            assert_eq!(RejectCode::from_name(name), code);
        }
        assert_eq!(RejectCode::from_name("from-the-future"), RejectCode::Unknown);
    }
}
