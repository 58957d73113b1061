//! Who is in the room, and what they publish: participants and publishers, in the words of the VideoRoom plugin.
//!
//! The plugin knows who publishes which streams, but not whether a microphone is muted, nor what a picture shows. For
//! both there is the `description` of a stream, which every client may change at any time and everybody is told of. Ours
//! is the name of the source, and `muted` after it while nothing of it is sent. Streams of other clients are the
//! microphone and the camera if they are the first of their kind, then the screen and its sound.

use crate::dialect::DialectOutput;
use crate::dialects::sections::{Section, published};
use crate::json::{Fields, Json};
use crate::limits::{MAX_ID_BYTES, MAX_NAME_CHARS, MAX_PARTICIPANTS};
use crate::signal::{Inbound, MediaState, Offerer, ParticipantId, ParticipantInfo, RosterSignal};
use crate::sources::Source;
use crate::text::clean;
use crate::track_settings::{TrackSettings, VideoSettings};

/// Most entries of a list: streams of everybody.
const MAX_ENTRIES: usize = 4 * MAX_PARTICIPANTS;
/// What follows the source in the description of a stream of which nothing is sent.
const MUTED: &str = " muted";

/// A stream that somebody publishes, and that we can show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stream {
    /// Its section in their connection to the server (`mid`).
    pub(super) mid: String,
    /// What it is of.
    pub(super) source: Source,
    /// Whether they send it, if they say so.
    on: Option<bool>,
}

/// Another participant.
#[derive(Debug, Clone)]
pub(super) struct Participant {
    /// Their id as the server writes it.
    pub(super) wire_id: Json,
    /// The same as ours are written.
    pub(super) id: ParticipantId,
    name: String,
    /// In what size their videos are shown.
    shown: VideoSettings,
    /// What they publish; nothing before they are connected.
    pub(super) streams: Vec<Stream>,
    /// The section in which they publish messages (`data`), if they do.
    pub(super) data: Option<String>,
}

impl Participant {
    /// Somebody whom the server names; `None` if the message names nobody.
    fn read(value: &Json) -> Option<Self> {
        let wire_id = value.at("id").clone();
        let id = participant_id(&wire_id)?;
        let name = clean(value.at("display").as_text().unwrap_or_default(), MAX_NAME_CHARS);
        let (mut streams, mut data) = (Vec::new(), None);
        for stream in list(value.at("streams")) {
            if is_data(stream) {
                let mid = stream.at("mid").short();
                let published = !mid.is_empty() && stream.flag("disabled") != Some(true);
                data = published.then(|| mid.to_owned());
            } else {
                add_stream(&mut streams, stream, "mid", "description");
            }
        }
        Some(Self { wire_id, id, name, shown: VideoSettings::default(), streams, data })
    }

    fn info(&self) -> ParticipantInfo {
        ParticipantInfo {
            id: self.id.clone(),
            name: self.name.clone(),
            media: self.media(),
            offerer: Offerer::Sfu,
            session: None,
        }
    }

    /// What they send: nothing as long as they publish nothing, and unknown if they do not say.
    fn media(&self) -> Option<MediaState> {
        let told = |stream: &Stream| stream.on.is_some();
        let on = || self.streams.iter().filter(|stream| stream.on == Some(true)).map(|stream| stream.source);
        (self.streams.is_empty() || self.streams.iter().any(told)).then(|| on().collect())
    }
}

/// The id that a value is: a number without a sign, or a text.
pub(super) fn participant_id(value: &Json) -> Option<ParticipantId> {
    match value {
        Json::Number(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            ParticipantId::new(digits.as_str())
        }
        Json::Text(text) => ParticipantId::new(text.as_str()),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::List(_) | Json::Object(_) => None,
    }
}

/// Everybody else in the room.
#[derive(Debug, Default)]
pub(super) struct People(Vec<Participant>);

