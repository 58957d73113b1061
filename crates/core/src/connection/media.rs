//! What a connection carries: our transceivers, the tracks of the far end, and what the counters of both say.

use visavis_signaling::{MediaKind, ParticipantId, SfuDirection, Source};

use super::remote_media::RemoteMedia;
use super::sections::announce;
use super::{
    Connection, ExpectedMedia, FrameState, ReceivedMicrophone, Repair, SampleContext, SilentDirection,
    StallVerdict,
};
use crate::input::{Stats, StreamStats, TrackId};
use crate::outbox::Outbox;
use crate::output::ConnectionEffect;
use crate::safety::MAX_FORWARDED_SECTIONS;
use crate::topology::ConnectionPlan;

/// The transceivers that send our sources.
#[derive(Debug)]
pub(super) struct LocalTransceivers {
    sources: Vec<Source>,
    /// Their sections, once they are associated with one (RFC 8829 section 3.4.1).
    mids: Vec<(Source, String)>,
    /// How many only receive, for each kind.
    receivers: [(MediaKind, usize); 2],
}

impl LocalTransceivers {
    pub(super) fn new(sources: &[Source]) -> Self {
        let receivers = [(MediaKind::Audio, 0), (MediaKind::Video, 0)];
        Self { sources: sources.to_vec(), mids: Vec::new(), receivers }
    }

    fn add(&mut self, source: Source) {
        if !self.sources.contains(&source) {
            self.sources.push(source);
        }
    }

    fn associate(&mut self, source: Source, mid: String) {
        self.mids.retain(|(known, _)| *known != source);
        self.mids.push((source, mid));
    }

    fn source(&self, mid: &str, kind: MediaKind) -> Option<Source> {
        let by_mid = self.mids.iter().find(|(_, of)| of == mid).map(|(source, _)| *source);
        by_mid.or_else(|| {
            Source::MICROPHONE_AND_CAMERA.into_iter().find(|source| mid.is_empty() && source.kind() == kind)
        })
    }
}

/// The counters of `getStats()` that are watched for a connection as a whole: packets of all streams and of our microphone,
/// frames of the cameras. A shared screen may stand still and its sound be silent, so those are not watched by themselves.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct MediaCounters {
    /// `packetsReceived` of all streams.
    pub(super) packets_received: u32,
    /// `packetsSent` of our microphone.
    pub(super) microphone_packets_sent: u32,
    /// `framesDecoded` of their camera; `None` if the browser does not count them.
    pub(super) frames_decoded: Option<u32>,
    /// `framesEncoded` of our camera; `None` likewise.
    pub(super) frames_encoded: Option<u32>,
    /// `frames` of the `media-source` of our camera; `None` likewise.
    pub(super) frames_captured: Option<u32>,
}

impl Connection {
    /// What passes on it.
    pub(crate) fn plan(&self) -> ConnectionPlan {
        self.plan
    }

    /// More is to pass on it than before, or less.
    pub(crate) fn set_plan(&mut self, plan: ConnectionPlan, out: &mut Outbox) {
        self.plan = plan;
        if self.id().is_some() {
            self.add_planned_transceivers(out);
        }
    }

    /// The track of theirs that carries `source`.
    pub(crate) fn track(&self, source: Source) -> Option<TrackId> {
        self.remote_media.track(source)
    }

    /// The track that comes in the section `mid`.
    pub(crate) fn track_by_mid(&self, mid: &str) -> Option<TrackId> {
        self.remote_media.track_by_mid(mid)
    }

    /// What the section `mid` carries of theirs.
    pub(crate) fn remote_source(&self, mid: &str, kind: MediaKind) -> Option<Source> {
        self.remote_media.source(mid, kind)
    }

    /// What the section `mid` carries of ours.
    pub(crate) fn local_source(&self, mid: &str, kind: MediaKind) -> Option<Source> {
        self.transceivers.source(mid, kind)
    }

    /// `track` fired.
    pub(crate) fn add_track(&mut self, mid: String, kind: MediaKind, track: TrackId) {
        self.remote_media.add_track(mid, kind, track);
    }

