//! Every sentence that a person reads and that depends on a state. One place, so that the tone is one and a new state
//! cannot be forgotten: the matches have no wildcard arm.
//!
//! A sentence about a problem says what happened, why, and what to do now.

mod connection;
pub(super) mod details;
pub(super) mod devices;
pub(super) mod explained;
pub(super) mod files;
pub(super) mod interactions;
pub(super) mod layouts;
pub(super) mod microphone;
pub(super) mod preflight;
pub(super) mod privacy;
pub(super) mod quality;
pub(super) mod recording;
pub(super) mod shortcuts;
pub(super) mod size;

pub(super) use self::connection::connection;

use visavis_app::{ChoiceError, ServerChoice};
use visavis_core::{MediaError, Problem, Source, SourceState};

use crate::dom::message;

/// What somebody is called who gave no name.
pub(super) fn no_name() -> &'static str {
    message!("Guest")
}

/// What is said after a report was saved.
pub(super) fn report_saved() -> &'static str {
    message!("Saved, without names and addresses.")
}

/// The name to show.
pub(super) fn name(name: &str) -> &str {
    if name.is_empty() { no_name() } else { name }
}

/// What our own tile says about the camera while there is no picture.
pub(super) fn own_picture(camera: SourceState) -> &'static str {
    message!(match camera {
        SourceState::Off => "Your camera is off",
        SourceState::Starting => "Starting your camera",
        SourceState::On => "",
        SourceState::Stalled => "Your camera gives no picture",
        SourceState::Failed(MediaError::Denied) => "Your camera is blocked",
        SourceState::Failed(MediaError::NotFound) => "No camera found",
        SourceState::Failed(MediaError::Busy) => "Your camera is busy",
        SourceState::Failed(MediaError::Insecure) => "No camera on an insecure page",
        SourceState::Failed(MediaError::Unknown) => "Your camera does not start",
        SourceState::Failed(MediaError::Policy) => "No camera allowed here",
        SourceState::Failed(MediaError::Unavailable) => "No camera in this browser",
    })
}

/// What a picture is called that somebody shows beside their camera.
pub(super) fn shared(source: Source, name: &str) -> String {
    match source {
        Source::Screen => message!("{who}: screen", who = name),
        Source::SecondCamera => message!("{who}: second camera", who = name),
        Source::Camera | Source::Microphone | Source::ScreenAudio => name.to_owned(),
    }
}

/// The same of our own.
pub(super) fn own_shared(source: Source) -> &'static str {
    message!(match source {
        Source::Screen => "Your screen",
        Source::SecondCamera => "Your second camera",
        Source::Camera | Source::Microphone | Source::ScreenAudio => "",
    })
}

/// What a click on the switch of a source does.
pub(super) fn switch(source: Source, state: SourceState) -> &'static str {
    message!(match (source, state) {
        (Source::Microphone, SourceState::On | SourceState::Stalled | SourceState::Starting) => {
            "Mute the microphone (M)"
        }
        (Source::Microphone, SourceState::Off) => "Switch the microphone on (M), or hold Space to talk",
        (Source::Microphone, SourceState::Failed(_)) => "Try the microphone again (M)",
        (
            Source::Camera | Source::SecondCamera,
            SourceState::On | SourceState::Stalled | SourceState::Starting,
        ) => "Switch the camera off (V)",
        (Source::Camera | Source::SecondCamera, SourceState::Off) => "Switch the camera on (V)",
        (Source::Camera | Source::SecondCamera, SourceState::Failed(_)) => "Try the camera again (V)",
        (Source::Screen | Source::ScreenAudio, SourceState::On | SourceState::Stalled) => {
            "Stop sharing your screen (S)"
        }
        (Source::Screen | Source::ScreenAudio, _) => "Share your screen (S)",
    })
}

/// The server is out of reach during a call.
pub(super) fn out_of_reach() -> &'static str {
    message!(
        "The server is out of reach. Your call goes on; new people cannot join until it is \
     back. Trying again."
    )
}

/// The server is out of reach, and nobody knows why yet.
pub(super) fn unreachable(url: &str) -> String {
    let url = without_query(url);
    message!("Cannot reach the server at {url}. Trying again; you need not reload.", url = url)
}

/// The address without what may hold a token.
pub(super) fn without_query(url: &str) -> &str {
    url.split_once('?').map_or(url, |(url, _)| url)
}

/// How many people a room takes.
pub(super) fn capacity(people: u32) -> String {
    message!("Up to {people} people can be in a room.", people = &people.to_string())
}

