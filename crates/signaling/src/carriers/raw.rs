//! One message in each text frame: a JSON value, or a plain text.

use crate::carrier::{Carrier, CarrierInput, CarrierOutput, Message};
use crate::dialect::Endpoint;
use crate::json::{self, Json};
use crate::time::Timestamp;

/// The carrier of servers that speak plain JSON.
#[derive(Debug, Default)]
pub struct Raw {
    /// Empty for none.
    protocol: String,
    text: bool,
    up: bool,
}

impl Raw {
    /// For a server that refuses (or dies of) a connection without this subprotocol.
    pub fn with_protocol(protocol: &str) -> Self {
        Self::new(protocol, false)
    }

    /// For a server that wants a subprotocol, unless it is empty, and that sends plain `text` as well: then texts go out
    /// without quotes, and only what starts like an object or a list is read as JSON.
    pub fn new(protocol: &str, text: bool) -> Self {
        Self { protocol: protocol.to_owned(), text, up: false }
    }

    fn on_frame(&self, frame: String) -> CarrierOutput {
        if self.text && !frame.starts_with(['{', '[']) {
            return CarrierOutput::Message(Message::plain(Json::Text(frame)));
        }
        match json::parse_any(&frame) {
            Ok(value) => CarrierOutput::Message(Message::plain(value)),
            Err(error) => CarrierOutput::Invalid(error.to_string()),
        }
    }

    fn send(&self, message: &Message) -> String {
        let value = message.arg(0);
        if self.text { value.plain() } else { value.to_string() }
    }
}

impl Carrier for Raw {
    fn endpoint(&self, url: &str) -> Endpoint {
        let protocols = if self.protocol.is_empty() { Vec::new() } else { vec![self.protocol.clone()] };
        Endpoint { protocols, ..Endpoint::new(url) }
    }

    fn handle(&mut self, _now: Timestamp, input: CarrierInput, out: &mut Vec<CarrierOutput>) {
        match input {
            CarrierInput::Opened => self.up = true,
            CarrierInput::Closed => self.up = false,
            CarrierInput::Frame(_) | CarrierInput::Send(_) | CarrierInput::Timeout => {}
        }
        out.push(match input {
            CarrierInput::Opened => CarrierOutput::Connected(None),
            CarrierInput::Frame(frame) => self.on_frame(frame),
            CarrierInput::Send(message) if self.up => CarrierOutput::Frame(self.send(&message)),
            CarrierInput::Send(_) | CarrierInput::Closed | CarrierInput::Timeout => return,
        });
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        None
    }
}
