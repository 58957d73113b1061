//! The title of the page, which names its tab: who is there, in which room, and what the page is called.

use std::cell::RefCell;
use std::rc::Rc;

use visavis_core::{Lifecycle, RoomView};

use super::names;
use crate::dom;

/// More names do not fit into a tab.
const NAMES: usize = 2;

/// The title, as long as it is ours to say.
pub(super) struct Title {
    /// What the page is called.
    page: String,
    /// What it says, or soon will.
    title: Rc<RefCell<String>>,
}

impl Title {
    pub(super) fn new() -> Self {
        let page = dom::document().map(|document| document.title()).unwrap_or_default();
        Self { title: Rc::new(RefCell::new(page.clone())), page }
    }

    /// Shows the state of things, a moment later. `proposed` is the room that the link or the page names.
    pub(super) fn render(&self, view: &RoomView, proposed: &str) {
        let title = title(view, proposed, &self.page);
        if *self.title.borrow() != title {
            self.title.replace(title);
            let title = Rc::clone(&self.title);
            // A browser paints its own window anew for it: on two cores without a graphics card, a join took a sixth longer with it
            // (Chromium 156).
            dom::defer(move || set(&title.borrow()));
        }
    }
}

impl Drop for Title {
    fn drop(&mut self) {
        self.title.replace(self.page.clone());
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
