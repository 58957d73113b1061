//! What every dialect is: a state machine between one server's frames and neutral signals.

use crate::signal::{Inbound, Outbound, ParticipantId};
use crate::time::Timestamp;

/// Where to connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// A `ws:` or `wss:` URL.
    pub url: String,
    /// WebSocket subprotocols to ask for (RFC 6455 section 1.9), often none.
    pub protocols: Vec<String>,
}

/// What goes into a dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialectInput {
    /// A new socket is open; whatever the last one had is forgotten.
    Opened,
    /// The server sent a text frame.
    Frame(String),
    /// The socket is gone.
    Closed,
    /// The room wants to say something.
    Send(Outbound),
    /// The moment of [`Dialect::poll_timeout`] has come.
    Timeout,
    /// Somebody has closed the data channel beside our media: see [`Dialect::hangs_up_by_channel`].
    HungUp(ParticipantId),
}

/// What comes out of a dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialectOutput {
    /// Send this text frame.
    Frame(String),
    /// The server said this.
    Signal(Inbound),
    /// A frame could not be understood; it changed nothing. The text says why, for logs.
    Misunderstood(String),
    /// The server is silent for too long: close the socket and connect again.
    Stalled,
    /// The URL has changed: close the socket and connect again at once. Nothing has failed.
    Moved,
}

/// One server's language. Implementations hold no socket and read no clock.
pub trait Dialect {
    /// Where to connect for the next attempt.
    fn endpoint(&self) -> Endpoint;

    /// Takes one input and appends what follows from it to `out`.
    fn handle(&mut self, now: Timestamp, input: DialectInput, out: &mut Vec<DialectOutput>);

    /// When to call again with [`DialectInput::Timeout`], if at all.
    fn poll_timeout(&self) -> Option<Timestamp>;

    /// Whether connections carry a data channel that nothing is ever said on, because clients of this language hang up
    /// by closing it.
    fn hangs_up_by_channel(&self) -> bool {
        false
    }
}
