//! What each address has and does, so that nobody takes what is for all, and nobody gets more by reconnecting.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::bucket::{Bucket, Rate};
use crate::config::{AddressBounds, Bounds};

/// Addresses that are remembered before those without a connection are looked through for some to forget.
const SWEEP_FROM: usize = 1024;
/// From so many on all are forgotten that have no connection.
const MAX_REMEMBERED: usize = 100_000;

/// What counts as one address: an IPv4 address, or the 64 bits of an IPv6 address that one household or one rented
/// machine gets (RFC 6177), since it may use all of the other 64 at will.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Source(IpAddr);

impl Source {
    pub(crate) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) if !address.is_loopback() => {
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64))
            }
            address @ (IpAddr::V4(_) | IpAddr::V6(_)) => address,
        })
    }

    /// The first address of those that count as this one.
    pub(crate) fn address(self) -> IpAddr {
        self.0
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V6(address) if !address.is_loopback() => write!(f, "{address}/64"),
            address @ (IpAddr::V4(_) | IpAddr::V6(_)) => write!(f, "{address}"),
        }
    }
}

/// Whose connection it is, as far as can be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) source: Source,
    pub(crate) kind: CallerKind,
}

/// Whether there may be many people behind an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallerKind {
    /// As many as in one household or office.
    One,
    /// It says that it forwards others, and we cannot tell them apart.
    Crowd,
}

/// What an address may do only so often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// Open a WebSocket.
    Connect,
    /// Join a room.
    Join,
    /// Ask for the ICE servers without joining.
    Check,
    /// Send WebSocket frames.
    Frames,
    /// Send bytes.
    Bytes,
}

/// What all addresses have and do.
#[derive(Debug)]
pub(crate) struct Addresses {
    bounds: Option<AddressBounds>,
    table: Mutex<Table>,
}

#[derive(Debug)]
struct Table {
    entries: BTreeMap<Source, Entry>,
    sweep_at: usize,
    reserve: Reserve,
}

#[derive(Debug)]
struct Entry {
    connections: usize,
    buckets: Buckets,
}

/// What crowds get beyond the bounds of one address, all of them together: anybody can send the header of a proxy, so
/// it must not be worth much to those who are none.
#[derive(Debug)]
struct Reserve {
    free: usize,
    buckets: Buckets,
}

#[derive(Debug)]
struct Buckets {
    connects: Bucket,
    joins: Bucket,
    checks: Bucket,
    frames: Bucket,
    bytes: Bucket,
}

impl Buckets {
    /// `times` as much as one address gets.
    fn new(now: Instant, bounds: &AddressBounds, times: f64) -> Self {
        let bucket = |rate: Rate| Bucket::new(now, Rate::new(rate.burst * times, rate.per_second * times));
        Self {
            connects: bucket(bounds.connects),
            joins: bucket(bounds.joins),
            checks: bucket(bounds.checks),
            frames: bucket(bounds.messages),
            bytes: bucket(bounds.bytes),
        }
    }

    fn take(&mut self, now: Instant, act: Act, amount: f64) -> bool {
        let bucket = match act {
            Act::Connect => &mut self.connects,
            Act::Join => &mut self.joins,
            Act::Check => &mut self.checks,
            Act::Frames => &mut self.frames,
            Act::Bytes => &mut self.bytes,
        };
        bucket.take(now, amount)
    }

    fn are_full(&mut self, now: Instant) -> bool {
        let all = [&mut self.connects, &mut self.joins, &mut self.checks, &mut self.frames, &mut self.bytes];
        all.into_iter().all(|bucket| bucket.is_full(now))
    }
}

impl Addresses {
    pub(crate) fn new(bounds: &Bounds) -> Self {
        let of_nobody = AddressBounds::for_connections(0);
        let per_address = bounds.per_address.as_ref();
        let reserve = Reserve {
            free: bounds.max_connections / 4,
            buckets: Buckets::new(Instant::now(), per_address.unwrap_or(&of_nobody), 4.0),
        };
        let table = Table { entries: BTreeMap::new(), sweep_at: SWEEP_FROM, reserve };
        Self { bounds: bounds.per_address.clone(), table: Mutex::new(table) }
    }

