//! What a person wants of their devices, as the browser keeps it from one visit to the next.

use visavis_core::{DeviceId, DeviceSettings, FacingMode, MediaDeviceKind, TrackSwitch, VideoQuality};
use visavis_signaling::json::{self, Fields, Json};

/// The name of which way the camera looks.
const FACING_MODE: &str = "facingMode";
/// The name of how much videos may cost.
const VIDEO_QUALITY: &str = "videoQuality";

/// The text that is kept.
pub fn write(settings: &DeviceSettings) -> String {
    let mut fields = Fields::default();
    for kind in MediaDeviceKind::ALL {
        fields.maybe_text(kind.as_str(), settings.chosen(kind).map(DeviceId::as_str));
    }
    for switch in TrackSwitch::ALL {
        fields.bool(switch.as_str(), settings.is_on(switch));
    }
    fields.text(FACING_MODE, settings.facing_mode.as_str());
    fields.text(VIDEO_QUALITY, settings.video_quality.as_str());
    fields.encode()
}

/// What a text says. Whatever of it is not understood counts as never said: the next version may say it otherwise.
/// `video_quality` is that of whoever has chosen none.
pub fn read(text: &str, video_quality: VideoQuality) -> DeviceSettings {
    let mut settings = DeviceSettings::with_video_quality(video_quality);
    let Ok(kept) = json::parse(text) else { return settings };
    for kind in MediaDeviceKind::ALL {
        settings.choose(kind, kept.at(kind.as_str()).as_text().and_then(DeviceId::new));
    }
    for switch in TrackSwitch::ALL {
        if let Json::Bool(on) = kept.at(switch.as_str()) {
            settings.set(switch, *on);
        }
    }
    if kept.at(FACING_MODE).as_text() == Some(FacingMode::Environment.as_str()) {
        settings.facing_mode = FacingMode::Environment;
    }
    let kept = kept.at(VIDEO_QUALITY).as_text();
    settings.video_quality = kept.and_then(VideoQuality::named).unwrap_or(settings.video_quality);
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut settings = DeviceSettings::default();
        assert_eq!(read(&write(&settings), VideoQuality::Best), settings);
        settings.choose(MediaDeviceKind::AudioInput, DeviceId::new("a \"b\"\u{2028}"));
        settings.choose(MediaDeviceKind::AudioOutput, DeviceId::new("c"));
        settings.set(TrackSwitch::EchoCancellation, false);
        settings.set(TrackSwitch::BackgroundBlur, true);
        settings.facing_mode = FacingMode::Environment;
        settings.video_quality = VideoQuality::SaveData;
        assert_eq!(read(&write(&settings), VideoQuality::Best), settings);
    }

    #[test]
    fn what_is_not_understood_was_never_said() {
        let long = format!("{{\"audioinput\":\"{}\"}}", "x".repeat(9000));
        let nothing =
            ["", "[]", "{", "null", "{\"audioinput\":7,\"echoCancellation\":\"no\",\"facingMode\":{}}"];
        for text in nothing.into_iter().chain([&*long]) {
            assert_eq!(read(text, VideoQuality::Automatic), DeviceSettings::default(), "{text:.60}");
        }
    }
}
