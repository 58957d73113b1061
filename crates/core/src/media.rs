//! What we publish: what is wanted of each source, and how far it has come.

mod capture;
mod devices;

use std::rc::Rc;

use visavis_signaling::{MediaKind, MediaState, Source, Timestamp};

use self::capture::{Capture, capture_of};
use crate::devices::{DeviceChange, Devices};
use crate::input::{CaptureId, MediaError, TrackId};
use crate::outbox::Outbox;
use crate::output::{Effect, MediaEffect};
use crate::rate_limiter::RateLimiter;
use crate::timing::REOPENS_PER_MINUTE;
use crate::video_quality::VideoQuality;
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
    /// The browser says that the track gives nothing for the moment (`muted`).
    muted: bool,
    /// Another device is being opened for this reason, which the person has not heard of.
    untold: Option<DeviceChange>,
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
            muted: false,
            untold: None,
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
            Phase::Live(_) if self.muted => SourceState::Stalled,
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
        self.muted = false;
    }
}

/// Everything that we can publish.
#[derive(Debug)]
pub(crate) struct LocalMedia {
    sources: Vec<LocalSource>,
    next_capture: u32,
    /// What is known of the devices, if anybody has asked.
    devices: Option<Rc<Devices>>,
}

impl LocalMedia {
    pub(crate) fn new(microphone: bool, camera: bool) -> Self {
        let wanted = MediaState::default().with(Source::Microphone, microphone).with(Source::Camera, camera);
        let sources = Source::ALL.map(|source| LocalSource::new(source, wanted.is_on(source)));
        Self { sources: sources.into(), next_capture: 0, devices: None }
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

    /// What is known of the devices, if anybody has asked.
    pub(crate) fn devices(&self) -> Option<Rc<Devices>> {
        self.devices.clone()
    }

    /// How much videos may cost.
    pub(crate) fn video_quality(&self) -> VideoQuality {
        self.devices.as_ref().map_or(VideoQuality::Automatic, |devices| devices.settings.video_quality)
    }

    pub(crate) fn view(&self, source: Source) -> SourceView {
        self.local(source).map_or(SourceView::off(source), LocalSource::view)
    }

    /// The sources that have a track, with it.
    pub(crate) fn tracks(&self) -> Vec<(Source, TrackId)> {
        self.sources.iter().filter_map(|local| Some((local.source, local.track()?))).collect()
    }

    /// Opens every device that is wanted and not open, with one question to the person.
    pub(crate) fn open(&mut self, out: &mut Outbox) {
        let needed = self.sources.iter().filter(|local| local.needs_capture());
        let needed: Vec<Source> = needed.map(|local| local.source).collect();
        self.capture(needed, out);
    }

    /// Switches everything off; which devices are wanted stays so for the next time, and nothing is shared.
    pub(crate) fn close(&mut self, out: &mut Outbox) {
        for local in &mut self.sources {
            local.release(out);
            local.wanted &= local.is_device();
        }
        if self.devices.is_some() {
            self.stop_replaced(out);
        }
    }

    /// What is wanted the next time devices are opened.
    pub(crate) fn set_wanted(&mut self, source: Source, on: bool) {
        if let Some(local) = self.local_mut(source).filter(|local| local.is_device()) {
            local.wanted = on;
        }
    }

    /// Switches one source. A muted microphone keeps its device (stopping it would make Bluetooth headsets change their
    /// mode); a camera that is off lets go of it, so that its light goes out.
    pub(crate) fn set(&mut self, source: Source, on: bool, out: &mut Outbox) {
        match capture_of(source) {
            Capture::Device => self.set_device(source, on, out),
            what @ (Capture::Display | Capture::ChosenDevice) if on => self.share(what, out),
            what @ (Capture::Display | Capture::ChosenDevice) => self.unshare(what, out),
        }
    }

    fn set_device(&mut self, source: Source, on: bool, out: &mut Outbox) {
        let Some(local) = self.local_mut(source) else { return };
        local.wanted = on;
        local.reopened = false;
        match (local.phase, source) {
            (Phase::Live(track), Source::Microphone) => {
                out.effect(Effect::Media(MediaEffect::SetTrackEnabled(track, on)));
            }
            (Phase::Live(_), _) if !on => local.release(out),
            (Phase::Failed(_), _) if !on => local.phase = Phase::Idle,
            (Phase::Idle | Phase::Failed(_), _) if on => self.capture(vec![source], out),
            (Phase::Idle | Phase::Starting(_) | Phase::Live(_) | Phase::Failed(_), _) => {}
        }
    }

    /// Has the person pick something to share, unless they are sharing or about to.
    fn share(&mut self, what: Capture, out: &mut Outbox) {
        let busy = |local: &LocalSource| matches!(local.phase, Phase::Starting(_) | Phase::Live(_));
        if self.captured_by(what).any(|local| busy(local)) {
            return;
        }
        let capture = self.begin_capture();
        for local in self.captured_by(what) {
            (local.wanted, local.phase) = (true, Phase::Starting(capture));
        }
        if what == Capture::Display {
            out.effect(Effect::Media(MediaEffect::GetDisplayMedia { capture }));
        } else {
            let sources = self.captured_by(what).map(|local| local.source).collect();
            self.get_user_media(capture, sources, out);
        }
    }

    /// It is shared no more.
    fn unshare(&mut self, what: Capture, out: &mut Outbox) {
        for local in self.captured_by(what) {
            local.release(out);
            local.wanted = false;
        }
    }

    fn captured_by(&mut self, capture: Capture) -> impl Iterator<Item = &mut LocalSource> {
        self.sources.iter_mut().filter(move |local| capture_of(local.source) == capture)
    }

    /// A capture brought tracks; those that nobody waits for any more are stopped. If one is missing of two devices, it is
    /// asked for alone, to hear why: Chromium leaves out without a word what the permissions policy forbids. A screen
    /// without sound is one whose sound the person, or the browser, left out.
    pub(crate) fn captured(&mut self, capture: CaptureId, tracks: &[(Source, TrackId)], out: &mut Outbox) {
        if self.devices.is_some() {
            out.effect(Effect::Media(MediaEffect::EnumerateDevices));
            if self.replaced(capture, tracks, out) {
                return;
            }
        }
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
            if self.local(source).is_some_and(LocalSource::needs_capture) {
                self.capture(vec![source], out);
            }
        }
    }

