//! What the details of a connection say besides figures.

/// The heading.
pub(in crate::ui) fn title(who: &str) -> String {
    ["Connection to ", who].concat()
}

/// The browser keeps its clipboard.
pub(in crate::ui) const NOT_COPIED: &str =
    "The browser does not let this page copy. Select the text and copy it yourself.";
