//! What we publish: what is wanted of each source, and how far it has come.

use visavis_signaling::{MediaState, Source, Timestamp};

use crate::input::{CaptureId, MediaError, TrackId};
use crate::outbox::Outbox;
use crate::output::{Effect, MediaEffect};
use crate::rate_limiter::RateLimiter;
use crate::timing::REOPENS_PER_MINUTE;
use crate::view::{SourceState, SourceView};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No device is held.
    Idle,
    /// This capture will tell.
    Starting(CaptureId),
    /// The device is held by this track.
    Live(TrackId),
    /// The device said no.
    Failed(MediaError),
}

/// How a source is captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Capture {
    /// `getUserMedia`: a device, which is wanted or not for as long as the person does not change their mind.
    Device,
    /// `getDisplayMedia`: whatever the person picks, each time anew, and only when they ask for it. What it is shown with
    /// comes and goes with it.
    Display,
}

fn capture_of(source: Source) -> Capture {
    match source {
        Source::Microphone | Source::Camera => Capture::Device,
        Source::Screen | Source::ScreenAudio => Capture::Display,
    }
}

#[derive(Debug)]
struct LocalSource {
    source: Source,
    wanted: bool,
    phase: Phase,
    /// A device that ended by itself is opened again once: another may have taken its place. Not for ever: a flapping
    /// cable would prompt without end. After that only a change of the devices, or the person, opens one.
    reopened: bool,
    /// How often it was opened because the devices had changed.
    changes: RateLimiter,
    /// The devices changed too often: it is opened then, if they are still not there.
    due: Option<Timestamp>,
}

impl LocalSource {
    fn new(source: Source, wanted: bool) -> Self {
        Self {
            source,
            wanted,
            phase: Phase::Idle,
            reopened: false,
            changes: RateLimiter::default(),
            due: None,
        }
    }

    fn is_device(&self) -> bool {
        capture_of(self.source) == Capture::Device
    }

    fn is_on(&self) -> bool {
        self.wanted && matches!(self.phase, Phase::Live(_))
    }

    fn needs_capture(&self) -> bool {
        self.wanted && self.is_device() && matches!(self.phase, Phase::Idle | Phase::Failed(_))
    }

    /// Whether there was no device that could be opened. One that is denied does not come by being plugged in.
    fn misses_device(&self) -> bool {
        use MediaError::{Busy, NotFound, Unknown};
        self.wanted && self.is_device() && matches!(self.phase, Phase::Failed(NotFound | Busy | Unknown))
    }

    /// Whether the device that it misses may be opened again now; if that was done too often, it is as soon as it may.
    fn allow_reopen(&mut self, now: Timestamp) -> bool {
        if !self.misses_device() {
            return false;
        }
        let may = self.changes.take(now, REOPENS_PER_MINUTE);
        self.reopened &= !may;
        self.due = (!may).then(|| self.changes.free_at(REOPENS_PER_MINUTE));
        may
    }

    fn track(&self) -> Option<TrackId> {
        match self.phase {
            Phase::Live(track) => Some(track),
            Phase::Idle | Phase::Starting(_) | Phase::Failed(_) => None,
        }
    }

    fn view(&self) -> SourceView {
        let state = match self.phase {
            Phase::Failed(error) => SourceState::Failed(error),
            _ if !self.wanted => SourceState::Off,
            Phase::Live(_) => SourceState::On,
            Phase::Starting(_) => SourceState::Starting,
            Phase::Idle => SourceState::Off,
        };
        SourceView { source: self.source, state, track: self.track() }
    }

    /// Switches the device off, if it is on: the light goes out.
    fn release(&mut self, out: &mut Outbox) {
        if let Some(track) = self.track() {
            out.effect(Effect::Media(MediaEffect::StopTrack(track)));
        }
        self.phase = Phase::Idle;
    }
}

/// Everything that we can publish.
#[derive(Debug)]
pub(crate) struct LocalMedia {
    sources: Vec<LocalSource>,
    next_capture: u32,
}

