//! What notices say at length. It is in the other part of the program, and loaded when there is something to say: most
//! people never read any of it.

use visavis_core::signaling::RejectCode;
use visavis_core::{MediaError, Problem, Source, UnreachableReason};

use super::without_query;
use crate::dom::{self, message, message_key};

/// What a notice is about.
#[derive(Debug, PartialEq)]
pub(in crate::ui) enum Cause {
    /// Something stands between the person and the room.
    Problem(Problem),
    /// There is no server where it should be.
    NoServer {
        /// Where.
        url: String,
        /// The page comes from this very machine.
        local: bool,
    },
    /// Devices cannot be used.
    Devices(MediaError, Vec<Source>),
    /// These are on and give nothing.
    Stalled(Vec<Source>),
}

/// What happened, why, and what to do now.
pub(in crate::ui) fn sentence(cause: &Cause, in_call: bool) -> String {
    match cause {
        Cause::Problem(of) => problem(of, in_call),
        Cause::NoServer { url, local } => no_server(url, *local),
        Cause::Devices(error, which) => media(*error, sources(which)),
        Cause::Stalled(which) if which.contains(&Source::Camera) => stalled().to_owned(),
        Cause::Stalled(_) => super::microphone::silent().to_owned(),
    }
}

/// What is said of both devices. Translations choose by these words, so they are none of them messages.
fn both() -> &'static str {
    message!("camera and microphone")
}

/// Sources, as a person lists them.
fn sources(sources: &[Source]) -> &'static str {
    match sources {
        [Source::Microphone] => "microphone",
        [Source::Camera] => "camera",
        [Source::Screen] => "screen",
        _ => both(),
    }
}

/// Why devices cannot be used, and what to do about it. `which` comes from [`sources`].
pub(super) fn media(error: MediaError, which: &str) -> String {
    let none = matches!(error, MediaError::NotFound | MediaError::Unavailable);
    let which = if none && which == both() { "camera or microphone" } else { which };
    let framed = dom::is_framed();
    message!(
        match error {
            // Not every browser says whether the page around has a part in it (Firefox 153 does not).
            MediaError::Denied if framed => {
                "The browser does not let this page use your {which}. Allow it beside the address bar, then try again, \
                 or go on without. If nothing can be allowed there, the page around this one forbids it: open this one in \
                 a tab of its own."
            }
            MediaError::Denied => {
                "The browser does not let this page use your {which}. Allow it beside the address bar, then try again, \
                 or go on without."
            }
            MediaError::NotFound => {
                "No {which} was found. Plug one in and try again, or go on without: you will see and hear the others."
            }
            MediaError::Busy => {
                "Your {which} cannot be opened: another program is probably in the way. Close that program and try again, \
                 or go on without."
            }
            MediaError::Insecure => {
                "Browsers give the {which} to secure pages only, and this one was opened over plain http. Open it with \
                 https:// (or on localhost), or go on without."
            }
            MediaError::Unknown => {
                "Your {which} did not start, and the browser does not say why. Try again, or go on without."
            }
            MediaError::Policy if framed => {
                "The page around this one, or its own site, does not let this page use your {which}. Open it in a tab of \
                 its own or go on without."
            }
            MediaError::Policy => {
                "The site does not let this page use your {which}. Ask whoever runs it to change its Permissions-Policy, \
                 or go on without."
            }
            MediaError::Unavailable => {
                "This browser gives pages no {which}: a setting or an extension has taken that away. Use another browser, \
                 or go on without."
            }
        },
        which = which,
    )
}

