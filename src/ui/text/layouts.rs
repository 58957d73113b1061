//! What is said of the stage. Loaded on demand.

/// How our own picture is moved that stands on another.
pub(in crate::ui) const MOVABLE: &str = "Drag it, or use the arrow keys, to move it to another corner";

/// Our own picture was hidden.
pub(in crate::ui) const OWN_HIDDEN: &str = "You do not see yourself any more. The others still do.";

/// Which page of tiles is shown; `page` is counted from zero.
pub(in crate::ui) fn page(page: usize, pages: usize) -> String {
    format!("Page {} of {pages}", page + 1)
}
