//! Which connections should exist.

use visavis_signaling::{Offerer, ParticipantId};

use crate::roster::Roster;

/// A mesh: one connection to everybody in the room.
pub(crate) fn mesh(roster: &Roster) -> impl Iterator<Item = (&ParticipantId, Offerer)> {
    roster.iter().map(|member| (&member.id, member.offerer))
}
