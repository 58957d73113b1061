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

    /// Removes the oldest item that matches, and returns it.
    pub fn remove_first(&mut self, matches: impl FnMut(&T) -> bool) -> Option<T> {
        self.0.iter().position(matches).map(|place| self.0.remove(place))
    }

    /// How many items match.
    pub fn count(&self, matches: impl FnMut(&&T) -> bool) -> usize {
        self.0.iter().filter(matches).count()
    }

    /// All, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }

    /// All, oldest first, to change them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut()
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
