//! Every sentence that a person reads and that depends on a state. One place, so that the tone is one and a new state
//! cannot be forgotten: the matches have no wildcard arm.
//!
//! A sentence about a problem says what happened, why, and what to do now.

pub(super) mod check;
mod connection;

pub(super) use self::connection::connection;

use visavis_core::signaling::RejectCode;
use visavis_core::{ChoiceError, MediaError, Obstacle, Problem, ServerChoice, Source, SourceState};

use crate::dom;

/// What somebody is called who gave no name.
pub(super) const NO_NAME: &str = "Guest";

/// What is said after a report was saved.
pub(super) const REPORT_SAVED: &str = "Saved, without names and addresses.";

/// The name to show.
pub(super) fn name(name: &str) -> &str {
    if name.is_empty() { NO_NAME } else { name }
}

/// What our own tile says about the camera while there is no picture.
pub(super) fn own_picture(camera: SourceState) -> &'static str {
    match camera {
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
    }
}

/// What a click on the switch of a source does.
pub(super) fn switch(source: Source, state: SourceState) -> &'static str {
    match (source, state) {
        (Source::Microphone, SourceState::On | SourceState::Stalled | SourceState::Starting) => {
            "Mute the microphone (M)"
        }
        (Source::Microphone, SourceState::Off) => "Switch the microphone on (M)",
        (Source::Microphone, SourceState::Failed(_)) => "Try the microphone again (M)",
        (Source::Camera, SourceState::On | SourceState::Stalled | SourceState::Starting) => {
            "Switch the camera off (V)"
        }
        (Source::Camera, SourceState::Off) => "Switch the camera on (V)",
        (Source::Camera, SourceState::Failed(_)) => "Try the camera again (V)",
    }
}

const BOTH: &str = "camera and microphone";

/// Sources, as a person lists them.
pub(super) fn sources(sources: &[Source]) -> &'static str {
    match sources {
        [Source::Microphone] => "microphone",
        [Source::Camera] => "camera",
        _ => BOTH,
    }
}

/// Why devices cannot be used, and what to do about it. `which` comes from [`sources`].
pub(super) fn media(error: MediaError, which: &str) -> String {
    let either = if which == BOTH { "camera or microphone" } else { which };
    match error {
        MediaError::Denied => {
            // Not every browser says whether the page around has a part in it (Firefox 153 does not).
            let framed = if dom::is_framed() {
                " If nothing can be allowed there, the page around this one forbids it: open this one in a tab of its own."
            } else {
                ""
            };
            format!(
                "The browser does not let this page use your {which}. Allow it beside the address bar, then try again, \
                 or go on without.{framed}"
            )
        }
        MediaError::NotFound => {
            format!(
                "No {either} was found. Plug one in and try again, or go on without: you will see and hear the others."
            )
        }
        MediaError::Busy => format!(
            "Your {which} cannot be opened: another program is probably in the way. Close that program and try again, \
             or go on without."
        ),
        MediaError::Insecure => format!(
            "Browsers give the {which} to secure pages only, and this one was opened over plain http. Open it with \
             https:// (or on localhost), or go on without."
        ),
        MediaError::Unknown => {
            format!(
                "Your {which} did not start, and the browser does not say why. Try again, or go on without."
            )
        }
        MediaError::Policy => {
            let (who, way) = if dom::is_framed() {
                ("page around this one, or its own site,", "Open it in a tab of its own")
            } else {
                ("site", "Ask whoever runs it to change its Permissions-Policy,")
            };
            format!("The {who} does not let this page use your {which}. {way} or go on without.")
        }
        MediaError::Unavailable => format!(
            "This browser gives pages no {either}: a setting or an extension has taken that away. Use another browser, \
             or go on without."
        ),
    }
}

/// Our camera is on and gives nothing.
pub(super) const STALLED: &str = "Your camera is on, but gives no picture any more, so the others do not see you. It may \
     be closed or covered, or another program uses it. Open it or close that program, then try again, or go on without.";

/// What stands between the person and the room.
pub(super) fn problem(problem: &Problem, in_call: bool) -> String {
    match problem {
        Problem::Unreachable { .. } if in_call => {
            "The server is out of reach. Your call goes on; new people cannot \
             join until it is back. Trying again."
                .to_owned()
        }
        Problem::Unreachable { url, obstacle, .. } => unreachable(url, *obstacle),
        Problem::Closed { code, reason, retried } => closed(*code, reason, *retried, in_call),
        Problem::Unanswered => {
            "Nobody has answered, and nobody is called any more. Whoever calls you still reaches \
             you. To call again, leave and join again."
                .to_owned()
        }
        // What says the same, or nothing, is not worth a quotation.
        Problem::Rejected { code, text } if rejected(*code).starts_with(&**text) => {
            rejected(*code).to_owned()
        }
        Problem::Rejected { code, text } => format!("{} The server says: “{text}”", rejected(*code)),
    }
}

