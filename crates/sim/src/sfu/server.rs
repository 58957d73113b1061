//! A selective forwarding unit, in the three shapes that there are.

use std::collections::BTreeMap;

use visavis_core::RIDS;
use visavis_core::signaling::{
    ForwardedTrack, Inbound, Joined, MediaState, Negotiation, NegotiationMessage, Offerer, ParticipantId,
    ParticipantInfo, PublishedSources, Remote, RosterSignal, SdpType, ServerSignal, SessionDescription,
    SfuConnection, SfuConnectionId, SfuDirection, SfuRequest, SfuSignal, Source, TrackSettings,
    VideoSettings,
};

use super::session::{FIRST_RECEIVERS, Session, Shape};
use crate::browser::kind_of;
use crate::fake::{FakeConnection, SignalingState};
use crate::random::Random;

/// The server. Pages are named by their number.
#[derive(Debug)]
pub(super) struct Server {
    shape: Shape,
    random: Random,
    /// It tells what people send; else only they themselves do, by message.
    tells_media: bool,
    pub(super) sessions: BTreeMap<usize, Session>,
    /// It takes the camera in layers, and says which of them anybody receives.
    pub(super) simulcast: bool,
    /// Where there is one connection, it takes its offer with the request to join.
    takes_early_offers: bool,
    /// It carries messages on data channels, and not with what it says itself.
    pub(super) has_data_channels: bool,
    /// How many connections were ever made for each page. A dialect counts them, and outlives the server.
    connections_made: BTreeMap<usize, u32>,
    /// What it says next, and to whom.
    pub(super) outgoing: Vec<(usize, Inbound)>,
}

/// The only connection, or the first.
pub(super) const FIRST: SfuConnectionId = SfuConnectionId(0);
/// Who a page is.
pub(super) fn id_of(page: usize) -> ParticipantId {
    ParticipantId::from_bytes((page as u128 + 1).to_be_bytes())
}

impl Server {
    pub(super) fn new(shape: Shape, mut random: Random) -> Self {
        let tells_media = random.chance(50);
        // Not from the same numbers, so that each seed is the room that it was.
        let mut others = Random::new(random.clone().next_u64());
        let (simulcast, takes_early_offers) = (others.chance(50), others.chance(75));
        let has_data_channels = others.chance(50) && shape != Shape::OneForEachStream;
        let (sessions, connections_made) = (BTreeMap::new(), BTreeMap::new());
        Self {
            shape,
            random,
            tells_media,
            simulcast,
            takes_early_offers,
            has_data_channels,
            sessions,
            connections_made,
            outgoing: Vec::new(),
        }
    }

    /// The connection that somebody who joins can offer with that; `None` where they cannot.
    pub(super) fn first_connection(&self) -> Option<SfuConnection> {
        let early = self.shape == Shape::OneConnection && self.takes_early_offers;
        let direction = SfuDirection::Both {
            publishes: PublishedSources::All,
            audio: FIRST_RECEIVERS,
            video: FIRST_RECEIVERS,
        };
        early.then_some(SfuConnection { id: FIRST, epoch: 1, direction, simulcast: true })
    }

    fn info(&self, page: usize, session: &Session) -> ParticipantInfo {
        ParticipantInfo {
            id: id_of(page),
            name: session.name.clone(),
            media: self.tells_media.then_some(session.media),
            offerer: Offerer::Sfu,
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
            connections: BTreeMap::new(),
            sent_connections: Vec::new(),
            sent_tracks: BTreeMap::new(),
            shown: BTreeMap::new(),
            sent_qualities: BTreeMap::new(),
        };
        let info = self.info(page, &session);
        self.sessions.insert(page, session);
        let joined = Joined {
            id: id_of(page),
            participants,
            ice_servers: None,
            capacity: None,
            room: None,
            given_offers: Vec::new(),
        };
        self.send(page, Inbound::Server(ServerSignal::Joined(joined)));
        self.broadcast(page, &Inbound::Roster(RosterSignal::Joined(info)));
        self.update();
    }

    /// Somebody leaves, or is given up.
    pub(super) fn leave(&mut self, page: usize) {
        if self.sessions.remove(&page).is_some() {
            for session in self.sessions.values_mut() {
                session.shown.remove(&page);
            }
            self.broadcast(page, &Inbound::Roster(RosterSignal::Left(id_of(page))));
            self.update();
        }
    }