impl LocalMedia {
    pub(crate) fn new(microphone: bool, camera: bool) -> Self {
        let wanted = MediaState { microphone, camera, ..MediaState::default() };
        let sources = Source::ALL.map(|source| LocalSource::new(source, wanted.is_on(source)));
        Self { sources: sources.into(), next_capture: 0 }
    }

    /// What to tell the others.
    pub(crate) fn state(&self) -> MediaState {
        self.sources.iter().filter(|local| local.is_on()).map(|local| local.source).collect()
    }

    /// Every source, in the order of [`Source::ALL`].
    pub(crate) fn views(&self) -> Vec<SourceView> {
        self.sources.iter().map(LocalSource::view).collect()
    }

    /// Whether a device is being opened: perhaps the person is asked for permission.
    pub(crate) fn is_opening(&self) -> bool {
        self.sources.iter().any(|local| matches!(local.phase, Phase::Starting(_)))
    }

    pub(crate) fn view(&self, source: Source) -> SourceView {
        self.find(|local| local.source == source).map_or(SourceView::off(source), LocalSource::view)
    }

    /// The sources that have a track, with it.
    pub(crate) fn tracks(&self) -> Vec<(Source, TrackId)> {
        self.sources.iter().filter_map(|local| Some((local.source, local.track()?))).collect()
    }

    /// Opens every device that is wanted and not open, with one question to the person.
    pub(crate) fn open(&mut self, out: &mut Outbox) {
        self.capture(LocalSource::needs_capture, out);
    }

    /// Switches everything off; which devices are wanted stays so for the next time, and nothing is shared.
    pub(crate) fn close(&mut self, out: &mut Outbox) {
        for local in &mut self.sources {
            local.release(out);
            local.wanted &= local.is_device();
        }
    }

    /// What is wanted the next time devices are opened.
    pub(crate) fn set_wanted(&mut self, source: Source, on: bool) {
        if let Some(local) = self.find_mut(|local| local.source == source).filter(|local| local.is_device()) {
            local.wanted = on;
        }
    }

    /// Switches one source. A muted microphone keeps its device (stopping it would make Bluetooth headsets change their
    /// mode); a camera that is off lets go of it, so that its light goes out.
    pub(crate) fn set(&mut self, source: Source, on: bool, out: &mut Outbox) {
        match capture_of(source) {
            Capture::Device => self.set_device(source, on, out),
            Capture::Display if on => self.share(out),
            Capture::Display => self.unshare(out),
        }
    }

    fn set_device(&mut self, source: Source, on: bool, out: &mut Outbox) {
        let Some(local) = self.find_mut(|local| local.source == source) else { return };
        local.wanted = on;
        local.reopened = false;
        match (local.phase, source) {
            (Phase::Live(track), Source::Microphone) => {
                out.effect(Effect::Media(MediaEffect::SetTrackEnabled(track, on)));
            }
            (Phase::Live(_), _) if !on => local.release(out),
            (Phase::Failed(_), _) if !on => local.phase = Phase::Idle,
            (Phase::Idle | Phase::Failed(_), _) if on => self.capture(|local| local.source == source, out),
            (Phase::Idle | Phase::Starting(_) | Phase::Live(_) | Phase::Failed(_), _) => {}
        }
    }

    /// Has the person pick something to share, unless they are sharing or about to.
    fn share(&mut self, out: &mut Outbox) {
        let busy = |local: &LocalSource| matches!(local.phase, Phase::Starting(_) | Phase::Live(_));
        if self.displays().any(|local| busy(local)) {
            return;
        }
        let capture = self.begin_capture();
        for local in self.displays() {
            (local.wanted, local.phase) = (true, Phase::Starting(capture));
        }
        out.effect(Effect::Media(MediaEffect::GetDisplayMedia { capture }));
    }

    /// Nothing is shared any more.
    fn unshare(&mut self, out: &mut Outbox) {
        for local in self.displays() {
            local.release(out);
            local.wanted = false;
        }
    }

    fn displays(&mut self) -> impl Iterator<Item = &mut LocalSource> {
        self.sources.iter_mut().filter(|local| !local.is_device())
    }

