//! What the server says.

use visavis_signaling::{
    Inbound, Joined, MediaState, Offerer, ParticipantId, ParticipantInfo, RejectCode, Rejection,
    SessionDescription, Timestamp,
};

use super::Room;
use crate::link::Heard;
use crate::output::Event;
use crate::view::Lifecycle;

/// Most messages that wait for their time.
const MAX_EARLY: usize = 64;

impl Room {
    pub(super) fn heard(&mut self, now: Timestamp, heard: Vec<Heard>) {
        for item in heard {
            match item {
                Heard::Opened if self.wants_in() => self.send_join(now),
                Heard::Opened => {}
                Heard::Lost if self.lifecycle == Lifecycle::Joined => {
                    self.lifecycle = Lifecycle::Reconnecting;
                }
                Heard::Lost => {}
                Heard::Signal(signal) => self.signal(now, signal),
            }
        }
    }

    fn wants_in(&self) -> bool {
        matches!(self.lifecycle, Lifecycle::Joining | Lifecycle::Reconnecting)
    }

    fn signal(&mut self, now: Timestamp, signal: Inbound) {
        match signal {
            Inbound::Joined(joined) if self.wants_in() => self.joined(now, joined),
            Inbound::Rejected(rejection) => self.rejected(now, rejection),
            Inbound::IceServers(ice) => self.server_ice = ice.servers,
            _ if self.lifecycle != Lifecycle::Joined => {}
            Inbound::Joined(_) => {}
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
        self.server_ice = joined.ice_servers.map_or_else(Vec::new, |ice| ice.servers);
        self.roster.all_absent();
        self.early.clear();
        let id = self.id.insert(joined.id).clone();
        for info in joined.participants.into_iter().filter(|info| info.id != id) {
            self.enter(info);
        }
        self.reconcile(now);
        if again {
            self.mend_after_silence(now);
        }
    }

    fn participant_joined(&mut self, now: Timestamp, info: ParticipantInfo) {
        if self.id.as_ref() == Some(&info.id) {
            return;
        }
        let (id, name, presumed) = (info.id.clone(), info.name.clone(), info.offerer == Offerer::Unknown);
        if self.enter(info) {
            if !presumed {
                self.out.event(Event::ParticipantJoined(id.clone(), name));
            }
        } else {
            self.mend_after_return(now, &id);
        }
        self.reconcile(now);
        self.replay_early(now, &id);
    }

    fn enter(&mut self, info: ParticipantInfo) -> bool {
        self.roster.enter(info)
    }

    fn participant_gone(&mut self, id: &ParticipantId) {
        if let Some(member) = self.roster.get_mut(id) {
            member.present = false;
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
                self.out.event(Event::ProtocolError([code.as_str(), ": ", &rejection.text].concat()));
            }
        }
    }

    /// Keeps a message whose time has not come.
    pub(super) fn keep_early(&mut self, signal: Inbound) {
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
        | Inbound::ParticipantJoined(_)
        | Inbound::ParticipantLeft(_)
        | Inbound::ParticipantGone(_)
        | Inbound::MediaState { .. }
        | Inbound::IceServers(_)
        | Inbound::Rejected(_) => None,
    }
}
