//! A server in this process, a client that plays by the rules, and HTTP by hand.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async, connect_async};
use tungstenite::client::IntoClientRequest as _;
use tungstenite::{Error, Message};
use visavis_hub::participant_id;
use visavis_server::{Config, Limits, Server};

/// Nothing here takes this long; it only turns a hang into a failure.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);

/// A free port on this machine.
pub(crate) fn config() -> Config {
    Config { listen: SocketAddr::from(([127, 0, 0, 1], 0)), ..Config::default() }
}

/// The same, with other bounds.
pub(crate) fn with_limits(limits: Limits) -> Config {
    Config { limits, ..config() }
}

/// A running server.
pub(crate) struct Running {
    pub(crate) addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<std::io::Result<()>>,
}

pub(crate) async fn start(config: Config) -> Running {
    let server = Server::bind(config).await.unwrap();
    let addr = server.addr();
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(server.run_until(async { _ = stopped.await }));
    Running { addr, stop: Some(stop), task }
}

impl Running {
    pub(crate) async fn connect(&self) -> Client {
        let (socket, _) = connect_async(format!("ws://{}/ws", self.addr)).await.unwrap();
        Client { socket, pending: VecDeque::new(), closed: false }
    }

    /// A client from another address of this machine, with more headers, such as those of a proxy.
    pub(crate) async fn connect_from(&self, source: Ipv4Addr, headers: &[(&'static str, &str)]) -> Client {
        self.try_connect_from(source, headers).await.unwrap()
    }

    pub(crate) async fn try_connect_from(
        &self,
        source: Ipv4Addr,
        headers: &[(&'static str, &str)],
    ) -> Result<Client, Error> {
        let mut request = format!("ws://{}/ws", self.addr).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        let stream = MaybeTlsStream::Plain(stream_from(source, self.addr).await);
        let (socket, _) = client_async(request, stream).await?;
        Ok(Client { socket, pending: VecDeque::new(), closed: false })
    }

    /// A client that is in the room, with whom it found there.
    pub(crate) async fn join(&self, room: &str, secret: char) -> (Client, Value) {
        let mut client = self.connect().await;
        client.send(&join(room, secret)).await;
        let joined = client.expect("joined").await;
        (client, joined)
    }

    pub(crate) fn stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }

    pub(crate) async fn wait_for_end(self) {
        timeout(TIMEOUT, self.task).await.unwrap().unwrap().unwrap();
    }

    /// As if the program had crashed.
    pub(crate) async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }

    pub(crate) async fn health(&self) -> Value {
        let response = get(self.addr, "/healthz", "").await;
        serde_json::from_str(&response.body).unwrap()
    }

    /// Waits until the number of connections is `wanted`.
    pub(crate) async fn wait_for_connections(&self, wanted: u64) {
        let settled = async {
            while self.health().await["connections"] != wanted {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(TIMEOUT, settled).await.expect("connections settle");
    }
}

/// The address `127.n`, of which this machine has sixteen million.
pub(crate) fn local(n: u16) -> Ipv4Addr {
    let [high, low] = n.to_be_bytes();
    Ipv4Addr::new(127, 1, high, low)
}

/// A TCP connection from another address of this machine.
pub(crate) async fn stream_from(source: Ipv4Addr, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((source, 0).into()).unwrap();
    socket.connect(to).await.unwrap()
}

pub(crate) fn join(room: &str, secret: char) -> Value {
    join_as(room, &identity(secret), &secret.to_string())
}

/// One of many.
pub(crate) fn join_as(room: &str, identity: &str, name: &str) -> Value {
    json!({"type": "join", "version": 1, "room": room, "name": name,
           "identity": identity, "media": {"microphone": true, "camera": true, "screen": false}})
}

pub(crate) fn offer(to: &str, sdp: &str) -> Value {
    json!({"type": "description", "to": to, "generation": 0, "description": {"type": "offer", "sdp": sdp}})
}

pub(crate) fn identity(secret: char) -> String {
    secret.to_string().repeat(32)
}

pub(crate) fn id(secret: char) -> String {
    participant_id(&identity(secret)).to_string()
}

/// A client that answers pings while it waits for something.
pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pending: VecDeque<Message>,
    closed: bool,
}

impl Client {
    pub(crate) async fn send(&mut self, message: &Value) {
        self.send_text(message.to_string()).await;
    }

    pub(crate) async fn send_text(&mut self, text: impl Into<String>) {
        self.try_send(Message::text(text.into())).await.unwrap();
    }

    /// Sends while it listens, so that two full buffers never wait for each other.
    pub(crate) async fn try_send(&mut self, message: Message) -> Result<(), Error> {
        let (mut sink, mut stream) = (&mut self.socket).split();
        let mut sending = std::pin::pin!(sink.send(message));
        loop {
            tokio::select! {
                sent = &mut sending => return sent,
                heard = stream.next(), if !self.closed => match heard {
                    Some(Ok(message)) => self.pending.push_back(message),
                    Some(Err(_)) | None => self.closed = true,
                },
            }
        }
    }

    /// The next message that is no ping; `None` once the server has closed.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            let message = match self.pending.pop_front() {
                Some(message) => message,
                None if self.closed => return None,
                None => {
                    timeout(TIMEOUT, self.socket.next()).await.expect("the server says something")?.ok()?
                }
            };
            let Message::Text(text) = message else { continue };
            let value: Value = serde_json::from_str(&text).unwrap();
            if value["type"] != "ping" {
                return Some(value);
            }
            self.send_text(r#"{"type":"pong"}"#).await;
        }
    }

    /// The next message, which must be of this type.
    pub(crate) async fn expect(&mut self, kind: &str) -> Value {
        let value = self.next().await.unwrap_or_else(|| panic!("closed instead of {kind}"));
        assert_eq!(value["type"], kind, "{value}");
        value
    }

    /// The next message, which must be an error with this code.
    pub(crate) async fn expect_error(&mut self, code: &str, closes: bool) {
        let error = self.expect("error").await;
        assert_eq!((&error["code"], &error["closes"]), (&json!(code), &json!(closes)), "{error}");
    }

    pub(crate) async fn expect_closed(&mut self) {
        assert_eq!(self.next().await, None);
    }

    /// Proves that nothing is waiting for this client: what it asks now is answered next.
    pub(crate) async fn expect_quiet(&mut self) {
        self.send_text("{}").await;
        self.expect_error("bad-request", false).await;
    }
}

/// An HTTP response, read by hand.
pub(crate) struct Response {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Response {
    /// The status line and the headers, as they came.
    pub(crate) fn head(&self) -> &str {
        &self.head
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let of = |line: &'_ str| line.split_once(": ").is_some_and(|(n, _)| n.eq_ignore_ascii_case(name));
        self.head.lines().find(|line| of(line)).and_then(|line| line.split_once(": ")).map(|(_, value)| value)
    }
}

/// `headers` are whole lines, each with its line break; if they name the connection, they must ask for its end.
pub(crate) async fn get(addr: SocketAddr, target: &str, headers: &str) -> Response {
    request(addr, "GET", target, headers, b"").await
}

/// Any request. A body has its length in `headers`.
pub(crate) async fn request(
    addr: SocketAddr,
    method: &str,
    target: &str,
    headers: &str,
    body: &[u8],
) -> Response {
    let close = if headers.contains("connection:") { "" } else { "connection: close\r\n" };
    let head = format!("{method} {target} HTTP/1.1\r\nhost: test\r\n{close}{headers}\r\n");
    let text = raw(addr, &[head.as_bytes(), body].concat()).await;
    let (head, body) =
        text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no response to {target}: {text:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Response { status, head: head.to_owned(), body: body.to_owned() }
}

/// Sends these bytes and reads until the server closes.
pub(crate) async fn raw(addr: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    // A reset after the answer is an end as well.
    let _ = timeout(TIMEOUT, stream.read_to_end(&mut answer)).await.expect("the server closes");
    String::from_utf8_lossy(&answer).into_owned()
}
