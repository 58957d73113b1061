//! Carriers turn the messages of a server into text frames and back, and keep the connection alive.
//!
//! Socket.IO is a carrier, not a dialect: a dozen servers that share nothing else speak through it.

pub use crate::carriers::raw::Raw;
pub use crate::carriers::socket_io::SocketIo;
use crate::dialect::{Endpoint, Expects, Probe};
use crate::json::Json;
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Name of the event; empty where the carrier has no events.
    pub event: String,
    /// What it says. A carrier without events has exactly one. There may be more than a dialect knows of: servers that
    /// keep history append an offset.
    pub args: Vec<Json>,
}

impl Message {
    /// An event with what it says.
    pub fn event(event: &str, args: Vec<Json>) -> Self {
        Self { event: event.to_owned(), args }
    }

    /// A message of a carrier that has no events.
    pub fn plain(value: impl Into<Json>) -> Self {
        Self { event: String::new(), args: vec![value.into()] }
    }

    /// One of the things it says; nothing if the server left it out.
    pub fn arg(&self, index: usize) -> &Json {
        self.args.get(index).unwrap_or(&Json::Null)
    }
}

/// What goes into a carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CarrierInput {
    /// A new socket is open.
    Opened,
    /// The server sent a text frame.
    Frame(String),
    /// The socket is gone.
    Closed,
    /// The dialect wants to say something. Before [`CarrierOutput::Connected`] it is lost.
    Send(Message),
    /// The moment of [`Carrier::poll_timeout`] has come.
    Timeout,
}

/// What comes out of a carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CarrierOutput {
    /// Send this text frame.
    Frame(String),
    /// Messages can be said now. Holds the id that the server gave to this connection, if it gives any.
    Connected(Option<String>),
    /// The server said something.
    Message(Message),
    /// The server does not let us in, or throws us out.
    Rejected(Rejection),
    /// Something could not be understood or said; it changed nothing.
    Invalid(String),
    /// The server is silent for too long.
    ServerSilent,
}

/// A way to carry messages over a WebSocket. Same shape as [`Dialect`](crate::Dialect): no socket, no clock.
pub trait Carrier {
    /// Where to connect, for the URL that a person configured.
    fn endpoint(&self, url: &str) -> Endpoint;

    /// How to look at the server when the WebSocket cannot be opened.
    fn probe(&self, url: &str) -> Probe {
        Probe { url: self.endpoint(url).url, expects: Expects::Upgrade }
    }

    /// Takes one input and appends what follows from it to `out`.
    fn handle(&mut self, now: Timestamp, input: CarrierInput, out: &mut Vec<CarrierOutput>);

    /// When to call again with [`CarrierInput::Timeout`], if at all.
    fn poll_timeout(&self) -> Option<Timestamp>;
}
