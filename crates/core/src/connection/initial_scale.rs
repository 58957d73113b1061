//! The first picture: small, so that it is there soon.
//!
//! A frame of 1280x720 has four times the pixels of one of 640x360 to encode and to send, and of the first one nothing is known
//! of the path, so that it leaves at the pace of a slow one. With a camera of that size, both sides see each other in about
//! 0.6 of the time if the first picture has half the width and height. It is sharp as soon as that is over.

use visavis_signaling::{Source, Timestamp};

use super::Connection;
use crate::encoding::{EncodingParameters, Encodings};
use crate::input::PeerConnectionState;
use crate::output::ConnectionEffect;
use crate::timing::INITIAL_SCALE_DURATION;
use crate::topology::ConnectionPlan;

/// How large our camera's picture is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InitialScale {
    /// As large as it is.
    Full,
    /// Reduced, and nobody is there to see it yet.
    Reduced,
    /// Reduced until then.
    ReducedUntil(Timestamp),
}

/// What makes the first picture of a connection small. From then on its [`VideoAllocation`](super::video_allocation::VideoAllocation)
/// decides, which knows of it.
pub(crate) const REDUCED_INITIAL_SCALE: ConnectionEffect =
    ConnectionEffect::SetParameters(Source::Camera, Encodings::Single(EncodingParameters::REDUCED));

impl InitialScale {
    /// An answerer has no transceiver before there is an offer, and what a selective forwarding unit gets is large from the
    /// beginning.
    pub(super) fn of(plan: ConnectionPlan) -> Self {
        match plan {
            ConnectionPlan::MeshOfferer => Self::Reduced,
            ConnectionPlan::MeshAnswerer | ConnectionPlan::Sfu { .. } => Self::Full,
        }
    }
}

impl Connection {
    /// Once it is connected, the time of the small picture is limited.
    pub(super) fn limit_initial_scale(&mut self, now: Timestamp, state: PeerConnectionState) {
        if state == PeerConnectionState::Connected && self.initial_scale == InitialScale::Reduced {
            self.initial_scale = InitialScale::ReducedUntil(now + INITIAL_SCALE_DURATION);
        }
    }

    /// When the picture is to become larger.
    pub(crate) fn full_scale_due_at(&self) -> Option<Timestamp> {
        match self.initial_scale {
            InitialScale::ReducedUntil(due) => Some(due),
            InitialScale::Full | InitialScale::Reduced => None,
        }
    }

    /// Lets the picture become larger, if it is time.
    pub(crate) fn restore_full_scale(&mut self, now: Timestamp) {
        if self.full_scale_due_at().is_some_and(|due| due <= now) {
            self.initial_scale = InitialScale::Full;
        }
    }
}
