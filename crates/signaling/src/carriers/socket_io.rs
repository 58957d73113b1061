//! Socket.IO over a pure WebSocket: Engine.IO 4 as servers of version 3 and later speak it, and in place the rules of
//! Engine.IO 3 where a server of version 1 or 2 answers.
//!
//! Both let us connect with `EIO=4`. An old server gives itself away by a CONNECT that names no session: from then on we
//! ask for its heartbeat instead of answering, which a new server would take as an attack. No second connection is needed.

mod packet;

use std::time::Duration;

use self::packet::Packet;
use crate::carrier::{Carrier, CarrierInput, CarrierOutput, Message};
use crate::dialect::{Endpoint, Expects, Probe};
use crate::json::{self, Json};
use crate::limits::MAX_ERROR_CHARS;
use crate::malformed::Malformed;
use crate::rejection::{RejectCode, Rejection};
use crate::text;
use crate::time::Timestamp;

/// Most events that may come before the server's CONNECT: it replays what a recovered connection missed.
const MAX_EARLY: usize = 64;
/// Longest frame a server takes unless it tells (`maxHttpBufferSize`); a longer one would close the connection.
const MAX_PAYLOAD: u32 = 1_000_000;

/// The carrier of Socket.IO servers, versions 1 to 4.
#[derive(Debug, Default)]
pub struct SocketIo {
    /// Empty for the root, else as on the wire (`/admin`).
    namespace: String,
    /// What we show when connecting, for servers with a middleware that asks for it.
    auth: Option<Json>,
    session: Option<Session>,
}

/// One connection.
#[derive(Debug)]
struct Session {
    /// The id of the transport. Old servers use it for the connection too.
    engine_id: String,
    interval: Duration,
    /// Silence after which the server is taken for dead.
    silence_timeout: Duration,
    max_payload: usize,
    last_message_at: Timestamp,
    /// When an old server expects to be asked for its heartbeat; `None` for new ones, who ask us.
    ask_at: Option<Timestamp>,
    up: bool,
    early: Vec<Message>,
}

impl SocketIo {
    /// For a server behind a namespace (`/admin`; empty for the root) or a middleware that wants to see `auth`.
    pub fn new(namespace: &str, auth: Option<Json>) -> Self {
        let namespace = if namespace == "/" { "" } else { namespace };
        Self { namespace: namespace.to_owned(), auth, session: None }
    }

    fn frame(&mut self, now: Timestamp, frame: &str, out: &mut Vec<CarrierOutput>) -> Result<(), Malformed> {
        if let Some(session) = &mut self.session {
            session.last_message_at = now;
        }
        let mut chars = frame.chars();
        match chars.next() {
            Some('0') if self.session.is_none() => self.handshake(now, chars.as_str(), out),
            Some('2') => {
                out.push(CarrierOutput::Frame(["3", chars.as_str()].concat()));
                Ok(())
            }
            Some('4') => match Packet::read(chars.as_str())? {
                Some(packet) => self.packet(now, &packet, out),
                None => Ok(()),
            },
            // Pongs, upgrades and no-ops say nothing but that the server lives.
            _ => Ok(()),
        }
    }

    fn handshake(
        &mut self,
        now: Timestamp,
        text: &str,
        out: &mut Vec<CarrierOutput>,
    ) -> Result<(), Malformed> {
        let fields = json::parse(text)?;
        let id = fields.at("sid").short();
        if id.is_empty() {
            return Err(Malformed);
        }
        let number = |key, default| match fields.at(key) {
            Json::Number(digits) => digits.parse().unwrap_or(default),
            Json::Null | Json::Bool(_) | Json::Text(_) | Json::List(_) | Json::Object(_) => default,
        };
        let millis =
            |key, default: u32| Duration::from_millis(number(key, default).clamp(100, 3_600_000).into());
        let interval = millis("pingInterval", 25_000);
        self.session = Some(Session {
            engine_id: id.to_owned(),
            interval,
            silence_timeout: interval + millis("pingTimeout", 20_000),
            max_payload: number("maxPayload", MAX_PAYLOAD) as usize,
            last_message_at: now,
            ask_at: None,
            up: false,
            early: Vec::new(),
        });
        let auth = self.auth.as_ref().map(Json::to_string).unwrap_or_default();
        out.push(CarrierOutput::Frame(packet::write('0', &self.namespace, &auth)));
        Ok(())
    }

