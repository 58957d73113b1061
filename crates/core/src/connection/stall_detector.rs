//! Whether media really flows, whatever the browser says about the connection.
//!
//! A path can be dead while `connectionState` still says `connected`: one way of it is blocked, a sender is stuck, a
//! browser is slow to notice. But a healthy call must never be repaired, so silence counts only where packets are due
//! (their [`MediaState`](visavis_signaling::MediaState)), only between samples that lie close together, and only for a time in
//! which hundreds of packets would have come. Their `MediaState` may be outdated if the socket has died unnoticed: what costs
//! more than an ICE restart waits until a message of the server has come during the silence.
//!
//! A server that forwards may hold back any picture, because of what it makes of our bandwidth, but no voice. So of what it
//! sends only the microphones are due, and each is watched in its own section.

use visavis_signaling::{ParticipantId, Timestamp};

use super::frame_stall_detector::FrameStallDetector;
use super::media::MediaCounters;
use crate::timing::{
    AUDIO_SILENCE_TIMEOUT, FIRST_PACKET_TIMEOUT, SILENCE_TIMEOUT, SILENCE_TIMEOUT_WHEN_ALERT, STATS_MAX_GAP,
};

/// Which media should flow, by what both sides publish.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ExpectedMedia {
    /// Their [`MediaState`](visavis_signaling::MediaState) has the camera.
    pub(crate) remote_camera: bool,
    /// Their `MediaState` has the screen. Of one on which nothing moves, Chromium sends a frame a second, and Firefox 30.
    pub(crate) remote_screen: bool,
    /// Our microphone is sent.
    pub(crate) local_microphone: bool,
    /// Our camera is sent.
    pub(crate) local_camera: bool,
    /// A server has agreed to receive our microphone: there packets are due from the beginning. Whoever is in the mesh may not
    /// want what we have never managed to send, so only what stops is missed.
    pub(crate) wants_audio: bool,
    /// They have sent a `MediaState`. A client without may not want our video, so frames that are not encoded prove nothing.
    pub(crate) wants_video: bool,
}

#[cfg(test)]
impl ExpectedMedia {
    /// Microphone and camera in both directions.
    pub(super) const BOTH: Self = Self {
        remote_camera: true,
        remote_screen: false,
        local_microphone: true,
        local_camera: true,
        wants_audio: false,
        wants_video: true,
    };
}

/// A microphone that is received: in a mesh that of the far end, of a server one in each section that carries one.
#[derive(Debug)]
pub(crate) struct ReceivedMicrophone {
    /// Whose it is.
    pub(crate) publisher: ParticipantId,
    /// The section in which a server forwards it; `None` in a mesh, where descriptions say which that is.
    pub(crate) mid: Option<String>,
    /// Their `MediaState` has it.
    pub(crate) on: bool,
    /// `packetsReceived` of it.
    pub(crate) packets: u32,
}

/// Which packets are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SilentDirection {
    /// None arrive; perhaps ours do not leave either.
    Inbound,
    /// Ours do not leave.
    Outbound,
}

/// What follows from a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StallVerdict {
    /// Expected packets arrive.
    Flowing,
    /// None arrived, but none are expected, or not for long enough.
    Inconclusive,
    /// Packets arrive, but not of every microphone that is on.
    PartlyFlowing,
    /// Expected packets are missing since then; an ICE restart might help.
    Silent { since: Timestamp, direction: SilentDirection },
    /// Others come, but for long not a packet of a microphone: only another connection might help.
    MicrophoneSilent,
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

/// Whether the packets of a microphone arrive that is said to be on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MicrophoneState {
    Flowing,
    /// Nothing came since the last sample.
    Late,
    Silent,
    /// For so long that it is worth another connection.
    SilentForLong,
}

/// Watches one microphone.
#[derive(Debug)]
struct MicrophoneStallDetector {
    publisher: ParticipantId,
    mid: Option<String>,
    packets: Counter,
    state: MicrophoneState,
}

impl MicrophoneStallDetector {
    /// What its silence since then means. Other sections show that the path is good, so that of one that is forwarded is told
    /// as soon as that of a path.
    fn judge(&self, context: SampleContext, since: Timestamp) -> MicrophoneState {
        if since == context.now {
            return MicrophoneState::Flowing;
        }
        let limit = match (&self.mid, self.packets.grown) {
            (Some(_), true) => SILENCE_TIMEOUT,
            (Some(_), false) => FIRST_PACKET_TIMEOUT,
            (None, _) => AUDIO_SILENCE_TIMEOUT,
        };
        let silent = context.now.since(since);
        if silent < limit || context.server_message_at <= since {
            MicrophoneState::Late
        } else if silent < AUDIO_SILENCE_TIMEOUT {
            MicrophoneState::Silent
        } else {
            MicrophoneState::SilentForLong
        }
    }
}

