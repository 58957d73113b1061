//! What a description says about its media sections.

/// Whether any of its sections sends sound or a picture. A section does unless it is rejected (port 0, RFC 8829 section
/// 5.3.1) or has another direction (RFC 8866 section 6.7; one for the whole session counts where a section has none). A
/// description without any section says nothing, so it is believed to.
pub(super) fn sends_media(sdp: &str) -> bool {
    let (mut sections, mut session, mut sends) = (0, true, false);
    // Whether the section that is being read is of media and in use, and its direction.
    let mut section: Option<(bool, bool)> = None;
    for line in sdp.lines() {
        if let Some(media) = line.strip_prefix("m=") {
            sends |= section.is_some_and(|(used, sends)| used && sends);
            let mut words = media.split(' ');
            let kind = matches!(words.next(), Some("audio" | "video"));
            section = Some((kind && words.next() != Some("0"), session));
            sections += 1;
        } else if let Some(direction) = direction(line) {
            *section.as_mut().map_or(&mut session, |(_, sends)| sends) = direction;
        }
    }
    sections == 0 || sends || section.is_some_and(|(used, sends)| used && sends)
}

fn direction(line: &str) -> Option<bool> {
    match line.trim_end() {
        "a=sendrecv" | "a=sendonly" => Some(true),
        "a=recvonly" | "a=inactive" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_sends_unless_it_says_otherwise() {
        for (sdp, sends) in [
            ("v=0\r\n", true),
            ("v=0\r\nm=audio 9 X 0\r\n", true),
            ("v=0\r\nm=video 9 X 0\r\na=sendonly\r\n", true),
            ("v=0\r\nm=application 9 X 0\r\na=sendrecv\r\n", false),
            ("v=0\r\nm=audio 0 X 0\r\na=sendrecv\r\nm=application 9 X 0\r\n", false),
            ("v=0\r\nm=audio 9 X 0\r\na=recvonly\r\nm=video 9 X 0\r\na=inactive\r\n", false),
            ("v=0\r\nm=audio 9 X 0\r\na=recvonly\r\nm=video 9 X 0\r\n", true),
            ("v=0\r\na=recvonly\r\nm=audio 9 X 0\r\nm=video 9 X 0\r\n", false),
            ("v=0\r\na=recvonly\r\nm=audio 9 X 0\r\na=sendrecv\r\nm=video 9 X 0\r\n", true),
        ] {
            assert_eq!(sends_media(sdp), sends, "{sdp}");
        }
    }
}
