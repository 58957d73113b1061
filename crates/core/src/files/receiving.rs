//! Files of the others: what they offer, and what we receive of it.

use visavis_signaling::{ParticipantId, Timestamp};

use super::view::{FileState, FileView};
use super::{
    Actions, FileEffect, FileFailure, FileHandle, FileId, FileMessage, OfferedFile, StopReason, TransferId,
    millis, safe_file_name,
};
use crate::by_id::ById;
use crate::input::ConnectionId;
use crate::interactions::Sender;
use crate::rate_limiter::RateLimiter;

/// Most times in a minute that one file is asked for.
const MAX_STARTS_PER_MINUTE: usize = 10;
/// Most times in a minute that we are told that one participant offers something.
const MAX_NEWS_PER_MINUTE: usize = 30;

/// What we want of a file, and how far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Offered,
    /// It is to come.
    Wanted,
    Paused,
    Received,
    Failed(FileFailure),
}

/// A file that somebody offers, or has offered.
#[derive(Debug)]
struct Incoming {
    id: FileId,
    owner: ParticipantId,
    owner_name: String,
    /// Which life of theirs it was, if the server tells.
    session: Option<String>,
    /// How they call it.
    log: u32,
    number: u32,
    name: String,
    size: u32,
    offered_at: i64,
    available: bool,
    stage: Stage,
    handle: Option<FileHandle>,
    bytes: u32,
    /// The transfer on which it comes, and whether it was asked for.
    transfer: Option<(ConnectionId, TransferId)>,
    requested: bool,
    /// The connection on which it broke off: on another one it goes on by itself.
    interrupted_on: Option<ConnectionId>,
    /// The digests of what has come, and of what was sent.
    digest: Option<String>,
    told_digest: Option<String>,
    starts: RateLimiter,
}

/// All that the others offer.
#[derive(Debug, Default)]
pub(super) struct Receiving {
    files: Vec<Incoming>,
    last_transfer: u32,
    news: ById<ParticipantId, RateLimiter>,
}

impl Receiving {
    /// Somebody offers these, and no others any more; gives the last that is new.
    pub(super) fn offers(
        &mut self,
        now: Timestamp,
        from: &Sender,
        log: u32,
        offered: &[OfferedFile],
        mut next_id: impl FnMut() -> FileId,
        actions: &mut Actions,
    ) -> Option<FileId> {
        let is_offered =
            |file: &Incoming| file.log == log && offered.iter().any(|offered| offered.id == file.number);
        for file in self.files.iter_mut().filter(|file| file.owner == from.id && !is_offered(file)) {
            file.withdraw(FileFailure::Withdrawn, actions);
        }
        self.forget_unwanted();
        let mut new = None;
        for offered in offered {
            let is_known =
                |file: &Incoming| file.owner == from.id && file.log == log && file.number == offered.id;
            if !self.files.iter().any(is_known) {
                let file = Incoming::new(now, from, log, offered, next_id());
                new = Some(file.id);
                self.files.push(file);
            }
        }
        let news = self.news.get_or_insert_with(&from.id, RateLimiter::default);
        new.filter(|_| news.take(now, MAX_NEWS_PER_MINUTE))
    }

    pub(super) fn receive(&mut self, id: FileId, handle: FileHandle) {
        let Some(file) = self.files.iter_mut().find(|file| file.id == id && file.available) else { return };
        if matches!(file.stage, Stage::Offered | Stage::Failed(_)) && file.handle.is_none() {
            file.reset();
            file.handle = Some(handle);
            file.stage = Stage::Wanted;
        }
    }

    pub(super) fn pause(&mut self, id: FileId, actions: &mut Actions) {
        let file = self.files.iter_mut().find(|file| file.id == id && file.stage == Stage::Wanted);
        if let Some(file) = file {
            file.stop(Some(StopReason::Paused), actions);
            file.stage = Stage::Paused;
        }
    }

    pub(super) fn resume(&mut self, id: FileId) {
        let Some(file) = self.files.iter_mut().find(|file| file.id == id && file.handle.is_some()) else {
            return;
        };
        if file.available && matches!(file.stage, Stage::Paused | Stage::Failed(_)) {
            file.stage = Stage::Wanted;
        }
    }

    pub(super) fn cancel(&mut self, id: FileId, actions: &mut Actions) {
        if let Some(file) = self.files.iter_mut().find(|file| file.id == id) {
            file.stop(Some(StopReason::Cancelled), actions);
            file.reset();
            file.stage = Stage::Offered;
            self.forget_unwanted();
        }
    }

