//! Which connections should exist, what each begins with, and who yields on them.
//!
//! A participant is in the mesh or behind a selective forwarding unit ([`Offerer::Sfu`](visavis_signaling::Offerer::Sfu)), so that a room can be either, or,
//! while it moves from one to the other, both.

mod mesh;
mod sfu;

use visavis_signaling::{ParticipantId, Remote, SfuDirection, Source};

pub(crate) use self::sfu::Sfu;
use crate::output::Role;
use crate::roster::Roster;
use crate::safety::{MAX_FORWARDED_SECTIONS, MAX_SECTIONS};

/// A connection that should exist.
#[derive(Debug)]
pub(crate) struct ConnectionSpec {
    /// Its far end.
    pub(crate) remote: Remote,
    /// What passes on it.
    pub(crate) plan: ConnectionPlan,
    /// Which one, if the far end numbers them; else we do.
    pub(crate) epoch: Option<u32>,
    /// Nobody knows whether there is another end.
    pub(crate) assumed: bool,
}

/// What passes on a connection, and who offers first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConnectionPlan {
    /// We offer our sources, take theirs in the same sections, and have a data channel if they are a Visavis page.
    MeshOfferer,
    /// The same, in the sections that they offer.
    MeshAnswerer,
    /// What a selective forwarding unit wants of us, or has for us.
    Sfu {
        /// Which media, and who offers.
        direction: SfuDirection,
        /// Whether our camera is sent in layers.
        simulcast: bool,
    },
}

impl ConnectionPlan {
    /// How its peer connection begins.
    pub(crate) fn role(self) -> Role {
        match self {
            Self::MeshOfferer => Role::Offerer,
            Self::MeshAnswerer | Self::Sfu { direction: SfuDirection::Subscribe, .. } => Role::Answerer,
            Self::Sfu { direction: SfuDirection::Publish(_) | SfuDirection::Both { .. }, .. } => {
                Role::SfuOfferer
            }
        }
    }

    /// Whether we may offer at all. A browser wants to on any connection: Chromium, for one, when everybody else has left.
    pub(crate) fn may_offer(self) -> bool {
        match self {
            Self::MeshOfferer | Self::MeshAnswerer => true,
            Self::Sfu { direction, .. } => !direction.server_offers(),
        }
    }

    /// Most media sections that a description for it may have.
    pub(crate) fn max_sections(self) -> usize {
        match self {
            Self::MeshOfferer | Self::MeshAnswerer => MAX_SECTIONS,
            Self::Sfu { .. } => MAX_FORWARDED_SECTIONS,
        }
    }

    /// Whether a selective forwarding unit is at the other end.
    pub(crate) fn is_sfu(self) -> bool {
        matches!(self, Self::Sfu { .. })
    }

    /// Whether a source of ours is to be sent on it in layers.
    pub(crate) fn simulcasts(self, source: Source) -> bool {
        matches!(self, Self::Sfu { simulcast: true, .. }) && source == Source::Camera
    }

    /// Whether a source of ours may be sent on it.
    pub(crate) fn sends(self, source: Source) -> bool {
        match self {
            Self::MeshOfferer | Self::MeshAnswerer => true,
            Self::Sfu { direction, .. } => direction.publishes(source),
        }
    }
}

/// Every connection that should exist.
pub(crate) fn connections(roster: &Roster, sfu: &Sfu) -> Vec<ConnectionSpec> {
    mesh::connections(roster).chain(sfu.connections()).collect()
}

/// Whether we yield if both ends offer at once (W3C webrtc-pc section 10.7). Of two participants it is the one whose id sorts
/// lower, which both can tell. On a connection to a server only one end ever offers.
pub(crate) fn is_polite(local: Option<&ParticipantId>, remote: &Remote) -> bool {
    remote.participant().is_some_and(|remote| local < Some(remote))
}
