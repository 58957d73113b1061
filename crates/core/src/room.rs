//! A room, seen by one participant.

mod checks;
mod commands;
mod flow;
mod pairs;
mod signals;
mod views;

use visavis_signaling::{
    Dialect, IceServer, Inbound, MediaState, Outbound, ParticipantId, Probe, Rejection, Timestamp,
};

use crate::by_id::ById;
use crate::check::Check;
use crate::config::Contact;
use crate::connection::Connection;
use crate::input::{ConnectionId, Input, MediaEvent, Source, TrackId};
use crate::link::Link;
use crate::media::LocalMedia;
use crate::outbox::Outbox;
use crate::output::{Effect, Event, Output};
use crate::queue::Queue;
use crate::reach::Seen;
use crate::roster::Roster;
use crate::timing::TIMER_LATE;
use crate::trial::{TRIAL, Trial};
use crate::view::{Lifecycle, RoomView};

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
    pub contact: Contact,
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
    link: Link,
    media: LocalMedia,
    lifecycle: Lifecycle,
    rejection: Option<Rejection>,
    /// Nobody answers, and nobody is called any more.
    unanswered: bool,
    room: String,
    name: String,
    id: Option<ParticipantId>,
    capacity: Option<u32>,
    /// What the server was last told that we send.
    told_media: MediaState,
    server_ice: Vec<IceServer>,
    roster: Roster,
    connections: ById<ParticipantId, Connection>,
    next_connection: u32,
    /// An answerer that is made ahead of the next offer, so that nobody waits for the browser when it comes. There is never
    /// more than one, however many people only come and go.
    spare: Option<ConnectionId>,
    trial: Trial,
    /// The last generation of pairs that are over, so that a returning participant's old messages stay old.
    past_generations: Queue<(ParticipantId, u32)>,
    /// Descriptions and candidates that came too early: from people not in the roster yet, or of a generation to come.
    early: Queue<Inbound>,
    /// When the last input came.
    last_input: Timestamp,
    /// When the server was last heard.
    server_heard: Timestamp,
    /// When the counters of the connections are looked at next.
    looks_at: Timestamp,
    /// Until when they are looked at more often.
    alert_until: Timestamp,
    /// What was to be said while the server was lost.
    unsaid: Queue<Outbound>,
    check: Check,
}

impl Room {
    /// A room that nobody has entered. It speaks to its server through `dialect`.
    pub fn new(config: RoomConfig, dialect: Box<dyn Dialect>) -> Self {
        Self {
            out: Outbox::default(),
            link: Link::new(dialect, config.seed, config.contact),
            media: LocalMedia::new(config.microphone, config.camera),
            lifecycle: Lifecycle::Lobby,
            rejection: None,
            unanswered: false,
            room: String::new(),
            name: String::new(),
            id: None,
            capacity: config.capacity,
            told_media: MediaState::default(),
            server_ice: Vec::new(),
            roster: Roster::default(),
            connections: ById::default(),
            next_connection: 0,
            spare: None,
            trial: Trial::default(),
            past_generations: Queue::default(),
            early: Queue::default(),
            last_input: Timestamp::default(),
            server_heard: Timestamp::default(),
            looks_at: Timestamp::default(),
            alert_until: Timestamp::default(),
            unsaid: Queue::default(),
            check: Check::default(),
            config,
        }
    }

    /// What speaks where there is no server at all: if the shell sees, in the lobby or while joining, that nothing like
    /// a server is where it should be. Once there is one, the lobby goes back to it. It is made when it is needed; if that
    /// cannot be, there is none.
    #[must_use]
    pub fn with_fallback(mut self, make: impl Fn() -> Option<Box<dyn Dialect>> + 'static) -> Self {
        self.link.set_fallback(Box::new(make));
        self
    }

    /// Takes one input. Afterwards drain [`Room::poll_output`].
    pub fn handle(&mut self, now: Timestamp, input: Input) {
        self.notice_sleep(now);
        match input {
            Input::Command(command) => self.command(now, command),
            Input::Socket(event) => {
                self.server_heard = now;
                let heard = self.link.socket_event(now, event, &mut self.out);
                self.heard(now, heard);
            }
            Input::Seen(probe, seen) => self.seen(now, &probe, &seen),
            Input::Tested(TRIAL, finding) => self.trial.found(finding, &mut self.out),
            Input::Tested(test, finding) => self.check.found(test, finding, &mut self.out),
            Input::Connection(connection, event) => self.connection_event(now, connection, event),
            Input::Media(event) => self.media_event(now, &event),
            Input::Online => self.online(now),
            Input::NetworkChanged => self.mend_paths(now),
            Input::Timeout => self.timeout(now),
        }
        self.settle(now);
    }

