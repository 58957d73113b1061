//! Limits connections and rates by address, so that one address cannot use up the server, and reconnecting gains nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::config::{AddressLimits, Limits};
use crate::token_bucket::{RateLimit, TokenBucket};

/// Entries before the first sweep, which removes idle addresses.
const MIN_SWEEP_SIZE: usize = 1024;
/// Entries from which a sweep removes all addresses without a connection.
const MAX_TRACKED_ADDRESSES: usize = 100_000;

/// The address by which a client is limited: an IPv4 address, or the 64 bits of an IPv6 address that one household or one rented
/// machine gets (RFC 6177), since it may use all of the other 64 at will.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AddressKey(IpAddr);

impl AddressKey {
    /// The key of an address; one that is IPv4 mapped into IPv6 has that of the IPv4 address.
    pub(crate) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) if !address.is_loopback() => {
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64))
            }
            address @ (IpAddr::V4(_) | IpAddr::V6(_)) => address,
        })
    }

    /// The first address that has this key.
    pub(crate) fn address(self) -> IpAddr {
        self.0
    }
}

impl fmt::Display for AddressKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V6(address) if !address.is_loopback() => write!(f, "{address}/64"),
            address @ (IpAddr::V4(_) | IpAddr::V6(_)) => write!(f, "{address}"),
        }
    }
}

/// Where a request comes from, after the headers of proxies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RemoteAddress {
    pub(crate) key: AddressKey,
    pub(crate) kind: AddressKind,
}

/// Whether an address may stand for many clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AddressKind {
    /// As many clients as in one household or office.
    Client,
    /// A proxy whose clients cannot be told apart: it is not trusted, or does not name them.
    OpaqueProxy,
}

/// What is limited by rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LimitedAction {
    /// Open a WebSocket.
    Connect,
    /// Join a room, or ask for a token to join one elsewhere.
    Join,
    /// Ask for the ICE servers without joining.
    Preflight,
    /// Send WebSocket frames.
    Frames,
    /// Send bytes.
    Bytes,
}

/// The limits by address, and what counts against them.
#[derive(Debug)]
pub(crate) struct AddressLimiter {
    limits: Option<AddressLimits>,
    state: Mutex<LimiterState>,
}

#[derive(Debug)]
struct LimiterState {
    entries: BTreeMap<AddressKey, AddressEntry>,
    sweep_at: usize,
    reserve: ProxyReserve,
}

#[derive(Debug)]
struct AddressEntry {
    connections: usize,
    buckets: TokenBuckets,
}

/// What all opaque proxies together get beyond the limits of one address. Any client can send the header of a proxy, so
/// this must not be worth much to one that is none.
#[derive(Debug)]
struct ProxyReserve {
    /// Connections left.
    free: usize,
    buckets: TokenBuckets,
}

#[derive(Debug)]
struct TokenBuckets {
    connects: TokenBucket,
    joins: TokenBucket,
    preflights: TokenBucket,
    frames: TokenBucket,
    bytes: TokenBucket,
}

impl TokenBuckets {
    /// Buckets that are `times` as large as those of one address.
    fn new(now: Instant, limits: &AddressLimits, times: f64) -> Self {
        let bucket = |rate: RateLimit| {
            TokenBucket::new(now, RateLimit::new(rate.burst * times, rate.per_second * times))
        };
        Self {
            connects: bucket(limits.connects),
            joins: bucket(limits.joins),
            preflights: bucket(limits.preflights),
            frames: bucket(limits.messages),
            bytes: bucket(limits.bytes),
        }
    }

    fn try_take(&mut self, now: Instant, action: LimitedAction, amount: f64) -> bool {
        let bucket = match action {
            LimitedAction::Connect => &mut self.connects,
            LimitedAction::Join => &mut self.joins,
            LimitedAction::Preflight => &mut self.preflights,
            LimitedAction::Frames => &mut self.frames,
            LimitedAction::Bytes => &mut self.bytes,
        };
        bucket.try_take(now, amount)
    }

