//! Which device is opened, and what takes its place when it is gone. In the part of the program that is loaded on demand:
//! as long as no devices are known, nothing here is called.

use std::rc::Rc;

use visavis_signaling::{Source, Timestamp};

use super::{LocalMedia, LocalSource, Phase};
use crate::devices::{
    Attempt, DeviceChange, DeviceId, DeviceSettings, Devices, EnumeratedDevices, MAX_DEVICES, MediaDeviceKind,
};
use crate::input::{CaptureId, MediaError, TrackId};
use crate::outbox::Outbox;
use crate::output::{Effect, Event, MediaEffect};
use crate::timing::REOPENS_PER_MINUTE;

/// The sources that have devices, with the kind of these.
const KINDS: [(Source, MediaDeviceKind); 2] =
    [(Source::Microphone, MediaDeviceKind::AudioInput), (Source::Camera, MediaDeviceKind::VideoInput)];

impl LocalMedia {
    /// Other devices are wanted, or other properties of them. What is in use stays so until the other one is open; whoever
    /// is muted stays muted.
    #[inline(never)]
    pub(crate) fn set_devices(&mut self, settings: &DeviceSettings, out: &mut Outbox) {
        let devices = self.devices_mut();
        let before = std::mem::replace(&mut devices.settings, settings.clone());
        for kind in MediaDeviceKind::ALL {
            if before.chosen(kind) != settings.chosen(kind) {
                devices.attempts[kind as usize] = Attempt::Due;
            }
        }
        devices.follow_speaker();
        for source in settings.differing_from(&before) {
            self.reopen(source, None, out);
        }
        out.effect(Effect::Media(MediaEffect::EnumerateDevices));
    }

    /// The browser has listed its devices.
    #[inline(never)]
    pub(crate) fn enumerated(&mut self, now: Timestamp, found: &EnumeratedDevices, out: &mut Outbox) {
        self.stop_replaced(out);
        let devices = self.devices_mut();
        let before = devices.clone();
        devices.list = found.devices.iter().take(MAX_DEVICES).cloned().collect();
        devices.background_blur = found.background_blur;
        for (source, kind) in KINDS {
            self.note_in_use(source, kind, found, out);
            self.follow(now, source, kind, &before, out);
        }
        let devices = self.devices_mut();
        devices.follow_speaker();
        let speaker = MediaDeviceKind::AudioOutput;
        let (was, is) = (before.in_use(speaker), devices.in_use(speaker));
        if was != is && !before.list.is_empty() {
            let change = if is.is_some() { DeviceChange::Restored } else { DeviceChange::Lost };
            out.event(Event::DeviceChanged(
                speaker,
                change,
                is.map_or("", |is| devices.label(is)).to_owned(),
            ));
        }
        self.open_granted(now, found, out);
    }

    /// Stops the tracks whose place others have taken.
    #[inline(never)]
    pub(super) fn stop_replaced(&mut self, out: &mut Outbox) {
        for track in std::mem::take(&mut self.devices_mut().replaced) {
            out.effect(Effect::Media(MediaEffect::StopTrack(track)));
        }
    }

    /// Permission has come without us. A browser may say so of a device that the system denies all the same.
    fn open_granted(&mut self, now: Timestamp, found: &EnumeratedDevices, out: &mut Outbox) {
        let denied = Phase::Failed(MediaError::Denied);
        let waiting = |local: &&mut LocalSource| {
            local.wanted && local.phase == denied && found.granted.contains(&local.source)
        };
        let granted = self.sources.iter_mut().filter(waiting);
        let granted: Vec<Source> = granted
            .filter_map(|local| local.changes.take(now, REOPENS_PER_MINUTE).then_some(local.source))
            .collect();
        self.capture(granted, out);
    }

