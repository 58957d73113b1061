//! Our own devices: what is wanted, and how far it has come.

use visavis_signaling::{MediaState, Timestamp};

use crate::budget::Budget;
use crate::input::{CaptureId, MediaError, Source, TrackId};
use crate::outbox::Outbox;
use crate::output::{Effect, MediaEffect};
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

#[derive(Debug)]
struct Slot {
    source: Source,
    wanted: bool,
    phase: Phase,
    /// A device that ended by itself is opened again once: another may have taken its place. Not for ever: a flapping
    /// cable would prompt without end. After that only a change of the devices, or the person, opens one.
    reopened: bool,
    /// How often it was opened because the devices had changed.
    changes: Budget,
    /// The devices changed too often: it is opened then, if they are still not there.
    due: Option<Timestamp>,
}

impl Slot {
    fn new(source: Source, wanted: bool) -> Self {
        Self { source, wanted, phase: Phase::Idle, reopened: false, changes: Budget::default(), due: None }
    }

    fn is_on(&self) -> bool {
        self.wanted && matches!(self.phase, Phase::Live(_))
    }

    fn needs_capture(&self) -> bool {
        self.wanted && matches!(self.phase, Phase::Idle | Phase::Failed(_))
    }

    /// Whether there was no device that could be opened. One that is denied does not come by being plugged in.
    fn misses_device(&self) -> bool {
        use MediaError::{Busy, NotFound, Unknown};
        self.wanted && matches!(self.phase, Phase::Failed(NotFound | Busy | Unknown))
    }

    /// Whether the device that it misses may be looked for now; if that was done too often, it is as soon as it may.
    fn may_reopen(&mut self, now: Timestamp) -> bool {
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
        SourceView { state, track: self.track() }
    }

    /// Switches the device off, if it is on: the light goes out.
    fn release(&mut self, out: &mut Outbox) {
        if let Some(track) = self.track() {
            out.effect(Effect::Media(MediaEffect::StopTrack(track)));
        }
        self.phase = Phase::Idle;
    }
}

/// Our microphone and camera.
#[derive(Debug)]
pub(crate) struct LocalMedia {
    slots: [Slot; 2],
    next_capture: u32,
}

impl LocalMedia {
    pub(crate) fn new(microphone: bool, camera: bool) -> Self {
        let slots = [Slot::new(Source::Microphone, microphone), Slot::new(Source::Camera, camera)];
        Self { slots, next_capture: 0 }
    }

    /// What to tell the others.
    pub(crate) fn state(&self) -> MediaState {
        let [microphone, camera] = &self.slots;
        MediaState { microphone: microphone.is_on(), camera: camera.is_on(), screen: false }
    }

    pub(crate) fn view(&self, source: Source) -> SourceView {
        self.slot(source).view()
    }

    /// The track that is sent as this source.
    pub(crate) fn track(&self, source: Source) -> Option<TrackId> {
        self.slot(source).track()
    }

    /// Opens everything that is wanted and not open, with one question to the person.
    pub(crate) fn open(&mut self, out: &mut Outbox) {
        let wants = |slot: &Slot| slot.needs_capture();
        let [microphone, camera] = [wants(&self.slots[0]), wants(&self.slots[1])];
        self.capture(microphone, camera, out);
    }

    /// Switches everything off; what is wanted stays wanted for the next time.
    pub(crate) fn close(&mut self, out: &mut Outbox) {
        for slot in &mut self.slots {
            slot.release(out);
        }
    }

    /// What is wanted the next time devices are opened.
    pub(crate) fn set_wanted(&mut self, source: Source, on: bool) {
        self.slot_mut(source).wanted = on;
    }