/// What stands between the person and the room.
fn problem(problem: &Problem, in_call: bool) -> String {
    match problem {
        Problem::Unreachable { .. } if in_call => super::out_of_reach().to_owned(),
        Problem::Unreachable { url, obstacle, .. } => unreachable(url, *obstacle),
        Problem::Closed { code, reason, retried } => closed(*code, reason, *retried, in_call),
        Problem::Unanswered => {
            message!(
                "Nobody has answered, and nobody is called any more. Whoever calls you still reaches you. To call again, \
                 leave and join again."
            )
            .to_owned()
        }
        // What says the same, or nothing, is not worth a quotation.
        Problem::Rejected { code, text } if rejected_in_english(*code).starts_with(&**text) => {
            rejected(*code).to_owned()
        }
        Problem::Rejected { code, text } => {
            message!("{problem} The server says: “{text}”", problem = rejected(*code), text = text)
        }
    }
}

/// Why a server is out of reach, and what to look at.
pub(super) fn unreachable(url: &str, obstacle: UnreachableReason) -> String {
    // What follows may hold a token.
    let url = without_query(url);
    let why = message!(match obstacle {
        UnreachableReason::Unknown => "It may be down, or your network is offline or blocks it.",
        UnreachableReason::NoAnswer => {
            "Nobody answers there. The server may be down, its address or certificate wrong, or your network is \
             offline or blocks it."
        }
        UnreachableReason::WrongPath => {
            "Something else answers there. Check host, port and path of the address, and the kind of server."
        }
        UnreachableReason::Down | UnreachableReason::NoBackend => {
            "What stands in front of it answers, but the server behind is down."
        }
        UnreachableReason::Refused => {
            "It does not let this page in: it may want a token, or not know this site."
        }
        UnreachableReason::NoWebSocket => {
            "It answers, but opens no WebSocket. The path may be wrong, the server may be full or not know this \
             site, or something in between does not let WebSockets pass."
        }
        UnreachableReason::Subprotocol => {
            "It answers, but opens no WebSocket. It may not know the subprotocol of this kind of server, or the path \
             is wrong."
        }
        UnreachableReason::SocketIoVersion => "It speaks a version of Socket.IO other than 1 to 4.",
        UnreachableReason::MixedContent => {
            "A page that came over https may not talk to a server without encryption: its address must begin with \
             wss://."
        }
        UnreachableReason::NoReply => {
            "It opens the connection, but does not answer: it is probably another kind of server than this page \
             expects."
        }
    });
    message!(
        "Cannot reach the server at {url}. {why} Trying again; you need not reload.",
        url = url,
        why = why
    )
}

/// The server has closed the connection, and said why.
fn closed(code: u16, reason: &str, retried: bool, in_call: bool) -> String {
    let next = message!(match (in_call, retried) {
        (true, true) => "Your call goes on. Trying again.",
        (true, false) => "Your call goes on, but new people cannot join. Try again, or leave and join again.",
        (false, true) => "Trying again; you need not reload.",
        (false, false) => "Check the name of the room and the address of the server, then join again.",
    });
    message!(
        if reason.is_empty() {
            "The server closed the connection ({code}). {next}"
        } else {
            "The server closed the connection ({code}). It says: “{reason}” {next}"
        },
        code = &code.to_string(),
        reason = reason,
        next = next,
    )
}

pub(super) fn rejected(code: RejectCode) -> &'static str {
    dom::translate(rejected_in_english(code))
}

fn rejected_in_english(code: RejectCode) -> &'static str {
    // Servers speak English.
    message_key!(match code {
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
    })
}

/// There is no server where it should be. `local` says that the page comes from this very machine.
fn no_server(url: &str, local: bool) -> String {
    message!(
        if local {
            "There is no signaling server at {url}, so this is a demo: it connects tabs of this browser only. Join the same \
             room in a second tab. To start a server beside this page: cargo run --locked -p visavis-server -- --listen \
             127.0.0.1:8081 (the page finds it by itself)."
        } else {
            "There is no signaling server at {url}, so this is a demo: it connects tabs of this browser only. Join the same \
             room in a second tab."
        },
        url = without_query(url),
    )
}

/// Our camera is on and gives nothing.
fn stalled() -> &'static str {
    message!(
        "Your camera is on, but gives no picture any more, so the others do not see you. It may \
     be closed or covered, or another program uses it. Open it or close that program, then try again, or go on without."
    )
}