/// Watches the counters of one connection.
#[derive(Debug, Default)]
pub(crate) struct StallDetector {
    total: Counter,
    microphones: Vec<MicrophoneStallDetector>,
    local_audio: Counter,
    /// Packets of our microphone have left since the sample before.
    sends: bool,
    sampled_at: Option<Timestamp>,
    silent: bool,
    frames: FrameStallDetector,
}

impl StallDetector {
    /// Whether the last sample found that nothing comes from somebody, although it should.
    pub(crate) fn is_silent(&self, publisher: &ParticipantId) -> bool {
        let silent = |one: &MicrophoneStallDetector| {
            one.publisher == *publisher
                && matches!(one.state, MicrophoneState::Silent | MicrophoneState::SilentForLong)
        };
        self.silent || self.microphones.iter().any(silent)
    }

    /// Whether the last sample found that our microphone is sent.
    pub(super) fn sends(&self) -> bool {
        self.sends
    }

    /// Of whom the last sample found nothing, and whether for long.
    pub(super) fn unheard(&self) -> impl Iterator<Item = (&ParticipantId, bool)> {
        let unheard = self.microphones.iter().filter(|one| one.state != MicrophoneState::Flowing);
        unheard.map(|one| (&one.publisher, one.state == MicrophoneState::SilentForLong))
    }

    /// Whether frames flow, as of the last sample.
    pub(crate) fn frames(&self) -> &FrameStallDetector {
        &self.frames
    }

    /// Forgets the frame counters: the connection is another, or broken.
    pub(crate) fn reset_frames(&mut self) {
        self.frames = FrameStallDetector::default();
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
        microphones: Vec<ReceivedMicrophone>,
    ) -> StallVerdict {
        let now = context.now;
        let fresh = self.sampled_at.is_none_or(|sampled_at| now.since(sampled_at) > STATS_MAX_GAP);
        self.sampled_at = Some(now);
        self.frames.sample(context, counters, expected, fresh);
        let (received, sent) = (counters.packets_received, counters.microphone_packets_sent);
        let any_microphone = microphones.iter().any(|one| one.on);
        let any = any_microphone || expected.remote_camera || expected.remote_screen;
        let leaves = sent != self.local_audio.value;
        self.sends = leaves && expected.local_microphone;
        let kept = expected.wants_audio && expected.local_microphone && !leaves;
        let voices_flow = self.sample_microphones(context, microphones, fresh);
        let grows = received != self.total.value;
        let total_since = self.total.update(now, received, any, fresh);
        let local_since = self.local_audio.update(now, sent, expected.local_microphone, fresh);
        let limit = if context.alert { SILENCE_TIMEOUT_WHEN_ALERT } else { SILENCE_TIMEOUT };
        let limit = if self.total.grown { limit } else { FIRST_PACKET_TIMEOUT };
        // A voice that has ended is a device pulled out; a picture that has ended is one click.
        let due = any_microphone || context.server_message_at > total_since;
        let unsent = now.since(local_since);
        let stuck = (self.local_audio.grown && unsent >= SILENCE_TIMEOUT)
            || (expected.wants_audio && unsent >= FIRST_PACKET_TIMEOUT);
        let inbound = due && now.since(total_since) >= limit;
        self.silent = inbound || stuck;
        if self.silent {
            let direction = if inbound { SilentDirection::Inbound } else { SilentDirection::Outbound };
            StallVerdict::Silent { since: total_since.min(local_since), direction }
        } else if kept {
            StallVerdict::Inconclusive
        } else if self.microphones.iter().any(|one| one.state == MicrophoneState::SilentForLong) {
            StallVerdict::MicrophoneSilent
        } else if (grows && voices_flow) || (!any && expected.wants_audio && leaves) {
            StallVerdict::Flowing
        } else if grows {
            StallVerdict::PartlyFlowing
        } else {
            StallVerdict::Inconclusive
        }
    }