    /// Switches one source. A muted microphone keeps its device (stopping it would make Bluetooth headsets change their
    /// mode); a camera that is off lets go of it, so that its light goes out.
    pub(crate) fn set(&mut self, source: Source, on: bool, out: &mut Outbox) {
        let slot = self.slot_mut(source);
        slot.wanted = on;
        slot.reopened = false;
        match (slot.phase, source) {
            (Phase::Live(track), Source::Microphone) => {
                out.effect(Effect::Media(MediaEffect::SetTrackEnabled(track, on)));
            }
            (Phase::Live(_), Source::Camera) if !on => slot.release(out),
            (Phase::Failed(_), _) if !on => slot.phase = Phase::Idle,
            (Phase::Idle | Phase::Failed(_), _) if on => self.capture_one(source, out),
            (Phase::Idle | Phase::Starting(_) | Phase::Live(_) | Phase::Failed(_), _) => {}
        }
    }

    /// A capture brought tracks; those that nobody waits for any more are stopped. If one is missing of two, it is asked
    /// for alone, to hear why: Chromium leaves out without a word what the permissions policy forbids.
    pub(crate) fn captured(&mut self, capture: CaptureId, tracks: [Option<TrackId>; 2], out: &mut Outbox) {
        let both = self.slots.iter().all(|slot| slot.phase == Phase::Starting(capture));
        for (slot, track) in self.slots.iter_mut().zip(tracks) {
            let awaited = slot.phase == Phase::Starting(capture);
            match track {
                Some(track) if awaited && slot.wanted => slot.phase = Phase::Live(track),
                Some(track) => out.effect(Effect::Media(MediaEffect::StopTrack(track))),
                None => {}
            }
            if awaited && !matches!(slot.phase, Phase::Live(_)) {
                let failed = slot.wanted && !both;
                slot.phase = if failed { Phase::Failed(MediaError::Unknown) } else { Phase::Idle };
            }
        }
        if both {
            self.open_each(out);
        }
    }

    /// Opens everything that is wanted and not open, each with a question of its own.
    fn open_each(&mut self, out: &mut Outbox) {
        for source in Source::ALL {
            if self.slot(source).needs_capture() {
                self.capture_one(source, out);
            }
        }
    }

    /// A capture failed. If it asked for both devices, one of them may be fine or allowed: each is asked for alone. A
    /// browser that was told no remembers it and answers for the person. Some pages get neither.
    pub(crate) fn capture_failed(&mut self, capture: CaptureId, error: MediaError, out: &mut Outbox) {
        let waiting = Phase::Starting(capture);
        let both = self.slots.iter().all(|slot| slot.phase == waiting);
        let alone = both && !error.is_for_all();
        let failed = |slot: &&mut Slot| slot.phase == waiting;
        for slot in self.slots.iter_mut().filter(failed) {
            slot.phase = if slot.wanted && !alone { Phase::Failed(error) } else { Phase::Idle };
        }
        if alone {
            self.open_each(out);
        }
    }

    /// A device ended by itself.
    pub(crate) fn track_ended(&mut self, track: TrackId, out: &mut Outbox) {
        let Some(slot) = self.slots.iter_mut().find(|slot| slot.track() == Some(track)) else { return };
        slot.release(out);
        if !slot.wanted {
            return;
        }
        if slot.reopened {
            slot.phase = Phase::Failed(MediaError::NotFound);
        } else {
            slot.reopened = true;
            let source = slot.source;
            self.capture_one(source, out);
        }
    }

    /// A device was plugged in or pulled out: what is missing may be there now.
    pub(crate) fn devices_changed(&mut self, now: Timestamp, out: &mut Outbox) {
        let [microphone, camera] = [0, 1].map(|at: usize| self.slots[at].may_reopen(now));
        self.capture(microphone, camera, out);
    }

