//! What a tile says of the connection to somebody.

use visavis_core::{ConnectionReason, ConnectionState};

use super::UNSUPPORTED;

/// The state of the media connection to somebody; empty if there is nothing to say.
pub(in crate::ui) fn connection(state: ConnectionState, reason: ConnectionReason, who: &str) -> String {
    if reason == ConnectionReason::None {
        return without_reason(state).to_owned();
    }
    let [before, mut after] = text_around_name(reason);
    if reason == ConnectionReason::NoMedia && state == ConnectionState::Connected {
        after = NOTHING_ARRIVES;
    }
    let more = if reason == ConnectionReason::Blocked { UNSUPPORTED } else { "" };
    [before, who, after, more].concat()
}

const NOTHING_ARRIVES: &str =
    ", although the connection stands. Ask them to switch their microphone off and on, or to reload.";

/// What is said before and after the name of the other.
fn text_around_name(reason: ConnectionReason) -> [&'static str; 2] {
    match reason {
        ConnectionReason::None => ["", ""],
        ConnectionReason::Blocked => ["No call with ", ". "],
        ConnectionReason::Waiting => ["Waiting for ", " to answer."],
        ConnectionReason::FindingPath => ["Looking for a way to ", "."],
        ConnectionReason::PathLost => {
            ["Lost the way to ", ". Looking for another; if this takes long, check your network."]
        }
        ConnectionReason::WaitingForServer => {
            ["No way to ", " at the moment. It will be mended as soon as the server is back."]
        }
        ConnectionReason::NoMedia => ["Nothing arrives from ", ". Renewing the connection."],
        ConnectionReason::SendsNothing => ["", SENDS_NOTHING],
        ConnectionReason::PictureStalled => ["No picture comes from ", PICTURE_STALLED],
        ConnectionReason::NoPicture => ["No picture comes from ", NO_PICTURE],
        ConnectionReason::PictureUnseen => ["", PICTURE_UNSEEN],
        ConnectionReason::PeerGone => ["", " lost the connection. They may come back."],
        ConnectionReason::NoPath => ["No way through to ", NO_PATH],
        ConnectionReason::NoPathWithRelay => {
            ["No way through to ", ", not even by relay. Trying again; another network may help."]
        }
        ConnectionReason::NoAddresses => ["No way to ", NO_ADDRESSES],
        ConnectionReason::NoAddressesThere => ["No way to ", NO_ADDRESSES_THERE],
        ConnectionReason::BlockedThere => ["", BLOCKED_THERE],
        ConnectionReason::TooLarge => {
            ["", " asks for more than a call between two people needs. Ask them to reload the page."]
        }
        ConnectionReason::Untrusted => ["The server showed ", UNTRUSTED],
        ConnectionReason::Incompatible => {
            ["The browsers of ", " and you do not fit together. An update of either may help."]
        }
        ConnectionReason::Refused => ["Your browser refuses to connect to ", REFUSED],
    }
}

const SENDS_NOTHING: &str = " is connected, but with a program that sends neither sound nor picture. To see and hear \
     them, ask them to use one that makes video calls.";
const PICTURE_STALLED: &str =
    " any more. Their camera may be closed or used by another program; they are told.";
const NO_PICTURE: &str = ", although their camera is on. Your browsers may know no common video format; another browser \
     may help.";
const PICTURE_UNSEEN: &str =
    " does not get your picture. Your browsers may know no common video format; another browser may help.";
const NO_PATH: &str =
    ": a firewall blocks direct calls and there is no relay. Trying again; another network may help.";
const NO_ADDRESSES: &str = ": your browser hides its network addresses, and there is no relay. Look for an extension or a \
     setting about WebRTC, or use another browser.";
const NO_ADDRESSES_THERE: &str = ": their browser hides its network addresses, and there is no relay. Ask them to look for \
     an extension or a setting about WebRTC, or to use another browser.";
const BLOCKED_THERE: &str = " cannot make calls: their browser has no WebRTC, or a setting or an extension keeps pages \
     from it. Ask them to allow it, or to use another browser.";
const UNTRUSTED: &str = " with two different certificates, so this call was not made: somebody may be trying to listen in. \
     Trying again; if it stays so, use another server.";
const REFUSED: &str = ": you are offline, or a setting or an extension forbids calls.";

fn without_reason(state: ConnectionState) -> &'static str {
    match state {
        ConnectionState::Connecting => "Connecting.",
        ConnectionState::Connected => "",
        ConnectionState::Reconnecting => "The connection broke off. Repairing it.",
        ConnectionState::Failed => "No connection. Trying again.",
    }
}
