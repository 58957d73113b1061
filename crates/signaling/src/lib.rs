//! The language of Visavis on the wire.
//!
//! Three layers, all sans-IO (they hold no socket, read no clock and never block):
//!
//! - [`signal`]: neutral signals, what a room hears ([`Inbound`]) and says ([`Outbound`]) whatever the server is;
//! - [`carrier`]: what turns messages into frames and keeps a connection alive, raw text or Socket.IO;
//! - [`dialect`]: the trait that turns what one server says into neutral signals and back;
//! - [`dialects`]: one file per server we speak to, and the one list of them.
//!
//! Everything that arrives from the network passes through [`json`], [`text`] and [`normalize`], which bound sizes
//! ([`limits`]) before anybody else sees a byte.

pub mod carrier;
mod carriers;
pub mod dialect;
pub mod dialects;
mod foreign;
pub mod ice;
pub mod json;
pub mod limits;
mod malformed;
pub mod normalize;
mod offers;
pub mod protobuf;
mod rejection;
pub mod sfu;
pub mod signal;
mod sources;
pub mod text;
pub mod time;
mod track_settings;

pub use dialect::{
    BinaryFrames, Dialect, DialectInput, DialectOutput, Endpoint, Expects, Probe, TokenRequest,
};
pub use dialects::{Mapping, known_as};
pub use offers::{Deposit, EarlyOffers, ExchangedOffer, GivenOffer, JoinOffer};
pub use rejection::{RejectCode, Rejection};
pub use sfu::{
    ChannelPerSender, ForwardedTrack, PublishedSources, SfuConnection, SfuConnectionId, SfuDataChannels,
    SfuDirection, SfuRequest, SfuSignal,
};
pub use signal::{
    IceCandidate, IceServer, IceServers, Inbound, Joined, MediaState, Negotiation, NegotiationMessage,
    Offerer, Outbound, ParticipantId, ParticipantInfo, Remote, RosterSignal, SdpType, ServerSignal,
    SessionDescription,
};
pub use sources::{CONTENT_ATTRIBUTE, MediaKind, Source};
pub use time::Timestamp;
pub use track_settings::{MAX_VIDEO_SIDE, TrackSettings, VideoSettings, VideoSize};
