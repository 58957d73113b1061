//! Whose certificate a connection really talks to: read from the browser, not from a description.

use js_sys::Uint8Array;
use visavis_core::Fingerprint;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::bindings::{PeerConnection, Sender};

/// The certificates that the other side has shown, in DER: one for each transport that is up. With bundling they are one
/// and the same. A data channel alone has no sender, and nobody to talk to either.
pub(super) fn shown(pc: &PeerConnection) -> Vec<JsValue> {
    let senders = pc.get_senders().into_iter().map(JsCast::unchecked_into::<Sender>);
    let chains = senders.filter_map(|sender| sender.transport()?.remote_certificates().ok());
    chains.map(|chain| chain.get(0)).filter(|certificate| !certificate.is_undefined()).collect()
}

/// Its fingerprint, worked out by the browser. A page that is not secure has nothing to do it with, nor for the words
/// that would be made of it.
pub(super) async fn fingerprint(certificate: JsValue) -> Option<Fingerprint> {
    let crypto = web_sys::window()?.crypto().ok()?.subtle();
    if crypto.is_undefined() {
        return None;
    }
    let digest = crypto.digest_with_str_and_buffer_source("SHA-256", certificate.unchecked_ref()).ok()?;
    let digest = JsFuture::from(digest).await.ok()?;
    Some(Fingerprint::of(&Uint8Array::new(&digest).to_vec().try_into().ok()?))
}
