//! Two real connections in one page, through `rtc` alone: this file plays the part of the core and of the network.

use std::rc::Rc;

use visavis::media::Media;
use visavis::rtc::Rtc;
use visavis::tracks::Tracks;
use visavis_core::signaling::{IceCandidate, IceServer, SdpType, SessionDescription};
use visavis_core::{
    CaptureId, ConnectionConfig, ConnectionEvent, ConnectionId, DataChannel, EncodingParameters, Encodings,
    Fingerprint, MAX_PEER_MESSAGE_BYTES, MediaEvent, MediaKind, OperationError, PeerChannelEvent,
    PeerConnectionState, ResolutionScale, Role, SendStats, Source, Stats, StreamStats, TrackId,
};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::MediaStreamTrackState;

use crate::support::{Events, moves, play, sleep, until};

const A: ConnectionId = ConnectionId(1);
const B: ConnectionId = ConnectionId(2);

/// Two connections, and what is known of each.
struct Pair {
    rtc: Rtc,
    tracks: Tracks,
    events: Events<(ConnectionId, ConnectionEvent)>,
    connected: Vec<ConnectionId>,
    remote: Vec<(ConnectionId, Source, TrackId)>,
    ended: Vec<ConnectionId>,
    /// Candidates that came before their description was set on the other side.
    early: Vec<(ConnectionId, IceCandidate)>,
    described: Vec<ConnectionId>,
    stats: Vec<(ConnectionId, Stats)>,
    send_stats: Vec<(ConnectionId, SendStats)>,
    associated: Vec<(ConnectionId, Source, String)>,
    hung_up: Vec<ConnectionId>,
    channel: Vec<(ConnectionId, PeerChannelEvent)>,
    /// The certificate that each has announced last, and those that each says it talks to.
    announced: Vec<(ConnectionId, Fingerprint)>,
    in_use: Vec<(ConnectionId, Fingerprint)>,
    /// The ICE user name fragment of each one's last description.
    ufrags: Vec<(ConnectionId, String)>,
}

fn other(id: ConnectionId) -> ConnectionId {
    if id == A { B } else { A }
}

impl Pair {
    fn new(tracks: &Tracks) -> Self {
        Self::with(tracks, &ConnectionConfig::default())
    }

    fn with(tracks: &Tracks, config: &ConnectionConfig) -> Self {
        let events = Events::new();
        let sink = events.clone();
        let rtc = Rtc::new(tracks.clone(), Rc::new(move |id, event| sink.push((id, event))));
        rtc.create(A, Role::Offerer, config);
        rtc.create(B, Role::Answerer, config);
        Self {
            rtc,
            tracks: tracks.clone(),
            events,
            connected: Vec::new(),
            remote: Vec::new(),
            ended: Vec::new(),
            early: Vec::new(),
            described: Vec::new(),
            stats: Vec::new(),
            send_stats: Vec::new(),
            associated: Vec::new(),
            hung_up: Vec::new(),
            channel: Vec::new(),
            announced: Vec::new(),
            in_use: Vec::new(),
            ufrags: Vec::new(),
        }
    }

    fn send(&self, microphone: Option<TrackId>, camera: Option<TrackId>) {
        for id in [A, B] {
            self.rtc.replace_track(id, Source::Microphone, microphone);
            self.rtc.replace_track(id, Source::Camera, camera);
        }
    }

    fn step(&mut self) {
        for (id, event) in self.events.take() {
            self.on(id, event);
        }
    }

