//! The part of the program that most pages never need: other people's signaling servers, the demo without a server, and
//! what a person asks for with a button (the check, the menu of servers, safety words, reports). It is loaded when
//! somebody needs it.
//!
//! It shares memory and function table with this part (`xtask/split` divides them), so whatever is called there looks like
//! any other call; only, nothing of it may be called before [`load`] has come back. The methods of dialects are called
//! through the table anyway; what else moves is called by way of [`lazy_fn`].

use std::cell::Cell;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use crate::dom::object;

/// `cargo xtask dist` divides the program. All others build it in one piece.
const DIVIDED: bool = option_env!("VISAVIS_DIVIDED").is_some();
/// How the name of the other part's file differs from that of the script.
const ENDS: [&str; 2] = [".js", "_others.wasm"];
/// What the other part calls this one.
const FIRST: &str = "a";

thread_local! {
    static LOADED: Cell<bool> = const { Cell::new(false) };
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_namespace = ["import", "meta"], js_name = url)]
    static SCRIPT: String;

    #[wasm_bindgen(js_namespace = WebAssembly, catch)]
    async fn instantiate(program: &JsValue, imports: &JsValue) -> Result<JsValue, JsValue>;
}

/// A function of the other part, to be called through the function table: a direct call would keep it in this part. What
/// is called like that has to be in a module that moves.
pub(crate) fn lazy_fn<F>(function: F) -> F {
    std::hint::black_box(function)
}

/// Whether the other part is there.
pub(crate) fn is_loaded() -> bool {
    !DIVIDED || LOADED.get()
}

/// The other part cannot be loaded. One may try again.
pub(crate) struct NotLoaded;

/// Loads the other part, if that has not been done yet.
///
/// # Errors
/// If it cannot be loaded.
pub(crate) async fn load() -> Result<(), NotLoaded> {
    if is_loaded() {
        return Ok(());
    }
    fetch().await.map_err(|_| NotLoaded)?;
    LOADED.set(true);
    Ok(())
}

async fn fetch() -> Result<(), JsValue> {
    let window = web_sys::window().ok_or(JsValue::UNDEFINED)?;
    let script = SCRIPT.with(String::clone);
    let url = [script.strip_suffix(ENDS[0]).unwrap_or(&script), ENDS[1]].concat();
    let response: Response = JsFuture::from(window.fetch_with_str(&url)).await?.into();
    // Not as a stream: some hosts do not know what kind of file a wasm is.
    let program = JsFuture::from(response.array_buffer()?).await?;
    instantiate(&program, &object(&[(FIRST, wasm_bindgen::exports())])).await?;
    Ok(())
}
