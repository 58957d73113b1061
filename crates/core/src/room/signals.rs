//! What the server says.

use visavis_signaling::{
    IceServers, Inbound, Joined, MediaState, Offerer, Outbound, ParticipantId, ParticipantInfo, RejectCode,
    Rejection, SessionDescription, Timestamp,
};

use super::Room;
use crate::output::Event;
use crate::signal_client::SignalEvent;
use crate::view::Lifecycle;

/// Most messages that wait for their time.
const MAX_EARLY: usize = 128;
/// ...and most of one person: nobody pushes out what the others said.
const MAX_EARLY_EACH: usize = 24;

impl Room {
    pub(super) fn on_signal_events(&mut self, now: Timestamp, events: Vec<SignalEvent>) {
        for item in events {
            match item {
                SignalEvent::Opened if self.wants_to_join() => self.send_join(now),
                SignalEvent::Opened => self.ask_for_check(now),
                SignalEvent::Lost if self.lifecycle == Lifecycle::Joined => {
                    self.lifecycle = Lifecycle::Reconnecting;
                }
                SignalEvent::Lost if matches!(self.lifecycle, Lifecycle::Lobby | Lifecycle::Joining) => {
                    self.signal_client.probe(&mut self.out);
                }
                SignalEvent::Lost => {}
                SignalEvent::ClosedForGood => self.on_socket_refused(),
                SignalEvent::Signal(signal) => self.on_signal(now, signal),
            }
        }
    }

    /// The server has closed the socket for good. A call goes on without it, as far as it can.
    fn on_socket_refused(&mut self) {
        self.lifecycle = match self.lifecycle {
            Lifecycle::Joining => Lifecycle::Lobby,
            Lifecycle::Joined => Lifecycle::Reconnecting,
            other @ (Lifecycle::Lobby | Lifecycle::Reconnecting | Lifecycle::Left) => other,
        };
    }

    fn wants_to_join(&self) -> bool {
        matches!(self.lifecycle, Lifecycle::Joining | Lifecycle::Reconnecting)
    }

    fn on_signal(&mut self, now: Timestamp, signal: Inbound) {
        match signal {
            Inbound::Joined(joined) if self.wants_to_join() => self.on_joined(now, joined),
            Inbound::Rejected(rejection) => self.on_rejected(now, rejection),
            Inbound::Resumed { ice_servers } if self.lifecycle == Lifecycle::Reconnecting => {
                self.on_resumed(now, ice_servers);
            }
            Inbound::IceServers(ice) => {
                self.check.on_server_answer(None, &mut self.out);
                self.use_ice_servers(Some(ice));
            }
            _ if self.lifecycle != Lifecycle::Joined => {}
            Inbound::Joined(_) | Inbound::Resumed { .. } => {}
            Inbound::Unanswered => self.unanswered = true,
            Inbound::ParticipantResumed(info) => self.on_participant_resumed(now, info),
            Inbound::ParticipantJoined(info) => self.on_participant_joined(now, info),
            Inbound::ParticipantLeft(id) => self.remove_participant(&id),
            Inbound::ParticipantGone(id) => self.on_participant_lost(&id),
            Inbound::MediaState { from, media } => self.on_media_state(&from, media),
            Inbound::Description { .. } | Inbound::Candidate { .. } => {
                self.on_negotiation_signal(now, signal);
            }
        }
    }

    fn on_joined(&mut self, now: Timestamp, joined: Joined) {
        let again = self.lifecycle == Lifecycle::Reconnecting;
        self.signal_client.on_joined();
        self.lifecycle = Lifecycle::Joined;
        self.rejection = None;
        self.capacity = joined.capacity.or(self.capacity);
        self.room = joined.room.unwrap_or_else(|| std::mem::take(&mut self.room));
        self.use_ice_servers(joined.ice_servers);
        self.roster.mark_all_absent();
        self.early.clear();
        self.unsent.clear();
        let id = self.id.insert(joined.id).clone();
        for info in joined.participants.into_iter().filter(|info| info.id != id) {
            self.add_to_roster(info);
        }
        self.reconcile(now);
        if again {
            self.rebuild_unstable(now);
        }
    }

    /// The server takes up where the socket broke off: nothing was lost, so nothing is mended. What we could not say
    /// meanwhile is said now.
    fn on_resumed(&mut self, now: Timestamp, ice_servers: Option<IceServers>) {
        self.signal_client.on_joined();
        self.lifecycle = Lifecycle::Joined;
        self.rejection = None;
        self.use_ice_servers(ice_servers);
        // What the others have said meanwhile is on its way.
        self.reset_flow_watch();
        for outbound in self.unsent.take() {
            self.signal_client.send(now, outbound, &mut self.out);
        }
        // What was told while the socket broke may have been repeated just now, after `join` told something newer.
        self.announced_media = self.media.state();
        self.signal_client.send(now, Outbound::MediaState(self.announced_media), &mut self.out);
    }

    /// Somebody comes back who takes up where they were. If we have given them up meanwhile, they do not know, and
    /// would wait for ever: so the offer is ours.
    fn on_participant_resumed(&mut self, now: Timestamp, info: ParticipantInfo) {
        self.participant_present(now, ParticipantInfo { offerer: Offerer::Us, ..info });
    }

