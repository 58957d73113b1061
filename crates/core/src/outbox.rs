//! Where every part of the room puts what follows from an input.

use crate::input::ConnectionId;
use crate::output::{ConnectionEffect, Effect, Event, Output};
use crate::queue::Queue;

/// Outputs in the order in which they must be carried out.
#[derive(Debug, Default)]
pub(crate) struct Outbox(Queue<Output>);

impl Outbox {
    pub(crate) fn effect(&mut self, effect: Effect) {
        self.0.push(Output::Effect(effect));
    }

    pub(crate) fn connection(&mut self, id: ConnectionId, effect: ConnectionEffect) {
        self.effect(Effect::Connection(id, effect));
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.0.push(Output::Event(event));
    }

    pub(crate) fn pop(&mut self) -> Option<Output> {
        self.0.pop()
    }
}
