//! What a description says about its media sections, and what ours says about them beyond the standard's needs.
//!
//! Which of its sections carries a screen is said by `a=content:slides` (RFC 4796), and that a page is a Visavis page by
//! `a=tool:visavis` (RFC 8866 section 6.4). Both are attributes that whoever does not know them ignores (RFC 8866 section
//! 5.13), so they pass through every signaling server and every other client.

use visavis_signaling::{CONTENT_ATTRIBUTE, MediaKind, Source};

/// Who made the description.
const TOOL: &str = "a=tool:visavis";

/// Who sends in a section (RFC 8866 section 6.7), as the one who made the description says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

/// A media section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    /// Its identification tag; old clients give none.
    pub(super) mid: Option<String>,
    /// `None` for data channels, and for what this version does not know.
    pub(super) kind: Option<MediaKind>,
    pub(super) direction: Direction,
    /// What it is of, if that is something we know.
    content: Option<&'static str>,
    /// Whether it is that of data channels (RFC 8841).
    data: bool,
}

impl Section {
    /// Whether whoever made the description sends in it.
    pub(super) fn sends(&self) -> bool {
        self.kind.is_some() && matches!(self.direction, Direction::SendRecv | Direction::SendOnly)
    }

    /// Whether they receive in it.
    pub(super) fn receives(&self) -> bool {
        matches!(self.direction, Direction::SendRecv | Direction::RecvOnly)
    }
}

/// A description in parts: what is said of the whole session, and then each of its media sections.
pub(super) fn split_sections(sdp: &str) -> Vec<&str> {
    let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
    for line in sdp.split_inclusive('\n') {
        if line.starts_with("m=") {
            parts.push(sdp.get(start..at).unwrap_or_default());
            start = at;
        }
        at += line.len();
    }
    parts.push(sdp.get(start..).unwrap_or_default());
    parts
}

/// The media sections of a description, in order.
pub(super) fn sections(sdp: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let (mut of_session, mut rejected) = (Direction::SendRecv, false);
    for line in sdp.lines() {
        let line = line.trim_end();
        if let Some(media) = line.strip_prefix("m=") {
            reject(&mut sections, rejected);
            let mut words = media.split(' ');
            let (kind, data) = match words.next() {
                Some("audio") => (Some(MediaKind::Audio), false),
                Some("video") => (Some(MediaKind::Video), false),
                media => (None, media == Some("application")),
            };
            // Port 0 (RFC 8829 section 5.3.1), unless the section is to share another one's (RFC 8843 section 6).
            rejected = words.next() == Some("0");
            sections.push(Section { mid: None, kind, direction: of_session, content: None, data });
        } else if line == "a=bundle-only" {
            rejected = false;
        } else if let Some(direction) = direction(line) {
            *sections.last_mut().map_or(&mut of_session, |section| &mut section.direction) = direction;
        } else if let Some(section) = sections.last_mut() {
            if let Some(mid) = line.strip_prefix("a=mid:") {
                section.mid = Some(mid.to_owned());
            }
            section.content = Source::content_of_line(line).or(section.content);
        }
    }
    reject(&mut sections, rejected);
    sections
}

fn reject(sections: &mut [Section], rejected: bool) {
    if let Some(section) = sections.last_mut().filter(|_| rejected) {
        section.direction = Direction::Inactive;
    }
}

fn direction(line: &str) -> Option<Direction> {
    match line {
        "a=sendrecv" => Some(Direction::SendRecv),
        "a=sendonly" => Some(Direction::SendOnly),
        "a=recvonly" => Some(Direction::RecvOnly),
        "a=inactive" => Some(Direction::Inactive),
        _ => None,
    }
}

/// The section that carries `source`. A screen is one that says so; microphone and camera are the first of their kind that
/// does not, or any further one if they send only there: some clients answer an offer without a track, and offer their own in
/// further sections.
pub(super) fn section_of(source: Source, sections: &[Section]) -> Option<&Section> {
    let mut candidates = sections.iter().filter(|section| carries(source, section));
    let first = candidates.next()?;
    if first.sends() { Some(first) } else { candidates.find(|section| section.sends()).or(Some(first)) }
}

/// The first section in which `source` could be sent back to whoever offers.
pub(super) fn first_section_of(source: Source, sections: &[Section]) -> Option<&Section> {
    sections.iter().find(|section| carries(source, section))
}

fn carries(source: Source, section: &Section) -> bool {
    section.kind == Some(source.kind()) && section.content == source.content()
}

/// Whether data channels are offered, or taken.
pub(super) fn has_data_channels(sections: &[Section]) -> bool {
    sections.iter().any(|section| section.data && section.direction != Direction::Inactive)
}

/// Whether a description is of a Visavis page.
pub(super) fn is_visavis(sdp: &str) -> bool {
    sdp.lines().any(|line| line.trim_end() == TOOL)
}

