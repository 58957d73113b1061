//! What must hold after every step.

use std::collections::{BTreeMap, BTreeSet};

use visavis_core::signaling::limits::{MAX_NAME_CHARS, MAX_PARTICIPANTS};
use visavis_core::signaling::text::{clean, clean_lines};
use visavis_core::{
    FileState, FilesView, InteractionsView, Lifecycle, MAX_CHAT_CHARS, MAX_FILE_BYTES, MAX_OFFERED_FILES,
    RoomView, safe_file_name,
};

use super::{Page, Socket};

/// Most that waits in a room with nobody in it, and most for each person.
const MAX_BACKLOG: (usize, usize) = (64 + 256 + 64 + 256, 256 + 256 + 8);
/// Most chat messages of one author, and most authors.
const MAX_CHAT: (usize, usize) = (200, MAX_PARTICIPANTS);

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
        view.interactions.iter().for_each(|interactions| assert_interactions(interactions));
        view.interactions.iter().for_each(|interactions| assert_files(&interactions.files, people));
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

fn assert_interactions(view: &InteractionsView) {
    let mut authors = BTreeMap::<_, usize>::new();
    for message in view.chat.iter() {
        assert!(!message.text.is_empty(), "there is nothing to see");
        assert_eq!(clean_lines(&message.text, MAX_CHAT_CHARS), message.text, "a message is clean");
        *authors.entry(message.author.as_ref()).or_default() += 1;
    }
    assert!(authors.values().all(|count| *count <= MAX_CHAT.0), "too much of one author");
    authors.remove(&None);
    assert!(authors.len() <= MAX_CHAT.1, "too many authors");
    assert!(view.chat.is_sorted_by_key(|message| message.written_at), "not in order");
}

fn assert_files(view: &FilesView, people: usize) {
    let mut offered = BTreeMap::<_, usize>::new();
    for file in &view.files {
        assert_eq!(safe_file_name(&file.name), file.name, "a name is safe");
        assert!(file.size <= MAX_FILE_BYTES, "{} bytes", file.size);
        assert!(file.bytes <= file.size, "{} of {} bytes", file.bytes, file.size);
        assert!(file.recipients.len() <= people, "more who receive it than there are");
        assert!(file.available || file.state != FileState::Offered, "it cannot be had");
        if file.available {
            *offered.entry(file.owner.as_ref()).or_default() += 1;
        }
    }
    assert!(offered.values().all(|count| *count <= MAX_OFFERED_FILES), "too many of one owner");
    assert!(view.files.is_sorted_by_key(|file| file.offered_at), "not in order");
}

fn assert_participants(view: &RoomView) {
    let ids: BTreeSet<_> = view.participants.iter().map(|person| &person.id).collect();
    assert_eq!(ids.len(), view.participants.len(), "somebody is there twice");
    for person in &view.participants {
        assert_eq!(clean(&person.name, MAX_NAME_CHARS), person.name, "a name is clean");
    }
}
