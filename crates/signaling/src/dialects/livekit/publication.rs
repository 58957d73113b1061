//! What we publish, on the connection on which we offer.

use super::people::{number, source_name};
use super::request;
use crate::dialect::DialectOutput;
use crate::dialects::sections::{self, published};
use crate::json::{Fields, Json};
use crate::limits::MAX_ID_BYTES;
use crate::signal::{MediaState, SessionDescription};
use crate::sources::{MediaKind, Source};

/// A layer: its quality, width and height in pixels, and the most bits per second. The server chooses by the sizes.
type Layer = (&'static str, u32, u32, u32);
/// Those of a camera (`q`, `h` and `f`), which is taken to be as large as we ask browsers for: where it gives less, the server
/// chooses a little less than what is shown.
const CAMERA_LAYERS: [Layer; 3] =
    [("LOW", 320, 180, 160_000), ("MEDIUM", 640, 360, 450_000), ("HIGH", 1280, 720, 1_700_000)];
/// A screen has one. Of a video without any the server believes that nobody takes it.
const SCREEN_LAYERS: [Layer; 1] = [("HIGH", 1920, 1080, 2_500_000)];
/// The track of a section in which something of ours is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Section {
    source: Source,
    /// By which the server recognizes the track in our offer.
    cid: String,
}

impl Section {
    /// Whether it is of a screen that is not shared.
    fn is_idle(&self, media: MediaState) -> bool {
        self.source.is_display() && !media.is_on(self.source)
    }
}

/// A track of ours.
#[derive(Debug)]
struct Published {
    section: Section,
    /// Whether the server was last told that it is muted.
    muted: bool,
    /// The server's `TrackInfo`, once it has it.
    info: Json,
}

impl Published {
    fn sid(&self) -> &str {
        self.info.at("sid").short()
    }
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Publication {
    tracks: Vec<Published>,
    /// Screens that are shared no more: their sections were offered as inactive, which takes them out of the room.
    idle: Vec<Section>,
    /// How many offers were made: an answer says to which it belongs.
    offers: u32,
}

impl Publication {
    /// Sends an offer, after the announcement of what is new in it: the server handles one after the other, so nobody has to wait
    /// for what it says to the first.
    pub(super) fn send_offer(
        &mut self,
        description: &SessionDescription,
        media: MediaState,
        out: &mut Vec<DialectOutput>,
    ) {
        let (announcements, offer) = self.offer(description, media);
        out.extend(announcements.into_iter().map(|announcement| request("addTrack", announcement)));
        out.push(request("offer", offer));
    }

    /// The announcement (`AddTrackRequest`) of each track that is new in an offer, and the offer (`SessionDescription`).
    pub(super) fn offer(
        &mut self,
        description: &SessionDescription,
        media: MediaState,
    ) -> (Vec<Json>, Fields) {
        let (idle, sections): (Vec<_>, Vec<_>) =
            sections_of(&description.sdp).into_iter().partition(|section| section.is_idle(media));
        self.tracks.retain(|track| sections.contains(&track.section));
        let mut announcements = Vec::new();
        for section in sections {
            if !self.tracks.iter().any(|track| track.section == section) {
                let muted = !media.is_on(section.source);
                announcements.push(add_track(&section, muted).into());
                self.tracks.push(Published { section, muted, info: Json::Null });
            }
        }
        self.offers += 1;
        let sdp = without(&description.sdp, &idle);
        self.idle = idle;
        (announcements, session_description(&SessionDescription { sdp, ..*description }, self.offers))
    }

    /// Whether the server has an end of the connection.
    pub(super) fn has_offered(&self) -> bool {
        self.offers > 0
    }

    /// Whether an answer belongs to the last offer. Old servers do not say.
    pub(super) fn is_answered_by(&self, answer: &Json) -> bool {
        [0, self.offers].contains(&number(answer.at("id")))
    }

    /// The server has a track of ours (`trackPublished`), or has more to tell of it.
    pub(super) fn published(
        &mut self,
        cid: &str,
        info: &Json,
        media: MediaState,
        out: &mut Vec<DialectOutput>,
    ) {
        for track in self.tracks.iter_mut().filter(|track| track.section.cid == cid) {
            track.info = info.clone();
        }
        self.announce(media, out);
    }

    /// Whether another offer is wanted, because a screen is shared, or is not any more.
    pub(super) fn wants_offer(&self, media: MediaState) -> bool {
        self.tracks.iter().any(|track| track.section.is_idle(media))
            || self.idle.iter().any(|section| !section.is_idle(media))
    }

