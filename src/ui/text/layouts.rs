//! What is said of the stage. Loaded on demand.

use visavis_core::SourceState;

use crate::dom::message;

/// How our own picture is moved that stands on another.
pub(in crate::ui) fn movable() -> &'static str {
    message!("Drag it, or use the arrow keys, to move it to another corner")
}

/// Our own picture was hidden.
pub(in crate::ui) fn own_hidden() -> &'static str {
    message!("You do not see yourself any more. The others still do.")
}

/// How much larger a picture is shown, in percent.
pub(in crate::ui) fn zoom(percent: u32) -> String {
    format!("{percent} %")
}

/// The browser opens no small window.
pub(in crate::ui) fn no_small_window() -> &'static str {
    message!(
        "Your browser did not open a small window. In a page inside of another it never does; else try again."
    )
}

/// The button of the microphone in the small window.
pub(in crate::ui) fn microphone(microphone: SourceState) -> &'static str {
    message!(if microphone.is_switched_on() { "Mute" } else { "Unmute" })
}

/// Which page of tiles is shown; `page` is counted from zero.
pub(in crate::ui) fn page(page: usize, pages: usize) -> String {
    message!("Page {page} of {pages}", page = &(page + 1).to_string(), pages = &pages.to_string())
}
