//! Changes that touch the DOM only if there is something to change: a live region is read aloud again whenever its
//! text is set, and every write costs a style pass.

use web_sys::{Element, Node};

/// Makes `text` the text of `node`. The only way by which words from the network get into the page.
pub fn set_text(node: &Node, text: &str) {
    if node.text_content().as_deref() != Some(text) {
        node.set_text_content(Some(text));
    }
}

/// Gives `element` the attribute, or takes it away.
pub fn set_attribute(element: &Element, name: &str, value: Option<&str>) {
    if element.get_attribute(name).as_deref() == value {
        return;
    }
    // Both fail only for names that are none.
    let _ = match value {
        Some(value) => element.set_attribute(name, value),
        None => element.remove_attribute(name),
    };
}

/// Gives `element` the attribute without a value, or takes it away: `hidden`, `disabled`.
pub fn set_flag(element: &Element, name: &str, on: bool) {
    set_attribute(element, name, on.then_some(""));
}
