//! Our own dialect: small JSON messages in text frames, described for outsiders in `docs/signaling-protocol.md`.

pub mod messages;
mod session;

use std::time::Duration;

use self::messages::{
    ClientMessage, IceServerList, Join, LeaveReason, Participant, ServerMessage, VERSION, Welcome,
};
use self::session::Session;
use super::{About, BoxedDialect, DialectEntry, Options};
use crate::dialect::{Dialect, DialectInput, DialectOutput, Endpoint};
use crate::offers::{EarlyOffers, ExchangedOffer};
use crate::rejection::{RejectCode, Rejection};
use crate::signal::{
    IceServers, Inbound, Joined, Negotiation, NegotiationMessage, Offerer, Outbound, ParticipantInfo, Remote,
    RosterSignal, ServerSignal,
};
use crate::time::Timestamp;

/// Its name in the list.
pub const NAME: &str = "visavis";

pub(super) const ENTRY: DialectEntry = DialectEntry { name: NAME, about, make };

pub(super) fn about() -> About {
    About {
        title: "Visavis' own server",
        room: "any name",
        report_allowlist: "joined,participant-joined,participant-left,ice-servers,ping,left,gone,participant,participants,version,capacity,heartbeat,resumed,heard,session,text,closes,servers,expiresIn,offers,given,offer,exchanged",
    }
}

fn make(options: Options) -> BoxedDialect {
    Box::new(Visavis::new(options.url, options.identity).with_session(options.page))
}

/// A server that misses this many heartbeats in a row is taken for dead.
const MISSED_HEARTBEATS: u32 = 3;

/// The `visavis` dialect, client side.
#[derive(Debug)]
pub struct Visavis {
    endpoint: Endpoint,
    identity: String,
    /// Silence after which the server is taken for dead; `None` until its `joined` has named the heartbeat.
    silence_timeout: Option<Duration>,
    /// When the last frame came; `None` before the first.
    last_message_at: Option<Timestamp>,
    /// `None` if lost connections are not resumed.
    session: Option<Session>,
    /// `join` was sent, and not yet answered.
    joining: bool,
    /// It asked to resume the session.
    resuming: bool,
    /// Whether the server takes offers with `join`, once it has said so on this socket.
    accepts_offers: Option<bool>,
}

impl Visavis {
    /// A client of the server at `url`. `identity` is the secret that makes us the same participant again after a
    /// reconnect: at least [`MIN_IDENTITY_BYTES`](crate::limits::MIN_IDENTITY_BYTES) from a cryptographic random source.
    pub fn new(url: impl Into<String>, identity: impl Into<String>) -> Self {
        let endpoint = Endpoint::new(url);
        Self {
            endpoint,
            identity: identity.into(),
            silence_timeout: None,
            last_message_at: None,
            session: None,
            joining: false,
            resuming: false,
            accepts_offers: None,
        }
    }

    /// Lets the session resume after a lost connection. `page` must be different each time a page is
    /// loaded, though the identity may be the same: it tells the others that all connections are lost.
    pub fn with_session(self, page: impl Into<String>) -> Self {
        Self { session: Some(Session::new(page.into())), ..self }
    }

    fn on_frame(&mut self, frame: &str, out: &mut Vec<DialectOutput>) {
        match ServerMessage::decode(frame) {
            Ok(Some(message)) => {
                self.update_session(&message, out);
                out.push(self.on_server_message(message));
            }
            Ok(None) => {}
            Err(error) => out.push(DialectOutput::Invalid(error.to_string())),
        }
    }

    /// Counts the message for the session; when that is resumed, sends again what the server has not received.
    fn update_session(&mut self, message: &ServerMessage, out: &mut Vec<DialectOutput>) {
        let Some(session) = &mut self.session else { return };
        match message {
            ServerMessage::Joined(Welcome { resumed: Some(received), .. })
                if self.joining && self.resuming =>
            {
                session.acknowledge(*received);
                out.extend(session.unacknowledged().iter().cloned().map(DialectOutput::Frame));
            }
            ServerMessage::Joined(_) if self.joining => session.begin(),
            ServerMessage::Error { code, closes: true, .. } => {
                session.forbid_resume();
                if RejectCode::from_name(code).is_final() {
                    session.begin_next_call();
                }
            }
            ServerMessage::ParticipantJoined { .. }
            | ServerMessage::ParticipantLeft { .. }
            | ServerMessage::Description { .. }
            | ServerMessage::Candidate { .. }
            | ServerMessage::Media { .. } => session.count_received(),
            ServerMessage::Joined(_)
            | ServerMessage::IceServers { .. }
            | ServerMessage::Error { .. }
            | ServerMessage::Ping { received: None } => {}
            ServerMessage::Ping { received: Some(received) } => session.acknowledge(*received),
        }
    }

