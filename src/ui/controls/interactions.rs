//! The buttons of chat, raised hands, reactions and recordings, and the one of a menu that has the rest of the bar where it has
//! no room for it. What they do, and how they look then, is loaded on demand.

use wasm_bindgen::JsValue;
use web_sys::Element;

use crate::dom;

const BUTTONS: [&str; 5] = [
    include_str!("chat.html"),
    include_str!("more.html"),
    include_str!("hand.html"),
    include_str!("react.html"),
    include_str!("record.html"),
];

/// Puts them into the bar of the stage, in front of what is pressed less often.
#[inline(never)]
pub(in crate::ui) fn add_buttons(bar: &Element) -> Result<(), JsValue> {
    let next = bar.query_selector("[data-control=settings]")?;
    for html in BUTTONS {
        bar.insert_before(&*dom::instantiate(html)?, next.as_deref())?;
    }
    Ok(())
}
