//! One `RTCPeerConnection`.

pub(super) mod details;
mod encoding;
mod speech;
mod stats;
mod transceivers;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Promise;
use visavis_core::signaling::{IceCandidate, SessionDescription};
use visavis_core::{
    ConnectionConfig, ConnectionEvent, DataChannel, MediaKind, OperationError, PeerConnectionState, Role,
    Source, TrackId,
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Event, EventTarget, MediaStream, RtcPeerConnectionIceEvent, RtcTrackEvent};

use super::bindings::{PeerConnection, StatsReport, Transceiver};
use super::data_channels::DataChannels;
use super::promise::{CloseSignal, set_pranswer_then_answer};
use super::{certificate, convert, make};
use crate::dom::{Listener, ignore, object, sleep};
use crate::on_demand;
use crate::tracks::Tracks;

/// How many sources there are: each has its place in the arrays below.
const SOURCES: usize = Source::ALL.len();

/// How long a connection is kept for a last message, in milliseconds: a few round trips over most paths.
const CLOSE_DELAY: i32 = 300;

/// Sections of an offer whose transceivers send our sources from now on.
pub(super) type Adopted = Vec<(Source, Option<String>)>;

/// A live peer connection. Closed at the latest when it is dropped; silent from then on.
pub(super) struct Connection {
    pc: PeerConnection,
    role: Role,
    tracks: Tracks,
    /// What we send belongs to it.
    stream: MediaStream,
    outgoing: RefCell<[Outgoing; SOURCES]>,
    /// The remote tracks, by the `mid` of their transceivers.
    incoming: RefCell<Vec<(String, TrackId)>>,
    state: Cell<PeerConnectionState>,
    /// The certificate in use has been read since the connection was last up.
    certificate_read: Cell<bool>,
    /// Counters have been asked for.
    stats_requested: Cell<bool>,
    /// Somebody looks who speaks.
    listens: Cell<bool>,
    closed: Cell<bool>,
    close_signal: CloseSignal,
    emit: Box<dyn Fn(ConnectionEvent)>,
    listeners: RefCell<Vec<Listener>>,
    data_channels: DataChannels,
}

/// What one source sends: the track may be chosen before there is a transceiver for it.
#[derive(Default)]
struct Outgoing {
    transceiver: Option<Transceiver>,
    track: Option<TrackId>,
    /// The `mid` that was told last.
    mid: Option<String>,
}

/// What is waited for with descriptions.
enum Operation {
    /// One call of the browser.
    Promise(Result<Promise, JsValue>),
    /// [`set_pranswer_then_answer`]
    FirstAnswer(PeerConnection),
}

impl Connection {
    /// Makes it, with its handlers in place before anything can happen.
    pub(super) fn new(
        role: Role,
        config: &ConnectionConfig,
        tracks: Tracks,
        stream: MediaStream,
        emit: Box<dyn Fn(ConnectionEvent)>,
    ) -> Result<Rc<Self>, JsValue> {
        let connection = Rc::new(Self {
            pc: make(config)?,
            role,
            tracks,
            stream,
            outgoing: RefCell::default(),
            incoming: RefCell::default(),
            state: Cell::new(PeerConnectionState::New),
            certificate_read: Cell::new(false),
            stats_requested: Cell::new(false),
            listens: Cell::new(false),
            closed: Cell::new(false),
            close_signal: CloseSignal::new(),
            emit,
            listeners: RefCell::default(),
            data_channels: DataChannels::default(),
        });
        connection.listen();
        if role == Role::Offerer {
            connection.add_first_transceivers()?;
            connection.create_data_channel(DataChannel::Peer);
        }
        Ok(connection)
    }

    fn listen(self: &Rc<Self>) {
        let on = |event, act: fn(&Rc<Self>, Event)| self.listener(&self.pc, event, act);
        let listeners = vec![
            on("negotiationneeded", |connection, _| connection.emit(ConnectionEvent::NegotiationNeeded)),
            on("icecandidate", |connection, event| connection.on_candidate(event)),
            on("connectionstatechange", |connection, _| connection.on_state()),
            on("iceconnectionstatechange", |connection, _| connection.on_state()),
            on("track", |connection, event| connection.on_track(event)),
            on("datachannel", |connection, event| connection.on_data_channel(event)),
        ];
        *self.listeners.borrow_mut() = listeners;
    }

    pub(super) fn listener(
        self: &Rc<Self>,
        target: &EventTarget,
        event: &'static str,
        act: fn(&Rc<Self>, Event),
    ) -> Listener {
        let connection = Rc::downgrade(self);
        Listener::new(target, event, move |event| {
            if let Some(connection) = connection.upgrade() {
                act(&connection, event);
            }
        })
    }