    fn are_full(&mut self, now: Instant) -> bool {
        let all =
            [&mut self.connects, &mut self.joins, &mut self.preflights, &mut self.frames, &mut self.bytes];
        all.into_iter().all(|bucket| bucket.is_full(now))
    }
}

impl AddressLimiter {
    pub(crate) fn new(limits: &Limits) -> Self {
        let disabled = AddressLimits::for_connections(0);
        let per_address = limits.per_address.as_ref();
        let reserve = ProxyReserve {
            free: limits.max_connections / 4,
            buckets: TokenBuckets::new(Instant::now(), per_address.unwrap_or(&disabled), 4.0),
        };
        let state = LimiterState { entries: BTreeMap::new(), sweep_at: MIN_SWEEP_SIZE, reserve };
        Self { limits: limits.per_address.clone(), state: Mutex::new(state) }
    }

    /// Counts one more WebSocket; `None` if the address has too many, or opens them too fast.
    pub(crate) fn acquire(self: &Arc<Self>, remote: RemoteAddress) -> Option<WebSocketPermit> {
        let pool = match &self.limits {
            Some(limits) => self.lock().acquire(limits, remote)?,
            None => Pool::Own,
        };
        Some(WebSocketPermit { address_limiter: Arc::clone(self), remote, pool })
    }

    /// Takes tokens for an action; false if the address has too few left.
    pub(crate) fn try_consume(&self, remote: RemoteAddress, action: LimitedAction, amount: f64) -> bool {
        let Some(limits) = &self.limits else { return true };
        self.lock().try_take(limits, remote, action, amount)
    }

    fn lock(&self) -> MutexGuard<'_, LimiterState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LimiterState {
    fn entry(&mut self, limits: &AddressLimits, key: AddressKey) -> &mut AddressEntry {
        let now = Instant::now();
        if self.entries.len() >= self.sweep_at {
            self.sweep(now);
        }
        let new = || AddressEntry { connections: 0, buckets: TokenBuckets::new(now, limits, 1.0) };
        self.entries.entry(key).or_insert_with(new)
    }

    /// Removes entries without connections whose buckets are full, or, if there are too many, all without connections.
    fn sweep(&mut self, now: Instant) {
        let crowded = self.entries.len() >= MAX_TRACKED_ADDRESSES;
        self.entries.retain(|_, entry| entry.connections > 0 || !(crowded || entry.buckets.are_full(now)));
        self.sweep_at = MIN_SWEEP_SIZE.max(self.entries.len() * 2).min(MAX_TRACKED_ADDRESSES);
    }

    fn acquire(&mut self, limits: &AddressLimits, remote: RemoteAddress) -> Option<Pool> {
        if !self.try_take(limits, remote, LimitedAction::Connect, 1.0) {
            return None;
        }
        let free = self.reserve.free;
        let entry = self.entry(limits, remote.key);
        let beyond = entry.connections.checked_sub(limits.connections);
        let pool = match (beyond, remote.kind) {
            (None, _) => Pool::Own,
            // One proxy cannot take the whole reserve.
            (Some(beyond), AddressKind::OpaqueProxy) if beyond < free => Pool::ProxyReserve,
            (Some(_), _) => return None,
        };
        entry.connections += 1;
        self.reserve.free -= usize::from(pool == Pool::ProxyReserve);
        Some(pool)
    }

    fn try_take(
        &mut self,
        limits: &AddressLimits,
        remote: RemoteAddress,
        action: LimitedAction,
        amount: f64,
    ) -> bool {
        let now = Instant::now();
        let own = self.entry(limits, remote.key).buckets.try_take(now, action, amount);
        own || (remote.kind == AddressKind::OpaqueProxy && self.reserve.buckets.try_take(now, action, amount))
    }
}

/// Which limit a connection counts against: that of its address, or the reserve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pool {
    Own,
    ProxyReserve,
}

/// A WebSocket; it counts until this is dropped.
#[derive(Debug)]
pub(crate) struct WebSocketPermit {
    address_limiter: Arc<AddressLimiter>,
    remote: RemoteAddress,
    pool: Pool,
}

