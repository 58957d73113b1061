//! What is told of sound and pictures that are worse than they could be: to whom, and why.

use visavis_core::{
    PeerChannelEvent, PeerMessage, QualityCause, QualityIssue, QualityLimitation, QualityLimitationReason,
    SendStats, SentVideo, TrackSettings, VideoSettings, VideoSize,
};

use crate::peer_channel::call;
use crate::*;

const CAMERA: SendStats = SendStats {
    captured: [Some(VideoSize { width: 1280, height: 720 }), None, None],
    available_outgoing_bitrate: None,
    quality_limitation: QualityLimitationReason::None,
    audio_fraction_lost: None,
    microphone_silent: None,
};

fn told(reason: QualityLimitationReason, active: bool) -> String {
    PeerMessage::QualityLimitation(QualityLimitation { reason, active }).encode()
}

/// In a call with a Visavis page that shows our camera and sends its own.
fn video_call() -> Harness {
    let mut harness = call(true);
    harness.channel(PeerChannelEvent::Opened);
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    let media = MediaState::from([Source::Microphone, Source::Camera]);
    harness.peer_sends(&PeerMessage::Media(media).encode());
    let shown = TrackSettings::Enabled(VideoSize { width: 1280, height: 720 });
    let shown = VideoSettings::default().with(Source::Camera, Some(shown));
    harness.peer_sends(&PeerMessage::TrackSettings(shown).encode());
    harness
}

impl Harness {
    /// So many samples, of each hundred packets of sound this many lost; frames of their picture come or not. Gives the
    /// messages that were sent meanwhile.
    fn sample(&mut self, flow: &mut Flow, samples: u32, lost: u32, pictures: bool) -> Vec<String> {
        let mut messages = Vec::new();
        for _ in 0..samples {
            let counters = &mut flow.counters;
            counters.received[0] += 100 - lost;
            counters.sent = counters.sent.map(|sent| sent + 100);
            let frames = counters.frames.map(|frames| frames.unwrap_or_default() + 60);
            let decoded = if pictures { Some(frames[0]) } else { counters.frames[0].or(Some(0)) };
            counters.frames = [decoded, Some(frames[1]), Some(frames[2])];
            flow.lost += lost;
            let mut stats = counters.stats();
            (stats.audio_packets_lost, stats.inbound[0].lost) = (flow.lost, Some(flow.lost));
            let mut effects = self.event(0, ConnectionEvent::Stats(stats));
            effects.extend(self.event(0, ConnectionEvent::SendStats(flow.sending)));
            effects.extend(self.wait(Duration::from_secs(2)));
            messages.extend(effects.into_iter().filter_map(|effect| match effect {
                Effect::Connection(_, ConnectionEffect::SendMessage(text)) => Some(text),
                _ => None,
            }));
        }
        messages
    }

    fn issue(&self) -> Option<QualityIssue> {
        self.room.view().participants[0].connection.issue
    }
}

/// What was counted so far.
struct Flow {
    counters: Counters,
    lost: u32,
    sending: SendStats,
}

impl Default for Flow {
    fn default() -> Self {
        Self { counters: Counters::default(), lost: 0, sending: CAMERA }
    }
}

fn issue(cause: QualityCause, video: SentVideo) -> Option<QualityIssue> {
    Some(QualityIssue { cause, video })
}

#[test]
fn what_is_lost_on_its_way_to_us_is_told_with_what_they_do_about_it() {
    let (mut harness, mut flow) = (video_call(), Flow::default());
    harness.sample(&mut flow, 3, 0, true);
    assert_eq!(harness.issue(), None);
    harness.sample(&mut flow, 3, 8, true);
    assert_eq!(harness.issue(), issue(QualityCause::InboundLoss(8), SentVideo::Full));
    harness.peer_sends(&told(QualityLimitationReason::Bandwidth, true));
    harness.sample(&mut flow, 2, 8, true);
    assert_eq!(harness.issue(), issue(QualityCause::InboundLoss(8), SentVideo::Reduced));
    harness.peer_sends(&told(QualityLimitationReason::None, true));
    harness.sample(&mut flow, 6, 0, true);
    assert_eq!(harness.issue(), None);
}

