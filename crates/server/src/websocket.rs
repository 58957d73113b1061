//! The WebSocket of one client: reading, writing, heartbeat and timeouts.

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

use crate::client_registry::{ClientHandle, RegisteredClient};
use crate::config::Config;
use crate::outbound_queue::{OutboundFrame, OutboundReceiver};
use crate::rate_limited_stream::{RateLimitExceeded, RateLimitedStream};

/// How long the client may take to close after the close frame. Closing the socket at once could reset the connection
/// before the last frames have arrived (compare RFC 9112 section 9.6).
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// A WebSocket over an upgraded HTTP connection, with its rate limit.
pub(crate) type WebSocket = WebSocketStream<RateLimitedStream<TokioIo<Upgraded>>>;

/// Serves one client until either side ends the connection.
pub(crate) async fn serve(socket: WebSocket, registered: RegisteredClient, config: Arc<Config>) {
    let RegisteredClient { handle: client, queue, abort } = registered;
    debug!(connection = client.number(), "connected");
    let (sink, stream) = socket.split();
    tokio::select! {
        () = read_and_write(Writer::new(sink, queue, &client, &config), Reader::new(stream, &client, &config)) => {}
        () = abort.aborted() => {}
    }
    debug!(connection = client.number(), "disconnected");
}

async fn read_and_write(mut writer: Writer<'_>, mut reader: Reader<'_>) {
    let mut reading = pin!(reader.run());
    tokio::select! {
        () = &mut reading => {}
        written = writer.run() => if written.is_ok() {
            // Whether the client closes in time or not, the connection ends here.
            let _ = timeout(CLOSE_TIMEOUT, reading).await;
        },
    }
}

struct Writer<'a> {
    client: &'a ClientHandle,
    sink: SplitSink<WebSocket, Message>,
    queue: OutboundReceiver,
    heartbeat: Interval,
    timeout: Duration,
}

/// Nothing more can be written: the client does not accept it in time, or its queue was dropped.
struct WriteFailed;

impl<'a> Writer<'a> {
    fn new(
        sink: SplitSink<WebSocket, Message>,
        queue: OutboundReceiver,
        client: &'a ClientHandle,
        config: &Config,
    ) -> Self {
        let first = tokio::time::Instant::now() + config.heartbeat;
        let mut heartbeat = interval_at(first, config.heartbeat);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { client, sink, queue, heartbeat, timeout: config.limits.write_timeout }
    }

    /// Writes queued frames and pings until the close frame is written.
    async fn run(&mut self) -> Result<(), WriteFailed> {
        loop {
            tokio::select! {
                frame = self.queue.recv() => match frame {
                    Some(OutboundFrame::Text(frame)) => {
                        let bytes = frame.len();
                        self.send(Message::Text(frame)).await?;
                        self.queue.release(bytes);
                    }
                    Some(OutboundFrame::Close) => return self.send(close_frame()).await,
                    None => return Err(WriteFailed),
                },
                _ = self.heartbeat.tick() => self.send(Message::text(self.client.ping_frame())).await?,
            }
        }
    }

    async fn send(&mut self, message: Message) -> Result<(), WriteFailed> {
        match timeout(self.timeout, self.sink.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(WriteFailed),
        }
    }
}

fn close_frame() -> Message {
    Message::Close(Some(CloseFrame { code: CloseCode::Normal, reason: "".into() }))
}

struct Reader<'a> {
    stream: SplitStream<WebSocket>,
    client: &'a ClientHandle,
    idle_timeout: Duration,
}

impl<'a> Reader<'a> {
    fn new(stream: SplitStream<WebSocket>, client: &'a ClientHandle, config: &Config) -> Self {
        Self { stream, client, idle_timeout: config.idle_timeout() }
    }

    /// Reads until the stream ends or fails, or the client has been silent for the idle timeout.
    async fn run(&mut self) {
        loop {
            match timeout(self.idle_timeout, self.stream.next()).await {
                Ok(Some(Ok(message))) => self.on_message(message),
                Ok(Some(Err(error))) => return self.on_read_error(error).await,
                Ok(None) => return,
                Err(_) => return debug!(connection = self.client.number(), "silent for too long"),
            }
        }
    }

    fn on_message(&self, message: Message) {
        match message {
            Message::Text(frame) => self.client.on_text(&frame),
            Message::Binary(_) => {
                self.client.send_error(RejectCode::BadRequest, "Messages are text frames, not binary.");
            }
            // The page goes away. Firefox closes its sockets before the page can send `leave` (seen in 153).
            Message::Close(Some(frame)) if frame.code == CloseCode::Away => self.client.on_going_away(),
            // The library answers both; the end of the stream follows a close.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => {}
        }
    }

    /// Tells the client what it did wrong, if the error is its fault, and gives it [`CLOSE_TIMEOUT`] to read that. Nothing
    /// more is read.
    async fn on_read_error(&self, error: Error) {
        let Some((code, text)) = protocol_error(&error) else {
            return debug!(connection = self.client.number(), %error, "broken");
        };
        self.client.send_error_and_close(code, text);
        tokio::time::sleep(CLOSE_TIMEOUT).await;
    }
}

/// The error to send for a read error; `None` if the connection broke, or broke RFC 6455.
fn protocol_error(error: &Error) -> Option<(RejectCode, &'static str)> {
    let is_rate_limit =
        |error: &io::Error| error.get_ref().is_some_and(|error| error.is::<RateLimitExceeded>());
    if matches!(error, Error::Io(error) if is_rate_limit(error)) {
        Some((RejectCode::RateLimited, "Too many messages in too short a time."))
    } else if matches!(error, Error::Capacity(_)) {
        Some((RejectCode::TooLarge, "The message is too long."))
    } else {
        matches!(error, Error::Utf8(_)).then_some((RejectCode::BadRequest, "The message is not UTF-8."))
    }
}
