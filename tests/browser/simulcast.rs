//! A camera in layers: what a browser sends of it, and what it stops.

use std::rc::Rc;

use visavis::media::Media;
use visavis::rtc::Rtc;
use visavis::tracks::Tracks;
use visavis_core::signaling::IceCandidate;
use visavis_core::{
    ConnectionConfig, ConnectionEvent, ConnectionId, EncodingParameters, Encodings, MediaKind, RIDS, Role,
    Source, Stats,
};
use visavis_sim::conformance::TAKES_SIMULCAST;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::rtc::devices;
use crate::support::{Events, sleep, until};

/// Publishes...
const A: ConnectionId = ConnectionId(1);
/// ...to whoever answers as this browser does, which takes no layers.
const B: ConnectionId = ConnectionId(2);

/// One who publishes, and a server that forwards, as far as the publisher can tell.
struct Publication {
    rtc: Rtc,
    events: Events<(ConnectionId, ConnectionEvent)>,
    /// What the server adds to its answer.
    added: &'static str,
    described: Vec<ConnectionId>,
    early: Vec<(ConnectionId, IceCandidate)>,
    stats: Option<Stats>,
    _media: Media,
}

fn layers(active: [bool; RIDS.len()]) -> Encodings {
    let camera = EncodingParameters { max_bitrate: Some(300_000), ..EncodingParameters::default() };
    Encodings::Layers(active.map(|active| EncodingParameters { active, ..camera }))
}

impl Publication {
    async fn new(added: &'static str) -> Self {
        let (tracks, events) = (Tracks::default(), Events::new());
        let (media, _, camera) = devices(&tracks).await;
        let sink = events.clone();
        let rtc = Rtc::new(tracks, Rc::new(move |id, event| sink.push((id, event))));
        rtc.create(A, Role::SfuOfferer, &ConnectionConfig::default());
        rtc.create(B, Role::Answerer, &ConnectionConfig::default());
        rtc.replace_track(A, Source::Camera, Some(camera));
        rtc.add_transceiver(A, Source::Camera, &layers([true; RIDS.len()]));
        let (described, early, stats) = (Vec::new(), Vec::new(), None);
        Self { rtc, events, added, described, early, stats, _media: media }
    }

    fn step(&mut self) {
        for (id, event) in self.events.take() {
            let other = if id == A { B } else { A };
            match event {
                ConnectionEvent::NegotiationNeeded if id == A => self.rtc.set_local_description(A),
                ConnectionEvent::LocalDescriptionSet(description) => {
                    let mut description = description.unwrap();
                    if id == B {
                        description.sdp.push_str(self.added);
                    } else {
                        assert!(description.sdp.contains("a=simulcast:send q;h;f"), "{}", description.sdp);
                    }
                    self.rtc.set_remote_description(other, &description, Vec::new());
                }
                ConnectionEvent::RemoteDescriptionSet(result) => {
                    result.unwrap();
                    if id == B {
                        self.rtc.set_local_description(B);
                    }
                    self.described.push(id);
                }
                ConnectionEvent::IceCandidate(Some(candidate)) => self.early.push((other, candidate)),
                ConnectionEvent::Stats(stats) if id == A => self.stats = Some(stats),
                ConnectionEvent::NegotiationNeeded
                | ConnectionEvent::IceCandidate(_)
                | ConnectionEvent::ConnectionStateChange(_)
                | ConnectionEvent::ProvisionalAnswerSet
                | ConnectionEvent::Track { .. }
                | ConnectionEvent::TransceiverAssociated(..)
                | ConnectionEvent::Stats(_)
                | ConnectionEvent::SendStats(_)
                | ConnectionEvent::Details(_)
                | ConnectionEvent::File(_)
                | ConnectionEvent::PeerChannel(_)
                | ConnectionEvent::HangUpChannelClosed
                | ConnectionEvent::RemoteCertificate(_)
                | ConnectionEvent::Speech(_) => {}
                ConnectionEvent::CreationFailed => panic!("{id:?} could not be made"),
            }
        }
        let described = &self.described;
        let (now, later) = self.early.drain(..).partition(|(to, _)| described.contains(to));
        self.early = later;
        let now: Vec<(ConnectionId, IceCandidate)> = now;
        now.iter().for_each(|(to, candidate)| self.rtc.add_candidate(*to, candidate));
    }

    /// The frames of each layer so far.
    async fn frames(&mut self) -> Vec<u32> {
        self.stats = None;
        self.rtc.get_stats(A);
        until("counters", || {
            self.step();
            if self.stats.is_none() {
                self.rtc.get_stats(A);
            }
            self.stats.is_some()
        })
        .await;
        let outbound = self.stats.take().unwrap_or_default().outbound;
        let video = outbound.into_iter().filter(|stream| stream.kind == MediaKind::Video);
        let mut frames: Vec<_> = video.map(|stream| stream.frames.unwrap_or_default()).collect();
        frames.sort_unstable();
        frames
    }

    /// Waits until so many layers are sent.
    async fn sends(&mut self, expected: std::ops::RangeInclusive<usize>) {
        let mut sent = usize::MAX;
        for _ in 0..20 {
            let before: u32 = self.frames().await.iter().filter(|frames| **frames > 0).count() as u32;
            let counts = self.frames().await;
            sleep(700).await;
            let after = self.frames().await;
            sent = counts.iter().zip(&after).filter(|(before, after)| after > before).count();
            if expected.contains(&sent) && (before > 0 || sent == 0) {
                return;
            }
        }
        panic!("{sent} layers are sent, and not {expected:?}");
    }
}

#[wasm_bindgen_test]
async fn layers_are_switched_off_and_on_again() {
    let mut publication = Publication::new(TAKES_SIMULCAST).await;
    until("an answer", || {
        publication.step();
        publication.described.contains(&A)
    })
    .await;
    // Chromium sends as many as the size of the picture is worth.
    publication.sends(2..=3).await;
    publication.rtc.set_parameters(A, Source::Camera, &layers([true, false, false]));
    publication.sends(1..=1).await;
    publication.rtc.set_parameters(A, Source::Camera, &layers([false; RIDS.len()]));
    publication.sends(0..=0).await;
    publication.rtc.set_parameters(A, Source::Camera, &layers([true; RIDS.len()]));
    publication.sends(2..=3).await;
}

#[wasm_bindgen_test]
async fn where_the_answer_takes_no_layers_there_is_one() {
    let mut publication = Publication::new("").await;
    until("an answer", || {
        publication.step();
        publication.described.contains(&A)
    })
    .await;
    publication.rtc.set_parameters(A, Source::Camera, &layers([false; RIDS.len()]));
    publication.sends(1..=1).await;
    let off = EncodingParameters { active: false, ..EncodingParameters::default() };
    publication.rtc.set_parameters(A, Source::Camera, &Encodings::Single(off));
    // Firefox (153) goes on all the same, though it says that it is off.
    publication.sends(0..=1).await;
}
