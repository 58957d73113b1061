//! What the check before a call says.

use visavis_core::{CheckItem, CheckLine, CheckState, Fault, Skip, is_turn};

use super::UNSUPPORTED;
use super::explained::{media, rejected, unreachable};

/// What is checked.
pub(in crate::ui) fn item(line: &CheckLine) -> String {
    let name = match line.item {
        // Its address may hold a token.
        CheckItem::Server => return "Signaling server".to_owned(),
        CheckItem::Microphone => "Microphone",
        CheckItem::Camera => "Camera",
        CheckItem::Connection => "Connections",
        CheckItem::Ice if line.url.is_empty() => "STUN and TURN",
        CheckItem::Ice if is_turn(&line.url) => "Relay ",
        CheckItem::Ice => "STUN ",
    };
    [name, &line.url].concat()
}

/// How far it is.
pub(in crate::ui) fn state(line: &CheckLine) -> &'static str {
    match line.state {
        CheckState::Waiting => "not open yet",
        CheckState::Running if line.item == CheckItem::Microphone => "say something",
        CheckState::Running => "checking",
        CheckState::Passed => "works",
        CheckState::Failed(_) => "does not work",
        CheckState::Skipped(Skip::Off) => "is off",
        CheckState::Skipped(Skip::None) => "none",
        CheckState::Skipped(Skip::Unclear) => "not known",
    }
}

/// What there is to say about it; mostly nothing.
pub(in crate::ui) fn sentence(line: &CheckLine) -> String {
    let sentence = match (line.state, line.item) {
        (CheckState::Failed(fault), _) => return broken(line, fault),
        (CheckState::Skipped(Skip::None), CheckItem::Ice) => {
            "No STUN or TURN server is configured: calls work only inside one network."
        }
        (CheckState::Skipped(Skip::None), _) => "Without a server only tabs of this browser meet.",
        (CheckState::Skipped(Skip::Unclear), _) => {
            "This browser cannot tell. If calls fail, check in another one."
        }
        (
            CheckState::Skipped(Skip::Off) | CheckState::Waiting | CheckState::Running | CheckState::Passed,
            _,
        ) => "",
    };
    sentence.to_owned()
}

fn broken(CheckLine { item, url, .. }: &CheckLine, fault: Fault) -> String {
    let sentence = match fault {
        Fault::Unreachable(obstacle) => return unreachable(url, obstacle),
        Fault::Device(error) => return media(error, item.as_str()),
        Fault::Error(code) => return ["Error ", &code.to_string(), ": ", ice_error(code)].concat(),
        Fault::Rejected(code) => rejected(code),
        Fault::Unopened => "The browser may be asking for it. Answer that, then check again.",
        Fault::Nothing => "Nothing comes from it. Close other programs that use it, or plug it in again.",
        Fault::Blank if *item == CheckItem::Camera => {
            "Its picture is black. Look for a cover or a switch on it."
        }
        Fault::Blank => {
            "Only silence comes from it. Look for a switch on it, or for its volume in your system."
        }
        Fault::Muted => "Something outside this page mutes it. Look for a switch on it, or in your system.",
        Fault::Invalid => {
            "The browser does not accept its address or credentials. Tell whoever runs this page."
        }
        Fault::Blocked => UNSUPPORTED,
        Fault::Hidden => {
            "The browser hides its network addresses, so only a relay can carry a call. Look for an extension or a \
             setting about WebRTC, or use another browser."
        }
        Fault::NoAnswer => {
            "It does not answer: it is down, or your network blocks it. Try another network, or ask whoever runs this \
             page for a turns: relay on port 443."
        }
    };
    sentence.to_owned()
}

/// What a STUN or TURN server means with its refusal (RFC 8489 section 14.8, RFC 8656 section 19).
fn ice_error(code: u16) -> &'static str {
    match code {
        401 => {
            "it refuses the credentials; they are wrong or have expired. Reload, or tell whoever runs this page."
        }
        486 | 508 => "it has no place left. Wait a little, then check again.",
        _ => "it refuses. Tell whoever runs this page.",
    }
}
