//! Clients that negotiate in another way than Visavis, played by a plain RTCPeerConnection.

use std::rc::Rc;

use visavis::rtc::Rtc;
use visavis::tracks::Tracks;
use visavis_core::signaling::{SdpType, SessionDescription};
use visavis_core::{ConnectionConfig, ConnectionEvent, ConnectionId, Encodings, Role, Source};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::MediaStreamTrack;

use crate::rtc::devices;
use crate::support::{Events, moves, until};

const OURS: ConnectionId = ConnectionId(1);

#[wasm_bindgen(inline_js = "export class Stranger {
    constructor(directions) {
        this.pc = new RTCPeerConnection();
        this.tracks = [];
        this.pc.ontrack = event => this.tracks.push(event.track);
        Object.keys(directions).forEach(kind => this.pc.addTransceiver(kind, { direction: directions[kind] }));
    }
    tracksOf(kind) { return this.tracks.filter(track => track.kind === kind); }
    async describe() {
        await this.pc.setLocalDescription();
        while (this.pc.iceGatheringState !== 'complete') await new Promise(done => setTimeout(done, 10));
        return this.pc.localDescription.sdp;
    }
    async accept(type, sdp) {
        await this.pc.setRemoteDescription({ type, sdp });
        if (type === 'offer') return await this.describe();
    }
    add(candidate, sdpMLineIndex) { return this.pc.addIceCandidate({ candidate, sdpMLineIndex }); }
    close() { this.pc.close(); }
}")]
extern "C" {
    /// A page of somebody else.
    type Stranger;

    /// One that has a media section of each kind, in these directions.
    #[wasm_bindgen(constructor)]
    fn new(directions: &JsValue) -> Stranger;

    /// What it was told to expect.
    #[wasm_bindgen(method, js_name = tracksOf)]
    fn tracks_of(this: &Stranger, kind: &str) -> Vec<MediaStreamTrack>;

    /// Its description, with all candidates.
    #[wasm_bindgen(method)]
    async fn describe(this: &Stranger) -> JsValue;

    /// Takes a description; gives the answer, if it was an offer.
    #[wasm_bindgen(method)]
    async fn accept(this: &Stranger, sdp_type: &str, sdp: &str) -> JsValue;

    #[wasm_bindgen(method)]
    fn add(this: &Stranger, candidate: &str, section: u16) -> js_sys::Promise;

    #[wasm_bindgen(method)]
    fn close(this: &Stranger);
}

/// We answer a stranger, and send both sources.
struct Call {
    rtc: Rtc,
    events: Events<(ConnectionId, ConnectionEvent)>,
    stranger: Stranger,
    /// Whether they only send.
    one_way: bool,
    /// Our descriptions, as they came.
    described: Vec<SdpType>,
}

impl Call {
    async fn answer(tracks: &Tracks, directions: &[(&str, &str)]) -> (Self, visavis::media::Media) {
        let (media, microphone, camera) = devices(tracks).await;
        let object = js_sys::Object::new();
        for (kind, direction) in directions {
            js_sys::Reflect::set(&object, &(*kind).into(), &(*direction).into()).unwrap();
        }
        let (events, stranger) = (Events::new(), Stranger::new(&object));
        let sink = events.clone();
        let rtc = Rtc::new(tracks.clone(), Rc::new(move |id, event| sink.push((id, event))));
        rtc.create(OURS, Role::Answerer, &ConnectionConfig::default());
        rtc.replace_track(OURS, Source::Microphone, Some(microphone));
        rtc.replace_track(OURS, Source::Camera, Some(camera));
        let one_way = directions.iter().any(|(_, direction)| *direction == "sendonly");
        let call = Self { rtc, events, stranger, one_way, described: Vec::new() };
        let offer = call.stranger.describe().await;
        call.set_remote(SdpType::Offer, &offer);
        (call, media)
    }

