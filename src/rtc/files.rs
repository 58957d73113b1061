//! The data channel on which files pass, on a connection to another Visavis page. Loaded on demand, and opened with the first file:
//! the section for data channels is there from the beginning, so it needs no negotiation.

mod incoming;
mod outgoing;

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use js_sys::{ArrayBuffer, Reflect, Uint8Array};
use visavis_core::signaling::Timestamp;
use visavis_core::timing::FILE_PROGRESS_INTERVAL;
use visavis_core::{
    ConnectionEvent, ExpectedChunks, FILE_CHANNEL_BUFFERED_AMOUNT_LIMIT, FILE_CHANNEL_ID, FILE_CHANNEL_LABEL,
    FILE_FRAME_HEADER_BYTES, FileEffect, FileEvent, FileFrame, MAX_CHUNK_BYTES,
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Event, MessageEvent, WebSocket};

use self::incoming::Incoming;
use self::outgoing::Outgoing;
use super::bindings::DataChannel;
use super::connection::Connection;
use crate::dom::by_name::member;
use crate::dom::{self, Listener, object};

/// Where less than this waits to be sent, more is read.
const BUFFERED_AMOUNT_LOW: u32 = FILE_CHANNEL_BUFFERED_AMOUNT_LIMIT / 4;

/// The channel, and all that passes on it.
struct FileChannel {
    connection: Weak<Connection>,
    channel: DataChannel,
    /// Most bytes of one piece.
    max_chunk: u32,
    outgoing: RefCell<Vec<Rc<Outgoing>>>,
    incoming: RefCell<Vec<Rc<Incoming>>>,
    expected: RefCell<ExpectedChunks>,
    /// Pieces are being read and sent.
    pumping: Cell<bool>,
    listeners: RefCell<Vec<Listener>>,
}

/// Does what the room wants.
#[inline(never)]
pub(super) fn perform(connection: &Rc<Connection>, effect: FileEffect) {
    let known = connection.data_channels().files().borrow().clone();
    let known = known.and_then(|known| known.downcast::<FileChannel>().ok());
    let Some(channel) = known.or_else(|| FileChannel::open(connection, effect)) else {
        if matches!(effect, FileEffect::Receive { .. } | FileEffect::Send { .. }) {
            connection.emit(ConnectionEvent::File(FileEvent::ChannelClosed));
        }
        return;
    };
    match effect {
        FileEffect::Receive { transfer, handle, size } => channel.begin_receiving(transfer, handle, size),
        FileEffect::StopReceiving(transfer) => channel.end_receiving(transfer),
        FileEffect::Send { transfer, handle, offset, size } => {
            channel.begin_sending(transfer, handle, offset, size);
        }
        FileEffect::StopSending(transfer) => channel.end_sending(transfer),
    }
}

impl FileChannel {
    /// Makes it, if something is to begin. `None` if the browser refuses.
    fn open(connection: &Rc<Connection>, effect: FileEffect) -> Option<Rc<Self>> {
        if matches!(effect, FileEffect::StopReceiving(_) | FileEffect::StopSending(_)) {
            return None;
        }
        // Voices, pictures and messages come first (W3C webrtc-priority); only some browsers know that.
        let init = object(&[
            ("negotiated", true.into()),
            ("id", FILE_CHANNEL_ID.into()),
            ("priority", "very-low".into()),
        ]);
        let channel = connection.pc().create_channel(FILE_CHANNEL_LABEL, &init).ok()?;
        let _ = Reflect::set(&channel, &"binaryType".into(), &"arraybuffer".into());
        channel.set_buffered_amount_low_threshold(BUFFERED_AMOUNT_LOW);
        let max_message = member(&member(connection.pc(), "sctp"), "maxMessageSize").as_f64();
        let max_message = max_message.map_or(MAX_CHUNK_BYTES, |bytes| bytes as usize);
        let max_chunk = max_message.saturating_sub(FILE_FRAME_HEADER_BYTES).clamp(1, MAX_CHUNK_BYTES);
        let made = Rc::new_cyclic(|weak: &Weak<Self>| {
            let on = |event, act: fn(&Rc<Self>, Event)| {
                let weak = weak.clone();
                Listener::new(&channel, event, move |event| {
                    weak.upgrade().iter().for_each(|files| act(files, event.clone()));
                })
            };
            let listeners = vec![
                on("open", |files, _| files.pump()),
                on("bufferedamountlow", |files, _| files.pump()),
                on("message", |files, event| files.on_message(&event.unchecked_into())),
                on("close", |files, _| files.on_close()),
            ];
            Self {
                connection: Rc::downgrade(connection),
                channel: channel.clone(),
                max_chunk: max_chunk as u32,
                outgoing: RefCell::default(),
                incoming: RefCell::default(),
                expected: RefCell::default(),
                pumping: Cell::default(),
                listeners: RefCell::new(listeners),
            }
        });
        *connection.data_channels().files().borrow_mut() = Some(made.clone());
        Some(made)
    }

