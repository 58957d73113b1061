//! The data channels of a connection.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Date;
use visavis_core::{
    ConnectionEvent, DataChannel as Kind, MAX_PEER_MESSAGE_BYTES, PEER_CHANNEL_BUFFERED_AMOUNT_LIMIT,
    PEER_CHANNEL_ID, PEER_CHANNEL_LABEL, PeerChannelEvent,
};
use visavis_signaling::{BinaryFrames, SfuDataChannels};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, MessageEvent};

use super::bindings::{ChannelEvent, DataChannel};
use super::connection::Connection;
use super::server_channels;
use crate::dom::{self, Listener, object};
use crate::on_demand::lazy_fn;

type SendBinary = fn(&DataChannel, &str, BinaryFrames) -> Result<(), JsValue>;
type OnAnnounced = fn(&Rc<Connection>, Event, SfuDataChannels);

/// A message of the last so many milliseconds may still wait to be sent.
const JUST_NOW: f64 = 100.0;

/// A channel on which something is said.
pub(super) struct MessageChannel {
    pub(super) channel: DataChannel,
    /// How messages become binary ones, if they are not text.
    pub(super) binary: Option<BinaryFrames>,
    /// What listens to it; dropping a listener keeps nothing of its channel alive.
    pub(super) listeners: Vec<Listener>,
    /// Another that is only to be there: whatever nobody holds may be closed by the browser.
    pub(super) _unused: Option<DataChannel>,
}

/// The channels, and what listens to them.
#[derive(Default)]
pub(super) struct DataChannels {
    /// To another Visavis page, or to a server that forwards.
    pub(super) messages: RefCell<Option<MessageChannel>>,
    /// Those that a server wants which carries messages.
    server: Cell<Option<SfuDataChannels>>,
    /// Whose end means goodbye: one of our own, or the first that the other side has announced.
    hang_up: RefCell<Option<Listener>>,
    /// That on which files pass: known only to the part of the program that is loaded on demand.
    files: RefCell<Option<Rc<dyn Any>>>,
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
            Kind::Server(channels) => {
                return lazy_fn::<fn(&Rc<Self>, SfuDataChannels)>(server_channels::create)(self, channels);
            }
        };
        let Ok(channel) = self.pc().create_channel(label, &init) else { return };
        if kind == Kind::Peer {
            self.watch_peer_channel(channel);
        } else {
            self.watch_hang_up(&channel);
        }
    }

    fn watch_peer_channel(self: &Rc<Self>, channel: DataChannel) {
        channel.set_buffered_amount_low_threshold(PEER_CHANNEL_BUFFERED_AMOUNT_LIMIT);
        let on = |event, act: fn(&Rc<Self>, Event)| self.listener(&channel, event, act);
        let listeners = vec![
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
        let messages = MessageChannel { channel, binary: None, listeners, _unused: None };
        self.data_channels().set_messages(messages);
    }

    pub(super) fn peer_channel(&self, event: PeerChannelEvent) {
        self.emit(ConnectionEvent::PeerChannel(event));
    }

    /// Sends a text on the channel to another Visavis page, or to a server that forwards.
    pub(super) fn send_message(&self, text: &str) {
        let messages = self.data_channels().messages.borrow();
        let Some((channel, binary)) =
            messages.as_ref().map(|messages| (messages.channel.clone(), messages.binary))
        else {
            return;
        };
        drop(messages);
        // If it is closing, its end has been told, or will be.
        let _ = match binary {
            None => channel.send(text),
            Some(binary) => lazy_fn::<SendBinary>(server_channels::send)(&channel, text, binary),
        };
        self.data_channels().sent_at.set(Date::now());
        if channel.buffered_amount() > f64::from(PEER_CHANNEL_BUFFERED_AMOUNT_LIMIT) {
            self.peer_channel(PeerChannelEvent::BufferedAmountHigh);
        }
    }

    /// Closes the channel to another Visavis page; no event of it follows.
    pub(super) fn close_peer_channel(&self) {
        let messages = self.data_channels().messages.borrow_mut().take();
        if let Some(messages) = messages {
            messages.channel.close();
        }
    }

    /// `datachannel` fired: the other side has announced one.
    pub(super) fn on_data_channel(self: &Rc<Self>, event: Event) {
        if let Some(channels) = self.data_channels().server_channels() {
            return lazy_fn::<OnAnnounced>(server_channels::on_announced)(self, event, channels);
        }
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
    pub(super) fn set_messages(&self, messages: MessageChannel) {
        *self.messages.borrow_mut() = Some(messages);
    }

    /// The channel on which files pass.
    pub(super) fn files(&self) -> &RefCell<Option<Rc<dyn Any>>> {
        &self.files
    }

    /// The channels that a server wants.
    pub(super) fn server_channels(&self) -> Option<SfuDataChannels> {
        self.server.get()
    }

    pub(super) fn set_server_channels(&self, channels: SfuDataChannels) {
        self.server.set(Some(channels));
    }

    /// Whether a message may still wait in the channel.
    pub(super) fn has_just_sent(&self) -> bool {
        Date::now() - self.sent_at.get() < JUST_NOW
    }

    /// Listens no more. Also called from a panic, when anything may be borrowed.
    pub(super) fn stop_listening(&self) {
        let _ = self.messages.try_borrow_mut().map(|mut messages| messages.take());
        let _ = self.hang_up.try_borrow_mut().map(|mut hang_up| hang_up.take());
        let _ = self.files.try_borrow_mut().map(|mut files| files.take());
    }
}
