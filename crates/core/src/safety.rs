//! Certificates of a connection: which one its other side has announced, and whether that is the one in use.
//!
//! Media is encrypted between the two browsers, but each knows the other only by the certificate fingerprint in its
//! session description (RFC 8122), and descriptions travel through the signaling server, which may be dishonest. So people
//! can compare words that the page derives from [`Fingerprints`] (`visavis-app`, where the threat model is), and this is
//! what makes them mean something:
//! - A description may list several fingerprints, and a browser accepts any of them, also in spellings that RFC 8122 does
//!   not know. So browsers are shown none but what `canonical` leaves: one SHA-256, in one spelling.
//! - The certificate of the other side is *pinned*: a description that names another one on the same connection is refused.
//!   Firefox (seen in ESR 153) would keep the connection to whom it knows, and only the text would change.
//! - Text is not proof. Once connected, the certificate in use is read from the browser (`getRemoteCertificates()`), and
//!   there are fingerprints to compare only if it is the pinned one.

mod canonical;

pub use self::canonical::Fingerprint;
use self::canonical::NAME;
pub(crate) use self::canonical::{DescriptionError, MAX_FORWARDED_SECTIONS, MAX_SECTIONS};

/// What both ends of a connection know of each other's certificates. Cheap to hold and to compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprints(Vec<u8>);

impl Fingerprints {
    /// Of the certificates of both sides; the same on either side.
    fn between(local: &Fingerprint, remote: &Fingerprint) -> Self {
        let (first, second) = if local <= remote { (local, remote) } else { (remote, local) };
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
    local: Option<Fingerprint>,
    /// Of their first description: pinned, for as long as the connection lives.
    pinned: Option<Fingerprint>,
    /// What the browser says that it talks to. One, unless something is wrong: two are enough to know that.
    in_use: Vec<Fingerprint>,
}

impl Certificates {
    /// Our own description is in force.
    pub(crate) fn on_local_description(&mut self, sdp: &str) {
        self.local =
            canonical::canonicalize_sdp(sdp, usize::MAX).ok().and_then(|(_, fingerprint)| fingerprint);
    }

    /// What the browser may be shown of their description, of at most so many sections.
    pub(crate) fn sanitize(&mut self, sdp: &str, max_sections: usize) -> Result<String, DescriptionError> {
        let (sdp, fingerprint) = canonical::canonicalize_sdp(sdp, max_sections)?;
        if self.pinned.is_some() && fingerprint.is_some() && self.pinned != fingerprint {
            return Err(DescriptionError::CertificateChanged);
        }
        self.pinned = self.pinned.take().or(fingerprint);
        Ok(sdp)
    }

    /// The browser talks to whoever has this certificate.
    pub(crate) fn add_remote_certificate(&mut self, fingerprint: Fingerprint) {
        if self.in_use.len() < 2 && !self.in_use.contains(&fingerprint) {
            self.in_use.push(fingerprint);
        }
    }

    /// What the words are made of, if the certificate in use is the one that was announced.
    pub(crate) fn verified(&self) -> Option<Fingerprints> {
        let (local, pinned) = (self.local.as_ref()?, self.pinned.as_ref()?);
        (self.in_use.as_slice() == std::slice::from_ref(pinned)).then(|| Fingerprints::between(local, pinned))
    }
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
    fn between(local: u8, announced: u8, in_use: u8) -> Option<Fingerprints> {
        let mut certificates = Certificates::default();
        certificates.on_local_description(&sdp(local));
        certificates.sanitize(&sdp(announced), MAX_SECTIONS).unwrap();
        certificates.add_remote_certificate(fingerprint(in_use));
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
        certificates.on_local_description(&sdp(1));
        certificates.sanitize(&sdp(2), MAX_SECTIONS).unwrap();
        assert_eq!(certificates.verified(), None, "not read yet");
        certificates.add_remote_certificate(fingerprint(2));
        certificates.add_remote_certificate(fingerprint(2));
        assert!(certificates.verified().is_some());
        certificates.add_remote_certificate(fingerprint(3));
        assert_eq!(certificates.verified(), None, "one of two transports leads elsewhere");
    }

    #[test]
    fn a_certificate_is_pinned() {
        let mut certificates = Certificates::default();
        certificates.sanitize(&sdp(2), MAX_SECTIONS).unwrap();
        assert_eq!(certificates.sanitize(&sdp(3), MAX_SECTIONS), Err(DescriptionError::CertificateChanged));
        assert_eq!(certificates.sanitize(&sdp(2), MAX_SECTIONS), Ok(sdp(2)));
    }
}
