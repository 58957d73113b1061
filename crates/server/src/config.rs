//! The configuration of a server.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use visavis_hub::HubConfig;
use visavis_signaling::IceServer;
use visavis_signaling::dialects::visavis::messages::IceServerList;

use crate::livekit::LiveKitConfig;
use crate::proxy::Network;
use crate::token_bucket::RateLimit;
use crate::turn::TurnConfig;

/// The configuration of a server.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The folder of the app, if this server is to serve it.
    pub dist: Option<PathBuf>,
    /// Most participants in one room.
    pub capacity: u32,
    /// Time between two pings. Clients are told whole seconds, rounded up.
    pub heartbeat: Duration,
    /// STUN servers that clients are told to use.
    pub ice_urls: Vec<String>,
    /// TURN servers that clients are told to use.
    pub turn: Option<TurnConfig>,
    /// The LiveKit server for which `/token` gives access tokens, if it shall.
    pub livekit: Option<LiveKitConfig>,
    /// How long a client whose connection is lost can resume its session; its seat is reserved meanwhile.
    pub resume_window: Duration,
    /// How long after the loss the seat of a full room may be given to somebody else.
    pub evictable_after: Duration,
    /// How long an offer is kept for whoever joins next; zero: none is, nor is any taken with `join`.
    pub deposit_lifetime: Duration,
    /// If not empty, pages of these origins only may open a WebSocket, and may show the app in a frame.
    pub allowed_origins: Vec<String>,
    /// Proxies whose `X-Forwarded-For` and `Forwarded` headers are trusted.
    pub trusted_proxies: Vec<Network>,
    /// Limits by client, by address and for all together.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            dist: None,
            capacity: HubConfig::default().capacity,
            heartbeat: Duration::from_secs(10),
            ice_urls: Vec::new(),
            turn: None,
            livekit: None,
            resume_window: HubConfig::default().resume_window,
            evictable_after: HubConfig::default().evictable_after,
            deposit_lifetime: HubConfig::default().deposit_lifetime,
            allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            limits: Limits::default(),
        }
    }
}

impl Config {
    /// A client from which nothing came for this long is disconnected. Two pongs may be lost, or late in a hidden tab.
    pub(crate) fn idle_timeout(&self) -> Duration {
        self.heartbeat.mul_f64(2.5)
    }

    pub(crate) fn hub(&self) -> HubConfig {
        let seconds = self.heartbeat.as_secs_f64().ceil();
        let servers = vec![IceServer { urls: self.ice_urls.clone(), username: None, credential: None }];
        HubConfig {
            capacity: self.capacity,
            max_rooms: self.limits.max_rooms,
            // Saturates.
            heartbeat: seconds as u32,
            ice_servers: (!self.ice_urls.is_empty()).then_some(IceServerList { servers, expires_in: None }),
            resume_window: self.resume_window,
            evictable_after: self.evictable_after,
            // If all clients lose their connection at once, all find their seats again.
            max_reserved_seats: self.limits.max_reserved_seats.unwrap_or(self.limits.max_connections),
            max_backlog_bytes: self.limits.max_backlog_bytes,
            deposit_lifetime: self.deposit_lifetime,
            max_deposit_bytes: HubConfig::default().max_deposit_bytes,
        }
    }
}

/// Every limit of the server that is not a size of a message; those are in [`visavis_signaling::limits`].
#[derive(Debug, Clone)]
pub struct Limits {
    /// Most rooms.
    pub max_rooms: usize,
    /// Most seats that are reserved for disconnected participants; `max_connections` if `None`.
    pub max_reserved_seats: Option<usize>,
    /// Most WebSocket connections; one more is sent `server-full`.
    pub max_connections: usize,
    /// Limits by address, if there are any.
    pub per_address: Option<AddressLimits>,
    /// Messages that a client may send at once.
    pub message_burst: u32,
    /// Messages that a client may send per second in the long run.
    pub messages_per_second: u32,
    /// Bytes that a client may send at once.
    pub byte_burst: u32,
    /// Bytes that a client may send per second in the long run.
    pub bytes_per_second: u32,
    /// Most messages in the outbound queue of one client.
    pub queue_messages: usize,
    /// Most bytes in the outbound queue of one client.
    pub queue_bytes: usize,
    /// Most bytes in the outbound queues of all clients together.
    pub max_queued_bytes: usize,
    /// Most bytes in the backlogs of all sessions together, which are repeated when a session is resumed.
    pub max_backlog_bytes: usize,
    /// A client that takes longer to accept one message is disconnected.
    pub write_timeout: Duration,
    /// A client that takes longer to send the head of a request is disconnected.
    pub header_timeout: Duration,
    /// A connection that is still no WebSocket after this accepts no further request...
    pub http_lifetime: Duration,
    /// ...and has this long to finish the response under way: nothing here takes that long to download.
    pub response_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_rooms: 10_000,
            max_reserved_seats: None,
            max_connections: 10_000,
            per_address: Some(AddressLimits::default()),
            message_burst: 400,
            messages_per_second: 100,
            byte_burst: 8 * 1024 * 1024,
            bytes_per_second: 1024 * 1024,
            queue_messages: 1024,
            queue_bytes: 4 * 1024 * 1024,
            max_queued_bytes: 256 * 1024 * 1024,
            max_backlog_bytes: HubConfig::default().max_backlog_bytes,
            write_timeout: Duration::from_secs(10),
            header_timeout: Duration::from_secs(5),
            http_lifetime: Duration::from_secs(60),
            response_timeout: Duration::from_secs(60),
        }
    }
}

