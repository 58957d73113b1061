//! What a room does about files.

use visavis_signaling::{Offerer, ParticipantId, Remote, Timestamp};

use super::LazyInteractions;
use crate::connection::Connection;
use crate::files::{FileCommand, FileEvent, FileMessage};
use crate::input::ConnectionId;
use crate::interactions::{InteractionEvent, Sender};
use crate::output::{ConnectionEffect, Event};
use crate::room::Room;
use crate::roster::Member;

impl Room {
    #[inline(never)]
    pub(in crate::room) fn on_file_command(&mut self, now: Timestamp, command: FileCommand) {
        if let Some(interactions) = self.interactions(now) {
            interactions.files.get().command(now, command);
        }
    }

    /// The shell says how far a file is.
    #[inline(never)]
    pub(in crate::room) fn on_file_event(&mut self, connection: ConnectionId, event: FileEvent) {
        if let LazyInteractions::Loaded(interactions) = &mut self.interactions {
            let news = interactions.files.get().event(connection, event);
            news.into_iter()
                .for_each(|file| self.out.event(Event::Interaction(InteractionEvent::File(file))));
        }
    }

    /// A message about files. Only whoever has a channel to us can send any.
    pub(super) fn read_file_message(&mut self, now: Timestamp, from: &Sender, text: &str) {
        let connection = self.connections.get(&Remote::Participant(from.id.clone()));
        let Some(connection) = connection.and_then(Connection::id) else { return };
        let LazyInteractions::Loaded(interactions) = &mut self.interactions else { return };
        match FileMessage::decode(text) {
            Ok(Some(message)) => {
                let is_offer = matches!(message, FileMessage::Offers { .. });
                if let Some(file) = interactions.files.get().receive(now, from, connection, message) {
                    interactions.unread = interactions.unread.saturating_add(is_offer.into());
                    self.out.event(Event::Interaction(InteractionEvent::File(file)));
                }
            }
            Ok(None) => {}
            Err(error) => self.out.event(Event::ProtocolError(error.in_text(text))),
        }
    }

    /// The others are told what they do not know yet, and what can begin begins.
    pub(super) fn follow_files(&mut self, now: Timestamp) {
        let LazyInteractions::Loaded(interactions) = &mut self.interactions else { return };
        let files = interactions.files.get();
        let ids: Vec<_> = self.connections.iter().filter_map(|(_, connection)| connection.id()).collect();
        files.begin_update(&self.roster, &ids);
        for (remote, connection) in self.connections.iter() {
            let (Some(to), Some(id)) = (remote.participant(), connection.id()) else { continue };
            if connection.can_send_messages() {
                for text in files.updates(now, to, id) {
                    connection.send_message(text, &mut self.out);
                }
            }
        }
        let (effects, due_at) = (files.take_effects(&ids), files.due_at);
        interactions.due_at = interactions.due_at.into_iter().chain(due_at).min();
        for (id, effect) in effects {
            self.out.connection(id, ConnectionEffect::File(effect));
        }
    }

    /// Who is known to have no data channel to us, and never gets one.
    pub(super) fn out_of_reach_of_files(&self) -> Vec<ParticipantId> {
        let is_out_of_reach =
            |member: &&Member| member.offerer == Offerer::Sfu || self.cannot_deliver_to(member);
        let members = self.roster.iter().filter(|member| !member.assumed);
        members.filter(is_out_of_reach).map(|member| member.id.clone()).collect()
    }
}
