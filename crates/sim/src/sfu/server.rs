//! A selective forwarding unit, in the three shapes that there are.

use std::collections::BTreeMap;

use visavis_core::signaling::{
    ForwardedTrack, Inbound, Joined, Leg, LegDirection, LegId, LegRequest, MediaKind, MediaState,
    Negotiation, NegotiationMessage, Offerer, ParticipantId, ParticipantInfo, PublishedSources, Remote,
    RosterSignal, SdpType, ServerSignal, SessionDescription, SfuSignal, Source,
};

use super::sections::{kind_of, sections};
use crate::fake::{FakeConnection, SectionKind, SignalingState};
use crate::random::Random;

/// How many connections it wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One to publish, one to subscribe (Janus, LiveKit).
    TwoConnections,
    /// One for everything, on which the page offers (LiveKit's newer mode).
    OneConnection,
    /// One for each stream (Galène).
    OneForEachStream,
}

/// The first subscribing connection; the publishing ones come before.
const FIRST_SUBSCRIBED: u32 = 2;
const CAMERA_STREAM: [Source; 2] = [Source::Microphone, Source::Camera];
const SCREEN_STREAM: [Source; 2] = [Source::Screen, Source::ScreenAudio];

/// The server's end of a connection.
#[derive(Debug)]
pub(super) struct ServerLeg {
    pub(super) epoch: u32,
    pub(super) fake: FakeConnection,
    direction: LegDirection,
    /// The only stream that it carries, where there is one for each.
    stream: Option<(usize, [Source; 2])>,
    /// What is published in its sections.
    published: BTreeMap<Source, String>,
    /// What is forwarded in its sections.
    pub(super) forwarded: BTreeMap<String, (usize, Source)>,
    offer_wanted: bool,
}

/// Somebody in the room.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) name: String,
    pub(super) media: MediaState,
    pub(super) legs: BTreeMap<LegId, ServerLeg>,
    told_legs: Vec<Leg>,
    told_tracks: BTreeMap<LegId, Vec<ForwardedTrack>>,
}

/// The server. Pages are named by their number.
#[derive(Debug)]
pub(super) struct Server {
    shape: Shape,
    random: Random,
    pub(super) sessions: BTreeMap<usize, Session>,
    /// How many connections were ever made for each page. A dialect counts them, and outlives the server.
    made: BTreeMap<usize, u32>,
    /// What it says next, and to whom.
    pub(super) outgoing: Vec<(usize, Inbound)>,
}

/// Who a page is.
pub(super) fn id_of(page: usize) -> ParticipantId {
    ParticipantId::from_bytes((page as u128 + 1).to_be_bytes())
}

impl Server {
    pub(super) fn new(shape: Shape, random: Random) -> Self {
        Self { shape, random, sessions: BTreeMap::new(), made: BTreeMap::new(), outgoing: Vec::new() }
    }

    fn info(&self, page: usize, session: &Session) -> ParticipantInfo {
        ParticipantInfo {
            id: id_of(page),
            name: session.name.clone(),
            media: Some(session.media),
            offerer: Offerer::ViaSfu,
            session: None,
        }
    }

    /// Somebody joins, or comes back after it has forgotten them.
    pub(super) fn join(&mut self, page: usize, name: &str, media: MediaState) {
        self.sessions.remove(&page);
        let participants = self.sessions.iter().map(|(other, session)| self.info(*other, session)).collect();
        let session = Session {
            name: name.to_owned(),
            media,
            legs: BTreeMap::new(),
            told_legs: Vec::new(),
            told_tracks: BTreeMap::new(),
        };
        let info = self.info(page, &session);
        self.sessions.insert(page, session);
        let joined = Joined { id: id_of(page), participants, ice_servers: None, capacity: None, room: None };
        self.say(page, Inbound::Server(ServerSignal::Joined(joined)));
        self.tell_others(page, &Inbound::Roster(RosterSignal::Joined(info)));
        self.update();
    }

    /// Somebody leaves, or is given up.
    pub(super) fn leave(&mut self, page: usize) {
        if self.sessions.remove(&page).is_some() {
            self.tell_others(page, &Inbound::Roster(RosterSignal::Left(id_of(page))));
            self.update();
        }
    }

    /// It forgets somebody's connections, and makes others.
    pub(super) fn on_request(&mut self, page: usize, leg: LegId, request: LegRequest) {
        let Some(session) = self.sessions.get_mut(&page) else { return };
        match request {
            LegRequest::RestartIce => {
                let Some(leg) = session.legs.get_mut(&leg) else { return };
                leg.fake.restart_ice();
                leg.offer_wanted = true;
            }
            LegRequest::Rebuild => {
                session.legs.remove(&leg);
            }
        }
        self.update();
    }

    pub(super) fn on_media(&mut self, page: usize, media: MediaState) {
        let Some(session) = self.sessions.get_mut(&page) else { return };
        session.media = media;
        self.tell_others(page, &Inbound::Roster(RosterSignal::MediaState { from: id_of(page), media }));
        self.update();
    }