/// Why a server is out of reach, and what to look at.
fn unreachable(url: &str, obstacle: Obstacle) -> String {
    // What follows may hold a token.
    let url = without_query(url);
    let why = match obstacle {
        Obstacle::Unknown => "It may be down, or your network is offline or blocks it.",
        Obstacle::NoAnswer => {
            "Nobody answers there. The server may be down, its address or certificate wrong, or your network is \
             offline or blocks it."
        }
        Obstacle::WrongPath => {
            "Something else answers there. Check host, port and path of the address, and the kind of server."
        }
        Obstacle::Down | Obstacle::NoBackend => {
            "What stands in front of it answers, but the server behind is down."
        }
        Obstacle::Refused => "It does not let this page in: it may want a token, or not know this site.",
        Obstacle::NoWebSocket => {
            "It answers, but opens no WebSocket. The path may be wrong, the server may be full or not know this \
             site, or something in between does not let WebSockets pass."
        }
        Obstacle::Subprotocol => {
            "It answers, but opens no WebSocket. It may not know the subprotocol of this kind of server, or the path \
             is wrong."
        }
        Obstacle::SocketIoVersion => "It speaks a version of Socket.IO other than 1 to 4.",
        Obstacle::MixedContent => {
            "A page that came over https may not talk to a server without encryption: its address must begin with \
             wss://."
        }
        Obstacle::NoReply => {
            "It opens the connection, but does not answer: it is probably another kind of server than this page \
             expects."
        }
    };
    ["Cannot reach the server at ", url, ". ", why, " Trying again; you need not reload."].concat()
}

/// The server has closed the connection, and said why.
fn closed(code: u16, reason: &str, retried: bool, in_call: bool) -> String {
    let code = code.to_string();
    let said = if reason.is_empty() { "" } else { "It says: “" };
    let next = match (in_call, retried) {
        (true, true) => "Your call goes on. Trying again.",
        (true, false) => "Your call goes on, but new people cannot join. Try again, or leave and join again.",
        (false, true) => "Trying again; you need not reload.",
        (false, false) => "Check the name of the room and the address of the server, then join again.",
    };
    let end = if reason.is_empty() { "" } else { "” " };
    ["The server closed the connection (", &code, "). ", said, reason, end, next].concat()
}

fn rejected(code: RejectCode) -> &'static str {
    match code {
        RejectCode::BadRequest => {
            "The server did not accept what this page sent. Check the name of the room; if that does not help, reload \
             the page."
        }
        RejectCode::UnsupportedVersion => {
            "The server speaks another version than this page. Reload the page to get the newest one; if that does not \
             help, whoever runs the server has to update it."
        }
        RejectCode::NotJoined => "The server lost track of you. Join again.",
        RejectCode::AlreadyJoined => {
            "The server thinks that you are already in a room. Reload the page and join again."
        }
        RejectCode::RoomFull => {
            "The room is full. Wait until somebody leaves and join again, or choose another room."
        }
        RejectCode::SeatKept => {
            "The room is full, but somebody in it has lost their connection. If they do not come back, their place is \
             yours: it is tried again by itself, for 20 seconds at most."
        }
        RejectCode::ServerFull => {
            "The server takes no more calls at the moment. It is tried again by itself; it may take some minutes."
        }
        RejectCode::UnknownParticipant => {
            "The server lost track of somebody in the room. Join again to see everyone."
        }
        RejectCode::TooLarge => {
            "Something that this page sent was too large for the server. Shorten the names and join again."
        }
        RejectCode::RateLimited => {
            "The server got too many messages from you in a short time. Wait a minute, then try again."
        }
        RejectCode::Replaced => {
            "You joined this room from another tab or window, so this one left it. Go on there, or join again here."
        }
        RejectCode::ServerClosing => {
            "The server is being restarted. It is tried again by itself; wait a moment."
        }
        RejectCode::Unauthorised => {
            "The server does not let you in: your invitation is missing or has run out. Ask for a new link."
        }
        RejectCode::Kicked => {
            "You were removed from the room. If you think that was a mistake, ask the others."
        }
        RejectCode::Unknown => "The server did not let you in. Try again later, or choose another room.",
    }
}

/// How many people a room takes.
pub(super) fn capacity(people: u32) -> String {
    format!("Up to {people} people can be in a room.")
}

