//! What a person asks for.

use visavis_signaling::limits::{MAX_NAME_CHARS, MAX_ROOM_CHARS};
use visavis_signaling::text::clean;
use visavis_signaling::{Outbound, RejectCode, Rejection, Timestamp};

use super::Room;
use crate::input::{Command, Source};
use crate::view::Lifecycle;

impl Room {
    pub(super) fn command(&mut self, now: Timestamp, command: Command) {
        match command {
            Command::EnterLobby => self.enter_lobby(now),
            Command::Join { room, name } => self.join(now, &room, &name),
            Command::Leave => self.leave(now),
            Command::SetSource { source, on } => self.set_source(source, on),
            Command::Check(true) => self.begin_check(now),
            Command::Check(false) => self.check.end(&mut self.out),
            Command::Trace(on) => self.link.trace(on),
            Command::UseFallback if matches!(self.lifecycle, Lifecycle::Lobby | Lifecycle::Joining) => {
                self.link.fall_back(now, &mut self.out);
            }
            Command::UseFallback => {}
            Command::RetryNow => {
                self.link.ask_again(now, &mut self.out);
                self.search(now);
            }
        }
    }

    fn enter_lobby(&mut self, now: Timestamp) {
        if self.lifecycle.in_call() {
            return;
        }
        if self.lifecycle == Lifecycle::Joining {
            self.say_leave(now);
            self.link.close(now, &mut self.out);
        }
        self.lifecycle = Lifecycle::Lobby;
        self.rejection = None;
        self.media.open(&mut self.out);
        self.link.open(now, &mut self.out);
        self.trial.begin(now, &mut self.out);
    }

    fn join(&mut self, now: Timestamp, room: &str, name: &str) {
        if self.lifecycle.in_call() || self.lifecycle == Lifecycle::Joining {
            return;
        }
        self.room = clean(room, MAX_ROOM_CHARS);
        self.name = clean(name, MAX_NAME_CHARS);
        if self.room.is_empty() {
            let text = "A room needs a name.".to_owned();
            self.rejection = Some(Rejection { code: RejectCode::BadRequest, text, closes: false });
            return;
        }
        self.rejection = None;
        self.lifecycle = Lifecycle::Joining;
        self.media.open(&mut self.out);
        self.link.request();
        if self.link.is_open() {
            self.send_join(now);
        } else {
            self.link.open(now, &mut self.out);
            self.link.retry_now(now, &mut self.out);
        }
    }

    pub(super) fn send_join(&mut self, now: Timestamp) {
        self.told_media = self.media.state();
        let join =
            Outbound::Join { room: self.room.clone(), name: self.name.clone(), media: self.told_media };
        self.link.send(now, join, &mut self.out);
    }

    fn leave(&mut self, now: Timestamp) {
        if self.lifecycle.in_call() || self.lifecycle == Lifecycle::Joining {
            self.say_leave(now);
        }
        self.end(now, None);
    }

    /// Also while joining: `join` may have been sent, and nobody should wait for somebody who turned back.
    fn say_leave(&mut self, now: Timestamp) {
        self.link.send(now, Outbound::Leave, &mut self.out);
    }

    /// Out of the room, by choice or because the server said so.
    pub(super) fn end(&mut self, now: Timestamp, rejection: Option<Rejection>) {
        self.lifecycle = Lifecycle::Left;
        self.rejection = rejection;
        self.drop_everyone();
        self.link.close(now, &mut self.out);
        self.media.close(&mut self.out);
        self.trial.end(&mut self.out);
        self.id = None;
    }

    fn set_source(&mut self, source: Source, on: bool) {
        if self.lifecycle == Lifecycle::Left {
            return self.media.wish(source, on);
        }
        let before = self.local_tracks();
        if on && source == Source::Camera && self.camera_is_stalled() {
            // To try it again is to open it again.
            self.media.set(source, false, &mut self.out);
        }
        self.media.set(source, on, &mut self.out);
        self.send_tracks(before);
    }
}
