//! Watching an element's size.

use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, ResizeObserver};

/// A `ResizeObserver` that lives as long as this value.
#[must_use = "dropping a watch ends it"]
pub struct ResizeWatch {
    observer: ResizeObserver,
    _callback: Closure<dyn FnMut()>,
}

impl ResizeWatch {
    /// Calls `callback` once soon, and whenever the size of `element` has changed.
    ///
    /// # Errors
    /// If the browser has no `ResizeObserver`.
    pub fn new(element: &Element, callback: impl FnMut() + 'static) -> Result<Self, JsValue> {
        let callback = Closure::<dyn FnMut()>::new(callback);
        let observer = ResizeObserver::new(callback.as_ref().unchecked_ref())?;
        observer.observe(element);
        Ok(Self { observer, _callback: callback })
    }
}

impl Drop for ResizeWatch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}