/// How many people are in the room.
pub(super) fn people(count: usize) -> String {
    match count {
        1 => "only you".to_owned(),
        _ => format!("{count} people"),
    }
}

/// The heading after leaving.
pub(super) fn left(room: &str, problem: Option<&Problem>) -> String {
    match problem {
        _ if room.is_empty() => "You are not in a room".to_owned(),
        Some(_) => format!("You are not in “{room}”"),
        None => format!("You left “{room}”"),
    }
}

/// Somebody came.
pub(super) fn joined(who: &str) -> String {
    format!("{who} joined")
}

/// Somebody went.
pub(super) fn gone(who: &str) -> String {
    format!("{who} left")
}

/// Which server a call goes through that is not the page's own.
pub(super) fn server(choice: &ServerChoice, from_link: bool) -> String {
    let whose = if from_link { "This link leads to another server: " } else { "You chose the server: " };
    if choice.url.is_empty() {
        return [whose, "none, only tabs of this browser."].concat();
    }
    // Nothing else of the address: what follows the host may say whatever its writer wants us to believe.
    let host = Some(choice.host()).filter(|host| !host.is_empty()).unwrap_or("one at this site");
    [whose, host, " (", &choice.dialect, ")."].concat()
}

fn without_query(url: &str) -> &str {
    url.split_once('?').map_or(url, |(url, _)| url)
}

/// What is wrong with a chosen server.
pub(super) fn choice(error: ChoiceError) -> &'static str {
    match error {
        ChoiceError::Dialect => "There is no such kind of server.",
        ChoiceError::Url => {
            "That is no address. It begins with wss:// or https://, or with a slash for this site, and names no user."
        }
        ChoiceError::MixedContent => {
            "This page came over https, so browsers let it talk only to encrypted servers. Use an address that begins \
             with wss://."
        }
    }
}

/// A description of the server cannot be tried.
pub(super) const NOT_KEPT: &str =
    "This browser lets the page keep nothing, so it cannot begin anew with this.";

/// The first entry of the menu.
pub(super) const OWN_SERVER: &str = "As this page is set up";

/// In the lobby, while another tab is in the room.
pub(super) const SECOND_TAB: &str = "Another tab of this browser is in this room already. If you join here too, you are \
     there twice, and both tabs play its sound.";

/// There is no server where it should be. `local` says that the page comes from this very machine.
pub(super) fn demo(url: &str, local: bool) -> String {
    let help = if local {
        " To start one beside this page: cargo run --locked -p visavis-server -- --listen 127.0.0.1:8081 (the page finds it by \
         itself)."
    } else {
        ""
    };
    [
        "There is no signaling server at ",
        without_query(url),
        ", so this is a demo: it connects tabs of this browser only. Join the same room in a second tab.",
        help,
    ]
    .concat()
}
/// The same in a call, while nobody is there.
pub(super) const DEMO_ALONE: &str = "A demo without a server: open this room in another tab of this browser.";

/// Something is on the clipboard.
pub(super) const COPIED: &str = "Copied";

/// The link is on the clipboard.
pub(super) const LINK_COPIED: &str = "Link copied";

/// A browser that cannot make calls.
pub(super) const UNSUPPORTED: &str = "This browser cannot make video calls: it has no WebRTC, or a setting or an \
     extension keeps pages from it. Allow it and reload, or use a current Chrome, Edge, Firefox or Safari.";

/// The page has crashed.
pub(super) const PANIC: &str = "Something in this page went wrong and it had to stop. It is a mistake in the program, \
     not yours. Reload the page to get back into the room.";

/// A part of the program is missing.
pub(super) const NOT_LOADED: &str = "A part of this page could not be loaded, so it cannot talk to its signaling server. \
     Check your connection, then reload. If it stays so, whoever runs this page has not uploaded all of its files.";

/// What a button does cannot be loaded.
pub(super) const PART_NOT_LOADED: &str =
    "A part of this page could not be loaded. Check your connection to the internet, and try again.";

/// The configuration is wrong; `message` names the field.
pub(super) fn config(message: &str) -> String {
    format!(
        "The configuration of this page has a mistake: {message}. Whoever runs this page has to correct it; then reload."
    )
}

/// The configuration cannot be loaded at the moment; `what` says what came instead of it.
pub(super) fn config_unavailable(what: &str) -> String {
    format!(
        "The configuration of this page is not to be had: {what}. It is asked for again by itself; if it stays so, \
         whoever runs this page has to mend that."
    )
}

/// While the safety words are worked out.
pub(super) const SAFETY_WAIT: &str = "One moment.";
/// Where they cannot be.
pub(super) const NO_SAFETY: &str =
    "This page was opened over plain http, so the browser cannot work them out.";
