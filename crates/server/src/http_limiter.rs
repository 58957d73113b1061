//! Limits the connections that are no WebSocket, or not yet.
//!
//! A new connection is always accepted: at the limit, the oldest connection of the address that has most of them is
//! evicted. An honest request takes some milliseconds, so a connection that lasts long is the better loss.
//!
//! Connections that wait for a request and those that are answered are limited apart, and a WebSocket counts in neither:
//! neither requests that never end nor responses that are never read keep a WebSocket from being opened.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::address_limiter::AddressKey;
use crate::refusal_log::RefusalLog;

/// Most connections in each [`Phase`]...
pub(crate) const MAX_HTTP_CONNECTIONS: usize = 512;
/// ...and most of one address among them. A browser opens six; a trusted proxy may have all.
pub(crate) const MAX_HTTP_CONNECTIONS_PER_ADDRESS: usize = 192;

/// What an HTTP connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No request has come yet.
    AwaitingRequest,
    /// At least one has.
    Responding,
}

/// All HTTP connections of the server.
#[derive(Debug)]
pub(crate) struct HttpConnectionLimiter {
    connections: Mutex<Connections>,
    refusal_log: Arc<RefusalLog>,
}

#[derive(Debug, Default)]
struct Connections {
    /// Numbered in the order in which they entered their phase.
    by_age: BTreeMap<u64, Connection>,
    next: u64,
}

#[derive(Debug)]
struct Connection {
    key: LimitKey,
    phase: Phase,
    _evicted: oneshot::Sender<()>,
}

/// By what connections are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LimitKey {
    /// The address that they come from.
    Address(AddressKey),
    /// Those of all trusted proxies together, which have no limit of their own.
    TrustedProxy,
}

/// One HTTP connection; it counts until this is dropped.
#[derive(Debug)]
pub(crate) struct HttpConnectionPermit {
    limiter: Arc<HttpConnectionLimiter>,
    number: Mutex<u64>,
}

impl HttpConnectionLimiter {
    pub(crate) fn new(refusal_log: Arc<RefusalLog>) -> Self {
        Self { connections: Mutex::default(), refusal_log }
    }

    /// Counts a new connection. The receiver ends when that connection is evicted.
    pub(crate) fn acquire(self: &Arc<Self>, key: LimitKey) -> (HttpConnectionPermit, oneshot::Receiver<()>) {
        let (evict, evicted) = oneshot::channel();
        let mut connections = self.lock();
        self.evict_excess(&mut connections, Phase::AwaitingRequest, key);
        let number = connections.insert(Connection { key, phase: Phase::AwaitingRequest, _evicted: evict });
        (HttpConnectionPermit { limiter: Arc::clone(self), number: Mutex::new(number) }, evicted)
    }

