//! What the preflight test before a call says.

use visavis_core::{Fault, PreflightItem, PreflightResult, PreflightState, Skip, is_turn};

use super::explained::{media, rejected, unreachable};
use super::unsupported;
use crate::dom::message;

/// What is checked.
pub(in crate::ui) fn item(line: &PreflightResult) -> String {
    message!(
        match line.item {
            // Its address may hold a token.
            PreflightItem::Server => "Signaling server",
            PreflightItem::Microphone => "Microphone",
            PreflightItem::Camera => "Camera",
            PreflightItem::Connection => "Connections",
            PreflightItem::Ice if line.url.is_empty() => "STUN and TURN",
            PreflightItem::Ice if is_turn(&line.url) => "Relay {url}",
            PreflightItem::Ice => "STUN {url}",
        },
        url = &line.url,
    )
}

/// How far it is.
pub(in crate::ui) fn state(line: &PreflightResult) -> &'static str {
    message!(match line.state {
        PreflightState::Waiting => "not open yet",
        PreflightState::Running if line.item == PreflightItem::Microphone => "say something",
        PreflightState::Running => "checking",
        PreflightState::Passed => "works",
        PreflightState::Failed(_) => "does not work",
        PreflightState::Skipped(Skip::Off) => "is off",
        PreflightState::Skipped(Skip::None) => "none",
        PreflightState::Skipped(Skip::Unclear) => "not known",
    })
}

/// What there is to say about it; mostly nothing.
pub(in crate::ui) fn sentence(line: &PreflightResult) -> String {
    if let PreflightState::Failed(fault) = line.state {
        return broken(line, fault);
    }
    let sentence = message!(match (line.state, line.item) {
        (PreflightState::Skipped(Skip::None), PreflightItem::Ice) => {
            "No STUN or TURN server is configured: calls work only inside one network."
        }
        (PreflightState::Skipped(Skip::None), _) => "Without a server only tabs of this browser meet.",
        (PreflightState::Skipped(Skip::Unclear), _) => {
            "This browser cannot tell. If calls fail, check in another one."
        }
        (
            PreflightState::Skipped(Skip::Off)
            | PreflightState::Failed(_)
            | PreflightState::Waiting
            | PreflightState::Running
            | PreflightState::Passed,
            _,
        ) => "",
    });
    sentence.to_owned()
}

fn broken(PreflightResult { item, url, .. }: &PreflightResult, fault: Fault) -> String {
    let sentence = match fault {
        Fault::Unreachable(obstacle) => return unreachable(url, obstacle),
        Fault::Device(error) => return media(error, item.as_str()),
        Fault::Error(code) => {
            return message!("Error {code}: {why}", code = &code.to_string(), why = ice_error(code));
        }
        Fault::Rejected(code) => rejected(code),
        Fault::Unopened => message!("The browser may be asking for it. Answer that, then check again."),
        Fault::Nothing => {
            message!("Nothing comes from it. Close other programs that use it, or plug it in again.")
        }
        Fault::Blank if *item == PreflightItem::Camera => {
            message!("Its picture is black. Look for a cover or a switch on it.")
        }
        Fault::Blank => {
            message!("Only silence comes from it. Look for a switch on it, or for its volume in your system.")
        }
        Fault::Muted => {
            message!("Something outside this page mutes it. Look for a switch on it, or in your system.")
        }
        Fault::Invalid => {
            message!("The browser does not accept its address or credentials. Tell whoever runs this page.")
        }
        Fault::Blocked => unsupported(),
        Fault::Hidden => {
            message!(
                "The browser hides its network addresses, so only a relay can carry a call. Look for an extension or a \
             setting about WebRTC, or use another browser."
            )
        }
        Fault::NoAnswer => {
            message!(
                "It does not answer: it is down, or your network blocks it. Try another network, or ask whoever runs this \
             page for a turns: relay on port 443."
            )
        }
    };
    sentence.to_owned()
}

/// What a STUN or TURN server means with its refusal (RFC 8489 section 14.8, RFC 8656 section 19).
fn ice_error(code: u16) -> &'static str {
    message!(match code {
        401 => {
            "it refuses the credentials; they are wrong or have expired. Reload, or tell whoever runs this page."
        }
        486 | 508 => "it has no place left. Wait a little, then check again.",
        _ => "it refuses. Tell whoever runs this page.",
    })
}
