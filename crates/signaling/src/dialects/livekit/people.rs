//! Who is in the room, and what they publish (`ParticipantInfo` and `TrackInfo`).

use super::signal;
use crate::dialect::DialectOutput;
use crate::json::Json;
use crate::limits::{MAX_ID_BYTES, MAX_NAME_CHARS, MAX_PARTICIPANTS};
use crate::sfu::SfuSignal;
use crate::signal::{Inbound, MediaState, Offerer, ParticipantId, ParticipantInfo, RosterSignal};
use crate::sources::{MediaKind, Source};
use crate::text::clean;

/// What the server calls each source (`TrackSource`).
const SOURCES: [(Source, &str); 5] = [
    (Source::Microphone, "MICROPHONE"),
    (Source::Camera, "CAMERA"),
    (Source::Screen, "SCREEN_SHARE"),
    (Source::ScreenAudio, "SCREEN_SHARE_AUDIO"),
    // Its clients show every camera of somebody.
    (Source::SecondCamera, "CAMERA"),
];

/// What the server calls a source.
pub(super) fn source_name(source: Source) -> &'static str {
    SOURCES.iter().find(|(known, _)| *known == source).map_or("", |(_, name)| name)
}

/// A track that somebody publishes, and that we can show.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Track {
    sid: String,
    source: Source,
    muted: bool,
}

/// Another participant.
#[derive(Debug, Clone)]
pub(super) struct Participant {
    pub(super) id: ParticipantId,
    /// What tells one life of theirs from the next.
    pub(super) sid: String,
    /// Counts the changes of all this (`version`): they may come out of order.
    version: u32,
    name: String,
    tracks: Vec<Track>,
    speaks: bool,
}

impl Participant {
    /// Somebody whom the server names; `None` if the message names nobody.
    pub(super) fn read(value: &Json) -> Option<Self> {
        let (sid, identity) = (value.at("sid").short(), value.at("identity").as_text()?);
        // An identity may be longer than an id of ours.
        let id = ParticipantId::new(identity).or_else(|| ParticipantId::new(sid))?;
        let name = clean(value.at("name").as_text().unwrap_or_default(), MAX_NAME_CHARS);
        let name = if name.is_empty() { clean(identity, MAX_NAME_CHARS) } else { name };
        let mut tracks = Vec::new();
        for track in value.at("tracks").elements() {
            add_track(&mut tracks, track);
        }
        let version = number(value.at("version"));
        Some(Self { id, sid: sid.to_owned(), version, name, tracks, speaks: false })
    }

    fn info(&self) -> ParticipantInfo {
        ParticipantInfo {
            id: self.id.clone(),
            name: self.name.clone(),
            media: Some(self.media()),
            offerer: Offerer::Sfu,
            session: Some(self.sid.clone()),
        }
    }

    fn media(&self) -> MediaState {
        self.tracks.iter().filter(|track| !track.muted).map(|track| track.source).collect()
    }
}

fn add_track(tracks: &mut Vec<Track>, value: &Json) {
    let sid = value.at("sid").short();
    let kind = match value.at("type").short() {
        "" => MediaKind::Audio,
        "VIDEO" => MediaKind::Video,
        _ => return,
    };
    let named = |(_, name): &&(Source, &str)| *name == value.at("source").short();
    let fits = |source: &Source| source.kind() == kind && !tracks.iter().any(|track| track.source == *source);
    let source = if SOURCES.iter().any(|known| named(&known)) {
        SOURCES.iter().filter(named).map(|(source, _)| *source).find(fits)
    } else {
        Source::ALL.into_iter().find(fits)
    };
    if let Some(source) = source.filter(|_| !sid.is_empty() && sid.len() <= MAX_ID_BYTES) {
        tracks.push(Track { sid: sid.to_owned(), source, muted: value.flag("muted") == Some(true) });
    }
}

/// Everybody else in the room.
#[derive(Debug, Default)]
pub(super) struct People(Vec<Participant>);

impl People {
    /// Those whom the answer to joining names.
    pub(super) fn read(others: &Json, me: &ParticipantId) -> Self {
        let mut people = Self::default();
        for participant in others.elements() {
            people.update(participant, me, &mut Vec::new());
        }
        people
    }

