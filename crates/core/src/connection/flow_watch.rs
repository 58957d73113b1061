//! Whether media really flows, whatever the browser says about the connection.
//!
//! A path can be dead while `connectionState` still says `connected`: one way of it is blocked, a sender is stuck, a
//! browser is slow to notice. But a healthy call must never be repaired, so silence counts only where packets are due
//! (their own words, [`MediaState`](visavis_signaling::MediaState)), only between looks that lie close together, and only
//! for a time in which hundreds of packets would have come. And their words may be old, if the socket has died without
//! telling: what costs more than a restart waits until the server was heard during the silence.

use visavis_signaling::Timestamp;

use super::Repair;
use super::frame_watch::FrameWatch;
use super::media::Flow;
use crate::timing::{
    AUDIO_SILENCE_TIMEOUT, FIRST_PACKET_TIMEOUT, SILENCE_TIMEOUT, SILENCE_TIMEOUT_WHEN_ALERT, STATS_MAX_GAP,
};

/// What should flow.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ExpectedMedia {
    /// They say that they send their voice.
    pub(crate) remote_microphone: bool,
    /// They say that they send a picture.
    pub(crate) remote_camera: bool,
    /// They say that they share a screen. One on which nothing moves is repeated, by
    /// Chromium once a second, and 30 times by Firefox.
    pub(crate) remote_screen: bool,
    /// We send our voice.
    pub(crate) local_microphone: bool,
    /// We send a picture.
    pub(crate) local_camera: bool,
    /// They tell what they send, so they are no stranger, who may want no picture.
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

/// What a look has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FlowVerdict {
    /// What is due comes.
    Flowing,
    /// Something does not come, but it is not due, or not for long enough.
    Inconclusive,
    /// What is due is missing; this might help.
    Silent { silence_repair: Repair, since: Timestamp },
}

/// One counter that should grow.
#[derive(Debug, Default)]
pub(super) struct Counter {
    counter: u32,
    /// Since when it has not grown although it should.
    since: Option<Timestamp>,
    /// It has grown since it was first expected to.
    grown: bool,
}

impl Counter {
    /// Whether it has grown while it was expected to.
    pub(super) fn has_grown(&self) -> bool {
        self.grown
    }

    /// Since when it has been silent; `now` if it is not.
    pub(super) fn update(&mut self, now: Timestamp, counter: u32, expected: bool, fresh: bool) -> Timestamp {
        // Not "has grown": counters begin anew when a sender gets another SSRC.
        let moved = counter != self.counter;
        self.counter = counter;
        self.grown = expected && (self.grown || moved);
        let begins = moved || fresh || !expected;
        let since = if begins { now } else { self.since.unwrap_or(now) };
        self.since = expected.then_some(since);
        since
    }
}

/// When a look is taken, and in what light.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SampleContext {
    pub(crate) now: Timestamp,
    /// When the server was last heard.
    pub(crate) server_heard: Timestamp,
    /// Something may just have happened to the path.
    pub(crate) alert: bool,
}

/// Watches the counters of one connection.
#[derive(Debug, Default)]
pub(crate) struct FlowWatch {
    total: Counter,
    audio: Counter,
    own: Counter,
    sampled_at: Option<Timestamp>,
    silent: bool,
    frames: FrameWatch,
}

impl FlowWatch {
    /// Whether the last look found silence.
    pub(crate) fn is_silent(&self) -> bool {
        self.silent
    }

    /// Which pictures are seen, as far as the last look tells.
    pub(crate) fn frames(&self) -> &FrameWatch {
        &self.frames
    }

    /// What was seen does not count any more: the connection is another, or broken.
    pub(crate) fn reset_frames(&mut self) {
        self.frames = FrameWatch::default();
    }

    /// What came before does not count any more.
    pub(crate) fn reset(&mut self) {
        self.sampled_at = None;
    }

