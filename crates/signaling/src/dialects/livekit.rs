//! LiveKit, a server that forwards media (its "client protocol", version 16).
//!
//! The token names the room and us in it, and to open the socket is to join. Frames are protobuf, which the socket translates into
//! what protobuf calls its JSON format ([`wire`]); only that is read and written here.
//!
//! There are two ways in. At `/rtc/v1` one peer connection leads to the server, on which we offer. The first offer, and the
//! announcement of what we publish in it, are in the URL, so the answer comes with `join`, and in it whatever others publish; for
//! what they publish later the server asks us to offer again. At `/rtc`, which all servers have, there are two: we offer on the
//! one on which we publish, and the server offers on the other one, on which everybody else comes. Firefox is given the
//! latter: LiveKit's own client has it send no offer in a URL, since some people's connections did not come about.
//!
//! A call outlives its socket: the next one says which participant it belongs to (`reconnect=1`), and the server goes on where it
//! was, or tells us to join anew.

mod access;
mod call;
mod frames;
mod gzip;
mod messages;
mod path;
mod people;
mod publication;
mod schema;
mod shown;
mod subscription;
pub mod wire;

use std::time::Duration;

use self::access::{Access, join_request};
use self::call::{Call, FIRST_RECEIVERS, first_connection};
use self::messages::DATA_CHANNELS;
use self::path::{EarlyOffer, Path, PeerConnections};
use super::{About, BoxedDialect, DialectEntry, Options};
use crate::dialect::{BinaryFrames, Dialect, DialectInput, DialectOutput, Endpoint, Expects, Probe};
use crate::json::{Fields, Json};
use crate::limits::MAX_FRAME_BYTES;
use crate::offers::EarlyOffers;
use crate::rejection::Rejection;
use crate::sfu::{SfuConnection, SfuConnectionId, SfuDataChannels, SfuRequest};
use crate::signal::{Inbound, MediaState, Negotiation, NegotiationMessage, Outbound, Remote, ServerSignal};
use crate::time::Timestamp;

/// The version of the protocol that we speak. From 16 on, a server may tell its clients in a `leave` what to do next.
const PROTOCOL: &str = "16";
/// The server takes every name for that of a library. Whoever is none of LiveKit's own is given less: this one is what is
/// written for browsers.
const SDK: &str = "js";
/// Its version whose behaviour towards the server is ours.
const SDK_VERSION: &str = "2.15.0";
/// How often the server is asked for a sign of life, unless it wants more or less...
const PING_INTERVAL: Duration = Duration::from_secs(5);
/// ...and after how much silence it is taken for dead.
const PING_TIMEOUT: Duration = Duration::from_secs(15);
/// Bounds of both.
const PING_RANGE: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(60));
/// A server that is asked to go on does so at once, or not at all.
const FIRST_FRAME_TIMEOUT: Duration = Duration::from_secs(5);
/// Whoever may publish again joins anew this much later, with a token that says so.
const PERMISSION_DELAY: Duration = Duration::from_millis(300);
/// A call begins anew at once, unless the last one lived no longer than this.
const MIN_RENEWAL_INTERVAL: Duration = Duration::from_secs(5);

pub(super) const ENTRY: DialectEntry = DialectEntry { name: "livekit", about, make };

