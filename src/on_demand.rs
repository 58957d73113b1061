//! The parts of the program that are loaded after the lobby is shown, or never.
//!
//! A call is the second part: it is loaded as soon as there is a lobby, so that it is there when somebody joins. What it
//! needs only once it stands is the third: it reads and judges what `getStats()` counts. What most visits never need is the
//! last: other people's signaling servers, the demo without a server, and what a person asks for with a button (the check,
//! the menu of servers, safety words, reports). It is loaded when somebody needs it.
//!
//! The parts share memory and function table (`xtask/split` divides the program), so whatever is called there looks like
//! any other call; only, nothing of a part may be called before it is loaded. What is called in the last is called by way of
//! [`lazy_fn`].

use std::cell::{Cell, OnceCell};

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Response, Url};

use crate::dom::{object, sleep};

/// `cargo xtask dist` divides the program. All others build it in one piece.
const DIVIDED: bool = option_env!("VISAVIS_DIVIDED").is_some();
/// How the name of the script ends, and in place of that those of the parts.
const SCRIPT_END: &str = ".js";
const CALL_END: &str = "_call.wasm";
const LATER_END: &str = "_later.wasm";
const OTHERS_END: &str = "_others.wasm";
/// Milliseconds until a part is asked for once more.
const RETRY_DELAY: i32 = 500;
/// How often whoever waits for a part that is being loaded for somebody else looks for it, in milliseconds.
const SHARED_LOAD_INTERVAL: i32 = 50;
/// What later parts call those before them.
const MODULES: [&str; 3] = ["a", "b", "c"];

thread_local! {
    /// What the call hands out to the parts after it, once it is there.
    static CALL: OnceCell<JsValue> = const { OnceCell::new() };
    static LATER: OnceCell<JsValue> = const { OnceCell::new() };
    /// The third part is on its way for a call that stands.
    static LATER_REQUESTED: Cell<bool> = const { Cell::new(false) };
    static OTHERS: Cell<Others> = const { Cell::new(Others::Unasked) };
}

/// How far the last part is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Others {
    /// Nobody has asked for it, or it could not be loaded.
    Unasked,
    /// It is on its way.
    Requested,
    /// It is there.
    Loaded,
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_namespace = ["import", "meta"], js_name = url)]
    static SCRIPT: String;

    #[wasm_bindgen(js_namespace = WebAssembly, catch)]
    async fn instantiate(program: &JsValue, imports: &JsValue) -> Result<JsValue, JsValue>;

    /// What `instantiate` gives for bytes.
    type Instantiated;

    #[wasm_bindgen(method, getter)]
    fn instance(this: &Instantiated) -> Instance;

    /// `WebAssembly.Instance`.
    type Instance;

    #[wasm_bindgen(method, getter)]
    fn exports(this: &Instance) -> JsValue;
}

/// A function of the last part, to be called through the function table: a direct call would keep it in this part. What
/// is called like that has to be in a module that moves.
pub(crate) fn lazy_fn<F>(function: F) -> F {
    std::hint::black_box(function)
}

/// Whether the last part is there.
pub(crate) fn is_loaded() -> bool {
    !DIVIDED || OTHERS.get() == Others::Loaded
}

/// A part cannot be loaded. One may try again.
pub(crate) struct NotLoaded;

/// Whether what a call needs is there.
pub(crate) fn is_call_loaded() -> bool {
    !DIVIDED || CALL.with(|call| call.get().is_some())
}

/// Loads what a call needs, if that has not been done yet.
///
/// # Errors
/// If it cannot be loaded.
pub(crate) async fn load_call() -> Result<(), NotLoaded> {
    if DIVIDED {
        call().await.map_err(|_| NotLoaded)?;
    }
    Ok(())
}

/// Whether what a call needs once it stands is there.
pub(crate) fn is_later_loaded() -> bool {
    !DIVIDED || LATER.with(|later| later.get().is_some())
}

/// Loads what a call needs once it stands, if that has not been done yet.
///
/// # Errors
/// If it cannot be loaded, or is being loaded already.
pub(crate) async fn load_later() -> Result<(), NotLoaded> {
    if is_later_loaded() {
        return Ok(());
    }
    if LATER_REQUESTED.replace(true) {
        return Err(NotLoaded);
    }
    let loaded = later().await;
    LATER_REQUESTED.set(false);
    loaded.map(drop).map_err(|_| NotLoaded)
}

