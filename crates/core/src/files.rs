//! Files that people in a room give each other: who offers what, who receives it, how far that is. Loaded on demand with
//! `interactions`, whose messages come the same way.
//!
//! Each page tells those to which it has a data channel what it offers; nothing of a file is sent before its receiver has asked
//! for it. The receiver names each transfer, says from where it is to go on, and asks anew on every new connection. What was
//! received counts once its SHA-256 is the one that the sender has seen. The bytes pass between the shells, on a data channel
//! of their own ([`FileFrame`]); here is decided which, and [`FileEvent`]s tell how far they are.

mod any_files;
mod frame;
mod message;
mod name;
mod receiving;
mod sending;
mod view;
mod window;

use std::rc::Rc;

use visavis_signaling::{ParticipantId, Timestamp};

pub(crate) use self::any_files::AnyFiles;
pub use self::frame::{ChunkVerdict, ExpectedChunks, FILE_FRAME_HEADER_BYTES, FileFrame};
pub use self::message::{FileMessage, OfferedFile, StopReason};
pub use self::name::{MAX_FILE_NAME_BYTES, safe_file_name};
use self::receiving::Receiving;
use self::sending::Sending;
pub use self::view::{FileRecipient, FileState, FileView, FilesView, RecipientState};
pub use self::window::SendWindow;
use crate::by_id::ById;
use crate::input::ConnectionId;
use crate::interactions::Sender;
use crate::queue::Queue;
use crate::rate_limiter::RateLimiter;
use crate::roster::Roster;

/// The largest file that may be offered, in bytes: 2 GiB.
pub const MAX_FILE_BYTES: u32 = 2 * 1024 * 1024 * 1024;
/// The largest that a page receives which can only keep it in memory, in bytes: 256 MiB.
pub const MAX_MEMORY_FILE_BYTES: u32 = 256 * 1024 * 1024;
/// Most files that one page offers at a time.
pub const MAX_OFFERED_FILES: usize = 20;
/// Most bytes of one piece of a file: with its header less than the 64 KiB that every browser takes (RFC 8841 section 6.1).
pub const MAX_CHUNK_BYTES: usize = 60 * 1024;
/// The stream of the data channel on which pieces pass (RFC 8831 section 6.5), beside
/// [`PEER_CHANNEL_ID`](crate::PEER_CHANNEL_ID).
pub const FILE_CHANNEL_ID: u16 = 101;
/// Its label.
pub const FILE_CHANNEL_LABEL: &str = "visavis-files";
/// No more bytes than this may wait to be sent in it.
pub const FILE_CHANNEL_BUFFERED_AMOUNT_LIMIT: u32 = 1024 * 1024;
/// Most messages about files to one page in a minute. What is over waits.
const MAX_MESSAGES_PER_MINUTE: usize = 60;
/// Most that wait; more is said only in answer to a flood of requests.
const MAX_WAITING: usize = 64;

/// A file in one room, as it is numbered there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A place on the shell's shelf: of a file that the person has picked, or of what is received of one. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileHandle(pub u32);

/// One try to carry a file over one connection, by the number that its receiver has given it; from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransferId(pub u32);

/// What a person asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileCommand {
    /// Offer a file to everybody in the room, now and later. More than [`MAX_OFFERED_FILES`], or a larger one than
    /// [`MAX_FILE_BYTES`], is not offered.
    Offer {
        /// Where it is.
        handle: FileHandle,
        /// Its name; made safe.
        name: String,
        /// Its size in bytes.
        size: u32,
    },
    /// Offer one of ours no more.
    Withdraw(FileId),
    /// Receive this one, and put it there.
    Receive(FileId, FileHandle),
    /// Go on with it later.
    Pause(FileId),
    /// Go on with what was paused or interrupted.
    Resume(FileId),
    /// Give it up, and forget what there is of it.
    Cancel(FileId),
}

/// What the shell does on a connection to another page, on its data channel [`FILE_CHANNEL_LABEL`]: made with the first of these,
/// reliable, ordered, negotiated with [`FILE_CHANNEL_ID`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileEffect {
    /// Expect pieces of a file of this size; answered by [`FileEvent::Ready`].
    Receive {
        /// How we call the transfer.
        transfer: TransferId,
        /// Where its bytes go, and what is there is kept.
        handle: FileHandle,
        /// How many bytes there are to be.
        size: u32,
    },
    /// Expect them no more.
    StopReceiving(TransferId),
    /// Send a file, from this place on.
    Send {
        /// How its receiver calls the transfer.
        transfer: TransferId,
        /// Which file.
        handle: FileHandle,
        /// Where to begin, in bytes.
        offset: u32,
        /// How large it is.
        size: u32,
    },
    /// Send no more of it.
    StopSending(TransferId),
}

