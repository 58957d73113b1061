//! The title of the page, which names its tab: who is there, in which room, and what the page is called.

use visavis_core::{Lifecycle, RoomView};

use super::names;
use crate::dom;

/// More names do not fit into a tab.
const NAMES: usize = 2;

/// The title, as long as it is ours to say.
pub(super) struct Title {
    /// What the page is called.
    page: String,
}

impl Title {
    pub(super) fn new() -> Self {
        Self { page: dom::document().map(|document| document.title()).unwrap_or_default() }
    }

    /// Shows the state of things. `proposed` is the room that the link or the page names.
    pub(super) fn render(&self, view: &RoomView, proposed: &str) {
        set(&title(view, proposed, &self.page));
    }
}

impl Drop for Title {
    fn drop(&mut self) {
        set(&self.page);
    }
}

fn set(title: &str) {
    if let Ok(document) = dom::document()
        && document.title() != title
    {
        document.set_title(title);
    }
}

fn title(view: &RoomView, proposed: &str, page: &str) -> String {
    // Before there is anybody, what tells them apart may not be loaded.
    let names = if view.participants.is_empty() { Vec::new() } else { names::distinct(view) };
    let mut who = names.iter().take(NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > NAMES {
        who += " +";
        who += &(names.len() - NAMES).to_string();
    }
    let room = match view.lifecycle {
        Lifecycle::Lobby => proposed,
        Lifecycle::Joining | Lifecycle::Joined | Lifecycle::Reconnecting => &view.room,
        Lifecycle::Left => "",
    };
    let parts = [&*who, room, page].into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" · ")
}