    /// It forgets somebody's connections, and makes others.
    pub(super) fn on_request(&mut self, page: usize, connection: SfuConnectionId, request: SfuRequest) {
        let Some(session) = self.sessions.get_mut(&page) else { return };
        match request {
            SfuRequest::RestartIce => {
                let Some(connection) = session.connections.get_mut(&connection) else { return };
                connection.fake.restart_ice();
                connection.offer_wanted = true;
            }
            SfuRequest::Rebuild => {
                session.connections.remove(&connection);
            }
        }
        self.update();
    }

    /// Somebody says in what size they show the videos of another.
    pub(super) fn on_track_settings(&mut self, page: usize, publisher: usize, settings: VideoSettings) {
        if let Some(session) = self.sessions.get_mut(&page) {
            session.shown.insert(publisher, settings);
            self.update();
        }
    }

    /// In what size one shows a source of another, as far as it knows.
    pub(super) fn shown(&self, page: usize, publisher: usize, source: Source) -> Option<TrackSettings> {
        self.sessions.get(&page)?.shown.get(&publisher)?.get(source)
    }

    /// Which layers of somebody's camera anybody receives. What is not known is received whole.
    pub(super) fn subscribed(&self, publisher: usize) -> [bool; RIDS.len()] {
        let mut enabled = [false; RIDS.len()];
        for page in self.sessions.keys().filter(|page| **page != publisher) {
            match self.shown(*page, publisher, Source::Camera) {
                Some(TrackSettings::Disabled) => {}
                Some(TrackSettings::Enabled(size)) => enabled[usize::from(size.width / 400).min(2)] = true,
                None => enabled[2] = true,
            }
        }
        enabled
    }

    pub(super) fn on_media(&mut self, page: usize, media: MediaState) {
        let Some(session) = self.sessions.get_mut(&page) else { return };
        session.media = media;
        if self.tells_media {
            self.broadcast(page, &Inbound::Roster(RosterSignal::MediaState { from: id_of(page), media }));
        }
        self.update();
    }

