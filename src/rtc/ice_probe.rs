//! A connection to nobody: it only gathers candidates, with one ICE server or with none, and tells what comes of it.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::Reflect;
use visavis_core::signaling::IceServer;
use visavis_core::{ConnectionConfig, Finding, is_proof, is_turn};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, RtcPeerConnectionIceEvent};

use super::bindings::{IceErrorEvent, PeerConnection};
use super::make;
use crate::dom::{Listener, ignore, object};

/// One try. Dropping it closes its connection, and what a relay has given for it.
pub(super) struct IceProbe {
    pc: PeerConnection,
    _listeners: [Listener; 2],
}

impl IceProbe {
    /// Begins to gather.
    pub(super) fn new(server: Option<&IceServer>, tell: &Rc<dyn Fn(Finding)>) -> Result<Self, JsValue> {
        let url = server.and_then(|server| server.urls.first()).cloned();
        let config = ConnectionConfig {
            ice_servers: server.cloned().into_iter().collect(),
            relay_only: url.as_deref().is_some_and(is_turn),
        };
        let pc = make(&config)?;
        // Firefox has no such event.
        let told = Reflect::has(&pc, &"onicecandidateerror".into()).unwrap_or(false);
        let (candidates, errors, any) = (tell.clone(), tell.clone(), Cell::new(false));
        let _listeners = [
            Listener::new(&pc, "icecandidate", move |event| {
                // Without any candidate at all nobody can say that nothing is wrong.
                let finding = on_candidate(event, url.as_deref(), told && any.replace(true));
                finding.into_iter().for_each(|finding| candidates(finding));
            }),
            Listener::new(&pc, "icecandidateerror", move |event| {
                errors(Finding::Error(event.unchecked_into::<IceErrorEvent>().error_code()));
            }),
        ];
        let ice_probe = Self { pc, _listeners };
        // Something to find a path for.
        ice_probe.pc.create_channel("", &object(&[]))?;
        ignore(ice_probe.pc.set_local());
        Ok(ice_probe)
    }
}

fn on_candidate(event: Event, url: Option<&str>, told: bool) -> Option<Finding> {
    match event.unchecked_into::<RtcPeerConnectionIceEvent>().candidate() {
        Some(candidate) => {
            let proof = |url| is_proof(url, &candidate.candidate());
            url.map_or(!candidate.candidate().is_empty(), proof).then_some(Finding::Good)
        }
        None => Some(Finding::Gathered(told)),
    }
}

impl Drop for IceProbe {
    fn drop(&mut self) {
        self.pc.close();
    }
}
