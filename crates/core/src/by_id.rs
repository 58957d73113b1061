//! A few things by their ids.

/// A map for a handful of entries: connections, tracks, listeners, in the order in which they came. It searches from end
/// to end, which for so few is as quick as a tree, and weighs a tenth of what a `BTreeMap` adds to the bundle.
#[derive(Debug, Clone)]
pub struct ById<K, V>(Vec<(K, V)>);

impl<K, V> Default for ById<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: PartialEq, V> ById<K, V> {
    /// Adds an entry whose id is not in use.
    pub fn insert(&mut self, id: K, value: V) {
        self.0.push((id, value));
    }

    /// Looks an entry up.
    pub fn get(&self, id: &K) -> Option<&V> {
        self.0.iter().find(|(key, _)| key == id).map(|(_, value)| value)
    }

    /// Looks an entry up, to change it.
    pub fn get_mut(&mut self, id: &K) -> Option<&mut V> {
        self.0.iter_mut().find(|(key, _)| key == id).map(|(_, value)| value)
    }

    /// Looks an entry up, to change it; one that is not there is made.
    pub fn get_or_insert_with(&mut self, id: &K, make: impl FnOnce() -> V) -> &mut V
    where
        K: Clone,
    {
        let at = self.0.iter().position(|(key, _)| key == id).unwrap_or_else(|| {
            self.0.push((id.clone(), make()));
            self.0.len() - 1
        });
        &mut self.0[at].1
    }

    /// Takes an entry out.
    pub fn remove(&mut self, id: &K) -> Option<V> {
        let place = self.0.iter().position(|(key, _)| key == id)?;
        Some(self.0.remove(place).1)
    }

    /// Takes the newest entry out.
    pub fn pop(&mut self) -> Option<(K, V)> {
        self.0.pop()
    }

    /// All entries, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// All entries, oldest first, to change them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.0.iter_mut().map(|(key, value)| (&*key, value))
    }

    /// All ids, oldest first.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.0.iter().map(|(key, _)| key)
    }
}
