//! What a description says.

use super::SectionKind;
use super::fingerprint::name_of;

/// What a description says, as far as the fake cares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ParsedDescription {
    /// Which connection made it: its DTLS certificate, so to speak.
    pub(super) fingerprint: String,
    pub(super) ufrag: String,
    pub(super) kinds: Vec<SectionKind>,
    /// What sections say that they are of (`a=content`, RFC 4796).
    pub(super) contents: Vec<(usize, String)>,
    /// The sections in which whoever made it only receives.
    pub(super) recvonly: Vec<usize>,
    /// The sections in which several encodings are sent, or taken (RFC 8853).
    pub(super) simulcast: Vec<usize>,
    /// In an answer: whether whoever made it begins the DTLS handshake.
    pub(super) begins_dtls: bool,
}

impl ParsedDescription {
    /// Reads a description; `None` if a browser could not.
    pub(super) fn read(sdp: &str) -> Option<Self> {
        if !sdp.ends_with('\n') {
            return None;
        }
        let mut parsed = Self {
            fingerprint: String::new(),
            ufrag: String::new(),
            kinds: Vec::new(),
            contents: Vec::new(),
            recvonly: Vec::new(),
            simulcast: Vec::new(),
            begins_dtls: false,
        };
        for line in sdp.lines() {
            if let Some(digits) = line.strip_prefix("a=fingerprint:sha-256 ") {
                parsed.fingerprint = name_of(digits)?;
            } else if let Some(ufrag) = line.strip_prefix("a=ice-ufrag:") {
                ufrag.clone_into(&mut parsed.ufrag);
            } else if line.starts_with("m=audio") {
                parsed.kinds.push(SectionKind::Audio);
            } else if line.starts_with("m=video") {
                parsed.kinds.push(SectionKind::Video);
            } else if line.starts_with("m=application") {
                parsed.kinds.push(SectionKind::Application);
            } else if line == "a=setup:active" {
                parsed.begins_dtls = true;
            } else if line == "a=recvonly" {
                parsed.recvonly.extend(parsed.kinds.len().checked_sub(1));
            } else if line.starts_with("a=simulcast:") {
                parsed.simulcast.extend(parsed.kinds.len().checked_sub(1));
            } else if let Some(content) = line.strip_prefix("a=content:") {
                let section = parsed.kinds.len().checked_sub(1);
                parsed.contents.extend(section.map(|section| (section, content.to_owned())));
            }
        }
        (!parsed.fingerprint.is_empty()).then_some(parsed)
    }
}
