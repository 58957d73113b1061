//! How our videos are encoded for one connection: as large as they are shown there, and as much as its path carries; or, for
//! a selective forwarding unit, in layers ([`simulcast`](super::simulcast)).
//!
//! In a mesh each connection has encoders of its own, so what one participant shows small, or not at all, costs the others
//! nothing, and saves us bits and heat. Whoever says nothing of it is sent everything, as to a page that could not.

use visavis_signaling::{Source, Timestamp, TrackSettings, VideoSettings, VideoSize};

use super::Connection;
use super::initial_scale::InitialScale;
use super::limitation::BrowserLimits;
use super::link_monitor::{LinkMonitor, VideoLevel};
use super::simulcast::Simulcast;
use crate::encoding::{EncodingParameters, Encodings, ResolutionScale};
use crate::outbox::Outbox;
use crate::output::ConnectionEffect;
use crate::send_stats::SendStats;
use crate::timing::SMALLER_ENCODING_DELAY;
use crate::video_quality::VideoQuality;

/// What all cameras that we send take together at most: a mesh of eight would otherwise fill any uplink.
const ALL_CAMERAS_BITRATE: u32 = 6_000_000;
/// What a camera takes at least, however small, and what each pixel adds: 0.5 Mbit/s at 640x360, 1.9 at 1280x720.
pub(super) const CAMERA_BITRATE: u32 = 60_000;
const BITS_PER_PIXEL: u32 = 2;
/// What is reckoned for a screen. It is not kept to that: text that changes at once is worth it.
const SCREEN_BITRATE: u32 = 1_500_000;
/// Frame rates of a camera and of a screen that give way.
const LOW_CAMERA_FRAMERATE: u32 = 15;
const SMALL_SCREEN_FRAMERATE: u32 = 15;
const LOW_SCREEN_FRAMERATE: u32 = 5;
const LOWEST_SCREEN_FRAMERATE: u32 = 2;
/// A camera whose size is not known yet: what is asked for.
pub(super) const USUAL_CAMERA: VideoSize = VideoSize { width: 1280, height: 720 };

/// One of each video source, in the order of [`Source::VIDEO`].
pub(super) type OfVideos<T> = [T; Source::VIDEO.len()];

/// What the videos of one connection depend on, and what was decided last.
#[derive(Debug)]
pub(super) struct VideoAllocation {
    shown: VideoSettings,
    captured: OfVideos<Option<VideoSize>>,
    /// By how much the camera may be smaller, as it has been for a while.
    camera_scale: Option<ResolutionScale>,
    /// Since when it might be even smaller.
    smaller_since: Option<Timestamp>,
    /// How many participants our videos go to.
    receivers: u32,
    /// How much videos may cost.
    pub(super) video_quality: VideoQuality,
    pub(super) link: LinkMonitor,
    pub(super) browser: BrowserLimits,
    /// What a selective forwarding unit is sent.
    pub(super) simulcast: Simulcast,
    applied: OfVideos<Encodings>,
}

impl VideoAllocation {
    pub(super) fn new(initial_scale: InitialScale) -> Self {
        let camera = match initial_scale {
            InitialScale::Full => EncodingParameters::default(),
            InitialScale::Reduced | InitialScale::ReducedUntil(_) => EncodingParameters::REDUCED,
        };
        let begin = |source| if source == Source::Camera { camera } else { EncodingParameters::default() };
        Self {
            shown: VideoSettings::default(),
            captured: OfVideos::default(),
            camera_scale: None,
            smaller_since: None,
            receivers: 1,
            video_quality: VideoQuality::default(),
            link: LinkMonitor::default(),
            browser: BrowserLimits::default(),
            simulcast: Simulcast::default(),
            applied: Source::VIDEO.map(|source| Encodings::Single(begin(source))),
        }
    }

    /// Follows the size in which the camera is shown: what grows at once, what shrinks once it has lasted.
    fn fit(&mut self, now: Timestamp) {
        let wanted = match (self.shown.get(Source::Camera), self.captured(Source::Camera)) {
            (Some(TrackSettings::Enabled(shown)), Some(captured)) => {
                ResolutionScale::largest(captured.width, shown.width)
                    .min(ResolutionScale::largest(captured.height, shown.height))
            }
            // It will be shown again, and then it should not have to become sharp first.
            (Some(TrackSettings::Disabled), _) => {
                self.smaller_since = None;
                return;
            }
            (None, _) | (_, None) => {
                (self.camera_scale, self.smaller_since) = (None, None);
                return;
            }
        };
        if self.camera_scale.is_some_and(|scale| wanted > scale) {
            let since = *self.smaller_since.get_or_insert(now);
            if now.since(since) < SMALLER_ENCODING_DELAY {
                return;
            }
        }
        (self.camera_scale, self.smaller_since) = (Some(wanted), None);
    }

