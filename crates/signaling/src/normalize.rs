//! One reader for descriptions and one for candidates, for every dialect: browsers and servers differ in shape, not in meaning.

use serde_json::Value;

use crate::json::{JsonError, Object};
use crate::limits::{MAX_CANDIDATE_BYTES, MAX_ICE_FIELD_BYTES, MAX_ICE_SERVERS, MAX_SDP_BYTES};
use crate::signal::{IceCandidate, IceServer, SdpType, SessionDescription};

/// Reads an `RTCSessionDescriptionInit`.
///
/// Some servers and copy paths trim the text; Chromium refuses an SDP without its final line break, so it is put back.
///
/// # Errors
/// If a field is missing, of another type, or over its limit.
pub fn description(object: &Object<'_>) -> Result<SessionDescription, JsonError> {
    let sdp_type = match object.text("type", 16)? {
        "offer" => SdpType::Offer,
        "answer" => SdpType::Answer,
        _ => return Err(object.error("type", "must be \"offer\" or \"answer\"")),
    };
    let mut sdp = object.text("sdp", MAX_SDP_BYTES)?.to_owned();
    if !sdp.ends_with('\n') {
        sdp.push_str("\r\n");
    }
    Ok(SessionDescription { sdp_type, sdp })
}

/// Reads an `RTCIceCandidateInit`; `null` and an empty candidate mean the end of candidates.
///
/// What `addIceCandidate` refuses but means well is mended: an `a=` in front, an empty `sdpMid` beside an index, and
/// neither of the two (then the first section is meant; with bundling there is only one transport).
///
/// # Errors
/// If a field is of another type or over its limit.
pub fn candidate(value: Option<&Value>, path: String) -> Result<Option<IceCandidate>, JsonError> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(None) };
    let object = Object::at(value, path)?;
    let line = object.text("candidate", MAX_CANDIDATE_BYTES)?;
    let line = line.trim_start_matches("a=");
    if line.is_empty() {
        return Ok(None);
    }
    let index = object.optional_u32("sdpMLineIndex")?.and_then(|n| u16::try_from(n).ok());
    let mid = object.optional_text("sdpMid", MAX_ICE_FIELD_BYTES)?;
    let mid = mid.filter(|mid| !(mid.is_empty() && index.is_some()));
    Ok(Some(IceCandidate {
        candidate: line.to_owned(),
        sdp_mid: mid.map(str::to_owned),
        sdp_m_line_index: index.or_else(|| mid.is_none().then_some(0)),
        username_fragment: object.optional_text("usernameFragment", MAX_ICE_FIELD_BYTES)?.map(str::to_owned),
    }))
}

/// Reads one `RTCIceServer`; `urls` may be one text or a list of them, as the standard allows.
///
/// # Errors
/// If a field is missing, of another type, or over its limit.
pub fn ice_server(fields: &Object<'_>) -> Result<IceServer, JsonError> {
    let optional = |key| Ok(fields.optional_text(key, MAX_ICE_FIELD_BYTES)?.map(str::to_owned));
    Ok(IceServer {
        urls: read_urls(fields)?,
        username: optional("username")?,
        credential: optional("credential")?,
    })
}

fn read_urls(fields: &Object<'_>) -> Result<Vec<String>, JsonError> {
    let urls = match fields.need("urls")? {
        Value::Array(urls) if urls.len() <= MAX_ICE_SERVERS => urls.as_slice(),
        url @ Value::String(_) => std::slice::from_ref(url),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => &[],
    };
    let known = |url: &&str| {
        url.len() <= MAX_ICE_FIELD_BYTES
            && ["stun:", "stuns:", "turn:", "turns:"].iter().any(|scheme| url.starts_with(scheme))
    };
    let texts: Vec<String> = urls.iter().filter_map(Value::as_str).filter(known).map(str::to_owned).collect();
    if texts.is_empty() || texts.len() != urls.len() {
        return Err(fields.error("urls", "must be one or several stun:, turn: or turns: URLs"));
    }
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: &Value) -> Option<IceCandidate> {
        candidate(Some(value), String::new()).unwrap()
    }

    #[test]
    fn mends_what_browsers_refuse() {
        let mended = read(&json!({"candidate": "a=candidate:1", "sdpMid": "", "sdpMLineIndex": 1})).unwrap();
        assert_eq!(
            (mended.candidate.as_str(), mended.sdp_mid, mended.sdp_m_line_index),
            ("candidate:1", None, Some(1))
        );
        assert_eq!(read(&json!({"candidate": "candidate:1"})).unwrap().sdp_m_line_index, Some(0));
    }

    #[test]
    fn knows_the_end() {
        assert_eq!(candidate(None, String::new()), Ok(None));
        assert_eq!(read(&Value::Null), None);
        assert_eq!(read(&json!({"candidate": "", "sdpMid": "0"})), None);
    }

    #[test]
    fn puts_the_last_line_break_back() {
        let value = json!({"type": "offer", "sdp": "v=0"});
        assert_eq!(description(&Object::root(&value).unwrap()).unwrap().sdp, "v=0\r\n");
        let value = json!({"type": "OFFER", "sdp": "v=0"});
        assert!(description(&Object::root(&value).unwrap()).is_err());
    }
}
