//! Where every part of the room puts what follows from an input.

use std::collections::VecDeque;

use crate::output::{Effect, Event, Output};

/// Outputs in the order in which they must be carried out.
#[derive(Debug, Default)]
pub(crate) struct Outbox(VecDeque<Output>);

impl Outbox {
    pub(crate) fn effect(&mut self, effect: Effect) {
        self.0.push_back(Output::Effect(effect));
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.0.push_back(Output::Event(event));
    }

    pub(crate) fn pop(&mut self) -> Option<Output> {
        self.0.pop_front()
    }
}
