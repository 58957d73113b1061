//! The signaling socket, or the channel between tabs that takes its place.
//!
//! On `web_sys::WebSocket` itself, not on gloo-net's futures: `Leave` is sent from `pagehide`, where no future is polled
//! any more, `Opened` has no counterpart there, and a stream and a sink cost twice the bytes (see `cargo xtask size`).

mod binary;
mod token;

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use js_sys::{Array, Reflect};
use visavis_core::SocketEvent;
use visavis_signaling::dialects::tabs;
use visavis_signaling::limits::MAX_FRAME_BYTES;
use visavis_signaling::{BinaryFrames, Endpoint, TokenRequest};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, CloseEvent, Event, EventTarget, MessageEvent, WebSocket};

use self::token::OnToken;
use crate::dom::{self, Listener};
use crate::on_demand::lazy_fn;

/// Where the events of a socket go.
pub type Emit = Rc<dyn Fn(SocketEvent)>;

/// The one socket of a room: at most one is open at a time.
pub struct Socket(Rc<Inner>);

struct Inner {
    emit: Emit,
    /// How often it was opened or closed: an answer that comes after the next time is of no use.
    attempts: Cell<u32>,
    open: RefCell<Option<Open>>,
}

struct Open {
    pipe: Pipe,
    binary: Option<BinaryFrames>,
    _listeners: [Listener; 3],
}

/// What carries frames.
enum Pipe {
    Server(WebSocket),
    Tabs(BroadcastChannel),
}

impl Socket {
    /// A socket that is not open yet.
    pub fn new(emit: Emit) -> Self {
        Self(Rc::new(Inner { emit, attempts: Cell::new(0), open: RefCell::new(None) }))
    }

    /// Opens it. Whatever happens to it comes back as an event; also if the browser refuses the URL.
    pub fn open(&self, endpoint: &Endpoint) {
        self.close();
        if let Some(request) = endpoint.token_request.clone() {
            return self.request_token(request);
        }
        match connect(endpoint) {
            Ok(pipe) => {
                let _listeners = self.listen(pipe.target());
                // Nobody has to answer before something can be said.
                let at_once = matches!(pipe, Pipe::Tabs(_));
                *self.0.open.borrow_mut() = Some(Open { pipe, binary: endpoint.binary, _listeners });
                if at_once {
                    (self.0.emit)(SocketEvent::Opened);
                }
            }
            Err(_) => (self.0.emit)(SocketEvent::Closed),
        }
    }

    /// Asks for an access token. A part of the page that a call without one does not load.
    fn request_token(&self, request: TokenRequest) {
        let (inner, attempt) = (Rc::downgrade(&self.0), self.0.attempts.get());
        let tell: OnToken = Box::new(move |status, body| {
            if let Some(inner) = inner.upgrade().filter(|inner| inner.attempts.get() == attempt) {
                (inner.emit)(SocketEvent::TokenResponse { status, body });
            }
        });
        lazy_fn::<fn(TokenRequest, OnToken)>(token::request)(request, tell);
    }

    fn listen(&self, target: &EventTarget) -> [Listener; 3] {
        let on = |event, act: fn(&Inner, Event)| {
            let inner: Weak<Inner> = Rc::downgrade(&self.0);
            Listener::new(target, event, move |event| {
                if let Some(inner) = inner.upgrade() {
                    act(&inner, event);
                }
            })
        };
        [
            on("open", |inner, _| (inner.emit)(SocketEvent::Opened)),
            on("message", Inner::message),
            // `error` tells nothing, and `close` always follows it.
            on("close", |inner, event| inner.closed(&event.unchecked_into())),
        ]
    }

    /// Sends a frame, at once and in order: the browser queues it even if the page is on its way out.
    pub fn send(&self, frame: &str) {
        if let Some(open) = &*self.0.open.borrow() {
            // Fails only before `open`, and then `close` is what tells.
            let _ = open.send(frame);
        }
    }

    /// Closes it, after what was sent. No event follows.
    pub fn close(&self) {
        self.0.attempts.set(self.0.attempts.get().wrapping_add(1));
        if let Ok(mut slot) = self.0.open.try_borrow_mut()
            && let Some(open) = slot.take()
        {
            open.pipe.close();
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.close();
    }
}

impl Inner {
    fn message(&self, event: Event) {
        let data = event.unchecked_into::<MessageEvent>().data();
        let binary = self.open.borrow().as_ref().and_then(|open| open.binary);
        let decode = lazy_fn::<fn(&JsValue, BinaryFrames) -> Option<String>>(binary::decode);
        let decoded = || decode(&data, binary?);
        if let Some(frame) = dom::text_of(&data, MAX_FRAME_BYTES).or_else(decoded) {
            (self.emit)(SocketEvent::Frame(frame));
        }
    }

    fn closed(&self, event: &CloseEvent) {
        self.open.borrow_mut().take();
        (self.emit)(match event.code() {
            // No close frame has come, or an empty one (RFC 6455 section 7.4.1).
            1005 | 1006 => SocketEvent::Closed,
            code => SocketEvent::ClosedWith { code, reason: event.reason() },
        });
    }
}

fn connect(endpoint: &Endpoint) -> Result<Pipe, JsValue> {
    if let Some(channel) = endpoint.url.strip_prefix(tabs::SCHEME) {
        return BroadcastChannel::new(channel).map(Pipe::Tabs);
    }
    let mut url = endpoint.url.clone();
    if !endpoint.query.is_empty() {
        url.push('?');
        url.push_str(&endpoint.query);
    }
    let protocols: Array = endpoint.protocols.iter().map(|name| JsValue::from_str(name)).collect();
    let socket = WebSocket::new_with_str_sequence(&url, &protocols)?;
    if endpoint.binary.is_some() {
        Reflect::set(&socket, &"binaryType".into(), &"arraybuffer".into())?;
    }
    Ok(Pipe::Server(socket))
}

impl Open {
    fn send(&self, frame: &str) -> Result<(), JsValue> {
        match (&self.pipe, self.binary) {
            (Pipe::Server(socket), Some(binary)) => lazy_fn::<
                fn(&WebSocket, &str, BinaryFrames) -> Result<(), JsValue>,
            >(binary::send)(socket, frame, binary),
            (Pipe::Server(socket), None) => socket.send_with_str(frame),
            (Pipe::Tabs(channel), _) => channel.post_message(&JsValue::from_str(frame)),
        }
    }
}

impl Pipe {
    fn target(&self) -> &EventTarget {
        match self {
            Self::Server(socket) => socket,
            Self::Tabs(channel) => channel,
        }
    }

    fn close(&self) {
        match self {
            Self::Server(socket) => drop(socket.close()),
            Self::Tabs(channel) => channel.close(),
        }
    }
}
