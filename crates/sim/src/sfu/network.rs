//! What is on its way between the pages and the server.

use visavis_core::signaling::{
    Inbound, MediaState, NegotiationMessage, Outbound, ParticipantId, Remote, ServerSignal,
    SessionDescription, SfuConnectionId, SfuDirection, SfuRequest, SfuSignal,
};
use visavis_core::{Input, PeerMessage, SocketEvent};

use super::server::{FIRST, id_of};
use super::{Action, HEARTBEAT, Page, World};

impl World {
    /// A frame of a page, on its way to the server.
    pub(super) fn send_to_server(&mut self, page: usize, frame: String) {
        let Some(socket) = self.pages[page].socket else { return };
        self.pages[page].to_server.push_back(frame);
        let at = self.next_arrival(page, 0);
        self.schedule(at, Action::ToServer(page, socket));
    }

    pub(super) fn next_arrival(&mut self, page: usize, way: usize) -> u64 {
        let at = self.now + self.random.between(2, 50);
        let arrives = &mut self.pages[page].arrives[way];
        *arrives = at.max(*arrives);
        *arrives
    }

    pub(super) fn on_frame(&mut self, page: usize, frame: &str) {
        let outbound = self.messages.borrow().read(frame);
        match outbound {
            Some(Outbound::Join { name, media, offers, .. }) => {
                let resumes = self.join(page, &name, media);
                for offer in offers.into_iter().filter(|_| !resumes) {
                    self.statistics.early_offers += 1;
                    self.on_description(page, FIRST, offer.epoch, &offer.offer);
                }
            }
            Some(Outbound::Negotiation(negotiation)) => {
                if let (Remote::Server(connection), NegotiationMessage::Description(description)) =
                    (negotiation.remote, negotiation.message)
                {
                    self.on_description(page, connection, negotiation.epoch, &description);
                }
            }
            Some(Outbound::Sfu(connection, request)) => {
                match request {
                    SfuRequest::RestartIce => self.statistics.restarts += 1,
                    SfuRequest::Rebuild => self.statistics.rebuilds += 1,
                }
                self.verify_repair(page);
                self.server.on_request(page, connection, request);
            }
            Some(Outbound::MediaState(media)) => self.server.on_media(page, media),
            Some(Outbound::TrackSettings { publisher, settings }) => {
                if let Some(publisher) = (0..self.pages.len()).find(|other| id_of(*other) == publisher) {
                    self.server.on_track_settings(page, publisher, settings);
                }
            }
            Some(Outbound::PeerMessage { to, text }) => self.forward_message(page, &to, &text),
            Some(Outbound::Leave) => self.server.leave(page),
            Some(Outbound::Preflight | Outbound::Deposit(_)) | None => {}
        }
        self.flush_server();
    }

    fn on_description(
        &mut self,
        page: usize,
        connection: SfuConnectionId,
        epoch: u32,
        description: &SessionDescription,
    ) {
        if let Err(why) = self.server.on_description(page, connection, epoch, description) {
            self.report_violation(format!("the server refuses a description of page {page}: {why}"));
        }
    }

    /// Somebody joins. Who comes back and is known takes up where the socket broke: nothing that was said meanwhile is lost.
    /// Returns whether that is so.
    pub(super) fn join(&mut self, page: usize, name: &str, media: MediaState) -> bool {
        self.pages[page].has_joined = true;
        self.pages[page].joins += 1;
        let known = self.server.sessions.contains_key(&page) && !self.pages[page].forgotten;
        if known {
            self.statistics.resumes += 1;
            let missed = std::mem::take(&mut self.pages[page].to_page);
            self.send_to_page(page, vec![Inbound::Server(ServerSignal::Resumed { ice_servers: None })]);
            for frame in missed {
                self.pages[page].to_page.push_back(frame);
                self.schedule_delivery(page);
            }
            self.server.on_media(page, media);
        } else {
            self.pages[page].forgotten = false;
            // Nobody knows them any more, nor do they know anybody.
            self.pages[page].told.clear();
            for other in &mut self.pages {
                other.told.remove(&page);
            }
            self.pages[page].to_page.clear();
            self.server.join(page, name, media);
        }
        known
    }

    /// What the server has to say goes on its way.
    pub(super) fn flush_server(&mut self) {
        for (page, signal) in std::mem::take(&mut self.server.outgoing) {
            self.send_to_page(page, vec![signal]);
        }
    }

    pub(super) fn send_to_page(&mut self, page: usize, signals: Vec<Inbound>) {
        let frame = self.messages.borrow_mut().write(signals);
        self.pages[page].to_page.push_back(frame);
        self.schedule_delivery(page);
    }

    /// The server carries a message: from somebody whose connection that publishes is up to those whose connection that subscribes
    /// is. It drops what is for others, and says nothing.
    fn forward_message(&mut self, page: usize, to: &[ParticipantId], text: &str) {
        if !self.is_active(page, |direction| direction != SfuDirection::Subscribe) {
            return;
        }
        for other in (0..self.pages.len()).filter(|other| to.contains(&id_of(*other))) {
            if self.server.has_data_channels {
                self.send_on_channel(page, other, text);
                continue;
            }
            let receives = |direction| !matches!(direction, SfuDirection::Publish(_));
            let reached = self.pages[other].has_joined && self.pages[other].socket.is_some();
            if reached && self.is_active(other, receives) {
                let (from, text) = (id_of(page), text.to_owned());
                let message = Inbound::Sfu(SfuSignal::PeerMessage { from, text });
                self.server.outgoing.push((other, message));
            }
        }
    }

    /// What is on its way when a socket breaks is repeated on the next, but for messages.
    pub(super) fn lose_messages(&mut self, page: usize) {
        let messages = self.messages.borrow();
        let Page { to_server, to_page, .. } = &mut self.pages[page];
        to_server.retain(|frame| !matches!(messages.read(frame), Some(Outbound::PeerMessage { .. })));
        to_page.retain(|frame| messages.carried(frame).is_none());
    }

    /// A frame reaches a page.
    pub(super) fn on_page_frame(&mut self, page: usize, frame: String) {
        let carried = self.messages.borrow().carried(&frame);
        if let Some((from, text)) = carried {
            self.on_carried_message(page, &frame, &from, &text);
        }
        self.input(page, Input::Socket(SocketEvent::Frame(frame)));
    }

    /// A message of somebody else reaches a page.
    pub(super) fn on_carried_message(&mut self, page: usize, frame: &str, from: &ParticipantId, text: &str) {
        let number = frame.parse().ok();
        let last = std::mem::replace(&mut self.pages[page].last_message, number);
        if last >= number {
            self.report_violation(format!("page {page} hears a message twice, or too late"));
        }
        if let Ok(Some(PeerMessage::Media(media))) = PeerMessage::decode(text) {
            let from = (0..self.pages.len()).find(|other| id_of(*other) == *from);
            from.into_iter().for_each(|from| {
                self.pages[page].told.insert(from, media);
            });
        }
    }

    /// The server says that it is there.
    pub(super) fn heartbeat(&mut self) {
        self.schedule(self.now + HEARTBEAT, Action::Heartbeat);
        for page in 0..self.pages.len() {
            if self.pages[page].socket.is_some() && self.pages[page].has_joined {
                self.send_to_page(page, Vec::new());
            }
        }
    }

    pub(super) fn schedule_delivery(&mut self, page: usize) {
        if let Some(socket) = self.pages[page].socket.filter(|_| self.pages[page].has_joined) {
            let at = self.next_arrival(page, 1);
            self.schedule(at, Action::ToPage(page, socket));
        }
    }
}