    fn on(&mut self, id: ConnectionId, event: ConnectionEvent) {
        match event {
            ConnectionEvent::NegotiationNeeded => self.rtc.set_local_description(id),
            ConnectionEvent::LocalDescriptionSet(description) => {
                let description = description.unwrap();
                self.note(id, &description);
                self.rtc.set_remote_description(other(id), &description, self.adopted(other(id)));
            }
            ConnectionEvent::RemoteCertificate(fingerprint) => self.in_use.push((id, fingerprint)),
            ConnectionEvent::RemoteDescriptionSet(result) => self.described(id, result),
            ConnectionEvent::IceCandidate(Some(candidate)) => self.candidate(other(id), candidate),
            ConnectionEvent::IceCandidate(None) => self.ended.push(id),
            ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected) => self.connected.push(id),
            ConnectionEvent::ConnectionStateChange(_) => {}
            ConnectionEvent::Track { mid, kind, track } => {
                // As the offer has them: first the microphone, then the camera.
                let source = if mid == "0" { Source::Microphone } else { Source::Camera };
                assert_eq!(source.kind(), kind, "section {mid}");
                self.remote.push((id, source, track));
            }
            ConnectionEvent::TransceiverAssociated(source, mid) => self.associated.push((id, source, mid)),
            ConnectionEvent::Stats(stats) => self.stats.push((id, stats)),
            ConnectionEvent::SendStats(stats) => self.send_stats.push((id, stats)),
            ConnectionEvent::PeerChannel(event) => self.channel.push((id, event)),
            ConnectionEvent::ProvisionalAnswerSet
            | ConnectionEvent::Speech(_)
            | ConnectionEvent::Details(_)
            | ConnectionEvent::File(_) => {}
            ConnectionEvent::HangUpChannelClosed => self.hung_up.push(id),
            ConnectionEvent::CreationFailed => panic!("{id:?} could not be made"),
        }
    }

    /// What the answerer takes over with its first offer.
    fn adopted(&self, id: ConnectionId) -> Vec<(Source, Option<String>)> {
        let first = id == B && !self.described.contains(&B);
        if first { Source::MICROPHONE_AND_CAMERA.map(|source| (source, None)).into() } else { Vec::new() }
    }

    fn note(&mut self, id: ConnectionId, description: &SessionDescription) {
        let mut lines = description.sdp.lines();
        let digits = lines.find_map(|line| line.strip_prefix("a=fingerprint:sha-256 ")).unwrap();
        self.announced.push((id, Fingerprint::read(digits).unwrap()));
        self.ufrags.push((id, description.ufrags().next().unwrap().to_owned()));
    }

    fn described(&mut self, id: ConnectionId, result: Result<(), OperationError>) {
        result.unwrap();
        if id == B {
            if !self.described.contains(&B) {
                self.rtc.create_data_channel(B, DataChannel::Peer);
            }
            self.rtc.set_local_description(B);
        }
        self.described.push(id);
        for (to, candidate) in std::mem::take(&mut self.early) {
            self.candidate(to, candidate);
        }
    }

    fn candidate(&mut self, to: ConnectionId, candidate: IceCandidate) {
        if self.described.contains(&to) {
            self.rtc.add_candidate(to, &candidate);
        } else {
            self.early.push((to, candidate));
        }
    }

    async fn connect(&mut self) {
        until("both connected, with all tracks", || {
            self.step();
            self.connected.len() >= 2 && self.remote.len() >= 4
        })
        .await;
    }

    /// Both see the other's picture move.
    async fn pictures_move(&self) {
        for id in [A, B] {
            moves(&self.tracks.get(self.remote(id, Source::Camera)).unwrap()).await;
        }
    }

    fn remote(&self, id: ConnectionId, source: Source) -> TrackId {
        self.remote.iter().find(|(at, of, _)| (*at, *of) == (id, source)).unwrap().2
    }
}

pub(crate) async fn devices(tracks: &Tracks) -> (Media, TrackId, TrackId) {
    let events = Events::new();
    let sink = events.clone();
    let media = Media::new(tracks.clone(), Rc::new(move |event| sink.push(event)));
    media.get_user_media(CaptureId(1), &Source::MICROPHONE_AND_CAMERA, None);
    until("devices", || events.len() > 0).await;
    let MediaEvent::Captured { tracks, .. } = events.take().remove(0) else { panic!("both were asked for") };
    let track = |source| tracks.iter().find(|(of, _)| *of == source).unwrap().1;
    (media, track(Source::Microphone), track(Source::Camera))
}

/// Two who send each other voice and picture, and where both come from.
async fn in_a_call() -> (Pair, Media, TrackId) {
    let tracks = Tracks::default();
    let (media, microphone, camera) = devices(&tracks).await;
    let mut pair = Pair::new(&tracks);
    pair.send(Some(microphone), Some(camera));
    pair.connect().await;
    pair.pictures_move().await;
    (pair, media, microphone)
}