    /// A capture brought tracks; those that nobody waits for any more are stopped. If one is missing of two devices, it is
    /// asked for alone, to hear why: Chromium leaves out without a word what the permissions policy forbids. A screen
    /// without sound is one whose sound the person, or the browser, left out.
    pub(crate) fn captured(&mut self, capture: CaptureId, tracks: &[(Source, TrackId)], out: &mut Outbox) {
        let waiting = Phase::Starting(capture);
        let several = self.sources.iter().filter(|local| local.phase == waiting).count() > 1;
        let mut missing = false;
        for local in &mut self.sources {
            let track = tracks.iter().find(|(source, _)| *source == local.source).map(|(_, track)| *track);
            let awaited = local.phase == waiting;
            match track {
                Some(track) if awaited && local.wanted => local.phase = Phase::Live(track),
                Some(track) => out.effect(Effect::Media(MediaEffect::StopTrack(track))),
                None => {}
            }
            if awaited && !matches!(local.phase, Phase::Live(_)) {
                let failed = local.wanted && local.is_device() && !several;
                local.phase = if failed { Phase::Failed(MediaError::Unknown) } else { Phase::Idle };
                local.wanted &= local.is_device();
                missing |= local.is_device();
            }
        }
        if several && missing {
            self.open_each(out);
        }
    }

    /// Opens everything that is wanted and not open, each with a question of its own.
    fn open_each(&mut self, out: &mut Outbox) {
        for source in Source::MICROPHONE_AND_CAMERA {
            self.capture(|local| local.source == source && local.needs_capture(), out);
        }
    }

    /// A capture failed. If it asked for both devices, one of them may be fine or allowed: each is asked for alone. A
    /// browser that was told no remembers it and answers for the person. Some pages get neither. Whoever does not pick anything
    /// to share has just changed their mind.
    pub(crate) fn capture_failed(&mut self, capture: CaptureId, error: MediaError, out: &mut Outbox) {
        let waiting = Phase::Starting(capture);
        let asked = |local: &&LocalSource| local.phase == waiting && local.is_device();
        let alone = self.sources.iter().filter(asked).count() > 1 && !error.is_for_all();
        for local in self.sources.iter_mut().filter(|local| local.phase == waiting) {
            let declined = !local.is_device() && error == MediaError::Denied;
            local.wanted &= !declined;
            local.phase = if local.wanted && !alone { Phase::Failed(error) } else { Phase::Idle };
            local.wanted &= local.is_device();
        }
        if alone {
            self.open_each(out);
        }
    }

    /// A track ended by itself. A device may have been replaced by another; what is shared no more, the person has ended with
    /// the browser's own button, or by closing it.
    pub(crate) fn track_ended(&mut self, track: TrackId, out: &mut Outbox) {
        let Some(local) = self.find_mut(|local| local.track() == Some(track)) else { return };
        let source = local.source;
        match source {
            Source::Screen => return self.unshare(out),
            Source::Microphone | Source::Camera | Source::ScreenAudio => local.release(out),
        }
        if !local.wanted || !local.is_device() {
            local.wanted &= local.is_device();
            return;
        }
        if local.reopened {
            local.phase = Phase::Failed(MediaError::NotFound);
        } else {
            local.reopened = true;
            self.capture(|local| local.source == source, out);
        }
    }

    /// A device was plugged in or pulled out: what is missing may be there now.
    pub(crate) fn devices_changed(&mut self, now: Timestamp, out: &mut Outbox) {
        let missing =
            self.sources.iter_mut().filter_map(|local| local.allow_reopen(now).then_some(local.source));
        let missing: Vec<Source> = missing.collect();
        self.capture(|local| missing.contains(&local.source), out);
    }

