//! Before a page is closed or left.

use js_sys::Reflect;

use super::Listener;

/// Has the browser ask before the page is left, as long as what this gives lives.
pub fn ask_before_unload() -> Option<Listener> {
    let window = web_sys::window()?;
    Some(Listener::new(&window, "beforeunload", |event| {
        event.prevent_default();
        // Safari, and Chromium before 119.
        let _ = Reflect::set(&event, &"returnValue".into(), &true.into());
    }))
}
