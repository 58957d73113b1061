//! What the server says.

use visavis_signaling::{
    IceServers, Inbound, Joined, MediaState, Offerer, Outbound, ParticipantId, ParticipantInfo, RejectCode,
    Rejection, SessionDescription, Timestamp,
};

use super::Room;
use crate::link::Heard;
use crate::output::Event;
use crate::view::Lifecycle;

/// Most messages that wait for their time.
const MAX_EARLY: usize = 128;
/// ...and most of one person: nobody pushes out what the others said.
const MAX_EARLY_EACH: usize = 24;

impl Room {
    pub(super) fn heard(&mut self, now: Timestamp, heard: Vec<Heard>) {
        for item in heard {
            match item {
                Heard::Opened if self.wants_in() => self.send_join(now),
                Heard::Opened => self.ask_for_check(now),
                Heard::Lost if self.lifecycle == Lifecycle::Joined => {
                    self.lifecycle = Lifecycle::Reconnecting;
                }
                Heard::Lost if matches!(self.lifecycle, Lifecycle::Lobby | Lifecycle::Joining) => {
                    self.link.look(&mut self.out);
                }
                Heard::Lost => {}
                Heard::Refused => self.refused(),
                Heard::Signal(signal) => self.signal(now, signal),
            }
        }
    }

    /// The server has closed the socket for good. A call goes on without it, as far as it can.
    fn refused(&mut self) {
        self.lifecycle = match self.lifecycle {
            Lifecycle::Joining => Lifecycle::Lobby,
            Lifecycle::Joined => Lifecycle::Reconnecting,
            other @ (Lifecycle::Lobby | Lifecycle::Reconnecting | Lifecycle::Left) => other,
        };
    }

    fn wants_in(&self) -> bool {
        matches!(self.lifecycle, Lifecycle::Joining | Lifecycle::Reconnecting)
    }

    fn signal(&mut self, now: Timestamp, signal: Inbound) {
        match signal {
            Inbound::Joined(joined) if self.wants_in() => self.joined(now, joined),
            Inbound::Rejected(rejection) => self.rejected(now, rejection),
            Inbound::Resumed { ice_servers } if self.lifecycle == Lifecycle::Reconnecting => {
                self.resumed(now, ice_servers);
            }
            Inbound::IceServers(ice) => {
                self.check.server_said(None, &mut self.out);
                self.use_ice_servers(Some(ice));
            }
            _ if self.lifecycle != Lifecycle::Joined => {}
            Inbound::Joined(_) | Inbound::Resumed { .. } => {}
            Inbound::Unanswered => self.unanswered = true,
            Inbound::ParticipantBack(info) => self.participant_back(now, info),
            Inbound::ParticipantJoined(info) => self.participant_joined(now, info),
            Inbound::ParticipantLeft(id) => self.forget(&id),
            Inbound::ParticipantGone(id) => self.participant_gone(&id),
            Inbound::MediaState { from, media } => self.participant_media(&from, media),
            Inbound::Description { .. } | Inbound::Candidate { .. } => self.negotiation_signal(now, signal),
        }
    }

    fn joined(&mut self, now: Timestamp, joined: Joined) {
        let again = self.lifecycle == Lifecycle::Reconnecting;
        self.link.confirm();
        self.lifecycle = Lifecycle::Joined;
        self.rejection = None;
        self.capacity = joined.capacity.or(self.capacity);
        self.room = joined.room.unwrap_or_else(|| std::mem::take(&mut self.room));
        self.use_ice_servers(joined.ice_servers);
        self.roster.all_absent();
        self.early.clear();
        self.unsaid.clear();
        let id = self.id.insert(joined.id).clone();
        for info in joined.participants.into_iter().filter(|info| info.id != id) {
            self.enter(info);
        }
        self.reconcile(now);
        if again {
            self.mend_after_silence(now);
        }
    }

    /// The server takes up where the socket broke off: nothing was lost, so nothing is mended. What we could not say
    /// meanwhile is said now.
    fn resumed(&mut self, now: Timestamp, ice_servers: Option<IceServers>) {
        self.link.confirm();
        self.lifecycle = Lifecycle::Joined;
        self.rejection = None;
        self.use_ice_servers(ice_servers);
        // What the others have said meanwhile is on its way.
        self.listen_anew();
        for outbound in self.unsaid.take() {
            self.link.send(now, outbound, &mut self.out);
        }
        // What was told while the socket broke may have been repeated just now, after `join` told something newer.
        self.told_media = self.media.state();
        self.link.send(now, Outbound::MediaState(self.told_media), &mut self.out);
    }

