//! The data channels on which a server that forwards carries messages. Pages that have no such server do without.

use std::rc::Rc;

use js_sys::{ArrayBuffer, Reflect, Uint8Array};
use visavis_core::PeerChannelEvent;
use visavis_signaling::limits::{MAX_FRAME_BYTES, MAX_PARTICIPANTS};
use visavis_signaling::{BinaryFrames, ChannelPerSender, SfuDataChannels};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, MessageEvent, WebSocket};

use super::bindings::{ChannelEvent, DataChannel};
use super::connection::Connection;
use super::data_channels::MessageChannel;
use crate::dom::by_name::member;
use crate::dom::{self, Listener, object};

/// See [`ChannelPerSender::join`].
type Join = fn(&str, &str) -> String;

/// Most listeners of a connection's channels. A server may open as many as it likes; of more, nothing is heard.
const MAX_LISTENERS: usize = 2 * MAX_PARTICIPANTS;

/// Announces the channels, unless that is for the server to do.
pub(super) fn create(connection: &Rc<Connection>, channels: SfuDataChannels) {
    connection.data_channels().set_server_channels(channels);
    // Where a channel of the server's comes only with the first message, one of ours tells when it can come.
    if connection.is_answerer() && channels.per_sender.is_none() {
        return;
    }
    let Ok(channel) = connection.pc().create_channel(channels.label, &object(&[])) else { return };
    let unused = channels.unused.and_then(|label| {
        let lossy = object(&[("ordered", false.into()), ("maxRetransmits", 0.into())]);
        connection.pc().create_channel(label, &lossy).ok()
    });
    watch(connection, channel, unused, channels.binary);
}

/// `datachannel` fired: the server has announced one.
pub(super) fn on_announced(connection: &Rc<Connection>, event: Event, channels: SfuDataChannels) {
    let channel = event.unchecked_into::<ChannelEvent>().channel();
    let label = member(&channel, "label").as_string();
    if label.as_deref() == Some(channels.label) {
        watch(connection, channel, None, channels.binary);
    } else if let (Some(label), Some(ChannelPerSender { join })) = (label, channels.per_sender) {
        listen_to_sender(connection, &channel, label, join);
    }
}

/// Listens to a channel on which the server only brings what one participant says.
fn listen_to_sender(connection: &Rc<Connection>, channel: &DataChannel, label: String, join: Join) {
    let this = Rc::downgrade(connection);
    let listener = Listener::new(channel, "message", move |event| {
        let data = event.unchecked_into::<MessageEvent>().data();
        if let (Some(connection), Some(text)) = (this.upgrade(), dom::text_of(&data, MAX_FRAME_BYTES)) {
            connection.peer_channel(PeerChannelEvent::Message(join(&label, &text)));
        }
    });
    if let Some(messages) = &mut *connection.data_channels().messages.borrow_mut()
        && messages.listeners.len() < MAX_LISTENERS
    {
        messages.listeners.push(listener);
    }
}

fn watch(
    connection: &Rc<Connection>,
    channel: DataChannel,
    _unused: Option<DataChannel>,
    binary: Option<BinaryFrames>,
) {
    // What else it may be differs between browsers.
    let _ = Reflect::set(&channel, &"binaryType".into(), &"arraybuffer".into());
    let on = |event, act: fn(&Rc<Connection>, Event)| connection.listener(&channel, event, act);
    let listeners = vec![
        on("open", |connection, _| connection.peer_channel(PeerChannelEvent::Opened)),
        on("message", on_message),
        on("close", |connection, _| connection.peer_channel(PeerChannelEvent::Closed)),
    ];
    // Whoever is told of a channel may be told when it is open already.
    let is_open = member(&channel, "readyState") == "open";
    connection.data_channels().set_messages(MessageChannel { channel, binary, listeners, _unused });
    if is_open {
        connection.peer_channel(PeerChannelEvent::Opened);
    }
}

fn on_message(connection: &Rc<Connection>, event: Event) {
    let data = event.unchecked_into::<MessageEvent>().data();
    let binary = connection.data_channels().server_channels().and_then(|channels| channels.binary);
    let decoded = || {
        let buffer: &ArrayBuffer = data.dyn_ref()?;
        let fits = buffer.byte_length() as usize <= MAX_FRAME_BYTES;
        fits.then(|| binary.map(|binary| (binary.decode)(&Uint8Array::new(buffer).to_vec())))?
    };
    if let Some(text) = decoded().or_else(|| dom::text_of(&data, MAX_FRAME_BYTES)) {
        connection.peer_channel(PeerChannelEvent::Message(text));
    }
}

/// Sends a message that is binary.
pub(super) fn send(channel: &DataChannel, message: &str, binary: BinaryFrames) -> Result<(), JsValue> {
    // To JavaScript, `send` is the same method; another would be known to the glue of every page.
    channel.unchecked_ref::<WebSocket>().send_with_u8_array(&(binary.encode)(message))
}
