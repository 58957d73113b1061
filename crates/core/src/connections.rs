//! All connections of a room, by their far ends: which there are, what was there before, and what came too early for them.

use visavis_signaling::{Negotiation, NegotiationMessage, Remote};

use crate::by_id::ById;
use crate::connection::{Connection, PreparedOffer};
use crate::input::{ConnectionEvent, ConnectionId};
use crate::outbox::Outbox;
use crate::output::{ConnectionEffect, Role};
use crate::queue::Queue;

/// Most connections whose last epoch is remembered after they are over.
const MAX_PAST_EPOCHS: usize = 64;
/// Most messages that wait for their time.
const MAX_EARLY: usize = 128;
/// ...and most of one remote: nobody pushes out what the others said.
const MAX_EARLY_EACH: usize = 24;

/// At most one connection for each remote. Whatever leaves is closed, and its epoch is remembered.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    by_remote: ById<Remote, Connection>,
    next_id: u32,
    /// An answerer that is made ahead of the next offer, so that nobody waits for the browser when it comes. There is never
    /// more than one, however many people only come and go.
    prepared_answerer: Option<ConnectionId>,
    /// An offerer that is made before somebody is there to hear its offer.
    prepared_offer: Option<PreparedOffer>,
    /// The last epoch of connections that are over, so that a returning participant's old messages stay old.
    past_epochs: Queue<(Remote, u32)>,
    /// Descriptions and candidates that came too early: from people not in the roster yet, or of an epoch to come.
    early: Queue<Negotiation>,
}

impl Connections {
    pub(crate) fn get(&self, remote: &Remote) -> Option<&Connection> {
        self.by_remote.get(remote)
    }

    pub(crate) fn get_mut(&mut self, remote: &Remote) -> Option<&mut Connection> {
        self.by_remote.get_mut(remote)
    }

    /// The connection that the shell knows by this number, and its far end.
    pub(crate) fn find_mut(&mut self, id: ConnectionId) -> Option<(&Remote, &mut Connection)> {
        self.by_remote.iter_mut().find(|(_, connection)| connection.id() == Some(id))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Remote, &Connection)> {
        self.by_remote.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&Remote, &mut Connection)> {
        self.by_remote.iter_mut()
    }

    /// The far ends of those that fit.
    pub(crate) fn remotes(&self, fits: impl Fn(&Remote, &Connection) -> bool) -> Vec<Remote> {
        self.iter()
            .filter(|(remote, connection)| fits(remote, connection))
            .map(|(remote, _)| remote.clone())
            .collect()
    }

    /// All that the shell has been asked to make, but those on which we offer to a selective forwarding unit.
    pub(crate) fn reconfigurable(&self) -> impl Iterator<Item = ConnectionId> {
        let others = self.iter().filter(|(_, connection)| connection.role() != Role::SfuOfferer);
        let offer = self.prepared_offer.as_ref().filter(|prepared| !prepared.plan().is_sfu());
        let prepared = self.prepared_answerer.into_iter().chain(offer.map(|prepared| prepared.id));
        others.filter_map(|(_, connection)| connection.id()).chain(prepared)
    }

    /// Those that are prepared for whoever comes.
    pub(crate) fn prepared(&self) -> impl Iterator<Item = ConnectionId> + use<> {
        let offer = self.prepared_offer.as_ref().map(|prepared| prepared.id);
        self.prepared_answerer.into_iter().chain(offer)
    }

    /// A number that none has had.
    pub(crate) fn new_id(&mut self) -> ConnectionId {
        let id = ConnectionId(self.next_id);
        self.next_id = self.next_id.wrapping_add(1);
        id
    }

    /// The first epoch that nobody has used with this remote.
    pub(crate) fn next_epoch(&mut self, remote: &Remote) -> u32 {
        let past = self.past_epochs.remove_first(|(past, _)| past == remote);
        past.map_or(0, |(_, epoch)| epoch.saturating_add(1))
    }

    /// The first epoch that nobody has used with whomever.
    pub(crate) fn unused_epoch(&self) -> u32 {
        let past = self.past_epochs.iter().map(|(_, epoch)| *epoch);
        past.max().map_or(0, |epoch| epoch.saturating_add(1))
    }

    /// Puts a connection in place; gives back the one that was there, closed.
    pub(crate) fn replace(
        &mut self,
        remote: &Remote,
        mut connection: Connection,
        out: &mut Outbox,
    ) -> Option<Connection> {
        let before = self.by_remote.remove(remote);
        if let Some(before) = &before {
            close(before.id(), out);
            connection.inherit_failure(before.failure());
        }
        self.by_remote.insert(remote.clone(), connection);
        before
    }

