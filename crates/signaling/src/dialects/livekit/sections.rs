//! What our own offer has in which of its sections.

use crate::limits::MAX_ID_BYTES;
use crate::sources::{MediaKind, Source};

/// A section in which something of ours is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    /// What it is of.
    pub(super) source: Source,
    /// The id of its track: the second word of `a=msid` (RFC 8830), by which the server recognizes the track in our offer.
    pub(super) cid: String,
}

/// The sections of our offer that send. A screen says so (`a=content:slides`, RFC 4796).
pub(super) fn sections_of(sdp: &str) -> Vec<Section> {
    let (mut sections, mut reader) = (Vec::new(), Reader::default());
    for line in sdp.lines().map(str::trim_end) {
        if let Some(media) = line.strip_prefix("m=") {
            std::mem::take(&mut reader).finish(&mut sections);
            let is = |kind: &MediaKind| media.starts_with(kind.as_str());
            reader.kind = [MediaKind::Audio, MediaKind::Video].into_iter().find(is);
        } else if let Some(msid) = line.strip_prefix("a=msid:") {
            reader.cid = msid.split(' ').nth(1).unwrap_or_default().to_owned();
        } else {
            reader.screen |= line == "a=content:slides";
            reader.silent |= matches!(line, "a=recvonly" | "a=inactive");
        }
    }
    reader.finish(&mut sections);
    sections
}

/// A section, as far as it is read.
#[derive(Default)]
struct Reader {
    kind: Option<MediaKind>,
    cid: String,
    screen: bool,
    silent: bool,
}

impl Reader {
    fn finish(self, sections: &mut Vec<Section>) {
        let fits = |source: &Source| {
            Some(source.kind()) == self.kind
                && self.screen != Source::MICROPHONE_AND_CAMERA.contains(source)
                && !sections.iter().any(|known| known.source == *source)
        };
        let source = Source::ALL.into_iter().find(fits).filter(|_| !self.silent);
        if let Some(source) = source.filter(|_| !self.cid.is_empty() && self.cid.len() <= MAX_ID_BYTES) {
            sections.push(Section { source, cid: self.cid });
        }
    }
}

/// The track that a section of the server's offer carries, where the server does not say it beside the offer (before version
/// 1.9.2): the second word of its `a=msid`.
pub(super) fn tracks_of(sdp: &str) -> Vec<(String, String)> {
    let (mut tracks, mut mid, mut track) = (Vec::new(), "", "");
    for line in sdp.lines().map(str::trim_end).chain(["m="]) {
        if line.starts_with("m=") {
            if mid.len() <= MAX_ID_BYTES && !track.is_empty() && track.len() <= MAX_ID_BYTES {
                tracks.push((mid.to_owned(), track.to_owned()));
            }
            (mid, track) = ("", "");
        } else if let Some(text) = line.strip_prefix("a=mid:") {
            mid = text;
        } else if let Some(msid) = line.strip_prefix("a=msid:") {
            track = msid.split(' ').nth(1).unwrap_or_default();
        }
    }
    tracks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_says_what_is_of_what() {
        let sdp = "v=0\r\nm=audio 9 X 0\r\na=msid:s a\r\na=sendonly\r\nm=video 9 X 0\r\na=msid:s {v}\r\n\
            m=application 9 X 0\r\na=mid:2\r\nm=video 9 X 0\r\na=content:slides\r\na=msid:s w\r\n\
            m=audio 9 X 0\r\na=msid:s b\r\n";
        let sections = sections_of(sdp);
        let expected = [(Source::Microphone, "a"), (Source::Camera, "{v}"), (Source::Screen, "w")];
        assert_eq!(sections, expected.map(|(source, cid)| Section { source, cid: cid.to_owned() }));
    }

    #[test]
    fn what_only_receives_is_not_published() {
        assert_eq!(sections_of("m=audio 9 X 0\r\na=msid:s a\r\na=recvonly\r\n"), []);
    }

    #[test]
    fn the_offer_of_an_old_server_names_its_tracks() {
        let sdp =
            "v=0\r\nm=application 9 X 0\r\na=mid:0\r\nm=audio 9 X 0\r\na=mid:1\r\na=msid:PA_x|TR_a TR_a\r\n";
        assert_eq!(tracks_of(sdp), [("1".to_owned(), "TR_a".to_owned())]);
    }
}
