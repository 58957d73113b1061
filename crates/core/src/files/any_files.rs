//! Files behind a pointer that tells nothing of them.

use std::fmt;

use super::Files;

/// All files of one room, for those who only keep and drop them: what they consist of is known where they are used.
pub(crate) struct AnyFiles(Box<dyn HoldsFiles>);

impl AnyFiles {
    /// None yet; `log` is another number in each page and room.
    pub(crate) fn new(log: u32) -> Self {
        Self(Box::new(Files::new(log)))
    }

    /// The files.
    pub(crate) fn get(&mut self) -> &mut Files {
        self.0.files()
    }
}

trait HoldsFiles {
    fn files(&mut self) -> &mut Files;
}

impl HoldsFiles for Files {
    fn files(&mut self) -> &mut Files {
        self
    }
}

/// Says nothing of them: whoever keeps them would have to know how.
impl fmt::Debug for AnyFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyFiles")
    }
}