impl People {
    /// Those whom the answer to `join` names, but for ourselves: publishers, and then those who publish nothing.
    pub(super) fn read(joined: &Json, me: &ParticipantId) -> Self {
        let mut people = Self::default();
        for key in ["publishers", "attendees"] {
            for participant in list(joined.at(key)) {
                people.upsert(participant, me, &mut Vec::new());
            }
        }
        people
    }

    /// All of them, as the room is told.
    pub(super) fn infos(&self) -> Vec<ParticipantInfo> {
        self.0.iter().map(Participant::info).collect()
    }

    /// What somebody publishes in a section of theirs.
    pub(super) fn source_of(&self, id: &ParticipantId, mid: &str) -> Option<Source> {
        let them = self.0.iter().find(|them| them.id == *id)?;
        them.streams.iter().find(|stream| stream.mid == mid).map(|stream| stream.source)
    }

    /// In what size the videos of somebody are shown.
    pub(super) fn show(&mut self, id: &ParticipantId, settings: VideoSettings) {
        if let Some(them) = self.0.iter_mut().find(|them| them.id == *id) {
            them.shown = settings;
        }
    }

    /// In what size that is shown which somebody publishes in a section of theirs.
    pub(super) fn settings_of(&self, id: &ParticipantId, mid: &str) -> Option<TrackSettings> {
        let them = self.0.iter().find(|them| them.id == *id)?;
        them.shown.get(self.source_of(id, mid)?)
    }