    /// The size of what a source gave last.
    fn captured(&self, source: Source) -> Option<VideoSize> {
        self.captured[source.video_index()?]
    }

    /// What the camera takes while nothing gives way.
    fn camera_bitrate(&self) -> u32 {
        let VideoSize { width, height } = self.captured(Source::Camera).unwrap_or(USUAL_CAMERA);
        let scale = self.camera_scale.unwrap_or(ResolutionScale::ONE);
        let pixels = scale.pixels_of(u32::from(width) * u32::from(height));
        (CAMERA_BITRATE + BITS_PER_PIXEL * pixels).min(ALL_CAMERAS_BITRATE / self.receivers.max(1))
    }

    /// What all that is sent takes while nothing gives way.
    fn full_bitrate(&self, videos: &[Source]) -> u32 {
        let bitrate = |source: &Source| match self.shown.get(*source) {
            Some(TrackSettings::Disabled) => 0,
            Some(TrackSettings::Enabled(_)) | None if *source == Source::Camera => self.camera_bitrate(),
            Some(TrackSettings::Enabled(_)) | None => SCREEN_BITRATE,
        };
        videos.iter().map(bitrate).sum()
    }

    /// How the camera is to be encoded.
    fn camera(&self) -> EncodingParameters {
        let level = self.link.level();
        let scale = self.camera_scale.unwrap_or(ResolutionScale::ONE);
        let (max_framerate, scale) = match level {
            VideoLevel::Full | VideoLevel::LowBitrate => (None, scale),
            VideoLevel::LowFramerate | VideoLevel::Off => (Some(LOW_CAMERA_FRAMERATE), scale),
            VideoLevel::LowResolution => (Some(LOW_CAMERA_FRAMERATE), scale.doubled()),
            VideoLevel::LowestResolution => (Some(LOW_CAMERA_FRAMERATE), scale.doubled().doubled()),
        };
        EncodingParameters {
            active: level != VideoLevel::Off,
            scale_resolution_down_by: scale,
            // Of one that is off, the rate of before: it is the less to begin with again.
            max_bitrate: Some((self.camera_bitrate() / 100 * level.percent()).max(CAMERA_BITRATE / 2)),
            max_framerate,
        }
    }

    /// How a screen is to be encoded: sharp. What gives way are its frames.
    fn screen(&self, source: Source) -> EncodingParameters {
        let level = self.link.level();
        let small = match (self.shown.get(source), self.captured(source)) {
            (Some(TrackSettings::Enabled(shown)), Some(captured)) => {
                shown.width <= captured.width / 2 && shown.height <= captured.height / 2
            }
            (Some(TrackSettings::Disabled | TrackSettings::Enabled(_)) | None, _) => false,
        };
        let max_framerate = match level {
            VideoLevel::Full | VideoLevel::LowBitrate => small.then_some(SMALL_SCREEN_FRAMERATE),
            VideoLevel::LowFramerate => Some(LOW_SCREEN_FRAMERATE),
            VideoLevel::LowResolution | VideoLevel::LowestResolution | VideoLevel::Off => {
                Some(LOWEST_SCREEN_FRAMERATE)
            }
        };
        EncodingParameters {
            active: level != VideoLevel::Off,
            scale_resolution_down_by: ResolutionScale::ONE,
            max_bitrate: match level {
                VideoLevel::Full => None,
                VideoLevel::LowBitrate
                | VideoLevel::LowFramerate
                | VideoLevel::LowResolution
                | VideoLevel::LowestResolution
                | VideoLevel::Off => Some(SCREEN_BITRATE / 100 * level.percent().max(5)),
            },
            max_framerate,
        }
    }

    /// How a source is to be encoded now for a participant.
    #[inline(never)]
    fn target(&self, source: Source) -> EncodingParameters {
        if self.shown == VideoSettings::default() {
            return EncodingParameters::default();
        }
        let parameters = if source == Source::Camera { self.camera() } else { self.screen(source) };
        match self.shown.get(source) {
            Some(TrackSettings::Disabled) => EncodingParameters { active: false, ..parameters },
            Some(TrackSettings::Enabled(_)) | None => parameters,
        }
    }
}

impl EncodingParameters {
    /// Those of the first picture of a camera.
    pub(crate) const REDUCED: Self = Self {
        active: true,
        scale_resolution_down_by: ResolutionScale::TWO,
        max_bitrate: None,
        max_framerate: None,
    };
}

