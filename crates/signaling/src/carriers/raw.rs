//! One JSON value in each text frame, nothing else.

use crate::carrier::{Carrier, CarrierInput, CarrierOutput, Message};
use crate::dialect::Endpoint;
use crate::json;
use crate::time::Timestamp;

/// The carrier of servers that speak plain JSON.
#[derive(Debug, Default)]
pub struct Raw {
    protocol: Option<&'static str>,
    up: bool,
}

impl Raw {
    /// For a server that refuses (or dies of) a connection without this subprotocol.
    pub fn with_protocol(protocol: &'static str) -> Self {
        Self { protocol: Some(protocol), up: false }
    }
}

impl Carrier for Raw {
    fn endpoint(&self, url: &str) -> Endpoint {
        Endpoint { url: url.to_owned(), protocols: self.protocol.map(str::to_owned).into_iter().collect() }
    }

    fn handle(&mut self, _now: Timestamp, input: CarrierInput, out: &mut Vec<CarrierOutput>) {
        match input {
            CarrierInput::Opened => self.up = true,
            CarrierInput::Closed => self.up = false,
            CarrierInput::Frame(_) | CarrierInput::Say(_) | CarrierInput::Timeout => {}
        }
        out.push(match input {
            CarrierInput::Opened => CarrierOutput::Up(None),
            CarrierInput::Frame(frame) => match json::parse_any(&frame) {
                Ok(value) => CarrierOutput::Message(Message::plain(value)),
                Err(error) => CarrierOutput::Misunderstood(error.to_string()),
            },
            CarrierInput::Say(message) if self.up => CarrierOutput::Frame(message.arg(0).to_string()),
            CarrierInput::Say(_) | CarrierInput::Closed | CarrierInput::Timeout => return,
        });
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        None
    }
}
