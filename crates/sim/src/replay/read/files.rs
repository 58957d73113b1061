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

#[cfg(test)]
mod tests {
    use visavis_core::flight::Recorder;
    use visavis_core::signaling::{Timestamp, json};
    use visavis_core::{Command, ConnectionEvent, ConnectionId, Input};

    use super::*;

    #[test]
    fn what_is_written_down_is_read_again_but_for_names() {
        let (id, handle, transfer) = (FileId(3), FileHandle(0), TransferId(1));
        let mut inputs: Vec<Input> = [
            FileCommand::Offer { handle: FileHandle(9), name: String::new(), size: u32::MAX },
            FileCommand::Withdraw(id),
            FileCommand::Receive(id, handle),
            FileCommand::Pause(id),
            FileCommand::Resume(id),
            FileCommand::Cancel(id),
        ]
        .map(|command| Input::Command(Command::File(command)))
        .into();
        let mut events = vec![
            FileEvent::Ready(transfer, 0),
            FileEvent::Received(transfer, u32::MAX),
            FileEvent::Complete(transfer, "a".to_owned()),
            FileEvent::Sent(transfer, 7),
            FileEvent::AllSent(transfer, "b".to_owned()),
            FileEvent::SendingFailed(transfer),
            FileEvent::ChannelClosed,
        ];
        events.extend(FileFailure::ALL.map(|failure| FileEvent::ReceivingFailed(transfer, failure)));
        inputs.extend(
            events.into_iter().map(|event| Input::Connection(ConnectionId(0), ConnectionEvent::File(event))),
        );
        let mut recorder = Recorder::new("");
        inputs.iter().for_each(|input| recorder.input(Timestamp::from_millis(5), input));
        let lines = recorder.lines().map(|line| json::parse_any(line).unwrap());
        let read: Vec<_> = lines.map(|line| super::super::input(&line, None).unwrap().1).collect();
        assert_eq!(read, inputs);
    }
}