    /// A description of a page. Why it was refused, if it was.
    pub(super) fn on_description(
        &mut self,
        page: usize,
        connection: SfuConnectionId,
        epoch: u32,
        description: &SessionDescription,
    ) -> Result<(), &'static str> {
        let wanted = self.wanted(page);
        let Some(session) = self.sessions.get_mut(&page) else { return Ok(()) };
        let Some(ends) =
            session.connections.get_mut(&connection).filter(|connection| connection.epoch == epoch)
        else {
            return Ok(());
        };
        ends.fake.set_remote_description(description)?;
        if description.sdp_type == SdpType::Offer {
            ends.asked_for.clear();
            let direction = ends.direction;
            for (mid, kind) in ends.fake.remote_sections() {
                let content = ends.fake.remote_content(&mid);
                let source = Source::ALL.into_iter().find(|source| {
                    direction.publishes(*source)
                        && kind_of(*source) == kind
                        && source.content() == content.as_deref()
                });
                if let Some(source) = source {
                    ends.published.entry(source).or_insert(mid);
                }
            }
            // What they should receive gets its section now: only they offer.
            if matches!(direction, SfuDirection::Both { .. }) {
                ends.forward(&wanted);
            }
            let answer = ends.fake.set_local_description()?;
            let answer = with_candidate(&ends.fake, answer);
            self.send_negotiation(page, connection, epoch, answer);
        }
        self.update();
        Ok(())
    }

    fn send(&mut self, page: usize, signal: Inbound) {
        self.outgoing.push((page, signal));
    }

    fn send_negotiation(
        &mut self,
        page: usize,
        connection: SfuConnectionId,
        epoch: u32,
        description: SessionDescription,
    ) {
        let message = NegotiationMessage::Description(description);
        let negotiation = Negotiation { remote: Remote::Server(connection), epoch, message };
        self.send(page, Inbound::Negotiation(negotiation));
    }

    fn broadcast(&mut self, page: usize, signal: &Inbound) {
        for other in self.sessions.keys().copied().filter(|other| *other != page).collect::<Vec<_>>() {
            self.send(other, signal.clone());
        }
    }

    /// What somebody publishes at the moment: microphone and camera as long as they are here, a screen while it is shared.
    fn publications(&self, page: usize) -> Vec<Source> {
        let Some(session) = self.sessions.get(&page) else { return Vec::new() };
        let is_published = |source: &Source| {
            session.connections.values().any(|connection| connection.published.contains_key(source))
        };
        let is_on =
            |source: &Source| Source::MICROPHONE_AND_CAMERA.contains(source) || session.media.is_on(*source);
        Source::ALL.into_iter().filter(|source| is_published(source) && is_on(source)).collect()
    }

    /// What somebody should receive.
    fn wanted(&self, page: usize) -> Vec<(usize, Source)> {
        let others = self.sessions.keys().filter(|other| **other != page);
        others
            .flat_map(|other| self.publications(*other).into_iter().map(|source| (*other, source)))
            .collect()
    }

    /// Makes everybody's connections what they should be.
    fn update(&mut self) {
        for page in self.sessions.keys().copied().collect::<Vec<_>>() {
            let wanted = self.wanted(page);
            let Self { sessions, shape, simulcast, connections_made, .. } = self;
            let Some(session) = sessions.get_mut(&page) else { continue };
            let made = connections_made.entry(page).or_default();
            session.update_connections(page, *shape, *simulcast, &wanted, made);
            session.forward(&wanted);
            let needed = session.negotiation_needed(&wanted);
            self.send_updates(page);
            if let Some(id) = needed {
                self.send(page, Inbound::Sfu(SfuSignal::NegotiationNeeded(id)));
            }
        }
    }

    /// Tells somebody which layers of their camera anybody receives: of each connection that brings it, once it does.
    fn send_qualities(&mut self, page: usize) {
        let enabled = self.subscribed(page);
        let Some(session) = self.sessions.get_mut(&page).filter(|_| self.simulcast) else { return };
        for connection in session.connections.values() {
            let told = session.sent_qualities.entry(connection.epoch).or_insert([true; RIDS.len()]);
            if connection.published.contains_key(&Source::Camera) && *told != enabled {
                *told = enabled;
                let signal = SfuSignal::SubscribedQualities { source: Source::Camera, enabled };
                self.outgoing.push((page, Inbound::Sfu(signal)));
            }
        }
    }

    /// Tells somebody of their connections, of what comes on them, and offers. What comes in a section may be told before or after
    /// the offer that brings it.
    fn send_updates(&mut self, page: usize) {
        let late = self.random.chance(50);
        self.send_qualities(page);
        let Some(session) = self.sessions.get_mut(&page) else { return };
        let (mut first, mut tracks, mut offers) = (Vec::new(), Vec::new(), Vec::new());
        let connections: Vec<SfuConnection> = session
            .connections
            .iter()
            .map(|(id, connection)| SfuConnection {
                id: *id,
                epoch: connection.epoch,
                direction: connection.direction,
                simulcast: !matches!(connection.direction, SfuDirection::Subscribe),
            })
            .collect();
        if connections != session.sent_connections {
            session.sent_connections.clone_from(&connections);
            session.sent_tracks.retain(|id, _| connections.iter().any(|connection| connection.id == *id));
            first.push(Inbound::Sfu(SfuSignal::Connections(connections)));
        }
        for (id, connection) in &mut session.connections {
            let carried: Vec<_> = connection
                .forwarded
                .iter()
                .map(|(mid, (publisher, source))| ForwardedTrack {
                    mid: mid.clone(),
                    publisher: id_of(*publisher),
                    source: *source,
                })
                .collect();
            if session.sent_tracks.get(id).map_or(!carried.is_empty(), |told| *told != carried) {
                session.sent_tracks.insert(*id, carried.clone());
                tracks.push(Inbound::Sfu(SfuSignal::Tracks { connection: *id, tracks: carried }));
            }
            let may_offer = connection.direction == SfuDirection::Subscribe
                && connection.offer_wanted
                && connection.fake.signaling_state() == SignalingState::Stable;
            if may_offer && let Ok(offer) = connection.fake.set_local_description() {
                connection.offer_wanted = false;
                let message = NegotiationMessage::Description(with_candidate(&connection.fake, offer));
                let negotiation =
                    Negotiation { remote: Remote::Server(*id), epoch: connection.epoch, message };
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
