//! The way to the layouts of the stage.

use super::Control;
use crate::ui::{actions, layouts};

/// Opens the menu in which a layout is chosen. What it needs is loaded then.
pub(super) const CONTROL: Control = Control {
    name: "layout",
    html: include_str!("layout.html"),
    in_lobby: false,
    is_offered: |_| true,
    render: |_, _| {},
    press: |shared, _| actions::load(shared, shared.frame.clone().into(), layouts::open_menu),
};
