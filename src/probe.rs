//! One look at a server over plain HTTP, because a browser does not say why a WebSocket failed.

use js_sys::{Promise, Reflect, Uint8Array};
use visavis_core::signaling::{Expects, Probe};
use visavis_core::{MAX_SEEN_BYTES, Seen, is_insecure};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AbortSignal, ReadableStreamDefaultReader, RequestCache, RequestCredentials, RequestInit, RequestMode,
    Response,
};

use crate::dom;

/// How long a server may take to answer, in milliseconds. Some toy servers never do.
const PATIENCE: u32 = 4000;

/// Looks, and tells what was seen.
pub fn look(probe: Probe, tell: impl FnOnce(Probe, Seen) + 'static) {
    spawn_local(async move {
        let seen = see(&probe).await;
        tell(probe, seen);
    });
}

async fn see(probe: &Probe) -> Seen {
    if dom::is_secure() && is_insecure(&probe.url) {
        return Seen::Forbidden;
    }
    let url = probe.url.strip_prefix("ws").map_or_else(|| probe.url.clone(), |rest| ["http", rest].concat());
    // Servers that do not know this page's site may still be there: without a right to read, we hear at least that.
    for mode in [RequestMode::Cors, RequestMode::NoCors] {
        let Some(answer) = ask(&url, mode) else { break };
        let Ok(response) = JsFuture::from(answer).await else { continue };
        if mode == RequestMode::NoCors {
            return Seen::Somebody;
        }
        let response: Response = response.unchecked_into();
        let body = if probe.expects == Expects::EngineIo { beginning(&response).await } else { None };
        return Seen::Answer { status: response.status(), body: body.unwrap_or_default() };
    }
    Seen::Nobody
}

fn ask(url: &str, mode: RequestMode) -> Option<Promise> {
    let init = RequestInit::new();
    init.set_mode(mode);
    init.set_cache(RequestCache::NoStore);
    init.set_credentials(RequestCredentials::Omit);
    init.set_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE)));
    Some(web_sys::window()?.fetch_with_str_and_init(url, &init))
}

/// How the answer begins: its first piece, cut. The rest is not even loaded.
async fn beginning(response: &Response) -> Option<String> {
    let reader: ReadableStreamDefaultReader = response.body()?.get_reader().unchecked_into();
    let piece = JsFuture::from(reader.read()).await.ok()?;
    let bytes: Uint8Array = Reflect::get(&piece, &"value".into()).ok()?.dyn_into().ok()?;
    let most = u32::try_from(MAX_SEEN_BYTES).unwrap_or_default();
    drop(reader.cancel());
    String::from_utf8(bytes.slice(0, most).to_vec()).ok()
}