    /// Has what this participant is to send us begin on a connection with them; gives when that may be tried that has to wait.
    pub(super) fn start(
        &mut self,
        now: Timestamp,
        from: &ParticipantId,
        connection: ConnectionId,
        actions: &mut Actions,
    ) -> Option<Timestamp> {
        for file in self.files.iter_mut().filter(|file| file.owner == *from) {
            file.continue_on(connection);
        }
        let mut waits_until = None;
        let waiting = |file: &&mut Incoming| {
            file.owner == *from && file.stage == Stage::Wanted && file.transfer.is_none()
        };
        for file in self.files.iter_mut().filter(waiting) {
            let Some(handle) = file.handle else { continue };
            if !file.starts.take(now, MAX_STARTS_PER_MINUTE) {
                waits_until =
                    waits_until.into_iter().chain([file.starts.free_at(MAX_STARTS_PER_MINUTE)]).min();
                continue;
            }
            self.last_transfer += 1;
            let transfer = TransferId(self.last_transfer);
            (file.transfer, file.requested) = (Some((connection, transfer)), false);
            actions.effect(connection, FileEffect::Receive { transfer, handle, size: file.size });
        }
        waits_until
    }

    /// The shell expects it, and has so much of it.
    pub(super) fn ready(
        &mut self,
        connection: ConnectionId,
        transfer: TransferId,
        bytes: u32,
        actions: &mut Actions,
    ) {
        if let Some(file) =
            self.find(connection, transfer).filter(|file| bytes <= file.size && !file.requested)
        {
            (file.bytes, file.requested) = (bytes, true);
            let (log, id) = (file.log, file.number);
            actions.send(connection, FileMessage::Request { transfer, log, id, offset: bytes });
        }
    }

    pub(super) fn progress(&mut self, connection: ConnectionId, transfer: TransferId, bytes: u32) {
        if let Some(file) = self.find(connection, transfer) {
            file.bytes = bytes.clamp(file.bytes, file.size);
        }
    }

    pub(super) fn complete(
        &mut self,
        connection: ConnectionId,
        transfer: TransferId,
        sha256: String,
        actions: &mut Actions,
    ) -> Option<FileId> {
        let file = self.find(connection, transfer)?;
        file.bytes = file.size;
        file.digest = Some(sha256);
        file.compare(actions)
    }

    /// Its sender has sent all of it, or cannot.
    pub(super) fn end(
        &mut self,
        connection: ConnectionId,
        transfer: TransferId,
        sha256: Option<String>,
        actions: &mut Actions,
    ) -> Option<FileId> {
        let file = self.find(connection, transfer)?;
        if sha256.is_none() {
            file.stop(None, actions);
            return file.fail(FileFailure::Unreadable);
        }
        file.told_digest = sha256;
        file.compare(actions)
    }

    pub(super) fn failed(
        &mut self,
        connection: ConnectionId,
        transfer: TransferId,
        failure: FileFailure,
        actions: &mut Actions,
    ) -> Option<FileId> {
        let file = self.find(connection, transfer)?;
        file.stop(Some(StopReason::Failed), actions);
        file.interrupted_on = Some(connection);
        file.fail(failure)
    }

    /// The channel of a connection is closed, though that stands.
    pub(super) fn channel_closed(&mut self, connection: ConnectionId) {
        for file in &mut self.files {
            if file.transfer.is_some_and(|(of, _)| of == connection) {
                file.transfer = None;
                file.interrupted_on = Some(connection);
                file.fail(FileFailure::Interrupted);
            }
        }
    }

    /// Some connections are gone: on the next one it goes on.
    pub(super) fn interrupt(&mut self, is_gone: impl Fn(ConnectionId) -> bool) {
        for file in &mut self.files {
            if file.transfer.is_some_and(|(connection, _)| is_gone(connection)) {
                file.transfer = None;
            }
        }
    }

    /// Of those who are not there, only what we have received of them is kept, and that something was not finished.
    pub(super) fn retain(
        &mut self,
        is_there: impl Fn(&ParticipantId, &Option<String>) -> bool,
        actions: &mut Actions,
    ) {
        for file in self.files.iter_mut().filter(|file| !is_there(&file.owner, &file.session)) {
            file.withdraw(FileFailure::SenderLeft, actions);
        }
        self.forget_unwanted();
        let files = &self.files;
        let gone: Vec<_> =
            self.news.keys().filter(|id| !files.iter().any(|file| file.owner == **id)).cloned().collect();
        gone.iter().for_each(|id| drop(self.news.remove(id)));
    }

