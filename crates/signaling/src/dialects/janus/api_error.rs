//! Errors of the Janus API and of the VideoRoom plugin, in our own codes.

use crate::limits::MAX_ERROR_CHARS;
use crate::rejection::{RejectCode, Rejection};
use crate::text::clean;

/// What the server says about a request that came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    /// A code of the Janus API (403 to 490, "Responses" of its documentation) or of the plugin (421 to 499).
    pub(super) code: u32,
    /// In the server's words.
    pub(super) reason: String,
}

/// The session is unknown: it has timed out, or the server has been started anew.
pub(super) const SESSION_NOT_FOUND: u32 = 458;
/// The handle is unknown.
pub(super) const HANDLE_NOT_FOUND: u32 = 459;
/// There is no such room.
pub(super) const NO_SUCH_ROOM: u32 = 426;
/// There is such a room already.
pub(super) const ROOM_EXISTS: u32 = 427;
/// A field is missing: of `join`, the PIN of a room that has one.
pub(super) const MISSING_ELEMENT: u32 = 429;
/// A field is of another type: of the room's name, a number instead of a text or the other way round.
pub(super) const INVALID_ELEMENT: u32 = 430;
/// The room has as many publishers as it takes.
pub(super) const PUBLISHERS_FULL: u32 = 432;
/// Somebody has this id already.
pub(super) const ID_EXISTS: u32 = 436;

impl ApiError {
    /// What it means to a person. Codes of the API and of the plugin do not overlap.
    pub(super) fn reject_code(&self) -> RejectCode {
        match self.code {
            // Unauthorized, of this plugin, or without a token that the server knows; by the room: its PIN or its list.
            403 | 405 | 470 | 433 => RejectCode::Unauthorised,
            // The request, as the API or as the plugin sees it; `jsep` included.
            421..=423
            | 429
            | INVALID_ELEMENT
            | 431
            | 434
            | 435
            | 437
            | 438
            | 452..=457
            | 464..=467
            | 469
            | 471 => RejectCode::BadRequest,
            424 => RejectCode::NotJoined,
            425 => RejectCode::AlreadyJoined,
            428 => RejectCode::UnknownParticipant,
            PUBLISHERS_FULL => RejectCode::RoomFull,
            // The plugin is not there.
            460 => RejectCode::UnsupportedVersion,
            // Not accepting new sessions.
            472 => RejectCode::ServerFull,
            SESSION_NOT_FOUND | HANDLE_NOT_FOUND => RejectCode::NotJoined,
            _ => RejectCode::Unknown,
        }
    }

    /// The refusal that a person is told of.
    pub(super) fn rejection(&self) -> Rejection {
        Rejection { code: self.reject_code(), text: clean(&self.reason, MAX_ERROR_CHARS), closes: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_what_a_person_can_do() {
        let code = |code| ApiError { code, reason: String::new() }.reject_code();
        assert_eq!(code(433), RejectCode::Unauthorised);
        assert_eq!(code(403), RejectCode::Unauthorised);
        assert_eq!(code(432), RejectCode::RoomFull);
        assert_eq!(code(472), RejectCode::ServerFull);
        assert_eq!(code(499), RejectCode::Unknown);
        assert_eq!(code(0), RejectCode::Unknown);
    }
}