/// What came of a [`FileEffect`]. Of one transfer progress is told at most [twice a second](crate::timing::FILE_PROGRESS_INTERVAL).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileEvent {
    /// The answer to [`FileEffect::Receive`]: there are so many bytes already.
    Ready(TransferId, u32),
    /// There are so many.
    Received(TransferId, u32),
    /// All have come, and this is their SHA-256 in hexadecimal digits.
    Complete(TransferId, String),
    /// They cannot be received.
    ReceivingFailed(TransferId, FileFailure),
    /// So many have arrived at the other side.
    Sent(TransferId, u32),
    /// All are sent, and this is the SHA-256 of the file.
    AllSent(TransferId, String),
    /// The file cannot be read, or is not the one that was picked any more.
    SendingFailed(TransferId),
    /// The channel is closed, or was never opened.
    ChannelClosed,
}

/// Why a file was not received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFailure {
    /// Whoever offered it is not in the room any more.
    SenderLeft,
    /// It is offered no more.
    Withdrawn,
    /// Its sender's page cannot read it any more.
    Unreadable,
    /// What has come is not what was sent.
    Corrupt,
    /// The channel broke off, or something came that does not belong there. One can go on.
    Interrupted,
    /// There is no room for it on the disk.
    NoSpace,
    /// This browser can only keep it in memory, and it is larger than [`MAX_MEMORY_FILE_BYTES`].
    TooLargeForMemory,
    /// The browser did not write it.
    NotWritten,
}

impl FileFailure {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::SenderLeft,
        Self::Withdrawn,
        Self::Unreadable,
        Self::Corrupt,
        Self::Interrupted,
        Self::NoSpace,
        Self::TooLargeForMemory,
        Self::NotWritten,
    ];
}

/// What is to be done on connections.
#[derive(Debug, Default)]
struct Actions {
    effects: Vec<(ConnectionId, FileEffect)>,
    messages: Vec<(ConnectionId, FileMessage)>,
}

impl Actions {
    fn effect(&mut self, connection: ConnectionId, effect: FileEffect) {
        self.effects.push((connection, effect));
    }

    fn send(&mut self, connection: ConnectionId, message: FileMessage) {
        self.messages.push((connection, message));
    }
}

/// What was said, and is to be said, on a connection.
#[derive(Debug, Default)]
struct Link {
    /// Which of our offers were told last.
    told: u32,
    waiting: Queue<FileMessage>,
    messages: RateLimiter,
}

/// All files of one room.
#[derive(Debug)]
pub(crate) struct Files {
    last_id: u32,
    sending: Sending,
    receiving: Receiving,
    links: ById<ConnectionId, Link>,
    actions: Actions,
    /// When something may be said or begun that has to wait.
    pub(crate) due_at: Option<Timestamp>,
    view: Rc<FilesView>,
}

impl Files {
    fn new(log: u32) -> Self {
        Self {
            last_id: 0,
            sending: Sending::new(log),
            receiving: Receiving::default(),
            links: ById::default(),
            actions: Actions::default(),
            due_at: None,
            view: Rc::default(),
        }
    }

    /// A person asks for something.
    pub(crate) fn command(&mut self, now: Timestamp, command: FileCommand) {
        match command {
            FileCommand::Offer { handle, name, size } => {
                self.last_id += 1;
                self.sending.offer(now, FileId(self.last_id), handle, &name, size);
            }
            FileCommand::Withdraw(id) => self.sending.withdraw(id, &mut self.actions),
            FileCommand::Receive(id, handle) => self.receiving.receive(id, handle),
            FileCommand::Pause(id) => self.receiving.pause(id, &mut self.actions),
            FileCommand::Resume(id) => self.receiving.resume(id),
            FileCommand::Cancel(id) => self.receiving.cancel(id, &mut self.actions),
        }
    }

    /// The shell says how far a transfer is; gives the file of which there is something to tell.
    pub(crate) fn event(&mut self, connection: ConnectionId, event: FileEvent) -> Option<FileId> {
        let actions = &mut self.actions;
        match event {
            FileEvent::Ready(transfer, bytes) => self.receiving.ready(connection, transfer, bytes, actions),
            FileEvent::Received(transfer, bytes) => self.receiving.progress(connection, transfer, bytes),
            FileEvent::Complete(transfer, sha256) => {
                return self.receiving.complete(connection, transfer, sha256, actions);
            }
            FileEvent::ReceivingFailed(transfer, failure) => {
                return self.receiving.failed(connection, transfer, failure, actions);
            }
            FileEvent::Sent(transfer, bytes) => self.sending.progress(connection, transfer, bytes),
            FileEvent::AllSent(transfer, sha256) => {
                self.sending.end(connection, transfer, Some(sha256), actions);
            }
            FileEvent::SendingFailed(transfer) => self.sending.end(connection, transfer, None, actions),
            FileEvent::ChannelClosed => {
                self.sending.interrupt(|of| of == connection);
                self.receiving.channel_closed(connection);
            }
        }
        None
    }

