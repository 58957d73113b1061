//! Reads the values that were found in placeholders.

use crate::json::{Fields, Json, Object, read_each};
use crate::limits::{MAX_ICE_SERVERS, MAX_ID_BYTES};
use crate::normalize::ice_server;
use crate::signal::IceServers;

/// Whom a message is from or about, and whether the server writes ids as numbers.
pub(super) fn sender_or_subject(fields: &Fields) -> Option<(&str, bool)> {
    id(fields.at("from")).or_else(|| id(fields.at("id")))
}

/// A text or number that may be an id, and which of the two it is.
pub(super) fn id(value: &Json) -> Option<(&str, bool)> {
    let (Json::Text(id) | Json::Number(id)) = value else { return None };
    (!id.is_empty() && id.len() <= MAX_ID_BYTES).then_some((id, matches!(value, Json::Number(_))))
}

/// The description or candidate, whether it was in one placeholder or in several.
pub(super) fn description_or_candidate(mut fields: Fields) -> Json {
    for (known, placeholder) in [("candidate", "line"), ("", "signal"), ("", "description")] {
        if let Some(value) = fields.get(placeholder).cloned() {
            if known.is_empty() {
                return value;
            }
            fields.put(known, value);
        }
    }
    // Beside a candidate this would be its section.
    fields.put("id", Json::Null);
    fields.into()
}

/// Whether we make the offer, if the message says who does.
pub(super) fn we_offer(fields: &Fields) -> Option<bool> {
    let flag = |key| match fields.at(key) {
        Json::Bool(yes) => Some(*yes),
        Json::Number(text) | Json::Text(text) => Some(!matches!(text.as_str(), "" | "0" | "false")),
        Json::Null | Json::List(_) | Json::Object(_) => None,
    };
    flag("weOffer").or_else(|| Some(!flag("theyOffer")?))
}

/// The ICE servers that the message brings, if all of them make sense.
pub(super) fn ice_servers(message: &Json) -> Option<IceServers> {
    let servers = read_each(&Object::root(message).ok()?, "iceServers", MAX_ICE_SERVERS, ice_server).ok()?;
    (!servers.is_empty()).then_some(IceServers { servers, expires_in: None })
}