#[wasm_bindgen_test]
async fn both_sides_see_moving_pictures() {
    let (mut pair, _media, _) = in_a_call().await;
    for id in [A, B] {
        assert_eq!(pair.tracks.get(pair.remote(id, Source::Microphone)).unwrap().kind(), "audio");
    }
    until("the end of candidates, once each", || {
        pair.step();
        pair.ended.len() == 2
    })
    .await;
    close_leaves_nothing(pair).await;
}

async fn close_leaves_nothing(mut pair: Pair) {
    let remote: Vec<_> = pair.remote.iter().map(|(_, _, track)| pair.tracks.get(*track).unwrap()).collect();
    pair.step();
    pair.rtc.restart_ice(A);
    pair.rtc.close(A);
    pair.rtc.close(B);
    pair.rtc.set_local_description(A);
    sleep(500).await;
    assert_eq!(pair.events.take(), [], "a closed connection is silent");
    assert!(pair.remote.iter().all(|(_, _, track)| pair.tracks.get(*track).is_none()));
    assert!(remote.iter().all(|track| track.ready_state() == MediaStreamTrackState::Ended));
}

#[wasm_bindgen_test]
async fn closing_a_connection_closes_the_channel_at_its_other_end() {
    for closed in [A, B] {
        let tracks = Tracks::default();
        let mut pair = Pair::new(&tracks);
        pair.rtc.create_data_channel(A, DataChannel::HangUp);
        pair.connect().await;
        // Media flows a moment before the channel does.
        sleep(500).await;
        pair.step();
        assert_eq!(pair.hung_up, []);
        pair.rtc.close(closed);
        until("to be told", || {
            pair.step();
            pair.hung_up == [other(closed)]
        })
        .await;
    }
}

impl Pair {
    async fn channel(&mut self, id: ConnectionId, event: PeerChannelEvent) {
        until(&format!("{event:.60?}"), || {
            self.step();
            let place = self.channel.iter().position(|(at, of)| (*at, of) == (id, &event));
            place.map(|place| self.channel.remove(place)).is_some()
        })
        .await;
    }
}

#[wasm_bindgen_test]
async fn pages_of_ours_exchange_texts_without_an_announcement_or_a_negotiation() {
    let tracks = Tracks::default();
    let mut pair = Pair::new(&tracks);
    for id in [A, B] {
        pair.channel(id, PeerChannelEvent::Opened).await;
    }
    assert_eq!(pair.ufrags.len(), 2, "one offer and one answer");
    let long = "ü".repeat(MAX_PEER_MESSAGE_BYTES / 2);
    let too_long = [&long, "."].concat();
    for (from, to) in [(A, B), (B, A)] {
        for text in ["first", &too_long, &long, "last"] {
            pair.rtc.send_message(from, text);
        }
        for text in ["first", &long, "last"] {
            pair.channel(to, PeerChannelEvent::Message(text.to_owned())).await;
        }
    }
    assert_eq!(pair.channel, [], "nothing else has come");
    pair.rtc.close_peer_channel(A);
    pair.channel(B, PeerChannelEvent::Closed).await;
    assert_eq!((&pair.channel, &pair.hung_up), (&vec![], &vec![]), "nobody has hung up");
    pair.rtc.send_message(A, "into the void");
    pair.rtc.send_message(B, "into the void");
    close_leaves_nothing(pair).await;
}

#[wasm_bindgen_test]
async fn a_full_buffer_is_told_and_that_it_is_empty_again() {
    let tracks = Tracks::default();
    let mut pair = Pair::new(&tracks);
    pair.channel(A, PeerChannelEvent::Opened).await;
    let text = "x".repeat(MAX_PEER_MESSAGE_BYTES);
    for _ in 0..64 {
        pair.rtc.send_message(A, &text);
    }
    pair.channel(A, PeerChannelEvent::BufferedAmountHigh).await;
    pair.channel(A, PeerChannelEvent::BufferedAmountLow).await;
    for _ in 0..64 {
        pair.channel(B, PeerChannelEvent::Message(text.clone())).await;
    }
}

