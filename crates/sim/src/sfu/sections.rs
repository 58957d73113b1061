//! What a description of a page says about its sections.

use visavis_core::signaling::{MediaKind, Source};

use crate::fake::SectionKind;

pub(super) fn kind_of(source: Source) -> SectionKind {
    match source.kind() {
        MediaKind::Audio => SectionKind::Audio,
        MediaKind::Video => SectionKind::Video,
    }
}

/// The sections of a description: tag, kind, and whether it is that of a screen.
pub(super) fn sections(sdp: &str) -> Vec<(String, SectionKind, bool)> {
    let mut sections: Vec<(String, SectionKind, bool)> = Vec::new();
    for line in sdp.lines() {
        if let Some(media) = line.strip_prefix("m=") {
            let kind = if media.starts_with("audio") { SectionKind::Audio } else { SectionKind::Video };
            sections.push((String::new(), kind, false));
        } else if let (Some(mid), Some(section)) = (line.strip_prefix("a=mid:"), sections.last_mut()) {
            section.0 = mid.to_owned();
        } else if let ("a=content:slides", Some(section)) = (line, sections.last_mut()) {
            section.2 = true;
        }
    }
    sections
}