    /// Somebody comes back who takes up where they were. If we have given them up meanwhile, they do not know, and
    /// would wait for ever: so the offer is ours.
    fn participant_back(&mut self, now: Timestamp, info: ParticipantInfo) {
        self.appeared(now, ParticipantInfo { offerer: Offerer::Us, ..info });
    }

    fn participant_joined(&mut self, now: Timestamp, info: ParticipantInfo) {
        let (id, offerer) = (info.id.clone(), info.offerer);
        if !self.appeared(now, info) {
            self.mend_after_return(now, &id, offerer);
        }
    }

    /// Somebody is in the room. True if they were not known before.
    fn appeared(&mut self, now: Timestamp, info: ParticipantInfo) -> bool {
        if self.id.as_ref() == Some(&info.id) {
            return true;
        }
        let (id, name, presumed) = (info.id.clone(), info.name.clone(), info.offerer == Offerer::Unknown);
        let new = self.enter(info);
        if new && !presumed {
            self.out.event(Event::ParticipantJoined(id.clone(), name));
        }
        self.reconcile(now);
        self.replay_early(now, &id);
        new
    }

    /// Puts somebody on the roster. In another life of theirs nothing is left of what connected us. In the same, what
    /// they said before they were lost may not have been true for long, and their silence was held against it.
    fn enter(&mut self, info: ParticipantInfo) -> bool {
        if self.roster.get(&info.id).is_some_and(|member| member.session != info.session) {
            self.close(&info.id);
        } else if let Some(connection) = self.connections.get_mut(&info.id) {
            connection.forget_flow();
        }
        self.roster.enter(info)
    }

    fn participant_gone(&mut self, id: &ParticipantId) {
        if let Some(member) = self.roster.get_mut(id) {
            member.present = false;
            member.blinks = true;
            // If they come back, they are the newcomer.
            member.offerer = Offerer::Them;
        }
    }

    fn participant_media(&mut self, id: &ParticipantId, media: MediaState) {
        if let Some(member) = self.roster.get_mut(id) {
            member.media = Some(media);
        }
    }

    fn rejected(&mut self, now: Timestamp, rejection: Rejection) {
        let code = rejection.code;
        if code == RejectCode::ServerClosing {
            self.link.server_closes();
        }
        match self.lifecycle {
            Lifecycle::Joining
                if code.is_final() || matches!(code, RejectCode::BadRequest | RejectCode::TooLarge) =>
            {
                self.link.close(now, &mut self.out);
                self.lifecycle = Lifecycle::Lobby;
                self.rejection = Some(rejection);
                self.link.open(now, &mut self.out);
            }
            Lifecycle::Joined | Lifecycle::Reconnecting if code.is_final() => self.end(now, Some(rejection)),
            Lifecycle::Joining => {
                self.rejection = Some(rejection);
                let heard = self.link.hang_up(now, &mut self.out);
                self.heard(now, heard);
            }
            Lifecycle::Reconnecting => {
                let heard = self.link.hang_up(now, &mut self.out);
                self.heard(now, heard);
            }
            Lifecycle::Joined | Lifecycle::Lobby | Lifecycle::Left => {
                self.check.server_said(Some(code), &mut self.out);
                self.out.event(Event::ProtocolError([code.as_str(), ": ", &rejection.text].concat()));
            }
        }
    }

    /// Keeps a message whose time has not come.
    pub(super) fn keep_early(&mut self, signal: Inbound) {
        let theirs = |early: &Inbound| sender(early) == sender(&signal);
        if self.early.count(|early| theirs(early)) >= MAX_EARLY_EACH {
            self.early.remove_first(theirs);
        }
        self.early.push_bounded(signal, MAX_EARLY);
    }

    /// Keeps an offer for the time when it may be followed; only the newest of each.
    pub(super) fn keep_offer(
        &mut self,
        from: &ParticipantId,
        generation: u32,
        description: SessionDescription,
    ) {
        let older = |signal: &Inbound| matches!(signal, Inbound::Description { from: id, .. } if id == from);
        while self.early.remove_first(older).is_some() {}
        self.keep_early(Inbound::Description { from: from.clone(), generation, description });
    }

    /// Hears again what somebody said too early. What is still too early is kept again.
    pub(super) fn replay_early(&mut self, now: Timestamp, id: &ParticipantId) {
        for signal in self.early.take() {
            if sender(&signal) == Some(id) {
                self.negotiation_signal(now, signal);
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
        | Inbound::ParticipantBack(_)
        | Inbound::ParticipantJoined(_)
        | Inbound::ParticipantLeft(_)
        | Inbound::ParticipantGone(_)
        | Inbound::MediaState { .. }
        | Inbound::IceServers(_)
        | Inbound::Rejected(_)
        | Inbound::Unanswered => None,
    }
}