/// Limits for one address: an IPv4 address, or a /64 of IPv6. They suit as many people as share one, and are far below
/// what the server can take.
#[derive(Debug, Clone, PartialEq)]
pub struct AddressLimits {
    /// Most WebSocket connections.
    pub connections: usize,
    /// Opening WebSocket connections.
    pub connects: RateLimit,
    /// Joining rooms.
    pub joins: RateLimit,
    /// Asking for the ICE servers without joining (`check`).
    pub preflights: RateLimit,
    /// Sending WebSocket frames, on all of its connections together.
    pub messages: RateLimit,
    /// Bytes in them.
    pub bytes: RateLimit,
}

impl AddressLimits {
    /// The limits that go with a number of connections: all may be reopened at once after an outage, and half of them may
    /// join a room at that moment.
    pub fn for_connections(connections: usize) -> Self {
        let n = f64::from(u32::try_from(connections).unwrap_or(u32::MAX));
        Self {
            connections,
            connects: RateLimit::new(n, n / 32.0),
            joins: RateLimit::new((n / 2.0).max(1.0), n / 64.0),
            // Every lobby asks once.
            preflights: RateLimit::new((n / 2.0).max(1.0), n / 256.0),
            messages: RateLimit::new(n * 50.0, n * 8.0),
            bytes: RateLimit::new(n * 256.0 * 1024.0, n * 32.0 * 1024.0),
        }
    }
}

impl Default for AddressLimits {
    fn default() -> Self {
        Self::for_connections(128)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::PREFLIGHT_TTL;
    use crate::http_limiter::{MAX_HTTP_CONNECTIONS, MAX_HTTP_CONNECTIONS_PER_ADDRESS};
    use visavis_hub::MAX_DEPOSITS;

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
        let Config { capacity, heartbeat, resume_window, evictable_after, deposit_lifetime, limits, .. } =
            Config::default();
        for (name, number) in [
            ("participants in a room", u64::from(capacity)),
            ("seconds between two pings", heartbeat.as_secs()),
            ("seconds of silence", Config::default().idle_timeout().as_secs()),
            ("messages at once", u64::from(limits.message_burst)),
            ("messages per second", u64::from(limits.messages_per_second)),
            ("bytes at once", u64::from(limits.byte_burst)),
            ("bytes per second", u64::from(limits.bytes_per_second)),
            ("messages waiting", limits.queue_messages as u64),
            ("bytes waiting", limits.queue_bytes as u64),
            ("bytes waiting for all", limits.max_queued_bytes as u64),
            ("bytes kept of all sessions", limits.max_backlog_bytes as u64),
            ("seconds to accept one message", limits.write_timeout.as_secs()),
            ("seconds for the head of a request", limits.header_timeout.as_secs()),
            ("seconds that a lost seat is kept", resume_window.as_secs()),
            ("seconds that it is kept in a full room", evictable_after.as_secs()),
            ("connections that ask", MAX_HTTP_CONNECTIONS as u64),
            ("connections that are answered", MAX_HTTP_CONNECTIONS as u64),
            ("either, of one address", MAX_HTTP_CONNECTIONS_PER_ADDRESS as u64),
            ("seconds until such a connection asks for the last time", limits.http_lifetime.as_secs()),
            ("seconds for an answer after that", limits.response_timeout.as_secs()),
            ("seconds that credentials of a `check` last", PREFLIGHT_TTL.as_secs()),
            ("bytes of offers for whoever joins next", HubConfig::default().max_deposit_bytes as u64),
            ("seconds that such an offer is kept", deposit_lifetime.as_secs()),
            ("such offers of one participant in that time", MAX_DEPOSITS as u64),
            ("rooms", limits.max_rooms as u64),
            ("connections", limits.max_connections as u64),
        ] {
            assert_eq!(documented(name), number, "{name}");
        }
    }

    #[test]
    fn the_reference_tells_what_one_address_may_do() {
        let AddressLimits { connections, connects, joins, preflights, messages, bytes } =
            AddressLimits::default();
        assert_eq!(documented("connections of one address"), connections as u64);
        for (name, rate) in [
            ("connects", connects),
            ("joins", joins),
            ("checks", preflights),
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
        let limits = AddressLimits::default();
        assert!(limits.joins.burst >= 60.0);
        assert!(limits.connects.burst >= 60.0);
        assert!(limits.preflights.burst >= 60.0);
        assert!(limits.connections >= 60);
    }

    #[test]
    fn a_dead_client_is_noticed_within_30_seconds() {
        assert!(Config::default().idle_timeout() < Duration::from_secs(30));
    }

    /// If all are lost at once, as when a network fails, all find their seats again, however many the server takes.
    #[test]
    fn as_many_seats_are_kept_as_there_are_connections() {
        let limits = Limits { max_connections: 25_000, ..Limits::default() };
        assert_eq!(Config { limits, ..Config::default() }.hub().max_reserved_seats, 25_000);
    }

    #[test]
    fn clients_are_told_whole_seconds() {
        let config = Config { heartbeat: Duration::from_millis(200), ..Config::default() };
        assert_eq!(config.hub().heartbeat, 1);
        assert_eq!(config.hub().ice_servers, None);
    }
}
