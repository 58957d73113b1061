//! Where mice and fingers are. Read by name: what the glue of wasm-bindgen knows is loaded by every page.

use visavis_app::zoom::Point;
use wasm_bindgen::JsValue;
use web_sys::{Element, Event};

use crate::dom::{self, by_name};

/// A number that an event, or another object, tells; rounded.
pub(super) fn number(of: &JsValue, name: &str) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "it saturates")]
    let number = by_name::member(of, name).as_f64().unwrap_or_default().round() as i32;
    number
}

/// Where it is inside an element.
pub(super) fn point_in(element: &Element, event: &Event) -> Point {
    let around = by_name::call(element, "getBoundingClientRect", &[]).unwrap_or_default();
    let from = |at: &str, edge: &str| number(event, at) - number(&around, edge);
    Point { x: from("clientX", "left"), y: from("clientY", "top") }
}

/// Whether it is on something that is pressed for its own sake.
pub(super) fn is_on_button(event: &Event) -> bool {
    dom::closest(event, "button, details").is_some()
}

/// Has the element told of this finger until it is lifted, wherever it goes.
pub(super) fn capture(element: &Element, event: &Event) {
    let _ = by_name::call(element, "setPointerCapture", &[&number(event, "pointerId").into()]);
}

/// How far two points are apart.
pub(super) fn distance(one: Point, other: Point) -> u32 {
    let square = |from: i32, to: i32| u64::from(from.abs_diff(to)).pow(2);
    (square(one.x, other.x) + square(one.y, other.y)).isqrt().min(u64::from(u32::MAX)) as u32
}
