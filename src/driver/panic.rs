//! After a panic nothing can be trusted, and no destructor runs: whatever was borrowed stays borrowed. So every room of
//! the page is switched off, with `try_borrow` only, and says so.

use std::cell::RefCell;
use std::panic::PanicHookInfo;
use std::rc::{Rc, Weak};

use wasm_bindgen_futures::spawn_local;

use super::{Activity, Pump};
use crate::{on_demand, ui};

thread_local! {
    static PUMPS: RefCell<Vec<Weak<Pump>>> = const { RefCell::new(Vec::new()) };
}

/// Makes every panic of this program visible: to developers on the console, to people on the screen.
pub fn install_hook() {
    std::panic::set_hook(Box::new(on_panic));
}

/// Has a room switched off by the next panic.
pub(super) fn watch(pump: &Rc<Pump>) {
    PUMPS.with_borrow_mut(|pumps| {
        pumps.retain(|pump| pump.strong_count() > 0);
        pumps.push(Rc::downgrade(pump));
    });
}

fn on_panic(info: &PanicHookInfo<'_>) {
    console_error_panic_hook::hook(info);
    PUMPS.with(|pumps| {
        let pumps = pumps.try_borrow();
        pumps.iter().flat_map(|pumps| pumps.iter()).filter_map(Weak::upgrade).for_each(|pump| pump.halt());
    });
}

impl Pump {
    /// Switches everything off and says so. The camera first: a person who sees an error must not be on the air.
    pub(super) fn halt(&self) {
        self.activity.set(Activity::Halted);
        self.media.stop_all();
        self.rtc.close_all();
        self.socket.close();
        if let Ok(mut listeners) = self.listeners.try_borrow_mut() {
            listeners.clear();
        }
        let _ = self.asks.try_borrow_mut().map(|mut asks| asks.take());
        if let Ok(mut timer) = self.timer.try_borrow_mut() {
            timer.cancel();
        }
        ui::show_panic(&self.root);
        // Last: if this fails too, the person has been told at least.
        let pump = self.myself.clone();
        spawn_local(async move {
            if on_demand::load().await.is_ok()
                && let Some(pump) = pump.upgrade()
                && let Some(report) = pump.report()
            {
                ui::offer_report(&pump.root, &report);
            }
        });
    }
}
