//! A limit on buffered bytes that many buffers share.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the bytes in buffers that share one limit. Clones share the count. Nothing is refused: when the limit is
/// exceeded, the owner of the buffers empties the largest of them, so that small ones never suffer for it.
#[derive(Debug, Clone)]
pub struct ByteBudget {
    used: Arc<AtomicUsize>,
    max: usize,
}

impl ByteBudget {
    /// At most `max` bytes in all buffers together.
    pub fn new(max: usize) -> Self {
        Self { used: Arc::default(), max }
    }

    /// How many bytes are buffered.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Whether more bytes are buffered than allowed.
    pub fn is_exceeded(&self) -> bool {
        self.used() > self.max
    }

    /// Counts bytes that were put into a buffer.
    pub fn add(&self, bytes: usize) {
        self.used.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts bytes that have left a buffer; they must have been added before.
    pub fn remove(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}
