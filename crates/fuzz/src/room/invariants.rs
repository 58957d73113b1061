//! What must hold after every step.

use std::collections::BTreeSet;

use visavis_core::signaling::limits::{MAX_NAME_CHARS, MAX_PARTICIPANTS};
use visavis_core::signaling::text::clean;
use visavis_core::{Lifecycle, RoomView};

use super::{Page, Socket};

/// Most that waits in a room with nobody in it, and most for each person.
const MAX_BACKLOG: (usize, usize) = (64 + 256 + 64, 256 + 256 + 8);

impl Page {
    pub(super) fn assert_invariants(&self) {
        let view = self.room.view();
        let people = view.participants.len();
        assert!(people <= MAX_PARTICIPANTS, "a crowd of {people}");
        let made_ahead = self.browser.most_made_ahead(view.lifecycle);
        assert!(
            self.browser.connections.len() <= people + made_ahead,
            "one for everybody, and one made ahead"
        );
        let backlog = self.room.backlog();
        assert!(backlog <= MAX_BACKLOG.0 + people * MAX_BACKLOG.1, "{backlog} messages wait");
        assert_participants(&view);
        match view.lifecycle {
            Lifecycle::Left => {
                assert!(self.browser.tracks.is_empty(), "a resource is not released");
                assert!(self.socket == Socket::None, "a resource is not released");
                assert_eq!(self.room.poll_timeout(), None, "nothing is left to wait for");
                assert_eq!(people, 0, "people, but no room");
            }
            Lifecycle::Lobby | Lifecycle::Joining => assert_eq!(people, 0, "people, but no room"),
            Lifecycle::Joined => assert_eq!(self.socket, Socket::Open, "joined without a socket"),
            Lifecycle::Reconnecting => {}
        }
    }
}

fn assert_participants(view: &RoomView) {
    let ids: BTreeSet<_> = view.participants.iter().map(|person| &person.id).collect();
    assert_eq!(ids.len(), view.participants.len(), "somebody is there twice");
    for person in &view.participants {
        assert_eq!(clean(&person.name, MAX_NAME_CHARS), person.name, "a name is clean");
    }
}