    /// When a device that is missing is looked for again.
    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        self.slots.iter().filter(|slot| slot.misses_device()).filter_map(|slot| slot.due).min()
    }

    /// Looks for the devices again that are due.
    pub(crate) fn timeout(&mut self, now: Timestamp, out: &mut Outbox) {
        if self.poll_timeout().is_some_and(|due| due <= now) {
            self.devices_changed(now, out);
        }
    }

    fn capture_one(&mut self, source: Source, out: &mut Outbox) {
        self.capture(source == Source::Microphone, source == Source::Camera, out);
    }

    fn capture(&mut self, microphone: bool, camera: bool, out: &mut Outbox) {
        if !microphone && !camera {
            return;
        }
        let capture = CaptureId(self.next_capture);
        self.next_capture = self.next_capture.wrapping_add(1);
        for (slot, asked) in self.slots.iter_mut().zip([microphone, camera]) {
            if asked {
                slot.phase = Phase::Starting(capture);
            }
        }
        out.effect(Effect::Media(MediaEffect::GetUserMedia { capture, microphone, camera }));
    }

    fn slot(&self, source: Source) -> &Slot {
        let [microphone, camera] = &self.slots;
        match source {
            Source::Microphone => microphone,
            Source::Camera => camera,
        }
    }

    fn slot_mut(&mut self, source: Source) -> &mut Slot {
        let [microphone, camera] = &mut self.slots;
        match source {
            Source::Microphone => microphone,
            Source::Camera => camera,
        }
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
        Effect::Media(MediaEffect::GetUserMedia { capture: CaptureId(n), microphone, camera })
    }

    fn live() -> (LocalMedia, Outbox) {
        let (mut media, mut out) = (LocalMedia::new(true, true), Outbox::default());
        media.open(&mut out);
        media.captured(CaptureId(0), [Some(MICROPHONE), Some(CAMERA)], &mut out);
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
            media.captured(CaptureId(1), [Some(MICROPHONE), None], &mut out);
            assert_eq!(effects(&mut out), [], "nobody is asked a third time");
            assert_eq!(media.view(Source::Camera).state, SourceState::Failed(error));
            assert_eq!(media.view(Source::Microphone).state, SourceState::On);
        }
    }

    #[test]
    fn what_is_left_out_of_two_devices_is_asked_for_alone() {
        let (mut media, mut out) = (LocalMedia::new(true, true), Outbox::default());
        media.open(&mut out);
        media.captured(CaptureId(0), [Some(MICROPHONE), None], &mut out);
        assert_eq!(effects(&mut out), [capture(0, true, true), capture(1, false, true)]);
        media.capture_failed(CaptureId(1), MediaError::Policy, &mut out);
        assert_eq!(media.view(Source::Microphone).state, SourceState::On);
        assert_eq!(media.view(Source::Camera).state, SourceState::Failed(MediaError::Policy));

        let (mut media, mut out) = (LocalMedia::new(true, true), Outbox::default());
        media.open(&mut out);
        media.set(Source::Camera, false, &mut out);
        media.captured(CaptureId(0), [Some(MICROPHONE), None], &mut out);
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
        media.captured(CaptureId(0), [Some(MICROPHONE), Some(CAMERA)], &mut out);
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
        media.captured(CaptureId(1), [None, Some(TrackId(3))], &mut out);
        media.track_ended(TrackId(3), &mut out);
        assert_eq!(effects(&mut out), [Effect::Media(MediaEffect::StopTrack(TrackId(3)))]);
        assert_eq!(media.view(Source::Camera).state, SourceState::Failed(MediaError::NotFound));
    }

    #[test]
    fn a_device_that_was_lost_twice_comes_back_when_it_is_plugged_in() {
        let ((mut media, mut out), at) = (live(), Timestamp::from_millis);
        media.track_ended(MICROPHONE, &mut out);
        media.captured(CaptureId(1), [Some(TrackId(3)), None], &mut out);
        media.track_ended(TrackId(3), &mut out);
        effects(&mut out);
        media.devices_changed(at(0), &mut out);
        assert_eq!(effects(&mut out), [capture(2, true, false)]);
        media.devices_changed(at(1), &mut out);
        assert_eq!(effects(&mut out), [], "it is being opened");
        media.captured(CaptureId(2), [Some(TrackId(4)), None], &mut out);
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
        media.captured(CaptureId(5), [None, Some(TrackId(9))], &mut out);
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
}
