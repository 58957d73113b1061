//! The switch of the microphone.

use visavis_core::Source;

use super::{Control, source};

/// Switches the microphone on and off.
pub(super) const CONTROL: Control = Control {
    name: "microphone",
    html: include_str!("microphone.html"),
    in_lobby: true,
    is_offered: |_| true,
    render: |button, view| source::render(button, view, Source::Microphone),
    press: |shared, view| source::press(shared, view, Source::Microphone),
};