    /// Whether somebody is in the room.
    pub(super) fn has(&self, id: &ParticipantId) -> bool {
        self.0.iter().any(|them| them.id == *id)
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Participant> {
        self.0.iter()
    }

    /// Somebody is in the room, perhaps with other streams than before. True if it was somebody at all.
    pub(super) fn upsert(&mut self, value: &Json, me: &ParticipantId, out: &mut Vec<DialectOutput>) -> bool {
        let Some(mut participant) = Participant::read(value).filter(|them| them.id != *me) else {
            return false;
        };
        let Some(known) = self.0.iter_mut().find(|known| known.id == participant.id) else {
            if self.0.len() < MAX_PARTICIPANTS {
                signal(RosterSignal::Joined(participant.info()), out);
                self.0.push(participant);
            }
            return true;
        };
        // Some messages leave out what has not changed.
        if *value.at("streams") == Json::Null {
            participant.streams.clone_from(&known.streams);
            participant.data.clone_from(&known.data);
        }
        if *value.at("display") == Json::Null {
            participant.name.clone_from(&known.name);
        }
        participant.shown = known.shown;
        let (renamed, media) = (known.name != participant.name, known.media());
        *known = participant;
        if renamed {
            signal(RosterSignal::Resumed(known.info()), out);
        } else if known.media() != media {
            signal_media_state(known, out);
        }
        true
    }

    /// Somebody publishes nothing any more. They are still here.
    pub(super) fn unpublish(&mut self, id: &Json, out: &mut Vec<DialectOutput>) {
        let id = participant_id(id);
        // It may be said twice.
        if let Some(known) = self.0.iter_mut().find(|known| Some(&known.id) == id.as_ref()) {
            known.data = None;
            if !known.streams.is_empty() {
                known.streams.clear();
                signal_media_state(known, out);
            }
        }
    }

    /// Somebody has left, or was removed.
    pub(super) fn remove(&mut self, id: &Json, out: &mut Vec<DialectOutput>) {
        let Some(id) = participant_id(id) else { return };
        let before = self.0.len();
        self.0.retain(|known| known.id != id);
        if self.0.len() < before {
            signal(RosterSignal::Left(id), out);
        }
    }

    /// Everybody who is in the room now, after we have missed who came and went (`listparticipants`). Of those who are new
    /// nothing is known but their name.
    pub(super) fn update(&mut self, present: &Json, me: &ParticipantId, out: &mut Vec<DialectOutput>) {
        self.0.retain(|known| {
            let is_present = list(present).iter().any(|them| *them.at("id") == known.wire_id);
            if !is_present {
                signal(RosterSignal::Left(known.id.clone()), out);
            }
            is_present
        });
        for participant in list(present) {
            self.upsert(participant, me, out);
            if *participant.at("publisher") == Json::Bool(false) {
                self.unpublish(participant.at("id"), out);
            }
        }
    }

    /// What they publish now, after we have missed changes: the streams of a subscription to all of them (`attached`).
    pub(super) fn update_streams(&mut self, attached: &Json, out: &mut Vec<DialectOutput>) {
        for known in &mut self.0 {
            let media = known.media();
            known.streams.clear();
            for stream in list(attached).iter().filter(|stream| *stream.at("feed_id") == known.wire_id) {
                add_stream(&mut known.streams, stream, "feed_mid", "feed_description");
            }
            if known.media() != media {
                signal_media_state(known, out);
            }
        }
    }
}

fn signal(signal: RosterSignal, out: &mut Vec<DialectOutput>) {
    out.push(DialectOutput::Signal(Inbound::Roster(signal)));
}

fn signal_media_state(of: &Participant, out: &mut Vec<DialectOutput>) {
    if let Some(media) = of.media() {
        signal(RosterSignal::MediaState { from: of.id.clone(), media }, out);
    }
}

/// The entries of a list from the server, as many as there may be; none of anything else.
pub(super) fn list(value: &Json) -> &[Json] {
    let entries = value.elements();
    entries.get(..MAX_ENTRIES).unwrap_or(entries)
}

/// Whether a stream is of messages.
pub(super) fn is_data(stream: &Json) -> bool {
    stream.at("type").as_text() == Some("data")
}

/// Adds a stream to those of its publisher, if we can show it: of each source the first.
fn add_stream(streams: &mut Vec<Stream>, value: &Json, mid: &str, description: &str) {
    let mid = value.at(mid).short();
    let (told, on) = described(value.at(description).short());
    let free = |source: &Source| !streams.iter().any(|stream| stream.source == *source);
    let fits = |source: &Source| value.at("type").as_text() == Some(source.kind().as_str()) && free(source);
    let source = told.filter(fits).or_else(|| Source::ALL.into_iter().find(fits));
    let enabled = value.flag("disabled") == Some(false) && !mid.is_empty();
    if let Some(source) = source.filter(|_| enabled) {
        streams.push(Stream { mid: mid.to_owned(), source, on: told.map(|_| on) });
    }
}

/// The source that a description names, and whether it is sent.
fn described(description: &str) -> (Option<Source>, bool) {
    match description.strip_suffix(MUTED) {
        Some(source) => (Source::from_name(source), false),
        None => (Source::from_name(description), true),
    }
}

/// The descriptions of our own streams (`descriptions` of `publish` and `configure`).
pub(super) fn descriptions(sections: &[(Source, String)], media: MediaState) -> Json {
    let describe = |(source, mid): &(Source, String)| {
        let mut fields = Fields::of_texts(&[("mid", mid)]);
        let muted = if media.is_on(*source) { "" } else { MUTED };
        fields.text("description", &[source.as_str(), muted].concat());
        fields.into()
    };
    Json::List(sections.iter().map(describe).collect())
}

/// The sections of our offer, and what each of them is of.
pub(super) fn sections_of(sdp: &str) -> Vec<(Source, String)> {
    let accepts = |section: &Section<'_>| !section.mid.is_empty() && section.mid.len() <= MAX_ID_BYTES;
    let published = published(sdp, accepts).into_iter();
    published.map(|(source, section)| (source, section.mid.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_says_what_is_of_what() {
        let sdp = "v=0\r\nm=audio 9 X 0\r\na=mid:0\r\nm=video 9 X 0\r\na=mid:1\r\nm=application 9 X 0\r\na=mid:2\r\n\
            m=video 9 X 0\r\na=content:slides\r\na=mid:3\r\nm=audio 9 X 0\r\na=mid:4\r\n";
        let sections = sections_of(sdp);
        let expected = [(Source::Microphone, "0"), (Source::Camera, "1"), (Source::Screen, "3")];
        assert_eq!(sections, expected.map(|(source, mid)| (source, mid.to_owned())));
    }
}
