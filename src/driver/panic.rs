//! After a panic nothing can be trusted, and no destructor runs: whatever was borrowed stays borrowed. So every room of
//! the page is shut down, with `try_borrow` only, and its subscribers are told.

use std::cell::RefCell;
use std::panic::PanicHookInfo;
use std::rc::{Rc, Weak};

use super::{Activity, EventLoop, Update};

thread_local! {
    static EVENT_LOOPS: RefCell<Vec<Weak<EventLoop>>> = const { RefCell::new(Vec::new()) };
}

/// Has every panic of this program shown on the console, and end every room.
pub fn install_hook() {
    std::panic::set_hook(Box::new(on_panic));
}

/// Has a room shut down by the next panic.
pub(super) fn watch(event_loop: &Rc<EventLoop>) {
    EVENT_LOOPS.with_borrow_mut(|event_loops| {
        event_loops.retain(|event_loop| event_loop.strong_count() > 0);
        event_loops.push(Rc::downgrade(event_loop));
    });
}

fn on_panic(info: &PanicHookInfo<'_>) {
    console_error_panic_hook::hook(info);
    EVENT_LOOPS.with(|event_loops| {
        let event_loops = event_loops.try_borrow();
        event_loops
            .iter()
            .flat_map(|event_loops| event_loops.iter())
            .filter_map(Weak::upgrade)
            .for_each(|event_loop| event_loop.shut_down());
    });
}

impl EventLoop {
    /// Ends everything and tells the subscribers. The camera first: a person who sees an error must not be on the air.
    pub(super) fn shut_down(&self) {
        self.activity.set(Activity::Aborted);
        self.media.stop_all();
        self.rtc.close_all();
        self.socket.close();
        if let Ok(mut listeners) = self.listeners.try_borrow_mut() {
            listeners.clear();
        }
        if let Ok(mut timer) = self.timer.try_borrow_mut() {
            timer.cancel();
        }
        self.notify(Update::Aborted);
    }
}
