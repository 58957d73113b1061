//! The question for an access token that goes before some sockets. Pages whose server wants none do without it.

use gloo_net::http::Request;
use visavis_signaling::TokenRequest;
use visavis_signaling::limits::MAX_TOKEN_RESPONSE_BYTES;
use wasm_bindgen_futures::spawn_local;
use web_sys::{AbortSignal, RequestCache};

/// How long the answer may take, in milliseconds.
const TIMEOUT: u32 = 8000;

/// Takes the status and the body of the answer; 0 and nothing if there is none.
pub(super) type OnToken = Box<dyn FnOnce(u16, String)>;

/// Asks, and tells what was answered.
pub(super) fn request(request: TokenRequest, tell: OnToken) {
    spawn_local(async move {
        let (status, body) = ask(request).await.unwrap_or_default();
        tell(status, body);
    });
}

async fn ask(TokenRequest { url, authorization, body }: TokenRequest) -> Option<(u16, String)> {
    let mut request = Request::post(&url).cache(RequestCache::NoStore);
    request = request.abort_signal(Some(&AbortSignal::timeout_with_u32(TIMEOUT)));
    request = request.header("content-type", "application/json");
    if !authorization.is_empty() {
        request = request.header("authorization", &authorization);
    }
    let response = request.body(body).ok()?.send().await.ok()?;
    let body = response.text().await.ok().filter(|body| body.len() <= MAX_TOKEN_RESPONSE_BYTES);
    Some((response.status(), body.unwrap_or_default()))
}
