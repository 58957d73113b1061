//! What a room does about chat, reactions, raised hands and files once anybody uses them. In the part of the page's program that is
//! loaded on demand.

mod files;

use visavis_signaling::{Offerer, ParticipantId, Remote, Timestamp};

use super::{LazyInteractions, Waiting};
use crate::connection::Connection;
use crate::interactions::{
    Interaction, InteractionEvent, Interactions, InteractionsView, Link, Reaction, Sender, Undelivered,
};
use crate::output::Event;
use crate::room::Room;
use crate::roster::Member;

impl Room {
    /// The part of the program that this is in is there: what has waited for it is heard.
    #[inline(never)]
    pub(in crate::room) fn load_interactions(&mut self, now: Timestamp) {
        let waiting = match &mut self.interactions {
            LazyInteractions::Loaded(_) => return,
            LazyInteractions::Loading(waiting) => waiting.take(),
            LazyInteractions::Unused => Vec::new(),
        };
        // Another one in each page.
        let log = self.config.seed as u32;
        self.interactions = LazyInteractions::Loaded(Box::new(Interactions::new(log)));
        for Waiting { from, name, text, departed } in waiting {
            if departed {
                self.read(now, &Sender { id: from, name, session: None }, &text, true);
            } else {
                self.read_interaction(now, &from, &text);
            }
        }
    }

    /// A person uses it: so it is there, though nobody may have asked for it yet. Nothing of it outlives a call.
    fn interactions(&mut self, now: Timestamp) -> Option<&mut Interactions> {
        self.load_interactions(now);
        match &mut self.interactions {
            LazyInteractions::Loaded(interactions) if self.session.lifecycle.in_call() => Some(interactions),
            LazyInteractions::Loaded(_) | LazyInteractions::Loading(_) | LazyInteractions::Unused => None,
        }
    }

    #[inline(never)]
    pub(in crate::room) fn send_chat(&mut self, now: Timestamp, text: &str) {
        if let Some(interactions) = self.interactions(now) {
            interactions.write(now, text);
        }
    }

    #[inline(never)]
    pub(in crate::room) fn mark_chat_read(&mut self, now: Timestamp) {
        if let Some(interactions) = self.interactions(now) {
            interactions.unread = 0;
        }
    }

    #[inline(never)]
    pub(in crate::room) fn set_hand_raised(&mut self, now: Timestamp, raised: bool) {
        if let Some(interactions) = self.interactions(now) {
            interactions.set_hand_raised(now, raised);
        }
    }

    #[inline(never)]
    pub(in crate::room) fn set_recording(&mut self, now: Timestamp, recording: bool) {
        if let Some(interactions) = self.interactions(now) {
            interactions.set_recording(recording);
        }
    }

    /// It counts only at this moment: whoever cannot be told now is not told.
    #[inline(never)]
    pub(in crate::room) fn send_reaction(&mut self, now: Timestamp, reaction: Reaction) {
        if self.interactions(now).is_none_or(|interactions| !interactions.may_react(now)) {
            return;
        }
        let text = Interaction::Reaction(reaction).encode();
        for (_, connection) in
            self.connections.iter().filter(|(_, connection)| connection.can_send_messages())
        {
            connection.send_message(text.clone(), &mut self.out);
        }
        self.relay(now, text);
        self.out.event(Event::Interaction(InteractionEvent::Reaction(None, reaction)));
    }

    /// Somebody's message.
    #[inline(never)]
    pub(in crate::room) fn read_interaction(&mut self, now: Timestamp, from: &ParticipantId, text: &str) {
        if let Some(Member { id, name, session, .. }) = self.roster.get(from) {
            let sender = Sender { id: id.clone(), name: name.clone(), session: session.clone() };
            self.read(now, &sender, text, false);
        }
    }