/// How many people are in the room.
pub(super) fn people(count: usize) -> String {
    match count {
        1 => message!("only you").to_owned(),
        _ => message!("{count} people", count = &count.to_string()),
    }
}

/// The heading after leaving.
pub(super) fn left(room: &str, problem: Option<&Problem>) -> String {
    match problem {
        _ if room.is_empty() => message!("You are not in a room").to_owned(),
        Some(_) => message!("You are not in “{room}”", room = room),
        None => message!("You left “{room}”", room = room),
    }
}

/// Somebody came.
pub(super) fn joined(who: &str) -> String {
    message!("{who} joined", who = who)
}

/// Somebody went.
pub(super) fn gone(who: &str) -> String {
    message!("{who} left", who = who)
}

/// Which server a call goes through that is not the page's own.
pub(super) fn server(choice: &ServerChoice, from_link: bool) -> String {
    if choice.url.is_empty() {
        return message!(if from_link {
            "This link leads to another server: none, only tabs of this browser."
        } else {
            "You chose the server: none, only tabs of this browser."
        })
        .to_owned();
    }
    // Nothing else of the address: what follows the host may say whatever its writer wants us to believe.
    let host = Some(choice.host()).filter(|host| !host.is_empty()).unwrap_or(message!("one at this site"));
    message!(
        if from_link {
            "This link leads to another server: {host} ({kind})."
        } else {
            "You chose the server: {host} ({kind})."
        },
        host = host,
        kind = &choice.dialect,
    )
}

/// What is wrong with a chosen server.
pub(super) fn choice(error: ChoiceError) -> &'static str {
    message!(match error {
        ChoiceError::Dialect => "There is no such kind of server.",
        ChoiceError::Url => {
            "That is no address. It begins with wss:// or https://, or with a slash for this site, and names no user."
        }
        ChoiceError::MixedContent => {
            "This page came over https, so browsers let it talk only to encrypted servers. Use an address that begins \
             with wss://."
        }
    })
}

/// A description of the server cannot be tried.
pub(super) fn not_kept() -> &'static str {
    message!("This browser lets the page keep nothing, so it cannot begin anew with this.")
}

/// The first entry of the menu.
pub(super) fn own_server() -> &'static str {
    message!("As this page is set up")
}

/// In the lobby, while another tab is in the room.
pub(super) fn second_tab() -> &'static str {
    message!(
        "Another tab of this browser is in this room already. If you join here too, you are \
     there twice, and both tabs play its sound."
    )
}

/// A demo without a server, in a call while nobody is there.
pub(super) fn demo_alone() -> &'static str {
    message!("A demo without a server: open this room in another tab of this browser.")
}

/// Something is on the clipboard.
pub(super) fn copied() -> &'static str {
    message!("Copied")
}

/// The link is on the clipboard.
pub(super) fn link_copied() -> &'static str {
    message!("Link copied")
}

/// A browser that cannot make calls.
pub(super) fn unsupported() -> &'static str {
    message!(
        "This browser cannot make video calls: it has no WebRTC, or a setting or an \
     extension keeps pages from it. Allow it and reload, or use a current Chrome, Edge, Firefox or Safari."
    )
}

/// The page has crashed.
pub(super) fn panic() -> &'static str {
    message!(
        "Something in this page went wrong and it had to stop. It is a mistake in the program, \
     not yours. Reload the page to get back into the room."
    )
}

/// A part of the program is missing.
pub(super) fn not_loaded() -> &'static str {
    message!(
        "A part of this page could not be loaded, so it cannot talk to its signaling server. \
     Check your connection, then reload. If it stays so, whoever runs this page has not uploaded all of its files."
    )
}

/// What a button does cannot be loaded.
pub(super) fn part_not_loaded() -> &'static str {
    message!("A part of this page could not be loaded. Check your connection to the internet, and try again.")
}

/// The configuration is wrong; `message` names the field.
pub(super) fn config(message: &str) -> String {
    message!(
        "The configuration of this page has a mistake: {mistake}. Whoever runs this page has to correct it; then reload.",
        mistake = message,
    )
}

/// The configuration cannot be loaded at the moment; `what` says what came instead of it.
pub(super) fn config_unavailable(what: &str) -> String {
    message!(
        "The configuration of this page is not to be had: {what}. It is asked for again by itself; if it stays so, \
         whoever runs this page has to mend that.",
        what = what,
    )
}

/// While the safety words are worked out.
pub(super) fn safety_wait() -> &'static str {
    message!("One moment.")
}
/// Where they cannot be.
pub(super) fn no_safety() -> &'static str {
    message!("This page was opened over plain http, so the browser cannot work them out.")
}