    /// Whether all of those that are on have grown. Another microphone in the same section begins anew.
    fn sample_microphones(
        &mut self,
        context: SampleContext,
        microphones: Vec<ReceivedMicrophone>,
        fresh: bool,
    ) -> bool {
        let mut before = std::mem::take(&mut self.microphones);
        let mut all_flow = true;
        for ReceivedMicrophone { publisher, mid, on, packets: value } in microphones {
            let known = before.iter().position(|one| one.publisher == publisher && one.mid == mid);
            let packets = known.map(|at| before.swap_remove(at).packets).unwrap_or_default();
            all_flow &= !on || value != packets.value;
            let mut detector =
                MicrophoneStallDetector { publisher, mid, packets, state: MicrophoneState::Flowing };
            let since = detector.packets.update(context.now, value, on, fresh);
            detector.state = detector.judge(context, since);
            self.microphones.push(detector);
        }
        all_flow
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: ExpectedMedia = ExpectedMedia::BOTH;

    fn wants_ice_restart(verdict: &StallVerdict) -> bool {
        matches!(verdict, StallVerdict::Silent { .. })
    }

    fn id(id: &str) -> ParticipantId {
        ParticipantId::new(id).unwrap()
    }

    /// Theirs, in a mesh.
    fn theirs(on: bool, packets: u32) -> Vec<ReceivedMicrophone> {
        vec![ReceivedMicrophone { publisher: id("a"), mid: None, on, packets }]
    }

    fn at(millis: u64) -> SampleContext {
        let now = Timestamp::from_millis(millis);
        SampleContext { now, server_message_at: now, alert: false }
    }

    /// Takes a sample every two seconds; each item is the packets received of audio and video, and sent of audio, since the start.
    fn sample_all(expected: ExpectedMedia, on: bool, packets: &[[u32; 3]]) -> Vec<StallVerdict> {
        let mut detector = StallDetector::default();
        let sample = |(n, [audio, video, sent]): (usize, &[u32; 3])| {
            let counters = MediaCounters {
                packets_received: audio + video,
                microphone_packets_sent: *sent,
                ..MediaCounters::default()
            };
            detector.sample(at(2000 * n as u64), &counters, expected, theirs(on, *audio))
        };
        packets.iter().enumerate().map(sample).collect()
    }

    #[test]
    fn silence_after_packets_is_noticed_in_six_seconds() {
        let packets = [[9, 9, 1], [20, 20, 2], [20, 20, 3], [20, 20, 4], [20, 20, 5]];
        use StallVerdict::{Flowing, Inconclusive};
        let verdicts = sample_all(BOTH, true, &packets);
        assert_eq!(verdicts[..4], [Flowing, Flowing, Inconclusive, Inconclusive]);
        assert!(wants_ice_restart(&verdicts[4]));
    }

    #[test]
    fn the_first_packet_may_take_longer() {
        let verdicts = sample_all(BOTH, true, &[[0, 0, 0]; 6]);
        assert_eq!(verdicts.iter().position(wants_ice_restart), Some(5));
    }

    #[test]
    fn silence_of_those_who_do_not_send_is_not_noticed() {
        let quiet = ExpectedMedia { remote_camera: false, ..BOTH };
        let packets: Vec<_> = (0..60).map(|n| [7, 7, n]).collect();
        assert_eq!(sample_all(quiet, false, &packets)[1..], [StallVerdict::Inconclusive; 59]);
        let covered: Vec<_> = (0..60).map(|n| [n + 1, 7, n]).collect();
        assert_eq!(
            sample_all(BOTH, true, &covered),
            [StallVerdict::Flowing; 60],
            "a camera may be covered, a voice cannot"
        );
    }

    #[test]
    fn silence_of_a_screen_alone_is_noticed() {
        let shared = ExpectedMedia { remote_camera: false, remote_screen: true, ..BOTH };
        let verdicts = sample_all(shared, false, &[[0, 1, 1], [0, 2, 2], [0, 2, 3], [0, 2, 4], [0, 2, 5]]);
        assert!(wants_ice_restart(&verdicts[4]));
    }

    #[test]
    fn video_without_its_audio_needs_another_connection() {
        let packets: Vec<_> = (0..9).map(|n| [7, n + 1, n]).collect();
        let verdicts = sample_all(BOTH, true, &packets);
        assert_eq!(verdicts[7], StallVerdict::PartlyFlowing);
        assert_eq!(verdicts[8], StallVerdict::MicrophoneSilent);
    }

    #[test]
    fn audio_that_is_not_sent_is_noticed() {
        let packets: Vec<_> = (0..5).map(|n| [n + 1, n, n.min(1)]).collect();
        assert!(wants_ice_restart(&sample_all(BOTH, true, &packets)[4]));
        let unwanted: Vec<_> = (0..30).map(|n| [n + 1, n, 0]).collect();
        assert_eq!(sample_all(BOTH, true, &unwanted), [StallVerdict::Flowing; 30]);
    }

    #[test]
    fn late_samples_prove_nothing() {
        let mut detector = StallDetector::default();
        let counters =
            MediaCounters { packets_received: 10, microphone_packets_sent: 5, ..MediaCounters::default() };
        for n in 0..100 {
            let verdict = detector.sample(
                SampleContext { alert: true, ..at(60_000 * n) },
                &counters,
                BOTH,
                theirs(true, 5),
            );
            assert_eq!(verdict, if n == 0 { StallVerdict::Flowing } else { StallVerdict::Inconclusive });
        }
    }

    #[test]
    fn an_outdated_media_state_does_not_count() {
        let mut detector = StallDetector::default();
        for n in 0..30 {
            let counters = MediaCounters {
                packets_received: 7 + n,
                microphone_packets_sent: n,
                ..MediaCounters::default()
            };
            let context =
                SampleContext { server_message_at: Timestamp::from_millis(0), ..at(2000 * u64::from(n)) };
            let verdict = detector.sample(context, &counters, BOTH, theirs(true, 7));
            assert_eq!(verdict, if n == 0 { StallVerdict::Flowing } else { StallVerdict::PartlyFlowing });
        }
    }

    /// Samples the microphones of "a" and "b", forwarded by a server, every two seconds.
    fn sample_forwarded(detector: &mut StallDetector, n: u32, [a, b]: [u32; 2], video: u32) -> StallVerdict {
        let forwarded = |publisher, mid: &str, packets| {
            let (publisher, mid) = (id(publisher), Some(mid.to_owned()));
            ReceivedMicrophone { publisher, mid, on: true, packets }
        };
        let counters = MediaCounters { packets_received: a + b + video, ..MediaCounters::default() };
        let microphones = vec![forwarded("a", "0", a), forwarded("b", "1", b)];
        detector.sample(at(2000 * u64::from(n)), &counters, ExpectedMedia::default(), microphones)
    }

    #[test]
    fn one_of_several_microphones_is_missed_by_itself() {
        let mut detector = StallDetector::default();
        assert_eq!(sample_forwarded(&mut detector, 0, [9, 9], 0), StallVerdict::Flowing);
        for n in 1..8 {
            assert_eq!(sample_forwarded(&mut detector, n, [9 + n, 9], 0), StallVerdict::PartlyFlowing);
            assert_eq!([detector.is_silent(&id("a")), detector.is_silent(&id("b"))], [false, n >= 3]);
        }
        assert_eq!(sample_forwarded(&mut detector, 8, [17, 9], 0), StallVerdict::MicrophoneSilent);
        assert_eq!(detector.unheard().collect::<Vec<_>>(), [(&id("b"), true)]);
        assert_eq!(sample_forwarded(&mut detector, 9, [18, 10], 0), StallVerdict::Flowing);
        assert!(!detector.is_silent(&id("b")));
    }

    #[test]
    fn a_server_that_forwards_nothing_though_a_microphone_is_on_is_missed() {
        let mut detector = StallDetector::default();
        let verdicts: Vec<_> = (0..5).map(|n| sample_forwarded(&mut detector, n, [9, 9], n.min(1))).collect();
        assert_eq!(verdicts[3], StallVerdict::Inconclusive);
        assert!(wants_ice_restart(&verdicts[4]));
    }

    #[test]
    fn pictures_that_a_server_holds_back_prove_nothing() {
        let mut detector = StallDetector::default();
        for n in 0..60 {
            let counters = MediaCounters { packets_received: 7, ..MediaCounters::default() };
            let muted = || theirs(false, 0);
            let verdict = detector.sample(at(2000 * n), &counters, ExpectedMedia::default(), muted());
            assert!(!wants_ice_restart(&verdict));
        }
    }

    #[test]
    fn a_server_that_wants_our_microphone_shall_have_it() {
        let publishes =
            ExpectedMedia { local_microphone: true, wants_audio: true, ..ExpectedMedia::default() };
        let sample_all = |packets: &[u32]| {
            let mut detector = StallDetector::default();
            let sample = |(n, sent): (usize, &u32)| {
                let counters = MediaCounters { microphone_packets_sent: *sent, ..MediaCounters::default() };
                detector.sample(at(2000 * n as u64), &counters, publishes, Vec::new())
            };
            packets.iter().enumerate().map(sample).collect::<Vec<_>>()
        };
        assert_eq!(sample_all(&[1, 2, 3]), [StallVerdict::Flowing; 3]);
        assert_eq!(sample_all(&[0; 6]).iter().position(wants_ice_restart), Some(5));
        assert_eq!(sample_all(&[5; 6]).iter().position(wants_ice_restart), Some(3));
    }
}
