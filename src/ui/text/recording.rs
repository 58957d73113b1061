//! Sentences about recordings. In the part of the program that is loaded on demand.

use super::interactions::list;
use super::size::size;
use crate::dom::{message, message_key};
use crate::ui::recording::{MAX_MEMORY, NotStarted, StopReason};

/// A recording has begun.
pub(in crate::ui) fn started() -> &'static str {
    message!("You record. Everybody here is told.")
}
/// A recording is made ready to be saved.
pub(in crate::ui) fn saving() -> &'static str {
    message!("Getting it ready…")
}
/// What the button says that deletes what was not saved.
pub(in crate::ui) fn delete_for_good() -> &'static str {
    message!("Delete for good")
}
/// It was not.
pub(in crate::ui) fn not_saved() -> &'static str {
    message!("You have not saved it.")
}
/// A recording was deleted.
pub(in crate::ui) fn deleted() -> &'static str {
    message!("The recording is deleted.")
}
/// The dialog was closed before a recording was saved that goes with the page.
pub(in crate::ui) fn only_in_memory() -> &'static str {
    message!("Your recording is only in the memory of this page. Save it before you close the page.")
}

/// What the button in the bar does.
pub(in crate::ui) fn button(records: bool) -> &'static str {
    message!(if records { "Stop recording" } else { "Record" })
}

/// Others record.
pub(in crate::ui) fn records(names: &[&str]) -> String {
    let message = if names.len() == 1 { message_key!("{who} records") } else { message_key!("{who} record") };
    message!(message, who = &list(names))
}

/// Somebody has begun to record, or has stopped.
pub(in crate::ui) fn changes(who: &str, recording: bool) -> String {
    message!(if recording { "{who} records this call" } else { "{who} has stopped recording" }, who = who)
}

/// How long a recording is, in seconds, and how large, in bytes.
pub(in crate::ui) fn progress(seconds: u64, bytes: u64) -> String {
    message!("Recording {time}, {size}", time = &clock(seconds), size = &size(bytes))
}

/// A recording that has ended; its file is named after the moment of its beginning (`2026-01-31T09-30-00-000Z.webm`).
pub(in crate::ui) fn entry(name: &str, millis: Option<u64>, bytes: u64) -> String {
    let date: String = name.chars().take(10).collect();
    let time: String = name.chars().skip(11).take(5).map(|c| if c == '-' { ':' } else { c }).collect();
    let length = millis.map(|millis| [&clock(millis / 1000), ", "].concat()).unwrap_or_default();
    [&date, " ", &time, " (UTC), ", &length, &size(bytes)].concat()
}

/// Whether saving worked, and what of the copy.
pub(in crate::ui) fn saved(saved: bool, in_browser: bool) -> &'static str {
    message!(match (saved, in_browser) {
        (false, _) => "It could not be read. Try again.",
        (true, true) => "It is among your downloads. This browser keeps its copy until you delete it.",
        (true, false) => "It is among your downloads.",
    })
}

/// Who is told of the recording.
pub(in crate::ui) fn told(untold: &[String]) -> String {
    let everybody = message!(
        "Everybody in the room sees that you record. Ask them first: in many countries that is the law."
    );
    if untold.is_empty() {
        return everybody.to_owned();
    }
    [everybody, " ", &message!("This page cannot tell {who}: do so yourself.", who = &list(untold))].concat()
}

/// Where the recording is kept, if there is room for so many bytes on the disk.
pub(in crate::ui) fn place(room: Option<f64>) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
    match room {
        Some(room) => {
            message!(
                "It stays on your machine, in this browser, until you save and delete it. An hour takes about 1 GB; there is \
                 room for {size}.",
                size = &size(room as u64),
            )
        }
        None => message!(
            "This browser cannot write it to the disk, so it is kept in memory: {size} at most, about half an hour. If the \
             page crashes or is closed, it is lost.",
            size = &size(MAX_MEMORY),
        ),
    }
}

/// Why a recording has ended.
pub(in crate::ui) fn ended(reason: StopReason) -> &'static str {
    message!(match reason {
        StopReason::Asked => "The recording is finished. Save it:",
        StopReason::Left => "The recording ended with the call. Save it:",
        StopReason::StorageFull => {
            "The recording had to stop: there is no more room on the disk. What was recorded until then is here:"
        }
        StopReason::MemoryFull => {
            "The recording had to stop: it was in memory, and there is no more room for it. What was recorded until then is here:"
        }
        StopReason::NotWritten => {
            "The recording had to stop: it could not be written down any more. What was recorded until then is here:"
        }
        StopReason::Failed => "The browser has stopped recording. What was recorded until then is here:",
    })
}

/// Why none has begun.
pub(in crate::ui) fn not_started(reason: NotStarted) -> &'static str {
    message!(match reason {
        NotStarted::Unsupported => {
            "This browser cannot record. Any current Chrome, Edge, Firefox or Safari can."
        }
        NotStarted::Failed => "The recording could not begin. Try again.",
    })
}

/// As on a clock: 0:42, 1:02:03.
fn clock(seconds: u64) -> String {
    let two = |number: u64| [if number < 10 { "0" } else { "" }, &number.to_string()].concat();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, two(seconds % 60));
    match hours {
        0 => [&minutes.to_string(), ":", &seconds].concat(),
        _ => [&hours.to_string(), ":", &two(minutes), ":", &seconds].concat(),
    }
}
