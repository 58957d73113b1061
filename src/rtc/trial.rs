//! A connection to nobody: it only gathers candidates with one ICE server, and tells what comes of it.

use std::rc::Rc;

use js_sys::Reflect;
use visavis_core::signaling::IceServer;
use visavis_core::{ConnectionConfig, Finding, is_proof, is_turn};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, RtcPeerConnectionIceEvent};

use super::bindings::{IceErrorEvent, PeerConnection};
use super::convert;
use crate::dom::{Listener, ignore};

/// One try. Dropping it closes its connection, and what a relay has given for it.
pub(super) struct Trial {
    pc: PeerConnection,
    _listeners: [Listener; 2],
}

impl Trial {
    /// Begins to gather.
    pub(super) fn new(server: &IceServer, tell: &Rc<dyn Fn(Finding)>) -> Result<Self, JsValue> {
        let url = server.urls.first().cloned().unwrap_or_default();
        let config =
            ConnectionConfig { ice_servers: vec![server.clone()], relay_only: is_turn(&url), channel: true };
        let pc = PeerConnection::new(&convert::configuration(&config))?;
        // Firefox has no such event.
        let told = Reflect::has(&pc, &"onicecandidateerror".into()).unwrap_or(false);
        let (candidates, errors) = (tell.clone(), tell.clone());
        let _listeners = [
            Listener::new(&pc, "icecandidate", move |event| {
                on_candidate(event, &url, told).into_iter().for_each(|finding| candidates(finding));
            }),
            Listener::new(&pc, "icecandidateerror", move |event| {
                errors(Finding::Error(event.unchecked_into::<IceErrorEvent>().error_code()));
            }),
        ];
        let trial = Self { pc, _listeners };
        // Something to find a path for.
        trial.pc.create_channel("")?;
        ignore(trial.pc.set_local());
        Ok(trial)
    }
}

fn on_candidate(event: Event, url: &str, told: bool) -> Option<Finding> {
    match event.unchecked_into::<RtcPeerConnectionIceEvent>().candidate() {
        Some(candidate) => is_proof(url, &candidate.candidate()).then_some(Finding::Good),
        None => Some(Finding::Gathered(told)),
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        self.pc.close();
    }
}
