//! One reader and one writer for each dictionary of the WebRTC standard, for every dialect: browsers and servers differ
//! in shape, not in meaning.

pub mod loose;

use crate::json::{Fields, Json, JsonError, Object};
use crate::limits::{MAX_CANDIDATE_BYTES, MAX_ICE_FIELD_BYTES, MAX_ICE_SERVERS, MAX_SDP_BYTES};
use crate::signal::{IceCandidate, IceServer, MediaState, SdpType, SessionDescription};
use crate::sources::Source;

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
    Ok(SessionDescription { sdp_type, sdp: ended(object.text("sdp", MAX_SDP_BYTES)?) })
}

fn ended(sdp: &str) -> String {
    let mut sdp = sdp.to_owned();
    if !sdp.ends_with('\n') {
        sdp.push_str("\r\n");
    }
    sdp
}

/// Reads an `RTCIceCandidateInit`; `null` and an empty candidate mean the end of candidates.
///
/// What `addIceCandidate` refuses but means well is mended: an `a=` in front, an empty `sdpMid` beside an index, and
/// neither of the two (then the first section is meant; with bundling there is only one transport).
///
/// # Errors
/// If a field is of another type or over its limit.
pub fn candidate(value: Option<&Json>, path: String) -> Result<Option<IceCandidate>, JsonError> {
    let Some(value) = value.filter(|value| **value != Json::Null) else { return Ok(None) };
    let object = Object::at(value, path)?;
    let line = object.text("candidate", MAX_CANDIDATE_BYTES)?;
    let line = line.strip_prefix("a=").unwrap_or(line);
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

/// The first of [`Source::ALL`], which a media state always tells, on or not. Who does not know those that came later is not
/// told where there is nothing to tell.
const ALWAYS_TOLD: usize = 3;

/// Reads what somebody sends; nothing if it is not told. `None` if it makes no sense.
pub fn media(value: &Json) -> Option<MediaState> {
    let told = matches!(value, Json::Object(_) | Json::Null);
    let read = |state: MediaState, source: Source| Some(state.with(source, value.flag(source.key())?));
    Source::ALL.into_iter().try_fold(MediaState::default(), read).filter(|_| told)
}

/// Reads the media state in the field `media`.
///
/// # Errors
/// If it is something else than an object of true or false.
pub fn media_of(fields: &Object<'_>) -> Result<MediaState, JsonError> {
    let value = fields.get("media").unwrap_or(&Json::Null);
    media(value).ok_or_else(|| fields.error("media", "must be an object of true or false"))
}

/// Reads one `RTCIceServer`; `urls` may be one text or a list of them, as the standard allows. Whether a browser takes
/// them is another question ([`ice`](crate::ice)).
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
        Json::List(urls) if urls.len() <= MAX_ICE_SERVERS => urls.as_slice(),
        url @ Json::Text(_) => std::slice::from_ref(url),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::List(_) | Json::Object(_) => &[],
    };
    let texts = urls.iter().filter_map(Json::as_text).filter(|url| url.len() <= MAX_ICE_FIELD_BYTES);
    let texts: Vec<String> = texts.map(str::to_owned).collect();
    if texts.is_empty() || texts.len() != urls.len() {
        return Err(fields.error("urls", "must be one or several stun:, turn: or turns: URLs"));
    }
    Ok(texts)
}

impl From<&SessionDescription> for Fields {
    fn from(description: &SessionDescription) -> Self {
        let mut fields = Self::of_type(description.sdp_type.as_str());
        fields.text("sdp", &description.sdp);
        fields
    }
}

impl From<&SessionDescription> for Json {
    fn from(description: &SessionDescription) -> Self {
        Fields::from(description).into()
    }
}

impl From<&IceCandidate> for Json {
    fn from(candidate: &IceCandidate) -> Self {
        let mut fields = Fields::default();
        fields.text("candidate", &candidate.candidate);
        fields.maybe_text("sdpMid", candidate.sdp_mid.as_deref());
        if let Some(index) = candidate.sdp_m_line_index {
            fields.number("sdpMLineIndex", index.into());
        }
        fields.maybe_text("usernameFragment", candidate.username_fragment.as_deref());
        fields.into()
    }
}

impl From<&IceServer> for Json {
    fn from(server: &IceServer) -> Self {
        let mut fields = Fields::default();
        fields.put("urls", Json::List(server.urls.iter().map(|url| Json::text(url)).collect()));
        fields.maybe_text("username", server.username.as_deref());
        fields.maybe_text("credential", server.credential.as_deref());
        fields.into()
    }
}

impl From<MediaState> for Json {
    fn from(media: MediaState) -> Self {
        let mut fields = Fields::default();
        for (at, source) in Source::ALL.into_iter().enumerate() {
            let on = media.is_on(source);
            if on || at < ALWAYS_TOLD {
                fields.bool(source.key(), on);
            }
        }
        fields.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    fn read(text: &str) -> Option<IceCandidate> {
        candidate(Some(&parse(text).unwrap()), String::new()).unwrap()
    }

    #[test]
    fn mends_what_browsers_refuse() {
        let mended = read(r#"{"candidate": "a=candidate:1", "sdpMid": "", "sdpMLineIndex": 1}"#).unwrap();
        assert_eq!(
            (mended.candidate.as_str(), mended.sdp_mid, mended.sdp_m_line_index),
            ("candidate:1", None, Some(1))
        );
        assert_eq!(read(r#"{"candidate": "candidate:1"}"#).unwrap().sdp_m_line_index, Some(0));
    }

    #[test]
    fn knows_the_end() {
        assert_eq!(candidate(None, String::new()), Ok(None));
        assert_eq!(candidate(Some(&Json::Null), String::new()), Ok(None));
        assert_eq!(read(r#"{"candidate": "", "sdpMid": "0"}"#), None);
    }

    #[test]
    fn puts_the_last_line_break_back() {
        let value = parse(r#"{"type": "offer", "sdp": "v=0"}"#).unwrap();
        assert_eq!(description(&Object::root(&value).unwrap()).unwrap().sdp, "v=0\r\n");
        let value = parse(r#"{"type": "OFFER", "sdp": "v=0"}"#).unwrap();
        assert!(description(&Object::root(&value).unwrap()).is_err());
    }
}
