//! Which connections should exist, and who yields on them.

use visavis_signaling::{Offerer, ParticipantId, Remote};

use crate::roster::{Member, Roster};

/// A connection that should exist.
#[derive(Debug)]
pub(crate) struct ConnectionSpec {
    /// Its far end.
    pub(crate) remote: Remote,
    /// Who makes the first offer.
    pub(crate) offerer: Offerer,
}

/// How the participants of a room are connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Topology {
    /// Everybody with everybody.
    #[default]
    Mesh,
}

impl Topology {
    /// Every connection that should exist.
    pub(crate) fn connections(self, roster: &Roster) -> Vec<ConnectionSpec> {
        match self {
            Self::Mesh => {
                let spec = |member: &Member| ConnectionSpec {
                    remote: Remote::Participant(member.id.clone()),
                    offerer: member.offerer,
                };
                roster.iter().map(spec).collect()
            }
        }
    }
}

/// Whether we yield if both ends offer at once (W3C webrtc-pc section 10.7). Of two participants it is the one whose id sorts
/// lower, which both can tell; a server never yields.
pub(crate) fn is_polite(local: Option<&ParticipantId>, remote: &Remote) -> bool {
    remote.participant().is_none_or(|remote| local < Some(remote))
}
