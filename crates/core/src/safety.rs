//! Words that two people can compare aloud, to find out whether their signaling server is honest.
//!
//! Media is encrypted between the two browsers, but each knows the other only by the certificate fingerprint in its
//! session description (RFC 8122), and descriptions travel through the signaling server. A dishonest server can put its
//! own fingerprints in and sit in the middle. Then the two ends hold different fingerprints, and their words differ.
//!
//! Threat model, and what follows from it:
//! - The server chooses what it presents to either side, so it looks for a pair of certificates for which both sides
//!   get the same words. Eight words of 256 are 64 bits; by the birthday bound that is 2^32 tries. A browser makes a new
//!   certificate for every connection, so they must be made while the call is set up, and each costs [`ROUNDS`] hashes:
//!   2^50 in all.
//! - A description may list several fingerprints, and the browser accepts any of them. All of them count here, so a
//!   second one slipped in changes the words.
//! - The words say nothing about who somebody is, only that nobody sits between you and the voice that reads them out.

mod words;

use self::words::WORDS;

/// The words are PBKDF2 (RFC 8018) with HMAC-SHA-256 of [`Fingerprints::as_bytes`], one word for each byte. This is its
/// salt...
pub const SALT: &str = "visavis safety words 1";
/// ...and this the number of its rounds, so that trying is expensive: about a tenth of a second, only when words are
/// asked for.
pub const ROUNDS: u32 = 1 << 18;
/// How many words.
pub const LENGTH: usize = 8;
/// Most fingerprints of one description that count. A browser writes one, perhaps once for each media section.
const MAX_FINGERPRINTS: usize = 32;

/// What both ends of a connection know of each other's certificates. Cheap to hold and to compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprints(Vec<u8>);

impl Fingerprints {
    /// Of what [`in_description`] found in the descriptions in force; the same on either side.
    pub(crate) fn between(ours: &str, theirs: &str) -> Self {
        let (first, second) = if ours <= theirs { (ours, theirs) } else { (theirs, ours) };
        Self([first.as_bytes(), b"\n--\n", second.as_bytes()].concat())
    }

    /// What is hashed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The words for a hash, eight short ones with spaces between: the same on both ends of an honest connection.
pub fn words(hash: &[u8; LENGTH]) -> String {
    let words = hash.map(|byte| WORDS.get(usize::from(byte)).copied().unwrap_or_default());
    words.join(" ")
}

/// All fingerprints in a description, each once, in order. `None` if there are none, or more than a browser writes.
pub(crate) fn in_description(sdp: &str) -> Option<String> {
    let mut found: Vec<String> = Vec::new();
    for line in sdp.lines() {
        let Some(fingerprint) = line.strip_prefix("a=fingerprint:") else { continue };
        // Hash names and digits mean the same in either case (RFC 8122 section 5).
        let fingerprint = fingerprint.trim().to_ascii_lowercase();
        let place = found.iter().position(|known| *known >= fingerprint).unwrap_or(found.len());
        if found.get(place) != Some(&fingerprint) {
            found.insert(place, fingerprint);
        }
    }
    (!found.is_empty() && found.len() <= MAX_FINGERPRINTS).then(|| found.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sdp(fingerprints: &[&str]) -> String {
        let lines: Vec<String> = fingerprints.iter().map(|it| format!("a=fingerprint:{it}\r\n")).collect();
        format!("v=0\r\n{}m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n{}", lines.concat(), lines.concat())
    }

    fn between(ours: &str, theirs: &str) -> Fingerprints {
        Fingerprints::between(&in_description(ours).unwrap(), &in_description(theirs).unwrap())
    }

    #[test]
    fn both_ends_have_the_same() {
        let (ann, ben) = (sdp(&["sha-256 AA:01"]), sdp(&["SHA-256 bb:02"]));
        assert_eq!(between(&ann, &ben), between(&ben, &ann));
    }

    #[test]
    fn somebody_in_the_middle_is_seen() {
        let (ann, ben, eve) = (sdp(&["sha-256 AA:01"]), sdp(&["sha-256 BB:02"]), sdp(&["sha-256 EE:03"]));
        assert_ne!(between(&ann, &eve), between(&eve, &ben));
        let both = sdp(&["sha-256 EE:03", "sha-256 BB:02"]);
        assert_ne!(between(&ann, &ben), between(&ann, &both), "a second fingerprint slipped in");
        assert_eq!(between(&ann, &both), between(&ann, &sdp(&["sha-256 BB:02", "sha-256 EE:03"])));
    }

    #[test]
    fn without_certificates_there_are_no_words() {
        assert_eq!(in_description("v=0\r\nm=audio 9 RTP/AVP 0\r\n"), None);
        let many: Vec<String> = (0..=MAX_FINGERPRINTS).map(|i| format!("sha-256 {i:02X}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(in_description(&sdp(&many)), None);
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