fn about() -> About {
    About {
        title: "LiveKit, a server that forwards media (join, addTrack, offer, answer, trickle)",
        room: "the room of the access token; whoever runs the server can see and hear the call",
        report_allowlist: "join,participant,participants,otherParticipants,room,sid,identity,state,JOINING,JOINED,ACTIVE,\
            DISCONNECTED,tracks,source,CAMERA,MICROPHONE,SCREEN_SHARE,SCREEN_SHARE_AUDIO,AUDIO,VIDEO,muted,width,height,\
            simulcast,layers,quality,LOW,MEDIUM,HIGH,OFF,bitrate,ssrc,rid,mid,mimeType,codecs,cid,stream,version,permission,\
            canSubscribe,canPublish,canPublishData,isPublisher,disconnectReason,subscriberPrimary,pingTimeout,pingInterval,\
            serverInfo,protocol,trickle,candidateInit,target,PUBLISHER,SUBSCRIBER,final,midToTrackId,addTrack,track,\
            trackPublished,trackUnpublished,trackSid,trackSubscribed,update,mute,leave,action,RESUME,RECONNECT,canReconnect,\
            CLIENT_INITIATED,DUPLICATE_IDENTITY,SERVER_SHUTDOWN,PARTICIPANT_REMOVED,ROOM_DELETED,STATE_MISMATCH,\
            JOIN_FAILURE,MIGRATION,SIGNAL_CLOSE,ROOM_CLOSED,CONNECTION_TIMEOUT,MEDIA_FAILURE,reconnect,syncState,\
            subscription,subscribe,publishTracks,speakersChanged,speakers,level,active,roomUpdate,connectionQuality,updates,\
            participantSid,POOR,GOOD,EXCELLENT,LOST,score,streamStateUpdate,streamStates,PAUSED,subscribedQualityUpdate,\
            subscribedQualities,subscribedCodecs,qualities,enabled,codec,subscriptionPermissionUpdate,allowed,refreshToken,\
            mediaSectionsRequirement,numAudios,numVideos,pingReq,pongResp,timestamp,lastPingTimestamp,pong,requestResponse,roomMoved,token,participant_token,\
            participantToken,server_url,serverUrl",
    }
}

fn make(options: Options) -> BoxedDialect {
    Box::new(LiveKit::new(options))
}

struct LiveKit {
    access: Access,
    path: Path,
    /// The offer that goes with the next request to join.
    offer: Option<EarlyOffer>,
    open: bool,
    /// Whether the server has said anything on this socket.
    heard: bool,
    /// What we send, once the person wants to be in the room.
    wanted: Option<MediaState>,
    /// The room that we are in, as far as we know.
    call: Option<Call>,
    /// When the call is to begin anew.
    renew_at: Option<Timestamp>,
    /// When the last call began anew.
    renewed_at: Option<Timestamp>,
    /// How many calls there were: the peer connections of each have an epoch of their own.
    connections_made: u32,
    ping_interval: Duration,
    ping_timeout: Duration,
    ping_at: Option<Timestamp>,
    /// The server is taken for dead then.
    silent_at: Option<Timestamp>,
}

impl LiveKit {
    fn new(options: Options) -> Self {
        let firefox = options.user_agent.split(' ').any(|product| product.starts_with("Firefox/"));
        Self {
            path: if firefox { Path::Dual } else { Path::Single },
            access: Access::new(options),
            offer: None,
            open: false,
            heard: false,
            wanted: None,
            call: None,
            renew_at: None,
            renewed_at: None,
            connections_made: 0,
            ping_interval: PING_INTERVAL,
            ping_timeout: PING_TIMEOUT,
            ping_at: None,
            silent_at: None,
        }
    }

    fn opened(&mut self, now: Timestamp) {
        self.open = true;
        self.heard = false;
        self.ping_at = None;
        self.silent_at = Some(now + FIRST_FRAME_TIMEOUT);
    }

    fn closed(&mut self, out: &mut Vec<DialectOutput>) {
        if self.open && !self.heard && self.silent_at.is_some() && self.call.take().is_some() {
            // What a server says first it always says, so it has been lost: Firefox drops what comes at the same time as the end.
            // Whoever is taken up again is not hung up on, so we are to join anew.
            out.push(DialectOutput::UrlChanged);
        } else if !self.heard {
            self.on_unheard(out);
        }
        self.open = false;
        self.heard = false;
        self.ping_at = None;
        self.silent_at = None;
        self.renew_at = None;
        if let Some(call) = &mut self.call {
            call.interrupted();
        }
    }

