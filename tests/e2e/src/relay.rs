//! A relay between pages and the server that handles their frames as a bad network and a worse server would.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt, Stream, StreamExt};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{accept_async, connect_async};

use crate::bundle::Bundle;
use crate::server::Server;

/// Which way a frame goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the page to the server.
    ToServer,
    /// From the server to the page.
    ToPage,
}

/// A frame on its way.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Which socket, counted from zero.
    pub socket: usize,
    /// Which way.
    pub direction: Direction,
    /// Its text.
    pub text: String,
}

impl Frame {
    /// The `type` of its message.
    pub fn kind(&self) -> String {
        self.field(&["type"])
    }

    /// A text inside its message; empty if there is none.
    pub fn field(&self, path: &[&str]) -> String {
        let message: Value = serde_json::from_str(&self.text).unwrap_or_default();
        path.iter().fold(&message, |value, key| &value[key]).as_str().unwrap_or_default().to_owned()
    }

    /// Whether it is an offer.
    pub fn is_offer(&self) -> bool {
        self.kind() == "description" && self.field(&["description", "type"]) == "offer"
    }
}

/// When a frame is delivered: once for each delay. No delay at all: never.
pub type Deliveries = Vec<Duration>;

/// At once, and once: what a relay does that changes nothing.
pub fn pass_through(_: &Frame) -> Deliveries {
    vec![Duration::ZERO]
}

type Rule = Box<dyn FnMut(&Frame) -> Deliveries + Send>;
type Sender = UnboundedSender<Message>;

struct Socket {
    down: Sender,
    tasks: Vec<JoinHandle<()>>,
}

struct State {
    rule: Rule,
    delivered: Vec<Frame>,
    sockets: Vec<Socket>,
}

/// A running relay. Dropping it cuts everything.
pub struct Relay {
    port: u16,
    state: Arc<Mutex<State>>,
    listener: JoinHandle<()>,
}

impl Relay {
    /// Starts a relay to the server on that port, under a rule.
    pub async fn start(server: u16, rule: impl FnMut(&Frame) -> Deliveries + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let state =
            Arc::new(Mutex::new(State { rule: Box::new(rule), delivered: Vec::new(), sockets: Vec::new() }));
        let shared = state.clone();
        let listener = tokio::spawn(async move {
            while let Ok((page, _)) = listener.accept().await {
                proxy_socket(page, server, &shared).await;
            }
        });
        Self { port, state, listener }
    }

    /// The address that pages are to use.
    pub fn url(&self) -> String {
        format!("ws://127.0.0.1:{}/ws", self.port)
    }

    /// How many sockets pages have opened so far.
    pub fn sockets(&self) -> usize {
        self.state.lock().expect("not poisoned").sockets.len()
    }

    /// Every frame that was delivered so far, in the order of delivery.
    pub fn delivered(&self) -> Vec<Frame> {
        self.state.lock().expect("not poisoned").delivered.clone()
    }

    /// How many frames of this type were delivered, both ways.
    pub fn count(&self, kind: &str) -> usize {
        self.delivered().iter().filter(|frame| frame.kind() == kind).count()
    }

    /// Delivers a frame once more, to the page whose socket it came down.
    pub fn replay(&self, frame: &Frame) {
        assert_eq!(frame.direction, Direction::ToPage, "only pages are lied to");
        deliver_to_page(&self.state, frame.clone());
    }

    /// Cuts every connection, as a router that is switched off; new ones are welcome.
    pub fn cut(&self) {
        for socket in &mut self.state.lock().expect("not poisoned").sockets {
            socket.tasks.drain(..).for_each(|task| task.abort());
            // The last sender of a pipe ends its writer, and with it the connection.
            socket.down = unbounded_channel().0;
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.listener.abort();
        self.cut();
    }
}

/// Joins one page's socket to one of the server's.
async fn proxy_socket(page: TcpStream, server: u16, state: &Arc<Mutex<State>>) {
    let Ok(page) = accept_async(page).await else { return };
    let Ok((server, _)) = connect_async(format!("ws://127.0.0.1:{server}/ws")).await else { return };
    let (to_page, from_page) = page.split();
    let (to_server, from_server) = server.split();
    let (down, down_queue) = unbounded_channel();
    let (up, up_queue) = unbounded_channel();
    let mut shared = state.lock().expect("not poisoned");
    let socket = shared.sockets.len();
    let tasks = vec![
        tokio::spawn(write(down_queue, to_page)),
        tokio::spawn(write(up_queue, to_server)),
        tokio::spawn(read(from_page, state.clone(), (socket, Direction::ToServer), up)),
        tokio::spawn(read(from_server, state.clone(), (socket, Direction::ToPage), down.clone())),
    ];
    shared.sockets.push(Socket { down, tasks });
}

async fn write<S>(mut queue: UnboundedReceiver<Message>, mut sink: S)
where
    S: SinkExt<Message> + Unpin,
{
    while let Some(message) = queue.recv().await {
        if sink.send(message).await.is_err() {
            return;
        }
    }
    let _ = sink.close().await;
}

async fn read(
    mut stream: impl Stream<Item = Result<Message, Error>> + Unpin,
    state: Arc<Mutex<State>>,
    (socket, direction): (usize, Direction),
    sender: Sender,
) {
    while let Some(Ok(message)) = stream.next().await {
        match message {
            Message::Text(text) => {
                route(&state, &Frame { socket, direction, text: text.as_str().to_owned() }, &sender);
            }
            Message::Close(_) => break,
            Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
    }
    // One side has gone: the other hears it at once.
    let _ = sender.send(Message::Close(None));
}

fn route(state: &Arc<Mutex<State>>, frame: &Frame, sender: &Sender) {
    let delays = (state.lock().expect("not poisoned").rule)(frame);
    for delay in delays {
        if delay.is_zero() {
            deliver(state, frame.clone(), sender);
            continue;
        }
        let (state, frame, sender) = (state.clone(), frame.clone(), sender.clone());
        tokio::spawn(async move {
            sleep(delay).await;
            deliver(&state, frame, &sender);
        });
    }
}

fn deliver_to_page(state: &Arc<Mutex<State>>, frame: Frame) {
    let sender = state.lock().expect("not poisoned").sockets[frame.socket].down.clone();
    deliver(state, frame, &sender);
}

fn deliver(state: &Arc<Mutex<State>>, frame: Frame, sender: &Sender) {
    if sender.send(Message::text(frame.text.clone())).is_ok() {
        state.lock().expect("not poisoned").delivered.push(frame);
    }
}

/// A server that pages reach through a relay, and the page that is told to.
pub struct RelayedServer {
    /// The relay.
    pub relay: Relay,
    site: Server,
    _bundle: Bundle,
    _server: Server,
}

impl RelayedServer {
    /// Puts a relay before a server, under a rule.
    pub async fn start(server: Server, rule: impl FnMut(&Frame) -> Deliveries + Send + 'static) -> Self {
        let relay = Relay::start(server.port(), rule).await;
        let bundle = Bundle::with_signaling_url(&relay.url());
        Self { site: Server::serving(&bundle).await, relay, _bundle: bundle, _server: server }
    }

    /// Where the page is.
    pub fn url(&self) -> String {
        self.site.url()
    }
}
