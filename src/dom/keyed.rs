//! Lists of elements that keep their elements.

use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlElement, Node};

use super::Parts;

/// The children of an element, one per key, each with the part that paints it.
///
/// A browser pauses a `<video>` that is moved, even to where it was. So an element stays where it is for as long as its
/// key is there: others are put in and taken out around it, and it is moved only if the order of the keys changed. One
/// that a foreign script has put into an element of its own, inside the list, stays there; one that has lost a part is
/// made anew.
pub struct KeyedList<K, V> {
    parent: Element,
    end: Option<Node>,
    items: Vec<Item<K, V>>,
}

struct Item<K, V> {
    key: K,
    element: HtmlElement,
    parts: Parts,
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
        let attached = self.parent.is_connected();
        let mut kept = std::mem::take(&mut self.items);
        kept.retain(|item| {
            let stays = keys.contains(&item.key) && (!attached || item.parts.are_there());
            if !stays {
                item.element.remove();
            }
            stays
        });
        for key in keys {
            let item = match kept.iter().position(|item| item.key == *key) {
                Some(at) => kept.remove(at),
                None => {
                    let (element, value) = make(key)?;
                    Item { key: key.clone(), parts: Parts::of(&element), element, value }
                }
            };
            self.items.push(item);
        }
        // A key that was there twice.
        kept.iter().for_each(|item| item.element.remove());
        let elements: Vec<_> = self.items.iter().map(|item| item.element.clone()).collect();
        place(&self.parent, self.end.as_ref(), &elements)
    }

    /// Whether nothing of it was taken out of the document.
    pub fn is_whole(&self) -> bool {
        self.items.iter().all(|item| item.parts.are_there())
    }

    /// What paints the elements, in order.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.items.iter_mut().map(|item| &mut item.value)
    }
}

/// Puts elements into `parent` in this order. Backwards, so that every element finds its successor already in place, and
/// most find themselves there too.
fn place(parent: &Element, end: Option<&Node>, elements: &[HtmlElement]) -> Result<(), JsValue> {
    let mut next = end.and_then(|end| child_around(parent, end));
    for element in elements.iter().rev() {
        let there = child_around(parent, element).filter(|child| child.next_sibling() == next);
        let child = match there {
            Some(child) => child,
            None => parent.insert_before(element, next.as_ref())?,
        };
        next = Some(child);
    }
    Ok(())
}

/// The child of the parent that is `node`, or that somebody has put around it.
fn child_around(parent: &Node, node: &Node) -> Option<Node> {
    let mut child = node.clone();
    loop {
        let above = child.parent_node()?;
        if above == *parent {
            return Some(child);
        }
        child = above;
    }
}

impl<K, V> Drop for KeyedList<K, V> {
    fn drop(&mut self) {
        self.items.iter().for_each(|item| item.element.remove());
    }
}
