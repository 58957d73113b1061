//! A room. (The skeleton of its skin; the inside follows.)

use std::collections::VecDeque;

use visavis_signaling::{Dialect, IceServer, Timestamp};

use crate::{Input, Output, RoomView};

/// What a room is made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomConfig {
    /// ICE servers of the page's own configuration; used together with those the signaling server gives.
    pub ice_servers: Vec<IceServer>,
    /// Use relays only (`iceTransportPolicy: "relay"`).
    pub relay_only: bool,
    /// Whether the microphone is wanted at first.
    pub microphone: bool,
    /// Whether the camera is wanted at first.
    pub camera: bool,
    /// Seeds the jitter of reconnects; any number, different in every page.
    pub seed: u64,
}

/// A room, seen by one participant.
pub struct Room {
    outputs: VecDeque<Output>,
}

impl Room {
    /// A room that nobody has entered. It speaks to its server through `dialect`.
    pub fn new(_config: RoomConfig, _dialect: Box<dyn Dialect>) -> Self {
        Self { outputs: VecDeque::new() }
    }

    /// Takes one input. Afterwards drain [`Room::poll_output`].
    pub fn handle(&mut self, _now: Timestamp, _input: Input) {}

    /// The next thing that follows from the inputs so far, in order.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to come back with [`Input::Timeout`], if nothing else happens before.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        None
    }

    /// What to show.
    pub fn view(&self) -> RoomView {
        todo!()
    }
}
