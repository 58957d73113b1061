//! A room that we are in.

use std::time::Duration;

use super::messages::{self, Messages};
use super::path::{EarlyOffer, PeerConnections};
use super::people::{Participant, People, number};
use super::publication::Publication;
use super::shown::Shown;
use super::subscription::Subscription;
use super::{request, signal};
use crate::dialect::DialectOutput;
use crate::json::{Fields, Json};
use crate::limits::MAX_PARTICIPANTS;
use crate::sfu::{PublishedSources, SfuConnection, SfuConnectionId, SfuDirection, SfuSignal};
use crate::signal::{
    IceCandidate, Inbound, MediaState, Negotiation, NegotiationMessage, ParticipantId, ParticipantInfo,
    Remote, SdpType, SessionDescription,
};
use crate::sources::Source;
use crate::time::Timestamp;
use crate::track_settings::VideoSettings;

/// The connection on which we publish, or the only one...
const PUBLISHER: SfuConnectionId = SfuConnectionId(0);
/// ...and the one on which we receive.
const SUBSCRIBER: SfuConnectionId = SfuConnectionId(1);
/// In how many sections of sound, and of pictures, we receive to begin with, where there is one connection. For more the server
/// asks, which takes time.
pub(super) const FIRST_RECEIVERS: [usize; 2] = [3, 3];
/// As many as it may ask for.
const MAX_RECEIVERS: usize = 2 * MAX_PARTICIPANTS;
/// After another socket the server offers new ICE credentials by itself, within this time.
const RESTART_TIMEOUT: Duration = Duration::from_secs(3);

/// Whether the server hears us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It does; since then, if it has taken us up again.
    Joined(Option<Timestamp>),
    /// The socket was lost.
    Interrupted,
}

/// A room.
#[derive(Debug)]
pub(super) struct Call {
    me: ParticipantId,
    sid: String,
    peer_connections: PeerConnections,
    /// Which peer connections these are.
    epoch: u32,
    /// In how many sections we receive on the only connection.
    receivers: [usize; 2],
    /// The server has asked for an offer when nothing seemed to be missing. What it is for may be told later.
    passed_over: bool,
    state: State,
    media: MediaState,
    may_publish: bool,
    may_publish_data: bool,
    people: People,
    publication: Publication,
    subscription: Subscription,
    shown: Shown,
    messages: Messages,
    /// The connections that the room knows.
    announced: Vec<SfuConnection>,
}

impl Call {
    /// The room whose `join` it is; `None` if it does not say who we are. We have these connections, and have sent that offer
    /// with the request.
    pub(super) fn new(
        join: &Json,
        media: MediaState,
        (peer_connections, epoch): (PeerConnections, u32),
        offer: Option<EarlyOffer>,
    ) -> Option<Self> {
        let Participant { id: me, sid, .. } = Participant::read(join.at("participant"))?;
        let people = People::read(join.at("otherParticipants"), &me);
        let (mut publication, mut subscription) = (Publication::default(), Subscription::default());
        if let Some(EarlyOffer { description, media, .. }) = offer {
            publication.offer(&description, media);
            subscription.offered(&description);
        }
        Some(Self {
            me,
            sid,
            peer_connections,
            epoch,
            receivers: FIRST_RECEIVERS,
            passed_over: false,
            state: State::Joined(None),
            media,
            may_publish: may(join.at("participant"), "canPublish"),
            may_publish_data: may(join.at("participant"), "canPublishData"),
            people,
            publication,
            subscription,
            shown: Shown::default(),
            messages: Messages::default(),
            announced: Vec::new(),
        })
    }

    pub(super) fn me(&self) -> &ParticipantId {
        &self.me
    }

    /// What the server calls us in this life of ours.
    pub(super) fn sid(&self) -> &str {
        &self.sid
    }

    pub(super) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Whether we may publish. On the only connection we begin by publishing, so without that there are two.
    pub(super) fn may_publish(&self) -> bool {
        self.may_publish
    }

    /// Whether the server carries messages of ours.
    pub(super) fn may_publish_data(&self) -> bool {
        self.may_publish && self.may_publish_data
    }

    pub(super) fn others(&self) -> Vec<ParticipantInfo> {
        self.people.infos()
    }

    /// Whether the server hears us.
    pub(super) fn is_joined(&self) -> bool {
        matches!(self.state, State::Joined(_))
    }

    /// The socket is lost.
    pub(super) fn interrupted(&mut self) {
        self.state = State::Interrupted;
    }

    /// The server goes on where it was (`reconnect`): it is told where we are, and offers new ICE credentials.
    pub(super) fn resume(&mut self, now: Timestamp, out: &mut Vec<DialectOutput>) {
        self.state = State::Joined(Some(now));
        let mut state = Fields::default();
        self.subscription.sync(&mut state);
        // We are subscribed to everything, with no exceptions.
        state.put("subscription", Fields::default());
        state.put("publishTracks", self.publication.sync());
        out.push(request("syncState", state));
        self.people.forget_speakers(out);
    }

