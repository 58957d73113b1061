//! Files: what a person wants of them, and what the shell says.

use visavis_core::{FileCommand, FileEvent, FileFailure, FileHandle, FileId, TransferId};

use crate::script::{number, pick};

/// A digest for each of two files.
const DIGESTS: [&str; 2] = ["aa", "bb"];

pub(super) fn command(at: u64, name: &str) -> FileCommand {
    let (id, handle) = (FileId((at / 6 % 16) as u32), FileHandle((at / 6) as u32));
    match at % 6 {
        0 => FileCommand::Offer { handle, name: name.to_owned(), size: (at / 6) as u32 },
        1 => FileCommand::Withdraw(id),
        2 => FileCommand::Receive(id, handle),
        3 => FileCommand::Pause(id),
        4 => FileCommand::Resume(id),
        _ => FileCommand::Cancel(id),
    }
}

pub(super) fn event(at: u64, more: &str) -> FileEvent {
    let (transfer, (bytes, _)) = (TransferId((at / 64 % 8) as u32 + 1), number(more));
    let digest = || DIGESTS[(bytes % 2) as usize].to_owned();
    match at / 8 % 8 {
        0 => FileEvent::Ready(transfer, bytes as u32),
        1 => FileEvent::Received(transfer, bytes as u32),
        2 => FileEvent::Complete(transfer, digest()),
        3 => {
            let failure = pick(&FileFailure::ALL, bytes).copied().unwrap_or(FileFailure::Interrupted);
            FileEvent::ReceivingFailed(transfer, failure)
        }
        4 => FileEvent::Sent(transfer, bytes as u32),
        5 => FileEvent::AllSent(transfer, digest()),
        6 => FileEvent::SendingFailed(transfer),
        _ => FileEvent::ChannelClosed,
    }
}
