//! Everybody with everybody.

use visavis_signaling::{Offerer, Remote};

use super::{ConnectionPlan, ConnectionSpec};
use crate::roster::{Member, Roster};

/// One connection for each participant who is not behind a selective forwarding unit.
pub(super) fn connections(roster: &Roster) -> impl Iterator<Item = ConnectionSpec> {
    roster.iter().filter_map(|member: &Member| {
        let plan = match member.offerer {
            Offerer::Us | Offerer::Unknown => ConnectionPlan::MeshOfferer,
            Offerer::Them => ConnectionPlan::MeshAnswerer,
            Offerer::Sfu => return None,
        };
        let (remote, assumed) = (Remote::Participant(member.id.clone()), member.offerer == Offerer::Unknown);
        Some(ConnectionSpec { remote, plan, epoch: None, assumed })
    })
}
