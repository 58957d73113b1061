//! What people write to each other, without what it is. In the part of the page's program that is loaded on demand.

use visavis_signaling::text::clean_lines;

use crate::interactions::MAX_CHAT_CHARS;

/// How many characters were written: that decides how many messages it takes.
#[inline(never)]
pub(super) fn chat_numbers(text: &str) -> [u32; 3] {
    [clean_lines(text, MAX_CHAT_CHARS).chars().count() as u32, 0, 0]
}