/// Our description as others hear it. `mids` are the sections of our sources.
pub(super) fn announce(sdp: &str, mids: &[(Source, String)]) -> String {
    let content = |mid: &str| mids.iter().find(|(_, of)| of == mid).and_then(|(source, _)| source.content());
    let mut out = String::with_capacity(sdp.len() + TOOL.len() + 2);
    let mut said = false;
    for line in sdp.split_inclusive('\n') {
        if line.starts_with("m=") && !std::mem::replace(&mut said, true) {
            out.push_str(TOOL);
            out.push_str("\r\n");
        }
        out.push_str(line);
        if let Some(content) = line.strip_prefix("a=mid:").and_then(|mid| content(mid.trim_end())) {
            out.push_str(CONTENT_ATTRIBUTE);
            out.push_str(content);
            out.push_str("\r\n");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sends_media(sdp: &str) -> bool {
        sections(sdp).iter().any(Section::sends)
    }

    #[test]
    fn a_section_sends_unless_it_says_otherwise() {
        for (sdp, sends) in [
            ("v=0\r\nm=audio 9 X 0\r\n", true),
            ("v=0\r\nm=video 9 X 0\r\na=sendonly\r\n", true),
            ("v=0\r\nm=application 9 X 0\r\na=sendrecv\r\n", false),
            ("v=0\r\nm=audio 0 X 0\r\na=sendrecv\r\nm=application 9 X 0\r\n", false),
            ("v=0\r\nm=audio 0 X 0\r\na=bundle-only\r\na=sendrecv\r\n", true),
            ("v=0\r\nm=audio 9 X 0\r\na=recvonly\r\nm=video 9 X 0\r\na=inactive\r\n", false),
            ("v=0\r\nm=audio 9 X 0\r\na=recvonly\r\nm=video 9 X 0\r\n", true),
            ("v=0\r\na=recvonly\r\nm=audio 9 X 0\r\nm=video 9 X 0\r\n", false),
            ("v=0\r\na=recvonly\r\nm=audio 9 X 0\r\na=sendrecv\r\nm=video 9 X 0\r\n", true),
        ] {
            assert_eq!(sends_media(sdp), sends, "{sdp}");
        }
    }

    #[test]
    fn data_channels_are_offered_in_a_section_that_is_not_refused() {
        for (sdp, offered) in [
            ("v=0\r\nm=application 9 X webrtc-datachannel\r\na=mid:2\r\n", true),
            ("v=0\r\nm=audio 9 X 0\r\nm=application 9 X webrtc-datachannel\r\na=sendrecv\r\n", true),
            // As Firefox offers it, to be bundled with others.
            ("v=0\r\nm=application 0 X webrtc-datachannel\r\na=bundle-only\r\n", true),
            ("v=0\r\nm=application 0 X webrtc-datachannel\r\na=mid:2\r\n", false),
            ("v=0\r\nm=audio 9 X 0\r\n", false),
        ] {
            assert_eq!(has_data_channels(&sections(sdp)), offered, "{sdp}");
        }
    }

    #[test]
    fn a_screen_is_told_from_a_camera_whichever_comes_first() {
        let screen = "m=video 9 X 0\r\na=mid:s\r\na=content:slides\r\n";
        let second = "m=video 9 X 0\r\na=mid:a\r\na=content:alt\r\n";
        let camera = "m=video 9 X 0\r\na=mid:c\r\n";
        for sdp in [[screen, second, camera].concat(), [camera, screen, second].concat()] {
            let sections = sections(&sdp);
            let mid = |source| section_of(source, &sections).and_then(|section| section.mid.as_deref());
            assert_eq!(mid(Source::SecondCamera), Some("a"), "{sdp}");
            assert_eq!((mid(Source::Camera), mid(Source::Screen)), (Some("c"), Some("s")), "{sdp}");
            assert_eq!((mid(Source::Microphone), mid(Source::ScreenAudio)), (None, None), "{sdp}");
        }
    }

    #[test]
    fn a_camera_is_where_it_is_sent() {
        let sdp = "m=video 9 X 0\r\na=mid:0\r\na=recvonly\r\nm=video 9 X 0\r\na=mid:1\r\na=sendonly\r\n";
        let sections = sections(sdp);
        assert_eq!(
            section_of(Source::Camera, &sections).and_then(|section| section.mid.as_deref()),
            Some("1")
        );
        let first = first_section_of(Source::Camera, &sections).and_then(|section| section.mid.as_deref());
        assert_eq!(first, Some("0"));
    }

    #[test]
    fn what_we_announce_is_read_back() {
        let sdp = "v=0\r\nm=video 9 X 0\r\na=mid:0\r\nm=video 9 X 0\r\na=mid:1\r\na=sendonly\r\n";
        let announced = announce(sdp, &[(Source::Camera, "0".to_owned()), (Source::Screen, "1".to_owned())]);
        assert!(is_visavis(&announced), "{announced}");
        assert!(!is_visavis(sdp));
        let sections = sections(&announced);
        let mid = |source| section_of(source, &sections).and_then(|section| section.mid.as_deref());
        assert_eq!((mid(Source::Camera), mid(Source::Screen)), (Some("0"), Some("1")), "{announced}");
    }
}