    fn on_server_message(&mut self, message: ServerMessage) -> DialectOutput {
        let signal = match message {
            ServerMessage::Ping { .. } => {
                let received = self.session.as_ref().and_then(Session::received);
                return DialectOutput::Frame(ClientMessage::Pong { received }.encode());
            }
            ServerMessage::Joined(welcome) => self.on_joined(welcome),
            ServerMessage::ParticipantJoined { participant, resumed: true } => {
                Inbound::Roster(RosterSignal::Resumed(participant_info(participant, Offerer::Them)))
            }
            ServerMessage::ParticipantJoined { participant, resumed: false } => {
                Inbound::Roster(RosterSignal::Joined(participant_info(participant, Offerer::Them)))
            }
            ServerMessage::ParticipantLeft { id, reason: LeaveReason::Left } => {
                Inbound::Roster(RosterSignal::Left(id))
            }
            ServerMessage::ParticipantLeft { id, reason: LeaveReason::Gone } => {
                Inbound::Roster(RosterSignal::Lost(id))
            }
            ServerMessage::Description { from, epoch, description: offer, exchanged: Some(deposit) } => {
                Inbound::Exchanged(ExchangedOffer { from, epoch, offer, deposit })
            }
            ServerMessage::Description { from, epoch, description, exchanged: None } => {
                Inbound::description(from, epoch, description)
            }
            ServerMessage::Candidate { from, epoch, candidate } => Inbound::candidate(from, epoch, candidate),
            ServerMessage::Media { from, media } => Inbound::Roster(RosterSignal::MediaState { from, media }),
            ServerMessage::IceServers { list, accepts_offers } => {
                self.accepts_offers = Some(accepts_offers);
                Inbound::Server(ServerSignal::IceServers(ice_servers(list)))
            }
            ServerMessage::Error { code, text, closes } => {
                Inbound::Server(ServerSignal::Rejected(Rejection {
                    code: RejectCode::from_name(&code),
                    text,
                    closes,
                }))
            }
        };
        DialectOutput::Signal(signal)
    }

    fn on_joined(&mut self, welcome: Welcome) -> Inbound {
        self.accepts_offers = Some(welcome.accepts_offers);
        self.silence_timeout = (welcome.heartbeat > 0)
            .then(|| Duration::from_secs(u64::from(welcome.heartbeat.min(3600) * MISSED_HEARTBEATS)));
        if std::mem::take(&mut self.joining) && self.resuming && welcome.resumed.is_some() {
            return Inbound::Server(ServerSignal::Resumed {
                ice_servers: welcome.ice_servers.map(ice_servers),
            });
        }
        let participants =
            welcome.participants.into_iter().map(|p| participant_info(p, Offerer::Us)).collect();
        Inbound::Server(ServerSignal::Joined(Joined {
            id: welcome.id,
            participants,
            ice_servers: welcome.ice_servers.map(ice_servers),
            capacity: (welcome.capacity > 0).then_some(welcome.capacity),
            room: None,
            given_offers: welcome.given_offers,
        }))
    }

    /// The frame of an outbound signal, added to the backlog if it counts.
    pub(super) fn frame(&mut self, outbound: Outbound) -> Option<String> {
        if matches!(outbound, Outbound::Join { .. }) {
            self.joining = true;
            self.session.iter_mut().for_each(Session::count_attempt);
            self.resuming = self.session.as_ref().is_some_and(|session| session.received().is_some());
        }
        let leaves = matches!(outbound, Outbound::Leave);
        let message = self.to_message(outbound)?;
        let frame = message.encode();
        match &mut self.session {
            Some(session) if leaves => session.begin_next_call(),
            Some(session) if message.counts() => session.record_sent(&frame),
            Some(_) | None => {}
        }
        Some(frame)
    }

