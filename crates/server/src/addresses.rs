//! How many connections one address has.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts connections by address.
#[derive(Debug, Default)]
pub(crate) struct Addresses {
    counts: Mutex<BTreeMap<IpAddr, usize>>,
}

/// One connection of an address; it is counted until this is dropped.
#[derive(Debug)]
pub(crate) struct Counted {
    addresses: Arc<Addresses>,
    address: IpAddr,
}

impl Addresses {
    /// Counts one more connection; `None` if the address has `max` already.
    pub(crate) fn count(self: &Arc<Self>, address: IpAddr, max: Option<usize>) -> Option<Counted> {
        let address = address.to_canonical();
        let mut counts = self.lock();
        let count = counts.entry(address).or_default();
        if max.is_some_and(|max| *count >= max) {
            return None;
        }
        *count += 1;
        Some(Counted { addresses: Arc::clone(self), address })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<IpAddr, usize>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut counts = self.addresses.lock();
        let left = counts.get_mut(&self.address).map_or(0, |count| {
            *count -= 1;
            *count
        });
        if left == 0 {
            counts.remove(&self.address);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn counts_until_dropped_and_forgets() {
        let addresses = Arc::new(Addresses::default());
        let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let first = addresses.count(here, Some(1));
        assert!(first.is_some() && addresses.count(here, Some(1)).is_none());
        let mapped = IpAddr::V6(Ipv4Addr::LOCALHOST.to_ipv6_mapped());
        assert!(addresses.count(mapped, Some(1)).is_none(), "the same address in its other form");
        drop(first);
        assert!(addresses.lock().is_empty());
    }
}
