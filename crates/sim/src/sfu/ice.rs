//! The paths of connections: when they come about, and how browsers call them when they do not.

use visavis_core::{ConnectionEvent, PeerConnectionState};

use super::server::ServerLeg;
use super::{Action, ICE_TICK, Path, World};
use crate::browser::Connection;

/// Virtual milliseconds until a silent path is called disconnected, and until that, or one that never came about, is called
/// failed.
const DISCONNECTED_AFTER: u64 = 5_000;
const FAILED_AFTER: u64 = 15_000;

impl World {
    /// The server's end of a connection, if both ends agree that they are.
    pub(super) fn other_end(&self, page: usize, connection: &Connection<Path>) -> Option<&ServerLeg> {
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
            if let Some(state) = connection.tick(now, good) {
                connection.path.state = state;
                self.connection_event(page, id, ConnectionEvent::ConnectionStateChange(state));
            }
        }
    }
}

impl Connection<Path> {
    /// The state that it changes to.
    fn tick(&mut self, now: u64, good: bool) -> Option<PeerConnectionState> {
        let ufrag = self.fake.local_ufrag().map(str::to_owned);
        let path = &mut self.path;
        if good && (path.failed_with.is_none() || path.failed_with != ufrag) {
            (path.bad_since, path.failed_with) = (None, None);
            return (path.state != PeerConnectionState::Connected).then_some(PeerConnectionState::Connected);
        }
        // Who has not begun cannot fail.
        let silent = now - *path.bad_since.get_or_insert(now);
        match path.state {
            PeerConnectionState::Connected if silent >= DISCONNECTED_AFTER => {
                Some(PeerConnectionState::Disconnected)
            }
            PeerConnectionState::Disconnected | PeerConnectionState::New
                if silent >= FAILED_AFTER && ufrag.is_some() =>
            {
                path.failed_with = ufrag;
                Some(PeerConnectionState::Failed)
            }
            PeerConnectionState::New
            | PeerConnectionState::Connecting
            | PeerConnectionState::Connected
            | PeerConnectionState::Disconnected
            | PeerConnectionState::Failed
            | PeerConnectionState::Closed => None,
        }
    }
}
