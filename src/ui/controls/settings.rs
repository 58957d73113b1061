//! The way to the settings of the devices.

use super::Control;
use crate::ui::{actions, settings};

/// Opens the dialog in which devices are chosen. What it needs is loaded then.
pub(super) const CONTROL: Control = Control {
    name: "settings",
    html: include_str!("settings.html"),
    in_lobby: true,
    is_offered: |_| true,
    render: |_, _| {},
    press: |shared, _| actions::load(shared, shared.frame.clone().into(), settings::open),
};
