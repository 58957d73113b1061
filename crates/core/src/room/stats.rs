//! Whether media flows: when `getStats()` is called, and what should have grown.

use visavis_signaling::{
    ForwardedTrack, ParticipantId, Remote, SfuConnectionId, Source, Timestamp, TrackSettings,
};

use super::Room;
use crate::connection::{Connection, ExpectedMedia, FrameState, ReceivedMicrophone, SampleContext};
use crate::input::Stats;
use crate::output::ConnectionEffect;
use crate::send_stats::SendStats;
use crate::timing::{ALERT_DURATION, STATS_INTERVAL, STATS_INTERVAL_WHEN_ALERT};
use crate::view::SourceState;

/// What should flow on a connection.
type Expected = (ExpectedMedia, Vec<ReceivedMicrophone>);

/// When `getStats()` is called on the connections.
#[derive(Debug, Default)]
pub(super) struct StatsSchedule {
    /// The next time.
    next_at: Timestamp,
    /// Until when that is more often.
    alert_until: Timestamp,
}

impl Room {
    /// When it is called next, if there are any.
    pub(super) fn stats_due_at(&self) -> Option<Timestamp> {
        self.sampled().next().map(|_| self.stats.next_at)
    }

    /// The connections that are `connected`, to far ends with whom a repair could be agreed on.
    fn sampled(&self) -> impl Iterator<Item = &Connection> {
        let is_sampled = |(remote, connection): &(&Remote, &Connection)| {
            connection.is_connected() && self.can_send_to(remote)
        };
        self.connections.iter().filter(is_sampled).map(|(_, connection)| connection)
    }

    /// Whether our camera is on, but has not given a frame for a while. All connections send the same camera.
    pub(super) fn camera_is_stalled(&self) -> bool {
        self.connections.iter().any(|(_, connection)| connection.capture_frames() != FrameState::Flowing)
    }

    /// Takes a sample, if it is time.
    pub(super) fn poll_stats(&mut self, now: Timestamp) {
        if self.stats.next_at > now {
            return;
        }
        let every = if now < self.stats.alert_until { STATS_INTERVAL_WHEN_ALERT } else { STATS_INTERVAL };
        self.stats.next_at = now + every;
        for id in self.sampled().filter_map(Connection::id).collect::<Vec<_>>() {
            self.out.connection(id, ConnectionEffect::GetStats);
        }
        if self.details_of.is_some() {
            self.get_details();
        }
    }

    /// Something may have happened to the paths: a sample is taken now, and more often for a while.
    pub(super) fn watch_closely(&mut self, now: Timestamp) {
        if now < self.stats.alert_until {
            return;
        }
        self.stats.alert_until = now + ALERT_DURATION;
        self.stats.next_at = now;
        self.reset_stall_detectors();
    }

    /// Silence so far does not count: it may have had reasons that we have not heard of.
    pub(super) fn reset_stall_detectors(&mut self) {
        for (_, connection) in self.connections.iter_mut() {
            connection.reset_flow();
        }
    }

    /// The counters of one connection. Never inlined: it is in a part of the page's program that is loaded once a call stands
    /// (`xtask/split/src/parts.rs`).
    #[inline(never)]
    pub(super) fn on_stats(&mut self, now: Timestamp, remote: &Remote, stats: &Stats) {
        if !self.can_send_to(remote) {
            return;
        }
        let moment = SampleContext {
            now,
            server_message_at: self.session.server_message_at,
            alert: now < self.stats.alert_until,
        };
        let Some(connection) = self.connections.get(remote) else { return };
        let (expected, microphones) = match remote {
            Remote::Participant(id) => self.expected_of_participant(id, connection),
            Remote::Server(id) => self.expected_from_sfu(*id, connection),
        };
        if let Some(connection) = self.connections.get_mut(remote) {
            connection.on_stats(moment, stats, expected, microphones);
            connection.send_receiver_report(stats, &mut self.out);
        }
        self.judge_quality(now, remote, stats);
    }

    /// What we send on a connection. Never inlined, for the same reason.
    #[inline(never)]
    pub(super) fn on_send_stats(&mut self, now: Timestamp, remote: &Remote, stats: &SendStats) {
        let is_on = self.media.view(Source::Microphone).state == SourceState::On;
        self.microphone_silence.sample(now, stats.microphone_silent.filter(|_| is_on));
        if let Some(connection) = self.connections.get_mut(remote) {
            connection.on_send_stats(now, stats, &mut self.out);
        }
    }

    fn expected_of_participant(&self, id: &ParticipantId, connection: &Connection) -> Expected {
        let told = self.roster.get(id).and_then(|member| member.media);
        let (media, own) = (told.unwrap_or_default(), self.media.state());
        let shown = self.video_settings_of(id);
        // They need not send what we do not show.
        let is_shown = |source| shown.get(source) != Some(TrackSettings::Disabled);
        // Nor what they say that the path does not carry.
        let sends_video = connection.remote_limitation().active;
        let expected = ExpectedMedia {
            remote_camera: media.is_on(Source::Camera) && is_shown(Source::Camera) && sends_video,
            // It is said before it is negotiated.
            remote_screen: media.is_on(Source::Screen)
                && sends_video
                && is_shown(Source::Screen)
                && connection.track(Source::Screen).is_some(),
            local_microphone: own.is_on(Source::Microphone),
            local_camera: own.is_on(Source::Camera),
            wants_audio: false,
            wants_video: told.is_some() && connection.encodes(Source::Camera),
        };
        (
            expected,
            vec![ReceivedMicrophone {
                publisher: id.clone(),
                mid: None,
                on: media.is_on(Source::Microphone),
                packets: 0,
            }],
        )
    }

    /// A server may hold back any picture, ours and theirs. Whom it has lost it does not forward.
    fn expected_from_sfu(&self, id: SfuConnectionId, connection: &Connection) -> Expected {
        let own = self.media.state();
        let expected = ExpectedMedia {
            local_microphone: own.is_on(Source::Microphone) && connection.plan().sends(Source::Microphone),
            local_camera: own.is_on(Source::Camera) && connection.plan().sends(Source::Camera),
            wants_audio: connection.wants_audio(),
            ..ExpectedMedia::default()
        };
        let is_on = |id| {
            let member = self.roster.get(id).filter(|member| member.present);
            member.and_then(|member| member.media).is_some_and(|media| media.is_on(Source::Microphone))
        };
        let microphones = self.sfu.microphones_on(id).map(|ForwardedTrack { mid, publisher, .. }| {
            let (mid, on) = (Some(mid.clone()), is_on(publisher));
            ReceivedMicrophone { publisher: publisher.clone(), mid, on, packets: 0 }
        });
        (expected, microphones.collect())
    }
}
