//! What the details of a connection say besides figures.

use crate::dom::message;

/// The heading.
pub(in crate::ui) fn title(who: &str) -> String {
    message!("Connection to {who}", who = who)
}

/// The browser keeps its clipboard.
pub(in crate::ui) fn not_copied() -> &'static str {
    message!("The browser does not let this page copy. Select the text and copy it yourself.")
}