    /// A description of a page. Why it was refused, if it was.
    pub(super) fn on_description(
        &mut self,
        page: usize,
        leg: LegId,
        epoch: u32,
        description: &SessionDescription,
    ) -> Result<(), &'static str> {
        let Some(session) = self.sessions.get_mut(&page) else { return Ok(()) };
        let Some(ends) = session.legs.get_mut(&leg).filter(|leg| leg.epoch == epoch) else { return Ok(()) };
        ends.fake.set_remote_description(description)?;
        if description.sdp_type == SdpType::Offer {
            let direction = ends.direction;
            for (mid, kind, screen) in sections(&description.sdp) {
                let source = Source::ALL.into_iter().find(|source| {
                    direction.publishes(*source)
                        && kind_of(*source) == kind
                        && SCREEN_STREAM.contains(source) == screen
                });
                if let Some(source) = source {
                    ends.published.entry(source).or_insert(mid);
                }
            }
            let answer = ends.fake.set_local_description()?;
            let answer = with_candidate(&ends.fake, answer);
            self.say_negotiation(page, leg, epoch, answer);
        }
        self.update();
        Ok(())
    }

    fn say(&mut self, page: usize, signal: Inbound) {
        self.outgoing.push((page, signal));
    }

    fn say_negotiation(&mut self, page: usize, leg: LegId, epoch: u32, description: SessionDescription) {
        let message = NegotiationMessage::Description(description);
        let negotiation = Negotiation { remote: Remote::Server(leg), epoch, message };
        self.say(page, Inbound::Negotiation(negotiation));
    }

    fn tell_others(&mut self, page: usize, signal: &Inbound) {
        for other in self.sessions.keys().copied().filter(|other| *other != page).collect::<Vec<_>>() {
            self.say(other, signal.clone());
        }
    }

    /// What somebody publishes at the moment: microphone and camera as long as they are here, a screen while it is shared.
    fn publications(&self, page: usize) -> Vec<Source> {
        let Some(session) = self.sessions.get(&page) else { return Vec::new() };
        let is_published =
            |source: &Source| session.legs.values().any(|leg| leg.published.contains_key(source));
        let is_on = |source: &Source| Source::FIRST.contains(source) || session.media.is_on(*source);
        Source::ALL.into_iter().filter(|source| is_published(source) && is_on(source)).collect()
    }

    /// Makes everybody's connections what they should be.
    fn update(&mut self) {
        for page in self.sessions.keys().copied().collect::<Vec<_>>() {
            let wanted: Vec<(usize, Source)> = self
                .sessions
                .keys()
                .filter(|other| **other != page)
                .flat_map(|other| self.publications(*other).into_iter().map(|source| (*other, source)))
                .collect();
            let Self { sessions, shape, made, .. } = self;
            let Some(session) = sessions.get_mut(&page) else { continue };
            session.plan(page, *shape, &wanted, made.entry(page).or_default());
            session.forward(&wanted);
            self.speak(page);
        }
    }

    /// Tells somebody of their connections, of what comes on them, and offers. What comes in a section may be told before or after
    /// the offer that brings it.
    fn speak(&mut self, page: usize) {
        let late = self.random.chance(50);
        let Some(session) = self.sessions.get_mut(&page) else { return };
        let (mut first, mut tracks, mut offers) = (Vec::new(), Vec::new(), Vec::new());
        let legs: Vec<Leg> = session
            .legs
            .iter()
            .map(|(id, leg)| Leg { id: *id, epoch: leg.epoch, direction: leg.direction })
            .collect();
        if legs != session.told_legs {
            session.told_legs.clone_from(&legs);
            session.told_tracks.retain(|id, _| legs.iter().any(|leg| leg.id == *id));
            first.push(Inbound::Sfu(SfuSignal::Legs(legs)));
        }
        for (id, leg) in &mut session.legs {
            let carried: Vec<_> = leg
                .forwarded
                .iter()
                .map(|(mid, (publisher, source))| ForwardedTrack {
                    mid: mid.clone(),
                    publisher: id_of(*publisher),
                    source: *source,
                })
                .collect();
            if session.told_tracks.get(id).map_or(!carried.is_empty(), |told| *told != carried) {
                session.told_tracks.insert(*id, carried.clone());
                tracks.push(Inbound::Sfu(SfuSignal::Tracks { leg: *id, tracks: carried }));
            }
            let may_offer = leg.direction == LegDirection::Subscribe
                && leg.offer_wanted
                && leg.fake.signaling_state() == SignalingState::Stable;
            if may_offer && let Ok(offer) = leg.fake.set_local_description() {
                leg.offer_wanted = false;
                let message = NegotiationMessage::Description(with_candidate(&leg.fake, offer));
                let negotiation = Negotiation { remote: Remote::Server(*id), epoch: leg.epoch, message };
                offers.push(Inbound::Negotiation(negotiation));
            }
        }
        let rest = if late { [offers, tracks] } else { [tracks, offers] };
        let all = first.into_iter().chain(rest.into_iter().flatten());
        self.outgoing.extend(all.map(|signal| (page, signal)));
    }
}

