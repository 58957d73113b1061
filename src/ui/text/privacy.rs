//! What the page leaves in the browser, in people's words. Loaded on demand.

use visavis_app::stored_data::StoredData;

use crate::dom::message;

/// What something is that is stored. `detail` is what can be said of it beside that; empty if nothing can.
pub(in crate::ui) fn stored(data: StoredData, detail: &str) -> String {
    message!(
        match data {
            StoredData::Name => "Your name, so that the lobby proposes it: “{detail}”.",
            StoredData::Language => "The language that you chose.",
            StoredData::Devices => {
                "Your choices in these settings: devices, what is done to sound and picture, and the quality of videos."
            }
            StoredData::Server => "The server that you chose.",
            StoredData::Identity => "Who you are to a server, until this tab is closed.",
            StoredData::Mapping => "The description of a server that you try out, until this tab is closed.",
            StoredData::Recordings => "Recordings that you have not deleted: {detail}.",
            StoredData::ReceivedFiles =>
                "Files that you receive in a call, or that a crash has left: {detail}.",
            StoredData::ServiceWorker => {
                "A small part of this page, which says what is missing when it cannot be loaded."
            }
        },
        detail = detail,
    )
}

/// Something of ours that this version does not know.
pub(in crate::ui) fn unknown(key: &str) -> String {
    message!("Something that another version of this page has left: “{key}”.", key = key)
}

/// How many recordings there are, and how large they are, in bytes.
pub(in crate::ui) fn recordings(count: usize, bytes: u64) -> String {
    let size = super::size::size(bytes);
    match count {
        1 => message!("one, {size}", size = &size),
        _ => message!("{count}, {size}", count = &count.to_string(), size = &size),
    }
}

/// There is nothing.
pub(in crate::ui) fn nothing() -> &'static str {
    message!("Nothing.")
}

/// The button that erases.
pub(in crate::ui) fn erase() -> &'static str {
    message!("Erase all of it")
}
/// The same after it was asked whether recordings may be lost.
pub(in crate::ui) fn erase_recordings() -> &'static str {
    message!("Erase it, with the recordings")
}
/// Recordings would be lost.
pub(in crate::ui) fn sure() -> &'static str {
    message!(
        "Your recordings would be lost. Save those first that you want to keep, or press the \
     button once more."
    )
}

/// How it went; `complete` if nothing is left.
pub(in crate::ui) fn erased(complete: bool) -> &'static str {
    message!(if complete {
        "Erased. This page goes on as it is; the next time that you open it, it begins as at first."
    } else {
        "Erased, but for what is in use: a recording is being made, or the browser keeps something. Try again later."
    })
}
