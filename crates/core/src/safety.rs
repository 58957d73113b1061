//! Words that two people can compare aloud, to find out whether their signaling server is honest.
//!
//! Media is encrypted between the two browsers, but each knows the other only by the certificate fingerprint in its
//! session description (RFC 8122), and descriptions travel through the signaling server. A dishonest server can put its
//! own fingerprints in and sit in the middle. Then the two ends hold different fingerprints, and their words differ.
//!
//! Threat model, and what follows from it:
//! - The server chooses what it presents to either side, so it looks for two certificates of its own, one for each side,
//!   with which both sides get the same words. Eight words of 256 are 64 bits, and a match is one between two lists: 2^32
//!   tries for the one side and 2^32 for the other, 2^33 in all, give one match on average. Each try is a key derivation
//!   of [`ROUNDS`], 2^18: 2^51 rounds of two SHA-256 each. Fewer tries succeed more rarely by the square: a thousandth of
//!   the work, once in a million calls. None of it can be done in advance, because the fingerprint of the honest side
//!   goes into each try, and browsers make a new certificate for every connection; and it must be done before a
//!   connection is given up and made anew ([`CONNECT_TIMEOUT`](crate::timing::CONNECT_TIMEOUT)), with another certificate. At 2^33
//!   rounds a second, which one big graphics card of 2024 does, 2^51 take three days: 15 s want 17,000 of them.
//!   (On servers that only repeat what they hear, an offer to whoever may be there waits without end: there it is three
//!   days on one card.)
//! - A description may list several fingerprints, and a browser accepts any of them, also in spellings that RFC 8122 does
//!   not know. So browsers are shown none but what `canonical` leaves: one SHA-256, in one spelling.
//! - The certificate of the other side is *pinned*: a description that names another one on the same connection is refused.
//!   Firefox (seen in ESR 153) would keep the connection to whom it knows, and only the text would change.
//! - Text is not proof. Once connected, the certificate in use is read from the browser (`getRemoteCertificates()`), and
//!   there are words only if it is the pinned one.
//! - The words say nothing about who somebody is, only that nobody sits between you and the voice that reads them out.

mod canonical;
mod words;

pub use self::canonical::Fingerprint;
use self::canonical::NAME;
pub(crate) use self::canonical::{DescriptionError, MAX_SECTIONS, canonical};
use self::words::WORDS;

/// The words are PBKDF2 (RFC 8018) with HMAC-SHA-256 of [`Fingerprints::as_bytes`], one word for each byte. This is its
/// salt...
pub const SALT: &str = "visavis safety words 1";
/// ...and this the number of its rounds, so that trying is expensive: about a tenth of a second, only when words are
/// asked for.
pub const ROUNDS: u32 = 1 << 18;
/// How many words.
pub const LENGTH: usize = 8;

/// What both ends of a connection know of each other's certificates. Cheap to hold and to compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprints(Vec<u8>);

impl Fingerprints {
    /// Of the certificates of both sides; the same on either side.
    fn between(ours: &Fingerprint, theirs: &Fingerprint) -> Self {
        let (first, second) = if ours <= theirs { (ours, theirs) } else { (theirs, ours) };
        Self([NAME, &first.0, "\n--\n", NAME, &second.0].concat().to_ascii_lowercase().into_bytes())
    }

    /// What is hashed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The certificates of one connection.
#[derive(Debug, Default)]
pub(crate) struct Certificates {
    /// Of our own description.
    ours: Option<Fingerprint>,
    /// Of their first description: pinned, for as long as the connection lives.
    pinned: Option<Fingerprint>,
    /// What the browser says that it talks to. One, unless something is wrong: two are enough to know that.
    in_use: Vec<Fingerprint>,
}

impl Certificates {
    /// Our own description is in force.
    pub(crate) fn local(&mut self, sdp: &str) {
        self.ours = canonical(sdp).ok().and_then(|(_, fingerprint)| fingerprint);
    }

    /// What the browser may be shown of their description.
    pub(crate) fn sanitize(&mut self, sdp: &str) -> Result<String, DescriptionError> {
        let (sdp, fingerprint) = canonical(sdp)?;
        if self.pinned.is_some() && fingerprint.is_some() && self.pinned != fingerprint {
            return Err(DescriptionError::CertificateChanged);
        }
        self.pinned = self.pinned.take().or(fingerprint);
        Ok(sdp)
    }

    /// The browser talks to whoever has this certificate.
    pub(crate) fn remote_in_use(&mut self, fingerprint: Fingerprint) {
        if self.in_use.len() < 2 && !self.in_use.contains(&fingerprint) {
            self.in_use.push(fingerprint);
        }
    }

    /// What the words are made of, if the certificate in use is the one that was announced.
    pub(crate) fn verified(&self) -> Option<Fingerprints> {
        let (ours, pinned) = (self.ours.as_ref()?, self.pinned.as_ref()?);
        (self.in_use.as_slice() == std::slice::from_ref(pinned)).then(|| Fingerprints::between(ours, pinned))
    }
}

/// The words for a hash, eight short ones with spaces between: the same on both ends of an honest connection.
pub fn words(hash: &[u8; LENGTH]) -> String {
    let words = hash.map(|byte| WORDS.get(usize::from(byte)).copied().unwrap_or_default());
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(digit: u8) -> Fingerprint {
        Fingerprint::of(&[digit; 32])
    }

    fn sdp(digit: u8) -> String {
        format!(
            "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=fingerprint:sha-256 {}\r\n",
            fingerprint(digit).0
        )
    }

    /// What somebody with the first certificate knows who was announced the second and talks to the third.
    fn between(ours: u8, announced: u8, in_use: u8) -> Option<Fingerprints> {
        let mut certificates = Certificates::default();
        certificates.local(&sdp(ours));
        certificates.sanitize(&sdp(announced)).unwrap();
        certificates.remote_in_use(fingerprint(in_use));
        certificates.verified()
    }

    #[test]
    fn both_ends_have_the_same() {
        assert!(between(1, 2, 2).is_some());
        assert_eq!(between(1, 2, 2), between(2, 1, 1));
    }

    #[test]
    fn somebody_in_the_middle_is_seen() {
        assert_ne!(between(1, 3, 3), between(2, 3, 3));
    }

    #[test]
    fn there_are_words_only_for_the_certificate_in_use() {
        assert_eq!(between(1, 2, 3), None, "announced is one, and another is used");
        let mut certificates = Certificates::default();
        certificates.local(&sdp(1));
        certificates.sanitize(&sdp(2)).unwrap();
        assert_eq!(certificates.verified(), None, "not read yet");
        certificates.remote_in_use(fingerprint(2));
        certificates.remote_in_use(fingerprint(2));
        assert!(certificates.verified().is_some());
        certificates.remote_in_use(fingerprint(3));
        assert_eq!(certificates.verified(), None, "one of two transports leads elsewhere");
    }

    #[test]
    fn a_certificate_is_pinned() {
        let mut certificates = Certificates::default();
        certificates.sanitize(&sdp(2)).unwrap();
        assert_eq!(certificates.sanitize(&sdp(3)), Err(DescriptionError::CertificateChanged));
        assert_eq!(certificates.sanitize(&sdp(2)), Ok(sdp(2)));
    }

    #[test]
    fn no_two_words_are_alike() {
        let mut sorted = WORDS.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), 256);
        assert!(WORDS.iter().all(|word| (3..=6).contains(&word.len())));
        assert_eq!(words(&[0, 1, 2, 3, 255, 255, 0, 0]).split(' ').count(), LENGTH);
    }
}
