//! Readers for other people's servers, whose clients wrap the same two dictionaries in a dozen ways.

use super::ended;
use crate::json::{self, Json};
use crate::limits::{MAX_CANDIDATE_BYTES, MAX_ICE_FIELD_BYTES, MAX_SDP_BYTES};
use crate::signal::{IceCandidate, SdpType, SessionDescription};

/// Deepest wrapping that is looked into.
const MAX_WRAPS: u32 = 4;

/// Where a description may hide in an object.
const WRAPPERS: [&str; 5] = ["sdp", "description", "offer", "answer", "signal"];
/// Where a candidate may hide in an object.
const CANDIDATE: [&str; 2] = ["candidate", "ice"];
const INDEX: [&str; 5] = ["sdpMLineIndex", "label", "sdpMLineindex", "mlineIndex", "mlineindex"];
const MID: [&str; 2] = ["sdpMid", "id"];

/// Reads a description in any of the usual shapes: flat, wrapped, or JSON within a text. `known` is its type, if the
/// message around it tells.
///
/// `None` if there is none.
pub fn description(value: &Json, known: Option<SdpType>) -> Option<SessionDescription> {
    find_description(value, known, MAX_WRAPS)
}

fn find_description(value: &Json, known: Option<SdpType>, depth: u32) -> Option<SessionDescription> {
    let depth = depth.checked_sub(1)?;
    match value {
        Json::Text(text) if text.starts_with('{') => find_description(&json::parse(text).ok()?, known, depth),
        Json::Text(sdp) if !sdp.is_empty() && sdp.len() <= MAX_SDP_BYTES => {
            Some(SessionDescription { sdp_type: known?, sdp: ended(sdp) })
        }
        Json::Object(fields) => {
            let told = fields.get("type").and_then(Json::as_text).and_then(sdp_type);
            let inside = WRAPPERS.iter().filter_map(|key| fields.get(key));
            inside.filter_map(|inside| find_description(inside, told.or(known), depth)).next()
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) | Json::List(_) => None,
    }
}

/// The type of that name, however it is written.
pub fn sdp_type(name: &str) -> Option<SdpType> {
    [SdpType::Offer, SdpType::Answer].into_iter().find(|one| one.as_str().eq_ignore_ascii_case(name))
}

/// Reads a candidate in any of the usual shapes: flat, wrapped, labelled, JSON within a text, or the bare line. Nothing,
/// in all its shapes, is the end of candidates; so is what makes no sense, because nobody needs the end.
pub fn candidate(value: &Json) -> Option<IceCandidate> {
    find_candidate(value, MAX_WRAPS)
}

fn find_candidate(value: &Json, depth: u32) -> Option<IceCandidate> {
    let depth = depth.checked_sub(1)?;
    match value {
        Json::Text(text) if text.starts_with('{') => find_candidate(&json::parse(text).ok()?, depth),
        Json::Text(line) => read_line(line),
        Json::Object(_) => {
            let inside = CANDIDATE.iter().map(|key| value.at(key)).find(|inside| **inside != Json::Null)?;
            let candidate = find_candidate(inside, depth)?;
            let flat = matches!(inside, Json::Text(text) if !text.starts_with('{'));
            Some(if flat { with_section(candidate, value) } else { candidate })
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::List(_) => None,
    }
}

fn read_line(line: &str) -> Option<IceCandidate> {
    let line = line.strip_prefix("a=").unwrap_or(line);
    let fits = !line.is_empty() && line.len() <= MAX_CANDIDATE_BYTES && line != "null";
    fits.then(|| IceCandidate {
        candidate: line.to_owned(),
        sdp_mid: None,
        sdp_m_line_index: Some(0),
        username_fragment: None,
    })
}

/// A candidate with what stands beside its line.
fn with_section(mut candidate: IceCandidate, beside: &Json) -> IceCandidate {
    let index = INDEX.iter().find_map(|key| number(beside.at(key)));
    let mid = MID.iter().find_map(|key| beside.at(key).as_text());
    let mid = mid.filter(|mid| mid.len() <= MAX_ICE_FIELD_BYTES && !(mid.is_empty() && index.is_some()));
    candidate.sdp_m_line_index = index.or_else(|| mid.is_none().then_some(0));
    candidate.sdp_mid = mid.map(str::to_owned);
    let ufrag = beside.at("usernameFragment").short();
    candidate.username_fragment = (!ufrag.is_empty()).then(|| ufrag.to_owned());
    candidate
}

/// A number, or a text that holds one: browsers take both.
fn number(value: &Json) -> Option<u16> {
    match value {
        Json::Number(digits) | Json::Text(digits) => digits.parse().ok(),
        Json::Null | Json::Bool(_) | Json::List(_) | Json::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse_any;

    #[test]
    fn descriptions_of_every_shape() {
        for text in [
            r#"{"type":"offer","sdp":"v=0\r\n"}"#,
            r#"{"type":"OFFER","sdp":"v=0"}"#,
            r#"{"sdp":{"type":"offer","sdp":"v=0"}}"#,
            r#"{"description":{"type":"offer","sdp":"v=0"}}"#,
            r#"{"offer":{"type":"offer","sdp":"v=0"}}"#,
            r#"{"type":"offer","sdp":{"type":"offer","sdp":"v=0"}}"#,
            r#""{\"type\":\"offer\",\"sdp\":\"v=0\"}""#,
        ] {
            let description = description(&parse_any(text).unwrap(), None).unwrap();
            assert_eq!(
                (description.sdp_type, description.sdp.as_str()),
                (SdpType::Offer, "v=0\r\n"),
                "{text}"
            );
        }
        let bare = Json::text("v=0");
        assert_eq!(description(&bare, Some(SdpType::Answer)).unwrap().sdp_type, SdpType::Answer);
        assert_eq!(description(&bare, None), None);
        for text in ["null", "{}", "[]", r#"{"type":"offer"}"#, r#"{"type":"rollback","sdp":"x"}"#] {
            assert_eq!(description(&parse_any(text).unwrap(), None), None, "{text}");
        }
    }

    #[test]
    fn candidates_of_every_shape() {
        for text in [
            r#"{"candidate":"candidate:1","sdpMLineIndex":1}"#,
            r#"{"candidate":{"candidate":"candidate:1","sdpMLineIndex":1,"sdpMid":""}}"#,
            r#"{"type":"candidate","label":1,"candidate":"a=candidate:1"}"#,
            r#"{"ice":{"candidate":"candidate:1","sdpMLineIndex":"1"}}"#,
            r#""{\"candidate\":\"candidate:1\",\"sdpMLineIndex\":1}""#,
        ] {
            let candidate = candidate(&parse_any(text).unwrap()).unwrap();
            assert_eq!(
                (candidate.candidate.as_str(), candidate.sdp_mid, candidate.sdp_m_line_index),
                ("candidate:1", None, Some(1)),
                "{text}"
            );
        }
        let labelled = parse_any(r#"{"id":"a","label":2,"candidate":"candidate:1"}"#).unwrap();
        assert_eq!(candidate(&labelled).unwrap().sdp_mid.as_deref(), Some("a"));
    }

    #[test]
    fn the_end_of_every_shape() {
        for text in [
            "null",
            r#""null""#,
            r#""""#,
            "{}",
            r#"{"candidate":null}"#,
            r#"{"isTrusted":true}"#,
            r#"{"candidate":""}"#,
        ] {
            assert_eq!(candidate(&parse_any(text).unwrap()), None, "{text}");
        }
        assert_eq!(candidate(&Json::Text("x".repeat(MAX_CANDIDATE_BYTES + 1))), None);
    }
}