    /// A message of somebody in the room, with whom we have this connection; gives the file of which there is something to tell.
    pub(crate) fn receive(
        &mut self,
        now: Timestamp,
        from: &Sender,
        connection: ConnectionId,
        message: FileMessage,
    ) -> Option<FileId> {
        let actions = &mut self.actions;
        match message {
            FileMessage::Offers { log, files } => {
                let last_id = &mut self.last_id;
                let next_id = || {
                    *last_id += 1;
                    FileId(*last_id)
                };
                return self.receiving.offers(now, from, log, &files, next_id, actions);
            }
            FileMessage::Request { transfer, log, id, offset } => {
                self.sending.request(&from.id, (connection, transfer), (log, id), offset, actions);
            }
            FileMessage::Stop { transfer, reason } => {
                self.sending.stop(connection, transfer, reason, actions);
            }
            FileMessage::End { transfer, sha256 } => {
                return self.receiving.end(connection, transfer, sha256, actions);
            }
        }
        None
    }

    /// Who is there, and which connections are, before everybody is told what they do not know.
    pub(crate) fn begin_update(&mut self, roster: &Roster, connections: &[ConnectionId]) {
        self.due_at = None;
        let is_there = |id: &ParticipantId, session: &Option<String>| {
            roster.get(id).is_some_and(|member| member.session == *session)
        };
        self.sending.retain(|id| roster.get(id).is_some());
        self.sending.interrupt(|connection| !connections.contains(&connection));
        self.receiving.interrupt(|connection| !connections.contains(&connection));
        self.receiving.retain(is_there, &mut self.actions);
        let cut: Vec<_> = self.links.keys().filter(|id| !connections.contains(id)).copied().collect();
        cut.iter().for_each(|id| drop(self.links.remove(id)));
    }

    /// What is told now on a connection to somebody whose channel is open and has room. What they send us begins, or goes on.
    pub(crate) fn updates(
        &mut self,
        now: Timestamp,
        to: &ParticipantId,
        connection: ConnectionId,
    ) -> Vec<String> {
        let waits_until = self.receiving.start(now, to, connection, &mut self.actions);
        self.wait(waits_until);
        let link = self.links.get_or_insert_with(&connection, Link::default);
        let (mine, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.actions.messages).into_iter().partition(|(to, _)| *to == connection);
        self.actions.messages = others;
        for (_, message) in mine {
            if link.waiting.len() < MAX_WAITING {
                link.waiting.push(message);
            }
        }
        let (mut said, mut free_at) = (Vec::new(), None);
        loop {
            let has_news = link.told != self.sending.revision();
            if !has_news && link.waiting.is_empty() {
                break;
            }
            if !link.messages.take(now, MAX_MESSAGES_PER_MINUTE) {
                free_at = Some(link.messages.free_at(MAX_MESSAGES_PER_MINUTE));
                break;
            }
            if has_news {
                link.told = self.sending.revision();
                said.push(self.sending.offers(now).encode());
            } else if let Some(message) = link.waiting.pop() {
                said.push(message.encode());
            }
        }
        self.wait(free_at);
        said
    }

    fn wait(&mut self, until: Option<Timestamp>) {
        self.due_at = self.due_at.into_iter().chain(until).min();
    }

    /// What the shell is to do. Messages to connections that are gone are forgotten.
    pub(crate) fn take_effects(&mut self, connections: &[ConnectionId]) -> Vec<(ConnectionId, FileEffect)> {
        self.actions.messages.retain(|(to, _)| connections.contains(to));
        let excess = self.actions.messages.len().saturating_sub(MAX_WAITING * connections.len());
        self.actions.messages.drain(..excess);
        let mut effects = std::mem::take(&mut self.actions.effects);
        effects.retain(|(on, _)| connections.contains(on));
        effects
    }

    /// What there is to show; `unreachable` are those who cannot get files.
    pub(crate) fn view(&mut self, unreachable: Vec<ParticipantId>) -> Rc<FilesView> {
        let mut files: Vec<_> = self.sending.views().chain(self.receiving.views()).map(Rc::new).collect();
        files.sort_by_key(|file| file.offered_at);
        let new = FilesView { files, unreachable };
        if *self.view != new {
            self.view = new.into();
        }
        Rc::clone(&self.view)
    }
}

/// Milliseconds on the clock of the room.
fn millis(at: Timestamp) -> i64 {
    i64::try_from(at.as_millis()).unwrap_or(i64::MAX)
}