    /// The next thing that follows from the inputs so far, in order.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.pop()
    }

    /// When to come back with [`Input::Timeout`], if nothing else happens before. It may lie in the past: then at once.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let repairs = self.repairable().filter_map(|(_, connection)| connection.recovery().poll_timeout());
        let search = self.link.looks_again_at().filter(|_| self.lifecycle == Lifecycle::Lobby);
        let check = self.check.poll_timeout();
        let (link, roster, devices) =
            (self.link.poll_timeout(), self.roster.poll_timeout(), self.media.poll_timeout());
        let trial = self.trial.poll_timeout();
        let others = [link, roster, devices, self.next_look(), search, check, trial];
        repairs.chain(others.into_iter().flatten()).min()
    }

    /// How many messages and candidates wait inside for their time. Bounded, whatever the others send; the simulator holds
    /// it against that.
    pub fn backlog(&self) -> usize {
        let pairs = self.connections.iter().map(|(_, connection)| connection.backlog());
        self.early.len() + self.unsaid.len() + self.past_generations.len() + pairs.sum::<usize>()
    }

    /// What to show.
    pub fn view(&self) -> RoomView {
        views::room(self)
    }

    fn timeout(&mut self, now: Timestamp) {
        self.trial.timeout(now, &mut self.out);
        let heard = self.link.timeout(now, &mut self.out);
        self.heard(now, heard);
        if self.link.looks_again_at().is_some_and(|at| at <= now) {
            self.search(now);
        }
        self.media.timeout(now, &mut self.out);
        self.repair(now);
        self.look(now);
    }

    /// Has the server come that was not there? Of interest only before a call.
    fn search(&mut self, now: Timestamp) {
        if self.lifecycle == Lifecycle::Lobby {
            self.link.look_again(now, &mut self.out);
        }
    }

    fn seen(&mut self, now: Timestamp, probe: &Probe, seen: &Seen) {
        let stays = match self.lifecycle {
            Lifecycle::Lobby => false,
            // Whoever joins without a server should not be torn out of it.
            Lifecycle::Joining => self.link.fell_back(),
            Lifecycle::Joined | Lifecycle::Reconnecting | Lifecycle::Left => true,
        };
        self.link.seen(now, probe, seen, stays, &mut self.out);
    }

    /// After a sleep of the page everything is late, and what happened meanwhile has not been heard of.
    fn notice_sleep(&mut self, now: Timestamp) {
        let late = |at: Timestamp| at + TIMER_LATE < now;
        if late(self.last_input) && self.poll_timeout().is_some_and(late) {
            for (_, connection) in self.connections.iter_mut() {
                connection.recovery_mut().woke(now);
            }
        }
        self.last_input = now;
    }

    /// The network is back, or the page woke up: what was waited for may work now.
    fn online(&mut self, now: Timestamp) {
        self.link.retry_now(now, &mut self.out);
        self.search(now);
        self.mend_paths(now);
    }

    /// What is known to be broken is repaired at once; the rest is looked at.
    fn mend_paths(&mut self, now: Timestamp) {
        self.be_alert(now);
        for (_, connection) in self.connections.iter_mut() {
            connection.recovery_mut().nudge(now);
        }
    }

    fn media_event(&mut self, now: Timestamp, event: &MediaEvent) {
        let before = self.local_tracks();
        match *event {
            MediaEvent::Captured { capture, microphone, camera } => {
                self.media.captured(capture, [microphone, camera], &mut self.out);
            }
            MediaEvent::CaptureFailed { capture, error } => {
                self.media.capture_failed(capture, error, &mut self.out);
            }
            MediaEvent::TrackEnded(track) => self.media.track_ended(track, &mut self.out),
            MediaEvent::DevicesChanged => self.media.devices_changed(now, &mut self.out),
        }
        self.send_tracks(before);
    }

    fn local_tracks(&self) -> [Option<TrackId>; 2] {
        Source::ALL.map(|source| self.media.track(source))
    }

    /// Sends the tracks that have changed on every connection.
    fn send_tracks(&mut self, before: [Option<TrackId>; 2]) {
        for (source, old) in Source::ALL.into_iter().zip(before) {
            let new = self.media.track(source);
            if new != old {
                for id in self.made().collect::<Vec<_>>() {
                    self.out.effect(Effect::SendTrack(id, source, new));
                }
            }
        }
    }

    /// Tells the others what we send, if they have heard something else last.
    fn tell_media(&mut self, now: Timestamp) {
        let state = self.media.state();
        if self.lifecycle == Lifecycle::Joined && self.told_media != state {
            self.told_media = state;
            self.link.send(now, Outbound::MediaState(state), &mut self.out);
        }
    }

    /// What follows from every input: what we send is told, negotiations take their next steps, and those who are lost for good are given up.
    fn settle(&mut self, now: Timestamp) {
        // There is no server of the page's own, and nobody has been told of the other one yet: now they are.
        if self.lifecycle == Lifecycle::Joining && self.link.waits_for_request() {
            self.lifecycle = Lifecycle::Lobby;
        }
        self.tell_media(now);
        self.step_check(now);
        self.step_all(now);
        let connections = &self.connections;
        for (id, name) in self.roster.reveal(|id| connections.get(id).is_some_and(Connection::is_presumed)) {
            self.out.event(Event::ParticipantJoined(id, name));
        }
        self.unanswered &= self.lifecycle.in_call() && self.roster.iter().all(|member| member.presumed);
        self.roster.note_lost(now, |id| connections.get(id).is_some_and(Connection::is_connected));
        while let Some(id) = self.roster.given_up(now) {
            self.forget(&id);
        }
    }

    fn can_send_to(&self, id: &ParticipantId) -> bool {
        self.lifecycle == Lifecycle::Joined && self.roster.get(id).is_some_and(|member| member.present)
    }
}
