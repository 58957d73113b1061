//! Pictures of which no frame is seen: who is told what.

use visavis_core::{CaptureId, MediaEffect, MediaEvent, SourceState, TrackId};

use crate::*;

impl Harness {
    /// Lets time pass while packets flow and frames of these kinds come: decoded, encoded, captured. Gives all
    /// effects but `GetStats`.
    fn frames(&mut self, seconds: u64, flow: &mut Counters, grow: [bool; 3]) -> Vec<Effect> {
        let mut effects = Vec::new();
        for _ in 0..seconds * 4 {
            for effect in self.wait(Duration::from_millis(250)) {
                let Effect::Connection(connection, ConnectionEffect::GetStats) = effect else {
                    effects.push(effect);
                    continue;
                };
                for (count, grows) in flow.frames.iter_mut().zip(grow) {
                    *count = Some(count.unwrap_or_default() + u32::from(grows));
                }
                flow.received = [flow.received[0] + 50, flow.received[1] + 9];
                flow.sent = [flow.sent[0] + 50, flow.sent[1]];
                effects.extend(self.event(connection.0, ConnectionEvent::Stats(flow.stats())));
            }
        }
        effects
    }

    fn reason(&self) -> ConnectionReason {
        self.connection().1
    }

    fn camera(&self) -> SourceState {
        self.room.view().me.source(Source::Camera).state
    }
}

#[test]
fn a_picture_that_stops_is_told_and_nothing_is_repaired() {
    let (mut harness, mut flow) = (connected(), Counters::default());
    harness.frames(10, &mut flow, [true, false, false]);
    assert_eq!(harness.reason(), ConnectionReason::None);
    assert_eq!(harness.frames(5, &mut flow, [false; 3]), []);
    assert_eq!(harness.reason(), ConnectionReason::None, "five seconds may be a bad network");
    assert_eq!(harness.frames(5, &mut flow, [false; 3]), []);
    assert_eq!(harness.connection(), (ConnectionState::Connected, ConnectionReason::PictureStalled));
    assert_eq!(
        harness.frames(120, &mut flow, [false; 3]),
        [],
        "a new connection would not open their camera"
    );
    harness.frames(3, &mut flow, [true, false, false]);
    assert_eq!(harness.reason(), ConnectionReason::None);
}

#[test]
fn who_switches_the_camera_off_is_not_missed() {
    let (mut harness, mut flow) = (connected(), Counters::default());
    harness.frames(10, &mut flow, [true, false, false]);
    let media = MediaState::from([Source::Microphone]);
    harness.receive(Inbound::Roster(RosterSignal::MediaState { from: id("a"), media }));
    harness.frames(60, &mut flow, [false; 3]);
    assert_eq!(harness.reason(), ConnectionReason::None);
}

#[test]
fn packets_that_no_codec_of_ours_reads_are_no_picture() {
    let (mut harness, mut flow) = (connected(), Counters::default());
    harness.frames(12, &mut flow, [false; 3]);
    assert_eq!(harness.reason(), ConnectionReason::NoPicture);
}

/// In a call with "a", whose picture is fine, with our own camera on.
fn on_camera() -> Harness {
    let config = RoomConfig { camera: true, ..RoomConfig::default() };
    let mut harness = Harness::with(config);
    harness.join(&["a"]);
    let tracks = vec![(Source::Camera, TrackId(70))];
    harness.input(Input::Media(MediaEvent::Captured { capture: CaptureId(0), tracks }));
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
    harness
}

#[test]
fn whoever_has_a_camera_that_stops_is_told_and_may_open_it_again() {
    let (mut harness, mut flow) = (on_camera(), Counters::default());
    harness.frames(10, &mut flow, [true; 3]);
    assert_eq!(harness.camera(), SourceState::On);
    harness.frames(10, &mut flow, [true, false, false]);
    assert_eq!((harness.camera(), harness.reason()), (SourceState::Stalled, ConnectionReason::None));
    let again = harness.input(Input::Command(Command::SetSource { source: Source::Camera, on: true }));
    let capture = Effect::Media(MediaEffect::GetUserMedia {
        capture: CaptureId(1),
        sources: vec![Source::Camera],
        devices: None,
    });
    assert!(again.contains(&Effect::Media(MediaEffect::StopTrack(TrackId(70)))), "{again:?}");
    assert!(again.contains(&capture), "{again:?}");
    let tracks = vec![(Source::Camera, TrackId(71))];
    harness.input(Input::Media(MediaEvent::Captured { capture: CaptureId(1), tracks }));
    harness.frames(3, &mut flow, [true; 3]);
    assert_eq!(harness.camera(), SourceState::On);
}

#[test]
fn a_camera_that_works_is_not_opened_again() {
    let (mut harness, mut flow) = (on_camera(), Counters::default());
    harness.frames(10, &mut flow, [true; 3]);
    let on = Command::SetSource { source: Source::Camera, on: true };
    assert_eq!(harness.input(Input::Command(on)), []);
}

#[test]
fn whose_picture_the_other_cannot_have_is_told() {
    let (mut harness, mut flow) = (on_camera(), Counters::default());
    harness.frames(12, &mut flow, [true, false, true]);
    assert_eq!((harness.camera(), harness.reason()), (SourceState::On, ConnectionReason::PictureUnseen));
}

/// Whoever offers and whoever answers sends a small picture first, and a large one soon after it is seen.
#[test]
fn the_first_picture_is_small() {
    for offers in [true, false] {
        let mut harness = if offers { Harness::joined(&["a"]).0 } else { Harness::joined(&[]).0 };
        if !offers {
            harness.receive(Inbound::Roster(RosterSignal::Joined(info("a", Offerer::Them))));
            let sdp = "v=0\r\nm=audio 9 X 0\r\na=mid:0\r\nm=video 9 X 0\r\na=mid:1\r\n".to_owned();
            let offer = SessionDescription { sdp_type: SdpType::Offer, sdp };
            harness.receive(Inbound::description(id("a"), 0, offer));
            harness.event(0, ConnectionEvent::RemoteDescriptionSet(Ok(())));
        }
        let full = EncodingParameters::default();
        let small = EncodingParameters { scale_resolution_down_by: ResolutionScale::TWO, ..full };
        let [small, full] = [small, full].map(|parameters| (0, Source::Camera, parameters));
        assert_eq!(harness.parameters, [small]);
        harness.wait(Duration::from_secs(2));
        assert_eq!(harness.parameters.len(), 1, "nobody has seen it yet");
        harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
        harness.wait(Duration::from_secs(2));
        assert_eq!(harness.parameters, [small, full]);
        harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Disconnected));
        harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Connected));
        harness.wait(Duration::from_secs(2));
        assert_eq!(harness.parameters.len(), 2, "once");
    }
}
