//! Janus, a server that forwards media, and the rooms of its VideoRoom plugin ("Janus API" and "VideoRoom plugin" in its
//! documentation; version 1.0 and later).
//!
//! A session has two handles of the plugin, and each has a connection: on one we join the room and publish, on the other we
//! subscribe to everybody else. The room is made if it is not there. A session outlives its socket for a while if the server
//! is configured so (`reclaim_session_timeout`); then it is claimed, and what was missed meanwhile is found out by
//! another subscription, which takes the place of the first one only if that has missed something.

mod access;
mod api;
mod api_error;
mod call;
mod frames;
mod messages;
mod names;
mod people;
mod publication;
mod subscription;

use std::time::Duration;

use self::access::Access;
use self::api::{Api, Request};
use self::call::Call;
use self::messages::DATA_CHANNELS;
use self::names::IdType;
use super::{About, BoxedDialect, DialectEntry, Options};
use crate::dialect::{Dialect, DialectInput, DialectOutput, Endpoint};
use crate::limits::MAX_FRAME_BYTES;
use crate::rejection::Rejection;
use crate::sfu::{SfuConnectionId, SfuDataChannels};
use crate::signal::{Inbound, Negotiation, NegotiationMessage, Outbound, Remote, ServerSignal};
use crate::time::Timestamp;

/// The subprotocol without which the server opens no WebSocket.
const SUBPROTOCOL: &str = "janus-protocol";
/// Versions count a thousand for each major one; the first knew neither subscriptions to several people nor `streams`.
const FIRST_VERSION: u32 = 1000;
/// We show a sign of life this often, unless the server wants more...
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);
/// ...which is at most this often.
const MIN_KEEPALIVE_INTERVAL: Duration = Duration::from_secs(2);
/// The server answers each of them, so after this silence it is taken for dead.
const REPLY_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) const ENTRY: DialectEntry = DialectEntry { name: "janus", about, make };

fn about() -> About {
    About {
        title: "Janus with its VideoRoom plugin, a server that forwards media (attach, publish, subscribe)",
        room: "any name, or the number of a room; whoever runs the server can see and hear the call",
        report_allowlist: "janus,transaction,session_id,handle_id,sender,success,event,server_info,version,reclaim-session-timeout,\
            session-timeout,timeout,hangup,trickle,completed,plugindata,data,videoroom,jsep,joined,publishers,attendees,\
            participants,publisher,streams,display,description,mid,active,disabled,feed_id,feed_mid,feed_description,private_id,sources,source_ids,data_channels,\
            joining,leaving,unpublished,kicked,destroyed,ok,updated,updating,attached,error_code,muted,microphone muted,\
            camera muted,screen muted,screen-audio,screen-audio muted",
    }
}

fn make(options: Options) -> BoxedDialect {
    Box::new(Janus::new(options))
}

struct Janus {
    url: String,
    /// The half of our identity that others may see, and the other half.
    identity: (String, String),
    api: Api,
    open: bool,
    /// What the server takes as ids, as far as it has said so.
    id_type: IdType,
    /// Whether a session may outlive its socket.
    claims_sessions: bool,
    keepalive_interval: Duration,
    keepalive_at: Option<Timestamp>,
    /// The server is taken for dead then.
    silent_at: Option<Timestamp>,
    /// Whether it forwards what is said on data channels, as far as it has said so.
    forwards_data: bool,
    /// The preflight test waits for an answer.
    preflight: bool,
    /// The room that we are in, or want to be in.
    call: Option<Call>,
    /// The room that we were in when the last session was lost.
    last_room: String,
    /// How many peer connections there were: each has an epoch of its own.
    connections_made: u32,
}

impl Janus {
    fn new(options: Options) -> Self {
        let identity = options.ids();
        let Options { url, auth, .. } = options;
        let (access, url) = Access::take(&url, auth.as_ref());
        Self {
            url,
            identity,
            api: Api::new(access),
            open: false,
            id_type: IdType::default(),
            claims_sessions: true,
            keepalive_interval: KEEPALIVE_INTERVAL,
            keepalive_at: None,
            silent_at: None,
            forwards_data: true,
            preflight: false,
            call: None,
            last_room: String::new(),
            connections_made: 0,
        }
    }

    fn opened(&mut self, now: Timestamp) {
        self.closed();
        self.open = true;
        self.keepalive_at = Some(now + self.keepalive_interval);
    }

    fn closed(&mut self) {
        self.open = false;
        self.keepalive_at = None;
        self.silent_at = None;
        self.preflight = false;
        if let Some(call) = &mut self.call {
            call.interrupted(&self.api);
        }
        self.api.forget_requests();
        if !self.claims_sessions || !self.call.as_ref().is_some_and(Call::is_in_room) {
            self.forget_session();
        }
    }

    fn forget_session(&mut self) {
        self.api.session = None;
        if let Some(call) = self.call.take().filter(Call::is_in_room) {
            self.last_room = call.into_name();
        }
    }

