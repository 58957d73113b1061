//! Peer connections: the one place where live `RTCPeerConnection`s are.

mod bindings;
mod certificate;
mod connection;
pub mod convert;
mod data_channels;
mod files;
mod ice_probe;
mod promise;
mod server_channels;

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use visavis_core::signaling::{IceCandidate, IceServer, SessionDescription};
use visavis_core::{
    ById, ConnectionConfig, ConnectionEvent, ConnectionId, DataChannel, Encodings, FileEffect, Finding,
    MediaKind, Role, Source, TestId, TrackId,
};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::MediaStream;

use self::bindings::PeerConnection;
use self::connection::Connection;
use self::ice_probe::IceProbe;
use crate::tracks::Tracks;

/// Where the events of all connections go.
pub type Emit = Rc<dyn Fn(ConnectionId, ConnectionEvent)>;

/// All peer connections of a room, by their ids. An id that is not (or no longer) known is ignored.
pub struct Rtc {
    tracks: Tracks,
    /// What we send belongs to one stream, so that the other side plays voice and picture in step. It is the same for
    /// every connection: a page that shows an element for each stream shows no second one when we build anew.
    stream: OnceCell<MediaStream>,
    emit: Emit,
    connections: RefCell<ById<ConnectionId, Rc<Connection>>>,
    ice_probes: RefCell<ById<TestId, IceProbe>>,
}

impl Rtc {
    /// None yet. Local tracks are taken from `tracks`, remote ones are put there.
    pub fn new(tracks: Tracks, emit: Emit) -> Self {
        Self {
            tracks,
            stream: OnceCell::new(),
            emit,
            connections: RefCell::default(),
            ice_probes: RefCell::default(),
        }
    }

    /// Makes a connection. A refusal of the browser comes back as an event.
    pub fn create(&self, id: ConnectionId, role: Role, config: &ConnectionConfig) {
        let emit = Rc::clone(&self.emit);
        let emit = Box::new(move |event| emit(id, event));
        let made =
            self.stream().and_then(|stream| Connection::new(role, config, self.tracks.clone(), stream, emit));
        match made {
            Ok(connection) => {
                self.connections.borrow_mut().insert(id, connection);
            }
            Err(_) => (self.emit)(id, ConnectionEvent::CreationFailed),
        }
    }

    fn stream(&self) -> Result<MediaStream, JsValue> {
        if self.stream.get().is_none() {
            let _ = self.stream.set(MediaStream::new()?);
        }
        self.stream.get().cloned().ok_or(JsValue::UNDEFINED)
    }

    /// Closes a connection; no event of it follows.
    pub fn close(&self, id: ConnectionId) {
        let connection = self.connections.borrow_mut().remove(&id);
        if let Some(connection) = connection {
            connection.close_after_sending();
        }
    }

    /// Closes everything, also in the middle of a panic.
    pub fn close_all(&self) {
        let _ = self.ice_probes.try_borrow_mut().map(|mut ice_probes| std::mem::take(&mut *ice_probes));
        while let Some(connection) = self.take_any() {
            connection.close();
        }
    }

    fn take_any(&self) -> Option<Rc<Connection>> {
        self.connections.try_borrow_mut().ok()?.pop().map(|(_, connection)| connection)
    }

    /// Tries out what an ICE server with one URL is good for, or a connection without any. A refusal of the browser is the
    /// first finding.
    pub fn test(&self, id: TestId, server: Option<&IceServer>, tell: impl Fn(Finding) + 'static) {
        let tell: Rc<dyn Fn(Finding)> = Rc::new(tell);
        match IceProbe::new(server, &tell) {
            Ok(ice_probe) => {
                self.ice_probes.borrow_mut().insert(id, ice_probe);
            }
            // `new RTCPeerConnection` where there is no such thing.
            Err(error) if error.has_type::<js_sys::ReferenceError>() => tell(Finding::Unsupported),
            Err(_) => tell(Finding::Refused),
        }
    }

    /// Closes what a test has opened.
    pub fn end_test(&self, id: TestId) {
        let ice_probe = self.ice_probes.borrow_mut().remove(&id);
        drop(ice_probe);
    }

    /// Sends a track, or nothing, as `source`.
    pub fn replace_track(&self, id: ConnectionId, source: Source, track: Option<TrackId>) {
        if let Some(connection) = self.get(id) {
            connection.replace_track(source, track);
        }
    }

