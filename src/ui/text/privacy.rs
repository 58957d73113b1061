//! What the page leaves in the browser, in people's words. Loaded on demand.

use visavis_app::stored_data::StoredData;

/// What something is that is stored. `detail` is what can be said of it beside that; empty if nothing can.
pub(in crate::ui) fn stored(data: StoredData, detail: &str) -> String {
    match data {
        StoredData::Name => ["Your name, so that the lobby proposes it: “", detail, "”."].concat(),
        StoredData::Devices => {
            "Your choices in these settings: devices, what is done to sound and picture, and the quality of videos."
                .to_owned()
        }
        StoredData::Server => "The server that you chose.".to_owned(),
        StoredData::Identity => "Who you are to a server, until this tab is closed.".to_owned(),
        StoredData::Mapping => {
            "The description of a server that you try out, until this tab is closed.".to_owned()
        }
        StoredData::Recordings => ["Recordings that you have not deleted: ", detail, "."].concat(),
        StoredData::ServiceWorker => {
            "A small part of this page, which says what is missing when it cannot be loaded.".to_owned()
        }
    }
}

/// Something of ours that this version does not know.
pub(in crate::ui) fn unknown(key: &str) -> String {
    ["Something that another version of this page has left: “", key, "”."].concat()
}

/// How many recordings there are, and how large they are, in bytes.
pub(in crate::ui) fn recordings(count: usize, bytes: u64) -> String {
    let count = if count == 1 { "one".to_owned() } else { count.to_string() };
    [&*count, ", ", &super::recording::size(bytes)].concat()
}

/// There is nothing.
pub(in crate::ui) const NOTHING: &str = "Nothing.";

/// The button that erases.
pub(in crate::ui) const ERASE: &str = "Erase all of it";
/// The same after it was asked whether recordings may be lost.
pub(in crate::ui) const ERASE_RECORDINGS: &str = "Erase it, with the recordings";
/// Recordings would be lost.
pub(in crate::ui) const SURE: &str = "Your recordings would be lost. Save those first that you want to keep, or press the \
     button once more.";

/// How it went; `complete` if nothing is left.
pub(in crate::ui) fn erased(complete: bool) -> &'static str {
    if complete {
        "Erased. This page goes on as it is; the next time that you open it, it begins as at first."
    } else {
        "Erased, but for what is in use: a recording is being made, or the browser keeps something. Try again later."
    }
}
