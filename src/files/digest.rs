//! The SHA-256 of a file of which one piece after the other is seen: `crypto.subtle.digest` wants all of it at once.

use sha2::{Digest as _, Sha256};

use crate::dom::hex;

/// That of what was seen so far.
#[derive(Default)]
pub(super) struct Digest {
    sha256: Sha256,
    seen: u32,
}

impl Digest {
    /// How many bytes were seen, from the beginning without a gap.
    pub(super) fn seen(&self) -> u32 {
        self.seen
    }

    /// A piece that stands here. What was seen already does not count again, and what comes too early not at all.
    pub(super) fn update(&mut self, offset: u32, bytes: &[u8]) {
        let known = self.seen.checked_sub(offset).and_then(|known| bytes.get(known as usize..));
        if let Some(new) = known {
            self.sha256.update(new);
            self.seen += new.len() as u32;
        }
    }

    /// The digest of all that was seen, in hexadecimal digits.
    pub(super) fn hex(&self) -> String {
        hex(&self.sha256.clone().finalize())
    }
}
