//! The switch of the camera.

use visavis_core::Source;

use super::{Control, source};

/// Switches the camera on and off.
pub(super) const CONTROL: Control = Control {
    name: "camera",
    html: include_str!("camera.html"),
    in_lobby: true,
    is_offered: |_| true,
    render: |button, view| source::render(button, view, Source::Camera),
    press: |shared, view| source::press(shared, view, Source::Camera),
};
