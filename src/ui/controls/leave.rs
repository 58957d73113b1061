//! Leaving the room.

use visavis_core::Command;

use super::Control;

/// Leaves the room.
pub(super) const CONTROL: Control = Control {
    name: "leave",
    html: include_str!("leave.html"),
    in_lobby: false,
    is_offered: |_| true,
    render: |_, _| {},
    press: |shared, _| shared.send(Command::Leave),
};
