//! Elements that are put elsewhere without a pause.

use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Node;

#[wasm_bindgen]
extern "C" {
    /// A node that can be moved as it is (DOM, section 4.2.3: Chromium 133, Firefox 144).
    type Movable;

    #[wasm_bindgen(method, catch, js_name = moveBefore)]
    fn move_before(this: &Movable, node: &Node, child: Option<&Node>) -> Result<(), JsValue>;
}

/// Puts a node into `parent`, before its child `next` or at its end. One that is in the document already stays as it is where
/// the browser can do that: what plays in it goes on playing, and no player is made anew.
///
/// # Errors
/// If `next` is no child of `parent`.
pub fn place_before(parent: &Node, node: &Node, next: Option<&Node>) -> Result<(), JsValue> {
    if node.is_connected() && parent.unchecked_ref::<Movable>().move_before(node, next).is_ok() {
        return Ok(());
    }
    parent.insert_before(node, next).map(drop)
}