    /// Tells the room. The answer may come before this returns: hold no borrow.
    fn emit(&self, event: FileEvent) {
        if let Some(connection) = self.connection.upgrade() {
            connection.emit(ConnectionEvent::File(event));
        }
    }

    fn is_open(&self) -> bool {
        member(&self.channel, "readyState") == "open"
    }

    fn on_message(self: &Rc<Self>, event: &MessageEvent) {
        let data = event.data();
        let Some(buffer) = data.dyn_ref::<ArrayBuffer>() else { return };
        if buffer.byte_length() as usize > FILE_FRAME_HEADER_BYTES + MAX_CHUNK_BYTES {
            return;
        }
        let bytes = Uint8Array::new(buffer).to_vec();
        match FileFrame::decode(&bytes) {
            Some((FileFrame::Ack { transfer, bytes }, _)) => self.on_ack(transfer, bytes),
            Some((FileFrame::Chunk { transfer, offset }, _)) => {
                let chunk = bytes.get(FILE_FRAME_HEADER_BYTES..).unwrap_or_default();
                self.on_chunk(transfer, offset, chunk);
            }
            None => {}
        }
    }

    /// Sends a frame: this, and what follows it.
    fn send(&self, frame: FileFrame, bytes: &[u8]) -> Result<(), JsValue> {
        let frame = [&frame.encode()[..], bytes].concat();
        // To JavaScript, `send` is the same method; another would be known to the glue of every page.
        self.channel.unchecked_ref::<WebSocket>().send_with_u8_array(&frame)
    }

    /// Closes it: the other side sends what nobody wants.
    fn close(self: &Rc<Self>) {
        self.channel.close();
        self.on_close();
    }

    /// It is closed. The next file opens another.
    fn on_close(self: &Rc<Self>) {
        let this = Rc::clone(self);
        // Not in the middle of its own event: listeners would be dropped while they are called.
        spawn_local(async move {
            this.listeners.take().clear();
            this.outgoing.take().clear();
            this.incoming.take().clear();
            let Some(connection) = this.connection.upgrade() else { return };
            let known = connection.data_channels().files().take();
            let is_this =
                known.as_ref().is_some_and(|known| std::ptr::addr_eq(Rc::as_ptr(known), Rc::as_ptr(&this)));
            if is_this {
                connection.emit(ConnectionEvent::File(FileEvent::ChannelClosed));
            } else {
                *connection.data_channels().files().borrow_mut() = known;
            }
        });
    }
}

/// Now, in milliseconds on the clock of the page.
fn now() -> Timestamp {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "meant to be floored")]
    Timestamp::from_millis(dom::now() as u64)
}

/// When progress was told last.
#[derive(Default)]
struct Told(Cell<Option<Timestamp>>);

impl Told {
    /// Whether it is time to tell it again, which then counts as told.
    fn is_due(&self, now: Timestamp) -> bool {
        let due = self.0.get().is_none_or(|told| told + FILE_PROGRESS_INTERVAL <= now);
        if due {
            self.0.set(Some(now));
        }
        due
    }
}
