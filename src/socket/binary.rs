//! Binary frames, of servers that speak protobuf.

use js_sys::{ArrayBuffer, Uint8Array};
use visavis_signaling::BinaryFrames;
use visavis_signaling::limits::MAX_FRAME_BYTES;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::WebSocket;

/// A frame of the server as text, unless it is longer than a frame may be.
pub(super) fn decode(data: &JsValue, binary: BinaryFrames) -> Option<String> {
    let buffer: &ArrayBuffer = data.dyn_ref()?;
    let fits = buffer.byte_length() as usize <= MAX_FRAME_BYTES;
    fits.then(|| (binary.decode)(&Uint8Array::new(buffer).to_vec()))
}

/// Sends a frame.
pub(super) fn send(socket: &WebSocket, frame: &str, binary: BinaryFrames) -> Result<(), JsValue> {
    socket.send_with_u8_array(&(binary.encode)(frame))
}
