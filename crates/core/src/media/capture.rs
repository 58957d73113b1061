//! How sources are captured.

use visavis_signaling::Source;

/// How a source is captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Capture {
    /// `getUserMedia`: a device, which is wanted or not for as long as the person does not change their mind.
    Device,
    /// `getDisplayMedia`: whatever the person picks, each time anew, and only when they ask for it. What it is shown with
    /// comes and goes with it.
    Display,
    /// `getUserMedia` as well, but only when the person asks for it, and as they then chose the device.
    ChosenDevice,
}

/// How this one is.
pub(super) fn capture_of(source: Source) -> Capture {
    match source {
        Source::Microphone | Source::Camera => Capture::Device,
        Source::Screen | Source::ScreenAudio => Capture::Display,
        Source::SecondCamera => Capture::ChosenDevice,
    }
}
