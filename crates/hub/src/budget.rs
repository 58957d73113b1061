//! A bound on the bytes that wait, for all who share it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the bytes that wait for many, and says when they are too many. Whoever holds most of them is to lose them
/// then: who holds next to nothing never suffers for those who hoard.
#[derive(Debug, Clone)]
pub struct Budget {
    used: Arc<AtomicUsize>,
    max: usize,
}

impl Budget {
    /// So many bytes for all together.
    pub fn new(max: usize) -> Self {
        Self { used: Arc::default(), max }
    }

    /// How many are in use.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Whether more are in use than there are.
    pub fn is_exceeded(&self) -> bool {
        self.used() > self.max
    }

    /// So many more wait.
    pub fn add(&self, bytes: usize) {
        self.used.fetch_add(bytes, Ordering::Relaxed);
    }

    /// So many wait no more; they were added before.
    pub fn remove(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}
