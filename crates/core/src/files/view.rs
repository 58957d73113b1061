//! What there is to show of files.

use std::rc::Rc;

use visavis_signaling::ParticipantId;

use super::{FileFailure, FileHandle, FileId};

/// What there is to show of the files of a room.
#[derive(Debug, Clone, Eq, Default)]
pub struct FilesView {
    /// In the order in which they were offered, as far as our clock can tell.
    pub files: Vec<Rc<FileView>>,
    /// Who cannot get files from us, nor we from them: theirs is another program, or a server stands between us.
    pub unreachable: Vec<ParticipantId>,
}

/// Not derived, so that it is a function of its own: views are compared by a part of the program that knows no files.
impl PartialEq for FilesView {
    #[inline(never)]
    fn eq(&self, other: &Self) -> bool {
        let Self { files, unreachable } = self;
        *files == other.files && *unreachable == other.unreachable
    }
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileView {
    /// How commands name it.
    pub id: FileId,
    /// Who offers it; `None` is us.
    pub owner: Option<ParticipantId>,
    /// What they were called then; they may have left since.
    pub owner_name: String,
    /// When it was offered, in milliseconds on the clock of [`Room::handle`](crate::Room::handle). Negative: before that began.
    pub offered_at: i64,
    /// Its name, safe to show and to save ([`safe_file_name`](crate::safe_file_name)).
    pub name: String,
    /// Its size in bytes.
    pub size: u32,
    /// How many of them are here, of what somebody else offers.
    pub bytes: u32,
    /// How far it is. What we offer stays as it was offered.
    pub state: FileState,
    /// Whether it can be had: somebody in the room offers it.
    pub available: bool,
    /// Where it is, or what there is of it.
    pub handle: Option<FileHandle>,
    /// Who has asked for what we offer.
    pub recipients: Vec<FileRecipient>,
}

/// How far a file of somebody else's is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileState {
    /// It can be had.
    Offered,
    /// It is asked for: there is no way to its sender at the moment, or they have not begun.
    Waiting,
    /// It arrives.
    Receiving,
    /// We go on with it later.
    Paused,
    /// All of it has come, and is compared with what was sent.
    Checking,
    /// It is here, and it is what was sent.
    Received,
    /// It was not received.
    Failed(FileFailure),
}

/// Somebody who has asked for a file of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRecipient {
    /// Who.
    pub id: ParticipantId,
    /// How many bytes have arrived there.
    pub bytes: u32,
    /// How far it is.
    pub state: RecipientState,
}

/// How far a file of ours is on its way to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecipientState {
    /// It is on its way.
    Receiving,
    /// They go on with it later.
    Paused,
    /// The way to them is cut: they go on as soon as there is another.
    Interrupted,
    /// They have it, and it is what we have sent.
    Received,
    /// They could not keep it, or it could not be read here.
    Failed,
}
