//! Watching an element's size.

use js_sys::Array;
use visavis_core::layout::Size;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, ResizeObserver, ResizeObserverEntry};

use super::Listener;

/// A `ResizeObserver` that lives as long as this value. In a browser without one (an extension may have taken it away),
/// the element is measured whenever the window changes.
#[must_use = "dropping a watch ends it"]
pub struct ResizeWatch {
    observer: Option<ResizeObserver>,
    _callback: Closure<dyn FnMut(Array)>,
    _window: Option<Listener>,
}

impl ResizeWatch {
    /// Calls `callback` once soon, and whenever the size of `element` has changed. The size comes with the observer's
    /// own entry: nothing is measured, so no layout is forced.
    pub fn new(element: &Element, callback: impl Fn(Size) + Clone + 'static) -> Self {
        let told = callback.clone();
        let _callback = Closure::<dyn FnMut(Array)>::new(move |entries: Array| {
            let size = entries.pop().unchecked_into::<ResizeObserverEntry>().content_rect();
            told(Size { width: pixels(size.width()), height: pixels(size.height()) });
        });
        let observer = ResizeObserver::new(_callback.as_ref().unchecked_ref()).ok();
        observer.iter().for_each(|observer| observer.observe(element));
        let _window = if observer.is_some() { None } else { measure(element.clone(), callback) };
        Self { observer, _callback, _window }
    }
}

fn measure(element: Element, callback: impl Fn(Size) + 'static) -> Option<Listener> {
    let window = web_sys::window()?;
    let measure = move || {
        let (width, height) = (element.client_width().unsigned_abs(), element.client_height().unsigned_abs());
        callback(Size { width, height });
    };
    let measure = std::rc::Rc::new(measure);
    let first = measure.clone();
    // Once it stands in the page.
    spawn_local(async move { first() });
    Some(Listener::new(&window, "resize", move |_| measure()))
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
