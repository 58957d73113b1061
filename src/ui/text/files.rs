//! Sentences about files. In the part of the program that is loaded on demand.

use visavis_core::{
    FileFailure, FileState, FileView, MAX_FILE_BYTES, MAX_MEMORY_FILE_BYTES, MAX_OFFERED_FILES,
    RecipientState,
};

use super::interactions::list;

/// What can be sent, and to whom it goes.
pub(in crate::ui) fn limits() -> String {
    [
        "Everybody in the room can receive them, and so can whoever comes while you are here. They go directly from your page to \
         theirs, and end with the call. At most ",
        &size(MAX_FILE_BYTES),
        " each, and ",
        &MAX_OFFERED_FILES.to_string(),
        " at a time; a browser that cannot write to the disk takes ",
        &size(MAX_MEMORY_FILE_BYTES),
        ". You can also drop them onto the call.",
    ]
    .concat()
}

/// These people cannot get files; nothing about nobody.
pub(in crate::ui) fn unreachable(names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let what = " cannot get files from you: they go directly between pages, and theirs is another program, or a server stands \
                between you.";
    [&*list(&names), what].concat()
}

/// A file was offered, has arrived, or has not.
pub(in crate::ui) fn news(owner: &str, file: &FileView) -> String {
    match file.state {
        FileState::Received => [&file.name, " has arrived"].concat(),
        FileState::Failed(_) => [&file.name, " has not arrived"].concat(),
        FileState::Offered
        | FileState::Waiting
        | FileState::Receiving
        | FileState::Paused
        | FileState::Checking => [owner, " offers ", &file.name, " (", &size(file.size), ")"].concat(),
    }
}

/// This one is too large to be offered.
pub(in crate::ui) fn too_large(name: &str) -> String {
    [name, " is larger than ", &size(MAX_FILE_BYTES), ": it cannot be sent."].concat()
}

/// No more can be offered.
pub(in crate::ui) fn too_many() -> String {
    ["You offer ", &MAX_OFFERED_FILES.to_string(), " files already. Take one back first."].concat()
}

/// Who can receive what we offer, of so many others, if these cannot.
pub(in crate::ui) fn offered(unreachable: &[String], others: usize) -> String {
    let names: Vec<&str> = unreachable.iter().map(String::as_str).collect();
    match unreachable.len() {
        0 => "Everybody here can receive it.".to_owned(),
        count if count >= others => "Nobody here can receive it.".to_owned(),
        _ => ["Everybody here can receive it, but not ", &list(&names), "."].concat(),
    }
}

/// How far it is.
pub(in crate::ui) fn state(owner: &str, file: &FileView) -> String {
    let words = match file.state {
        FileState::Offered => "Nothing is received before you want it.",
        FileState::Waiting => return ["Waiting for ", owner, "…"].concat(),
        FileState::Receiving => "Receiving…",
        FileState::Paused => "Paused.",
        FileState::Checking => "Checking…",
        FileState::Received => "Received, and checked. Save it before you leave.",
        FileState::Failed(failure) => return self::failure(owner, failure),
    };
    words.to_owned()
}

/// Why it was not received.
fn failure(owner: &str, failure: FileFailure) -> String {
    let words = match failure {
        FileFailure::SenderLeft => return [owner, " has left before all of it was here."].concat(),
        FileFailure::Withdrawn => return [owner, " has taken it back."].concat(),
        FileFailure::Unreadable => return [owner, " cannot read it any more."].concat(),
        FileFailure::Corrupt => "What arrived is not what was sent. It was thrown away.",
        FileFailure::Interrupted => {
            "It broke off. It goes on with the next connection, or when you press Go on."
        }
        FileFailure::NoSpace => "There is not enough room on the disk.",
        FileFailure::TooLargeForMemory => {
            "This browser cannot write it to the disk, and it is too large to be kept in memory."
        }
        FileFailure::NotWritten => "The browser could not write it.",
    };
    words.to_owned()
}

/// How much of it there is.
pub(in crate::ui) fn share(bytes: u32, of: u32) -> String {
    [&*size(bytes), " of ", &size(of)].concat()
}

/// How far a file of ours is on its way to somebody.
pub(in crate::ui) fn recipient(name: &str, state: RecipientState, bytes: u32, of: u32) -> String {
    let percent = [&(u64::from(bytes) * 100 / u64::from(of.max(1))).to_string(), " %"].concat();
    let words = match state {
        RecipientState::Receiving => &percent,
        RecipientState::Paused => &[&percent, ", paused"].concat(),
        RecipientState::Interrupted => &[&percent, ", interrupted"].concat(),
        RecipientState::Received => "received",
        RecipientState::Failed => "not received",
    };
    [name, ": ", words].concat()
}

/// What a button does, and with which file.
pub(in crate::ui) fn button(words: &str, name: &str) -> String {
    [words, " ", name].concat()
}

/// In bytes, kilobytes, megabytes or gigabytes.
pub(in crate::ui) fn size(bytes: u32) -> String {
    let units = [(1_000_000_000_u32, 999_950_000, " GB"), (1_000_000, 999_950, " MB"), (1000, 1000, " KB")];
    match units.into_iter().find(|(_, from, _)| bytes >= *from) {
        None => [&*bytes.to_string(), if bytes == 1 { " byte" } else { " bytes" }].concat(),
        Some((unit, _, name)) => {
            let tenths = (u64::from(bytes) * 10 + u64::from(unit) / 2) / u64::from(unit);
            [&(tenths / 10).to_string(), ".", &(tenths % 10).to_string(), name].concat()
        }
    }
}
