//! A connection of a page.

use visavis_core::{MediaKind, Source};
use visavis_sim::fake::{FakeConnection, Kind};

/// Sections whose transceivers are adopted, and the sources that they send.
pub(crate) type Adopted = Vec<(Source, Option<String>)>;

/// A connection.
pub(crate) struct Conn {
    pub(crate) fake: FakeConnection,
    /// The transceivers of ours, by their place, and their sections, as the page has heard last.
    pub(crate) transceivers: Vec<(Source, usize, Option<String>)>,
    /// Sections of which `track` has fired.
    pub(crate) tracks: Vec<String>,
    pub(crate) good: bool,
    pub(crate) gathered: Option<String>,
}

/// The kind of a source's sections.
pub(crate) fn kind_of(source: Source) -> Kind {
    match source.kind() {
        MediaKind::Audio => Kind::Audio,
        MediaKind::Video => Kind::Video,
    }
}

impl Conn {
    /// Transceivers of ours that are in another section than the page has heard.
    pub(crate) fn associate(&mut self) -> Vec<(Source, String)> {
        let mut new = Vec::new();
        for (source, transceiver, known) in &mut self.transceivers {
            let mid = self.fake.mid(*transceiver).filter(|mid| known.as_ref() != Some(mid));
            if let Some(mid) = mid {
                *known = Some(mid.clone());
                new.push((*source, mid));
            }
        }
        new
    }

    /// Takes over transceivers of an offer; the sections that bring a track for the first time.
    pub(crate) fn adopt(&mut self, adopted: &Adopted) -> Vec<(String, MediaKind)> {
        for (source, mid) in adopted {
            let transceiver = mid.as_deref().and_then(|mid| self.fake.transceiver(mid));
            self.transceivers.extend(transceiver.map(|transceiver| (*source, transceiver, None)));
        }
        let mut sections = self.fake.remote_sections();
        sections.retain(|(mid, _)| !self.tracks.contains(mid));
        self.tracks.extend(sections.iter().map(|(mid, _)| mid.clone()));
        let kind = |kind| if kind == Kind::Audio { MediaKind::Audio } else { MediaKind::Video };
        sections.into_iter().map(|(mid, of)| (mid, kind(of))).collect()
    }
}
