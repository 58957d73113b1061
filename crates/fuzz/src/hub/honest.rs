//! A client of our own, and whom it believes to be in the room.

use std::collections::BTreeSet;

use visavis_hub::{ClientId, participant_id};
use visavis_signaling::dialects::visavis::Visavis;
use visavis_signaling::limits::MAX_ROOM_CHARS;
use visavis_signaling::text::clean;
use visavis_signaling::{
    Dialect, DialectInput, DialectOutput, Inbound, MediaState, Outbound, ParticipantId, RejectCode,
    RosterSignal, SdpType, ServerSignal, SessionDescription, Source, Timestamp,
};

use crate::script::sdp;

pub(super) struct HonestClient {
    secret: String,
    dialect: Visavis,
    /// Where it was last.
    room: String,
    pub(super) connection: Option<ClientId>,
    pub(super) joined: bool,
    pub(super) roster: BTreeSet<ParticipantId>,
}

impl HonestClient {
    pub(super) fn new(number: u32) -> Self {
        let secret = participant_id(&format!("the secret of {number}")).to_string();
        Self {
            dialect: Visavis::new("ws://server", &secret).with_session(format!("page{number}")),
            secret,
            room: String::new(),
            connection: None,
            joined: false,
            roster: BTreeSet::new(),
        }
    }

    pub(super) fn id(&self) -> ParticipantId {
        participant_id(&self.secret)
    }

    pub(super) fn join(&mut self, now: Timestamp, connection: ClientId, room: &str) -> Vec<String> {
        let room = clean(&["r", room].concat(), MAX_ROOM_CHARS);
        if room != self.room {
            // As a room does it, also without a socket: what is over is not taken up.
            self.leave(now);
            self.room.clone_from(&room);
        }
        self.connection = Some(connection);
        self.input(now, DialectInput::Opened);
        self.send(
            now,
            Outbound::Join { room, name: "Ann".into(), media: MediaState::default(), offers: Vec::new() },
        )
    }

    pub(super) fn leave(&mut self, now: Timestamp) -> Vec<String> {
        self.joined = false;
        self.send(now, Outbound::Leave)
    }

    pub(super) fn preflight(&mut self, now: Timestamp) -> Vec<String> {
        self.send(now, Outbound::Preflight)
    }

    pub(super) fn media(&mut self, now: Timestamp) -> Vec<String> {
        self.send_if_joined(now, Outbound::MediaState(MediaState::from([Source::Camera])))
    }

    pub(super) fn offer(&mut self, now: Timestamp, to: &ParticipantId) -> Vec<String> {
        let description = SessionDescription { sdp_type: SdpType::Offer, sdp: sdp('a') };
        self.send_if_joined(now, Outbound::description(to.clone(), 0, description))
    }

    pub(super) fn closed(&mut self, now: Timestamp) {
        self.connection = None;
        self.joined = false;
        self.input(now, DialectInput::Closed);
    }

    fn send_if_joined(&mut self, now: Timestamp, outbound: Outbound) -> Vec<String> {
        if self.joined { self.send(now, outbound) } else { Vec::new() }
    }

    fn send(&mut self, now: Timestamp, outbound: Outbound) -> Vec<String> {
        self.input(now, DialectInput::Send(outbound))
    }

    /// One input for its dialect; gives what it sends.
    pub(super) fn input(&mut self, now: Timestamp, input: DialectInput) -> Vec<String> {
        let mut out = Vec::new();
        self.dialect.handle(now, input, &mut out);
        let mut frames = Vec::new();
        for output in out {
            match output {
                DialectOutput::Frame(frame) => frames.push(frame),
                DialectOutput::Signal(signal) => self.on_signal(signal),
                DialectOutput::Invalid(why) => unreachable!("our own server said {why}"),
                DialectOutput::ServerSilent | DialectOutput::UrlChanged => {}
            }
        }
        frames
    }

    fn on_signal(&mut self, signal: Inbound) {
        match signal {
            Inbound::Server(ServerSignal::Joined(joined)) => {
                self.joined = true;
                self.roster = joined.participants.into_iter().map(|info| info.id).collect();
            }
            Inbound::Server(ServerSignal::Resumed { .. }) => self.joined = true,
            Inbound::Roster(RosterSignal::Joined(info) | RosterSignal::Resumed(info)) => {
                if info.id != self.id() {
                    self.roster.insert(info.id);
                }
            }
            Inbound::Roster(RosterSignal::Left(id) | RosterSignal::Lost(id)) => {
                self.roster.remove(&id);
            }
            Inbound::Server(ServerSignal::Rejected(rejection)) => self.on_rejected(rejection.code),
            Inbound::Server(
                ServerSignal::IceServers(_) | ServerSignal::Muted(_) | ServerSignal::Unanswered,
            )
            | Inbound::Roster(RosterSignal::MediaState { .. })
            | Inbound::Negotiation(_)
            | Inbound::Exchanged(_)
            | Inbound::Sfu(_) => {}
        }
    }

    /// A room may be full, and somebody may have left; but nobody can make the hub say anything worse to the honest.
    fn on_rejected(&mut self, code: RejectCode) {
        let expected = [
            RejectCode::RoomFull,
            RejectCode::SeatKept,
            RejectCode::ServerFull,
            RejectCode::UnknownParticipant,
            RejectCode::AlreadyJoined,
            RejectCode::NotJoined,
        ];
        assert!(expected.contains(&code), "an honest client was told {}", code.as_str());
    }
}
