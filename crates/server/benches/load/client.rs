//! One of many clients, and what they measure together.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use tungstenite::Message;
use tungstenite::protocol::WebSocketConfig;
use visavis_hub::participant_id;

pub(crate) type Socket = WebSocketStream<TcpStream>;

/// All times are since then: both ends of a message are in this process.
static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
/// About what Chromium's offer of a voice and a picture weighs.
const SDP_BYTES: usize = 6000;
/// People behind one address, as in a household.
const PER_ADDRESS: usize = 4;
/// Stands before the time in the messages that are measured.
const TIMESTAMP_PREFIX: &str = "sent-at-";

/// What all clients measure.
#[derive(Default)]
pub(crate) struct Latencies {
    pub(crate) sent: AtomicUsize,
    /// The server may hang up now.
    pub(crate) finished: AtomicBool,
    micros: Mutex<Vec<u64>>,
}

impl Latencies {
    pub(crate) fn take(&self) -> Vec<u64> {
        std::mem::take(&mut *self.micros.lock().unwrap())
    }

    /// In one sentence.
    pub(crate) fn report(&self, sent: usize) -> String {
        let mut micros = self.take();
        micros.sort_unstable();
        let at = |share: f64| micros[((micros.len() - 1) as f64 * share) as usize] as f64 / 1000.0;
        let (p50, p99, most) = (at(0.5), at(0.99), at(1.0));
        format!("p50 {p50:.2} ms, p99 {p99:.2} ms, most {most:.1} ms; {} of {sent} arrived", micros.len())
    }
}

/// A client in its room; a task reads and writes for it.
pub(crate) struct Client {
    id: String,
    outbox: mpsc::UnboundedSender<String>,
}

impl Client {
    pub(crate) async fn join(url: &str, room: &str, n: usize, latencies: Arc<Latencies>) -> Self {
        let socket = open(url, room, n).await;
        let (outbox, messages) = mpsc::unbounded_channel();
        tokio::spawn(run(socket, messages, latencies));
        Self { id: id_of(n), outbox }
    }

    /// Sends the time to another, in a description or in a candidate.
    pub(crate) fn send_to(&self, to: &Self, description: bool, latencies: &Latencies) {
        let now = format!("{TIMESTAMP_PREFIX}{:020}", BEGIN.elapsed().as_micros());
        let message = if description { offer(&to.id, &fill(&now)) } else { candidate(&to.id, &now) };
        latencies.sent.fetch_add(1, Ordering::Relaxed);
        self.outbox.send(message).unwrap();
    }
}

fn fill(text: &str) -> String {
    format!("v=0\r\ns={text}\r\na={}\r\n", "x".repeat(SDP_BYTES))
}

pub(crate) fn offer(to: &str, sdp: &str) -> String {
    json!({"type": "description", "to": to, "description": {"type": "offer", "sdp": sdp}}).to_string()
}

fn candidate(to: &str, now: &str) -> String {
    let line = format!("candidate:1 1 udp 2113937151 192.0.2.7 50000 typ host generation 0 ufrag {now}");
    json!({"type": "candidate", "to": to, "candidate": {"candidate": line, "sdpMid": "0"}}).to_string()
}

fn identity(n: usize) -> String {
    format!("{n:032}")
}

pub(crate) fn id_of(n: usize) -> String {
    participant_id(&identity(n)).to_string()
}

/// A connection from the address of this person, one of the sixteen million that this machine has: the server bounds what
/// one address may do.
async fn connect(url: &str, n: usize) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    let [.., high, middle, low] = (n / PER_ADDRESS).to_be_bytes();
    socket.bind(SocketAddr::from(([127, 1 + high, middle, low], 0))).unwrap();
    let server = url.strip_prefix("ws://").and_then(|url| url.strip_suffix("/ws")).unwrap();
    let stream = socket.connect(server.parse().unwrap()).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Connects, joins, and waits for the answer.
pub(crate) async fn open(url: &str, room: &str, n: usize) -> Socket {
    let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(0);
    let (mut socket, _) = client_async_with_config(url, connect(url, n).await, Some(config)).await.unwrap();
    let join =
        json!({"type": "join", "version": 1, "room": room, "identity": identity(n), "session": {"id": "s"}});
    socket.send(Message::text(join.to_string())).await.unwrap();
    let answer = timeout(Duration::from_secs(60), socket.next()).await.unwrap().unwrap().unwrap();
    assert!(answer.to_text().unwrap().starts_with(r#"{"type":"joined""#), "{answer}");
    socket
}

async fn run(mut socket: Socket, mut messages: mpsc::UnboundedReceiver<String>, latencies: Arc<Latencies>) {
    let mut heard = 0;
    loop {
        tokio::select! {
            message = messages.recv() => match message {
                Some(message) => socket.send(Message::text(message)).await.unwrap(),
                None => return,
            },
            message = socket.next() => match message {
                Some(Ok(Message::Text(frame))) => on_frame(&mut socket, &frame, &mut heard, &latencies).await,
                Some(Ok(_)) => {}
                _ if latencies.finished.load(Ordering::Relaxed) => return,
                other => panic!("the server hung up: {other:?}"),
            },
        }
    }
}

async fn on_frame(socket: &mut Socket, frame: &str, heard: &mut u32, latencies: &Latencies) {
    if frame.starts_with(r#"{"type":"ping""#) {
        let pong = json!({"type": "pong", "heard": *heard}).to_string();
        return socket.send(Message::text(pong)).await.unwrap();
    }
    *heard += 1;
    if let Some(at) = frame.find(TIMESTAMP_PREFIX) {
        let now = BEGIN.elapsed().as_micros() as u64;
        let sent: u64 = frame[at + TIMESTAMP_PREFIX.len()..].get(..20).unwrap().parse().unwrap();
        latencies.micros.lock().unwrap().push(now - sent);
    }
}

/// Sends once more, and looks whether the other one was given up meanwhile.
pub(crate) async fn send_until_left(socket: &mut Socket, frame: &str) -> bool {
    socket.send(Message::text(frame)).await.unwrap();
    while let Some(Some(Ok(message))) = socket.next().now_or_never() {
        let Message::Text(text) = message else { continue };
        let value: Value = serde_json::from_str(&text).unwrap();
        match value["type"].as_str() {
            Some("participant-left") => return true,
            Some("error") => panic!("{value}"),
            Some("ping") => socket.send(Message::text(r#"{"type":"pong"}"#)).await.unwrap(),
            Some(_) | None => {}
        }
    }
    false
}