    /// A capture failed. If it asked for both devices, one of them may be fine or allowed: each is asked for alone. A
    /// browser that was told no remembers it and answers for the person. Some pages get neither. Whoever does not pick anything
    /// to share has just changed their mind.
    pub(crate) fn capture_failed(&mut self, capture: CaptureId, error: MediaError, out: &mut Outbox) {
        if self.devices.is_some() && self.choice_failed(capture, error, out) {
            return;
        }
        let waiting = Phase::Starting(capture);
        let asked = |local: &&LocalSource| local.phase == waiting && local.is_device();
        let alone = self.sources.iter().filter(asked).count() > 1 && !error.is_for_all();
        for local in self.sources.iter_mut().filter(|local| local.phase == waiting) {
            let declined = capture_of(local.source) == Capture::Display && error == MediaError::Denied;
            local.wanted &= !declined;
            local.phase = if local.wanted && !alone { Phase::Failed(error) } else { Phase::Idle };
            local.wanted &= local.is_device();
        }
        if alone {
            self.open_each(out);
        } else if self.sources.iter().any(|local| local.phase == Phase::Failed(MediaError::Denied)) {
            // It is told when that changes.
            out.effect(Effect::Media(MediaEffect::EnumerateDevices));
        }
    }

    /// A track ended by itself. A device may have been replaced by another; what is shared no more, the person has ended with
    /// the browser's own button, or by closing it.
    pub(crate) fn track_ended(&mut self, track: TrackId, out: &mut Outbox) {
        let Some(local) = self.sources.iter_mut().find(|local| local.track() == Some(track)) else { return };
        let source = local.source;
        if !local.is_device() && source.kind() == MediaKind::Video {
            return self.unshare(capture_of(source), out);
        }
        local.release(out);
        if !local.wanted || !local.is_device() {
            local.wanted &= local.is_device();
            return;
        }
        if local.reopened {
            local.phase = Phase::Failed(MediaError::NotFound);
        } else {
            local.reopened = true;
            local.untold = Some(DeviceChange::Lost);
            self.capture(vec![source], out);
            out.effect(Effect::Media(MediaEffect::EnumerateDevices));
        }
    }

    /// A device was plugged in or pulled out: what is missing may be there now.
    pub(crate) fn devices_changed(&mut self, now: Timestamp, out: &mut Outbox) {
        let missing =
            self.sources.iter_mut().filter_map(|local| local.allow_reopen(now).then_some(local.source));
        let missing: Vec<Source> = missing.collect();
        self.capture(missing, out);
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
    fn capture(&mut self, sources: Vec<Source>, out: &mut Outbox) {
        if sources.is_empty() {
            return;
        }
        let capture = self.begin_capture();
        for local in self.sources.iter_mut().filter(|local| sources.contains(&local.source)) {
            local.phase = Phase::Starting(capture);
        }
        self.get_user_media(capture, sources, out);
    }

    fn get_user_media(&self, capture: CaptureId, sources: Vec<Source>, out: &mut Outbox) {
        let devices = self.devices.clone();
        out.effect(Effect::Media(MediaEffect::GetUserMedia { capture, sources, devices }));
    }

    fn begin_capture(&mut self) -> CaptureId {
        let capture = CaptureId(self.next_capture);
        self.next_capture = self.next_capture.wrapping_add(1);
        capture
    }

    fn local(&self, source: Source) -> Option<&LocalSource> {
        self.sources.iter().find(|local| local.source == source)
    }

    fn local_mut(&mut self, source: Source) -> Option<&mut LocalSource> {
        self.sources.iter_mut().find(|local| local.source == source)
    }
}

#[cfg(test)]
mod tests;
