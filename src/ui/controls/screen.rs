//! The switch of a shared screen.

use js_sys::Reflect;
use visavis_core::Source;
use wasm_bindgen::JsValue;

use super::{Control, source};

/// Shares a screen, a window or a tab, and stops it.
pub(super) const CONTROL: Control = Control {
    name: "screen",
    html: include_str!("screen.html"),
    in_lobby: false,
    is_offered: |_| can_share(),
    render: |button, view| source::render(button, view, Source::Screen),
    press: |shared, view| source::press(shared, view, Source::Screen),
};

/// Phones have no such method, nor has a page that is not secure.
fn can_share() -> bool {
    let devices = web_sys::window().and_then(|window| window.navigator().media_devices().ok());
    devices.map(JsValue::from).is_some_and(|devices| {
        devices.is_object() && Reflect::has(&devices, &"getDisplayMedia".into()).unwrap_or(false)
    })
}