    pub(super) fn pc(&self) -> &PeerConnection {
        &self.pc
    }

    /// Whether the other side offers.
    pub(super) fn is_answerer(&self) -> bool {
        self.role == Role::Answerer
    }

    pub(super) fn data_channels(&self) -> &DataChannels {
        &self.data_channels
    }

    /// Makes and sets the local description; answered by an event.
    pub(super) fn set_local(self: &Rc<Self>) {
        let first_answer = self.role == Role::Answerer && self.pc.current_local_description().is_none();
        let operation = if first_answer {
            Operation::FirstAnswer(self.pc.clone())
        } else {
            Operation::Promise(self.pc.set_local())
        };
        self.await_description(operation, Adopted::new(), |connection, result, _| {
            connection.emit_associations();
            let result = result.and_then(|()| connection.local_description());
            connection.emit(ConnectionEvent::LocalDescriptionSet(result));
        });
    }

    fn local_description(&self) -> Result<SessionDescription, OperationError> {
        let description = self.pc.local_description();
        description
            .and_then(|description| convert::read_description(&description))
            .ok_or_else(|| OperationError { name: "InvalidStateError".to_owned() })
    }

    /// Sets a remote description, and adopts transceivers that it has brought; answered by an event.
    pub(super) fn set_remote(self: &Rc<Self>, description: &SessionDescription, adopted: Adopted) {
        let promise = self.pc.set_remote(&convert::description(description));
        let settled = |connection: &Self, result: Result<(), OperationError>, adopted: &Adopted| {
            if result.is_ok() {
                connection.adopt_transceivers(adopted);
            }
            connection.emit(ConnectionEvent::RemoteDescriptionSet(result));
        };
        self.await_description(Operation::Promise(promise), adopted, settled);
    }

    /// Sets a provisional answer. One that the browser does not like is no loss.
    pub(super) fn set_provisional_answer(self: &Rc<Self>, sdp: &str) {
        let description = object(&[("type", "pranswer".into()), ("sdp", sdp.into())]);
        let operation = Operation::Promise(self.pc.set_remote(&description));
        self.await_description(operation, Adopted::new(), |connection, result, _| {
            if result.is_ok() {
                connection.emit(ConnectionEvent::ProvisionalAnswerSet);
            }
        });
    }

    /// Adds a remote candidate. One that the browser does not like is no loss.
    pub(super) fn add_candidate(&self, candidate: &IceCandidate) {
        ignore(self.pc.add_candidate(&convert::candidate(candidate)));
    }

    /// What the next search for a path uses. A browser that refuses it goes on with what it has.
    pub(super) fn set_configuration(&self, config: &ConnectionConfig) {
        let _ = self.pc.configure(&convert::configuration(config));
    }

    /// Asks for new ICE credentials; `negotiationneeded` follows.
    pub(super) fn restart_ice(&self) {
        let _ = self.pc.restart_ice();
    }

    /// Reads the packet counters; answered by an event. Without an answer the room just knows nothing; so it does for as long as
    /// that part of the program cannot be loaded, and each time it asks is another attempt.
    pub(super) fn get_stats(self: &Rc<Self>) {
        self.read_certificate();
        // The first time, pictures are on their way: nothing may be loaded beside them.
        if !self.stats_requested.replace(true) && !on_demand::is_later_loaded() {
            return;
        }
        let (promise, connection) = (self.pc.stats(), Rc::downgrade(self));
        spawn_local(async move {
            let report = report(promise).await;
            if let (Ok(report), Ok(())) = (report, on_demand::load_later().await)
                && let Some(connection) = connection.upgrade()
            {
                stats::emit(&connection, &report);
            }
        });
    }

    /// The one place where description promises are awaited.
    fn await_description(
        self: &Rc<Self>,
        operation: Operation,
        adopted: Adopted,
        then: fn(&Self, Result<(), OperationError>, &Adopted),
    ) {
        let (close_signal, connection) = (self.close_signal.clone(), Rc::downgrade(self));
        spawn_local(async move {
            let result = match operation {
                Operation::Promise(promise) => close_signal.wait(promise).await,
                Operation::FirstAnswer(pc) => set_pranswer_then_answer(pc, close_signal).await,
            };
            if let Some(connection) = connection.upgrade().filter(|connection| !connection.closed.get()) {
                let result = result.map(drop).map_err(|error| convert::operation_error(&error));
                then(&connection, result, &adopted);
            }
        });
    }

