//! Which connections reach the server.

use visavis_core::ConnectionEvent;

use super::server::ServerLeg;
use super::{Action, ICE_TICK, World};
use crate::browser::Connection;
use crate::ice_state::IceState;

impl World {
    /// The server's end of a connection, if both ends agree that they are.
    pub(super) fn other_end(&self, page: usize, connection: &Connection<IceState>) -> Option<&ServerLeg> {
        let legs = self.server.sessions.get(&page)?.legs.values();
        legs.into_iter().find(|leg| connection.fake.remote_fingerprint() == Some(leg.fake.fingerprint()))
    }

    pub(super) fn ice_tick(&mut self) {
        self.schedule(self.now + ICE_TICK, Action::IceTick);
        let mut changes = Vec::new();
        for (index, page) in self.pages.iter().enumerate().filter(|(_, page)| page.alive) {
            for (id, connection) in &page.browser.connections {
                let reaches = self.other_end(index, connection).is_some_and(|leg| {
                    connection.fake.can_connect_to(&leg.fake) && connection.fake.has_remote_candidate()
                });
                changes.push((index, *id, reaches && !page.path_cut));
            }
        }
        for (page, id, good) in changes {
            let now = self.now;
            let Some(connection) = self.pages[page].browser.connections.get_mut(&id) else { continue };
            if let Some(state) = connection.path.tick(now, good, connection.fake.local_ufrag()) {
                self.connection_event(page, id, ConnectionEvent::ConnectionStateChange(state));
            }
        }
    }
}
