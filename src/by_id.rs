//! A few things by their ids.

/// A map for a handful of entries: connections, tracks, listeners. It searches from end to end, which for so few is as
/// quick as a tree, and weighs a tenth of what a `BTreeMap` adds to the bundle for every type it is used with.
pub(crate) struct ById<K, V>(Vec<(K, V)>);

impl<K, V> Default for ById<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Copy + PartialEq, V> ById<K, V> {
    /// Adds an entry whose id is not in use: ids are never used twice.
    pub(crate) fn insert(&mut self, id: K, value: V) {
        self.0.push((id, value));
    }

    /// Looks an entry up.
    pub(crate) fn get(&self, id: K) -> Option<&V> {
        self.0.iter().find(|(key, _)| *key == id).map(|(_, value)| value)
    }

    /// Takes an entry out.
    pub(crate) fn remove(&mut self, id: K) -> Option<V> {
        let place = self.0.iter().position(|(key, _)| *key == id)?;
        Some(self.0.swap_remove(place).1)
    }

    /// Takes the newest entry out.
    pub(crate) fn pop(&mut self) -> Option<(K, V)> {
        self.0.pop()
    }
}