    /// A capture has brought tracks. Whether it was to take the place of a track.
    #[inline(never)]
    pub(crate) fn replaced(
        &mut self,
        capture: CaptureId,
        tracks: &[(Source, TrackId)],
        out: &mut Outbox,
    ) -> bool {
        let Some(source) = self.take_replacing(capture) else { return false };
        let new = tracks.iter().find(|(of, _)| *of == source).map(|(_, track)| *track);
        let (Some(local), Some(new)) = (self.local_mut(source), new) else {
            return true;
        };
        match local.phase {
            Phase::Live(old) => {
                // A microphone may be muted.
                if !local.wanted {
                    out.effect(Effect::Media(MediaEffect::SetTrackEnabled(new, false)));
                }
                local.muted = false;
                local.phase = Phase::Live(new);
                self.devices_mut().replaced.push(old);
            }
            // The old one has ended meanwhile.
            Phase::Starting(_) | Phase::Failed(_) if local.wanted => local.phase = Phase::Live(new),
            Phase::Idle | Phase::Starting(_) | Phase::Failed(_) => {
                out.effect(Effect::Media(MediaEffect::StopTrack(new)));
            }
        }
        true
    }

    /// A capture has failed. Whether it asked for a device that was chosen, and something else is done now.
    #[inline(never)]
    pub(crate) fn choice_failed(&mut self, capture: CaptureId, error: MediaError, out: &mut Outbox) -> bool {
        if let Some(source) = self.take_replacing(capture) {
            self.replacing_failed(source, error, out);
            return true;
        }
        let waiting = |local: &&LocalSource| local.phase == Phase::Starting(capture) && local.wanted;
        let mut asked = self.sources.iter().filter(waiting).map(|local| local.source);
        let (Some(source), None) = (asked.next(), asked.next()) else { return false };
        let Some(kind) = MediaDeviceKind::of(source) else { return false };
        let refused = matches!(error, MediaError::Denied | MediaError::Policy) || error.is_for_all();
        if refused || self.devices_mut().exact(kind).is_none() {
            return false;
        }
        self.give_up_choice(source, kind, out);
        self.capture(vec![source], out);
        true
    }

    /// The old track is still there, and is used on. Some phones open no camera beside another.
    fn replacing_failed(&mut self, source: Source, error: MediaError, out: &mut Outbox) {
        let Some(kind) = MediaDeviceKind::of(source) else { return };
        let Some(local) = self.local_mut(source) else { return };
        let held = matches!(local.phase, Phase::Live(_));
        if held && source == Source::Camera && error == MediaError::Busy {
            local.release(out);
            self.capture(vec![source], out);
        } else if self.devices_mut().exact(kind).is_some() {
            self.give_up_choice(source, kind, out);
        }
    }

    /// The browser takes what it likes, until the device has come anew or is chosen once more.
    fn give_up_choice(&mut self, source: Source, kind: MediaDeviceKind, out: &mut Outbox) {
        self.devices_mut().attempts[kind as usize] = Attempt::Failed;
        // What was lost is told once another is there.
        if self.local(source).is_some_and(|local| local.untold.is_none()) {
            out.event(Event::DeviceChanged(kind, DeviceChange::Unavailable, String::new()));
        }
    }

    /// Opens a source anew as it is wanted now, and keeps its track until then.
    fn reopen(&mut self, source: Source, why: Option<DeviceChange>, out: &mut Outbox) {
        let Some(local) = self.local_mut(source) else { return };
        local.untold = why;
        match (local.phase, local.wanted) {
            (Phase::Live(_), _) => {
                let capture = self.begin_capture();
                let devices = self.devices_mut();
                devices.replacing[source as usize] = Some(capture);
                if let Some(kind) = MediaDeviceKind::of(source)
                    && devices.attempts[kind as usize] == Attempt::Due
                {
                    devices.attempts[kind as usize] = Attempt::Made;
                }
                self.get_user_media(capture, vec![source], out);
            }
            // What is being opened was asked for in the old way: its tracks will be late.
            (Phase::Starting(_) | Phase::Failed(_), true) => {
                self.capture(vec![source], out);
            }
            (Phase::Idle | Phase::Starting(_) | Phase::Failed(_), _) => {}
        }
    }