    /// Whether new ICE credentials for this connection are on their way.
    pub(super) fn restarts_ice(&self, now: Timestamp, id: SfuConnectionId) -> bool {
        let resumed = |at: Timestamp| now < at + RESTART_TIMEOUT;
        id != SUBSCRIBER || matches!(self.state, State::Joined(Some(at)) if resumed(at))
    }

    /// What we send, before anything is published.
    pub(super) fn set_media(&mut self, media: MediaState) {
        self.media = media;
    }

    /// What we send has changed.
    pub(super) fn announce(&mut self, media: MediaState, out: &mut Vec<DialectOutput>) {
        self.media = media;
        self.publication.announce(media, out);
        if self.publication.wants_offer(media) {
            signal(Inbound::Sfu(SfuSignal::NegotiationNeeded(PUBLISHER)), out);
        }
    }

    /// Sends a description of ours.
    pub(super) fn send_description(
        &mut self,
        id: SfuConnectionId,
        description: &SessionDescription,
        out: &mut Vec<DialectOutput>,
    ) {
        match (id, description.sdp_type) {
            (PUBLISHER, SdpType::Offer) => {
                self.publication.send_offer(description, self.media, out);
                if self.peer_connections == PeerConnections::Single {
                    self.subscription.offered(description);
                }
            }
            (SUBSCRIBER, SdpType::Answer) if self.peer_connections == PeerConnections::Dual => {
                self.subscription.send_answer(description, out);
            }
            // Nobody asks for the others.
            (SfuConnectionId(_), SdpType::Offer | SdpType::Answer) => {}
        }
    }

    /// Sends a candidate of ours. Nobody waits for their end.
    pub(super) fn send_candidate(
        &self,
        id: SfuConnectionId,
        candidate: Option<&IceCandidate>,
        out: &mut Vec<DialectOutput>,
    ) {
        let Some(candidate) = candidate else { return };
        let mut trickle = Fields::of_texts(&[("candidateInit", &Json::from(candidate).to_string())]);
        if id == SUBSCRIBER {
            trickle.text("target", "SUBSCRIBER");
        }
        out.push(request("trickle", trickle));
    }

    /// The server's offer, for the connection on which we receive.
    pub(super) fn on_offer(
        &mut self,
        value: &Json,
        description: SessionDescription,
        out: &mut Vec<DialectOutput>,
    ) {
        if self.peer_connections == PeerConnections::Single {
            return;
        }
        self.subscription.on_offer(value, &description);
        self.negotiate(SUBSCRIBER, NegotiationMessage::Description(description), out);
        self.synchronize(out);
    }

    /// The server's answer, on the connection on which we publish.
    pub(super) fn on_answer(
        &mut self,
        value: &Json,
        description: SessionDescription,
        out: &mut Vec<DialectOutput>,
    ) {
        if !self.publication.is_answered_by(value) {
            return;
        }
        if self.peer_connections == PeerConnections::Single {
            self.subscription.on_answer(value, &description);
        }
        self.negotiate(PUBLISHER, NegotiationMessage::Description(description), out);
        self.synchronize(out);
    }

    /// What the others publish changes, and has to be negotiated by us; perhaps it needs more sections, too
    /// (`MediaSectionsRequirement`).
    pub(super) fn on_requirement(&mut self, requirement: &Json, out: &mut Vec<DialectOutput>) {
        if self.peer_connections == PeerConnections::Dual {
            return;
        }
        let more = ["numAudios", "numVideos"].map(|key| number(requirement.at(key)));
        // It asks whenever it has put a track into a section, also if the answer that is on its way has it already.
        self.passed_over = more == [0, 0] && self.subscription.is_complete(&self.people);
        if self.passed_over {
            return;
        }
        for (receivers, more) in self.receivers.iter_mut().zip(more) {
            let more = usize::try_from(more).unwrap_or(MAX_RECEIVERS);
            *receivers = receivers.saturating_add(more).min(MAX_RECEIVERS);
        }
        self.synchronize(out);
        signal(Inbound::Sfu(SfuSignal::NegotiationNeeded(PUBLISHER)), out);
    }

    /// A candidate of the server.
    pub(super) fn on_candidate(&self, target: &str, candidate: IceCandidate, out: &mut Vec<DialectOutput>) {
        let id = if target == "SUBSCRIBER" { SUBSCRIBER } else { PUBLISHER };
        self.negotiate(id, NegotiationMessage::Candidate(Some(candidate)), out);
    }

    fn negotiate(&self, id: SfuConnectionId, message: NegotiationMessage, out: &mut Vec<DialectOutput>) {
        let negotiation = Negotiation { remote: Remote::Server(id), epoch: self.epoch, message };
        signal(Inbound::Negotiation(negotiation), out);
    }

