//! Inputs about files.

use visavis_core::{FileCommand, FileEvent, FileFailure, FileHandle, FileId, TransferId};

use super::Arguments;

/// What a person has asked for. No name is written down, and nothing is decided by it.
pub(super) fn command(arguments: &Arguments<'_>) -> Option<FileCommand> {
    let (id, handle) = (FileId(arguments.number(1)?), |at| arguments.number(at).map(FileHandle));
    Some(match arguments.number(0)? {
        0 => FileCommand::Offer { handle: handle(1)?, name: String::new(), size: arguments.number(2)? },
        1 => FileCommand::Withdraw(id),
        2 => FileCommand::Receive(id, handle(2)?),
        3 => FileCommand::Pause(id),
        4 => FileCommand::Resume(id),
        5 => FileCommand::Cancel(id),
        _ => return None,
    })
}

/// What has happened: see the writer of the lines.
pub(super) fn event(arguments: &Arguments<'_>) -> Option<FileEvent> {
    let (id, bytes, digest) = (TransferId(arguments.number(2)?), arguments.number(3), arguments.text("text"));
    Some(match arguments.number(1)? {
        0 => FileEvent::Ready(id, bytes?),
        1 => FileEvent::Received(id, bytes?),
        2 => FileEvent::Complete(id, digest?),
        3 => FileEvent::ReceivingFailed(id, arguments.one_of(3, &FileFailure::ALL)?),
        4 => FileEvent::Sent(id, bytes?),
        5 => FileEvent::AllSent(id, digest?),
        6 => FileEvent::SendingFailed(id),
        7 => FileEvent::ChannelClosed,
        _ => return None,
    })
}
