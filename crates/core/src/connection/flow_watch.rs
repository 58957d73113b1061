//! Whether media really flows, whatever the browser says about the connection.
//!
//! A path can be dead while `connectionState` still says `connected`: one way of it is blocked, a sender is stuck, a
//! browser is slow to notice. But a healthy call must never be repaired, so silence counts only where packets are due
//! (their [`MediaState`](visavis_signaling::MediaState)), only between samples that lie close together, and only for a time in
//! which hundreds of packets would have come. Their `MediaState` may be outdated if the socket has died unnoticed: what costs
//! more than an ICE restart waits until a message of the server has come during the silence.

use visavis_signaling::Timestamp;

use super::Repair;
use super::frame_watch::FrameWatch;
use super::media::MediaCounters;
use crate::timing::{
    AUDIO_SILENCE_TIMEOUT, FIRST_PACKET_TIMEOUT, SILENCE_TIMEOUT, SILENCE_TIMEOUT_WHEN_ALERT, STATS_MAX_GAP,
};

/// Which media should flow, by what both sides publish.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ExpectedMedia {
    /// Their [`MediaState`](visavis_signaling::MediaState) has the microphone.
    pub(crate) remote_microphone: bool,
    /// Their `MediaState` has the camera.
    pub(crate) remote_camera: bool,
    /// Their `MediaState` has the screen. Of one on which nothing moves, Chromium sends a frame a second, and Firefox 30.
    pub(crate) remote_screen: bool,
    /// Our microphone is sent.
    pub(crate) local_microphone: bool,
    /// Our camera is sent.
    pub(crate) local_camera: bool,
    /// They have sent a `MediaState`. A client without may not want our video, so frames that are not encoded prove nothing.
    pub(crate) wants_video: bool,
}

#[cfg(test)]
impl ExpectedMedia {
    /// Microphone and camera in both directions.
    pub(super) const BOTH: Self = Self {
        remote_microphone: true,
        remote_camera: true,
        remote_screen: false,
        local_microphone: true,
        local_camera: true,
        wants_video: true,
    };
}

/// What follows from a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FlowVerdict {
    /// Expected packets arrive.
    Flowing,
    /// None arrived, but none are expected, or not for long enough.
    Inconclusive,
    /// Expected packets are missing since then; this repair might help.
    Silent { silence_repair: Repair, since: Timestamp },
}

/// One counter of `getStats()` that grows while media flows.
#[derive(Debug, Default)]
pub(super) struct Counter {
    value: u32,
    /// When it last changed, or was first expected to grow.
    since: Option<Timestamp>,
    /// It has changed since it was first expected to grow.
    grown: bool,
}

impl Counter {
    /// Whether it has grown while it was expected to.
    pub(super) fn has_grown(&self) -> bool {
        self.grown
    }

    /// Takes the value of now. Gives since when it has not changed although it should; `now` if it has, or need not.
    pub(super) fn update(&mut self, now: Timestamp, value: u32, expected: bool, fresh: bool) -> Timestamp {
        // Not "has grown": counters begin anew when a sender gets another SSRC.
        let changed = value != self.value;
        self.value = value;
        self.grown = expected && (self.grown || changed);
        let begins = changed || fresh || !expected;
        let since = if begins { now } else { self.since.unwrap_or(now) };
        self.since = expected.then_some(since);
        since
    }
}

/// What else a sample depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SampleContext {
    pub(crate) now: Timestamp,
    /// When the last message of the server came.
    pub(crate) server_message_at: Timestamp,
    /// Something may have happened to the path a moment ago: the limits are shorter.
    pub(crate) alert: bool,
}

/// Watches the counters of one connection.
#[derive(Debug, Default)]
pub(crate) struct FlowWatch {
    total: Counter,
    remote_audio: Counter,
    local_audio: Counter,
    sampled_at: Option<Timestamp>,
    silent: bool,
    frames: FrameWatch,
}

impl FlowWatch {
    /// Whether the last sample found silence.
    pub(crate) fn is_silent(&self) -> bool {
        self.silent
    }

    /// Whether frames flow, as of the last sample.
    pub(crate) fn frames(&self) -> &FrameWatch {
        &self.frames
    }

    /// Forgets the frame counters: the connection is another, or broken.
    pub(crate) fn reset_frames(&mut self) {
        self.frames = FrameWatch::default();
    }

    /// Silence before the next sample does not count.
    pub(crate) fn reset(&mut self) {
        self.sampled_at = None;
    }

