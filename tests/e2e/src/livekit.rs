//! A real LiveKit, whose server forwards everybody's media; on this machine's loopback device, or in a place of a network
//! whose paths can be cut.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;

pub use crate::livekit_token::Token;
use crate::network::Host;
use crate::process::Process;
use crate::server::free_port;
use crate::{Redis, tools};

/// The API key that belongs to [`SECRET`].
pub const KEY: &str = "visavis";
/// What all tokens are signed with.
pub const SECRET: &str = "a secret of no less than 32 characters";
/// Where it listens in a place that has all ports to itself: those of its own examples.
const PORTS: Ports = Ports { http: 7880, tcp: 7881, udp: 7882 };

/// How it is configured. What is not said here is as LiveKit has it.
#[derive(Debug, Clone)]
pub struct LiveKitOptions {
    /// How many a room takes; any number if zero.
    pub max_participants: u32,
    /// Whether a room comes into being when somebody joins it.
    pub auto_create: bool,
    /// For how many seconds a room waits for the first to come.
    pub empty_timeout: u32,
    /// For how many seconds a room that everybody has left waits for somebody to come back.
    pub departure_timeout: u32,
    /// What it shares with other nodes, which makes them one.
    pub redis: Option<Arc<Redis>>,
}

impl Default for LiveKitOptions {
    fn default() -> Self {
        Self {
            max_participants: 0,
            auto_create: true,
            empty_timeout: 300,
            departure_timeout: 20,
            redis: None,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Ports {
    http: u16,
    tcp: u16,
    udp: u16,
}

/// A running server that can be ended and started again in its place.
#[derive(Debug)]
pub struct LiveKit {
    place: Place,
    configuration: String,
    process: Process,
    /// Runs for as long as any node does.
    _redis: Option<Arc<Redis>>,
}

/// Where it is.
#[derive(Debug)]
struct Place {
    host: Option<Host>,
    ip: Ipv4Addr,
    ports: Ports,
}

impl LiveKit {
    /// Starts it on loopback, or in a place of a network. `None`, and said so, where LiveKit is not installed.
    pub async fn start(host: Option<&Host>, options: &LiveKitOptions) -> Option<Self> {
        if tools::livekit_server().is_none() {
            tools::skip("no LiveKit here (`cargo xtask setup` installs it where there is Go)");
            return None;
        }
        let place = Place::new(host);
        let configuration = configuration(&place, options).to_string();
        let process = run(&place, &configuration).await;
        Some(Self { place, configuration, process, _redis: options.redis.clone() })
    }

    /// Starts two nodes on loopback: a room at one is a room at the other. `None`, and said so, where that cannot be had.
    pub async fn start_two(options: &LiveKitOptions) -> Option<[Self; 2]> {
        let redis = Redis::start().await.map(Arc::new)?;
        let options = LiveKitOptions { redis: Some(redis), ..options.clone() };
        Some([Self::start(None, &options).await?, Self::start(None, &options).await?])
    }

    /// Where pages find it.
    pub fn url(&self) -> String {
        format!("ws://{}", self.place.address())
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.place.ports.http
    }

    /// Ends it without warning.
    pub async fn kill(&mut self) {
        self.process.kill().await;
    }

    /// Has it shut down, which it tells everybody. Asked once, it goes on for as long as somebody is there.
    pub async fn terminate(&mut self) {
        self.process.terminate();
        // Two signals of a kind are one until the first is taken.
        self.process.wait_for_line(|line| line.contains("exit requested").then_some(())).await;
        self.process.terminate();
        self.process.wait_for_end().await;
    }

    /// Starts it again in the same place. It knows nothing of who was there.
    pub async fn restart(&mut self) {
        self.kill().await;
        self.process = run(&self.place, &self.configuration).await;
    }

    /// Lets somebody in.
    pub fn token(&self, token: &Token<'_>) -> String {
        token.sign()
    }

    /// Makes a room: the only way to one without `auto_create`.
    pub async fn create_room(&self, room: &str) {
        self.administrate(room, "CreateRoom", json!({ "name": room })).await;
    }

    /// Who is in a room, each as a `ParticipantInfo`.
    pub async fn participants(&self, room: &str) -> Vec<Value> {
        let mut answer = self.administrate(room, "ListParticipants", json!({ "room": room })).await;
        serde_json::from_value(answer["participants"].take()).expect("a list of participants")
    }

    /// Throws somebody out.
    pub async fn remove_participant(&self, room: &str, identity: &str) {
        let request = json!({ "room": room, "identity": identity });
        self.administrate(room, "RemoveParticipant", request).await;
    }

    /// Mutes a track (its `sid` is in [`Self::participants`]), or lets it be heard again.
    pub async fn mute_track(&self, room: &str, identity: &str, track: &str, muted: bool) {
        let request = json!({ "room": room, "identity": identity, "track_sid": track, "muted": muted });
        self.administrate(room, "MutePublishedTrack", request).await;
    }

    /// Changes what somebody may do (a `ParticipantPermission`, which counts as a whole).
    pub async fn change_permission(&self, room: &str, identity: &str, permission: &Value) {
        let request = json!({ "room": room, "identity": identity, "permission": permission });
        self.administrate(room, "UpdateParticipant", request).await;
    }

    /// Ends a room, with all who are in it.
    pub async fn delete_room(&self, room: &str) {
        self.administrate(room, "DeleteRoom", json!({ "room": room })).await;
    }

    /// Calls a method of its `RoomService`, with all that may be granted.
    pub async fn administrate(&self, room: &str, method: &str, request: Value) -> Value {
        let grants = json!({ "roomAdmin": true, "roomCreate": true, "roomList": true });
        let token = Token { identity: "admin", room, grants, ..Token::default() }.sign();
        let body = request.to_string();
        let head = format!(
            "POST /twirp/livekit.RoomService/{method} HTTP/1.0\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let answer = self.place.request(&(head + &body)).await.expect("the server answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
        assert!(head.contains(" 200 "), "{method}: {answer}");
        serde_json::from_str(body).expect("an answer in JSON")
    }
}

impl Place {
    fn new(host: Option<&Host>) -> Self {
        let Some(host) = host else {
            let ports = Ports { http: free_port(), tcp: free_port(), udp: free_port() };
            return Self { host: None, ip: Ipv4Addr::LOCALHOST, ports };
        };
        Self { host: Some(host.clone()), ip: host.first_address(), ports: PORTS }
    }

    fn address(&self) -> SocketAddr {
        SocketAddr::from((self.ip, self.ports.http))
    }

    /// Says something in HTTP/1.0, whose answers are not in pieces, and gives what is answered.
    async fn request(&self, text: &str) -> io::Result<String> {
        let mut stream = match &self.host {
            None => TcpStream::connect(self.address()).await?,
            Some(host) => {
                let stream = host.connect(self.address())?;
                stream.set_nonblocking(true)?;
                TcpStream::from_std(stream)?
            }
        };
        stream.write_all(text.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    }

    async fn is_served(&self) -> bool {
        self.request("GET / HTTP/1.0\r\n\r\n").await.is_ok_and(|answer| answer.ends_with("\r\n\r\nOK"))
    }
}

async fn run(place: &Place, configuration: &str) -> Process {
    let program = tools::livekit_server().expect("it was there when it was started first");
    let arguments = ["--config-body", configuration].map(str::to_owned);
    let mut process = Process::start_in(place.host.as_ref(), &program, &arguments);
    while !place.is_served().await {
        assert!(process.is_alive(), "LiveKit does not start; it said:\n{}", process.last_output());
        sleep(Duration::from_millis(50)).await;
    }
    process
}

/// Its configuration, in JSON: that is YAML, too.
fn configuration(place: &Place, options: &LiveKitOptions) -> Value {
    let Place { ip, ports, .. } = place;
    let LiveKitOptions { max_participants, auto_create, empty_timeout, departure_timeout, redis } = options;
    let mut configuration = json!({
        "port": ports.http,
        "bind_addresses": [ip],
        "keys": { KEY: SECRET },
        "rtc": {
            "udp_port": ports.udp,
            "tcp_port": ports.tcp,
            "use_external_ip": false,
            "node_ip": ip,
            "enable_loopback_candidate": ip.is_loopback(),
            // Nobody is there. Without it pages are told of public servers, and ask them. (Firefox takes no port below that
            // other protocols own.)
            "stun_servers": ["127.0.0.1:3478"],
        },
        "room": {
            "auto_create": auto_create,
            "max_participants": max_participants,
            "empty_timeout": empty_timeout,
            "departure_timeout": departure_timeout,
        },
    });
    if let Some(redis) = redis {
        configuration["redis"] = json!({ "address": redis.address() });
    }
    configuration
}
