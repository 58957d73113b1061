//! The two ways in, and what goes into the URL of the shorter one.

use super::access::join_request;
use super::publication::Publication;
use crate::signal::{MediaState, SessionDescription};

/// How many peer connections lead to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PeerConnections {
    /// One for both directions.
    Single,
    /// One for each.
    Dual,
}

/// Where a server is joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Path {
    /// At `/rtc/v1`, with one peer connection.
    Single,
    /// That has just failed, perhaps because the server does not have it: this once at `/rtc`, with two.
    DualForNow,
    /// The same, for as long as the page lives.
    Dual,
}

impl Path {
    /// How many peer connections there are then.
    pub(super) fn peer_connections(self) -> PeerConnections {
        match self {
            Self::Single => PeerConnections::Single,
            Self::DualForNow | Self::Dual => PeerConnections::Dual,
        }
    }
}

/// An offer that goes into the URL.
#[derive(Debug)]
pub(super) struct EarlyOffer {
    pub(super) description: SessionDescription,
    /// What we sent when it was made, and so what is said there of our tracks.
    pub(super) media: MediaState,
    /// The request to join with it.
    pub(super) request: String,
}

impl EarlyOffer {
    /// One of which everything is announced.
    pub(super) fn new(description: SessionDescription, media: MediaState) -> Self {
        let request = join_request(None, Some(Publication::default().offer(&description, media)));
        Self { description, media, request }
    }
}
