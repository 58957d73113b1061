//! What a server is told when it starts.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use visavis_signaling::IceServer;
use visavis_signaling::dialects::visavis::messages::IceServerList;
use visavis_signaling::hub::HubConfig;

use crate::bucket::Rate;
use crate::proxy::Network;
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
    /// How long it is kept from a newcomer who finds the room full.
    pub yields_after: Duration,
    /// If not empty, pages of these origins only may open a WebSocket, and may show the app in a frame.
    pub allowed_origins: Vec<String>,
    /// Proxies that are believed when they say for whom they speak (`X-Forwarded-For`, `Forwarded`).
    pub trusted_proxies: Vec<Network>,
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
            yields_after: HubConfig::default().yields_after,
            allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
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
            yields_after: self.yields_after,
            // If everybody is lost at once, everybody finds their seat again.
            max_lost: self.bounds.max_lost.unwrap_or(self.bounds.max_connections),
            max_kept_bytes: self.bounds.max_kept_bytes,
        }
    }
}

/// Every bound of the server that is not a size of a message; those are in [`visavis_signaling::limits`].
#[derive(Debug, Clone)]
pub struct Bounds {
    /// Most rooms.
    pub max_rooms: usize,
    /// Most seats that are kept for people whose connection is lost; as many as connections if it is not said.
    pub max_lost: Option<usize>,
    /// Most WebSocket connections; one more is told `server-full`.
    pub max_connections: usize,
    /// What one address may have and do, if that is bounded.
    pub per_address: Option<AddressBounds>,
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
    /// Bytes that may wait for all clients together.
    pub max_queued_bytes: usize,
    /// Bytes that may be kept in all sessions together, to be repeated after a lost connection.
    pub max_kept_bytes: usize,
    /// A client that takes longer to accept one message is gone.
    pub write_timeout: Duration,
    /// A client that takes longer to send the head of a request is hung up on.
    pub header_timeout: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            max_rooms: 10_000,
            max_lost: None,
            max_connections: 10_000,
            per_address: Some(AddressBounds::default()),
            message_burst: 400,
            messages_per_second: 100,
            byte_burst: 8 * 1024 * 1024,
            bytes_per_second: 1024 * 1024,
            queue_messages: 1024,
            queue_bytes: 4 * 1024 * 1024,
            max_queued_bytes: 256 * 1024 * 1024,
            max_kept_bytes: HubConfig::default().max_kept_bytes,
            write_timeout: Duration::from_secs(10),
            header_timeout: Duration::from_secs(5),
        }
    }
}

/// What one address may have and do: an IPv4 address, or a network of 64 bits of IPv6. All of it is for as many people
/// as share one, and far less than what the server can take.
#[derive(Debug, Clone, PartialEq)]
pub struct AddressBounds {
    /// Most WebSocket connections.
    pub connections: usize,
    /// WebSocket connections that are opened.
    pub connects: Rate,
    /// Joins of a room.
    pub joins: Rate,
    /// Questions for the ICE servers without joining.
    pub checks: Rate,
    /// WebSocket frames that are sent, by all of its connections together.
    pub messages: Rate,
    /// Bytes in them.
    pub bytes: Rate,
}

impl AddressBounds {
    /// What so many connections need. Each may be opened anew at once, after an outage; half of them belong to people
    /// who join at that moment.
    pub fn for_connections(connections: usize) -> Self {
        let n = f64::from(u32::try_from(connections).unwrap_or(u32::MAX));
        Self {
            connections,
            connects: Rate::new(n, n / 32.0),
            joins: Rate::new((n / 2.0).max(1.0), n / 64.0),
            checks: Rate::new((n / 4.0).max(1.0), n / 1280.0),
            messages: Rate::new(n * 50.0, n * 8.0),
            bytes: Rate::new(n * 256.0 * 1024.0, n * 32.0 * 1024.0),
        }
    }
}