    /// Tells the others what we send, as far as that has changed and needs no offer.
    pub(super) fn announce(&mut self, media: MediaState, out: &mut Vec<DialectOutput>) {
        for track in self.tracks.iter_mut().filter(|track| !track.section.source.is_display()) {
            let muted = !media.is_on(track.section.source);
            if track.muted != muted && !track.sid().is_empty() {
                track.muted = muted;
                let mut mute = Fields::of_texts(&[("sid", track.sid())]);
                mute.bool("muted", muted);
                out.push(request("mute", mute));
            }
        }
    }

    /// What a track of ours is of.
    pub(super) fn source_of(&self, sid: &str) -> Option<Source> {
        self.tracks.iter().find(|track| track.sid() == sid).map(|track| track.section.source)
    }

    /// What the server has of ours, as it is told after another socket was opened (`publishTracks`).
    pub(super) fn sync(&self) -> Json {
        let known = self.tracks.iter().filter(|track| !track.sid().is_empty());
        let published = known.map(|track| {
            let mut published = Fields::of_texts(&[("cid", &track.section.cid)]);
            published.put("track", track.info.clone());
            published.into()
        });
        Json::List(published.collect())
    }
}

/// An offer in which nothing is sent in these sections.
fn without(sdp: &str, idle: &[Section]) -> String {
    let mut sections = sections::sections(sdp).into_iter();
    let mut is_idle = false;
    let lines = sdp.split_inclusive('\n').map(|line| {
        if line.starts_with("m=") {
            is_idle =
                sections.next().is_some_and(|section| idle.iter().any(|idle| idle.cid == section.track));
        }
        let sends = matches!(line.trim_end(), "a=sendonly" | "a=sendrecv");
        if is_idle && sends { "a=inactive\r\n" } else { line }
    });
    lines.collect()
}

/// The tracks of our offer.
fn sections_of(sdp: &str) -> Vec<Section> {
    let accepts = |section: &sections::Section<'_>| {
        section.sends && !section.track.is_empty() && section.track.len() <= MAX_ID_BYTES
    };
    let published = published(sdp, accepts).into_iter();
    published.map(|(source, section)| Section { source, cid: section.track.to_owned() }).collect()
}

/// `AddTrackRequest`. Of what it says the defaults are left out: audio, not muted.
fn add_track(section: &Section, muted: bool) -> Fields {
    let mut fields = Fields::of_texts(&[("cid", &section.cid), ("source", source_name(section.source))]);
    if section.source.kind() == MediaKind::Video {
        fields.text("type", "VIDEO");
    }
    if muted {
        fields.bool("muted", true);
    }
    let layers = match (section.source.kind(), section.source) {
        (MediaKind::Audio, _) => return fields,
        (MediaKind::Video, Source::Camera) => CAMERA_LAYERS.as_slice(),
        (MediaKind::Video, _) => SCREEN_LAYERS.as_slice(),
    };
    let sized = |fields: &mut Fields, (_, width, height, _): &Layer| {
        fields.number("width", *width);
        fields.number("height", *height);
    };
    // It is as large as the largest.
    layers.last().into_iter().for_each(|whole| sized(&mut fields, whole));
    let layer = |layer: &Layer| {
        let mut described = Fields::of_texts(&[("quality", layer.0)]);
        sized(&mut described, layer);
        described.number("bitrate", layer.3);
        described.into()
    };
    fields.put("layers", Json::List(layers.iter().map(layer).collect()));
    fields
}

/// `SessionDescription`; an id of zero is none.
pub(super) fn session_description(description: &SessionDescription, id: u32) -> Fields {
    let kind = description.sdp_type.as_str();
    let mut fields = Fields::of_texts(&[("type", kind), ("sdp", &description.sdp)]);
    if id > 0 {
        fields.number("id", id);
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::SdpType;

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
    fn a_screen_that_is_shared_no_more_is_offered_as_inactive() {
        let sdp = "v=0\r\nm=audio 9 X 0\r\na=sendonly\r\na=msid:s a\r\nm=video 9 X 0\r\na=sendonly\r\na=content:slides\r\n\
                   a=msid:s w\r\n";
        let description = SessionDescription { sdp_type: SdpType::Offer, sdp: sdp.to_owned() };
        let (shared, alone) = (MediaState::default().with(Source::Screen, true), MediaState::default());
        let mut publication = Publication::default();
        assert_eq!(publication.offer(&description, shared).0.len(), 2);
        assert_eq!([shared, alone].map(|media| publication.wants_offer(media)), [false, true]);
        let (announced, offer) = publication.offer(&description, alone);
        assert_eq!(announced, []);
        let idle = sdp.replace("a=sendonly\r\na=content", "a=inactive\r\na=content");
        assert_eq!(offer.at("sdp").as_text(), Some(idle.as_str()));
        assert_eq!([shared, alone].map(|media| publication.wants_offer(media)), [true, false]);
        assert_eq!(publication.offer(&description, shared).0.len(), 1, "the screen is another track");
    }
}