    fn set_remote(&self, sdp_type: SdpType, sdp: &JsValue) {
        let sdp = sdp.as_string().unwrap();
        // What the room decides: microphone and camera take over the sections that the offer has for them.
        let adopted = match sdp_type {
            SdpType::Offer => Source::MICROPHONE_AND_CAMERA.map(|source| (source, None)).into(),
            SdpType::Answer => Vec::new(),
        };
        self.rtc.set_remote_description(OURS, &SessionDescription { sdp_type, sdp }, adopted);
    }

    /// Does what the room would do.
    async fn step(&mut self) {
        for (_, event) in self.events.take() {
            match event {
                ConnectionEvent::NegotiationNeeded => self.rtc.set_local_description(OURS),
                ConnectionEvent::RemoteDescriptionSet(result) => {
                    result.unwrap();
                    if self.described.is_empty() {
                        self.rtc.set_local_description(OURS);
                    }
                }
                ConnectionEvent::LocalDescriptionSet(description) => {
                    let description = description.unwrap();
                    self.described.push(description.sdp_type);
                    let answer = self.stranger.accept(description.sdp_type.as_str(), &description.sdp).await;
                    if answer.is_string() {
                        self.set_remote(SdpType::Answer, &answer);
                    }
                    // And sections of our own where they only send.
                    if self.one_way && self.described.len() == 1 {
                        Source::MICROPHONE_AND_CAMERA
                            .into_iter()
                            .for_each(|source| self.rtc.add_transceiver(OURS, source, &Encodings::default()));
                    }
                }
                ConnectionEvent::IceCandidate(Some(candidate)) => {
                    let section = candidate.sdp_m_line_index.unwrap_or_default();
                    let added = self.stranger.add(&candidate.candidate, section);
                    wasm_bindgen_futures::JsFuture::from(added).await.unwrap();
                }
                ConnectionEvent::CreationFailed => panic!("it could not be made"),
                ConnectionEvent::IceCandidate(None)
                | ConnectionEvent::ConnectionStateChange(_)
                | ConnectionEvent::ProvisionalAnswerSet
                | ConnectionEvent::Track { .. }
                | ConnectionEvent::TransceiverAssociated(..)
                | ConnectionEvent::RemoteCertificate(_)
                | ConnectionEvent::Speech(_)
                | ConnectionEvent::Stats(_)
                | ConnectionEvent::SendStats(_)
                | ConnectionEvent::Details(_)
                | ConnectionEvent::File(_)
                | ConnectionEvent::PeerChannel(_)
                | ConnectionEvent::HangUpChannelClosed => {}
            }
        }
    }

    async fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        for _ in 0..300 {
            self.step().await;
            if done(self) {
                return;
            }
            crate::support::sleep(20).await;
        }
        until(what, || done(self)).await;
    }
}

/// They send, and wait for an offer of what we send.
#[wasm_bindgen_test]
async fn who_only_offers_to_send_is_offered_what_we_send() {
    for directions in [vec![("audio", "sendonly"), ("video", "sendonly")], vec![("video", "sendonly")]] {
        let tracks = Tracks::default();
        let (mut call, _media) = Call::answer(&tracks, &directions).await;
        call.until("our own offer, and voice and picture in it", |call| {
            ["audio", "video"].iter().all(|kind| call.stranger.tracks_of(kind).len() == 1)
        })
        .await;
        assert_eq!(call.described, [SdpType::Answer, SdpType::Offer], "{directions:?}");
        moves(&call.stranger.tracks_of("video").remove(0)).await;
        call.step().await;
        assert_eq!(call.described.len(), 2, "one offer is enough");
        call.stranger.close();
    }
}

/// Nobody else is offered anything: there is a place for what we send, or nobody wants it.
#[wasm_bindgen_test]
async fn who_receives_what_we_send_is_offered_nothing() {
    for direction in ["sendrecv", "recvonly"] {
        let tracks = Tracks::default();
        let directions = [("audio", direction), ("video", direction)];
        let (mut call, _media) = Call::answer(&tracks, &directions).await;
        call.until("our answer", |call| !call.stranger.tracks_of("video").is_empty()).await;
        moves(&call.stranger.tracks_of("video").remove(0)).await;
        call.step().await;
        assert_eq!(call.described, [SdpType::Answer], "{direction}");
        call.stranger.close();
    }
}
