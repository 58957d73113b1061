//! What is to come in a world, in order.

use std::collections::BTreeMap;

/// Things to come, by the virtual millisecond in which they do. What is due at the same moment comes in the order in which it was
/// scheduled.
#[derive(Debug)]
pub struct EventQueue<T> {
    entries: BTreeMap<(u64, u64), T>,
    sequence: u64,
}

impl<T> Default for EventQueue<T> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), sequence: 0 }
    }
}

impl<T> EventQueue<T> {
    /// Something comes at this moment.
    pub fn schedule(&mut self, at: u64, event: T) {
        self.sequence += 1;
        self.entries.insert((at, self.sequence), event);
    }

    /// When the next thing comes.
    pub fn next_at(&self) -> Option<u64> {
        self.entries.first_key_value().map(|((at, _), _)| *at)
    }

    /// The next thing, and when it comes.
    pub fn pop(&mut self) -> Option<(u64, T)> {
        self.entries.pop_first().map(|((at, _), event)| (at, event))
    }
}