    fn send(&mut self, now: Timestamp, outbound: Outbound, out: &mut Vec<DialectOutput>) {
        match outbound {
            Outbound::Join { room, name, media, offers: _ } => {
                self.api.forget_requests();
                self.ask_for_info(out);
                self.call.take_if(|call| !call.is_of(&room));
                if let Some(call) = self.call.as_mut().filter(|_| self.api.session.is_some()) {
                    call.media = media;
                    let frame = self.api.request("claim", Some(Request::ClaimSession)).encode();
                    return out.push(DialectOutput::Frame(frame));
                }
                let returns = self.last_room == room;
                self.begin(Call::new(room, name, media, returns), out);
            }
            Outbound::Leave => {
                if self.open && self.api.session.is_some() {
                    // Whatever was in it is gone with it, and the others are told.
                    out.push(DialectOutput::Frame(self.api.request("destroy", None).encode()));
                }
                self.api.forget_requests();
                self.forget_session();
                self.last_room.clear();
            }
            Outbound::Preflight => {
                self.preflight = true;
                self.ask_for_info(out);
            }
            Outbound::Negotiation(Negotiation { remote: Remote::Server(id), epoch, message }) => {
                self.send_negotiation(now, id, epoch, &message, out);
            }
            Outbound::Sfu(id, request) => {
                self.with_call(now, out, &mut |call, cx| call.on_request(id, request, cx));
            }
            Outbound::MediaState(media) => {
                self.with_call(now, out, &mut |call, cx| call.announce(media, cx));
            }
            Outbound::TrackSettings { publisher, settings } => {
                self.with_call(now, out, &mut |call, _| call.show(&publisher, settings));
            }
            Outbound::PeerMessage { to, text } => {
                self.with_call(now, out, &mut |call, cx| call.send_message(&to, &text, cx));
            }
            // It takes no offers for others.
            Outbound::Negotiation(_) | Outbound::Deposit(_) => {}
        }
    }

    fn send_negotiation(
        &mut self,
        now: Timestamp,
        id: SfuConnectionId,
        epoch: u32,
        message: &NegotiationMessage,
        out: &mut Vec<DialectOutput>,
    ) {
        self.with_call(now, out, &mut |call, cx| match message {
            NegotiationMessage::Description(description) => call.send_description(id, epoch, description, cx),
            NegotiationMessage::Candidate(candidate) => {
                call.send_candidate(id, epoch, candidate.as_ref(), cx);
            }
        });
    }

    fn ask_for_info(&mut self, out: &mut Vec<DialectOutput>) {
        out.push(DialectOutput::Frame(self.api.request("info", Some(Request::Info)).encode()));
    }

    /// Begins to join, with a session of its own.
    fn begin(&mut self, call: Call, out: &mut Vec<DialectOutput>) {
        self.api.session = None;
        self.call = Some(call);
        out.push(DialectOutput::Frame(self.api.request("create", Some(Request::CreateSession)).encode()));
    }

    /// Does something about the call, if there is one, and tells the room what has changed by it.
    fn with_call(
        &mut self,
        now: Timestamp,
        out: &mut Vec<DialectOutput>,
        act: &mut dyn FnMut(&mut Call, &mut call::Context<'_>),
    ) {
        let Self { api, call: Some(call), id_type, identity: (own, secret), connections_made, .. } = self
        else {
            return;
        };
        let mut cx = call::Context { now, api, id_type, identity: own, secret, connections_made, out };
        act(call, &mut cx);
        call.synchronize(&mut cx);
    }

    /// The server has forgotten our session, so another socket is as good as this one.
    fn session_lost(&mut self, out: &mut Vec<DialectOutput>) {
        if self.api.session.is_some() {
            self.api.forget_requests();
            self.forget_session();
            out.push(DialectOutput::ServerSilent);
        }
    }

    fn timeout(&mut self, now: Timestamp, out: &mut Vec<DialectOutput>) {
        if self.silent_at.is_some_and(|at| at <= now) {
            self.silent_at = None;
            return out.push(DialectOutput::ServerSilent);
        }
        if self.keepalive_at.is_some_and(|at| at <= now) {
            self.keepalive_at = Some(now + self.keepalive_interval);
            self.silent_at.get_or_insert(now + REPLY_TIMEOUT);
            let kind = if self.api.session.is_some() { "keepalive" } else { "ping" };
            out.push(DialectOutput::Frame(self.api.request(kind, None).encode()));
        }
        self.with_call(now, out, &mut |call, cx| call.on_timeout(cx));
    }
}

fn reject(rejection: Rejection, out: &mut Vec<DialectOutput>) {
    out.push(DialectOutput::Signal(Inbound::Server(ServerSignal::Rejected(rejection))));
}

impl Dialect for Janus {
    fn endpoint(&self) -> Endpoint {
        Endpoint { protocols: vec![SUBPROTOCOL.to_owned()], ..Endpoint::new(&self.url) }
    }

    fn handle(&mut self, now: Timestamp, input: DialectInput, out: &mut Vec<DialectOutput>) {
        match input {
            DialectInput::Opened => self.opened(now),
            DialectInput::Closed => self.closed(),
            DialectInput::Send(Outbound::Leave) => self.send(now, Outbound::Leave, out),
            // Nobody hears what is said meanwhile.
            DialectInput::Frame(_) | DialectInput::Send(_) | DialectInput::Timeout if !self.open => {}
            DialectInput::Frame(frame) if frame.len() > MAX_FRAME_BYTES => {
                out.push(DialectOutput::Invalid("a frame is too long".to_owned()));
            }
            DialectInput::Frame(frame) => self.on_frame(now, &frame, out),
            DialectInput::Send(outbound) => self.send(now, outbound, out),
            DialectInput::ChannelMessage(message) => {
                self.call.iter().for_each(|call| call.on_message(&message, out));
            }
            DialectInput::HangUpChannelClosed(_) | DialectInput::TokenResponse { .. } => {}
            DialectInput::Timeout => self.timeout(now, out),
        }
    }

    fn data_channels(&self) -> Option<SfuDataChannels> {
        self.forwards_data.then_some(DATA_CHANNELS)
    }

    fn carries_peer_messages(&self) -> bool {
        self.forwards_data
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        let call = self.call.as_ref().filter(|_| self.open).and_then(Call::poll_timeout);
        [self.keepalive_at, self.silent_at, call].into_iter().flatten().min()
    }
}