    /// All of them, as the room is told.
    pub(super) fn infos(&self) -> Vec<ParticipantInfo> {
        self.0.iter().map(Participant::info).collect()
    }

    /// Whether somebody is in the room.
    pub(super) fn has(&self, id: &ParticipantId) -> bool {
        self.0.iter().any(|them| them.id == *id)
    }

    /// Who it is that the server calls so in this life of theirs.
    pub(super) fn with_sid(&self, sid: &str) -> Option<&ParticipantId> {
        self.0.iter().find(|them| them.sid == sid).map(|them| &them.id)
    }

    /// The track of somebody that carries a source.
    pub(super) fn track(&self, id: &ParticipantId, source: Source) -> Option<&str> {
        let them = self.0.iter().find(|them| them.id == *id)?;
        them.tracks.iter().find(|track| track.source == source).map(|track| track.sid.as_str())
    }

    /// All tracks that are published.
    pub(super) fn tracks(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|them| &them.tracks).map(|track| track.sid.as_str())
    }

    /// Whose track it is, and what it is of.
    pub(super) fn publication(&self, track: &str) -> Option<(&ParticipantId, Source)> {
        self.0.iter().find_map(|them| {
            let track = them.tracks.iter().find(|known| known.sid == track)?;
            Some((&them.id, track.source))
        })
    }

    /// These have begun to speak, or are silent now, or speak louder or lower (`SpeakersChanged`).
    pub(super) fn update_speakers(&mut self, changed: &Json, out: &mut Vec<DialectOutput>) {
        for speaker in changed.elements() {
            let sid = speaker.at("sid").short();
            if let Some(them) = self.0.iter_mut().find(|them| them.sid == sid) {
                them.speaks = speaker.flag("active") == Some(true);
            }
        }
        let speaking = self.0.iter().filter(|them| them.speaks).map(|them| them.id.clone());
        signal(Inbound::Sfu(SfuSignal::Speakers(speaking.collect())), out);
    }

    /// What was said of who speaks may be over.
    pub(super) fn forget_speakers(&mut self, out: &mut Vec<DialectOutput>) {
        if self.0.iter().any(|them| them.speaks) {
            self.0.iter_mut().for_each(|them| them.speaks = false);
            self.update_speakers(&Json::Null, out);
        }
    }

    /// There is something to tell of somebody: that they are in the room, what they publish, that they have gone.
    pub(super) fn update(&mut self, value: &Json, me: &ParticipantId, out: &mut Vec<DialectOutput>) {
        let Some(mut participant) = Participant::read(value).filter(|them| them.id != *me) else { return };
        let gone = value.at("state").short() == "DISCONNECTED";
        let index = self.0.iter().position(|known| known.id == participant.id);
        let Some(known) = index.and_then(|index| self.0.get_mut(index)) else {
            if !gone && self.0.len() < MAX_PARTICIPANTS {
                roster(RosterSignal::Joined(participant.info()), out);
                self.0.push(participant);
            }
            return;
        };
        let same = known.sid == participant.sid;
        if gone {
            // Of an earlier life of theirs it says nothing that we do not know.
            if same {
                roster(RosterSignal::Left(participant.id.clone()), out);
                self.0.retain(|known| known.id != participant.id);
            }
        } else if !same {
            roster(RosterSignal::Joined(participant.info()), out);
            *known = participant;
        } else if participant.version >= known.version {
            let (renamed, media) = (known.name != participant.name, known.media());
            participant.speaks = known.speaks;
            *known = participant;
            if renamed {
                roster(RosterSignal::Resumed(known.info()), out);
            } else if known.media() != media {
                roster(RosterSignal::MediaState { from: known.id.clone(), media: known.media() }, out);
            }
        }
    }
}

fn roster(change: RosterSignal, out: &mut Vec<DialectOutput>) {
    signal(Inbound::Roster(change), out);
}

/// A whole number; zero if it is none, or too large. Large ones are texts.
pub(super) fn number(value: &Json) -> u32 {
    match value {
        Json::Number(digits) | Json::Text(digits) => digits.parse().unwrap_or_default(),
        Json::Null | Json::Bool(_) | Json::List(_) | Json::Object(_) => 0,
    }
}