    /// The server has not said anything on the last socket.
    fn on_unheard(&mut self, out: &mut Vec<DialectOutput>) {
        match self.path {
            Path::Single if self.call.is_none() && self.wanted.is_some() => {
                (self.path, self.offer) = (Path::DualForNow, None);
                return out.push(DialectOutput::UrlChanged);
            }
            Path::DualForNow => self.path = Path::Single,
            Path::Single | Path::Dual => {}
        }
        // Perhaps another server of the same deployment is there.
        self.access.next_server();
    }

    fn send(&mut self, now: Timestamp, outbound: Outbound, out: &mut Vec<DialectOutput>) {
        match outbound {
            Outbound::Join { room, name, media, offers } => {
                if !self.open {
                    let offer = offers.into_iter().next();
                    self.offer = offer.map(|join| EarlyOffer::new(join.offer, media));
                }
                self.access.enter(&room, &name);
                self.wanted = Some(media);
                if let Some(call) = &mut self.call {
                    call.set_media(media);
                }
            }
            Outbound::Leave => {
                if self.open {
                    let mut leave = Fields::default();
                    leave.text("reason", "CLIENT_INITIATED");
                    out.push(request("leave", leave));
                }
                self.wanted = None;
                self.offer = None;
                self.call = None;
            }
            Outbound::TrackSettings { publisher, settings } => {
                if let Some(call) = &mut self.call {
                    call.show(publisher, settings, out);
                }
            }
            // Nobody hears what is said meanwhile.
            _ if !self.open => {}
            Outbound::Negotiation(Negotiation { remote: Remote::Server(id), epoch, message }) => {
                self.send_negotiation(id, epoch, &message, out);
            }
            Outbound::Sfu(id, request) => self.on_request(now, id, request, out),
            Outbound::MediaState(media) => {
                if let Some(call) = &mut self.call {
                    call.announce(media, out);
                }
            }
            Outbound::PeerMessage { to, text } => {
                if let Some(call) = &mut self.call {
                    call.send_message(&to, &text, out);
                }
            }
            // It takes no offers for others, and names no servers before somebody has joined.
            Outbound::Negotiation(_) | Outbound::Deposit(_) | Outbound::Preflight => {}
        }
    }

    fn send_negotiation(
        &mut self,
        id: SfuConnectionId,
        epoch: u32,
        message: &NegotiationMessage,
        out: &mut Vec<DialectOutput>,
    ) {
        let Some(call) = self.call.as_mut().filter(|call| call.epoch() == epoch) else { return };
        match message {
            NegotiationMessage::Description(description) => call.send_description(id, description, out),
            NegotiationMessage::Candidate(candidate) => call.send_candidate(id, candidate.as_ref(), out),
        }
    }

    fn join_query(&self, resumed: Option<&str>) -> String {
        match &self.offer {
            Some(offer) => self.access.join_query(&offer.request),
            None => self.access.join_query(&join_request(resumed, None)),
        }
    }

    /// A connection to the server is broken. There is no request for an offer with new ICE credentials, but whoever comes back
    /// with another socket is given one. Nor can one of the two connections begin anew: both do, and everything with them.
    fn on_request(
        &mut self,
        now: Timestamp,
        id: SfuConnectionId,
        request: SfuRequest,
        out: &mut Vec<DialectOutput>,
    ) {
        let Some(call) = &mut self.call else { return };
        match request {
            SfuRequest::RestartIce if call.restarts_ice(now, id) => {}
            SfuRequest::RestartIce => out.push(DialectOutput::UrlChanged),
            SfuRequest::Rebuild => self.begin_anew(now, out),
        }
    }

    /// What the server knows of us is of no use any more: we join once more, on another socket.
    fn begin_anew(&mut self, now: Timestamp, out: &mut Vec<DialectOutput>) {
        let soon = self.renewed_at.is_some_and(|at| now < at + MIN_RENEWAL_INTERVAL);
        // Whoever is sent away again at once, or before they were in, has to wait a little, or it would never end.
        let waits = self.call.take().is_none() || soon;
        self.renewed_at = Some(now);
        out.push(if waits { DialectOutput::ServerSilent } else { DialectOutput::UrlChanged });
    }