    /// Notes what a source comes from, and tells if that is another device than before and nobody has asked for it.
    fn note_in_use(
        &mut self,
        source: Source,
        kind: MediaDeviceKind,
        found: &EnumeratedDevices,
        out: &mut Outbox,
    ) {
        let Some(local) = self.local_mut(source) else { return };
        let track = local.track();
        let in_use = found.in_use.iter().find(|in_use| Some(in_use.track) == track);
        local.muted = in_use.is_some_and(|in_use| in_use.muted);
        let Some(is) = in_use.and_then(|in_use| in_use.device_id.clone()) else { return };
        let devices = self.devices_mut();
        let was = devices.in_use[kind as usize].replace(is.clone());
        if was.as_ref() == Some(&is) {
            return;
        }
        let label = devices.label(&is).to_owned();
        let change = self.local_mut(source).and_then(|local| local.untold.take());
        if let Some(change) = change {
            out.event(Event::DeviceChanged(kind, change, label));
        }
    }

    /// Takes another device if the one in use is gone, if the chosen one has come, or if none is chosen and the system takes
    /// another microphone. A camera that is plugged in beside another is no reason to show it.
    fn follow(
        &mut self,
        now: Timestamp,
        source: Source,
        kind: MediaDeviceKind,
        before: &Devices,
        out: &mut Outbox,
    ) {
        let devices = self.devices_mut();
        let is_idle = devices.replacing[source as usize].is_none();
        let change = devices.change(kind, before.default_of(kind).as_ref());
        let Some(local) = self.local_mut(source) else { return };
        let held = matches!(local.phase, Phase::Live(_));
        if held && is_idle && change.is_some() && local.changes.take(now, REOPENS_PER_MINUTE) {
            self.reopen(source, change, out);
        }
    }

    /// The source whose track this capture is to replace, if it is for that.
    fn take_replacing(&mut self, capture: CaptureId) -> Option<Source> {
        let replacing = &mut self.devices_mut().replacing;
        let (source, _) =
            KINDS.into_iter().find(|(source, _)| replacing[*source as usize] == Some(capture))?;
        replacing[source as usize] = None;
        Some(source)
    }

    fn devices_mut(&mut self) -> &mut Devices {
        Rc::make_mut(self.devices.get_or_insert_default())
    }
}

impl Devices {
    /// Why another device should be used than the one in use, if it should; `default` is what the system took before.
    fn change(&mut self, kind: MediaDeviceKind, default: Option<&DeviceId>) -> Option<DeviceChange> {
        let attempt = kind as usize;
        if !self.settings.chosen(kind).is_some_and(|chosen| self.has(kind, chosen)) {
            self.attempts[attempt] = Attempt::Due;
        }
        let in_use = self.in_use(kind)?;
        let is_other = |device: &DeviceId| device != in_use;
        let (exact, now) = (self.exact(kind), self.default_of(kind));
        if self.attempts[attempt] == Attempt::Due && exact.is_some_and(is_other) {
            Some(DeviceChange::Restored)
        } else if self.of(kind).next().is_some() && !self.has(kind, in_use) {
            Some(DeviceChange::Lost)
        } else if kind == MediaDeviceKind::AudioInput
            && exact.is_none()
            && default.is_some()
            && default != now.as_ref()
        {
            now.filter(is_other).map(|_| DeviceChange::Default)
        } else {
            None
        }
    }

    /// The chosen speaker is used while it is there.
    fn follow_speaker(&mut self) {
        let speaker = MediaDeviceKind::AudioOutput;
        let chosen = self.settings.chosen(speaker).filter(|chosen| self.has(speaker, chosen));
        self.in_use[speaker as usize] = chosen.cloned();
    }
}

#[cfg(test)]
mod tests;
