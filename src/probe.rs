//! One look at a server over plain HTTP, because a browser does not say why a WebSocket failed. Pages whose server is there
//! do without it.

use gloo_net::http::{Request, Response};
use js_sys::{Promise, Reflect, Uint8Array};
use visavis_app::is_mixed_content;
use visavis_core::signaling::{Expects, Probe};
use visavis_core::{MAX_PROBE_BODY_BYTES, ProbeResult, is_bare_proxy};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AbortSignal, ReadableStreamDefaultReader, RequestCache, RequestCredentials, RequestMode, WebSocket,
};

use crate::dom;

/// How long a server may take to answer, in milliseconds. Some toy servers never do.
pub const TIMEOUT: i32 = 4000;
/// How long a WebSocket has to stay open, in milliseconds, so that more than a proxy is at its other end.
const SOCKET_CONFIRMS_SERVER: i32 = 500;

/// Takes the result.
pub type OnProbed = Box<dyn FnOnce(Probe, ProbeResult)>;

/// Looks, and tells what was seen. It is in the other part of the program.
pub fn probe(probe: Probe, tell: OnProbed) {
    spawn_local(async move {
        let seen = probe_once(&probe).await;
        tell(probe, seen);
    });
}

async fn probe_once(probe: &Probe) -> ProbeResult {
    if dom::is_secure() && is_mixed_content(&probe.url) {
        return ProbeResult::MixedContent;
    }
    let url = to_http_url(&probe.url);
    // Servers that do not know this page's site may still be there: without a right to read, we hear at least that.
    for mode in [RequestMode::Cors, RequestMode::NoCors] {
        let Some(response) = fetch(&url, mode).await else { continue };
        if mode == RequestMode::NoCors {
            return ProbeResult::Opaque;
        }
        if is_bare_proxy(probe, response.status()) && websocket_stays_open(&probe.url).await {
            return ProbeResult::WebSocketOpened;
        }
        let body = if probe.expects == Expects::EngineIo { read_prefix(&response).await } else { None };
        return ProbeResult::Response { status: response.status(), body: body.unwrap_or_default() };
    }
    ProbeResult::NoAnswer
}

/// Where HTTP finds what is at the address of a WebSocket.
pub fn to_http_url(url: &str) -> String {
    url.strip_prefix("ws").map_or_else(|| url.to_owned(), |rest| ["http", rest].concat())
}

async fn fetch(url: &str, mode: RequestMode) -> Option<Response> {
    let request = Request::get(url).mode(mode).cache(RequestCache::NoStore);
    let request = request.credentials(RequestCredentials::Omit);
    request.abort_signal(Some(&AbortSignal::timeout_with_u32(TIMEOUT.unsigned_abs()))).send().await.ok()
}

/// Whether a WebSocket can be opened, and is not closed right after.
async fn websocket_stays_open(url: &str) -> bool {
    let Ok(socket) = WebSocket::new(url) else { return false };
    let opened = Promise::new(&mut |resolve, _| {
        socket.set_onopen(Some(&resolve));
        socket.set_onclose(Some(&resolve));
        dom::call_later(&resolve, TIMEOUT);
    });
    // Whichever of the three comes first.
    let _ = JsFuture::from(opened).await;
    dom::sleep(SOCKET_CONFIRMS_SERVER).await;
    let open = socket.ready_state() == WebSocket::OPEN;
    let _ = socket.close();
    open
}

/// How the answer begins: its first piece, cut. The rest is not even loaded.
async fn read_prefix(response: &Response) -> Option<String> {
    let reader: ReadableStreamDefaultReader = response.body()?.get_reader().unchecked_into();
    let piece = JsFuture::from(reader.read()).await.ok()?;
    let bytes: Uint8Array = Reflect::get(&piece, &"value".into()).ok()?.dyn_into().ok()?;
    let most = u32::try_from(MAX_PROBE_BODY_BYTES).unwrap_or_default();
    drop(reader.cancel());
    String::from_utf8(bytes.slice(0, most).to_vec()).ok()
}