    fn evict_excess(&self, connections: &mut Connections, phase: Phase, key: LimitKey) {
        while let Some(number) = connections.connection_to_evict(phase, key) {
            if let Some(Connection { key: LimitKey::Address(address), .. }) =
                connections.by_age.remove(&number)
            {
                self.refusal_log.record("http-connections", address);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Connections> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connections {
    fn insert(&mut self, connection: Connection) -> u64 {
        let number = self.next;
        self.next += 1;
        self.by_age.insert(number, connection);
        number
    }

    /// The number of the connection to evict before another of `key` may enter `phase`; `None` below the limits.
    fn connection_to_evict(&self, phase: Phase, key: LimitKey) -> Option<u64> {
        let (mut all, mut counts) = (0, BTreeMap::<LimitKey, usize>::new());
        for connection in self.by_age.values().filter(|connection| connection.phase == phase) {
            all += 1;
            *counts.entry(connection.key).or_default() += 1;
        }
        let own = counts.get(&key).copied().unwrap_or_default();
        let evicted_key = if key != LimitKey::TrustedProxy && own >= MAX_HTTP_CONNECTIONS_PER_ADDRESS {
            Some(key)
        } else if all >= MAX_HTTP_CONNECTIONS {
            // A trusted proxy has many connections because it has many clients, so it comes last.
            counts
                .into_iter()
                .max_by_key(|(key, count)| (*key != LimitKey::TrustedProxy, *count))
                .map(|(key, _)| key)
        } else {
            None
        };
        let oldest = |(_, connection): &(&u64, &Connection)| {
            connection.phase == phase && Some(connection.key) == evicted_key
        };
        evicted_key.and_then(|_| self.by_age.iter().find(oldest).map(|(number, _)| *number))
    }
}

impl HttpConnectionPermit {
    /// The first request has come: the connection changes its phase. Later calls do nothing.
    pub(crate) fn mark_responding(&self) {
        let mut number = self.number.lock().unwrap_or_else(PoisonError::into_inner);
        let mut connections = self.limiter.lock();
        let is_awaiting = connections
            .by_age
            .get(&number)
            .is_some_and(|connection| connection.phase == Phase::AwaitingRequest);
        if let Some(connection) = is_awaiting.then(|| connections.by_age.remove(&number)).flatten() {
            self.limiter.evict_excess(&mut connections, Phase::Responding, connection.key);
            *number = connections.insert(Connection { phase: Phase::Responding, ..connection });
        }
    }
}

impl Drop for HttpConnectionPermit {
    fn drop(&mut self) {
        let number = *self.number.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.limiter.lock().by_age.remove(&number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: usize) -> LimitKey {
        let [.., high, low] = n.to_be_bytes();
        LimitKey::Address(AddressKey::of([127, 0, high, low].into()))
    }

    fn limiter() -> Arc<HttpConnectionLimiter> {
        Arc::new(HttpConnectionLimiter::new(Arc::default()))
    }

    #[test]
    fn one_address_loses_its_own_oldest() {
        let limiter = limiter();
        let (_other, mut other) = limiter.acquire(address(0));
        let mut crowd: Vec<_> =
            (0..=MAX_HTTP_CONNECTIONS_PER_ADDRESS).map(|_| limiter.acquire(address(1))).collect();
        assert!(crowd[0].1.try_recv() == Err(oneshot::error::TryRecvError::Closed));
        assert!(
            crowd[1..]
                .iter_mut()
                .all(|(_, evicted)| evicted.try_recv() == Err(oneshot::error::TryRecvError::Empty))
        );
        assert!(other.try_recv() == Err(oneshot::error::TryRecvError::Empty));
        drop(crowd);
        assert_eq!(limiter.lock().by_age.len(), 1);
    }

    #[test]
    fn at_the_limit_the_address_with_most_loses_one() {
        let limiter = limiter();
        let (_honest, mut honest) = limiter.acquire(address(0));
        let mut proxied: Vec<_> = (0..200).map(|_| limiter.acquire(LimitKey::TrustedProxy)).collect();
        let strangers: Vec<_> = (0..1000).map(|n| limiter.acquire(address(1 + n % 5))).collect();
        assert_eq!(limiter.lock().by_age.len(), MAX_HTTP_CONNECTIONS);
        assert!(honest.try_recv() == Err(oneshot::error::TryRecvError::Empty));
        assert!(
            proxied
                .iter_mut()
                .all(|(_, evicted)| evicted.try_recv() == Err(oneshot::error::TryRecvError::Empty))
        );
        drop(strangers);
    }

    #[test]
    fn connections_that_are_answered_are_limited_apart() {
        let limiter = limiter();
        let answered: Vec<_> = (0..2 * MAX_HTTP_CONNECTIONS)
            .map(|n| {
                let (permit, evicted) = limiter.acquire(address(n % 50));
                permit.mark_responding();
                (permit, evicted)
            })
            .collect();
        let (_asks, mut asks) = limiter.acquire(address(0));
        assert_eq!(limiter.lock().by_age.len(), MAX_HTTP_CONNECTIONS + 1);
        assert!(asks.try_recv() == Err(oneshot::error::TryRecvError::Empty));
        drop(answered);
        assert_eq!(limiter.lock().by_age.len(), 1, "a permit is given back once, in whatever phase");
    }
}