    /// Looks at the counters.
    pub(crate) fn sample(
        &mut self,
        moment: SampleContext,
        flow: &Flow,
        expected: ExpectedMedia,
    ) -> FlowVerdict {
        let now = moment.now;
        let fresh = self.sampled_at.is_none_or(|sampled_at| now.since(sampled_at) > STATS_MAX_GAP);
        self.sampled_at = Some(now);
        self.frames.sample(moment, flow, expected, fresh);
        let (received, audio) = (flow.received, flow.remote_microphone);
        let speaks = audio != self.audio.counter || !expected.remote_microphone;
        let flows = received != self.total.counter && speaks;
        let any = expected.remote_microphone || expected.remote_camera || expected.remote_screen;
        let total = self.total.update(now, received, any, fresh);
        let audio = self.audio.update(now, audio, expected.remote_microphone, fresh);
        let own = self.own.update(now, flow.local_microphone, expected.local_microphone, fresh);
        let limit = if moment.alert { SILENCE_TIMEOUT_WHEN_ALERT } else { SILENCE_TIMEOUT };
        let limit = if self.total.grown { limit } else { FIRST_PACKET_TIMEOUT };
        // A voice that has ended is a device pulled out; a picture that has ended is one click.
        let due = expected.remote_microphone || moment.server_heard > total;
        // What we have never managed to send, they may not want: only what stops is missed.
        let stuck = self.own.grown && now.since(own) >= SILENCE_TIMEOUT;
        let verdict = if (due && now.since(total) >= limit) || stuck {
            FlowVerdict::Silent { silence_repair: Repair::RestartIce, since: total.min(own) }
        } else if now.since(audio) >= AUDIO_SILENCE_TIMEOUT && moment.server_heard > audio {
            FlowVerdict::Silent { silence_repair: Repair::Rebuild, since: audio }
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

    fn is_deaf(verdict: &FlowVerdict) -> bool {
        matches!(verdict, FlowVerdict::Silent { silence_repair: Repair::RestartIce, .. })
    }

    fn moment(millis: u64) -> SampleContext {
        let now = Timestamp::from_millis(millis);
        SampleContext { now, server_heard: now, alert: false }
    }

    /// A look every two seconds; each item is voice, picture and own voice in packets since the start.
    fn sample_all(expected: ExpectedMedia, flows: &[[u32; 3]]) -> Vec<FlowVerdict> {
        let mut watch = FlowWatch::default();
        let look = |(n, [audio, video, own]): (usize, &[u32; 3])| {
            let flow = Flow {
                received: audio + video,
                remote_microphone: *audio,
                local_microphone: *own,
                ..Flow::default()
            };
            watch.sample(moment(2000 * n as u64), &flow, expected)
        };
        flows.iter().enumerate().map(look).collect()
    }

    #[test]
    fn silence_after_packets_is_noticed_in_six_seconds() {
        let flows = [[9, 9, 1], [20, 20, 2], [20, 20, 3], [20, 20, 4], [20, 20, 5]];
        use FlowVerdict::{Flowing, Inconclusive};
        let verdicts = sample_all(BOTH, &flows);
        assert_eq!(verdicts[..4], [Flowing, Flowing, Inconclusive, Inconclusive]);
        assert!(is_deaf(&verdicts[4]));
    }

    #[test]
    fn the_first_packet_may_take_longer() {
        let verdicts = sample_all(BOTH, &[[0, 0, 0]; 6]);
        assert_eq!(verdicts.iter().position(is_deaf), Some(5));
    }

    #[test]
    fn nobody_is_missed_who_does_not_send() {
        let quiet = ExpectedMedia { remote_microphone: false, remote_camera: false, ..BOTH };
        let flows: Vec<_> = (0..60).map(|n| [7, 7, n]).collect();
        assert_eq!(sample_all(quiet, &flows)[1..], [FlowVerdict::Inconclusive; 59]);
        let dark: Vec<_> = (0..60).map(|n| [n + 1, 7, n]).collect();
        assert_eq!(
            sample_all(BOTH, &dark),
            [FlowVerdict::Flowing; 60],
            "a camera may be covered, a voice cannot"
        );
    }

    #[test]
    fn a_screen_alone_is_missed_too() {
        let shared =
            ExpectedMedia { remote_microphone: false, remote_camera: false, remote_screen: true, ..BOTH };
        let verdicts = sample_all(shared, &[[0, 1, 1], [0, 2, 2], [0, 2, 3], [0, 2, 4], [0, 2, 5]]);
        assert!(is_deaf(&verdicts[4]));
    }

    #[test]
    fn a_picture_without_its_voice_needs_another_connection() {
        let flows: Vec<_> = (0..9).map(|n| [7, n + 1, n]).collect();
        let verdicts = sample_all(BOTH, &flows);
        assert_eq!(verdicts[7], FlowVerdict::Inconclusive);
        assert!(matches!(verdicts[8], FlowVerdict::Silent { silence_repair: Repair::Rebuild, .. }));
    }

    #[test]
    fn a_voice_that_does_not_leave_is_noticed() {
        let flows: Vec<_> = (0..5).map(|n| [n + 1, n, n.min(1)]).collect();
        assert!(is_deaf(&sample_all(BOTH, &flows)[4]));
        let unwanted: Vec<_> = (0..30).map(|n| [n + 1, n, 0]).collect();
        assert_eq!(sample_all(BOTH, &unwanted), [FlowVerdict::Flowing; 30]);
    }

    #[test]
    fn late_looks_prove_nothing() {
        let mut watch = FlowWatch::default();
        let flow = Flow { received: 10, remote_microphone: 5, local_microphone: 5, ..Flow::default() };
        for n in 0..100 {
            let verdict = watch.sample(SampleContext { alert: true, ..moment(60_000 * n) }, &flow, BOTH);
            assert!(!matches!(verdict, FlowVerdict::Silent { .. }));
        }
    }

    #[test]
    fn old_words_do_not_count() {
        let mut watch = FlowWatch::default();
        for n in 0..30 {
            let flow = Flow { received: 7 + n, remote_microphone: 7, local_microphone: n, ..Flow::default() };
            let moment =
                SampleContext { server_heard: Timestamp::from_millis(0), ..moment(2000 * u64::from(n)) };
            assert!(!matches!(watch.sample(moment, &flow, BOTH), FlowVerdict::Silent { .. }));
        }
    }
}
