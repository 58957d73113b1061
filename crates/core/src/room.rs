//! A room, seen by one participant.

mod commands;
mod connections;
mod data_channels;
mod details;
mod interactions;
mod negotiation;
mod preflight;
mod prepared_offer;
mod quality;
mod relay;
mod session;
mod signals;
mod speech;
mod stats;
mod track_settings;
mod views;

use visavis_signaling::{
    Dialect, IceServer, Offerer, Outbound, ParticipantId, Probe, Remote, Source, Timestamp, VideoSettings,
};

use self::interactions::LazyInteractions;
use self::prepared_offer::DepositSchedule;
use self::session::Session;
use self::stats::StatsSchedule;
use crate::by_id::ById;
use crate::connection::Connection;
use crate::connections::Connections;
use crate::contact_policy::ContactPolicy;
use crate::input::{Input, MediaEvent, NetworkEvent, TrackId};
use crate::media::LocalMedia;
use crate::outbox::Outbox;
use crate::output::{ConnectionEffect, Effect, Event, MediaEffect, Output};
use crate::preflight::Preflight;
use crate::quality::OwnQuality;
use crate::queue::Queue;
use crate::roster::{Member, Roster};
use crate::signal_client::SignalClient;
use crate::silence_detector::SilenceDetector;
use crate::timing::SLEEP_THRESHOLD;
use crate::topology::Sfu;
use crate::unreachable::ProbeResult;
use crate::view::{Lifecycle, RoomView, SelfView};
use crate::webrtc_support::{WEBRTC_SUPPORT_TEST, WebRtcSupport};

/// What a room is made with. By default without servers of its own and with everything switched off.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoomConfig {
    /// ICE servers of the page's own configuration; used together with those the signaling server gives.
    pub ice_servers: Vec<IceServer>,
    /// Use relays only (`iceTransportPolicy: "relay"`).
    pub relay_only: bool,
    /// How many people the room is said to take until the server tells.
    pub capacity: Option<u32>,
    /// Whether the microphone is wanted at first.
    pub microphone: bool,
    /// Whether the camera is wanted at first.
    pub camera: bool,
    /// When the server that was chosen may be contacted: that of the fallback, if there is one.
    pub contact_policy: ContactPolicy,
    /// Whether a connection, its offer and its candidates are made before they are needed: in the lobby, once the server is
    /// there, or while it is asked to let us in. ICE servers are asked that early, too.
    pub prepare_connection: bool,
    /// Seeds the jitter of reconnects; any number, different in every page.
    pub seed: u64,
}

/// A room, seen by one participant.
///
/// One mutation at a time: [`handle`](Self::handle) an input, then drain [`poll_output`](Self::poll_output). Nothing here
/// panics, whatever the input; what makes no sense in the present state is ignored.
pub struct Room {
    config: RoomConfig,
    out: Outbox,
    signal_client: SignalClient,
    session: Session,
    media: LocalMedia,
    roster: Roster,
    sfu: Sfu,
    connections: Connections,
    deposits: DepositSchedule,
    stats: StatsSchedule,
    /// What is wrong with what we send, or with all that comes to us.
    own_quality: OwnQuality,
    /// Whether our microphone gives anything.
    microphone_silence: SilenceDetector,
    webrtc_support: WebRtcSupport,
    preflight: Preflight,
    /// Who speaks, or did last.
    active_speaker: Option<ParticipantId>,
    /// In what size the others are shown.
    video_settings: ById<ParticipantId, VideoSettings>,
    interactions: LazyInteractions,
    /// Whose details somebody looks at.
    details_of: Option<ParticipantId>,
    /// What was to be said while the server was lost.
    unsent: Queue<Outbound>,
    /// When the last input came.
    last_input: Timestamp,
}

