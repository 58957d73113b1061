//! Tabs of one browser, without any server: what one of them posts on a `BroadcastChannel`, all others hear.
//!
//! Every tab is to the others what our own server would be, so they speak its protocol (`docs/signaling-protocol.md`),
//! and each message also says `from` whom it comes, in which `room`, and `to` whom if it is not for all. Whoever says that
//! they joined is answered in kind, so both know each other. Of two, the one whose id sorts first offers. `media` is also
//! the sign of life: a tab that crashes says no goodbye.

use std::time::Duration;

use super::visavis::{self, Visavis};
use super::{About, BoxedDialect, DialectEntry, Options};
use crate::dialect::{Dialect, DialectInput, DialectOutput, Endpoint, Probe};
use crate::json::{self, Fields, Json};
use crate::limits::{MAX_FRAME_BYTES, MAX_PARTICIPANTS};
use crate::signal::{
    Inbound, Joined, MediaState, Negotiation, Offerer, Outbound, ParticipantId, ParticipantInfo,
    RosterSignal, ServerSignal,
};
use crate::time::Timestamp;

/// Its name in the list.
pub const NAME: &str = "tabs";
/// The scheme of URLs that name a channel between tabs, not a server.
pub const SCHEME: &str = "tab:";

const HEARTBEAT: Duration = Duration::from_secs(5);
/// Silence after which a tab is lost. Timers of hidden pages are late, but then the tile stays, because it plays.
const LOST_TAB_TIMEOUT: Duration = Duration::from_secs(15);

pub(super) const ENTRY: DialectEntry = DialectEntry { name: NAME, about, make };

fn about() -> About {
    About {
        title: "No server: the tabs of one browser",
        room: "any name",
        report_allowlist: visavis::about().report_allowlist,
    }
}

fn make(options: Options) -> BoxedDialect {
    Box::new(Tabs::new(options))
}

struct Tabs {
    /// Reads and writes the messages.
    codec: Visavis,
    id: String,
    page: String,
    room: String,
    name: String,
    media: MediaState,
    open: bool,
    /// When to give the next sign of life; there while we are in a room.
    heartbeat_at: Option<Timestamp>,
    others: Vec<Other>,
}

struct Other {
    info: ParticipantInfo,
    last_message_at: Timestamp,
    gone: bool,
}

impl Tabs {
    fn new(options: Options) -> Self {
        let (id, _) = options.ids();
        Self {
            codec: Visavis::new("", ""),
            id,
            page: options.page,
            room: String::new(),
            name: String::new(),
            media: MediaState::default(),
            open: false,
            heartbeat_at: None,
            others: Vec::new(),
        }
    }

    /// Posts a message in the room. `to` is for those that do not name it themselves.
    fn post(&self, message: &str, to: Option<&str>, out: &mut Vec<DialectOutput>) {
        let mut also = Fields::default();
        also.text("from", &self.id);
        also.text("room", &self.room);
        also.maybe_text("to", to);
        let (message, also) = (message.strip_suffix('}').unwrap_or(message), also.encode());
        let also = also.strip_prefix('{').unwrap_or(&also);
        out.push(DialectOutput::Frame([message, ",", also].concat()));
    }

    fn post_participant_joined(&self, to: Option<&str>, out: &mut Vec<DialectOutput>) {
        let mut participant = Fields::default();
        participant.text("id", &self.id);
        participant.text("name", &self.name);
        participant.put("media", self.media);
        participant.text("session", &self.page);
        let mut fields = Fields::of_type("participant-joined");
        fields.put("participant", participant);
        self.post(&fields.encode(), to, out);
    }

    fn send(&mut self, now: Timestamp, outbound: Outbound, out: &mut Vec<DialectOutput>) {
        match &outbound {
            Outbound::Join { room, name, media, offers: _ } => {
                (self.room, self.name, self.media) = (room.clone(), name.clone(), *media);
                self.heartbeat_at = Some(now + HEARTBEAT);
                self.post_participant_joined(None, out);
                // The room is joined as soon as we say so.
                return out.extend(self.joined().map(DialectOutput::Signal));
            }
            Outbound::Leave => {
                let mut fields = Fields::of_type("participant-left");
                fields.text("id", &self.id);
                fields.text("reason", "left");
                self.post(&fields.encode(), None, out);
                return self.leave_room();
            }
            // There is nobody to ask.
            Outbound::Preflight
            | Outbound::Sfu(..)
            | Outbound::TrackSettings { .. }
            | Outbound::Deposit(_)
            | Outbound::PeerMessage { .. } => return,
            Outbound::MediaState(media) => self.media = *media,
            Outbound::Negotiation(_) => {}
        }
        if let Some(frame) = self.codec.frame(outbound) {
            self.post(&frame, None, out);
        }
    }

    fn leave_room(&mut self) {
        self.heartbeat_at = None;
        self.others.clear();
    }

    fn joined(&self) -> Option<Inbound> {
        let id = ParticipantId::new(self.id.as_str())?;
        let joined = Joined {
            id,
            participants: Vec::new(),
            ice_servers: None,
            capacity: None,
            room: None,
            given_offers: Vec::new(),
        };
        Some(Inbound::Server(ServerSignal::Joined(joined)))
    }

