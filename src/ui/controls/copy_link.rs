//! Copying the link to the room.

use super::Control;
use crate::ui::link;

/// Copies the link that carries the room. Not in somebody else's page: its address is not ours to change.
pub(super) const CONTROL: Control = Control {
    name: "copy-link",
    html: include_str!("copy_link.html"),
    in_lobby: false,
    is_offered: |shared| shared.options.app_link,
    render: |_, _| {},
    press: |shared, view| link::copy(shared, view),
};