    fn on_participant_joined(&mut self, now: Timestamp, info: ParticipantInfo) {
        let (id, offerer) = (info.id.clone(), info.offerer);
        if !self.participant_present(now, info) {
            self.rebuild_after_return(now, &id, offerer);
        }
    }

    /// Somebody is in the room. True if they were not known before.
    fn participant_present(&mut self, now: Timestamp, info: ParticipantInfo) -> bool {
        if self.id.as_ref() == Some(&info.id) {
            return true;
        }
        let (id, name, unconfirmed) = (info.id.clone(), info.name.clone(), info.offerer == Offerer::Unknown);
        let new = self.add_to_roster(info);
        if new && !unconfirmed {
            self.out.event(Event::ParticipantJoined(id.clone(), name));
        }
        self.reconcile(now);
        self.replay_early(now, &id);
        new
    }

    /// Puts somebody on the roster. In another life of theirs nothing is left of what connected us. In the same, what
    /// they said before they were lost may not have been true for long, and their silence was held against it.
    fn add_to_roster(&mut self, info: ParticipantInfo) -> bool {
        if self.roster.get(&info.id).is_some_and(|member| member.session != info.session) {
            self.close_connection(&info.id);
        } else if let Some(connection) = self.connections.get_mut(&info.id) {
            connection.reset_flow();
        }
        self.roster.enter(info)
    }

    fn on_participant_lost(&mut self, id: &ParticipantId) {
        if let Some(member) = self.roster.get_mut(id) {
            member.present = false;
            member.may_resume = true;
            // If they come back, they are the newcomer.
            member.offerer = Offerer::Them;
        }
    }

    fn on_media_state(&mut self, id: &ParticipantId, media: MediaState) {
        if let Some(member) = self.roster.get_mut(id) {
            member.media = Some(media);
        }
    }

    fn on_rejected(&mut self, now: Timestamp, rejection: Rejection) {
        let code = rejection.code;
        if code == RejectCode::ServerClosing {
            self.signal_client.on_server_closing();
        }
        match self.lifecycle {
            Lifecycle::Joining
                if code.is_final() || matches!(code, RejectCode::BadRequest | RejectCode::TooLarge) =>
            {
                self.signal_client.close(now, &mut self.out);
                self.lifecycle = Lifecycle::Lobby;
                self.rejection = Some(rejection);
                self.signal_client.open(now, &mut self.out);
            }
            Lifecycle::Joined | Lifecycle::Reconnecting if code.is_final() => {
                self.leave_room(now, Some(rejection));
            }
            Lifecycle::Joining => {
                self.rejection = Some(rejection);
                let events = self.signal_client.reconnect_later(now, &mut self.out);
                self.on_signal_events(now, events);
            }
            Lifecycle::Reconnecting => {
                let events = self.signal_client.reconnect_later(now, &mut self.out);
                self.on_signal_events(now, events);
            }
            Lifecycle::Joined | Lifecycle::Lobby | Lifecycle::Left => {
                self.check.on_server_answer(Some(code), &mut self.out);
                self.out.event(Event::ProtocolError([code.as_str(), ": ", &rejection.text].concat()));
            }
        }
    }

    /// Keeps a message whose time has not come.
    pub(super) fn buffer_early(&mut self, signal: Inbound) {
        let theirs = |early: &Inbound| sender(early) == sender(&signal);
        if self.early.count(|early| theirs(early)) >= MAX_EARLY_EACH {
            self.early.remove_first(theirs);
        }
        self.early.push_bounded(signal, MAX_EARLY);
    }

    /// Keeps an offer for the time when it may be followed; only the newest of each.
    pub(super) fn buffer_offer(&mut self, from: &ParticipantId, epoch: u32, description: SessionDescription) {
        let older = |signal: &Inbound| matches!(signal, Inbound::Description { from: id, .. } if id == from);
        while self.early.remove_first(older).is_some() {}
        self.buffer_early(Inbound::Description { from: from.clone(), epoch, description });
    }

    /// Hears again what somebody said too early. What is still too early is kept again.
    pub(super) fn replay_early(&mut self, now: Timestamp, id: &ParticipantId) {
        for signal in self.early.take() {
            if sender(&signal) == Some(id) {
                self.on_negotiation_signal(now, signal);
            } else {
                self.early.push(signal);
            }
        }
    }
}

fn sender(signal: &Inbound) -> Option<&ParticipantId> {
    match signal {
        Inbound::Description { from, .. } | Inbound::Candidate { from, .. } => Some(from),
        Inbound::Joined(_)
        | Inbound::Resumed { .. }
        | Inbound::ParticipantResumed(_)
        | Inbound::ParticipantJoined(_)
        | Inbound::ParticipantLeft(_)
        | Inbound::ParticipantGone(_)
        | Inbound::MediaState { .. }
        | Inbound::IceServers(_)
        | Inbound::Rejected(_)
        | Inbound::Unanswered => None,
    }
}