    /// Encodes a source like that: each of its layers, or the only one.
    pub fn set_parameters(&self, id: ConnectionId, source: Source, encodings: &Encodings) {
        if let Some(connection) = self.get(id) {
            connection.set_parameters(source, encodings);
        }
    }

    /// `createDataChannel()`.
    pub fn create_data_channel(&self, id: ConnectionId, channel: DataChannel) {
        if let Some(connection) = self.get(id) {
            connection.create_data_channel(channel);
        }
    }

    /// Sends a text to another Visavis page.
    pub fn send_message(&self, id: ConnectionId, text: &str) {
        if let Some(connection) = self.get(id) {
            connection.send_message(text);
        }
    }

    /// Closes the channel to another Visavis page.
    pub fn close_peer_channel(&self, id: ConnectionId) {
        if let Some(connection) = self.get(id) {
            connection.close_peer_channel();
        }
    }

    /// `setLocalDescription()`.
    pub fn set_local_description(&self, id: ConnectionId) {
        if let Some(connection) = self.get(id) {
            connection.set_local();
        }
    }

    /// `setRemoteDescription(description)`.
    pub fn set_remote_description(
        &self,
        id: ConnectionId,
        description: &SessionDescription,
        adopted: Vec<(Source, Option<String>)>,
    ) {
        if let Some(connection) = self.get(id) {
            connection.set_remote(description, adopted);
        }
    }

    /// `setRemoteDescription({type: "pranswer", sdp})`.
    pub fn set_provisional_answer(&self, id: ConnectionId, sdp: &str) {
        if let Some(connection) = self.get(id) {
            connection.set_provisional_answer(sdp);
        }
    }

    /// `addTransceiver(kind)` for a source that has none, or wants another; in these layers, if there are any.
    pub fn add_transceiver(&self, id: ConnectionId, source: Source, encodings: &Encodings) {
        if let Some(connection) = self.get(id) {
            connection.add_transceiver(source, encodings);
        }
    }

    /// `addTransceiver(kind)` for what a selective forwarding unit sends.
    pub fn add_receiver(&self, id: ConnectionId, kind: MediaKind) {
        if let Some(connection) = self.get(id) {
            connection.add_receiver(kind);
        }
    }

    /// `addIceCandidate(candidate)`.
    pub fn add_candidate(&self, id: ConnectionId, candidate: &IceCandidate) {
        if let Some(connection) = self.get(id) {
            connection.add_candidate(candidate);
        }
    }

    /// `setConfiguration(configuration)`.
    pub fn set_configuration(&self, id: ConnectionId, config: &ConnectionConfig) {
        if let Some(connection) = self.get(id) {
            connection.set_configuration(config);
        }
    }

    /// `restartIce()`.
    pub fn restart_ice(&self, id: ConnectionId) {
        if let Some(connection) = self.get(id) {
            connection.restart_ice();
        }
    }

    /// `getStats()`.
    pub fn get_stats(&self, id: ConnectionId) {
        if let Some(connection) = self.get(id) {
            connection.get_stats();
        }
    }

    /// `getStats()` at length. Only once the part of the program that is loaded on demand is there.
    #[inline(never)]
    pub fn get_details(&self, id: ConnectionId) {
        self.get(id).iter().for_each(connection::details::read);
    }

    /// Sends or receives a file. Only once the part of the program that is loaded on demand is there.
    #[inline(never)]
    pub fn transfer_file(&self, id: ConnectionId, effect: FileEffect) {
        self.get(id).iter().for_each(|connection| files::perform(connection, effect));
    }

    fn get(&self, id: ConnectionId) -> Option<Rc<Connection>> {
        self.connections.borrow().get(&id).cloned()
    }
}

/// Makes a connection. What some extensions put in the place of `RTCPeerConnection` throws, or is an object that does
/// nothing: a real one says that it is new, and anything else is better not touched.
fn make(config: &ConnectionConfig) -> Result<PeerConnection, JsValue> {
    let pc = PeerConnection::new(&convert::configuration(config))?;
    if pc.state().as_deref() == Some("new") { Ok(pc) } else { Err(JsValue::UNDEFINED) }
}

impl Drop for Rtc {
    fn drop(&mut self) {
        self.close_all();
    }
}
