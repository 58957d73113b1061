//! Candidates inside a description (RFC 8839 section 5.1), for clients that take nothing else.

use crate::signal::{IceCandidate, SessionDescription};

/// The description with these candidates at the ends of their media sections.
pub(super) fn with_candidates(
    description: &SessionDescription,
    candidates: &[IceCandidate],
) -> SessionDescription {
    let mut sdp = String::new();
    for (index, section) in sections(&description.sdp).enumerate() {
        sdp.push_str(section);
        // What stands before the first media section is not one.
        let Some(index) = index.checked_sub(1) else { continue };
        for candidate in candidates.iter().filter(|candidate| belongs(candidate, index, section)) {
            sdp.push_str("a=");
            sdp.push_str(&candidate.candidate);
            sdp.push_str("\r\n");
        }
    }
    SessionDescription { sdp_type: description.sdp_type, sdp }
}

/// The part before the first media section, and each media section.
fn sections(sdp: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(sdp);
    std::iter::from_fn(move || {
        let text = rest?;
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            if at > 0 && line.starts_with("m=") {
                rest = text.get(at..);
                return text.get(..at);
            }
            at += line.len();
        }
        rest = None;
        Some(text)
    })
}

fn belongs(candidate: &IceCandidate, index: usize, section: &str) -> bool {
    match (candidate.sdp_m_line_index, &candidate.sdp_mid) {
        (Some(at), _) => usize::from(at) == index,
        (None, Some(mid)) => section.lines().any(|line| line.strip_prefix("a=mid:") == Some(mid)),
        (None, None) => index == 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::SdpType;

    fn candidate(line: &str, index: Option<u16>, mid: Option<&str>) -> IceCandidate {
        IceCandidate {
            candidate: line.into(),
            sdp_mid: mid.map(str::to_owned),
            sdp_m_line_index: index,
            username_fragment: None,
        }
    }

    #[test]
    fn candidates_go_to_their_sections() {
        let sdp = "v=0\r\ns=-\r\nm=audio 9\r\na=mid:a\r\nm=video 9\r\na=mid:b\r\n".to_owned();
        let description = SessionDescription { sdp_type: SdpType::Offer, sdp };
        let candidates = [
            candidate("candidate:1", Some(0), Some("a")),
            candidate("candidate:2", None, Some("b")),
            candidate("candidate:3", Some(1), None),
            candidate("candidate:4", Some(7), None),
        ];
        assert_eq!(
            with_candidates(&description, &candidates).sdp,
            "v=0\r\ns=-\r\nm=audio 9\r\na=mid:a\r\na=candidate:1\r\nm=video 9\r\na=mid:b\r\na=candidate:2\r\na=candidate:3\r\n"
        );
        assert_eq!(with_candidates(&description, &[]), description);
    }
}