impl Connection {
    /// The other side says in what size it shows our videos.
    pub(crate) fn set_shown(&mut self, shown: VideoSettings) {
        self.video_allocation.shown = shown;
    }

    /// Nobody says so any more.
    pub(super) fn forget_shown(&mut self) {
        self.video_allocation.shown = VideoSettings::default();
    }

    /// What we send has these sizes, and the path carries so much.
    #[inline(never)]
    pub(crate) fn on_send_stats(&mut self, now: Timestamp, stats: &SendStats, out: &mut Outbox) {
        self.sample_link(now, stats);
        self.send_limitation(self.limitation(), out);
    }

    fn sample_link(&mut self, now: Timestamp, stats: &SendStats) {
        let allocation = &mut self.video_allocation;
        // One that has just been switched off has the size of before.
        for (captured, newest) in allocation.captured.iter_mut().zip(stats.captured) {
            *captured = newest.or(*captured);
        }
        let sends = Source::VIDEO.into_iter().zip(stats.captured);
        let sent: Vec<_> = sends.filter_map(|(source, size)| size.is_some().then_some(source)).collect();
        let full = allocation.full_bitrate(&sent);
        allocation.browser.sample(stats, full > 0);
        if allocation.shown == VideoSettings::default() || !self.is_connected() {
            return;
        }
        let allocation = &mut self.video_allocation;
        // Nothing can give way where nothing is sent.
        if full > 0 {
            allocation.link.sample(now, stats, full);
        }
    }

    /// The other side says how much of our sound was lost lately, in thousandths.
    pub(crate) fn on_receiver_report(&mut self, now: Timestamp, lost: u16) {
        self.video_allocation.link.on_receiver_report(now, lost);
    }

    /// It is another path, or it was interrupted.
    pub(super) fn reset_link(&mut self) {
        self.video_allocation.link.reset();
    }

    /// How a transceiver begins that a source is to have.
    pub(super) fn begin_encoding(&mut self, source: Source) -> Encodings {
        let allocation = &mut self.video_allocation;
        let encodings = if self.plan.simulcasts(source) {
            allocation.simulcast.begin(allocation.captured(Source::Camera))
        } else {
            Encodings::default()
        };
        if let Some(at) = source.video_index() {
            allocation.applied[at] = encodings;
        }
        encodings
    }

    /// Whether the encoder of a source is to give anything.
    pub(crate) fn encodes(&self, source: Source) -> bool {
        self.video_allocation.target(source).active
    }

    /// Has our videos encoded as they should be now, as far as they are not. The one place that does.
    pub(crate) fn allocate_video(
        &mut self,
        now: Timestamp,
        receivers: u32,
        video_quality: VideoQuality,
        out: &mut Outbox,
    ) {
        if self.id().is_none() {
            return;
        }
        (self.video_allocation.receivers, self.video_allocation.video_quality) = (receivers, video_quality);
        self.video_allocation.fit(now);
        for (at, source) in Source::VIDEO.into_iter().enumerate() {
            let encodings = self.encodings(source);
            if self.has_transceiver(source) && self.video_allocation.applied[at] != encodings {
                self.video_allocation.applied[at] = encodings;
                self.effect(ConnectionEffect::SetParameters(source, encodings), out);
            }
        }
    }

    /// How a source is to be encoded now.
    fn encodings(&self, source: Source) -> Encodings {
        let allocation = &self.video_allocation;
        let automatic = self.automatic_encodings(source);
        allocation.video_quality.sent(source, allocation.captured(source), automatic)
    }

    /// The same with [`VideoQuality::Automatic`].
    fn automatic_encodings(&self, source: Source) -> Encodings {
        let allocation = &self.video_allocation;
        if self.plan.is_sfu() {
            return allocation.simulcast.encodings(source, allocation.captured(Source::Camera));
        }
        let mut target = allocation.target(source);
        if source == Source::Camera && self.initial_scale != InitialScale::Full {
            target.scale_resolution_down_by = target.scale_resolution_down_by.max(ResolutionScale::TWO);
        }
        Encodings::Single(target)
    }

    /// When they should be encoded otherwise, or the other side be told in what size we show theirs, if nothing else happens
    /// before.
    pub(crate) fn video_due_at(&self) -> Option<Timestamp> {
        let smaller = self.video_allocation.smaller_since.map(|since| since + SMALLER_ENCODING_DELAY);
        let due = [self.full_scale_due_at(), self.track_settings_due_at(), smaller];
        due.into_iter().flatten().min()
    }
}