#[test]
fn a_picture_that_the_path_does_not_carry_is_no_broken_camera() {
    let (mut harness, mut flow) = (video_call(), Flow::default());
    harness.sample(&mut flow, 3, 0, true);
    harness.peer_sends(&told(QualityLimitationReason::Bandwidth, false));
    harness.sample(&mut flow, 20, 0, false);
    assert_eq!(harness.connection(), (ConnectionState::Connected, ConnectionReason::None));
    let off = harness.issue();
    assert_eq!(off, issue(QualityCause::InboundBandwidth, SentVideo::Off));
    assert!(off.is_some_and(QualityIssue::stops_their_video));
    // Whoever switches the camera off is not waited for.
    harness.peer_sends(&PeerMessage::Media(MediaState::from([Source::Microphone])).encode());
    harness.sample(&mut flow, 1, 0, false);
    assert_eq!(harness.issue(), None);
    // Another channel knows nothing.
    let media = MediaState::from([Source::Microphone, Source::Camera]);
    harness.peer_sends(&PeerMessage::Media(media).encode());
    harness.channel(PeerChannelEvent::Closed);
    harness.sample(&mut flow, 3, 0, false);
    assert_eq!(harness.issue(), None);
}

#[test]
fn a_busy_computer_is_told_to_the_other_and_to_ourselves() {
    let (mut harness, mut flow) = (video_call(), Flow::default());
    harness.peer_sends(&told(QualityLimitationReason::Cpu, true));
    harness.sample(&mut flow, 3, 0, true);
    assert_eq!(harness.issue(), issue(QualityCause::RemoteCpu, SentVideo::Reduced));
    harness.peer_sends(&told(QualityLimitationReason::None, true));
    flow.sending.quality_limitation = QualityLimitationReason::Cpu;
    let messages = harness.sample(&mut flow, 8, 0, true);
    assert_eq!(messages, [told(QualityLimitationReason::Cpu, true)], "once");
    assert_eq!(harness.issue(), None);
    let own = harness.room.view().me.issue;
    assert_eq!(own, issue(QualityCause::Cpu, SentVideo::Reduced));
    flow.sending.quality_limitation = QualityLimitationReason::None;
    let messages = harness.sample(&mut flow, 4, 0, true);
    assert_eq!(messages, [told(QualityLimitationReason::None, true)]);
    assert_eq!(harness.room.view().me.issue, None);
    // Alone, nothing is encoded.
    flow.sending.quality_limitation = QualityLimitationReason::Cpu;
    harness.sample(&mut flow, 8, 0, true);
    assert_eq!(harness.room.view().me.issue, own);
    harness.receive(Inbound::Roster(RosterSignal::Left(id("a"))));
    assert_eq!(harness.room.view().me.issue, None);
}

#[test]
fn video_that_gives_way_is_told_to_both() {
    let (mut harness, mut flow) = (video_call(), Flow::default());
    harness.sample(&mut flow, 3, 0, true);
    let mut messages = Vec::new();
    for _ in 0..20 {
        harness.peer_sends(&PeerMessage::ReceiverReport(200).encode());
        messages.extend(harness.sample(&mut flow, 1, 0, true));
    }
    let limited = |active| told(QualityLimitationReason::Bandwidth, active);
    assert_eq!(messages, [limited(true), limited(false)]);
    assert_eq!(harness.issue(), issue(QualityCause::OutboundLoss(20), SentVideo::Off));
    assert_eq!(harness.room.view().me.issue, None, "with one other nobody can tell whose link it is");
}

#[test]
fn nothing_is_told_of_what_is_not_looked_at() {
    let (mut harness, mut flow) = (video_call(), Flow::default());
    flow.sending.quality_limitation = QualityLimitationReason::Cpu;
    harness.sample(&mut flow, 6, 8, true);
    assert!(harness.issue().is_some());
    assert!(harness.room.view().me.issue.is_some());
    // Without the server no repair could be agreed on, so no counter is read.
    harness.input(Input::Socket(SocketEvent::Closed));
    assert_eq!(harness.issue(), None);
    assert_eq!(harness.room.view().me.issue, None);
}

/// A browser calls every small picture limited, if we have asked for no more.
#[test]
fn what_a_browser_calls_bandwidth_counts_only_on_a_slow_path() {
    let (mut harness, mut flow) = (video_call(), Flow::default());
    flow.sending.quality_limitation = QualityLimitationReason::Bandwidth;
    flow.sending.available_outgoing_bitrate = Some(900_000);
    assert_eq!(harness.sample(&mut flow, 5, 0, true), [""; 0]);
    assert_eq!(harness.issue(), None);
}

#[test]
fn what_a_browser_does_not_count_is_not_told() {
    let (mut harness, mut flow) = (video_call(), Flow::default());
    for _ in 0..8 {
        flow.counters.received[0] += 100;
        let stats = flow.counters.stats();
        harness.event(0, ConnectionEvent::Stats(stats));
        harness.wait(Duration::from_secs(2));
    }
    assert_eq!(harness.issue(), None);
}
