//! Who is told of what a room does.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use visavis_core::{Event, RoomView};

/// What a room tells its subscribers. Whatever it has decided to do has been done before.
#[derive(Debug, Clone, Copy)]
pub enum Update<'a> {
    /// The room as it is now, because it differs from the last view.
    View(&'a Rc<RoomView>),
    /// The room has handled something, and its view is the same as before.
    Unchanged,
    /// Something has happened. The view that it has led to was told before.
    Event(&'a Event),
    /// The room has ended for good, after [`Driver::abort`](super::Driver::abort) or a panic: every device is off and every
    /// connection is closed. In a panic whatever was borrowed stays borrowed, so only `try_borrow` is safe here.
    Aborted,
}

/// Called with every update.
pub(super) type Callback = dyn Fn(Update<'_>);

/// Has a callback called with every update of a room for as long as it lives. Dropping it ends that, also during a call.
#[must_use = "dropping a subscription ends it"]
pub struct Subscription(#[expect(dead_code, reason = "kept alive, not used")] pub(super) Rc<Callback>);

/// All subscribers, in the order in which they subscribed. Each [`Subscription`] owns its callback, so one that was
/// dropped cannot be called, even while others are.
#[derive(Default)]
pub(super) struct Subscribers(RefCell<Vec<Weak<Callback>>>);

impl Subscribers {
    /// Adds one.
    pub(super) fn add(&self, callback: &Rc<Callback>) {
        let mut all = self.0.borrow_mut();
        all.retain(|callback| callback.strong_count() > 0);
        all.push(Rc::downgrade(callback));
    }

    /// The callbacks of all who have subscribed by now, but for those who have unsubscribed when their turn comes. Nothing is
    /// borrowed meanwhile. Fit for a panic hook.
    pub(super) fn current(&self) -> impl Iterator<Item = Rc<Callback>> + use<> {
        let all = self.0.try_borrow().map(|all| all.clone()).unwrap_or_default();
        all.into_iter().filter_map(|callback| callback.upgrade())
    }
}
