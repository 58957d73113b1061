//! A room that is asked for things before it is there.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use visavis_core::{Command, Queue};
use web_sys::HtmlElement;

use crate::driver::{Driver, WeakDriver};
use crate::ui::{RoomHandle, show_panic};

/// Most commands that wait. A person presses a button or two.
const MAX_WAITING: usize = 16;

/// The room of an element, whether it is there yet or not.
pub(super) struct DeferredRoom {
    element: HtmlElement,
    driver: OnceCell<WeakDriver>,
    waiting: RefCell<Queue<Command>>,
}

impl DeferredRoom {
    /// One that is not there yet.
    pub(super) fn new(element: &HtmlElement) -> Self {
        Self { element: element.clone(), driver: OnceCell::new(), waiting: RefCell::default() }
    }

    /// It is there, and does what it was asked for meanwhile.
    pub(super) fn set_driver(&self, driver: &Driver) {
        let _ = self.driver.set(driver.downgrade());
        let waiting = self.waiting.take().take();
        waiting.into_iter().for_each(|command| driver.command(command));
    }

    fn driver(&self) -> Option<Driver> {
        self.driver.get()?.upgrade()
    }
}

impl RoomHandle for Rc<DeferredRoom> {
    fn command(&self, command: Command) {
        if let Some(driver) = self.driver() {
            driver.command(command);
        } else if self.driver.get().is_none() && self.waiting.borrow().len() < MAX_WAITING {
            self.waiting.borrow_mut().push(command);
        }
    }

    fn report(&self) -> Option<String> {
        self.driver()?.report()
    }

    fn abort(&self) {
        match self.driver() {
            Some(driver) => driver.abort(),
            None => show_panic(&self.element),
        }
    }
}
