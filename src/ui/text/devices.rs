//! Sentences about devices. In the other part of the program.

use visavis_core::{DeviceChange, Event, MediaDeviceKind, Source, SourceState, TrackSwitch, VideoQuality};

use crate::dom::message;

/// The speakers of this browser are not for the page to choose.
pub(in crate::ui) fn no_speakers() -> &'static str {
    message!(
        "This browser plays all sound where your system plays it. Choose the speaker in the settings of the system."
    )
}
/// There is no microphone that could be heard.
pub(in crate::ui) fn no_level() -> &'static str {
    message!("Your microphone is not open. Switch it on to see how loud it is.")
}
/// The first entry of a list of devices.
pub(in crate::ui) fn default() -> &'static str {
    message!("As the system has it")
}
/// The same where a device was chosen that is not there.
pub(in crate::ui) fn missing() -> &'static str {
    message!("The one you chose, which is not there")
}

/// How much videos may cost, in a list.
pub(in crate::ui) fn video_quality(quality: VideoQuality) -> &'static str {
    message!(match quality {
        VideoQuality::Automatic => "Automatic",
        VideoQuality::SaveData => "Save data",
        VideoQuality::Best => "Best",
    })
}

/// What a person gets for that.
pub(in crate::ui) fn video_quality_hint(quality: VideoQuality) -> &'static str {
    message!(match quality {
        VideoQuality::Automatic => "As large as videos are shown, and as much as your connection carries.",
        VideoQuality::SaveData => {
            "Small pictures both ways, so that sound comes through and little data is used."
        }
        VideoQuality::Best => {
            "Your camera in full HD and with more detail. Needs a fast connection and computer."
        }
    })
}

/// The first entry of the list of second cameras.
pub(in crate::ui) fn no_second_camera() -> &'static str {
    message!("None")
}

/// How the second camera is doing.
pub(in crate::ui) fn second_camera(state: SourceState) -> &'static str {
    message!(match state {
        SourceState::Off => "Shows the others something else beside you: your table, or the room.",
        SourceState::Starting => "Starting it.",
        SourceState::On => "The others see it in a tile of its own.",
        SourceState::Stalled => "It gives no picture: another program may have it.",
        SourceState::Failed(_) => {
            "It cannot be opened: it is gone, or another program has it. Try another one."
        }
    })
}

/// What a person is told in passing of their sources and devices; empty of everything else.
pub(in crate::ui) fn event(event: &Event) -> String {
    match event {
        Event::Muted(source) => muted(*source).to_owned(),
        Event::DeviceChanged(kind, change, label) => changed(*kind, *change, label),
        Event::ParticipantJoined(..)
        | Event::ParticipantLeft(..)
        | Event::Interaction(_)
        | Event::Details(_)
        | Event::ProtocolError(_)
        | Event::Traced(..) => String::new(),
    }
}

/// Somebody else has switched a source of ours off.
fn muted(source: Source) -> &'static str {
    message!(match source {
        Source::Microphone => "Whoever runs this room has muted you",
        Source::Camera => "Whoever runs this room has switched your camera off",
        Source::Screen | Source::ScreenAudio => "Whoever runs this room has ended your screen share",
        Source::SecondCamera => "Whoever runs this room has switched your second camera off",
    })
}

/// Another device is in use than before.
fn changed(kind: MediaDeviceKind, change: DeviceChange, label: &str) -> String {
    let what = name(kind);
    let quoted;
    let now = if label.is_empty() {
        message!("the one that your system has chosen")
    } else {
        quoted = message!("“{device}”", device = label);
        &quoted
    };
    message!(
        match change {
            DeviceChange::Lost => "Your {what} is gone. Now in use: {now}.",
            DeviceChange::Default => "Your system has changed the {what}. Now in use: {now}.",
            DeviceChange::Restored => "Your {what} is back. Now in use: {now}.",
            DeviceChange::Unavailable => {
                "The {what} that you chose cannot be opened: it is gone, or another program has it."
            }
        },
        what = what,
        now = now,
    )
}

/// What a kind of device is called. Translations choose by these words, so they are none of them messages.
fn name(kind: MediaDeviceKind) -> &'static str {
    match kind {
        MediaDeviceKind::AudioInput => "microphone",
        MediaDeviceKind::VideoInput => "camera",
        MediaDeviceKind::AudioOutput => "speaker",
    }
}

/// What is in use instead of what was chosen.
pub(in crate::ui) fn in_use(label: &str) -> String {
    message!("Now in use: “{device}”.", device = label)
}

/// What a switch does.
pub(in crate::ui) fn switch(switch: TrackSwitch) -> &'static str {
    message!(match switch {
        TrackSwitch::EchoCancellation => "Take out the echo of my speakers",
        TrackSwitch::NoiseSuppression => "Take out noise",
        TrackSwitch::AutoGainControl => "Keep my voice equally loud",
        TrackSwitch::BackgroundBlur => "Blur what is behind me",
    })
}
