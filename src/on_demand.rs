//! The parts of the program that are loaded after the lobby is shown, or never.
//!
//! A call is the second part: it is loaded as soon as there is a lobby, so that it is there when somebody joins. What most
//! visits never need is the third: other people's signaling servers, the demo without a server, and what a person asks for
//! with a button (the check, the menu of servers, safety words, reports). It is loaded when somebody needs it.
//!
//! The parts share memory and function table (`xtask/split` divides the program), so whatever is called there looks like
//! any other call; only, nothing of a part may be called before it is loaded. What is called in the third is called by way of
//! [`lazy_fn`].

use std::cell::{Cell, OnceCell};

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use crate::dom::object;

/// `cargo xtask dist` divides the program. All others build it in one piece.
const DIVIDED: bool = option_env!("VISAVIS_DIVIDED").is_some();
/// How the name of the script ends, and in place of that those of the parts.
const SCRIPT_END: &str = ".js";
const CALL_END: &str = "_call.wasm";
const OTHERS_END: &str = "_others.wasm";
/// What later parts call the first and the call.
const MODULES: [&str; 2] = ["a", "b"];

thread_local! {
    /// What the call hands out to the others, once it is there.
    static CALL: OnceCell<JsValue> = const { OnceCell::new() };
    static OTHERS: Cell<bool> = const { Cell::new(false) };
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

/// A function of the third part, to be called through the function table: a direct call would keep it in this part. What
/// is called like that has to be in a module that moves.
pub(crate) fn lazy_fn<F>(function: F) -> F {
    std::hint::black_box(function)
}

/// Whether the third part is there.
pub(crate) fn is_loaded() -> bool {
    !DIVIDED || OTHERS.get()
}

/// A part cannot be loaded. One may try again.
pub(crate) struct NotLoaded;

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

/// Loads the third part, if that has not been done yet, and the call before it.
///
/// # Errors
/// If it cannot be loaded.
pub(crate) async fn load() -> Result<(), NotLoaded> {
    if is_loaded() {
        return Ok(());
    }
    others().await.map_err(|_| NotLoaded)?;
    OTHERS.set(true);
    Ok(())
}

async fn others() -> Result<(), JsValue> {
    let response = request(OTHERS_END)?;
    let (call, program) = (call().await?, bytes(response).await?);
    let [first, second] = MODULES;
    instantiate(&program, &object(&[(first, wasm_bindgen::exports()), (second, call)])).await?;
    Ok(())
}

/// What the call hands out.
async fn call() -> Result<JsValue, JsValue> {
    if let Some(call) = CALL.with(|call| call.get().cloned()) {
        return Ok(call);
    }
    let program = bytes(request(CALL_END)?).await?;
    let made = instantiate(&program, &object(&[(MODULES[0], wasm_bindgen::exports())])).await?;
    let call = Instantiated::from(made).instance().exports();
    Ok(CALL.with(|known| known.get_or_init(|| call).clone()))
}

/// Asks for a part. The question is on its way when this returns.
fn request(end: &str) -> Result<JsFuture, JsValue> {
    let window = web_sys::window().ok_or(JsValue::UNDEFINED)?;
    let script = SCRIPT.with(String::clone);
    let url = [script.strip_suffix(SCRIPT_END).unwrap_or(&script), end].concat();
    Ok(JsFuture::from(window.fetch_with_str(&url)))
}

async fn bytes(response: JsFuture) -> Result<JsValue, JsValue> {
    let response: Response = response.await?.into();
    // Not as a stream: some hosts do not know what kind of file a wasm is.
    JsFuture::from(response.array_buffer()?).await
}
