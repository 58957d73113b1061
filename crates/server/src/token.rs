//! `/token`: leave to enter a room of a LiveKit server, for pages of ours and for whoever asks as LiveKit's SDKs do
//! (`docs/livekit-tokens.md`).

use std::borrow::Cow;
use std::str;

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use serde_json::json;
use tokio::time::timeout;
use visavis_hub::{participant_id, room_key};
use visavis_signaling::json::{self, JsonError, Object};
use visavis_signaling::limits::{MAX_IDENTITY_BYTES, MAX_NAME_CHARS, MAX_ROOM_CHARS, MIN_IDENTITY_BYTES};
use visavis_signaling::{ParticipantId, text};

use crate::address_limiter::{LimitedAction, RemoteAddress};
use crate::livekit::{Grant, LiveKitConfig};
use crate::routes::{AppState, RETRY_AFTER, is_origin_allowed};

/// Longest body of a request, in bytes.
const MAX_BODY_BYTES: usize = 4 * 1024;
/// Longest name of a room or a person before it is cleaned and cut, in bytes, as in a `join`.
const MAX_TEXT_BYTES: usize = 1024;
/// How long browsers may remember that pages of other sites may ask, in seconds. Chromium's own limit.
const PREFLIGHT_MAX_AGE: &str = "7200";

/// Answers a request at `/token`. Pages of any site may read the answer, also that they get none; whether they get one is
/// decided by their `Origin`, as at `/ws`.
pub(crate) async fn respond(
    State(state): State<AppState>,
    Extension(remote): Extension<RemoteAddress>,
    request: Request,
) -> Response {
    let answer = answer(&state, remote, request).await;
    let mut response = answer.unwrap_or_else(IntoResponse::into_response);
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Why there is no token. Each status has one reason, but 400, whose text names the field.
#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    text: Cow<'static, str>,
}

impl Refusal {
    fn new(status: StatusCode, text: &'static str) -> Self {
        Self { status, text: text.into() }
    }
}

impl From<JsonError> for Refusal {
    fn from(error: JsonError) -> Self {
        Self { status: StatusCode::BAD_REQUEST, text: format!("The request: {error}.\n").into() }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.text).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(header::ALLOW, HeaderValue::from_static("POST, OPTIONS"));
        }
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
        }
        response
    }
}

async fn answer(state: &AppState, remote: RemoteAddress, request: Request) -> Result<Response, Refusal> {
    let Some(livekit) = &state.config.livekit else {
        return Err(Refusal::new(StatusCode::NOT_FOUND, "This server gives no tokens for LiveKit.\n"));
    };
    if request.method() == Method::OPTIONS {
        return Ok(preflight_response());
    }
    admit(state, remote, &request)?;
    let (head, body) = request.into_parts();
    let secret = shown_secret(&head.headers)?;
    let body = timeout(state.config.limits.header_timeout, read_body(body)).await;
    let late = |_| Refusal::new(StatusCode::REQUEST_TIMEOUT, "The request takes too long to come.\n");
    let asked = TokenRequest::read(&body.map_err(late)??)?;
    Ok(token_response(livekit, &identity(secret)?, &asked))
}

/// Whether this client may ask at all; a request that is admitted counts as a join.
fn admit(state: &AppState, remote: RemoteAddress, request: &Request) -> Result<(), Refusal> {
    if request.method() != Method::POST {
        return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "Tokens are asked for with POST.\n"));
    }
    if !is_origin_allowed(request.headers(), &state.config.allowed_origins) {
        state.refusal_log.record("origin", remote.key);
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "This server does not know the site you come from.\n",
        ));
    }
    if !state.address_limiter.try_consume(remote, LimitedAction::Join, 1.0) {
        state.refusal_log.record("token", remote.key);
        return Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, "Too many joins in too short a time.\n"));
    }
    Ok(())
}

/// The answer to a browser that asks whether a page of another site may send its secret (Fetch, section "CORS protocol").
/// `*` is not enough for that header.
fn preflight_response() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, *"),
        (header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_MAX_AGE),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// The secret in `Authorization: Bearer`, if there is one. Another scheme is for somebody else, such as a proxy in front.
fn shown_secret(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let refusal = || Refusal::new(StatusCode::BAD_REQUEST, "A secret is 32 to 256 characters of ASCII.\n");
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let value = value.to_str().map_err(|_| refusal())?.trim();
    let (scheme, secret) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Ok(None);
    }
    let secret = secret.trim_start();
    // A wrong one is not taken for none: the page would be somebody else, and not know it.
    if (MIN_IDENTITY_BYTES..=MAX_IDENTITY_BYTES).contains(&secret.len()) {
        Ok(Some(secret))
    } else {
        Err(refusal())
    }
}

/// Who somebody is: whom the secret that they show makes them, as in a `join`, or without one nobody that has been before. Never
/// who they say they are, since LiveKit throws out whoever was there under the same identity.
fn identity(secret: Option<&str>) -> Result<ParticipantId, Refusal> {
    if let Some(secret) = secret {
        return Ok(participant_id(secret));
    }
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| {
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "The system gives no random numbers.\n")
    })?;
    Ok(ParticipantId::from_bytes(bytes))
}

