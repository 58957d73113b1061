//! What was received and makes no sense.

use crate::json::JsonError;

/// What was received is not what it should be. It has changed nothing, and whoever received it says what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

impl From<JsonError> for Malformed {
    fn from(_: JsonError) -> Self {
        Self
    }
}
