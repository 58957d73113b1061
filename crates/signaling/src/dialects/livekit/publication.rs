//! What we publish, on the connection on which we offer.

use std::num::NonZeroU32;

use super::people::{number, source_name};
use super::request;
use super::sections::{Section, sections_of};
use crate::dialect::DialectOutput;
use crate::json::{Fields, Json};
use crate::signal::{MediaState, SessionDescription};
use crate::sources::{MediaKind, Source};

/// A layer: its quality, what the size is divided by, and the most bits per second.
type Layer = (&'static str, NonZeroU32, u32);
/// How large a camera is taken to be, in pixels: what we ask browsers for. The server chooses layers by this; where the camera
/// gives less, that is a little less than what is shown.
const CAMERA_SIZE: [u32; 2] = [1280, 720];
/// Its layers: `q`, `h` and `f`.
const CAMERA_LAYERS: [Layer; 3] =
    [("LOW", QUARTER, 160_000), ("MEDIUM", HALF, 450_000), ("HIGH", WHOLE, 1_700_000)];
/// The same of a screen.
const SCREEN_SIZE: [u32; 2] = [1920, 1080];
/// It has one. Of a video without any the server believes that nobody takes it.
const SCREEN_LAYERS: [Layer; 1] = [("HIGH", WHOLE, 2_500_000)];
const WHOLE: NonZeroU32 = NonZeroU32::MIN;
const HALF: NonZeroU32 = WHOLE.saturating_add(1);
const QUARTER: NonZeroU32 = WHOLE.saturating_add(3);

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
        let sections = sections_of(&description.sdp);
        self.tracks.retain(|track| sections.contains(&track.section));
        for section in sections {
            if !self.tracks.iter().any(|track| track.section == section) {
                let muted = !media.is_on(section.source);
                out.push(request("addTrack", add_track(&section, muted)));
                self.tracks.push(Published { section, muted, info: Json::Null });
            }
        }
        self.offers += 1;
        out.push(request("offer", session_description(description, self.offers)));
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

    /// Tells the others what we send, as far as that has changed.
    pub(super) fn announce(&mut self, media: MediaState, out: &mut Vec<DialectOutput>) {
        for track in &mut self.tracks {
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

/// `AddTrackRequest`. Of what it says the defaults are left out: audio, not muted.
fn add_track(section: &Section, muted: bool) -> Fields {
    let mut fields = Fields::of_texts(&[("cid", &section.cid), ("source", source_name(section.source))]);
    if section.source.kind() == MediaKind::Video {
        fields.text("type", "VIDEO");
    }
    if muted {
        fields.bool("muted", true);
    }
    let ([width, height], layers) = match section.source {
        Source::Camera => (CAMERA_SIZE, CAMERA_LAYERS.as_slice()),
        Source::Screen => (SCREEN_SIZE, SCREEN_LAYERS.as_slice()),
        Source::Microphone | Source::ScreenAudio => return fields,
    };
    fields.number("width", width);
    fields.number("height", height);
    let layer = |(quality, divisor, bitrate): &Layer| {
        let mut layer = Fields::of_texts(&[("quality", quality)]);
        layer.number("width", width / *divisor);
        layer.number("height", height / *divisor);
        layer.number("bitrate", *bitrate);
        layer.into()
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