impl WebSocketPermit {
    /// The address that it counts for.
    pub(crate) fn key(&self) -> AddressKey {
        self.remote.key
    }

    /// Takes tokens for an action; false if the address has too few left.
    pub(crate) fn try_consume(&self, action: LimitedAction, amount: f64) -> bool {
        self.address_limiter.try_consume(self.remote, action, amount)
    }
}

impl Drop for WebSocketPermit {
    fn drop(&mut self) {
        let mut state = self.address_limiter.lock();
        if let Some(entry) = state.entries.get_mut(&self.remote.key) {
            entry.connections = entry.connections.saturating_sub(1);
        }
        state.reserve.free += usize::from(self.pool == Pool::ProxyReserve);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn remote(address: &str, kind: AddressKind) -> RemoteAddress {
        RemoteAddress { key: AddressKey::of(address.parse().unwrap()), kind }
    }

    fn address_limiter(connections: usize) -> Arc<AddressLimiter> {
        let per_address = Some(AddressLimits::for_connections(connections));
        Arc::new(AddressLimiter::new(&Limits { per_address, max_connections: 1000, ..Limits::default() }))
    }

    #[test]
    fn an_ipv6_address_counts_by_its_network() {
        let of = |address: &str| AddressKey::of(address.parse().unwrap());
        assert_eq!(of("2001:db8:0:1::1"), of("2001:db8:0:1:ffff:ffff:ffff:ffff"));
        assert_ne!(of("2001:db8:0:1::1"), of("2001:db8:0:2::1"));
        assert_eq!(of("2001:db8:0:1::1").to_string(), "2001:db8:0:1::/64");
        let mapped = IpAddr::V6(Ipv4Addr::LOCALHOST.to_ipv6_mapped());
        assert_eq!(AddressKey::of(mapped), of("127.0.0.1"), "the same address in its other form");
    }

    #[test]
    fn counts_until_dropped_and_forgets() {
        let address_limiter = address_limiter(1);
        let here = remote("127.0.0.1", AddressKind::Client);
        let first = address_limiter.acquire(here);
        assert!(first.is_some());
        assert!(address_limiter.acquire(here).is_none());
        assert!(address_limiter.acquire(remote("127.0.0.2", AddressKind::Client)).is_some());
        drop(first);
        assert_eq!(address_limiter.lock().entries[&here.key].connections, 0);
        address_limiter.lock().sweep(Instant::now() + std::time::Duration::from_secs(600));
        assert!(address_limiter.lock().entries.is_empty());
    }

    #[test]
    fn reconnecting_buys_nothing() {
        let address_limiter = address_limiter(64);
        let here = remote("127.0.0.1", AddressKind::Client);
        let joins = std::iter::from_fn(|| {
            address_limiter.acquire(here).map(|permit| permit.try_consume(LimitedAction::Join, 1.0))
        });
        let joins = joins.take(1000).filter(|joined| *joined).count();
        assert!((32..40).contains(&joins), "{joins}");
        assert!(
            address_limiter
                .acquire(remote("127.0.0.2", AddressKind::Client))
                .unwrap()
                .try_consume(LimitedAction::Join, 1.0)
        );
    }

    #[test]
    fn an_opaque_proxy_gets_more_but_claiming_to_be_one_gains_little() {
        let address_limiter = address_limiter(10);
        let mut permits = Vec::new();
        let mut fill = |address: &str, kind| {
            let before = permits.len();
            permits.extend((0..500).map_while(|_| address_limiter.acquire(remote(address, kind))));
            permits.len() - before
        };
        assert_eq!(fill("127.0.0.1", AddressKind::Client), 10);
        let liars: usize = (2..60).map(|n| fill(&format!("127.0.0.{n}"), AddressKind::OpaqueProxy)).sum();
        assert!((58 * 10..58 * 10 + 250).contains(&liars), "{liars}: all of them have one reserve");
        assert_eq!(
            fill("127.0.1.1", AddressKind::OpaqueProxy),
            10,
            "who forwards others still has its own share"
        );
        drop(permits);
        assert_eq!(address_limiter.lock().reserve.free, 250);
    }
}