    /// Takes one sample of the counters.
    pub(crate) fn sample(
        &mut self,
        context: SampleContext,
        counters: &MediaCounters,
        expected: ExpectedMedia,
    ) -> FlowVerdict {
        let now = context.now;
        let fresh = self.sampled_at.is_none_or(|sampled_at| now.since(sampled_at) > STATS_MAX_GAP);
        self.sampled_at = Some(now);
        self.frames.sample(context, counters, expected, fresh);
        let received = counters.packets_received;
        let audio = counters.microphone_packets_received;
        let audio_flows = audio != self.remote_audio.value || !expected.remote_microphone;
        let flows = received != self.total.value && audio_flows;
        let any = expected.remote_microphone || expected.remote_camera || expected.remote_screen;
        let total_since = self.total.update(now, received, any, fresh);
        let audio_since = self.remote_audio.update(now, audio, expected.remote_microphone, fresh);
        let local_since =
            self.local_audio.update(now, counters.microphone_packets_sent, expected.local_microphone, fresh);
        let limit = if context.alert { SILENCE_TIMEOUT_WHEN_ALERT } else { SILENCE_TIMEOUT };
        let limit = if self.total.grown { limit } else { FIRST_PACKET_TIMEOUT };
        // A voice that has ended is a device pulled out; a picture that has ended is one click.
        let due = expected.remote_microphone || context.server_message_at > total_since;
        // What we have never managed to send, they may not want: only what stops is missed.
        let stuck = self.local_audio.grown && now.since(local_since) >= SILENCE_TIMEOUT;
        let verdict = if (due && now.since(total_since) >= limit) || stuck {
            FlowVerdict::Silent { silence_repair: Repair::RestartIce, since: total_since.min(local_since) }
        } else if now.since(audio_since) >= AUDIO_SILENCE_TIMEOUT && context.server_message_at > audio_since {
            FlowVerdict::Silent { silence_repair: Repair::Rebuild, since: audio_since }
        } else if flows {
            FlowVerdict::Flowing
        } else {
            FlowVerdict::Inconclusive
        };
        self.silent = matches!(verdict, FlowVerdict::Silent { .. });
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: ExpectedMedia = ExpectedMedia::BOTH;

    fn wants_ice_restart(verdict: &FlowVerdict) -> bool {
        matches!(verdict, FlowVerdict::Silent { silence_repair: Repair::RestartIce, .. })
    }

    fn at(millis: u64) -> SampleContext {
        let now = Timestamp::from_millis(millis);
        SampleContext { now, server_message_at: now, alert: false }
    }

    /// Takes a sample every two seconds; each item is the packets received of audio and video, and sent of audio, since the start.
    fn sample_all(expected: ExpectedMedia, packets: &[[u32; 3]]) -> Vec<FlowVerdict> {
        let mut watch = FlowWatch::default();
        let sample = |(n, [audio, video, sent]): (usize, &[u32; 3])| {
            let counters = MediaCounters {
                packets_received: audio + video,
                microphone_packets_received: *audio,
                microphone_packets_sent: *sent,
                ..MediaCounters::default()
            };
            watch.sample(at(2000 * n as u64), &counters, expected)
        };
        packets.iter().enumerate().map(sample).collect()
    }

    #[test]
    fn silence_after_packets_is_noticed_in_six_seconds() {
        let packets = [[9, 9, 1], [20, 20, 2], [20, 20, 3], [20, 20, 4], [20, 20, 5]];
        use FlowVerdict::{Flowing, Inconclusive};
        let verdicts = sample_all(BOTH, &packets);
        assert_eq!(verdicts[..4], [Flowing, Flowing, Inconclusive, Inconclusive]);
        assert!(wants_ice_restart(&verdicts[4]));
    }

    #[test]
    fn the_first_packet_may_take_longer() {
        let verdicts = sample_all(BOTH, &[[0, 0, 0]; 6]);
        assert_eq!(verdicts.iter().position(wants_ice_restart), Some(5));
    }

    #[test]
    fn silence_of_those_who_do_not_send_is_not_noticed() {
        let quiet = ExpectedMedia { remote_microphone: false, remote_camera: false, ..BOTH };
        let packets: Vec<_> = (0..60).map(|n| [7, 7, n]).collect();
        assert_eq!(sample_all(quiet, &packets)[1..], [FlowVerdict::Inconclusive; 59]);
        let covered: Vec<_> = (0..60).map(|n| [n + 1, 7, n]).collect();
        assert_eq!(
            sample_all(BOTH, &covered),
            [FlowVerdict::Flowing; 60],
            "a camera may be covered, a voice cannot"
        );
    }

    #[test]
    fn silence_of_a_screen_alone_is_noticed() {
        let shared =
            ExpectedMedia { remote_microphone: false, remote_camera: false, remote_screen: true, ..BOTH };
        let verdicts = sample_all(shared, &[[0, 1, 1], [0, 2, 2], [0, 2, 3], [0, 2, 4], [0, 2, 5]]);
        assert!(wants_ice_restart(&verdicts[4]));
    }

    #[test]
    fn video_without_its_audio_needs_another_connection() {
        let packets: Vec<_> = (0..9).map(|n| [7, n + 1, n]).collect();
        let verdicts = sample_all(BOTH, &packets);
        assert_eq!(verdicts[7], FlowVerdict::Inconclusive);
        assert!(matches!(verdicts[8], FlowVerdict::Silent { silence_repair: Repair::Rebuild, .. }));
    }

    #[test]
    fn audio_that_is_not_sent_is_noticed() {
        let packets: Vec<_> = (0..5).map(|n| [n + 1, n, n.min(1)]).collect();
        assert!(wants_ice_restart(&sample_all(BOTH, &packets)[4]));
        let unwanted: Vec<_> = (0..30).map(|n| [n + 1, n, 0]).collect();
        assert_eq!(sample_all(BOTH, &unwanted), [FlowVerdict::Flowing; 30]);
    }

    #[test]
    fn late_samples_prove_nothing() {
        let mut watch = FlowWatch::default();
        let counters = MediaCounters {
            packets_received: 10,
            microphone_packets_received: 5,
            microphone_packets_sent: 5,
            ..MediaCounters::default()
        };
        for n in 0..100 {
            let verdict = watch.sample(SampleContext { alert: true, ..at(60_000 * n) }, &counters, BOTH);
            assert!(!matches!(verdict, FlowVerdict::Silent { .. }));
        }
    }

    #[test]
    fn an_outdated_media_state_does_not_count() {
        let mut watch = FlowWatch::default();
        for n in 0..30 {
            let counters = MediaCounters {
                packets_received: 7 + n,
                microphone_packets_received: 7,
                microphone_packets_sent: n,
                ..MediaCounters::default()
            };
            let context =
                SampleContext { server_message_at: Timestamp::from_millis(0), ..at(2000 * u64::from(n)) };
            assert!(!matches!(watch.sample(context, &counters, BOTH), FlowVerdict::Silent { .. }));
        }
    }
}
