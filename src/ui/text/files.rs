//! Sentences about files. In the part of the program that is loaded on demand.

use visavis_core::{
    FileFailure, FileState, FileView, MAX_FILE_BYTES, MAX_MEMORY_FILE_BYTES, MAX_OFFERED_FILES,
    RecipientState,
};

use super::interactions::list;
use super::size::size;
use crate::dom::{message, message_key};

/// What can be sent, and to whom it goes.
pub(in crate::ui) fn limits() -> String {
    message!(
        "Everybody in the room can receive them, and so can whoever comes while you are here. They go directly from your page \
         to theirs, and end with the call. At most {size} each, and {count} at a time; a browser that cannot write to the disk \
         takes {memory}. You can also drop them onto the call.",
        size = &size(MAX_FILE_BYTES.into()),
        count = &MAX_OFFERED_FILES.to_string(),
        memory = &size(MAX_MEMORY_FILE_BYTES.into()),
    )
}

/// These people cannot get files; nothing about nobody.
pub(in crate::ui) fn unreachable(names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    message!(
        "No files can go from you to {who}: they go directly between pages, and either theirs is another program, or a server \
         stands between you.",
        who = &list(names),
    )
}

/// A file was offered, has arrived, or has not.
pub(in crate::ui) fn news(owner: &str, file: &FileView) -> String {
    match file.state {
        FileState::Received => message!("{file} has arrived", file = &file.name),
        FileState::Failed(_) => message!("{file} has not arrived", file = &file.name),
        FileState::Offered
        | FileState::Waiting
        | FileState::Receiving
        | FileState::Paused
        | FileState::Checking => {
            message!(
                "{who} offers {file} ({size})",
                who = owner,
                file = &file.name,
                size = &size(file.size.into())
            )
        }
    }
}

/// This one is too large to be offered.
pub(in crate::ui) fn too_large(name: &str) -> String {
    message!(
        "{file} is larger than {size}: it cannot be sent.",
        file = name,
        size = &size(MAX_FILE_BYTES.into())
    )
}

/// No more can be offered.
pub(in crate::ui) fn too_many() -> String {
    message!("You offer {count} files already. Take one back first.", count = &MAX_OFFERED_FILES.to_string())
}

/// Who can receive what we offer, of so many others, if these cannot.
pub(in crate::ui) fn offered(unreachable: &[String], others: usize) -> String {
    match unreachable.len() {
        0 => message!("Everybody here can receive it.").to_owned(),
        count if count >= others => message!("Nobody here can receive it.").to_owned(),
        _ => message!("Everybody here can receive it, but not {who}.", who = &list(unreachable)),
    }
}

/// How far it is.
pub(in crate::ui) fn state(owner: &str, file: &FileView) -> String {
    let message = match file.state {
        FileState::Offered => message_key!("Nothing is received before you want it."),
        FileState::Waiting => message_key!("Waiting for {who}…"),
        FileState::Receiving => message_key!("Receiving…"),
        FileState::Paused => message_key!("Paused."),
        FileState::Checking => message_key!("Checking…"),
        FileState::Received => message_key!("Received, and checked. Save it before you leave."),
        FileState::Failed(failure) => self::failure(failure),
    };
    message!(message, who = owner)
}

/// Why it was not received.
fn failure(failure: FileFailure) -> &'static str {
    match failure {
        FileFailure::SenderLeft => message_key!("{who} has left before all of it was here."),
        FileFailure::Withdrawn => message_key!("{who} has taken it back."),
        FileFailure::Unreadable => message_key!("{who} cannot read it any more."),
        FileFailure::Corrupt => message_key!("What arrived is not what was sent. It was thrown away."),
        FileFailure::Interrupted => {
            message_key!("It broke off. It goes on with the next connection, or when you press “Go on”.")
        }
        FileFailure::NoSpace => message_key!("There is not enough room on the disk."),
        FileFailure::TooLargeForMemory => message_key!(
            "This browser cannot write it to the disk, and it is too large to be kept in memory."
        ),
        FileFailure::NotWritten => message_key!("The browser could not write it."),
    }
}

/// How much of it there is.
pub(in crate::ui) fn share(bytes: u32, of: u32) -> String {
    message!("{part} of {whole}", part = &size(bytes.into()), whole = &size(of.into()))
}

/// How far a file of ours is on its way to somebody.
pub(in crate::ui) fn recipient(name: &str, state: RecipientState, bytes: u32, of: u32) -> String {
    let percent = (u64::from(bytes) * 100 / u64::from(of.max(1))).to_string();
    let message = match state {
        RecipientState::Receiving => message_key!("{who}: {percent} %"),
        RecipientState::Paused => message_key!("{who}: {percent} %, paused"),
        RecipientState::Interrupted => message_key!("{who}: {percent} %, interrupted"),
        RecipientState::Received => message_key!("{who}: received"),
        RecipientState::Failed => message_key!("{who}: not received"),
    };
    message!(message, who = name, percent = &percent)
}

/// What a button does, and with which file.
pub(in crate::ui) fn button(words: &str, name: &str) -> String {
    [words, " ", name].concat()
}
