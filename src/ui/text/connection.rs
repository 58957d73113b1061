//! What a tile says of the connection to somebody.

use visavis_core::{ConnectionReason, ConnectionState};

use crate::dom::{message, message_key};

/// The state of the media connection to somebody; empty if there is nothing to say.
pub(in crate::ui) fn connection(state: ConnectionState, reason: ConnectionReason, who: &str) -> String {
    if reason == ConnectionReason::None {
        return without_reason(state).to_owned();
    }
    if reason == ConnectionReason::NoMedia && state == ConnectionState::Connected {
        return message!(
            "Nothing arrives from {who}, although the connection stands. Ask them to switch their microphone off and on, \
             or to reload.",
            who = who
        );
    }
    with_reason(reason, who)
}

fn with_reason(reason: ConnectionReason, who: &str) -> String {
    message!(
        match reason {
            ConnectionReason::None => "",
            ConnectionReason::Blocked => BLOCKED,
            ConnectionReason::Waiting => "Waiting for {who} to answer.",
            ConnectionReason::FindingPath => "Looking for a way to {who}.",
            ConnectionReason::PathLost => {
                "Lost the way to {who}. Looking for another; if this takes long, check your network."
            }
            ConnectionReason::WaitingForServer => {
                "No way to {who} at the moment. It will be mended as soon as the server is back."
            }
            ConnectionReason::NoMedia => "Nothing arrives from {who}. Renewing the connection.",
            ConnectionReason::SendsNothing => SENDS_NOTHING,
            ConnectionReason::PictureStalled => PICTURE_STALLED,
            ConnectionReason::NoPicture => NO_PICTURE,
            ConnectionReason::PictureUnseen => PICTURE_UNSEEN,
            ConnectionReason::PeerGone => "{who} lost the connection. They may come back.",
            ConnectionReason::NoPath => NO_PATH,
            ConnectionReason::NoPathWithRelay => {
                "No way through to {who}, not even by relay. Trying again; another network may help."
            }
            ConnectionReason::NoAddresses => NO_ADDRESSES,
            ConnectionReason::NoAddressesThere => NO_ADDRESSES_THERE,
            ConnectionReason::BlockedThere => BLOCKED_THERE,
            ConnectionReason::TooLarge => {
                "{who} asks for more than a call between two people needs. Ask them to reload the page."
            }
            ConnectionReason::Untrusted => UNTRUSTED,
            ConnectionReason::Incompatible => {
                "The browsers of {who} and you do not fit together. An update of either may help."
            }
            ConnectionReason::Refused => REFUSED,
        },
        who = who,
    )
}

const BLOCKED: &str = message_key!(
    "No call with {who}. This browser cannot make video calls: it has no WebRTC, or a setting or an extension keeps \
     pages from it. Allow it and reload, or use a current Chrome, Edge, Firefox or Safari."
);
const SENDS_NOTHING: &str = message_key!(
    "{who} is connected, but with a program that sends neither sound nor picture. To see and hear them, ask them to use \
     one that makes video calls."
);
const PICTURE_STALLED: &str = message_key!(
    "No picture comes from {who} any more. Their camera may be closed or used by another program; they are told."
);
const NO_PICTURE: &str = message_key!(
    "No picture comes from {who}, although their camera is on. Your browsers may know no common video format; another \
     browser may help."
);
const PICTURE_UNSEEN: &str = message_key!(
    "{who} does not get your picture. Your browsers may know no common video format; another browser may help."
);
const NO_PATH: &str = message_key!(
    "No way through to {who}: a firewall blocks direct calls and there is no relay. Trying again; another network may \
     help."
);
const NO_ADDRESSES: &str = message_key!(
    "No way to {who}: your browser hides its network addresses, and there is no relay. Look for an extension or a \
     setting about WebRTC, or use another browser."
);
const NO_ADDRESSES_THERE: &str = message_key!(
    "No way to {who}: their browser hides its network addresses, and there is no relay. Ask them to look for an \
     extension or a setting about WebRTC, or to use another browser."
);
const BLOCKED_THERE: &str = message_key!(
    "{who} cannot make calls: their browser has no WebRTC, or a setting or an extension keeps pages from it. Ask them to \
     allow it, or to use another browser."
);
const UNTRUSTED: &str = message_key!(
    "The server showed {who} with two different certificates, so this call was not made: somebody may be trying to \
     listen in. Trying again; if it stays so, use another server."
);
const REFUSED: &str = message_key!(
    "Your browser refuses to connect to {who}: you are offline, or a setting or an extension forbids calls."
);

fn without_reason(state: ConnectionState) -> &'static str {
    message!(match state {
        ConnectionState::Connecting => "Connecting.",
        ConnectionState::Connected => "",
        ConnectionState::Reconnecting => "The connection broke off. Repairing it.",
        ConnectionState::Failed => "No connection. Trying again.",
    })
}