/// Loads the last part, if that has not been done yet, and those before it.
///
/// # Errors
/// If it cannot be loaded.
pub(crate) async fn load() -> Result<(), NotLoaded> {
    // Whoever comes meanwhile waits for the same: it need not be loaded and compiled twice.
    while OTHERS.get() == Others::Requested {
        sleep(SHARED_LOAD_INTERVAL).await;
    }
    if is_loaded() {
        return Ok(());
    }
    OTHERS.set(Others::Requested);
    let loaded = others().await;
    OTHERS.set(if loaded.is_ok() { Others::Loaded } else { Others::Unasked });
    loaded.map_err(|_| NotLoaded)
}

/// The URL of a file that stands beside the script of the page.
pub(crate) fn url_beside_script(name: &str) -> String {
    SCRIPT.with(|script| Url::new_with_base(name, script).map(|url| url.href())).unwrap_or_default()
}

/// What is done once the last part is there, or cannot be loaded.
pub(crate) type Then = Box<dyn FnOnce(Result<(), NotLoaded>)>;

/// Loads the last part, if that has not been done yet, and does something then.
pub(crate) fn load_then(then: Then) {
    spawn_local(async move { then(load().await) });
}

async fn others() -> Result<(), JsValue> {
    let response = request(OTHERS_END)?;
    let (later, call) = (later().await?, call().await?);
    instantiate_after(bytes(OTHERS_END, response).await?, [Some(call), Some(later)]).await?;
    Ok(())
}

/// What the third part hands out.
async fn later() -> Result<JsValue, JsValue> {
    if let Some(later) = LATER.with(|later| later.get().cloned()) {
        return Ok(later);
    }
    let response = request(LATER_END)?;
    let call = call().await?;
    let later = instantiate_after(bytes(LATER_END, response).await?, [Some(call), None]).await?;
    Ok(LATER.with(|known| known.get_or_init(|| later).clone()))
}

/// What the call hands out.
async fn call() -> Result<JsValue, JsValue> {
    if let Some(call) = CALL.with(|call| call.get().cloned()) {
        return Ok(call);
    }
    let call = instantiate_after(bytes(CALL_END, request(CALL_END)?).await?, [None, None]).await?;
    Ok(CALL.with(|known| known.get_or_init(|| call).clone()))
}

/// Starts a part, after the first and those that hand out this. Gives what it hands out itself.
async fn instantiate_after(program: JsValue, before: [Option<JsValue>; 2]) -> Result<JsValue, JsValue> {
    let [first, call, later] = MODULES;
    let [of_call, of_later] = before.map(|exports| exports.unwrap_or(JsValue::UNDEFINED));
    let imports = object(&[(first, wasm_bindgen::exports()), (call, of_call), (later, of_later)]);
    let made = instantiate(&program, &imports).await?;
    Ok(Instantiated::from(made).instance().exports())
}

/// Asks for a part. The question is on its way when this returns.
fn request(end: &str) -> Result<JsFuture, JsValue> {
    let window = web_sys::window().ok_or(JsValue::UNDEFINED)?;
    let script = SCRIPT.with(String::clone);
    let url = [script.strip_suffix(SCRIPT_END).unwrap_or(&script), end].concat();
    Ok(JsFuture::from(window.fetch_with_str(&url)))
}

/// What comes in answer. If nothing does, the question is put once more: when a network changes, browsers end all that is on its
/// way (`ERR_NETWORK_CHANGED` in Chromium).
async fn bytes(end: &str, response: JsFuture) -> Result<JsValue, JsValue> {
    if let Ok(bytes) = read(response).await {
        return Ok(bytes);
    }
    sleep(RETRY_DELAY).await;
    read(request(end)?).await
}

async fn read(response: JsFuture) -> Result<JsValue, JsValue> {
    let response: Response = response.await?.into();
    // Not as a stream: some hosts do not know what kind of file a wasm is.
    JsFuture::from(response.array_buffer()?).await
}
