//! Watching an element's size.

use js_sys::Array;
use visavis_app::layout::Size;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, ResizeObserver, ResizeObserverEntry};

/// A `ResizeObserver` that lives as long as this value.
#[must_use = "dropping a watch ends it"]
pub struct ResizeWatch {
    observer: Option<ResizeObserver>,
    _callback: Closure<dyn FnMut(Array)>,
}

impl ResizeWatch {
    /// Calls `callback` once soon, and whenever the size of `element` has changed, with the size of the observer's own
    /// entry: nothing is measured, so no layout is forced. Where there is no `ResizeObserver` (an extension may have taken
    /// it away), it is never called.
    pub fn new(element: &Element, callback: impl Fn(Size) + 'static) -> Self {
        let _callback = Closure::<dyn FnMut(Array)>::new(move |entries: Array| {
            let size = entries.get(0).unchecked_into::<ResizeObserverEntry>().content_rect();
            callback(Size { width: pixels(size.width()), height: pixels(size.height()) });
        });
        let observer = ResizeObserver::new(_callback.as_ref().unchecked_ref()).ok();
        observer.iter().for_each(|observer| observer.observe(element));
        Self { observer, _callback }
    }

    /// Whether there is an observer.
    pub fn is_watching(&self) -> bool {
        self.observer.is_some()
    }
}

fn pixels(length: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "meant to be floored")]
    let whole = length as u32;
    whole
}

impl Drop for ResizeWatch {
    fn drop(&mut self) {
        self.observer.iter().for_each(ResizeObserver::disconnect);
    }
}
