//! Offers that the server is given before it is known whom they are for, so that a newcomer waits for one exchange with
//! the server, and not for three.
//!
//! A newcomer's first offers go with `join`, and the server gives each to somebody who is in the room. Whoever is in the room
//! *deposits* an offer for whoever joins next. If the newcomer brings one and a member has deposited one, the server
//! *exchanges* them: each side has an offer of its own and the other's, and makes the other's answer out of that.

use crate::signal::{ParticipantId, SessionDescription};

/// An offer that goes with `join`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinOffer {
    /// Which connection it begins, with whoever gets it ([`Negotiation::epoch`](crate::Negotiation::epoch)).
    pub epoch: u32,
    /// The offer.
    pub offer: SessionDescription,
    /// Whether it may be exchanged for a deposit. If not, whoever gets it answers.
    pub exchange: bool,
}

/// Who has got an offer that went with `join`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenOffer {
    /// Who.
    pub to: ParticipantId,
    /// Which of those that went with `join`, counted from 0.
    pub index: u32,
    /// The offer that they had deposited, if the server has exchanged the two. Without, they answer as usual.
    pub exchanged_for: Option<SessionDescription>,
}

/// An offer that the server may give to whoever joins next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deposit {
    /// What tells it from others of the same participant.
    pub number: u32,
    /// The offer.
    pub offer: SessionDescription,
}

/// A newcomer has got the offer that we had deposited, and this is theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangedOffer {
    /// Who.
    pub from: ParticipantId,
    /// Which connection it begins.
    pub epoch: u32,
    /// Their offer.
    pub offer: SessionDescription,
    /// Which of our deposits they have got: [`Deposit::number`].
    pub deposit: u32,
}

/// Whether a server takes offers with `join`, and deposits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EarlyOffers {
    /// No server of this kind does.
    #[default]
    Unsupported,
    /// Some do, and this one has not said: it does in its answer to [`Outbound::Preflight`](crate::Outbound::Preflight).
    Unknown,
    /// It does.
    Accepted,
    /// It forwards, and takes one offer with `join`, which it answers itself ([`Dialect::first_connection`](crate::Dialect::first_connection)). It takes no
    /// deposits.
    WithJoin,
}
