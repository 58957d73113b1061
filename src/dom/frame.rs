//! The next animation frame.

use std::cell::Cell;
use std::rc::{Rc, Weak};

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Window;

/// When the function is called at the latest, in milliseconds. Browsers give no animation frame to a page that is
/// covered by another window, or to a frame that is scrolled out of sight, and do not say so (`document.hidden` is
/// false): what is heard must not wait for what is seen.
const LONGEST_WAIT: i32 = 100;

/// Calls one function in the next animation frame in which nothing more urgent is under way, however often it is asked to.
/// Dropping it ends that.
pub struct NextFrame(Rc<Inner>);

struct Inner {
    window: Window,
    /// Whether something more urgent is under way.
    busy: Box<dyn Fn() -> bool>,
    act: Box<dyn Fn()>,
    /// The handles of the animation frame and of the timer that are waited for; one of them may be missing.
    requested: Cell<Option<[Option<i32>; 2]>>,
    on_frame: Closure<dyn FnMut()>,
    on_timer: Closure<dyn FnMut()>,
}

impl NextFrame {
    /// Calls `act`, once it is asked to. Frames in which it is `busy` are let go by, for a tenth of a second.
    ///
    /// # Errors
    /// Outside of a window.
    pub fn new(busy: impl Fn() -> bool + 'static, act: impl Fn() + 'static) -> Result<Self, JsValue> {
        let window = web_sys::window().ok_or(JsValue::UNDEFINED)?;
        let inner = Rc::new_cyclic(|inner: &Weak<Inner>| {
            let call = |act: fn(&Inner)| {
                let inner = inner.clone();
                Closure::new(move || inner.upgrade().iter().for_each(|inner| act(inner)))
            };
            Inner {
                window,
                busy: Box::new(busy),
                act: Box::new(act),
                requested: Cell::default(),
                on_frame: call(Inner::on_frame),
                on_timer: call(Inner::run),
            }
        });
        Ok(Self(inner))
    }

    /// Has the function called in the next animation frame. In a hidden page there are none: there it is called at once.
    pub fn request(&self) {
        if self.0.window.document().is_some_and(|document| document.hidden()) {
            self.0.run();
        } else if self.0.requested.get().is_none() {
            self.0.wait();
        }
    }
}

impl Drop for NextFrame {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Inner {
    fn wait(&self) {
        let timer = self.on_timer.as_ref().unchecked_ref();
        let timer = self.window.set_timeout_with_callback_and_timeout_and_arguments_0(timer, LONGEST_WAIT);
        self.requested.set(Some([self.wait_for_frame(), timer.ok()]));
    }

    fn wait_for_frame(&self) -> Option<i32> {
        self.window.request_animation_frame(self.on_frame.as_ref().unchecked_ref()).ok()
    }

    fn on_frame(&self) {
        match self.requested.get() {
            Some([_, timer]) if (self.busy)() => self.requested.set(Some([self.wait_for_frame(), timer])),
            Some(_) | None => self.run(),
        }
    }

    fn run(&self) {
        self.cancel();
        (self.act)();
    }

    fn cancel(&self) {
        let Some([frame, timer]) = self.requested.take() else { return };
        frame.into_iter().for_each(|frame| drop(self.window.cancel_animation_frame(frame)));
        timer.into_iter().for_each(|timer| self.window.clear_timeout_with_handle(timer));
    }
}