    /// Our transceiver of `source` is associated with the section `mid`.
    pub(crate) fn associated(&mut self, source: Source, mid: String) {
        self.transceivers.associate(source, mid);
    }

    /// A remote description is in force.
    pub(super) fn remote_media_described(&mut self, sdp: &str) {
        self.remote_media.description_set(sdp);
        self.note_simulcast(sdp);
    }

    /// Whether the far end is a Visavis page.
    pub(crate) fn is_visavis(&self) -> bool {
        self.remote_media.is_visavis()
    }

    /// Whether they have agreed to send neither sound nor picture, as a client that only exchanges data does.
    pub(crate) fn sends_nothing(&self) -> bool {
        self.remote_media.sends_nothing()
    }

    /// Gives every source that we publish a transceiver. The first ones have theirs from the beginning; others of the mesh are
    /// only for those who know what they are, and not before the first negotiation is over.
    pub(crate) fn publish(&mut self, sources: impl Iterator<Item = Source>, out: &mut Outbox) {
        let ready = match self.plan {
            ConnectionPlan::MeshOfferer | ConnectionPlan::MeshAnswerer => {
                self.is_visavis() && self.negotiator.is_established()
            }
            ConnectionPlan::Sfu { .. } => self.id().is_some(),
        };
        for source in sources {
            if ready && self.plan.sends(source) && !self.transceivers.sources.contains(&source) {
                self.add_transceiver(source, out);
            }
        }
    }

    /// Gives a connection to a selective forwarding unit the transceivers that are to be there before anything is published, so
    /// that a microphone that is switched on later needs no negotiation.
    pub(crate) fn add_planned_transceivers(&mut self, out: &mut Outbox) {
        let ConnectionPlan::Sfu { direction, .. } = self.plan else { return };
        let wanted = match direction {
            SfuDirection::Both { audio, video, .. } => [audio, video],
            SfuDirection::Publish(_) | SfuDirection::Subscribe => [0; 2],
        };
        for source in Source::MICROPHONE_AND_CAMERA {
            if self.plan.sends(source) && !self.has_transceiver(source) {
                self.add_transceiver(source, out);
            }
        }
        for at in [0, 1] {
            while self.transceivers.receivers[at].1 < wanted[at].min(MAX_FORWARDED_SECTIONS) {
                self.transceivers.receivers[at].1 += 1;
                self.effect(ConnectionEffect::AddReceiver(self.transceivers.receivers[at].0), out);
            }
        }
    }

    /// Whether a transceiver sends a source, or will once our description is set.
    pub(super) fn has_transceiver(&self, source: Source) -> bool {
        self.transceivers.sources.contains(&source)
    }

    fn add_transceiver(&mut self, source: Source, out: &mut Outbox) {
        self.transceivers.add(source);
        let encodings = self.begin_encoding(source);
        self.effect(ConnectionEffect::AddTransceiver(source, encodings), out);
    }

    /// Our first answer is set: what they take nowhere gets a section of our own.
    pub(super) fn add_missing_transceivers(&mut self, out: &mut Outbox) {
        for source in self.remote_media.needs_own_section() {
            self.add_transceiver(source, out);
        }
    }

    /// The sections of their offer that our sources take over.
    pub(super) fn adopt(&mut self, offer: &str) -> Vec<(Source, Option<String>)> {
        let mut adoptable = RemoteMedia::adoptable(offer);
        adoptable.retain(|(source, _)| !self.transceivers.sources.contains(source));
        adoptable.iter().for_each(|(source, _)| self.transceivers.add(*source));
        adoptable
    }

    /// Our description as they hear it.
    pub(super) fn announced(&self, sdp: &str) -> String {
        announce(sdp, &self.transceivers.mids)
    }

    /// Whether packets of somebody were missing in the last sample.
    pub(crate) fn is_silent(&self, publisher: &ParticipantId) -> bool {
        self.stall_detector.is_silent(publisher)
    }