    /// There is something to tell of people, ourselves among them. Returns whether the call has to begin anew: the server has
    /// its end of the connection on which we published before we might not any more, and would take no other one for it. Nor can
    /// the only connection become two.
    pub(super) fn on_update(&mut self, participants: &Json, out: &mut Vec<DialectOutput>) -> bool {
        let might_publish = self.may_publish;
        for value in participants.elements() {
            if value.at("sid").short() == self.sid {
                self.may_publish = may(value, "canPublish");
                self.may_publish_data = may(value, "canPublishData");
            }
            self.people.update(value, &self.me, out);
        }
        let changed = self.may_publish != might_publish;
        let anew = match self.peer_connections {
            PeerConnections::Single => changed,
            PeerConnections::Dual => changed && self.may_publish && self.publication.has_offered(),
        };
        if !anew {
            self.synchronize(out);
        }
        anew
    }

    /// The server has a track of ours.
    pub(super) fn on_published(&mut self, published: &Json, out: &mut Vec<DialectOutput>) {
        let cid = published.at("cid").short();
        self.publication.published(cid, published.at("track"), self.media, out);
    }

    /// What a track of ours is of.
    pub(super) fn source_of(&self, sid: &str) -> Option<Source> {
        self.publication.source_of(sid)
    }

    /// Tells of connections, and of what comes on them.
    pub(super) fn synchronize(&mut self, out: &mut Vec<DialectOutput>) {
        let first = first_connection(self.peer_connections, self.epoch, self.receivers);
        let direction = SfuDirection::Subscribe;
        let subscriber = SfuConnection { id: SUBSCRIBER, epoch: self.epoch, direction, simulcast: false };
        let (connections, receives_on) = match self.peer_connections {
            PeerConnections::Single => (vec![first], PUBLISHER),
            PeerConnections::Dual if self.may_publish => (vec![first, subscriber], SUBSCRIBER),
            PeerConnections::Dual => (vec![subscriber], SUBSCRIBER),
        };
        if connections != self.announced {
            self.announced.clone_from(&connections);
            signal(Inbound::Sfu(SfuSignal::Connections(connections)), out);
        }
        if let Some(tracks) = self.subscription.changed_tracks(&self.people) {
            signal(Inbound::Sfu(SfuSignal::Tracks { connection: receives_on, tracks }), out);
        }
        self.shown.send_changes(&self.people, out);
        if self.passed_over && !self.subscription.is_complete(&self.people) {
            self.passed_over = false;
            signal(Inbound::Sfu(SfuSignal::NegotiationNeeded(PUBLISHER)), out);
        }
    }

    /// Somebody's videos are shown in another size.
    pub(super) fn show(
        &mut self,
        publisher: ParticipantId,
        settings: VideoSettings,
        out: &mut Vec<DialectOutput>,
    ) {
        self.shown.set(publisher, settings);
        if self.is_joined() {
            self.shown.send_changes(&self.people, out);
        }
    }

    /// Says this to some of the others.
    pub(super) fn send_message(&mut self, to: &[ParticipantId], text: &str, out: &mut Vec<DialectOutput>) {
        self.messages.send(PUBLISHER, to, text, out);
    }

    /// Somebody says something.
    pub(super) fn on_message(&self, message: &str, out: &mut Vec<DialectOutput>) {
        messages::on_message(message, &self.people, out);
    }

    /// Somebody begins or ceases to speak.
    pub(super) fn on_speakers(&mut self, changed: &Json, out: &mut Vec<DialectOutput>) {
        self.people.update_speakers(changed.at("speakers"), out);
    }

    /// Which layers of a track of ours anybody takes (`SubscribedQualityUpdate`).
    pub(super) fn on_qualities(&self, update: &Json, out: &mut Vec<DialectOutput>) {
        let Some(source) = self.publication.source_of(update.at("trackSid").short()) else { return };
        let codecs = update.at("subscribedCodecs").elements().iter().map(|codec| codec.at("qualities"));
        let mut enabled = [false; 3];
        for quality in codecs.chain([update.at("subscribedQualities")]).flat_map(Json::elements) {
            let layer = match quality.at("quality").short() {
                "" | "LOW" => &mut enabled[0],
                "MEDIUM" => &mut enabled[1],
                "HIGH" => &mut enabled[2],
                _ => continue,
            };
            *layer |= quality.flag("enabled") == Some(true);
        }
        signal(Inbound::Sfu(SfuSignal::SubscribedQualities { source, enabled }), out);
    }
}

/// The connection on which we make the first offer.
pub(super) fn first_connection(
    peer_connections: PeerConnections,
    epoch: u32,
    [audio, video]: [usize; 2],
) -> SfuConnection {
    let publishes = PublishedSources::All;
    let direction = match peer_connections {
        PeerConnections::Single => SfuDirection::Both { publishes, audio, video },
        PeerConnections::Dual => SfuDirection::Publish(publishes),
    };
    SfuConnection { id: PUBLISHER, epoch, direction, simulcast: true }
}

/// Whether a participant has a permission. If none is told, all are given.
fn may(participant: &Json, permission: &str) -> bool {
    let permissions = participant.at("permission");
    *permissions == Json::Null || permissions.flag(permission) == Some(true)
}
