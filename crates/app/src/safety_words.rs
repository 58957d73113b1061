//! Safety words: a short authentication string, as in ZRTP (RFC 6189 section 4.3), that two people compare aloud to find out
//! whether their signaling server is honest.
//!
//! Media is encrypted between the two browsers, but each knows the other only by the certificate fingerprint in its
//! session description (RFC 8122), and descriptions travel through the signaling server. A dishonest server can put its
//! own fingerprints in and sit in the middle. Then the two ends hold different fingerprints, and their words differ.
//!
//! Threat model, and what follows from it:
//! - The server chooses what it presents to either side, so it looks for two certificates of its own, one for each
//!   side, with which both sides get the same words. Eight words of 256 are 64 bits, and a match is one between two
//!   lists: 2^32 tries for the one side and 2^32 for the other, 2^33 in all, give one match on average. Each try is a
//!   key derivation of [`ITERATIONS`], 2^18: 2^51 rounds of two SHA-256 each. Fewer tries succeed more rarely by the
//!   square: a thousandth of the work, once in a million calls. None of it can be done in advance, because the
//!   fingerprint of the honest side goes into each try, and browsers make a new certificate for every connection; and
//!   it must be done before a connection is given up and made anew
//!   ([`CONNECT_TIMEOUT`](visavis_core::timing::CONNECT_TIMEOUT)), with another certificate. At 2^33 rounds a second,
//!   which one big graphics card of 2024 does, 2^51 take three days: 15 s want 17,000 of them. An offer that lies with our
//!   own server for whoever joins next is taken back after 50 s, so there it is 65 s, and 4,000 of them. (On servers that
//!   only repeat what they hear, an offer to whoever may be there waits without end: there it is three days on one card.)
//! - A description may list several fingerprints, and a browser accepts any of them, also in spellings that RFC 8122 does
//!   not know. So the core shows browsers one SHA-256, in one spelling.
//! - The certificate of the other side is *pinned*: a description that names another one on the same connection is
//!   refused. Firefox (seen in ESR 153) would keep the connection to whom it knows, and only the text would change.
//! - Text is not proof. Once connected, the certificate in use is read from the browser (`getRemoteCertificates()`), and
//!   there are words only if it is the pinned one.
//! - The words say nothing about who somebody is, only that nobody sits between you and the voice that reads them out.

mod list;

use self::list::WORDS;

/// The words are PBKDF2 (RFC 8018) with HMAC-SHA-256 of
/// [`Fingerprints::as_bytes`](visavis_core::Fingerprints::as_bytes), one word for each byte. This is its salt...
pub const SALT: &str = "visavis safety words 1";
/// ...and this the number of its rounds, so that trying is expensive: about a tenth of a second, only when words are
/// asked for.
pub const ITERATIONS: u32 = 1 << 18;
/// How many words.
pub const WORD_COUNT: usize = 8;

/// The words for a hash, eight short ones with spaces between: the same on both ends of an honest connection.
pub fn words(hash: &[u8; WORD_COUNT]) -> String {
    let words = hash.map(|byte| WORDS.get(usize::from(byte)).copied().unwrap_or_default());
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_words_are_alike() {
        let mut sorted = WORDS.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), 256);
        assert!(WORDS.iter().all(|word| (3..=6).contains(&word.len())));
        assert_eq!(words(&[0, 1, 2, 3, 255, 255, 0, 0]).split(' ').count(), WORD_COUNT);
    }
}
