//! What happens with files, without their names: nothing is decided by those. In the part of the page's program that is loaded on
//! demand, like whatever makes these inputs.

use super::{write_numbers, write_text};
use crate::files::{FileCommand, FileEvent, FileFailure, FileHandle, FileId, TransferId};

/// The key of digests: whatever stands under it is replaced in a report, equal ones by equal ones.
const KEY: &str = "text";

#[inline(never)]
pub(super) fn command_numbers(command: &FileCommand) -> [u32; 3] {
    match command {
        FileCommand::Offer { handle: FileHandle(handle), size, .. } => [0, *handle, *size],
        FileCommand::Withdraw(FileId(id)) => [1, *id, 0],
        FileCommand::Receive(FileId(id), FileHandle(handle)) => [2, *id, *handle],
        FileCommand::Pause(FileId(id)) => [3, *id, 0],
        FileCommand::Resume(FileId(id)) => [4, *id, 0],
        FileCommand::Cancel(FileId(id)) => [5, *id, 0],
    }
}

/// The connection, what has happened, and to which transfer: its number is never 0, so that what follows stands at its place.
#[inline(never)]
pub(super) fn event_numbers(connection: u32, event: &FileEvent) -> [u32; 3] {
    let (kind, transfer) = match event {
        FileEvent::Ready(TransferId(id), _) => (0, *id),
        FileEvent::Received(TransferId(id), _) => (1, *id),
        FileEvent::Complete(TransferId(id), _) => (2, *id),
        FileEvent::ReceivingFailed(TransferId(id), _) => (3, *id),
        FileEvent::Sent(TransferId(id), _) => (4, *id),
        FileEvent::AllSent(TransferId(id), _) => (5, *id),
        FileEvent::SendingFailed(TransferId(id)) => (6, *id),
        FileEvent::ChannelClosed => (7, 1),
    };
    [connection, kind, transfer]
}

/// How many bytes, or why not, or the digest.
#[inline(never)]
pub(super) fn write_event(event: &FileEvent, out: &mut String) {
    match event {
        FileEvent::Ready(_, bytes) | FileEvent::Received(_, bytes) | FileEvent::Sent(_, bytes) => {
            write_numbers(out, &[*bytes]);
        }
        FileEvent::ReceivingFailed(_, failure) => {
            let at = FileFailure::ALL.iter().position(|known| known == failure);
            write_numbers(out, &[at.unwrap_or_default() as u32]);
        }
        FileEvent::Complete(_, sha256) | FileEvent::AllSent(_, sha256) => write_text(out, KEY, sha256),
        FileEvent::SendingFailed(_) | FileEvent::ChannelClosed => {}
    }
}