    fn timeout(&mut self, now: Timestamp, out: &mut Vec<DialectOutput>) {
        if self.silent_at.is_some_and(|at| at <= now) {
            self.silent_at = None;
            return out.push(DialectOutput::ServerSilent);
        }
        if self.renew_at.take_if(|at| *at <= now).is_some() {
            return self.begin_anew(now, out);
        }
        if self.ping_at.is_some_and(|at| at <= now) {
            self.ping_at = Some(now + self.ping_interval);
            let mut ping = Fields::default();
            ping.text("timestamp", &now.as_millis().to_string());
            out.push(request("pingReq", ping));
        }
    }
}

fn decode(frame: &[u8]) -> String {
    wire::response_text(frame).unwrap_or_default()
}

fn encode(frame: &str) -> Vec<u8> {
    wire::request_bytes(frame).unwrap_or_default()
}

/// A `SignalRequest`.
fn request(kind: &str, body: impl Into<Json>) -> DialectOutput {
    let mut request = Fields::default();
    request.put(kind, body);
    DialectOutput::Frame(request.encode())
}

fn signal(signal: Inbound, out: &mut Vec<DialectOutput>) {
    out.push(DialectOutput::Signal(signal));
}

fn reject(rejection: Rejection, out: &mut Vec<DialectOutput>) {
    signal(Inbound::Server(ServerSignal::Rejected(rejection)), out);
}

impl Dialect for LiveKit {
    fn endpoint(&self) -> Endpoint {
        let resumed = self.call.as_ref().map(|call| call.sid());
        let (path, query) = match self.path.peer_connections() {
            PeerConnections::Single => ("/v1", self.join_query(resumed)),
            PeerConnections::Dual => ("", self.access.query(resumed)),
        };
        Endpoint {
            query,
            token_request: self.access.token_request(),
            binary: Some(BinaryFrames { decode, encode }),
            ..Endpoint::new([self.access.url(), path].concat())
        }
    }

    fn probe(&self) -> Option<Probe> {
        Some(Probe { url: self.access.probe_url(), expects: Expects::Success })
    }

    fn joins_by_opening(&self) -> bool {
        true
    }

    fn early_offers(&self) -> EarlyOffers {
        match self.path {
            Path::Single if self.call.is_none() => EarlyOffers::WithJoin,
            Path::Single | Path::DualForNow | Path::Dual => EarlyOffers::Unsupported,
        }
    }

    fn first_connection(&self) -> Option<SfuConnection> {
        let epoch = self.connections_made + 1;
        Some(first_connection(self.path.peer_connections(), epoch, FIRST_RECEIVERS))
    }

    fn data_channels(&self) -> Option<SfuDataChannels> {
        Some(DATA_CHANNELS)
    }

    fn carries_peer_messages(&self) -> bool {
        self.call.as_ref().is_none_or(Call::may_publish_data)
    }

    fn handle(&mut self, now: Timestamp, input: DialectInput, out: &mut Vec<DialectOutput>) {
        match input {
            DialectInput::Opened => self.opened(now),
            DialectInput::Closed => self.closed(out),
            DialectInput::TokenResponse { status, body } => {
                if let Err(rejection) = self.access.on_token_response(status, &body) {
                    reject(rejection, out);
                }
            }
            DialectInput::Send(outbound) => self.send(now, outbound, out),
            DialectInput::Frame(_) | DialectInput::Timeout if !self.open => {}
            DialectInput::Frame(frame) if frame.len() > MAX_FRAME_BYTES => {
                out.push(DialectOutput::Invalid("a frame is too long".to_owned()));
            }
            DialectInput::Frame(frame) => self.on_frame(now, &frame, out),
            DialectInput::ChannelMessage(message) => {
                if let Some(call) = &self.call {
                    call.on_message(&message, out);
                }
            }
            DialectInput::HangUpChannelClosed(_) => {}
            DialectInput::Timeout => self.timeout(now, out),
        }
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        [self.ping_at, self.silent_at, self.renew_at].into_iter().flatten().min().filter(|_| self.open)
    }
}