/// It says its candidate in each description, as ICE lite does (RFC 8445 section 2.5).
fn with_candidate(fake: &FakeConnection, mut description: SessionDescription) -> SessionDescription {
    let ufrag = fake.local_ufrag().unwrap_or_default();
    description.sdp.push_str(&format!("a=candidate:1 1 udp 1 127.0.0.1 9 typ host ufrag {ufrag}\r\n"));
    description
}

impl Session {
    /// Which connections there should be.
    fn plan(&mut self, page: usize, shape: Shape, wanted: &[(usize, Source)], made: &mut u32) {
        match shape {
            Shape::TwoConnections => {
                self.have(page, LegId(0), LegDirection::Publish(PublishedSources::All), None, made);
                // There is nothing to offer before there is somebody to hear.
                if !wanted.is_empty() || self.legs.contains_key(&LegId(1)) {
                    self.have(page, LegId(1), LegDirection::Subscribe, None, made);
                }
            }
            Shape::OneConnection => {
                let count = |kind| wanted.iter().filter(|(_, source)| source.kind() == kind).count();
                let before = self.legs.get(&LegId(0)).map(|leg| leg.direction);
                let (mut audio, mut video) = (count(MediaKind::Audio), count(MediaKind::Video));
                // Sections are never taken back.
                if let Some(LegDirection::Both { audio: a, video: v, .. }) = before {
                    (audio, video) = (audio.max(a), video.max(v));
                }
                let publishes = PublishedSources::All;
                self.have(page, LegId(0), LegDirection::Both { publishes, audio, video }, None, made);
            }
            Shape::OneForEachStream => {
                self.have(page, LegId(0), LegDirection::Publish(PublishedSources::UserMedia), None, made);
                if self.media.screen {
                    self.have(
                        page,
                        LegId(1),
                        LegDirection::Publish(PublishedSources::DisplayMedia),
                        None,
                        made,
                    );
                } else {
                    self.legs.remove(&LegId(1));
                }
                let streams: Vec<_> = wanted
                    .iter()
                    .map(|(other, source)| {
                        let screen = SCREEN_STREAM.contains(source);
                        (*other, if screen { SCREEN_STREAM } else { CAMERA_STREAM })
                    })
                    .collect();
                self.legs.retain(|_, leg| leg.stream.is_none_or(|stream| streams.contains(&stream)));
                for stream in streams {
                    let known = self.legs.iter().find(|(_, leg)| leg.stream == Some(stream));
                    let id = known.map_or(LegId(FIRST_SUBSCRIBED + *made), |(id, _)| *id);
                    self.have(page, id, LegDirection::Subscribe, Some(stream), made);
                }
            }
        }
    }

    fn have(
        &mut self,
        page: usize,
        id: LegId,
        direction: LegDirection,
        stream: Option<(usize, [Source; 2])>,
        made: &mut u32,
    ) {
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.direction = direction;
            return;
        }
        *made += 1;
        let leg = ServerLeg {
            epoch: *made,
            fake: FakeConnection::new(format!("s{page}c{}", *made)),
            direction,
            stream,
            published: BTreeMap::new(),
            forwarded: BTreeMap::new(),
            offer_wanted: false,
        };
        self.legs.insert(id, leg);
    }

    /// Puts what they should receive into sections; a section that is free is used again.
    fn forward(&mut self, wanted: &[(usize, Source)]) {
        for leg in self.legs.values_mut() {
            let stream = leg.stream;
            let mine = |track: &(usize, Source)| {
                wanted.contains(track)
                    && stream.is_none_or(|(of, sources)| of == track.0 && sources.contains(&track.1))
            };
            let before = leg.forwarded.len();
            leg.forwarded.retain(|_, track| mine(track));
            leg.offer_wanted |= leg.forwarded.len() < before;
            if matches!(leg.direction, LegDirection::Publish(_)) {
                continue;
            }
            for track in wanted.iter().filter(|track| mine(track)) {
                if leg.forwarded.values().any(|known| known == track) {
                    continue;
                }
                if let Some(mid) = leg.free_section(kind_of(track.1)) {
                    leg.forwarded.insert(mid, *track);
                    leg.offer_wanted = true;
                }
            }
        }
    }
}

impl ServerLeg {
    /// A section in which nothing comes; where the server offers, a new one if there is none.
    fn free_section(&mut self, kind: SectionKind) -> Option<String> {
        let free = |mid: &String| {
            !self.forwarded.contains_key(mid) && !self.published.values().any(|published| published == mid)
        };
        if self.direction == LegDirection::Subscribe {
            let known = self.fake.sections_of(kind).into_iter().find(free);
            let may_add = self.fake.signaling_state() == SignalingState::Stable;
            return known.or_else(|| may_add.then(|| self.fake.reserve_section(kind)));
        }
        let agreed = self.fake.remote_sections().into_iter().filter(|(_, of)| *of == kind);
        agreed.map(|(mid, _)| mid).find(free)
    }
}
