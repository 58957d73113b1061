//! The data channels of a connection.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Date;
use visavis_core::{
    ConnectionEvent, DataChannel as Kind, MAX_PEER_MESSAGE_BYTES, PEER_CHANNEL_BUFFERED_AMOUNT_LIMIT,
    PEER_CHANNEL_ID, PEER_CHANNEL_LABEL, PeerChannelEvent,
};
use wasm_bindgen::JsCast;
use web_sys::{Event, MessageEvent};

use super::bindings::{ChannelEvent, DataChannel};
use super::connection::Connection;
use crate::dom::{self, Listener, object};

/// A message of the last so many milliseconds may still wait to be sent.
const JUST_NOW: f64 = 100.0;

/// The channels, and what listens to them; dropping a listener keeps nothing of its channel alive.
#[derive(Default)]
pub(super) struct DataChannels {
    peer: RefCell<Option<(DataChannel, [Listener; 4])>>,
    /// Whose end means goodbye: one of our own, or the first that the other side has announced.
    hang_up: RefCell<Option<Listener>>,
    /// When a message was sent last, in milliseconds since 1970.
    sent_at: Cell<f64>,
}

impl Connection {
    /// Makes a channel. A browser that refuses it does without.
    pub(super) fn create_data_channel(self: &Rc<Self>, kind: Kind) {
        let (label, init) = match kind {
            Kind::Peer => {
                (PEER_CHANNEL_LABEL, object(&[("negotiated", true.into()), ("id", PEER_CHANNEL_ID.into())]))
            }
            Kind::HangUp => ("", object(&[])),
        };
        let Ok(channel) = self.pc().create_channel(label, &init) else { return };
        match kind {
            Kind::Peer => self.watch_peer_channel(channel),
            Kind::HangUp => self.watch_hang_up(&channel),
        }
    }

    fn watch_peer_channel(self: &Rc<Self>, channel: DataChannel) {
        channel.set_buffered_amount_low_threshold(PEER_CHANNEL_BUFFERED_AMOUNT_LIMIT);
        let on = |event, act: fn(&Rc<Self>, Event)| self.listener(&channel, event, act);
        let listeners = [
            on("open", |connection, _| connection.peer_channel(PeerChannelEvent::Opened)),
            on("message", |connection, event| {
                let data = event.unchecked_into::<MessageEvent>().data();
                if let Some(text) = dom::text_of(&data, MAX_PEER_MESSAGE_BYTES) {
                    connection.peer_channel(PeerChannelEvent::Message(text));
                }
            }),
            on("bufferedamountlow", |connection, _| {
                connection.peer_channel(PeerChannelEvent::BufferedAmountLow);
            }),
            on("close", |connection, _| connection.peer_channel(PeerChannelEvent::Closed)),
        ];
        *self.data_channels().peer.borrow_mut() = Some((channel, listeners));
    }

    fn peer_channel(&self, event: PeerChannelEvent) {
        self.emit(ConnectionEvent::PeerChannel(event));
    }

    /// Sends a text on the channel to another Visavis page.
    pub(super) fn send_message(&self, text: &str) {
        let channel = self.data_channels().peer.borrow().as_ref().map(|(channel, _)| channel.clone());
        let Some(channel) = channel else { return };
        // If it is closing, its end has been told, or will be.
        let _ = channel.send(text);
        self.data_channels().sent_at.set(Date::now());
        if channel.buffered_amount() > f64::from(PEER_CHANNEL_BUFFERED_AMOUNT_LIMIT) {
            self.peer_channel(PeerChannelEvent::BufferedAmountHigh);
        }
    }

    /// Closes the channel to another Visavis page; no event of it follows.
    pub(super) fn close_peer_channel(&self) {
        let channel = self.data_channels().peer.borrow_mut().take();
        if let Some((channel, _)) = channel {
            channel.close();
        }
    }

    /// `datachannel` fired: the other side has announced one.
    pub(super) fn on_data_channel(self: &Rc<Self>, event: Event) {
        self.watch_hang_up(&event.unchecked_into::<ChannelEvent>().channel());
    }

    fn watch_hang_up(self: &Rc<Self>, channel: &DataChannel) {
        let mut hang_up = self.data_channels().hang_up.borrow_mut();
        if hang_up.is_none() {
            let closed = |connection: &Rc<Self>, _| connection.emit(ConnectionEvent::HangUpChannelClosed);
            *hang_up = Some(self.listener(channel, "close", closed));
        }
    }
}

impl DataChannels {
    /// Whether a message may still wait in the channel.
    pub(super) fn has_just_sent(&self) -> bool {
        Date::now() - self.sent_at.get() < JUST_NOW
    }

    /// Listens no more. Also called from a panic, when anything may be borrowed.
    pub(super) fn stop_listening(&self) {
        let _ = self.peer.try_borrow_mut().map(|mut peer| peer.take());
        let _ = self.hang_up.try_borrow_mut().map(|mut hang_up| hang_up.take());
    }
}