    /// Closes the connection to a remote, if there is one.
    pub(crate) fn close(&mut self, remote: &Remote, out: &mut Outbox) {
        if let Some(connection) = self.by_remote.remove(remote) {
            self.close_and_keep_epoch(remote.clone(), &connection, out);
        }
    }

    /// Closes all, also the one that is prepared. Nothing is early any more.
    pub(crate) fn close_all(&mut self, out: &mut Outbox) {
        while let Some((remote, connection)) = self.by_remote.pop() {
            self.close_and_keep_epoch(remote, &connection, out);
        }
        close(self.prepared_answerer.take(), out);
        self.discard_prepared_offer(out);
        self.early.clear();
    }

    fn close_and_keep_epoch(&mut self, remote: Remote, connection: &Connection, out: &mut Outbox) {
        close(connection.id(), out);
        self.past_epochs.push_bounded((remote, connection.epoch()), MAX_PAST_EPOCHS);
    }

    /// The answerer that is prepared, if there is one.
    pub(crate) fn prepared_answerer(&self) -> Option<ConnectionId> {
        self.prepared_answerer
    }

    /// An answerer is prepared for the next offer.
    pub(crate) fn set_prepared_answerer(&mut self, id: ConnectionId) {
        self.prepared_answerer = Some(id);
    }

    /// The prepared answerer is for somebody now, or good for nothing.
    pub(crate) fn take_prepared_answerer(&mut self) -> Option<ConnectionId> {
        self.prepared_answerer.take()
    }

    /// The offer that is prepared, if there is one.
    pub(crate) fn prepared_offer(&self) -> Option<&PreparedOffer> {
        self.prepared_offer.as_ref()
    }

    /// The same, to change it.
    pub(crate) fn prepared_offer_mut(&mut self) -> Option<&mut PreparedOffer> {
        self.prepared_offer.as_mut()
    }

    /// The browser says something of a connection that nobody is at the other end of.
    pub(crate) fn on_prepared_offer_event(
        &mut self,
        id: ConnectionId,
        event: ConnectionEvent,
        out: &mut Outbox,
    ) {
        if let Some(prepared) = self.prepared_offer.as_mut().filter(|prepared| prepared.id == id) {
            prepared.on_event(event, out);
        }
    }

    /// An offer is prepared.
    pub(crate) fn set_prepared_offer(&mut self, prepared: PreparedOffer) {
        self.prepared_offer = Some(prepared);
    }

    /// The prepared offer is for somebody now.
    pub(crate) fn take_prepared_offer(&mut self) -> Option<PreparedOffer> {
        self.prepared_offer.take()
    }

    /// The prepared offer is for nobody.
    pub(crate) fn discard_prepared_offer(&mut self, out: &mut Outbox) {
        close(self.prepared_offer.take().map(|prepared| prepared.id), out);
    }

    /// How many messages wait for their time, of the server and of the browser.
    pub(crate) fn backlog(&self) -> usize {
        let waiting = self.iter().map(|(_, connection)| connection.backlog());
        self.early.len() + self.past_epochs.len() + waiting.sum::<usize>()
    }

    /// Keeps a message whose time has not come.
    pub(crate) fn buffer_early(&mut self, negotiation: Negotiation) {
        let theirs = |early: &Negotiation| early.remote == negotiation.remote;
        if self.early.count(|early| theirs(early)) >= MAX_EARLY_EACH {
            self.early.remove_first(theirs);
        }
        self.early.push_bounded(negotiation, MAX_EARLY);
    }

    /// Keeps an offer for the time when it may be followed; only the newest of each.
    pub(crate) fn buffer_early_offer(&mut self, offer: Negotiation) {
        let older = |early: &Negotiation| {
            early.remote == offer.remote && matches!(early.message, NegotiationMessage::Description(_))
        };
        while self.early.remove_first(older).is_some() {}
        self.buffer_early(offer);
    }

    /// What a remote has said too early, in order.
    pub(crate) fn take_early(&mut self, remote: &Remote) -> Vec<Negotiation> {
        let (theirs, others) = self.early.take().into_iter().partition(|early| early.remote == *remote);
        for negotiation in others {
            self.early.push(negotiation);
        }
        theirs
    }

    /// What came early is of a room that is no more.
    pub(crate) fn forget_early(&mut self) {
        self.early.clear();
    }
}

fn close(id: Option<ConnectionId>, out: &mut Outbox) {
    if let Some(id) = id {
        out.connection(id, ConnectionEffect::Close);
    }
}