async fn read_body(body: Body) -> Result<Vec<u8>, Refusal> {
    let (mut chunks, mut bytes) = (body.into_data_stream(), Vec::new());
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Refusal::new(StatusCode::BAD_REQUEST, "The request breaks off.\n"))?;
        if bytes.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "The request is too long.\n"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// What counts of a request. It may ask for more (an identity, metadata, attributes, settings of the room), and does not
/// get it.
#[derive(Debug, PartialEq, Eq)]
struct TokenRequest {
    /// The key of the room, so that all who would meet in a room of ours do.
    room: String,
    name: String,
}

impl TokenRequest {
    fn read(body: &[u8]) -> Result<Self, Refusal> {
        let not_text = |_| Refusal::new(StatusCode::BAD_REQUEST, "The request is not UTF-8.\n");
        let value = json::parse(str::from_utf8(body).map_err(not_text)?)?;
        let fields = Object::root(&value)?;
        let room = either(&fields, "room_name", "roomName")?;
        let room = room.ok_or_else(|| fields.error("room_name", "is missing"))?;
        let room = room_key(&text::clean(room, MAX_ROOM_CHARS));
        if room.is_empty() {
            return Err(fields.error("room_name", "is empty").into());
        }
        let name = either(&fields, "participant_name", "participantName")?.unwrap_or_default();
        Ok(Self { room, name: text::clean(name, MAX_NAME_CHARS) })
    }
}

/// A text under the name that a field has in Protocol Buffers, or under the one that their JSON form gives it.
fn either<'a>(fields: &Object<'a>, name: &str, json_name: &str) -> Result<Option<&'a str>, JsonError> {
    match fields.optional_text(name, MAX_TEXT_BYTES)? {
        Some(text) => Ok(Some(text)),
        None => fields.optional_text(json_name, MAX_TEXT_BYTES),
    }
}

fn token_response(livekit: &LiveKitConfig, identity: &ParticipantId, asked: &TokenRequest) -> Response {
    let token = livekit.mint(Grant { identity, name: &asked.name, room: &asked.room });
    let body = json!({ "server_url": livekit.url, "participant_token": token });
    ([(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<(String, String), String> {
        let asked = TokenRequest::read(body.as_bytes()).map_err(|refusal| refusal.text.into_owned())?;
        Ok((asked.room, asked.name))
    }

    #[test]
    fn a_request_has_two_spellings() {
        let expected = Ok(("tea".to_owned(), "Ann".to_owned()));
        assert_eq!(read(r#"{"room_name":"tea","participant_name":"Ann"}"#), expected);
        assert_eq!(read(r#"{"roomName":"tea","participantName":"Ann","roomConfig":{"x":[]}}"#), expected);
        assert_eq!(read(r#"{"room_name":null,"roomName":"Tea","participant_name":"\u202eAnn "}"#), expected);
        assert_eq!(read(r#"{"room_name":"tea"}"#), Ok(("tea".to_owned(), String::new())));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_field() {
        let long = format!(r#"{{"room_name":"{}"}}"#, "x".repeat(MAX_TEXT_BYTES + 1));
        for (body, text) in [
            ("{}", "The request: \"room_name\" is missing.\n"),
            (r#"{"room_name":" \u200b"}"#, "The request: \"room_name\" is empty.\n"),
            (r#"{"roomName":7}"#, "The request: \"roomName\" must be a text.\n"),
            (&long, "The request: \"room_name\" is too long.\n"),
            (r#"{"room_name":"tea""#, "The request: not valid JSON at line 1, column 19.\n"),
        ] {
            assert_eq!(read(body), Err(text.to_owned()), "{body}");
        }
        assert!(TokenRequest::read(b"\xff").is_err());
    }

    /// LiveKit takes no more than 256 bytes.
    #[test]
    fn the_key_of_a_room_is_never_too_long_for_livekit() {
        let (room, name) = ("😀".repeat(100), "ab".repeat(100));
        let body = format!(r#"{{"room_name":"{room}","participant_name":"{name}"}}"#);
        let (room, name) = read(&body).unwrap();
        assert_eq!((room.len(), name.len()), (256, 64));
    }

    #[test]
    fn only_a_bearer_shows_a_secret() {
        let secret = |value: &'static str| {
            let headers = HeaderMap::from_iter([(
                header::AUTHORIZATION,
                HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            )]);
            shown_secret(&headers).map(|secret| secret.map(str::to_owned)).map_err(|refusal| refusal.status)
        };
        let own = "5cb7a9f1d0e24386b1c0ffee5cb7a9f1";
        assert_eq!(secret("Bearer 5cb7a9f1d0e24386b1c0ffee5cb7a9f1"), Ok(Some(own.to_owned())));
        assert_eq!(secret("bearer  5cb7a9f1d0e24386b1c0ffee5cb7a9f1 "), Ok(Some(own.to_owned())));
        assert_eq!(secret("Basic 5cb7a9f1d0e24386b1c0ffee5cb7a9f1"), Ok(None));
        assert_eq!(shown_secret(&HeaderMap::new()).unwrap(), None);
        for wrong in ["Bearer", "Bearer short", "Bearer 5cb7a9f1d0e24386b1c0ffee5cb7a9fü1"] {
            assert_eq!(secret(wrong), Err(StatusCode::BAD_REQUEST), "{wrong}");
        }
    }
}
