//! Lists of elements that keep their elements.

use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlElement, Node};

/// The children of an element, one per key, each with the part that paints it.
///
/// A browser pauses a `<video>` that is moved, even to where it was. So an element stays where it is for as long as its
/// key is there: others are put in and taken out around it, and it is moved only if the order of the keys changed.
pub struct KeyedList<K, V> {
    parent: Element,
    end: Option<Node>,
    items: Vec<Item<K, V>>,
}

struct Item<K, V> {
    key: K,
    element: HtmlElement,
    value: V,
}

impl<K: PartialEq + Clone, V> KeyedList<K, V> {
    /// An empty list, inside `parent`, before its child `end` (or at its end).
    pub fn new(parent: &Element, end: Option<&Node>) -> Self {
        Self { parent: parent.clone(), end: end.cloned(), items: Vec::new() }
    }

    /// Makes the list have these keys in this order; `make` makes what is missing.
    ///
    /// # Errors
    /// What `make` reports.
    pub fn set_keys(
        &mut self,
        keys: &[K],
        mut make: impl FnMut(&K) -> Result<(HtmlElement, V), JsValue>,
    ) -> Result<(), JsValue> {
        let (mut kept, gone) = std::mem::take(&mut self.items)
            .into_iter()
            .partition::<Vec<_>, _>(|item| keys.contains(&item.key));
        gone.iter().for_each(|item| item.element.remove());
        for key in keys {
            let item = match kept.iter().position(|item| item.key == *key) {
                Some(at) => kept.remove(at),
                None => make(key).map(|(element, value)| Item { key: key.clone(), element, value })?,
            };
            self.items.push(item);
        }
        // A key that was there twice.
        kept.iter().for_each(|item| item.element.remove());
        self.place()
    }

    /// What paints the elements, in order.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.items.iter_mut().map(|item| &mut item.value)
    }

    /// Backwards, so that every element finds its successor already in place, and most find themselves there too.
    fn place(&self) -> Result<(), JsValue> {
        let mut next = self.end.clone();
        for item in self.items.iter().rev() {
            let node: &Node = &item.element;
            if node.parent_node().is_none() || node.next_sibling() != next {
                self.parent.insert_before(node, next.as_ref())?;
            }
            next = Some(node.clone());
        }
        Ok(())
    }
}

impl<K, V> Drop for KeyedList<K, V> {
    fn drop(&mut self) {
        self.items.iter().for_each(|item| item.element.remove());
    }
}
