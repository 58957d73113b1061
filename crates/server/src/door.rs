//! The places of connections that are no WebSocket, or not yet.
//!
//! Nobody waits for a place: who comes when all are taken gets that of the oldest connection of the address that has
//! most. An honest request needs its place for some milliseconds, so whoever has one long is a better loss.
//!
//! Who asks and who is answered have places apart, and a WebSocket has left both: neither requests that never end nor
//! answers that nobody reads can keep one from being opened.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::addresses::Source;
use crate::refusals::Refusals;

/// Connections in each [`Stage`].
pub(crate) const MAX_HTTP_CONNECTIONS: usize = 512;
/// ...and how many of them one address has. A browser opens six; a trusted proxy may have all.
pub(crate) const MAX_HTTP_CONNECTIONS_PER_ADDRESS: usize = 192;

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// No request has come yet.
    Asking,
    /// At least one has.
    Answering,
}

/// Everybody who speaks HTTP.
#[derive(Debug)]
pub(crate) struct Door {
    callers: Mutex<Callers>,
    refusals: Arc<Refusals>,
}

#[derive(Debug, Default)]
struct Callers {
    /// By age in their stage.
    places: BTreeMap<u64, Taken>,
    next: u64,
}

#[derive(Debug)]
struct Taken {
    owner: Owner,
    stage: Stage,
    _cut: oneshot::Sender<()>,
}

/// Who a place is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Owner {
    /// An address.
    Address(Source),
    /// A proxy that speaks for many.
    TrustedProxy,
}

/// A place, given back on drop.
#[derive(Debug)]
pub(crate) struct HttpPlace {
    door: Arc<Door>,
    number: Mutex<u64>,
}

impl Door {
    pub(crate) fn new(refusals: Arc<Refusals>) -> Self {
        Self { callers: Mutex::default(), refusals }
    }

    /// Takes a place; the receiver ends when somebody else gets it.
    pub(crate) fn enter(self: &Arc<Self>, owner: Owner) -> (HttpPlace, oneshot::Receiver<()>) {
        let (cut, was_cut) = oneshot::channel();
        let mut callers = self.lock();
        self.make_room(&mut callers, Stage::Asking, owner);
        let number = callers.insert(Taken { owner, stage: Stage::Asking, _cut: cut });
        (HttpPlace { door: Arc::clone(self), number: Mutex::new(number) }, was_cut)
    }

    fn make_room(&self, callers: &mut Callers, stage: Stage, owner: Owner) {
        while let Some(number) = callers.one_too_many(stage, owner) {
            if let Some(Taken { owner: Owner::Address(source), .. }) = callers.places.remove(&number) {
                self.refusals.note("http-connections", source);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Callers> {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Callers {
    fn insert(&mut self, taken: Taken) -> u64 {
        let number = self.next;
        self.next += 1;
        self.places.insert(number, taken);
        number
    }

    /// Whose place is to be given up before this one gets one.
    fn one_too_many(&self, stage: Stage, owner: Owner) -> Option<u64> {
        let (mut all, mut counts) = (0, BTreeMap::<Owner, usize>::new());
        for taken in self.places.values().filter(|taken| taken.stage == stage) {
            all += 1;
            *counts.entry(taken.owner).or_default() += 1;
        }
        let own = counts.get(&owner).copied().unwrap_or_default();
        let loser = if owner != Owner::TrustedProxy && own >= MAX_HTTP_CONNECTIONS_PER_ADDRESS {
            Some(owner)
        } else if all >= MAX_HTTP_CONNECTIONS {
            // A trusted proxy has many because it speaks for many, so it comes last.
            counts
                .into_iter()
                .max_by_key(|(owner, count)| (*owner != Owner::TrustedProxy, *count))
                .map(|(owner, _)| owner)
        } else {
            None
        };
        let oldest = |(_, taken): &(&u64, &Taken)| taken.stage == stage && Some(taken.owner) == loser;
        loser.and_then(|_| self.places.iter().find(oldest).map(|(number, _)| *number))
    }
}

impl HttpPlace {
    /// A request has come, which is to be answered now.
    pub(crate) fn answering(&self) {
        let mut number = self.number.lock().unwrap_or_else(PoisonError::into_inner);
        let mut callers = self.door.lock();
        let waits = callers.places.get(&number).is_some_and(|taken| taken.stage == Stage::Asking);
        if let Some(taken) = waits.then(|| callers.places.remove(&number)).flatten() {
            self.door.make_room(&mut callers, Stage::Answering, taken.owner);
            *number = callers.insert(Taken { stage: Stage::Answering, ..taken });
        }
    }
}

impl Drop for HttpPlace {
    fn drop(&mut self) {
        let number = *self.number.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.door.lock().places.remove(&number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: usize) -> Owner {
        let [.., high, low] = n.to_be_bytes();
        Owner::Address(Source::of([127, 0, high, low].into()))
    }

    fn door() -> Arc<Door> {
        Arc::new(Door::new(Arc::default()))
    }

    #[test]
    fn one_address_loses_its_own_oldest() {
        let door = door();
        let (_other, mut other) = door.enter(address(0));
        let mut crowd: Vec<_> =
            (0..=MAX_HTTP_CONNECTIONS_PER_ADDRESS).map(|_| door.enter(address(1))).collect();
        assert!(crowd[0].1.try_recv() == Err(oneshot::error::TryRecvError::Closed));
        assert!(
            crowd[1..].iter_mut().all(|(_, cut)| cut.try_recv() == Err(oneshot::error::TryRecvError::Empty))
        );
        assert!(other.try_recv() == Err(oneshot::error::TryRecvError::Empty));
        drop(crowd);
        assert_eq!(door.lock().places.len(), 1);
    }

    #[test]
    fn when_all_places_are_taken_those_who_have_most_lose_one() {
        let door = door();
        let (_honest, mut honest) = door.enter(address(0));
        let mut proxied: Vec<_> = (0..200).map(|_| door.enter(Owner::TrustedProxy)).collect();
        let strangers: Vec<_> = (0..1000).map(|n| door.enter(address(1 + n % 5))).collect();
        assert_eq!(door.lock().places.len(), MAX_HTTP_CONNECTIONS);
        assert!(honest.try_recv() == Err(oneshot::error::TryRecvError::Empty));
        assert!(
            proxied.iter_mut().all(|(_, cut)| cut.try_recv() == Err(oneshot::error::TryRecvError::Empty))
        );
        drop(strangers);
    }

    #[test]
    fn who_is_answered_takes_no_place_of_those_who_ask() {
        let door = door();
        let answered: Vec<_> = (0..2 * MAX_HTTP_CONNECTIONS)
            .map(|n| {
                let (place, cut) = door.enter(address(n % 50));
                place.answering();
                (place, cut)
            })
            .collect();
        let (_asks, mut asks) = door.enter(address(0));
        assert_eq!(door.lock().places.len(), MAX_HTTP_CONNECTIONS + 1);
        assert!(asks.try_recv() == Err(oneshot::error::TryRecvError::Empty));
        drop(answered);
        assert_eq!(door.lock().places.len(), 1, "a place is given back once, wherever it was");
    }
}
