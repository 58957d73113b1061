//! A short queue.

/// First in, first out, for a few things at a time: taking one out moves the others up. For so few that costs nothing,
/// and it weighs less in the bundle than `VecDeque`, whose ring would be compiled anew for every type.
#[derive(Debug, Clone)]
pub struct Queue<T>(Vec<T>);

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Queue<T> {
    /// Adds one at the end.
    pub fn push(&mut self, item: T) {
        self.0.push(item);
    }

    /// Adds one at the end; if there are already `most`, the oldest makes room for it.
    pub fn push_bounded(&mut self, item: T, most: usize) {
        if self.0.len() >= most {
            self.pop();
        }
        self.push(item);
    }

    /// Puts one back in front.
    pub fn push_front(&mut self, item: T) {
        self.0.insert(0, item);
    }

    /// Takes the oldest out.
    pub fn pop(&mut self) -> Option<T> {
        if self.0.is_empty() { None } else { Some(self.0.remove(0)) }
    }

    /// Takes everything out, oldest first.
    pub fn take(&mut self) -> Vec<T> {
        std::mem::take(&mut self.0)
    }

    /// Takes the first out for which something is so.
    pub fn remove_first(&mut self, so: impl FnMut(&T) -> bool) -> Option<T> {
        self.0.iter().position(so).map(|place| self.0.remove(place))
    }

    /// For how many something is so.
    pub fn count(&self, so: impl FnMut(&&T) -> bool) -> usize {
        self.0.iter().filter(so).count()
    }

    /// All, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }

    /// The oldest.
    pub fn first(&self) -> Option<&T> {
        self.0.first()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Drops all of them.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}
