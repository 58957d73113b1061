//! The devices of a fake browser: two microphones and two cameras, and which of them each track comes from.

use std::collections::BTreeMap;
use std::rc::Rc;

use visavis_core::{
    CaptureId, DeviceId, Devices, EnumeratedDevices, MediaDeviceInfo, MediaDeviceKind, MediaEffect,
    MediaEvent, Source, TrackId, TrackInUse,
};

use super::FakeBrowser;
use crate::fake::Refusal;

/// What a room asks of its devices that takes a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaRequest {
    /// A capture, and the sources that it may bring.
    Capture(CaptureId, Vec<Source>),
    /// A list of the devices.
    Enumerate,
}

/// The devices.
#[derive(Debug, Default)]
pub(super) struct FakeDevices {
    /// What was asked for last.
    wanted: Option<Rc<Devices>>,
    in_use: BTreeMap<TrackId, DeviceId>,
}

impl FakeDevices {
    /// The next capture opens these.
    pub(super) fn want(&mut self, wanted: Option<Rc<Devices>>) {
        self.wanted = wanted;
    }

    /// A capture has brought a track.
    pub(super) fn opened(&mut self, source: Source, track: TrackId) {
        let Some(kind) = MediaDeviceKind::of(source) else { return };
        let chosen = self.wanted.as_ref().and_then(|wanted| wanted.exact(kind).cloned());
        self.in_use.extend(chosen.or(device(kind, 0)).map(|device| (track, device)));
    }

    /// The list of them, if there `are` any.
    pub(super) fn enumerated(&self, are: bool, is_live: impl Fn(&TrackId) -> bool) -> MediaEvent {
        let kinds = [MediaDeviceKind::AudioInput, MediaDeviceKind::VideoInput];
        let all = kinds.into_iter().flat_map(|kind| [(kind, 0), (kind, 1)]).filter(|_| are);
        let info = |(kind, number): (MediaDeviceKind, usize)| {
            Some(MediaDeviceInfo::new(kind, device(kind, number)?, "peer 0's", number == 0))
        };
        let in_use = self.in_use.iter().filter(|(track, _)| is_live(track));
        let in_use =
            in_use.map(|(track, id)| TrackInUse { track: *track, device_id: Some(id.clone()), muted: false });
        MediaEvent::DevicesEnumerated(Box::new(EnumeratedDevices {
            devices: all.filter_map(info).collect(),
            in_use: in_use.collect(),
            granted: Source::MICROPHONE_AND_CAMERA.to_vec(),
            background_blur: false,
        }))
    }
}

impl<P: Default> FakeBrowser<P> {
    /// Does what a room asks of its devices; what of it takes a while.
    ///
    /// # Errors
    /// If there is no such track.
    pub fn perform_media(&mut self, effect: MediaEffect) -> Result<Option<MediaRequest>, Refusal> {
        let known = match effect {
            MediaEffect::GetUserMedia { capture, sources, devices } => {
                self.devices.want(devices);
                return Ok(Some(MediaRequest::Capture(capture, sources)));
            }
            MediaEffect::EnumerateDevices => return Ok(Some(MediaRequest::Enumerate)),
            MediaEffect::GetDisplayMedia { capture } => {
                let sources = vec![Source::Screen, Source::ScreenAudio];
                return Ok(Some(MediaRequest::Capture(capture, sources)));
            }
            MediaEffect::StopTrack(track) => self.tracks.remove(&track),
            MediaEffect::SetTrackEnabled(track, _) => self.tracks.contains(&track),
        };
        if known { Ok(None) } else { Err("no such track") }
    }

    /// A capture succeeds, with these sources.
    pub fn captured(&mut self, capture: CaptureId, sources: &[Source]) -> MediaEvent {
        let tracks: Vec<_> = sources.iter().map(|source| (*source, self.new_track())).collect();
        self.tracks.extend(tracks.iter().map(|(_, track)| *track));
        tracks.iter().for_each(|(source, track)| self.devices.opened(*source, *track));
        MediaEvent::Captured { capture, tracks }
    }

    /// The list of the devices, if there `are` any.
    pub fn enumerated(&self, are: bool) -> MediaEvent {
        self.devices.enumerated(are, |track| self.tracks.contains(track))
    }
}

/// One of the devices of a kind.
pub(crate) fn device(kind: MediaDeviceKind, number: usize) -> Option<DeviceId> {
    DeviceId::new(&format!("peer 0's {} {number}", kind.as_str()))
}
