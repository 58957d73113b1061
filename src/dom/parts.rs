//! What something of ours is made of.

use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, Node};

/// An element and everything in it, as it was built. Extensions and translators take elements out and put them into others:
/// whatever is out of the document has to be built again, while what was only wrapped is left as they want it.
pub struct Parts(Vec<Node>);

impl Parts {
    /// Those of `root`, with itself.
    pub fn of(root: &HtmlElement) -> Self {
        let mut parts = Self(Vec::new());
        parts.add(root);
        parts
    }

    /// Those of something that was built into it later.
    pub fn add(&mut self, root: &HtmlElement) {
        let inside = root.get_elements_by_tag_name("*");
        self.0.push(root.clone().unchecked_into());
        for at in 0..inside.length() {
            self.0.extend(inside.item(at).map(JsCast::unchecked_into));
        }
    }

    /// Whether all of them are in the document.
    pub fn are_there(&self) -> bool {
        self.0.iter().all(Node::is_connected)
    }
}