    /// What cannot be had any more, and nobody has wanted, is shown no more.
    fn forget_unwanted(&mut self) {
        self.files.retain(|file| file.available || file.stage != Stage::Offered);
    }

    fn find(&mut self, connection: ConnectionId, transfer: TransferId) -> Option<&mut Incoming> {
        self.files.iter_mut().find(|file| file.transfer == Some((connection, transfer)))
    }

    pub(super) fn views(&self) -> impl Iterator<Item = FileView> {
        self.files.iter().map(Incoming::view)
    }
}

impl Incoming {
    fn new(now: Timestamp, from: &Sender, log: u32, offered: &OfferedFile, id: FileId) -> Self {
        Self {
            id,
            owner: from.id.clone(),
            owner_name: from.name.clone(),
            session: from.session.clone(),
            log,
            number: offered.id,
            name: safe_file_name(&offered.name),
            size: offered.size,
            offered_at: millis(now) - i64::from(offered.age),
            available: true,
            stage: Stage::Offered,
            handle: None,
            bytes: 0,
            transfer: None,
            requested: false,
            interrupted_on: None,
            digest: None,
            told_digest: None,
            starts: RateLimiter::default(),
        }
    }

    /// It cannot be had any more.
    fn withdraw(&mut self, failure: FileFailure, actions: &mut Actions) {
        self.available = false;
        let is_unfinished =
            matches!(self.stage, Stage::Wanted | Stage::Paused | Stage::Failed(FileFailure::Interrupted));
        if is_unfinished {
            self.stop(Some(StopReason::Cancelled), actions);
            self.fail(failure);
        }
    }

    /// Nothing more of it comes; its sender is told why.
    fn stop(&mut self, reason: Option<StopReason>, actions: &mut Actions) {
        if let Some((connection, transfer)) = self.transfer.take() {
            actions.effect(connection, FileEffect::StopReceiving(transfer));
            if let Some(reason) = reason.filter(|_| self.requested) {
                actions.send(connection, FileMessage::Stop { transfer, reason });
            }
        }
    }

    /// What there is of it is of no use, unless one can go on.
    fn fail(&mut self, failure: FileFailure) -> Option<FileId> {
        if failure != FileFailure::Interrupted {
            self.handle = None;
        }
        self.stage = Stage::Failed(failure);
        Some(self.id)
    }

    /// There is a channel to its sender: another one than that on which it broke off is worth a try.
    fn continue_on(&mut self, connection: ConnectionId) {
        let is_interrupted = self.stage == Stage::Failed(FileFailure::Interrupted) && self.available;
        if is_interrupted && self.interrupted_on != Some(connection) {
            self.stage = Stage::Wanted;
        }
    }

    fn reset(&mut self) {
        self.bytes = 0;
        (self.handle, self.digest, self.told_digest) = (None, None, None);
    }

    /// Whether what has come is what was sent, once both are known.
    fn compare(&mut self, actions: &mut Actions) -> Option<FileId> {
        let is_same = *self.digest.as_ref()? == *self.told_digest.as_ref()?;
        if !is_same {
            self.stop(Some(StopReason::Failed), actions);
            return self.fail(FileFailure::Corrupt);
        }
        self.stop(Some(StopReason::Received), actions);
        self.stage = Stage::Received;
        Some(self.id)
    }

    fn view(&self) -> FileView {
        let state = match self.stage {
            Stage::Offered => FileState::Offered,
            Stage::Paused => FileState::Paused,
            Stage::Received => FileState::Received,
            Stage::Failed(failure) => FileState::Failed(failure),
            Stage::Wanted if self.digest.is_some() => FileState::Checking,
            Stage::Wanted if self.transfer.is_some() && self.bytes > 0 => FileState::Receiving,
            Stage::Wanted => FileState::Waiting,
        };
        FileView {
            id: self.id,
            owner: Some(self.owner.clone()),
            owner_name: self.owner_name.clone(),
            offered_at: self.offered_at,
            name: self.name.clone(),
            size: self.size,
            bytes: self.bytes,
            state,
            available: self.available,
            handle: self.handle,
            recipients: Vec::new(),
        }
    }
}