#[wasm_bindgen_test]
async fn a_camera_that_comes_later_needs_no_negotiation() {
    let tracks = Tracks::default();
    let mut pair = Pair::new(&tracks);
    pair.connect().await;
    let (_media, microphone, camera) = devices(&tracks).await;
    pair.events.take();
    pair.send(Some(microphone), Some(camera));
    pair.pictures_move().await;
    let negotiations = pair.events.take();
    let mut negotiations = negotiations.iter().map(|(_, event)| event);
    assert!(!negotiations.any(|event| *event == ConnectionEvent::NegotiationNeeded));
}

impl Pair {
    async fn stats(&mut self, id: ConnectionId) -> Stats {
        self.rtc.get_stats(id);
        self.stats.clear();
        until("counters", || {
            self.step();
            !self.stats.is_empty()
        })
        .await;
        self.stats.remove(0).1
    }

    /// Which counters of `id` grow within a second: voice and picture received, voice and picture sent.
    async fn grows(&mut self, id: ConnectionId) -> [bool; 4] {
        let before = self.stats(id).await;
        sleep(1000).await;
        let after = self.stats(id).await;
        let kinds = [MediaKind::Audio, MediaKind::Video];
        let grows = |before: &[StreamStats], after: &[StreamStats]| {
            kinds.map(|kind| stream(after, kind).packets > stream(before, kind).packets)
        };
        let [voice, picture] = grows(&before.inbound, &after.inbound);
        let [own_voice, own_picture] = grows(&before.outbound, &after.outbound);
        [voice, picture, own_voice, own_picture]
    }
}

/// The stream of a kind, in the section that it is in.
fn stream(streams: &[StreamStats], kind: MediaKind) -> &StreamStats {
    let stream = streams.iter().find(|stream| stream.kind == kind).unwrap();
    let mid = if kind == MediaKind::Audio { "0" } else { "1" };
    assert!(stream.mid == mid || stream.mid.is_empty(), "{stream:?}");
    stream
}

#[wasm_bindgen_test]
async fn a_voice_flows_although_it_is_muted() {
    let (mut pair, media, microphone) = in_a_call().await;
    assert_eq!(pair.grows(A).await, [true; 4]);
    media.set_enabled(microphone, false);
    sleep(1000).await;
    assert_eq!(pair.grows(B).await, [true; 4]);
}

/// Not what a description says, but whom the browser talks to.
#[wasm_bindgen_test]
async fn the_certificate_in_use_is_told() {
    let tracks = Tracks::default();
    let mut pair = Pair::new(&tracks);
    pair.connect().await;
    until("both certificates", || {
        // A look at the counters finds what was not there yet.
        [A, B].into_iter().for_each(|id| pair.rtc.get_stats(id));
        pair.step();
        [A, B].iter().all(|id| pair.in_use.iter().any(|(whose, _)| whose == id))
    })
    .await;
    for id in [A, B] {
        let of = |list: &[(ConnectionId, Fingerprint)], whose| {
            let of: Vec<_> = list.iter().filter(|(id, _)| *id == whose).map(|(_, one)| one.clone()).collect();
            of
        };
        let in_use = of(&pair.in_use, id);
        assert!(!in_use.is_empty());
        assert!(in_use.iter().all(|one| *one == of(&pair.announced, other(id))[0]), "{in_use:?}");
    }
}

/// Both browsers count what is captured, encoded and decoded.
#[wasm_bindgen_test]
async fn frames_are_counted() {
    let (mut pair, _media, _) = in_a_call().await;
    let frames = |stats: &Stats| {
        let video = |streams: &[StreamStats]| stream(streams, MediaKind::Video).frames;
        let captured = stats.captured.iter().find(|(source, _)| *source == Source::Camera);
        [video(&stats.inbound), video(&stats.outbound), captured.and_then(|(_, frames)| *frames)]
    };
    let before = frames(&pair.stats(A).await);
    sleep(1000).await;
    let after = frames(&pair.stats(A).await);
    for (what, (before, after)) in ["decoded", "encoded", "captured"].iter().zip(before.iter().zip(&after)) {
        assert!(before.zip(*after).is_some_and(|(one, two)| one < two), "{what}: {before:?} {after:?}");
    }
}

