//! What a browser is shown of somebody else's description: one certificate, in one spelling.
//!
//! Browsers read more than RFC 8122 allows. Firefox (ESR 153) takes the name of an attribute in any case, with white space
//! before it, and with white space instead of the colon; it accepts the certificate of *any* fingerprint in a section,
//! where Chromium takes the last. Line ends and what counts as one differ too. So a description is taken apart into lines
//! at every control character, lines that could be taken for a fingerprint are dropped, and the one that is meant is
//! written anew.

use visavis_signaling::limits::MAX_PARTICIPANTS;

use crate::view::ConnectionReason;

/// The line of RFC 8122 section 5, up to its digits.
const LINE: &str = "a=fingerprint:sha-256 ";
/// How the hash is called there.
pub(super) const NAME: &str = "sha-256 ";
/// Bytes of a SHA-256 in hexadecimal, with colons between.
const DIGITS: usize = 32 * 3 - 1;

/// Most media sections of a description of another person that are answered. Between two people there are three (voice,
/// picture, a data channel), with a screen five, and clients that never recycle one add two with every turn of a switch.
pub(crate) const MAX_SECTIONS: usize = 32;
/// ...and of a selective forwarding unit: each person may have four.
pub(crate) const MAX_FORWARDED_SECTIONS: usize = 4 * MAX_PARTICIPANTS;

/// Why a description is not even shown to the browser. The names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DescriptionError {
    /// Its sections name different certificates.
    CertificatesDiffer,
    /// It names another certificate than the description before.
    CertificateChanged,
    /// It has more than are answered.
    TooManySections,
}

impl DescriptionError {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::CertificatesDiffer => "certificates-differ",
            Self::CertificateChanged => "certificate-changed",
            Self::TooManySections => "too-many-sections",
        }
    }

    /// What a person is told.
    pub(crate) fn reason(self) -> ConnectionReason {
        match self {
            Self::CertificatesDiffer | Self::CertificateChanged => ConnectionReason::Untrusted,
            Self::TooManySections => ConnectionReason::TooLarge,
        }
    }
}

/// The SHA-256 of a certificate, as RFC 8122 writes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fingerprint(pub(super) String);

impl Fingerprint {
    /// The one with these bytes.
    pub fn of(digest: &[u8; 32]) -> Self {
        let mut text = String::with_capacity(DIGITS);
        for byte in digest {
            if !text.is_empty() {
                text.push(':');
            }
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from_digit(digit.into(), 16).unwrap_or_default().to_ascii_uppercase());
            }
        }
        Self(text)
    }

    /// Digits with colons between, in either case.
    pub fn read(digits: &str) -> Option<Self> {
        let fits =
            |(at, byte): (usize, u8)| if at % 3 == 2 { byte == b':' } else { byte.is_ascii_hexdigit() };
        let whole = digits.len() == DIGITS && digits.bytes().enumerate().all(fits);
        whole.then(|| Self(digits.to_ascii_uppercase()))
    }

    /// The name of a hash means the same in either case (RFC 8122 section 5), that of an attribute does not.
    fn read_line(line: &str) -> Option<Self> {
        let (head, digits) = line.split_at_checked(LINE.len())?;
        let meant = head.starts_with("a=fingerprint:") && head.eq_ignore_ascii_case(LINE);
        Self::read(digits.trim_ascii_end()).filter(|_| meant)
    }
}

/// A description of at most `max_sections` with nothing in it that could be taken for a fingerprint but one SHA-256, and that
/// fingerprint.
pub(crate) fn canonicalize_sdp(
    sdp: &str,
    max_sections: usize,
) -> Result<(String, Option<Fingerprint>), DescriptionError> {
    let (mut out, mut found, mut sections) = (String::with_capacity(sdp.len()), None, 0);
    for line in sdp.split(|c: char| c.is_control() && c != '\t').filter(|line| is_line(line)) {
        sections += usize::from(line.starts_with("m="));
        if !is_about_identity(line) {
            out.push_str(line);
        } else if let Some(fingerprint) = Fingerprint::read_line(line) {
            out.push_str(LINE);
            out.push_str(&fingerprint.0);
            if found.get_or_insert_with(|| fingerprint.clone()) != &fingerprint {
                return Err(DescriptionError::CertificatesDiffer);
            }
        } else {
            continue;
        }
        out.push_str("\r\n");
    }
    if sections > max_sections { Err(DescriptionError::TooManySections) } else { Ok((out, found)) }
}

/// `<type>=<value>` (RFC 8866 section 5).
fn is_line(line: &str) -> bool {
    matches!(line.as_bytes(), [b'a'..=b'z', b'=', ..])
}

