//! The whole screen for the room.

use super::Control;
use crate::dom;

/// Gives the room the whole screen, and gives it back. Only where the browser and the page around it let it: not on an iPhone,
/// nor in a frame without `allow="fullscreen"`. Escape gives it back too.
pub(super) const CONTROL: Control = Control {
    name: "fullscreen",
    html: include_str!("fullscreen.html"),
    in_lobby: false,
    is_offered: |_| dom::document().is_ok_and(|document| document.fullscreen_enabled()),
    render: |_, _| {},
    press: |shared, _| match dom::document() {
        Ok(document) if document.fullscreen_element().is_some() => document.exit_fullscreen(),
        // The layout follows the size of the element around it. A browser that refuses changes nothing.
        Ok(_) | Err(_) => {
            let _ = shared.frame.parent_element().map(|element| element.request_fullscreen());
        }
    },
};