    fn on_frame(&mut self, now: Timestamp, frame: String, out: &mut Vec<DialectOutput>) {
        let value = match json::parse(&frame) {
            Ok(value) => value,
            Err(error) => return out.push(DialectOutput::Invalid(error.to_string())),
        };
        let to = value.at("to");
        let directed = to.as_text() == Some(&self.id);
        // A server of our own takes no notice of capitals either.
        let same_room = |room: &str| room.eq_ignore_ascii_case(&self.room);
        let other_room = self.heartbeat_at.is_none() || !value.at("room").as_text().is_some_and(same_room);
        if other_room || !(directed || *to == Json::Null) {
            return;
        }
        let mut outputs = Vec::new();
        self.codec.handle(now, DialectInput::Frame(frame), &mut outputs);
        for output in outputs {
            match output {
                DialectOutput::Signal(signal) => self.on_signal(now, directed, signal, out),
                DialectOutput::Invalid(_) => out.push(output),
                // What only a server is answered, and what a codec never says: it has no socket.
                DialectOutput::Frame(_) | DialectOutput::ServerSilent | DialectOutput::UrlChanged => {}
            }
        }
    }

    fn on_signal(&mut self, now: Timestamp, directed: bool, signal: Inbound, out: &mut Vec<DialectOutput>) {
        match signal {
            Inbound::Roster(RosterSignal::Joined(info)) => self.enter(now, directed, info, out),
            Inbound::Roster(RosterSignal::Left(id)) => {
                let before = self.others.len();
                self.others.retain(|other| other.info.id != id);
                if self.others.len() < before {
                    out.push(DialectOutput::Signal(Inbound::Roster(RosterSignal::Left(id))));
                }
            }
            Inbound::Roster(RosterSignal::MediaState { from, media }) => {
                self.on_media_state(now, &from, media, out);
            }
            Inbound::Negotiation(Negotiation { ref remote, .. }) => {
                if self.others.iter().any(|other| remote.participant() == Some(&other.info.id)) {
                    out.push(DialectOutput::Signal(signal));
                }
            }
            // What only a server says.
            Inbound::Roster(RosterSignal::Lost(_) | RosterSignal::Resumed(_))
            | Inbound::Server(_)
            | Inbound::Exchanged(_)
            | Inbound::Sfu(_) => {}
        }
    }

    /// Somebody says that they are here. Unless we know, and they said it to us alone, they want to know of us too.
    fn enter(
        &mut self,
        now: Timestamp,
        directed: bool,
        mut info: ParticipantInfo,
        out: &mut Vec<DialectOutput>,
    ) {
        let before = self.others.iter().position(|other| other.info.id == info.id);
        let known = before.is_some_and(|at| self.others[at].info.session == info.session);
        if info.id.as_str() == self.id || (directed && known) {
            return;
        }
        let full = self.others.len() >= MAX_PARTICIPANTS;
        // Another life of theirs, or the place of somebody who is long lost.
        let over = before.or_else(|| self.others.iter().position(|other| other.gone).filter(|_| full));
        if full && over.is_none() {
            return;
        }
        if let Some(at) = over {
            let id = self.others.remove(at).info.id;
            out.push(DialectOutput::Signal(Inbound::Roster(RosterSignal::Left(id))));
        }
        if self.id.as_str() < info.id.as_str() {
            info.offerer = Offerer::Us;
        }
        self.post_participant_joined(Some(info.id.as_str()), out);
        out.push(DialectOutput::Signal(Inbound::Roster(RosterSignal::Joined(info.clone()))));
        self.others.push(Other { info, last_message_at: now, gone: false });
    }

    fn on_media_state(
        &mut self,
        now: Timestamp,
        from: &ParticipantId,
        media: MediaState,
        out: &mut Vec<DialectOutput>,
    ) {
        let Some(other) = self.others.iter_mut().find(|other| other.info.id == *from) else { return };
        other.last_message_at = now;
        if std::mem::take(&mut other.gone) {
            out.push(DialectOutput::Signal(Inbound::Roster(RosterSignal::Resumed(other.info.clone()))));
        }
        if other.info.media.replace(media) != Some(media) {
            out.push(DialectOutput::Signal(Inbound::Roster(RosterSignal::MediaState {
                from: from.clone(),
                media,
            })));
        }
    }

    fn timeout(&mut self, now: Timestamp, out: &mut Vec<DialectOutput>) {
        if self.heartbeat_at.is_none_or(|at| at > now) {
            return;
        }
        self.heartbeat_at = Some(now + HEARTBEAT);
        self.send(now, Outbound::MediaState(self.media), out);
        for other in self
            .others
            .iter_mut()
            .filter(|other| !other.gone && other.last_message_at + LOST_TAB_TIMEOUT <= now)
        {
            other.gone = true;
            out.push(DialectOutput::Signal(Inbound::Roster(RosterSignal::Lost(other.info.id.clone()))));
        }
    }
}

impl Dialect for Tabs {
    fn endpoint(&self) -> Endpoint {
        Endpoint::new([SCHEME, "visavis"].concat())
    }

    fn probe(&self) -> Option<Probe> {
        None
    }

    fn handle(&mut self, now: Timestamp, input: DialectInput, out: &mut Vec<DialectOutput>) {
        match input {
            DialectInput::Opened | DialectInput::Closed => {
                self.open = input == DialectInput::Opened;
                self.leave_room();
            }
            // Nobody hears what is said meanwhile.
            DialectInput::Frame(_) | DialectInput::Send(_) | DialectInput::Timeout if !self.open => {}
            DialectInput::Frame(frame) if frame.len() > MAX_FRAME_BYTES => {
                out.push(DialectOutput::Invalid("a frame is too long".to_owned()));
            }
            DialectInput::Frame(frame) => self.on_frame(now, frame, out),
            DialectInput::Send(outbound) => self.send(now, outbound, out),
            DialectInput::HangUpChannelClosed(_)
            | DialectInput::ChannelMessage(_)
            | DialectInput::TokenResponse { .. } => {}
            DialectInput::Timeout => self.timeout(now, out),
        }
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        self.heartbeat_at
    }
}