impl Pair {
    async fn send_stats(&mut self, id: ConnectionId) -> SendStats {
        self.send_stats.clear();
        self.stats(id).await;
        until("counters of what is sent", || {
            self.step();
            !self.send_stats.is_empty()
        })
        .await;
        self.send_stats.remove(0).1
    }
}

#[wasm_bindgen_test]
async fn a_camera_is_sent_as_it_should_be_encoded() {
    let (mut pair, _media, _) = in_a_call().await;
    let stats = pair.send_stats(A).await;
    let size = stats.captured[0].expect("the size of what the camera gives");
    let full = EncodingParameters::default();
    let half = EncodingParameters {
        scale_resolution_down_by: ResolutionScale::TWO,
        max_bitrate: Some(400_000),
        max_framerate: Some(15),
        ..full
    };
    let video = play(&pair.tracks.get(pair.remote(B, Source::Camera)).unwrap());
    pair.rtc.set_parameters(A, Source::Camera, &Encodings::Single(half));
    // A machine that is too slow sends even less.
    let is_small = || (1..=u32::from(size.width / 2)).contains(&video.video_width());
    until("a small picture", is_small).await;
    let small = video.video_width();
    pair.rtc.set_parameters(
        A,
        Source::Camera,
        &Encodings::Single(EncodingParameters { active: false, ..half }),
    );
    sleep(500).await;
    assert_eq!(pair.grows(A).await[2..], [true, false], "the voice goes on alone");
    pair.rtc.set_parameters(A, Source::Camera, &Encodings::Single(full));
    until("a larger picture", || video.video_width() > small).await;
    assert_eq!(pair.grows(A).await, [true; 4]);
    video.remove();
}

#[wasm_bindgen_test]
async fn ice_restarts() {
    let tracks = Tracks::default();
    let mut pair = Pair::new(&tracks);
    pair.connect().await;
    pair.step();
    let of = |pair: &Pair, id| {
        let of = pair.ufrags.iter().rev().find(|(whose, _)| *whose == id);
        of.map(|(_, ufrag)| ufrag.clone()).unwrap()
    };
    let before = [of(&pair, A), of(&pair, B)];
    let offer = pair.offer(A).await;
    assert_eq!(offer.sdp_type, SdpType::Offer);
    let ufrag = offer.ufrags().next().unwrap().to_owned();
    assert_ne!(ufrag, before[0], "an offer without new credentials restarts nothing");
    pair.described.clear();
    pair.rtc.set_remote_description(B, &offer, Vec::new());
    until("both to have agreed", || {
        pair.step();
        pair.described == [B, A]
    })
    .await;
    assert_ne!(of(&pair, B), before[1], "the answer has new ones too");
    assert_ne!(of(&pair, B), ufrag);
}

impl Pair {
    /// Offers anew, with new ICE credentials.
    async fn offer(&mut self, id: ConnectionId) -> SessionDescription {
        self.rtc.restart_ice(id);
        until("negotiation", || self.events.take().contains(&(id, ConnectionEvent::NegotiationNeeded))).await;
        self.rtc.set_local_description(id);
        let mut offer = None;
        until("an offer", || {
            for (_, event) in self.events.take() {
                if let ConnectionEvent::LocalDescriptionSet(description) = event {
                    offer = Some(description.unwrap());
                }
            }
            offer.is_some()
        })
        .await;
        offer.unwrap()
    }
}

/// In Chromium the picture stands still for good after that, unless the first answer was set twice.
#[wasm_bindgen_test]
async fn a_picture_outlives_the_withdrawal_of_a_first_offer() {
    let (mut pair, _media, _) = in_a_call().await;
    pair.step();
    drop(pair.offer(B).await);
    let offer = pair.offer(A).await;
    pair.described.clear();
    pair.rtc.set_remote_description(B, &offer, Vec::new());
    until("both to have agreed", || {
        pair.step();
        pair.described == [B, A]
    })
    .await;
    pair.pictures_move().await;
}

