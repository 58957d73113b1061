//! What every dialect is: a state machine between one server's frames and neutral signals.

use crate::offers::EarlyOffers;
use crate::sfu::{SfuConnection, SfuDataChannels};
use crate::signal::{Inbound, Outbound, ParticipantId};
use crate::time::Timestamp;

/// Where to connect, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// A `ws:` or `wss:` URL.
    pub url: String,
    /// What follows the URL as its query, without the question mark: an access token, for instance. It is neither shown nor
    /// recorded.
    pub query: String,
    /// WebSocket subprotocols to ask for (RFC 6455 section 1.9), often none.
    pub protocols: Vec<String>,
    /// What is to be asked for first. No socket is opened then: the answer is [`DialectInput::TokenResponse`], and
    /// [`Dialect::endpoint`] is asked again.
    pub token_request: Option<TokenRequest>,
    /// What the server's binary frames say as text; `None` if it sends none, and understands none.
    pub binary: Option<BinaryFrames>,
}

impl Endpoint {
    /// A server with text frames.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            query: String::new(),
            protocols: Vec::new(),
            token_request: None,
            binary: None,
        }
    }
}

/// An HTTP request for an access token, with a body of JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// Where; may be relative to the page.
    pub url: String,
    /// The `Authorization` header (RFC 9110 section 11.6.2); none if it is empty.
    pub authorization: String,
    /// The body.
    pub body: String,
}

/// Translates between a server's binary frames and the text that its dialect reads and writes: so everything between the
/// socket and the dialect, the flight recorder among it, has to do with text alone.
#[derive(Debug, Clone, Copy)]
pub struct BinaryFrames {
    /// A frame of the server as text; empty if it is not one.
    pub decode: fn(&[u8]) -> String,
    /// A frame for the server; empty if the text is not one.
    pub encode: fn(&str) -> Vec<u8>,
}

impl PartialEq for BinaryFrames {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::fn_addr_eq(self.decode, other.decode) && std::ptr::fn_addr_eq(self.encode, other.encode)
    }
}

impl Eq for BinaryFrames {}

/// A look at a server over plain HTTP: browsers never say why a WebSocket was not opened, but the answer to this may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// What to ask for: a `ws:` or `wss:` URL, of which `http:` or `https:` is meant.
    pub url: String,
    /// How the right server answers.
    pub expects: Expects,
}

/// How the right server answers a plain question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expects {
    /// It asks for a WebSocket instead: 400 or 426.
    Upgrade,
    /// The handshake of Engine.IO's long polling, or one of its errors in JSON.
    EngineIo,
    /// Any success.
    Success,
}

/// What goes into a dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialectInput {
    /// A new socket is open; whatever the last one had is forgotten.
    Opened,
    /// The server sent a frame: text, or what [`Endpoint::binary`] makes of it.
    Frame(String),
    /// What [`Endpoint::token_request`] was answered.
    TokenResponse {
        /// The status of HTTP; 0 if nobody has answered.
        status: u16,
        /// What was said, cut to [`MAX_TOKEN_RESPONSE_BYTES`](crate::limits::MAX_TOKEN_RESPONSE_BYTES).
        body: String,
    },
    /// The socket is gone.
    Closed,
    /// The room wants to say something.
    Send(Outbound),
    /// The moment of [`Dialect::poll_timeout`] has come.
    Timeout,
    /// Somebody has closed the data channel beside our media: see [`Dialect::uses_hang_up_channel`].
    HangUpChannelClosed(ParticipantId),
    /// A message on a data channel of a connection to a server that forwards: text, or what
    /// [`SfuDataChannels::binary`](crate::SfuDataChannels::binary) makes of it. With or without a socket.
    ChannelMessage(String),
}

/// What comes out of a dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialectOutput {
    /// Send this frame: as text, or as what [`Endpoint::binary`] makes of it.
    Frame(String),
    /// The server said this.
    Signal(Inbound),
    /// A frame could not be understood; it changed nothing. The text says why, for logs.
    Invalid(String),
    /// The server is silent for too long: close the socket and connect again.
    ServerSilent,
    /// The URL has changed: close the socket, if there is one, and connect again at once. Nothing has failed.
    UrlChanged,
}

/// One server's language. Implementations hold no socket and read no clock.
pub trait Dialect {
    /// Where to connect for the next attempt.
    fn endpoint(&self) -> Endpoint;

    /// How to look at the server when the WebSocket cannot be opened, if there is a server.
    fn probe(&self) -> Option<Probe> {
        Some(Probe { url: self.endpoint().url, expects: Expects::Upgrade })
    }

    /// Takes one input and appends what follows from it to `out`.
    fn handle(&mut self, now: Timestamp, input: DialectInput, out: &mut Vec<DialectOutput>);

    /// When to call again with [`DialectInput::Timeout`], if at all.
    fn poll_timeout(&self) -> Option<Timestamp>;

    /// Whether to open the socket is to join, so that it stays closed before. [`Dialect::endpoint`] is asked after
    /// [`Outbound::Join`] then, which comes before [`DialectInput::Opened`], and once more after it.
    fn joins_by_opening(&self) -> bool {
        false
    }

    /// Whether connections carry a data channel that nothing is ever said on, because clients of this language hang up
    /// by closing it.
    fn uses_hang_up_channel(&self) -> bool {
        false
    }

    /// Whether the server takes offers with `join`, and deposits.
    fn early_offers(&self) -> EarlyOffers {
        EarlyOffers::Unsupported
    }

    /// The connection to a server that forwards on which we will make the first offer, once we have joined: so that its offer
    /// can be made before. `None` if that is for a participant, or not known yet.
    fn first_connection(&self) -> Option<SfuConnection> {
        None
    }

    /// The data channels of our connections to a server that forwards, if it carries messages on them. What comes on them is
    /// given to the dialect ([`DialectInput::ChannelMessage`]), and what is to be said it asks for
    /// ([`SfuSignal::SendMessage`](crate::SfuSignal::SendMessage)).
    fn data_channels(&self) -> Option<SfuDataChannels> {
        None
    }

    /// Whether the server carries messages between those whose media it forwards. It may drop what is said to or by somebody
    /// whose connection to it is not up.
    fn carries_peer_messages(&self) -> bool {
        false
    }
}