impl Room {
    /// A room that nobody has entered. It speaks to its server through `dialect`.
    pub fn new(config: RoomConfig, dialect: Box<dyn Dialect>) -> Self {
        Self {
            out: Outbox::default(),
            signal_client: SignalClient::new(dialect, config.seed, config.contact_policy),
            session: Session { capacity: config.capacity, ..Session::default() },
            media: LocalMedia::new(config.microphone, config.camera),
            roster: Roster::default(),
            sfu: Sfu::default(),
            connections: Connections::default(),
            deposits: DepositSchedule::default(),
            stats: StatsSchedule::default(),
            own_quality: OwnQuality::default(),
            microphone_silence: SilenceDetector::default(),
            webrtc_support: WebRtcSupport::default(),
            preflight: Preflight::default(),
            active_speaker: None,
            video_settings: ById::default(),
            interactions: LazyInteractions::default(),
            details_of: None,
            unsent: Queue::default(),
            last_input: Timestamp::default(),
            config,
        }
    }

    /// What speaks where there is no server at all: if the shell sees, in the lobby or while joining, that nothing like
    /// a server is where it should be. Once there is one, the lobby goes back to it. It is made when it is needed; if that
    /// cannot be, there is none.
    #[must_use]
    pub fn with_fallback(mut self, make: impl Fn() -> Option<Box<dyn Dialect>> + 'static) -> Self {
        self.signal_client.set_fallback(Box::new(make));
        self
    }

    /// Takes one input. Afterwards drain [`Room::poll_output`].
    pub fn handle(&mut self, now: Timestamp, input: Input) {
        self.detect_sleep(now);
        match input {
            Input::Command(command) => self.on_command(now, command),
            Input::Socket(event) => {
                self.session.server_message_at = now;
                self.signal_client.on_socket_event(now, event, &mut self.out);
            }
            Input::Probed(probe, seen) => self.on_probed(now, &probe, &seen),
            Input::Preflight(WEBRTC_SUPPORT_TEST, finding) => {
                self.webrtc_support.on_finding(finding, &mut self.out);
            }
            Input::Preflight(test, finding) => self.preflight.on_finding(test, finding, &mut self.out),
            Input::Connection(connection, event) => self.on_connection_event(now, connection, event),
            Input::Media(event) => self.on_media_event(now, &event),
            Input::Network(NetworkEvent::Online) => self.on_online(now),
            Input::Network(NetworkEvent::Changed) => self.sample_paths(now),
            Input::InteractionsLoaded => self.load_interactions(now),
            Input::Timeout => self.on_timeout(now),
        }
        self.on_signal_events(now);
        self.after_input(now);
    }