/// Whether a line could be taken for a fingerprint, however it is written, or for an assertion of identity, which names
/// fingerprints too and makes Firefox load a page of the one who sent it (`a=identity`, RFC 8827 section 7.4).
fn is_about_identity(line: &str) -> bool {
    let letters: Vec<u8> =
        line.bytes().filter(u8::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    letters.starts_with(b"aidentity") || letters.windows(11).any(|part| part == b"fingerprint")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(byte: u8) -> String {
        Fingerprint::of(&[byte; 32]).0
    }

    fn section(lines: &[&str]) -> String {
        format!("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n{}\r\na=mid:0\r\n", lines.join("\r\n"))
    }

    /// What is left for the fingerprint of byte 1 beside these lines.
    fn left(strange: &str) -> (String, Option<Fingerprint>) {
        let good = format!("a=fingerprint:sha-256 {}", digits(1));
        canonicalize_sdp(&section(&[strange, &good]), MAX_SECTIONS).unwrap()
    }

    #[test]
    fn nothing_that_resembles_a_fingerprint_reaches_the_browser() {
        let (good, evil) = (section(&[&format!("a=fingerprint:sha-256 {}", digits(1))]), digits(14));
        for strange in [
            "a=Fingerprint:sha-256 @",
            "a=FINGERPRINT:sha-256 @",
            "a= fingerprint:sha-256 @",
            "a=\tfingerprint:sha-256 @",
            " a=fingerprint:sha-256 @",
            "A=fingerprint:sha-256 @",
            "a =fingerprint:sha-256 @",
            "a=fingerprint sha-256 @",
            "a=fingerprint\tsha-256 @",
            "a=fingerprint :sha-256 @",
            "a=fingerprint: sha-256 @",
            "a=fingerprint:sha-256  @",
            "a=fingerprint:sha-256\t@",
            "a=fingerprint:sha-512 @",
            "a=fingerprint:sha-256 @:00",
            "a=fingerprint:sha-256 @, sha-256 @",
            "a=finger\u{0}print:sha-256 @",
            "a=fingerprint\u{0}:sha-256 @",
            "a=x-fingerprint:sha-256 @",
            "a=acap:1 fingerprint:sha-256 @",
            "a=ssrc:1 fingerprint:sha-256 @",
            "a=identity:eyJpZHAiOnt9fQ==",
            "a=Identity:eyJpZHAiOnt9fQ==",
        ] {
            let (sdp, fingerprint) = left(&strange.replace('@', &evil));
            assert_eq!(sdp.replace("a=finger\r\n", ""), good, "{strange:?}");
            assert_eq!(fingerprint.unwrap().0, digits(1), "{strange:?}");
        }
    }

    #[test]
    fn a_line_cannot_hide_in_another() {
        for end in ["\r", "\n", "\u{0}", "\u{b}", "\u{c}", "\u{85}", "\r\r\n"] {
            let hidden = format!("a=x:1{end}a=fingerprint:sha-256 {}", digits(14));
            let good = format!("a=fingerprint:sha-256 {}", digits(1));
            let refused = canonicalize_sdp(&section(&[&hidden, &good]), MAX_SECTIONS);
            assert_eq!(refused, Err(DescriptionError::CertificatesDiffer), "{end:?}");
        }
        assert_eq!(
            canonicalize_sdp("v=0\rs=-\n\r\nt=0 0", MAX_SECTIONS).unwrap().0,
            "v=0\r\ns=-\r\nt=0 0\r\n"
        );
    }

    #[test]
    fn sections_and_session_name_one_certificate() {
        let line = |byte| format!("a=fingerprint:SHA-256 {}\r\n", digits(byte).to_ascii_lowercase());
        let of = |session, first, second| {
            let section = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n";
            canonicalize_sdp(
                &["v=0\r\n", &line(session), section, &line(first), section, &line(second)].concat(),
                MAX_SECTIONS,
            )
        };
        let (sdp, fingerprint) = of(1, 1, 1).unwrap();
        assert_eq!(fingerprint.unwrap().0, digits(1));
        assert_eq!(sdp.matches(&format!("{LINE}{}\r\n", digits(1))).count(), 3, "{sdp}");
        for differs in [of(2, 1, 1), of(1, 2, 1), of(1, 1, 2)] {
            assert_eq!(differs, Err(DescriptionError::CertificatesDiffer));
        }
    }

    /// aiortc lists three hashes of its one certificate.
    #[test]
    fn other_hashes_of_a_certificate_do_no_harm() {
        let longer =
            |name: &str, bytes: usize| format!("a=fingerprint:{name} {}", vec!["AB"; bytes].join(":"));
        let hashes = [&longer("sha-384", 48), &*format!("{LINE}{}", digits(1)), &longer("sha-512", 64)];
        let (sdp, fingerprint) = canonicalize_sdp(&section(&hashes), MAX_SECTIONS).unwrap();
        assert_eq!(sdp, section(&[&format!("{LINE}{}", digits(1))]));
        assert_eq!(fingerprint.unwrap().0, digits(1));
    }

    #[test]
    fn a_description_without_a_certificate_is_left_as_it_is() {
        let plain = "v=0\r\nm=audio 9 RTP/AVP 0\r\n";
        assert_eq!(canonicalize_sdp(plain, MAX_SECTIONS), Ok((plain.to_owned(), None)));
    }

    #[test]
    fn sections_are_bounded() {
        let of = |count| {
            canonicalize_sdp(&["v=0\r\n", &"m=audio 9 RTP/AVP 0\r\n".repeat(count)].concat(), MAX_SECTIONS)
        };
        assert!(of(MAX_SECTIONS).is_ok());
        assert_eq!(of(MAX_SECTIONS + 1), Err(DescriptionError::TooManySections));
    }

    #[test]
    fn fingerprints_are_read_in_full() {
        assert_eq!(Fingerprint::read(&digits(0xAB)), Some(Fingerprint::of(&[0xAB; 32])));
        assert_eq!(Fingerprint::read(&digits(0xAB).replace(':', "-")), None);
        assert_eq!(Fingerprint::read("AB:CD"), None);
    }
}
