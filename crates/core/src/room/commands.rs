//! What a person asks for.

use visavis_signaling::limits::{MAX_NAME_CHARS, MAX_ROOM_CHARS};
use visavis_signaling::text::clean;
use visavis_signaling::{JoinOffer, Outbound, RejectCode, Rejection, Source, Timestamp};

use super::Room;
use crate::input::Command;
use crate::peer_message::PeerMessage;
use crate::view::Lifecycle;

impl Room {
    pub(super) fn on_command(&mut self, now: Timestamp, command: Command) {
        match command {
            Command::EnterLobby => self.enter_lobby(now),
            Command::Join { room, name } => self.join(now, &room, &name),
            Command::Leave => self.leave(now),
            Command::SetSource { source, on } => self.set_source(source, on),
            Command::SetDevices(settings) => self.media.set_devices(&settings, &mut self.out),
            Command::SetTrackSettings { participant, source, settings } => {
                self.set_track_settings(participant, source, settings);
            }
            Command::Preflight(true) => self.begin_preflight(now),
            Command::Preflight(false) => self.preflight.end(&mut self.out),
            Command::Trace(on) => self.signal_client.set_trace(on),
            Command::SendChat(text) => self.send_chat(now, &text),
            Command::MarkChatRead => self.mark_chat_read(now),
            Command::SetHandRaised(raised) => self.set_hand_raised(now, raised),
            Command::SetRecording(recording) => self.set_recording(now, recording),
            Command::SendReaction(reaction) => self.send_reaction(now, reaction),
            Command::File(command) => self.on_file_command(now, command),
            Command::SetDetails(participant) => self.set_details(participant),
            Command::UseFallback
                if matches!(self.session.lifecycle, Lifecycle::Lobby | Lifecycle::Joining) =>
            {
                self.signal_client.fall_back(now, &mut self.out);
            }
            Command::UseFallback => {}
            Command::RetryNow => {
                self.signal_client.retry(now, &mut self.out);
                self.probe_again_in_lobby(now);
            }
        }
    }

    fn enter_lobby(&mut self, now: Timestamp) {
        if self.session.lifecycle.in_call() {
            return;
        }
        if self.session.lifecycle == Lifecycle::Joining {
            self.send_leave(now);
            self.signal_client.close(now, &mut self.out);
        }
        self.session.lifecycle = Lifecycle::Lobby;
        self.session.rejection = None;
        self.media.open(&mut self.out);
        self.signal_client.open(now, &mut self.out);
        self.webrtc_support.begin(now, &mut self.out);
    }

    fn join(&mut self, now: Timestamp, room: &str, name: &str) {
        if self.session.lifecycle.in_call() || self.session.lifecycle == Lifecycle::Joining {
            return;
        }
        self.session.room = clean(room, MAX_ROOM_CHARS);
        self.session.name = clean(name, MAX_NAME_CHARS);
        if self.session.room.is_empty() {
            let text = "A room needs a name.".to_owned();
            self.session.rejection = Some(Rejection { code: RejectCode::BadRequest, text, closes: false });
            return;
        }
        self.session.rejection = None;
        self.session.lifecycle = Lifecycle::Joining;
        self.media.open(&mut self.out);
        self.measure_opening(now);
        self.prepare_offer(now);
        self.open_to_join(now);
    }

    /// Says, or has the link say, that we want to be in the room. Where the offer goes with the opening of the socket, that waits
    /// until the browser has made it: it takes less time than another exchange.
    pub(super) fn open_to_join(&mut self, now: Timestamp) {
        if self.signal_client.is_open() {
            self.send_join(now);
        } else if !self.awaits_join_offer() {
            let offers =
                if self.signal_client.joins_by_opening() { self.join_offers(now) } else { Vec::new() };
            let join = self.join_message(offers);
            self.signal_client.begin_join(now, join, &mut self.out);
            self.signal_client.open(now, &mut self.out);
            self.signal_client.reconnect_now(now, &mut self.out);
        }
    }

    pub(super) fn send_join(&mut self, now: Timestamp) {
        self.session.announced_media = self.media.state();
        let offers = self.join_offers(now);
        let join = self.join_message(offers);
        self.signal_client.send(now, join, &mut self.out);
    }

    fn join_message(&self, offers: Vec<JoinOffer>) -> Outbound {
        let (room, name) = (self.session.room.clone(), self.session.name.clone());
        Outbound::Join { room, name, media: self.media.state(), offers }
    }

    fn leave(&mut self, now: Timestamp) {
        if self.signal_client.carries_peer_messages() {
            self.relay(now, PeerMessage::Leave.encode());
        }
        if self.session.lifecycle.in_call() || self.session.lifecycle == Lifecycle::Joining {
            self.send_leave(now);
        }
        // The server may be out of reach.
        for (_, connection) in self.connections.iter() {
            connection.send_leave(&mut self.out);
        }
        self.leave_room(now, None);
    }

    /// Also while joining: `join` may have been sent, and nobody should wait for somebody who turned back.
    fn send_leave(&mut self, now: Timestamp) {
        self.signal_client.send(now, Outbound::Leave, &mut self.out);
    }

    /// Out of the room, by choice or because the server said so.
    pub(super) fn leave_room(&mut self, now: Timestamp, rejection: Option<Rejection>) {
        self.session.lifecycle = Lifecycle::Left;
        self.session.rejection = rejection;
        self.remove_everyone();
        self.signal_client.close(now, &mut self.out);
        self.media.close(&mut self.out);
        self.webrtc_support.end(&mut self.out);
        self.session.id = None;
    }

    pub(super) fn set_source(&mut self, source: Source, on: bool) {
        if self.session.lifecycle == Lifecycle::Left {
            return self.media.set_wanted(source, on);
        }
        let before = self.media.tracks();
        if on && source == Source::Camera && self.camera_is_stalled() {
            // To try it again is to open it again.
            self.media.set(source, false, &mut self.out);
        }
        self.media.set(source, on, &mut self.out);
        self.replace_tracks(&before);
    }
}
