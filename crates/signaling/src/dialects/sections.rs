//! What the media sections of a description carry, for dialects whose servers are told of it.

use crate::sources::{MediaKind, Source};

/// A media section, as far as it is read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Section<'a> {
    kind: Option<MediaKind>,
    /// Its identification tag (`a=mid`, RFC 5888); empty if it has none.
    pub(super) mid: &'a str,
    /// The id of its track: the second word of `a=msid` (RFC 8830); empty if it has none.
    pub(super) track: &'a str,
    /// Whether whoever made the description may send in it.
    pub(super) sends: bool,
    /// What it is of ([`Source::content`]), if that is something we know.
    content: Option<&'static str>,
}

/// The media sections of a description, in order.
pub(super) fn sections(sdp: &str) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    for line in sdp.lines().map(str::trim_end) {
        if let Some(media) = line.strip_prefix("m=") {
            let is = |kind: &MediaKind| media.starts_with(kind.as_str());
            let kind = [MediaKind::Audio, MediaKind::Video].into_iter().find(is);
            sections.push(Section { kind, sends: true, ..Section::default() });
        } else if let Some(section) = sections.last_mut() {
            if let Some(mid) = line.strip_prefix("a=mid:") {
                section.mid = mid;
            } else if let Some(msid) = line.strip_prefix("a=msid:") {
                section.track = msid.split(' ').nth(1).unwrap_or_default();
            }
            section.content = Source::content_of_line(line).or(section.content);
            section.sends &= !matches!(line, "a=recvonly" | "a=inactive");
        }
    }
    sections
}

/// What a description of ours has in which section: of each source the first that `accepts` takes.
pub(super) fn published<'a>(sdp: &'a str, accepts: fn(&Section<'_>) -> bool) -> Vec<(Source, Section<'a>)> {
    let mut published: Vec<(Source, Section<'a>)> = Vec::new();
    for section in sections(sdp).into_iter().filter(accepts) {
        let fits = |source: &Source| {
            Some(source.kind()) == section.kind
                && section.content == source.content()
                && !published.iter().any(|(known, _)| known == source)
        };
        if let Some(source) = Source::ALL.into_iter().find(fits) {
            published.push((source, section));
        }
    }
    published
}