    pub(super) fn emit(&self, event: ConnectionEvent) {
        if !self.closed.get() {
            (self.emit)(event);
        }
    }

    fn on_candidate(&self, event: Event) {
        let candidate = event.unchecked_into::<RtcPeerConnectionIceEvent>().candidate();
        let candidate = candidate.map(|candidate| convert::read_candidate(&candidate));
        // An empty one ends the candidates of one transport only; `null`, which follows, ends them all.
        if candidate.as_ref().is_none_or(|candidate| !candidate.candidate.is_empty()) {
            self.emit(ConnectionEvent::IceCandidate(candidate));
        }
    }

    /// Chromium and Firefox disagree about which of the two states notices trouble first, so both are watched.
    fn on_state(self: &Rc<Self>) {
        let [connection, ice] = [self.pc.state(), self.pc.ice_state()].map(Option::unwrap_or_default);
        let state = combine_states(&connection, &ice);
        if self.state.replace(state) != state {
            self.emit(ConnectionEvent::ConnectionStateChange(state));
            self.certificate_read.set(false);
            self.read_certificate();
        }
    }

    /// Says whose certificate is in use, once it is: the state of the connection may come before that of its transport,
    /// and then the next look at the counters finds it.
    fn read_certificate(self: &Rc<Self>) {
        if self.certificate_read.get() || self.state.get() != PeerConnectionState::Connected {
            return;
        }
        for shown in certificate::shown(&self.pc) {
            self.certificate_read.set(true);
            let connection = Rc::downgrade(self);
            spawn_local(async move {
                let Some(fingerprint) = certificate::fingerprint(shown).await else { return };
                if let Some(connection) = connection.upgrade() {
                    connection.emit(ConnectionEvent::RemoteCertificate(fingerprint));
                }
            });
        }
    }

    fn on_track(&self, event: Event) {
        let event: RtcTrackEvent = event.unchecked_into();
        let track = event.track();
        let kind = if track.kind() == "audio" { MediaKind::Audio } else { MediaKind::Video };
        let mid = event.transceiver().mid().unwrap_or_default();
        let before = self.incoming.borrow().iter().find(|(known, _)| *known == mid).map(|(_, id)| *id);
        let known = before.filter(|id| self.tracks.get(*id).as_ref() == Some(&track));
        let id = known.unwrap_or_else(|| self.tracks.add(track));
        if known.is_none() {
            self.incoming.borrow_mut().retain(|(known, _)| *known != mid);
            self.incoming.borrow_mut().push((mid.clone(), id));
            self.forget(before);
        }
        self.emit(ConnectionEvent::Track { mid, kind, track: id });
    }

    fn forget(&self, track: Option<TrackId>) {
        if let Some(track) = track.and_then(|id| self.tracks.remove(id)) {
            track.stop();
        }
    }

    /// Closes it for good and takes its remote tracks off the shelf. Also called from a panic, when anything may be
    /// borrowed.
    pub(super) fn close(&self) {
        if !self.closed.get() {
            self.end();
            self.pc.close();
        }
    }

    /// The same, once a message that was sent just now is on its way: browsers drop what waits in a channel that they close.
    pub(super) fn close_after_sending(&self) {
        if self.closed.get() || !self.data_channels.has_just_sent() {
            return self.close();
        }
        self.end();
        let pc = self.pc.clone();
        spawn_local(async move {
            sleep(CLOSE_DELAY).await;
            pc.close();
        });
    }

    /// Nothing of it is heard or shown any more.
    fn end(&self) {
        self.closed.set(true);
        if let Ok(mut listeners) = self.listeners.try_borrow_mut() {
            listeners.clear();
        }
        self.data_channels.stop_listening();
        self.close_signal.fire();
        let incoming = self.incoming.try_borrow_mut().map(|mut incoming| std::mem::take(&mut *incoming));
        for (_, track) in incoming.unwrap_or_default() {
            self.forget(Some(track));
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.close();
    }
}

pub(super) async fn report(promise: Result<Promise, JsValue>) -> Result<StatsReport, JsValue> {
    JsFuture::from(promise?).await.map(JsCast::unchecked_into)
}

/// Both as the browser writes them.
fn combine_states(connection: &str, ice: &str) -> PeerConnectionState {
    match (connection, ice) {
        ("closed", _) => PeerConnectionState::Closed,
        ("failed", _) | (_, "failed") => PeerConnectionState::Failed,
        ("disconnected", _) | (_, "disconnected") => PeerConnectionState::Disconnected,
        ("connected", _) => PeerConnectionState::Connected,
        ("connecting", _) => PeerConnectionState::Connecting,
        _ => PeerConnectionState::New,
    }
}
