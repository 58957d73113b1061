//! What a server is told when it starts.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use visavis_signaling::IceServer;
use visavis_signaling::dialects::visavis::messages::IceServerList;
use visavis_signaling::hub::HubConfig;

use crate::relay::Relay;

/// What a server does.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The folder of the app, if this server is to serve it.
    pub dist: Option<PathBuf>,
    /// Most people in one room.
    pub capacity: u32,
    /// Time between two pings. Clients are told whole seconds, rounded up.
    pub heartbeat: Duration,
    /// STUN servers that clients are told to use.
    pub ice_urls: Vec<String>,
    /// TURN relays that clients are told to use.
    pub relay: Option<Relay>,
    /// How long somebody whose connection is lost can take it up where it broke off; meanwhile their seat is taken.
    pub resume_window: Duration,
    /// If not empty, pages of these origins only may open a WebSocket, and may show the app in a frame.
    pub allowed_origins: Vec<String>,
    /// How much of everything one stranger, and all of them together, may take.
    pub bounds: Bounds,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            dist: None,
            capacity: HubConfig::default().capacity,
            heartbeat: Duration::from_secs(10),
            ice_urls: Vec::new(),
            relay: None,
            resume_window: HubConfig::default().resume_window,
            allowed_origins: Vec::new(),
            bounds: Bounds::default(),
        }
    }
}

impl Config {
    /// A client from which nothing came for this long is gone. Two pongs may be lost, or late in a hidden tab.
    pub(crate) fn patience(&self) -> Duration {
        self.heartbeat.mul_f64(2.5)
    }

    pub(crate) fn hub(&self) -> HubConfig {
        let seconds = self.heartbeat.as_secs_f64().ceil();
        let servers = vec![IceServer { urls: self.ice_urls.clone(), username: None, credential: None }];
        HubConfig {
            capacity: self.capacity,
            max_rooms: self.bounds.max_rooms,
            // Saturates, which is all that a heartbeat of a century deserves.
            heartbeat: seconds as u32,
            ice_servers: (!self.ice_urls.is_empty()).then_some(IceServerList { servers, expires_in: None }),
            resume_window: self.resume_window,
            max_lost: self.bounds.max_lost,
        }
    }
}

/// Every bound of the server that is not a size of a message; those are in [`visavis_signaling::limits`].
#[derive(Debug, Clone)]
pub struct Bounds {
    /// Most rooms.
    pub max_rooms: usize,
    /// Most seats that are kept for people whose connection is lost.
    pub max_lost: usize,
    /// Most WebSocket connections; one more is told `server-full`.
    pub max_connections: usize,
    /// Most TCP connections from one address. Off by default: behind a proxy everybody has the same address.
    pub max_connections_per_address: Option<usize>,
    /// Messages that a client may send at once.
    pub message_burst: u32,
    /// Messages that a client may send per second in the long run.
    pub messages_per_second: u32,
    /// Bytes that a client may send at once.
    pub byte_burst: u32,
    /// Bytes that a client may send per second in the long run.
    pub bytes_per_second: u32,
    /// Messages that may wait for a client that reads slowly.
    pub queue_messages: usize,
    /// Bytes that may wait for a client that reads slowly.
    pub queue_bytes: usize,
    /// A client that takes longer to accept one message is gone.
    pub write_timeout: Duration,
    /// A client that takes longer to send the head of a request is hung up on.
    pub header_timeout: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            max_rooms: 10_000,
            max_lost: HubConfig::default().max_lost,
            max_connections: 10_000,
            max_connections_per_address: None,
            message_burst: 400,
            messages_per_second: 100,
            byte_burst: 8 * 1024 * 1024,
            bytes_per_second: 1024 * 1024,
            queue_messages: 1024,
            queue_bytes: 4 * 1024 * 1024,
            write_timeout: Duration::from_secs(10),
            header_timeout: Duration::from_secs(10),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::{HTTP_LIFETIME, MAX_HTTP_CONNECTIONS};

    /// The cell behind the row that starts with `name`.
    fn documented(name: &str) -> u64 {
        let doc = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/signaling-protocol.md");
        let doc = std::fs::read_to_string(doc).unwrap();
        let row = doc.lines().find_map(|line| line.strip_prefix(&format!("| {name} | ")));
        let cell = row.unwrap_or_else(|| panic!("no row {name}")).split('|').next().unwrap();
        cell.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap()
    }

    #[test]
    fn the_reference_tells_outsiders_the_same_numbers() {
        let Config { capacity, heartbeat, bounds, .. } = Config::default();
        assert_eq!(documented("participants in a room"), u64::from(capacity));
        assert_eq!(documented("seconds between two pings"), heartbeat.as_secs());
        assert_eq!(documented("seconds of silence"), Config::default().patience().as_secs());
        assert_eq!(documented("messages at once"), u64::from(bounds.message_burst));
        assert_eq!(documented("messages per second"), u64::from(bounds.messages_per_second));
        assert_eq!(documented("bytes at once"), u64::from(bounds.byte_burst));
        assert_eq!(documented("bytes per second"), u64::from(bounds.bytes_per_second));
        assert_eq!(documented("messages waiting"), bounds.queue_messages as u64);
        assert_eq!(documented("bytes waiting"), bounds.queue_bytes as u64);
        assert_eq!(documented("seconds to accept one message"), bounds.write_timeout.as_secs());
        assert_eq!(documented("seconds for the head of a request"), bounds.header_timeout.as_secs());
        let window = Config::default().resume_window;
        assert_eq!(documented("seconds that a lost seat is kept"), window.as_secs());
        assert_eq!(documented("lost seats"), bounds.max_lost as u64);
        assert_eq!(documented("connections that speak HTTP"), MAX_HTTP_CONNECTIONS as u64);
        assert_eq!(documented("seconds that such a connection lasts"), HTTP_LIFETIME.as_secs());
        assert_eq!(documented("rooms"), bounds.max_rooms as u64);
        assert_eq!(documented("connections"), bounds.max_connections as u64);
    }

    #[test]
    fn a_dead_client_is_noticed_within_30_seconds() {
        assert!(Config::default().patience() < Duration::from_secs(30));
    }

    #[test]
    fn clients_are_told_whole_seconds() {
        let config = Config { heartbeat: Duration::from_millis(200), ..Config::default() };
        assert_eq!(config.hub().heartbeat, 1);
        assert_eq!(config.hub().ice_servers, None);
    }
}
