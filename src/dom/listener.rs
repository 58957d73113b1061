//! Event listeners that remove themselves.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Event, EventTarget};

/// An event listener that lives as long as this value: dropping it removes it from its target, so nothing can call into
/// a part that is gone.
#[must_use = "dropping a listener removes it"]
pub struct Listener {
    target: EventTarget,
    event: &'static str,
    callback: Closure<dyn FnMut(Event)>,
    /// Whether it hears before what is inside the target does, and also what does not bubble.
    captures: bool,
}

impl Listener {
    /// Calls `callback` for every `event` of `target`.
    pub fn new(target: &EventTarget, event: &'static str, callback: impl FnMut(Event) + 'static) -> Self {
        Self::with(target, event, callback, false)
    }

    /// The same for every `event` of anything inside `target`: media elements' do not bubble.
    pub fn inside(target: &EventTarget, event: &'static str, callback: impl FnMut(Event) + 'static) -> Self {
        Self::with(target, event, callback, true)
    }

    fn with(
        target: &EventTarget,
        event: &'static str,
        callback: impl FnMut(Event) + 'static,
        captures: bool,
    ) -> Self {
        let callback = Closure::<dyn FnMut(Event)>::new(callback);
        let function = callback.as_ref().unchecked_ref();
        // Fails only for a callback that is neither function nor null.
        let _ = target.add_event_listener_with_callback_and_bool(event, function, captures);
        Self { target: target.clone(), event, callback, captures }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let function = self.callback.as_ref().unchecked_ref();
        let _ = self.target.remove_event_listener_with_callback_and_bool(self.event, function, self.captures);
    }
}