    /// The next thing that follows from the inputs so far, in order.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.pop()
    }

    /// When to come back with [`Input::Timeout`], if nothing else happens before. It may lie in the past: then at once.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let repairs = self.repairable().filter_map(|(_, connection)| connection.recovery().poll_timeout());
        let search =
            self.signal_client.next_probe_at().filter(|_| self.session.lifecycle == Lifecycle::Lobby);
        let videos = self.connections.iter().filter_map(|(_, connection)| connection.video_due_at());
        let preflight = self.preflight.poll_timeout();
        let (signal_client, roster, devices) =
            (self.signal_client.poll_timeout(), self.roster.poll_timeout(), self.media.poll_timeout());
        let webrtc_support = self.webrtc_support.poll_timeout();
        let events = self.signal_client.has_events().then_some(self.last_input);
        let others =
            [signal_client, roster, devices, self.stats_due_at(), search, preflight, webrtc_support, events];
        let carries = self.signal_client.carries_peer_messages();
        let media_request = carries.then(|| self.media_request_due_at()).flatten();
        repairs
            .chain(videos)
            .chain(self.deposit_due_at())
            .chain(media_request)
            .chain(self.track_settings_due_at())
            .chain(self.interactions_due_at())
            .chain(others.into_iter().flatten())
            .min()
    }

    /// How many messages and candidates wait inside for their time. Bounded, whatever the others send; the simulator holds
    /// it against that.
    pub fn backlog(&self) -> usize {
        self.unsent.len() + self.connections.backlog() + self.interactions.backlog()
    }

    /// What to show.
    pub fn view(&self) -> RoomView {
        views::room(self)
    }

    /// What to show of ourselves: [`RoomView::me`], without the rest.
    pub fn self_view(&self) -> SelfView {
        views::me(self)
    }

    /// Whether it is on us that somebody sees and hears somebody soon, now or in a moment: whoever has something else to do
    /// should wait. While an offer of ours is on its way there is time.
    pub fn is_connecting(&self, now: Timestamp) -> bool {
        let connecting = |connection: &Connection| {
            connection.is_setting_description()
                || (connection.awaits_offer() && connection.recovery().is_beginning(now))
        };
        self.session.lifecycle == Lifecycle::Joining
            || self.connections.iter().any(|(_, connection)| connecting(connection))
    }

    fn on_timeout(&mut self, now: Timestamp) {
        self.webrtc_support.timeout(now, &mut self.out);
        self.signal_client.timeout(now, &mut self.out);
        self.on_signal_events(now);
        if self.signal_client.next_probe_at().is_some_and(|at| at <= now) {
            self.probe_again_in_lobby(now);
        }
        self.media.timeout(now, &mut self.out);
        self.repair(now);
        for (_, connection) in self.connections.iter_mut() {
            connection.restore_full_scale(now);
        }
        self.poll_stats(now);
    }

    /// Has the server come that was not there? Of interest only before a call.
    fn probe_again_in_lobby(&mut self, now: Timestamp) {
        if self.session.lifecycle == Lifecycle::Lobby {
            self.signal_client.probe_again(now, &mut self.out);
        }
    }

    fn on_probed(&mut self, now: Timestamp, probe: &Probe, seen: &ProbeResult) {
        let stays = match self.session.lifecycle {
            Lifecycle::Lobby => false,
            // Whoever joins without a server should not be torn out of it.
            Lifecycle::Joining => self.signal_client.fallback_active(),
            Lifecycle::Joined | Lifecycle::Reconnecting | Lifecycle::Left => true,
        };
        self.signal_client.on_probed(now, probe, seen, stays, &mut self.out);
    }

    /// After a sleep of the page everything is late, and what happened meanwhile has not been heard of.
    fn detect_sleep(&mut self, now: Timestamp) {
        let late = |at: Timestamp| at + SLEEP_THRESHOLD < now;
        if late(self.last_input) && self.poll_timeout().is_some_and(late) {
            for (_, connection) in self.connections.iter_mut() {
                connection.recovery_mut().on_wake(now);
            }
        }
        self.last_input = now;
    }

    /// The network is back, or the page woke up: what was waited for may work now.
    fn on_online(&mut self, now: Timestamp) {
        self.signal_client.reconnect_now(now, &mut self.out);
        self.probe_again_in_lobby(now);
        self.renew_prepared_offer(now);
        self.sample_paths(now);
    }

    /// What is known to be broken is repaired at once; of the rest a sample is taken.
    fn sample_paths(&mut self, now: Timestamp) {
        self.watch_closely(now);
        for (_, connection) in self.connections.iter_mut() {
            connection.recovery_mut().retry_broken(now);
        }
    }

    fn on_media_event(&mut self, now: Timestamp, event: &MediaEvent) {
        let before = self.media.tracks();
        match event {
            MediaEvent::Captured { capture, tracks } => self.media.captured(*capture, tracks, &mut self.out),
            MediaEvent::CaptureFailed { capture, error } => {
                self.media.capture_failed(*capture, *error, &mut self.out);
            }
            MediaEvent::TrackEnded(track) => self.media.track_ended(*track, &mut self.out),
            MediaEvent::DevicesChanged => {
                self.media.devices_changed(now, &mut self.out);
                self.out.effect(Effect::Media(MediaEffect::EnumerateDevices));
            }
            MediaEvent::DevicesEnumerated(found) => self.media.enumerated(now, found, &mut self.out),
        }
        self.replace_tracks(&before);
    }

    /// Sends the tracks that have changed on every connection.
    fn replace_tracks(&mut self, before: &[(Source, TrackId)]) {
        let now = self.media.tracks();
        let of = |source, tracks: &[(Source, TrackId)]| {
            tracks.iter().find(|(known, _)| *known == source).map(|(_, track)| *track)
        };
        for source in Source::ALL {
            let new = of(source, &now);
            if new != of(source, before) {
                let sending =
                    self.connections.iter().filter(|(_, connection)| connection.plan().sends(source));
                let prepared = self.connections.prepared();
                let ids = sending.filter_map(|(_, connection)| connection.id()).chain(prepared);
                for id in ids.collect::<Vec<_>>() {
                    self.out.connection(id, ConnectionEffect::ReplaceTrack(source, new));
                }
            }
        }
    }

    /// Gives what we publish a transceiver on every connection that can take one.
    fn publish(&mut self) {
        let sources: Vec<Source> = self.media.tracks().iter().map(|(source, _)| *source).collect();
        for (_, connection) in self.connections.iter_mut() {
            connection.publish(sources.iter().copied(), &mut self.out);
        }
    }

    /// Sends the others what we publish, if it has changed since it was sent last.
    fn send_media_state(&mut self, now: Timestamp) {
        let state = self.media.state();
        if self.session.is_joined() && self.session.announced_media != state {
            self.session.announced_media = state;
            self.signal_client.send(now, Outbound::MediaState(state), &mut self.out);
        }
        // Other Visavis pages receive it directly too, with or without a server.
        for (_, connection) in self.connections.iter_mut() {
            connection.send_media_state(state, &mut self.out);
        }
        if self.signal_client.carries_peer_messages() {
            self.relay_media_state(now, state);
        }
    }

    /// What follows from every input: our media state is sent, negotiations take their next steps, and participants who are lost
    /// for good are removed.
    fn after_input(&mut self, now: Timestamp) {
        if self.session.lifecycle == Lifecycle::Joining {
            if self.joins_with_offer() && !self.signal_client.is_join_wanted() {
                self.open_to_join(now);
            } else if self.signal_client.awaits_permission() {
                // There is no server of the page's own, and nobody has been told of the other one yet: now they are.
                self.session.lifecycle = Lifecycle::Lobby;
            }
        }
        self.send_media_state(now);
        self.follow_tiles(now);
        self.step_preflight(now);
        self.negotiate_all(now);
        self.publish();
        self.prepare_offer(now);
        let connections = &self.connections;
        let connection_of = |id: &ParticipantId| connections.get(&Remote::Participant(id.clone()));
        for (id, name) in self.roster.confirm(|id| connection_of(id).is_some_and(Connection::is_assumed)) {
            self.out.event(Event::ParticipantJoined(id, name));
        }
        self.session.unanswered &=
            self.session.lifecycle.in_call() && self.roster.iter().all(|member| member.assumed);
        self.roster.note_lost(now, |id| connection_of(id).is_some_and(Connection::is_connected));
        while let Some(id) = self.roster.next_given_up(now) {
            self.remove_participant(&id);
        }
        if self.interactions.are_loaded() {
            self.follow_interactions(now);
        }
    }

    /// Whether the server would relay messages to them now.
    fn can_send_to(&self, remote: &Remote) -> bool {
        let present = |id| self.roster.get(id).is_some_and(|member| member.present);
        self.session.is_joined() && remote.participant().is_none_or(present)
    }

    /// Whether messages to them are delivered: now, or when they resume their session.
    fn is_deliverable(&self, remote: &Remote) -> bool {
        let reached = |id| self.roster.get(id).is_some_and(|member| member.present || member.may_resume);
        remote.participant().is_none_or(reached)
    }

    /// The far end of the connection on which somebody is received.
    fn remote_of(&self, member: &Member) -> Option<Remote> {
        match member.offerer {
            Offerer::Sfu => self.sfu.connection_of(&member.id).map(Remote::Server),
            Offerer::Us | Offerer::Them | Offerer::Unknown => Some(Remote::Participant(member.id.clone())),
        }
    }

    /// Who is received on the connection with this far end.
    fn received_on(&self, remote: &Remote) -> Vec<ParticipantId> {
        let received = self.roster.iter().filter(|member| self.remote_of(member).as_ref() == Some(remote));
        received.map(|member| member.id.clone()).collect()
    }
}
