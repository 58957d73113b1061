//! Everybody with everybody.

use visavis_signaling::{Offerer, Remote};

use super::{ConnectionPlan, ConnectionSpec};
use crate::roster::{Member, Roster};

/// One connection for each participant who is not behind a selective forwarding unit.
pub(super) fn connections(roster: &Roster) -> impl Iterator<Item = ConnectionSpec> {
    roster.iter().filter(|member| member.offerer != Offerer::ViaSfu).map(|member: &Member| ConnectionSpec {
        remote: Remote::Participant(member.id.clone()),
        plan: ConnectionPlan::Mesh(member.offerer),
        epoch: None,
    })
}