    /// Whether the far end is a server that has agreed to receive our microphone.
    pub(crate) fn wants_audio(&self) -> bool {
        let mut mids = self.transceivers.mids.iter();
        let mid = mids.find(|(source, _)| *source == Source::Microphone).map(|(_, mid)| mid);
        self.plan.is_sfu() && mid.is_some_and(|mid| self.remote_media.receives(mid))
    }

    /// Their picture, as we see it.
    pub(crate) fn remote_frames(&self) -> FrameState {
        self.stall_detector.frames().remote
    }

    /// Our picture, as they see it.
    pub(crate) fn local_frames(&self) -> FrameState {
        self.stall_detector.frames().local
    }

    /// Our camera, as far as this connection tells.
    pub(crate) fn capture_frames(&self) -> FrameState {
        self.stall_detector.frames().capture
    }

    /// What the counters said so far does not count any more.
    pub(crate) fn reset_flow(&mut self) {
        self.stall_detector.reset();
        self.recovery.discard_silence();
    }

    /// The counters.
    pub(crate) fn on_stats(
        &mut self,
        context: SampleContext,
        stats: &Stats,
        expected: ExpectedMedia,
        mut microphones: Vec<ReceivedMicrophone>,
    ) {
        if !self.is_connected() {
            return;
        }
        for one in &mut microphones {
            let is_it = |stream: &&StreamStats| match &one.mid {
                Some(mid) => stream.mid == *mid,
                None => self.remote_media.source(&stream.mid, stream.kind) == Some(Source::Microphone),
            };
            one.packets = packets(stats.inbound.iter().filter(is_it));
        }
        let counters = self.counters(stats);
        let forwarded = self.plan.is_sfu();
        let verdict = self.stall_detector.sample(context, &counters, expected, microphones);
        if self.stall_detector.sends() {
            self.recovery.on_sending();
        }
        match verdict {
            StallVerdict::Flowing => self.recovery.on_media(),
            StallVerdict::Inconclusive => self.recovery.on_nothing_missing(),
            StallVerdict::Silent { since, direction } => {
                let current = context.server_message_at > since;
                self.recovery.on_silence(context.now, direction, Repair::RestartIce, current);
            }
            StallVerdict::MicrophoneSilent | StallVerdict::PartlyFlowing if forwarded => {
                self.recovery.on_unheard(context.now, self.stall_detector.unheard());
            }
            StallVerdict::MicrophoneSilent => {
                self.recovery.on_silence(context.now, SilentDirection::Inbound, Repair::Rebuild, true);
            }
            StallVerdict::PartlyFlowing => self.recovery.on_nothing_missing(),
        }
    }

    fn counters(&self, stats: &Stats) -> MediaCounters {
        let of_remote = |source| {
            move |stream: &&StreamStats| self.remote_media.source(&stream.mid, stream.kind) == Some(source)
        };
        let of_local = |source| {
            move |stream: &&StreamStats| self.transceivers.source(&stream.mid, stream.kind) == Some(source)
        };
        MediaCounters {
            packets_received: packets(stats.inbound.iter()),
            microphone_packets_sent: packets(stats.outbound.iter().filter(of_local(Source::Microphone))),
            frames_decoded: frames(stats.inbound.iter().filter(of_remote(Source::Camera))),
            frames_encoded: frames(stats.outbound.iter().filter(of_local(Source::Camera))),
            frames_captured: stats
                .captured
                .iter()
                .find(|(of, _)| *of == Source::Camera)
                .and_then(|(_, frames)| *frames),
        }
    }
}

/// Packets of all these streams together.
pub(super) fn packets<'a>(streams: impl Iterator<Item = &'a StreamStats>) -> u32 {
    streams.fold(0, |sum, stream| sum.wrapping_add(stream.packets))
}

/// Without a stream there are none: the two browsers have no common codec. A browser that does not count them says nothing.
fn frames<'a>(mut streams: impl Iterator<Item = &'a StreamStats>) -> Option<u32> {
    streams.try_fold(0_u32, |sum, stream| Some(sum.wrapping_add(stream.frames?)))
}