    fn packet(
        &mut self,
        now: Timestamp,
        packet: &Packet<'_>,
        out: &mut Vec<CarrierOutput>,
    ) -> Result<(), Malformed> {
        let Some(session) = &mut self.session else { return Ok(()) };
        let in_namespace = packet.namespace == self.namespace;
        match packet.kind {
            '0' => {
                let id = packet.session_id();
                if id.is_none() && session.ask_at.is_none() {
                    session.ask_at = Some(now + session.interval);
                }
                if in_namespace && !session.up {
                    let old = || packet::old_id(&self.namespace, &session.engine_id);
                    out.push(CarrierOutput::Connected(Some(id.unwrap_or_else(old))));
                    session.up = true;
                    out.extend(session.early.drain(..).map(CarrierOutput::Message));
                }
            }
            '1' if in_namespace => out.push(disconnected()),
            '2' if in_namespace => {
                if let Some(ack) = packet.ack {
                    out.push(CarrierOutput::Frame(packet::write(
                        '3',
                        &self.namespace,
                        &[ack, "[]"].concat(),
                    )));
                }
                session.event(packet.event()?, out);
            }
            '4' if in_namespace => out.push(CarrierOutput::Rejected(packet.refusal())),
            // Acknowledgements are for what we never ask; binary has no place in signaling.
            _ => {}
        }
        Ok(())
    }

    fn send(&self, message: &Message, out: &mut Vec<CarrierOutput>) {
        let Some(session) = self.session.as_ref().filter(|session| session.up) else { return };
        let frame = packet::write('2', &self.namespace, &packet::event_text(message));
        out.push(if frame.len() > session.max_payload {
            CarrierOutput::Invalid("a message is longer than the server takes".to_owned())
        } else if packet::RESERVED.contains(&message.event.as_str()) {
            CarrierOutput::Invalid("the server would close the connection over this event".to_owned())
        } else {
            CarrierOutput::Frame(frame)
        });
    }

    fn on_timeout(&mut self, now: Timestamp, out: &mut Vec<CarrierOutput>) {
        let Some(session) = &mut self.session else { return };
        if session.last_message_at + session.silence_timeout <= now {
            self.session = None;
            out.push(CarrierOutput::ServerSilent);
        } else if session.ask_at.is_some_and(|at| at <= now) {
            session.ask_at = Some(now + session.interval);
            out.push(CarrierOutput::Frame("2".to_owned()));
        }
    }
}

impl Session {
    fn event(&mut self, message: Message, out: &mut Vec<CarrierOutput>) {
        if self.up {
            out.push(CarrierOutput::Message(message));
        } else if self.early.len() < MAX_EARLY {
            self.early.push(message);
        }
    }
}

fn disconnected() -> CarrierOutput {
    CarrierOutput::Rejected(Rejection { code: RejectCode::Kicked, text: String::new(), closes: true })
}

impl Carrier for SocketIo {
    /// `/socket.io/` unless the URL names a path of its own; what it asks (`?token=x`) is kept.
    fn endpoint(&self, url: &str) -> Endpoint {
        Endpoint::new(packet::url(url, "websocket"))
    }

    fn probe(&self, url: &str) -> Probe {
        Probe { url: packet::url(url, "polling"), expects: Expects::EngineIo }
    }

    fn handle(&mut self, now: Timestamp, input: CarrierInput, out: &mut Vec<CarrierOutput>) {
        match input {
            CarrierInput::Opened | CarrierInput::Closed => self.session = None,
            CarrierInput::Frame(frame) => {
                if self.frame(now, &frame, out).is_err() {
                    out.push(CarrierOutput::Invalid("not a Socket.IO packet".to_owned()));
                }
            }
            CarrierInput::Send(message) => self.send(&message, out),
            CarrierInput::Timeout => self.on_timeout(now, out),
        }
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        let session = self.session.as_ref()?;
        session.ask_at.into_iter().chain([session.last_message_at + session.silence_timeout]).min()
    }
}

impl Packet<'_> {
    fn session_id(&self) -> Option<String> {
        let value = json::parse(self.data).ok()?;
        let id = value.at("sid").short();
        (!id.is_empty()).then(|| id.to_owned())
    }

    /// New servers refuse with an object, old ones with a bare text.
    fn refusal(&self) -> Rejection {
        let value = json::parse_any(self.data).unwrap_or(Json::Null);
        let message = value.at("message").as_text().or(value.as_text());
        let text = text::clean(message.unwrap_or_default(), MAX_ERROR_CHARS);
        let code =
            if text == "Invalid namespace" { RejectCode::BadRequest } else { RejectCode::Unauthorised };
        Rejection { code, text, closes: false }
    }
}

#[cfg(test)]
mod tests;