    /// The message of an outbound signal; `None` for those that only selective forwarding units have.
    fn to_message(&self, outbound: Outbound) -> Option<ClientMessage> {
        Some(match outbound {
            Outbound::Join { room, name, media, offers } => ClientMessage::Join(Join {
                version: VERSION,
                room,
                name,
                identity: self.identity.clone(),
                media,
                session: self.session.as_ref().map(Session::claim),
                offers,
            }),
            Outbound::Negotiation(Negotiation { remote: Remote::Participant(to), epoch, message }) => {
                match message {
                    NegotiationMessage::Description(description) => {
                        ClientMessage::Description { to, epoch, description }
                    }
                    NegotiationMessage::Candidate(candidate) => {
                        ClientMessage::Candidate { to, epoch, candidate }
                    }
                }
            }
            Outbound::Negotiation(Negotiation { remote: Remote::Server(_), .. })
            | Outbound::Sfu(..)
            | Outbound::TrackSettings { .. }
            | Outbound::PeerMessage { .. } => return None,
            Outbound::Deposit(deposit) => ClientMessage::Deposit(deposit),
            Outbound::MediaState(media) => ClientMessage::Media { media },
            Outbound::Leave => ClientMessage::Leave,
            Outbound::Preflight => ClientMessage::Preflight,
        })
    }
}

impl Dialect for Visavis {
    fn endpoint(&self) -> Endpoint {
        self.endpoint.clone()
    }

    fn handle(&mut self, now: Timestamp, input: DialectInput, out: &mut Vec<DialectOutput>) {
        match input {
            DialectInput::Opened | DialectInput::Closed => {
                self.silence_timeout = None;
                self.joining = false;
                self.accepts_offers = None;
            }
            DialectInput::Frame(frame) => {
                self.last_message_at = Some(now);
                self.on_frame(&frame, out);
            }
            DialectInput::Send(outbound) => out.extend(self.frame(outbound).map(DialectOutput::Frame)),
            // Whoever leaves sends `leave`.
            DialectInput::HangUpChannelClosed(_)
            | DialectInput::ChannelMessage(_)
            | DialectInput::TokenResponse { .. } => {}
            DialectInput::Timeout => {
                if self.poll_timeout().is_some_and(|at| at <= now) {
                    self.silence_timeout = None;
                    out.push(DialectOutput::ServerSilent);
                }
            }
        }
    }

    fn early_offers(&self) -> EarlyOffers {
        match self.accepts_offers {
            None => EarlyOffers::Unknown,
            Some(true) => EarlyOffers::Accepted,
            Some(false) => EarlyOffers::Unsupported,
        }
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        Some(self.last_message_at? + self.silence_timeout?)
    }
}

fn participant_info(participant: Participant, offerer: Offerer) -> ParticipantInfo {
    let Participant { id, name, media, session } = participant;
    ParticipantInfo { id, name, media: Some(media), offerer, session }
}

fn ice_servers(list: IceServerList) -> IceServers {
    let expires_in = list.expires_in.map(|seconds| Duration::from_secs(u64::from(seconds)));
    IceServers { servers: list.servers, expires_in }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(dialect: &mut Visavis, at: u64, input: DialectInput) -> Vec<DialectOutput> {
        let mut out = Vec::new();
        dialect.handle(Timestamp::from_millis(at), input, &mut out);
        out
    }

    fn welcome(heartbeat: u32) -> String {
        format!(
            r#"{{"type":"joined","id":"a","room":"r","capacity":8,"heartbeat":{heartbeat},"participants":[]}}"#
        )
    }

    #[test]
    fn answers_a_ping() {
        let mut dialect = Visavis::new("ws://x", "s".repeat(32));
        let out = step(&mut dialect, 0, DialectInput::Frame(r#"{"type":"ping"}"#.into()));
        assert_eq!(out, [DialectOutput::Frame(r#"{"type":"pong"}"#.into())]);
    }

    #[test]
    fn notices_a_silent_server() {
        let mut dialect = Visavis::new("ws://x", "s".repeat(32));
        assert_eq!(dialect.poll_timeout(), None);
        step(&mut dialect, 1000, DialectInput::Frame(welcome(10)));
        assert_eq!(dialect.poll_timeout(), Some(Timestamp::from_millis(31_000)));
        assert_eq!(step(&mut dialect, 30_000, DialectInput::Timeout), []);
        assert_eq!(step(&mut dialect, 31_000, DialectInput::Timeout), [DialectOutput::ServerSilent]);
        assert_eq!(dialect.poll_timeout(), None);
    }

    #[test]
    fn garbage_changes_nothing() {
        let mut dialect = Visavis::new("ws://x", "s".repeat(32));
        for frame in ["", "{}", "[]", r#"{"type":7}"#, r#"{"type":"joined"}"#] {
            let out = step(&mut dialect, 0, DialectInput::Frame(frame.into()));
            assert!(matches!(out.as_slice(), [DialectOutput::Invalid(_)]), "{frame}: {out:?}");
        }
        assert_eq!(step(&mut dialect, 0, DialectInput::Frame(r#"{"type":"from-the-future"}"#.into())), []);
    }
}