impl Default for AddressBounds {
    fn default() -> Self {
        Self::for_connections(128)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::CHECK_TTL;
    use crate::door::{MAX_HTTP_CONNECTIONS, MAX_HTTP_CONNECTIONS_PER_ADDRESS};
    use crate::server::{ANSWER_TIME, HTTP_LIFETIME};

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
        let Config { capacity, heartbeat, resume_window, yields_after, bounds, .. } = Config::default();
        for (name, number) in [
            ("participants in a room", u64::from(capacity)),
            ("seconds between two pings", heartbeat.as_secs()),
            ("seconds of silence", Config::default().patience().as_secs()),
            ("messages at once", u64::from(bounds.message_burst)),
            ("messages per second", u64::from(bounds.messages_per_second)),
            ("bytes at once", u64::from(bounds.byte_burst)),
            ("bytes per second", u64::from(bounds.bytes_per_second)),
            ("messages waiting", bounds.queue_messages as u64),
            ("bytes waiting", bounds.queue_bytes as u64),
            ("bytes waiting for all", bounds.max_queued_bytes as u64),
            ("bytes kept of all sessions", bounds.max_kept_bytes as u64),
            ("seconds to accept one message", bounds.write_timeout.as_secs()),
            ("seconds for the head of a request", bounds.header_timeout.as_secs()),
            ("seconds that a lost seat is kept", resume_window.as_secs()),
            ("seconds that it is kept in a full room", yields_after.as_secs()),
            ("connections that ask", MAX_HTTP_CONNECTIONS as u64),
            ("connections that are answered", MAX_HTTP_CONNECTIONS as u64),
            ("either, of one address", MAX_HTTP_CONNECTIONS_PER_ADDRESS as u64),
            ("seconds until such a connection asks for the last time", HTTP_LIFETIME.as_secs()),
            ("seconds for an answer after that", ANSWER_TIME.as_secs()),
            ("seconds that credentials of a `check` last", CHECK_TTL.as_secs()),
            ("rooms", bounds.max_rooms as u64),
            ("connections", bounds.max_connections as u64),
        ] {
            assert_eq!(documented(name), number, "{name}");
        }
    }

    #[test]
    fn the_reference_tells_what_one_address_may_do() {
        let AddressBounds { connections, connects, joins, checks, messages, bytes } =
            AddressBounds::default();
        assert_eq!(documented("connections of one address"), connections as u64);
        for (name, rate) in [
            ("connects", connects),
            ("joins", joins),
            ("checks", checks),
            ("messages of one address", messages),
            ("bytes of one address", bytes),
        ] {
            assert_eq!(documented(&format!("{name}, at once")), rate.burst as u64, "{name}");
            assert_eq!(documented(&format!("{name}, per minute")), (rate.per_second * 60.0) as u64, "{name}");
        }
    }

    /// A school, an office, a hall: everybody arrives in the same minute, and reloads once.
    #[test]
    fn thirty_people_behind_one_address_are_no_flood() {
        let bounds = AddressBounds::default();
        assert!(bounds.joins.burst >= 60.0);
        assert!(bounds.connects.burst >= 60.0);
        assert!(bounds.checks.burst >= 30.0);
        assert!(bounds.connections >= 60);
    }

    #[test]
    fn a_dead_client_is_noticed_within_30_seconds() {
        assert!(Config::default().patience() < Duration::from_secs(30));
    }

    /// If all are lost at once, as when a network fails, all find their seats again, however many the server takes.
    #[test]
    fn as_many_seats_are_kept_as_there_are_connections() {
        let bounds = Bounds { max_connections: 25_000, ..Bounds::default() };
        assert_eq!(Config { bounds, ..Config::default() }.hub().max_lost, 25_000);
    }

    #[test]
    fn clients_are_told_whole_seconds() {
        let config = Config { heartbeat: Duration::from_millis(200), ..Config::default() };
        assert_eq!(config.hub().heartbeat, 1);
        assert_eq!(config.hub().ice_servers, None);
    }
}