#[wasm_bindgen_test]
async fn a_restart_uses_the_newest_servers() {
    let tracks = Tracks::default();
    let mut pair = Pair::new(&tracks);
    pair.connect().await;
    pair.step();
    let text = |text: &str| Some(text.to_owned());
    let urls = vec!["turn:192.0.2.1".to_owned()];
    let nowhere = IceServer { urls, username: text("u"), credential: text("c") };
    let config = ConnectionConfig { ice_servers: vec![nowhere], relay_only: true };
    pair.rtc.set_configuration(A, &config);
    pair.rtc.restart_ice(A);
    until("negotiation", || pair.events.len() > 0).await;
    pair.events.take();
    pair.rtc.set_local_description(A);
    until("an offer", || pair.events.len() > 0).await;
    sleep(500).await;
    let found = |event: &ConnectionEvent| matches!(event, ConnectionEvent::IceCandidate(Some(_)));
    assert!(!pair.events.take().iter().any(|(_, event)| found(event)), "no relay is there, so no path");
}

#[wasm_bindgen_test]
async fn what_the_browser_refuses_comes_back_with_its_name() {
    let events = Events::new();
    let sink = events.clone();
    let rtc = Rtc::new(Tracks::default(), Rc::new(move |id, event| sink.push((id, event))));
    let bad = IceServer { urls: vec!["turn:192.0.2.1".into()], username: None, credential: None };
    rtc.create(A, Role::Offerer, &ConnectionConfig { ice_servers: vec![bad], relay_only: false });
    assert_eq!(events.take(), [(A, ConnectionEvent::CreationFailed)]);
    rtc.create(B, Role::Answerer, &ConnectionConfig::default());
    let nonsense = SessionDescription { sdp_type: SdpType::Answer, sdp: "v=0\r\n".into() };
    rtc.set_remote_description(B, &nonsense, Vec::new());
    until("a refusal", || events.len() > 0).await;
    let (B, ConnectionEvent::RemoteDescriptionSet(Err(error))) = events.take().remove(0) else {
        panic!("an answer out of the blue");
    };
    assert!(error.name.ends_with("Error"), "{error:?}");
}

/// A screen is a section of its own, whose `mid` is told, and whose track arrives there.
#[wasm_bindgen_test]
async fn a_further_source_gets_a_section_of_its_own() {
    let (mut pair, _media, _) = in_a_call().await;
    let (_second, _, screen) = devices(&pair.tracks).await;
    pair.remote.clear();
    pair.described.clear();
    pair.rtc.replace_track(A, Source::Screen, Some(screen));
    pair.rtc.add_transceiver(A, Source::Screen, &Encodings::default());
    until("the screen at the other side", || {
        pair.step();
        pair.remote.iter().any(|(at, _, _)| *at == B) && pair.described.contains(&A)
    })
    .await;
    let told = pair.associated.iter().rev().find(|(at, source, _)| (*at, *source) == (A, Source::Screen));
    assert_eq!(told.map(|(_, _, mid)| mid.as_str()), Some("3"));
    moves(&pair.tracks.get(pair.remote.last().unwrap().2).unwrap()).await;
}

/// What a selective forwarding unit is offered: each source that is sent, and sections in which it may send.
#[wasm_bindgen_test]
async fn a_publisher_offers_only_what_it_was_given() {
    let events = Events::new();
    let sink = events.clone();
    let rtc = Rtc::new(Tracks::default(), Rc::new(move |id, event| sink.push((id, event))));
    rtc.create(A, Role::SfuOfferer, &ConnectionConfig::default());
    rtc.add_transceiver(A, Source::Microphone, &Encodings::default());
    rtc.add_receiver(A, MediaKind::Video);
    until("negotiation", || events.take().contains(&(A, ConnectionEvent::NegotiationNeeded))).await;
    rtc.set_local_description(A);
    let mut offer = None;
    until("an offer", || {
        for (_, event) in events.take() {
            if let ConnectionEvent::LocalDescriptionSet(description) = event {
                offer = Some(description.unwrap().sdp);
            }
        }
        offer.is_some()
    })
    .await;
    let sdp = offer.unwrap();
    let of_interest =
        |line: &&str| line.starts_with("m=") || ["a=sendonly", "a=recvonly", "a=sendrecv"].contains(line);
    // Firefox has a direction for the session, too.
    let sections = sdp.lines().skip_while(|line| !line.starts_with("m="));
    let lines: Vec<_> = sections.filter(of_interest).map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(lines, ["m=audio", "a=sendonly", "m=video", "a=recvonly"], "{sdp}");
}
