//! Whether media flows: when `getStats()` is called, and what should have grown.

use visavis_signaling::{Remote, Source, Timestamp};

use super::Room;
use crate::connection::{Connection, ExpectedMedia, FrameState, SampleContext};
use crate::input::Stats;
use crate::output::ConnectionEffect;
use crate::timing::{ALERT_DURATION, STATS_INTERVAL, STATS_INTERVAL_WHEN_ALERT};
use crate::track_settings::TrackSettings;

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

    /// The connections that are `connected`, to participants with whom a repair could be agreed on. What a selective forwarding
    /// unit sends depends on what it makes of our bandwidth, so its silence proves nothing.
    fn sampled(&self) -> impl Iterator<Item = &Connection> {
        let is_sampled = |(remote, connection): &(&Remote, &Connection)| {
            remote.participant().is_some() && connection.is_connected() && self.can_send_to(remote)
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
    }

    /// Something may have happened to the paths: a sample is taken now, and more often for a while.
    pub(super) fn watch_closely(&mut self, now: Timestamp) {
        if now < self.stats.alert_until {
            return;
        }
        self.stats.alert_until = now + ALERT_DURATION;
        self.stats.next_at = now;
        self.reset_flow_watch();
    }

    /// Silence so far does not count: it may have had reasons that we have not heard of.
    pub(super) fn reset_flow_watch(&mut self) {
        for (_, connection) in self.connections.iter_mut() {
            connection.reset_flow();
        }
    }

    /// The counters of one connection.
    pub(super) fn on_stats(&mut self, now: Timestamp, remote: &Remote, stats: &Stats) {
        if !self.can_send_to(remote) {
            return;
        }
        let member = remote.participant().and_then(|id| self.roster.get(id));
        let told = member.and_then(|member| member.media);
        let media = told.unwrap_or_default();
        let shown = member.map(|member| self.video_settings_of(&member.id)).unwrap_or_default();
        // They need not send what we do not show.
        let is_shown = |source| shown.get(source) != Some(TrackSettings::Disabled);
        let own = self.media.state();
        let moment = SampleContext {
            now,
            server_message_at: self.session.server_message_at,
            alert: now < self.stats.alert_until,
        };
        if let Some(connection) = self.connections.get_mut(remote) {
            let expected = ExpectedMedia {
                remote_microphone: media.microphone,
                remote_camera: media.camera && is_shown(Source::Camera),
                // It is said before it is negotiated.
                remote_screen: media.screen
                    && is_shown(Source::Screen)
                    && connection.track(Source::Screen).is_some(),
                local_microphone: own.microphone,
                local_camera: own.camera,
                wants_video: told.is_some() && connection.encodes(Source::Camera),
            };
            connection.on_stats(moment, stats, expected);
        }
    }
}
