//! What the server says.

use visavis_signaling::{
    IceServers, Inbound, Joined, MediaState, Offerer, Outbound, ParticipantId, ParticipantInfo, RejectCode,
    Rejection, Remote, RosterSignal, ServerSignal, Timestamp,
};

use super::Room;
use crate::output::Event;
use crate::settings_queue::SettingsQueue;
use crate::signal_client::SignalEvent;
use crate::view::Lifecycle;

impl Room {
    /// Hears what the link has to tell, in order; and what it has to tell of our answers after that.
    pub(super) fn on_signal_events(&mut self, now: Timestamp) {
        while let Some(event) = self.signal_client.next_event() {
            match event {
                SignalEvent::Opened if self.session.wants_to_join() => self.send_join(now),
                SignalEvent::Opened => self.send_preflight(now),
                SignalEvent::Lost if self.session.is_joined() => {
                    self.session.lifecycle = Lifecycle::Reconnecting;
                }
                SignalEvent::Lost
                    if matches!(self.session.lifecycle, Lifecycle::Lobby | Lifecycle::Joining) =>
                {
                    self.discard_opening_time();
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
        if self.session.lifecycle == Lifecycle::Joining {
            self.signal_client.cancel_join();
        }
        self.session.lifecycle = match self.session.lifecycle {
            Lifecycle::Joining => Lifecycle::Lobby,
            Lifecycle::Joined => Lifecycle::Reconnecting,
            other @ (Lifecycle::Lobby | Lifecycle::Reconnecting | Lifecycle::Left) => other,
        };
    }

    fn on_signal(&mut self, now: Timestamp, signal: Inbound) {
        let joined = self.session.is_joined();
        match signal {
            Inbound::Server(signal) => self.on_server_signal(now, signal),
            Inbound::Roster(signal) if joined => self.on_roster_signal(now, signal),
            Inbound::Sfu(signal) if joined => self.on_sfu_signal(now, signal),
            Inbound::Negotiation(negotiation) if joined => self.on_negotiation(now, negotiation),
            Inbound::Exchanged(exchanged) if joined => self.on_exchanged_offer(now, exchanged),
            // Of a room that we are not in any more, or not yet.
            Inbound::Roster(_) | Inbound::Sfu(_) | Inbound::Negotiation(_) | Inbound::Exchanged(_) => {}
        }
    }

    fn on_server_signal(&mut self, now: Timestamp, signal: ServerSignal) {
        match signal {
            ServerSignal::Joined(joined) if self.session.wants_to_join() => self.on_joined(now, joined),
            ServerSignal::Resumed { ice_servers } if self.session.lifecycle == Lifecycle::Reconnecting => {
                self.on_resumed(now, ice_servers);
            }
            // The answer to a question that is over.
            ServerSignal::Joined(_) | ServerSignal::Resumed { .. } => {}
            ServerSignal::Rejected(rejection) => self.on_rejected(now, rejection),
            ServerSignal::IceServers(ice) => {
                self.answered_for_offers(now);
                self.preflight.on_server_answer(None, &mut self.out);
                self.use_ice_servers(Some(ice));
            }
            ServerSignal::Muted(source) if self.session.is_joined() => {
                self.set_source(source, false);
                self.out.event(Event::Muted(source));
            }
            ServerSignal::Muted(_) => {}
            ServerSignal::Unanswered => self.session.unanswered = self.session.is_joined(),
        }
    }

    fn on_roster_signal(&mut self, now: Timestamp, signal: RosterSignal) {
        match signal {
            RosterSignal::Resumed(info) => self.on_participant_resumed(now, info),
            RosterSignal::Joined(info) => self.on_participant_joined(now, info),
            RosterSignal::Left(id) => self.remove_participant(&id),
            RosterSignal::Lost(id) => self.on_participant_lost(&id),
            RosterSignal::MediaState { from, media } => self.on_media_state(&from, media),
        }
    }

    fn on_joined(&mut self, now: Timestamp, joined: Joined) {
        let again = self.session.lifecycle == Lifecycle::Reconnecting;
        self.signal_client.on_joined();
        self.session.lifecycle = Lifecycle::Joined;
        self.session.relayed_media = None;
        self.session.rejection = None;
        self.session.capacity = joined.capacity.or(self.session.capacity);
        self.session.room = joined.room.unwrap_or_else(|| std::mem::take(&mut self.session.room));
        self.use_ice_servers(joined.ice_servers);
        self.roster.mark_all_absent();
        self.connections.forget_early();
        self.unsent.clear();
        self.take_back_join_offer();
        let id = self.session.id.insert(joined.id).clone();
        for info in joined.participants.into_iter().filter(|info| info.id != id) {
            self.add_to_roster(info);
        }
        self.reconcile(now);
        self.postpone_deposit(now);
        for given in joined.given_offers {
            self.on_offer_given(now, given);
        }
        if again {
            self.rebuild_unstable(now);
        }
    }

    /// The server takes up where the socket broke off: nothing was lost, so nothing is mended. What we could not say
    /// meanwhile is said now.
    fn on_resumed(&mut self, now: Timestamp, ice_servers: Option<IceServers>) {
        self.signal_client.on_joined();
        self.session.lifecycle = Lifecycle::Joined;
        self.session.relayed_media = None;
        self.session.rejection = None;
        self.use_ice_servers(ice_servers);
        // What the others have said meanwhile is on its way.
        self.reset_stall_detectors();
        // What was told just before the socket broke may be lost.
        self.roster.iter_mut().for_each(|member| member.track_settings = SettingsQueue::default());
        for outbound in self.unsent.take() {
            self.signal_client.send(now, outbound, &mut self.out);
        }
        // What was told while the socket broke may have been repeated just now, after `join` told something newer.
        self.session.announced_media = self.media.state();
        self.signal_client.send(now, Outbound::MediaState(self.session.announced_media), &mut self.out);
    }

    /// Somebody comes back who takes up where they were. If we have given them up meanwhile, they do not know, and
    /// would wait for ever: so the offer is ours.
    fn on_participant_resumed(&mut self, now: Timestamp, info: ParticipantInfo) {
        let offerer = if info.offerer == Offerer::Sfu { Offerer::Sfu } else { Offerer::Us };
        self.participant_present(now, ParticipantInfo { offerer, ..info });
    }

    fn on_participant_joined(&mut self, now: Timestamp, info: ParticipantInfo) {
        let (id, offerer) = (info.id.clone(), info.offerer);
        if !self.participant_present(now, info) {
            self.rebuild_after_return(now, &Remote::Participant(id), offerer);
        }
    }

    /// Somebody is in the room. True if they were not known before.
    fn participant_present(&mut self, now: Timestamp, info: ParticipantInfo) -> bool {
        if self.session.id.as_ref() == Some(&info.id) {
            return true;
        }
        let (id, name, assumed) = (info.id.clone(), info.name.clone(), info.offerer == Offerer::Unknown);
        let new = self.add_to_roster(info);
        if new && !assumed {
            self.out.event(Event::ParticipantJoined(id.clone(), name));
        }
        if !assumed && let Some(connection) = self.connections.get_mut(&Remote::Participant(id.clone())) {
            connection.confirm(now);
        }
        self.reconcile(now);
        self.replay_early(now, &Remote::Participant(id));
        new
    }

    /// Puts somebody on the roster. In another life of theirs nothing is left of what connected us. In the same, what
    /// they said before they were lost may not have been true for long, and their silence was held against it.
    fn add_to_roster(&mut self, info: ParticipantInfo) -> bool {
        let remote = Remote::Participant(info.id.clone());
        if self.roster.get(&info.id).is_some_and(|member| member.session != info.session) {
            self.interactions.depart(&info.id);
            self.connections.close(&remote, &mut self.out);
        } else if let Some(connection) = self.connections.get_mut(&remote) {
            connection.reset_flow();
        }
        self.roster.upsert(info)
    }

    fn on_participant_lost(&mut self, id: &ParticipantId) {
        if let Some(member) = self.roster.get_mut(id) {
            member.present = false;
            member.may_resume = true;
            // If they come back, they are the newcomer.
            if member.offerer != Offerer::Sfu {
                member.offerer = Offerer::Them;
            }
        }
    }

    /// They say what they publish, directly or by way of the server. What is said last counts: each way keeps the order, so
    /// that both end with the same, and one of them may be dead without telling.
    pub(super) fn on_media_state(&mut self, id: &ParticipantId, media: MediaState) {
        if let Some(member) = self.roster.get_mut(id) {
            member.media = Some(media);
        }
    }

    fn on_rejected(&mut self, now: Timestamp, rejection: Rejection) {
        let code = rejection.code;
        if code == RejectCode::ServerClosing {
            self.signal_client.on_server_closing();
        }
        match self.session.lifecycle {
            Lifecycle::Joining
                if code.is_final() || matches!(code, RejectCode::BadRequest | RejectCode::TooLarge) =>
            {
                self.signal_client.close(now, &mut self.out);
                self.session.lifecycle = Lifecycle::Lobby;
                self.session.rejection = Some(rejection);
                self.signal_client.open(now, &mut self.out);
            }
            Lifecycle::Joined | Lifecycle::Reconnecting if code.is_final() => {
                self.leave_room(now, Some(rejection));
            }
            Lifecycle::Joining => {
                self.session.rejection = Some(rejection);
                self.signal_client.reconnect_later(now, &mut self.out);
            }
            Lifecycle::Reconnecting => {
                self.signal_client.reconnect_later(now, &mut self.out);
            }
            Lifecycle::Joined | Lifecycle::Lobby | Lifecycle::Left => {
                self.preflight.on_server_answer(Some(code), &mut self.out);
                self.out.event(Event::ProtocolError([code.as_str(), ": ", &rejection.text].concat()));
            }
        }
    }
}
