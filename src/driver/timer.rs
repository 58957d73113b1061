//! The one timer of a room.

use visavis_signaling::Timestamp;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::Window;

/// Browsers count the delay in 32 bits with sign; whoever wakes too early just goes back to sleep.
const LONGEST_DELAY: u64 = i32::MAX as u64;

/// A timer that can be set anew as often as needed. Dropping it cancels it.
pub(super) struct Timer {
    window: Window,
    callback: Closure<dyn FnMut()>,
    handle: Option<i32>,
}

impl Timer {
    /// A timer that calls `callback`, and is not set.
    pub(super) fn new(window: &Window, callback: impl FnMut() + 'static) -> Self {
        Self { window: window.clone(), callback: Closure::new(callback), handle: None }
    }

    /// Sets it to `due`, or to nothing.
    pub(super) fn arm(&mut self, now: Timestamp, due: Option<Timestamp>) {
        self.cancel();
        let Some(due) = due else { return };
        let delay = due.as_millis().saturating_sub(now.as_millis()).min(LONGEST_DELAY);
        let delay = i32::try_from(delay).unwrap_or(i32::MAX);
        let callback = self.callback.as_ref().unchecked_ref();
        self.handle = self.window.set_timeout_with_callback_and_timeout_and_arguments_0(callback, delay).ok();
    }

    /// Unsets it.
    pub(super) fn cancel(&mut self) {
        if let Some(handle) = self.handle.take() {
            self.window.clear_timeout_with_handle(handle);
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.cancel();
    }
}