    fn read(&mut self, now: Timestamp, from: &Sender, text: &str, departed: bool) {
        let LazyInteractions::Loaded(interactions) = &mut self.interactions else { return };
        match Interaction::decode(text) {
            Ok(Some(message)) if departed && !matches!(message, Interaction::Chat { .. }) => {}
            Ok(Some(message)) => {
                let event = interactions.receive(now, from, message);
                event.into_iter().for_each(|event| self.out.event(Event::Interaction(event)));
            }
            Ok(None) => self.read_file_message(now, from, text),
            Err(error) => self.out.event(Event::ProtocolError(error.in_text(text))),
        }
    }

    /// What follows from every input: the others are told what they do not know yet, and what is shown is up to date.
    #[inline(never)]
    pub(in crate::room) fn follow_interactions(&mut self, now: Timestamp) {
        if let LazyInteractions::Loaded(interactions) = &mut self.interactions {
            let channels: Vec<_> =
                self.connections.iter().filter_map(|(_, connection)| connection.id()).collect();
            interactions.begin_update(&self.roster, &channels);
            for (remote, connection) in self.connections.iter() {
                let (Some(to), Some(id)) = (remote.participant(), connection.id()) else { continue };
                if connection.can_send_messages() {
                    for text in interactions.updates(now, &Link::Channel(id), to) {
                        connection.send_message(text, &mut self.out);
                    }
                }
            }
        }
        for (text, to) in self.relayed_updates(now) {
            self.relay_to(now, to, text);
        }
        self.follow_files(now);
        let (undelivered, unreachable) = (self.undelivered(), self.out_of_reach_of_files());
        if let LazyInteractions::Loaded(interactions) = &mut self.interactions {
            interactions.update_view(undelivered, unreachable);
        }
    }

    /// What those are told whose media a server forwards, if it carries messages: each text once, to all who need it.
    fn relayed_updates(&mut self, now: Timestamp) -> Vec<(String, Vec<ParticipantId>)> {
        let mut all: Vec<(String, Vec<ParticipantId>)> = Vec::new();
        let relays = self.relays_media() && self.signal_client.carries_peer_messages();
        let LazyInteractions::Loaded(interactions) = &mut self.interactions else { return all };
        for member in self.roster.iter().filter(|member| relays && member.is_forwarded()) {
            for text in interactions.updates(now, &Link::Relayed(member.id.clone()), &member.id) {
                match all.iter_mut().find(|(known, _)| *known == text) {
                    Some((_, to)) => to.push(member.id.clone()),
                    None => all.push((text, vec![member.id.clone()])),
                }
            }
        }
        all
    }

    /// Who does not have what we have written, and whether they ever will.
    fn undelivered(&self) -> Vec<(ParticipantId, Undelivered)> {
        let LazyInteractions::Loaded(interactions) = &self.interactions else { return Vec::new() };
        let undelivered = |member: &Member| {
            let state = if self.cannot_deliver_to(member) {
                Undelivered::Impossible
            } else if interactions.has_missed(&member.id) {
                Undelivered::Pending
            } else {
                return None;
            };
            Some((member.id.clone(), state))
        };
        self.roster.iter().filter(|member| !member.assumed).filter_map(undelivered).collect()
    }

    /// Whether it is known that no message of ours reaches somebody, or is understood.
    fn cannot_deliver_to(&self, member: &Member) -> bool {
        if member.offerer == Offerer::Sfu {
            return !self.signal_client.carries_peer_messages() || member.media_requests.are_over();
        }
        let remote = Remote::Participant(member.id.clone());
        self.connections.get(&remote).is_some_and(Connection::has_no_peer_channel)
    }
}

impl Interactions {
    /// Shows what has changed, if anything has: whoever shows it compares views.
    fn update_view(
        &mut self,
        undelivered: Vec<(ParticipantId, Undelivered)>,
        unreachable: Vec<ParticipantId>,
    ) {
        let new = InteractionsView {
            chat: self.chat.messages(),
            unread: self.unread,
            hands: self.hands(),
            recorders: self.recorders(),
            undelivered,
            files: self.files.get().view(unreachable),
        };
        if *self.view != new {
            self.view = new.into();
        }
    }
}
