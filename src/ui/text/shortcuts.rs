//! What the shortcuts of the keyboard do. Loaded on demand.

use visavis_app::shortcuts::{Place, Shortcut};

use crate::dom::message;

/// The heading of the shortcuts of a place.
pub(in crate::ui) fn place(place: Place) -> &'static str {
    message!(match place {
        Place::Everywhere => "Everywhere",
        Place::Call => "In a call",
        Place::Stage => "Pictures",
        Place::ChatField => "Writing in the chat",
    })
}

/// What one does.
pub(in crate::ui) fn shortcut(shortcut: Shortcut) -> &'static str {
    message!(match shortcut {
        Shortcut::Sheet => "Show these shortcuts",
        Shortcut::Microphone => "Microphone on or off",
        Shortcut::PushToTalk => "Talk for as long as it is held down, while muted",
        Shortcut::Camera => "Camera on or off",
        Shortcut::Screen => "Share your screen, or stop",
        Shortcut::Chat => "Chat",
        Shortcut::Hand => "Raise or lower your hand",
        Shortcut::Layout => "Layout",
        Shortcut::Fullscreen => "Full screen",
        Shortcut::Close => "Close what is open",
        Shortcut::PreviousPage => "Previous page of people",
        Shortcut::NextPage => "Next page of people",
        Shortcut::ZoomIn => "Zoom into a shared screen that is large",
        Shortcut::ZoomOut => "Zoom out of it",
        Shortcut::WholePicture => "Show all of it",
        Shortcut::MoveOwnPicture => "Move your own picture to another corner, while it has the focus",
        Shortcut::SendMessage => "Send the message",
        Shortcut::NewLine => "Begin a new line",
    })
}

/// What is written on a key; `key` is as in `KeyboardEvent.key`.
pub(in crate::ui) fn key(key: &str) -> String {
    match key {
        " " => message!("Space"),
        "Escape" => message!("Esc"),
        "PageUp" => message!("Page Up"),
        "PageDown" => message!("Page Down"),
        "ArrowUp" => "↑",
        "ArrowDown" => "↓",
        "ArrowLeft" => "←",
        "ArrowRight" => "→",
        "-" => "−",
        // Letters stand on keys as capitals.
        letter if letter.len() == 1 => return letter.to_ascii_uppercase(),
        other => other,
    }
    .to_owned()
}
