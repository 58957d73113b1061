//! One client: its socket, and nothing about rooms.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::time::{Interval, MissedTickBehavior, interval_at, timeout};
use tokio_tungstenite::WebSocketStream;
use tracing::debug;
use tungstenite::protocol::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::{Error, Message};
use visavis_signaling::RejectCode;

use crate::config::Config;
use crate::line::{Delivery, Item};
use crate::metered::{Metered, TooFast};
use crate::switchboard::{Place, Ticket};

/// How long the client may take to close after it was told to. Hanging up at once would reset the connection while
/// our last words are still on their way (RFC 9112 section 9.6 has the same trouble).
const LINGER: Duration = Duration::from_secs(1);

/// What frames go through.
pub(crate) type WebSocket = WebSocketStream<Metered<TokioIo<Upgraded>>>;

/// Talks with one client until one side ends it.
pub(crate) async fn serve(socket: WebSocket, place: Place, config: Arc<Config>) {
    let (ticket, delivery, cut) = place;
    debug!(connection = ticket.number(), "connected");
    let (sink, stream) = socket.split();
    tokio::select! {
        () = converse(Writer::new(sink, delivery, &ticket, &config), Reader::new(stream, &ticket, &config)) => {}
        () = cut.wait() => {}
    }
    debug!(connection = ticket.number(), "disconnected");
}

async fn converse(mut writer: Writer<'_>, mut reader: Reader<'_>) {
    let mut reading = pin!(reader.run());
    tokio::select! {
        () = &mut reading => {}
        written = writer.run() => if written.is_ok() {
            // Whether they close or not, this is the end.
            let _ = timeout(LINGER, reading).await;
        },
    }
}

struct Writer<'a> {
    ticket: &'a Ticket,
    sink: SplitSink<WebSocket, Message>,
    delivery: Delivery,
    heartbeat: Interval,
    timeout: Duration,
}

/// The client does not take what we send.
struct Stuck;

impl<'a> Writer<'a> {
    fn new(
        sink: SplitSink<WebSocket, Message>,
        delivery: Delivery,
        ticket: &'a Ticket,
        config: &Config,
    ) -> Self {
        let first = tokio::time::Instant::now() + config.heartbeat;
        let mut heartbeat = interval_at(first, config.heartbeat);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { ticket, sink, delivery, heartbeat, timeout: config.bounds.write_timeout }
    }

    /// Sends what there is to send, until the close frame is sent or the client is stuck.
    async fn run(&mut self) -> Result<(), Stuck> {
        loop {
            tokio::select! {
                item = self.delivery.next() => match item {
                    Some(Item::Frame(frame)) => {
                        let bytes = frame.len();
                        self.send(Message::Text(frame)).await?;
                        self.delivery.sent(bytes);
                    }
                    Some(Item::Close) => return self.send(goodbye()).await,
                    None => return Err(Stuck),
                },
                _ = self.heartbeat.tick() => self.send(Message::text(self.ticket.ping())).await?,
            }
        }
    }

    async fn send(&mut self, message: Message) -> Result<(), Stuck> {
        match timeout(self.timeout, self.sink.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Stuck),
        }
    }
}

fn goodbye() -> Message {
    Message::Close(Some(CloseFrame { code: CloseCode::Normal, reason: "".into() }))
}

struct Reader<'a> {
    stream: SplitStream<WebSocket>,
    ticket: &'a Ticket,
    patience: Duration,
}

impl<'a> Reader<'a> {
    fn new(stream: SplitStream<WebSocket>, ticket: &'a Ticket, config: &Config) -> Self {
        Self { stream, ticket, patience: config.patience() }
    }

    /// Hears the client out, until it hangs up, breaks, falls silent or breaks a rule.
    async fn run(&mut self) {
        loop {
            match timeout(self.patience, self.stream.next()).await {
                Ok(Some(Ok(message))) => self.hear(message),
                Ok(Some(Err(error))) => return self.broken(error).await,
                Ok(None) => return,
                Err(_) => return debug!(connection = self.ticket.number(), "silent for too long"),
            }
        }
    }

    fn hear(&self, message: Message) {
        match message {
            Message::Text(frame) => self.ticket.frame(&frame),
            Message::Binary(_) => {
                self.ticket.refuse(RejectCode::BadRequest, "Messages are text frames, not binary.");
            }
            // A page that goes. Firefox closes its sockets before the page can say goodbye (seen in 153).
            Message::Close(Some(frame)) if frame.code == CloseCode::Away => self.ticket.went_away(),
            // The library answers both; the end of the stream follows a close.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => {}
        }
    }

    /// What the library or the meter refuses; after that nothing more is read. Hanging up waits for [`LINGER`], so that
    /// the client hears why.
    async fn broken(&self, error: Error) {
        let Some((code, text)) = rule_broken(&error) else {
            return debug!(connection = self.ticket.number(), %error, "broken");
        };
        self.ticket.reject(code, text);
        tokio::time::sleep(LINGER).await;
    }
}

/// What the client did wrong, where it is worth a word to it.
fn rule_broken(error: &Error) -> Option<(RejectCode, &'static str)> {
    let too_fast = |error: &io::Error| error.get_ref().is_some_and(|error| error.is::<TooFast>());
    if matches!(error, Error::Io(error) if too_fast(error)) {
        Some((RejectCode::RateLimited, "Too many messages in too short a time."))
    } else if matches!(error, Error::Capacity(_)) {
        Some((RejectCode::TooLarge, "The message is too long."))
    } else {
        matches!(error, Error::Utf8(_)).then_some((RejectCode::BadRequest, "The message is not UTF-8."))
    }
}