    /// When a device that is missing is opened again.
    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        self.sources.iter().filter(|local| local.misses_device()).filter_map(|local| local.due).min()
    }

    /// Looks for the devices again that are due.
    pub(crate) fn timeout(&mut self, now: Timestamp, out: &mut Outbox) {
        if self.poll_timeout().is_some_and(|due| due <= now) {
            self.devices_changed(now, out);
        }
    }

    /// Opens devices with one question to the person.
    fn capture(&mut self, asked: impl Fn(&LocalSource) -> bool, out: &mut Outbox) {
        if !self.sources.iter().any(|local| local.is_device() && asked(local)) {
            return;
        }
        let capture = self.begin_capture();
        let mut sources = Vec::new();
        for local in self.sources.iter_mut().filter(|local| local.is_device() && asked(local)) {
            local.phase = Phase::Starting(capture);
            sources.push(local.source);
        }
        out.effect(Effect::Media(MediaEffect::GetUserMedia { capture, sources }));
    }

    fn begin_capture(&mut self) -> CaptureId {
        let capture = CaptureId(self.next_capture);
        self.next_capture = self.next_capture.wrapping_add(1);
        capture
    }

    fn find(&self, is: impl Fn(&LocalSource) -> bool) -> Option<&LocalSource> {
        self.sources.iter().find(|local| is(local))
    }

    fn find_mut(&mut self, is: impl Fn(&LocalSource) -> bool) -> Option<&mut LocalSource> {
        self.sources.iter_mut().find(|local| is(local))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Output;

    const MICROPHONE: TrackId = TrackId(1);
    const CAMERA: TrackId = TrackId(2);

    fn effects(out: &mut Outbox) -> Vec<Effect> {
        std::iter::from_fn(|| out.pop())
            .filter_map(|output| match output {
                Output::Effect(effect) => Some(effect),
                Output::Event(_) => None,
            })
            .collect()
    }

    fn capture(n: u32, microphone: bool, camera: bool) -> Effect {
        let asked = MediaState { microphone, camera, ..MediaState::default() };
        let sources = Source::ALL.into_iter().filter(|source| asked.is_on(*source)).collect();
        Effect::Media(MediaEffect::GetUserMedia { capture: CaptureId(n), sources })
    }

    fn live() -> (LocalMedia, Outbox) {
        let (mut media, mut out) = (LocalMedia::new(true, true), Outbox::default());
        media.open(&mut out);
        media.captured(CaptureId(0), &[(Source::Microphone, MICROPHONE), (Source::Camera, CAMERA)], &mut out);
        assert_eq!(effects(&mut out), [capture(0, true, true)], "the person is asked once");
        (media, out)
    }

    #[test]
    fn camera_off_lets_go_and_mute_does_not() {
        let (mut media, mut out) = live();
        media.set(Source::Camera, false, &mut out);
        media.set(Source::Microphone, false, &mut out);
        assert_eq!(
            effects(&mut out),
            [
                Effect::Media(MediaEffect::StopTrack(CAMERA)),
                Effect::Media(MediaEffect::SetTrackEnabled(MICROPHONE, false))
            ]
        );
        assert_eq!(media.state(), MediaState::default());
        media.set(Source::Camera, true, &mut out);
        assert_eq!(effects(&mut out), [capture(1, false, true)]);
    }

    #[test]
    fn a_missing_or_refused_camera_does_not_cost_the_microphone() {
        for error in [MediaError::NotFound, MediaError::Denied, MediaError::Policy] {
            let (mut media, mut out) = (LocalMedia::new(true, true), Outbox::default());
            media.open(&mut out);
            media.capture_failed(CaptureId(0), error, &mut out);
            assert_eq!(
                effects(&mut out),
                [capture(0, true, true), capture(1, true, false), capture(2, false, true)]
            );
            media.capture_failed(CaptureId(2), error, &mut out);
            media.captured(CaptureId(1), &[(Source::Microphone, MICROPHONE)], &mut out);
            assert_eq!(effects(&mut out), [], "nobody is asked a third time");
            assert_eq!(media.view(Source::Camera).state, SourceState::Failed(error));
            assert_eq!(media.view(Source::Microphone).state, SourceState::On);
        }
    }

    #[test]
    fn what_is_left_out_of_two_devices_is_asked_for_alone() {
        let (mut media, mut out) = (LocalMedia::new(true, true), Outbox::default());
        media.open(&mut out);
        media.captured(CaptureId(0), &[(Source::Microphone, MICROPHONE)], &mut out);
        assert_eq!(effects(&mut out), [capture(0, true, true), capture(1, false, true)]);
        media.capture_failed(CaptureId(1), MediaError::Policy, &mut out);
        assert_eq!(media.view(Source::Microphone).state, SourceState::On);
        assert_eq!(media.view(Source::Camera).state, SourceState::Failed(MediaError::Policy));

        let (mut media, mut out) = (LocalMedia::new(true, true), Outbox::default());
        media.open(&mut out);
        media.set(Source::Camera, false, &mut out);
        media.captured(CaptureId(0), &[(Source::Microphone, MICROPHONE)], &mut out);
        assert_eq!(effects(&mut out), [capture(0, true, true)], "nobody waits for it any more");
    }

    #[test]
    fn a_page_that_gets_no_device_is_not_asked_again() {
        for error in [MediaError::Insecure, MediaError::Unavailable] {
            let (mut media, mut out) = (LocalMedia::new(true, true), Outbox::default());
            media.open(&mut out);
            media.capture_failed(CaptureId(0), error, &mut out);
            assert_eq!(effects(&mut out).len(), 1);
            assert_eq!(media.view(Source::Camera).state, SourceState::Failed(error));
        }
    }

    #[test]
    fn late_tracks_are_stopped() {
        let (mut media, mut out) = (LocalMedia::new(true, true), Outbox::default());
        media.open(&mut out);
        media.close(&mut out);
        media.captured(CaptureId(0), &[(Source::Microphone, MICROPHONE), (Source::Camera, CAMERA)], &mut out);
        assert_eq!(
            effects(&mut out)[1..],
            [
                Effect::Media(MediaEffect::StopTrack(MICROPHONE)),
                Effect::Media(MediaEffect::StopTrack(CAMERA))
            ]
        );
    }

    #[test]
    fn an_unplugged_camera_is_reopened_once() {
        let (mut media, mut out) = live();
        media.track_ended(CAMERA, &mut out);
        assert_eq!(
            effects(&mut out),
            [Effect::Media(MediaEffect::StopTrack(CAMERA)), capture(1, false, true)]
        );
        media.captured(CaptureId(1), &[(Source::Camera, TrackId(3))], &mut out);
        media.track_ended(TrackId(3), &mut out);
        assert_eq!(effects(&mut out), [Effect::Media(MediaEffect::StopTrack(TrackId(3)))]);
        assert_eq!(media.view(Source::Camera).state, SourceState::Failed(MediaError::NotFound));
    }

    #[test]
    fn a_device_that_was_lost_twice_comes_back_when_it_is_plugged_in() {
        let ((mut media, mut out), at) = (live(), Timestamp::from_millis);
        media.track_ended(MICROPHONE, &mut out);
        media.captured(CaptureId(1), &[(Source::Microphone, TrackId(3))], &mut out);
        media.track_ended(TrackId(3), &mut out);
        effects(&mut out);
        media.devices_changed(at(0), &mut out);
        assert_eq!(effects(&mut out), [capture(2, true, false)]);
        media.devices_changed(at(1), &mut out);
        assert_eq!(effects(&mut out), [], "it is being opened");
        media.captured(CaptureId(2), &[(Source::Microphone, TrackId(4))], &mut out);
        assert_eq!(media.view(Source::Microphone).state, SourceState::On);
        media.devices_changed(at(2), &mut out);
        assert_eq!(effects(&mut out), [], "nothing is missing");
        media.track_ended(TrackId(4), &mut out);
        assert_eq!(
            effects(&mut out),
            [Effect::Media(MediaEffect::StopTrack(TrackId(4))), capture(3, true, false)]
        );
    }

    #[test]
    fn a_flapping_cable_asks_three_times_a_minute_and_once_more_when_it_is_still() {
        let ((mut media, mut out), at) = (live(), Timestamp::from_millis);
        media.track_ended(CAMERA, &mut out);
        media.capture_failed(CaptureId(1), MediaError::Busy, &mut out);
        effects(&mut out);
        let mut last = CaptureId(1);
        for change in 0..20 {
            media.devices_changed(at(change * 1000), &mut out);
            for asked in effects(&mut out) {
                last = CaptureId(last.0 + 1);
                assert_eq!(asked, capture(last.0, false, true));
                media.capture_failed(last, MediaError::NotFound, &mut out);
            }
        }
        assert_eq!((last, media.poll_timeout()), (CaptureId(4), Some(at(60_000))));
        media.timeout(at(60_000), &mut out);
        assert_eq!(effects(&mut out), [capture(5, false, true)]);
        media.captured(CaptureId(5), &[(Source::Camera, TrackId(9))], &mut out);
        assert_eq!(media.poll_timeout(), None);
    }

    #[test]
    fn what_is_denied_or_not_wanted_is_not_asked_for_by_a_cable() {
        let (mut media, mut out) = (LocalMedia::new(true, true), Outbox::default());
        media.open(&mut out);
        media.capture_failed(CaptureId(0), MediaError::Denied, &mut out);
        media.capture_failed(CaptureId(1), MediaError::Denied, &mut out);
        media.capture_failed(CaptureId(2), MediaError::NotFound, &mut out);
        media.set(Source::Camera, false, &mut out);
        effects(&mut out);
        media.devices_changed(Timestamp::default(), &mut out);
        assert_eq!(effects(&mut out), []);
    }

    const SCREEN: TrackId = TrackId(5);
    const SCREEN_AUDIO: TrackId = TrackId(6);

    fn share(n: u32) -> Effect {
        Effect::Media(MediaEffect::GetDisplayMedia { capture: CaptureId(n) })
    }

    #[test]
    fn what_is_shared_is_asked_for_each_time_and_never_by_itself() {
        let (mut media, mut out) = live();
        media.set(Source::Screen, true, &mut out);
        media.set(Source::Screen, true, &mut out);
        assert_eq!(effects(&mut out), [share(1)], "one picker at a time");
        media.captured(
            CaptureId(1),
            &[(Source::Screen, SCREEN), (Source::ScreenAudio, SCREEN_AUDIO)],
            &mut out,
        );
        let all = MediaState { microphone: true, camera: true, screen: true, screen_audio: true };
        assert_eq!((media.state(), effects(&mut out)), (all, vec![]));
        // The browser's own button ends the screen; its sound goes with it.
        media.track_ended(SCREEN, &mut out);
        let stopped = [SCREEN, SCREEN_AUDIO].map(|track| Effect::Media(MediaEffect::StopTrack(track)));
        assert_eq!(effects(&mut out), stopped);
        assert_eq!(media.view(Source::Screen).state, SourceState::Off);
        media.devices_changed(Timestamp::default(), &mut out);
        media.open(&mut out);
        assert_eq!(effects(&mut out), []);
        media.set(Source::Screen, true, &mut out);
        assert_eq!(effects(&mut out), [share(2)]);
    }

    #[test]
    fn a_screen_may_have_no_sound_and_whoever_picks_nothing_has_changed_their_mind() {
        let (mut media, mut out) = live();
        media.set(Source::Screen, true, &mut out);
        media.captured(CaptureId(1), &[(Source::Screen, SCREEN)], &mut out);
        assert_eq!(media.view(Source::ScreenAudio).state, SourceState::Off);
        media.set(Source::Screen, false, &mut out);
        media.set(Source::Screen, true, &mut out);
        media.capture_failed(CaptureId(2), MediaError::Denied, &mut out);
        assert_eq!(media.view(Source::Screen).state, SourceState::Off);
        media.set(Source::Screen, true, &mut out);
        media.capture_failed(CaptureId(3), MediaError::Busy, &mut out);
        assert_eq!(media.view(Source::Screen).state, SourceState::Failed(MediaError::Busy));
        media.close(&mut out);
        assert_eq!(media.view(Source::Screen).state, SourceState::Off, "the next call begins without");
    }

    #[test]
    fn a_screen_that_is_picked_too_late_is_not_shared() {
        let (mut media, mut out) = live();
        media.set(Source::Screen, true, &mut out);
        media.set(Source::Screen, false, &mut out);
        media.captured(CaptureId(1), &[(Source::Screen, SCREEN)], &mut out);
        assert_eq!(effects(&mut out)[1..], [Effect::Media(MediaEffect::StopTrack(SCREEN))]);
        assert_eq!(media.state(), MediaState { screen: false, ..media.state() });
    }
}