    /// One more WebSocket of this address; `None` if that is too many, or too soon.
    pub(crate) fn admit(self: &Arc<Self>, caller: Caller) -> Option<Guest> {
        let share = match &self.bounds {
            Some(bounds) => self.lock().admit(bounds, caller)?,
            None => Share::Own,
        };
        Some(Guest { addresses: Arc::clone(self), caller, share })
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn entry(&mut self, bounds: &AddressBounds, source: Source) -> &mut Entry {
        let now = Instant::now();
        if self.entries.len() >= self.sweep_at {
            self.sweep(now);
        }
        let new = || Entry { connections: 0, buckets: Buckets::new(now, bounds, 1.0) };
        self.entries.entry(source).or_insert_with(new)
    }

    /// Forgets who has nothing and may do everything.
    fn sweep(&mut self, now: Instant) {
        let crowded = self.entries.len() >= MAX_REMEMBERED;
        self.entries.retain(|_, entry| entry.connections > 0 || !(crowded || entry.buckets.are_full(now)));
        self.sweep_at = SWEEP_FROM.max(self.entries.len() * 2).min(MAX_REMEMBERED);
    }

    fn admit(&mut self, bounds: &AddressBounds, caller: Caller) -> Option<Share> {
        if !self.take(bounds, caller, Act::Connect, 1.0) {
            return None;
        }
        let free = self.reserve.free;
        let entry = self.entry(bounds, caller.source);
        let beyond = entry.connections.checked_sub(bounds.connections);
        let share = match (beyond, caller.kind) {
            (None, _) => Share::Own,
            // One crowd leaves something for the next.
            (Some(beyond), CallerKind::Crowd) if beyond < free => Share::Reserve,
            (Some(_), _) => return None,
        };
        entry.connections += 1;
        self.reserve.free -= usize::from(share == Share::Reserve);
        Some(share)
    }

    fn take(&mut self, bounds: &AddressBounds, caller: Caller, act: Act, amount: f64) -> bool {
        let now = Instant::now();
        let own = self.entry(bounds, caller.source).buckets.take(now, act, amount);
        own || (caller.kind == CallerKind::Crowd && self.reserve.buckets.take(now, act, amount))
    }
}

/// Which pool a connection was counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Share {
    Own,
    Reserve,
}

/// A WebSocket of an address; it is counted until this is dropped.
#[derive(Debug)]
pub(crate) struct Guest {
    addresses: Arc<Addresses>,
    caller: Caller,
    share: Share,
}

impl Guest {
    pub(crate) fn source(&self) -> Source {
        self.caller.source
    }

    /// Whether the address may do this now; if so, it is counted.
    pub(crate) fn may(&self, act: Act, amount: f64) -> bool {
        let Some(bounds) = &self.addresses.bounds else { return true };
        self.addresses.lock().take(bounds, self.caller, act, amount)
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut table = self.addresses.lock();
        if let Some(entry) = table.entries.get_mut(&self.caller.source) {
            entry.connections = entry.connections.saturating_sub(1);
        }
        table.reserve.free += usize::from(self.share == Share::Reserve);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn caller(address: &str, kind: CallerKind) -> Caller {
        Caller { source: Source::of(address.parse().unwrap()), kind }
    }

    fn addresses(connections: usize) -> Arc<Addresses> {
        let per_address = Some(AddressBounds::for_connections(connections));
        Arc::new(Addresses::new(&Bounds { per_address, max_connections: 1000, ..Bounds::default() }))
    }

    #[test]
    fn an_ipv6_address_counts_by_its_network() {
        let of = |address: &str| Source::of(address.parse().unwrap());
        assert_eq!(of("2001:db8:0:1::1"), of("2001:db8:0:1:ffff:ffff:ffff:ffff"));
        assert_ne!(of("2001:db8:0:1::1"), of("2001:db8:0:2::1"));
        assert_eq!(of("2001:db8:0:1::1").to_string(), "2001:db8:0:1::/64");
        let mapped = IpAddr::V6(Ipv4Addr::LOCALHOST.to_ipv6_mapped());
        assert_eq!(Source::of(mapped), of("127.0.0.1"), "the same address in its other form");
    }

    #[test]
    fn counts_until_dropped_and_forgets() {
        let addresses = addresses(1);
        let here = caller("127.0.0.1", CallerKind::One);
        let first = addresses.admit(here);
        assert!(first.is_some());
        assert!(addresses.admit(here).is_none());
        assert!(addresses.admit(caller("127.0.0.2", CallerKind::One)).is_some());
        drop(first);
        assert_eq!(addresses.lock().entries[&here.source].connections, 0);
        addresses.lock().sweep(Instant::now() + std::time::Duration::from_secs(600));
        assert!(addresses.lock().entries.is_empty());
    }

    #[test]
    fn reconnecting_buys_nothing() {
        let addresses = addresses(64);
        let here = caller("127.0.0.1", CallerKind::One);
        let joins = std::iter::from_fn(|| addresses.admit(here).map(|guest| guest.may(Act::Join, 1.0)));
        let joins = joins.take(1000).filter(|joined| *joined).count();
        assert!((32..40).contains(&joins), "{joins}");
        assert!(addresses.admit(caller("127.0.0.2", CallerKind::One)).unwrap().may(Act::Join, 1.0));
    }

    #[test]
    fn a_crowd_gets_more_but_no_stranger_buys_much_by_saying_so() {
        let addresses = addresses(10);
        let mut guests = Vec::new();
        let mut fill = |address: &str, kind| {
            let before = guests.len();
            guests.extend((0..500).map_while(|_| addresses.admit(caller(address, kind))));
            guests.len() - before
        };
        assert_eq!(fill("127.0.0.1", CallerKind::One), 10);
        let liars: usize = (2..60).map(|n| fill(&format!("127.0.0.{n}"), CallerKind::Crowd)).sum();
        assert!((58 * 10..58 * 10 + 250).contains(&liars), "{liars}: all of them have one reserve");
        assert_eq!(fill("127.0.1.1", CallerKind::Crowd), 10, "who forwards others still has its own share");
        drop(guests);
        assert_eq!(addresses.lock().reserve.free, 250);
    }
}
