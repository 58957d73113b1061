//! What is shown of which samples.

use super::*;
use visavis_core::signaling::ParticipantId;

fn stream(source: Source, direction: StreamDirection) -> (Source, StreamDetails) {
    (source, StreamDetails::new(direction, String::new(), source.kind()))
}

fn sample(second: u64, streams: Vec<(Source, StreamDetails)>) -> DetailsSample {
    DetailsSample {
        at: Timestamp::from_millis(1000 * second),
        participant: ParticipantId::new("ben").unwrap(),
        connection: ConnectionId(1),
        forwarded: false,
        path: None,
        streams,
    }
}

/// A camera that has brought so much.
fn camera(bytes: u64, packets: u32, lost: u32) -> (Source, StreamDetails) {
    let (source, stream) = stream(Source::Camera, StreamDirection::Received);
    let size = Some(VideoSize { width: 640, height: 360 });
    let counted = StreamDetails {
        codec: "VP8".into(),
        bytes: Some(bytes),
        packets: Some(packets),
        lost: Some(lost),
        jitter: Some(7),
        size,
        frame_rate: Some(30),
        ..stream
    };
    (source, counted)
}

/// The values under a heading.
fn values(history: &DetailsHistory, title: &str) -> Vec<(&'static str, String)> {
    let sections = history.sections();
    let section = sections.iter().find(|section| section.title == title).unwrap();
    section.figures.iter().map(|figure| (figure.metric.as_str(), figure.value.clone())).collect()
}

#[test]
fn figures_are_told_in_words() {
    let mut history = DetailsHistory::default();
    history.add(&sample(0, vec![camera(0, 0, 0)]));
    assert_eq!(values(&history, "Camera, received")[0], ("bitrate", NOT_KNOWN.into()), "of one sample");
    history.add(&sample(2, vec![camera(312_500, 184, 16)]));
    let expected = [
        ("bitrate", "1.2 Mbit/s"),
        ("loss", "8 %"),
        ("jitter", "7 ms"),
        ("frame-size", "640 × 360"),
        ("frame-rate", "30 fps"),
    ];
    assert_eq!(values(&history, "Camera, received"), expected.map(|(name, value)| (name, value.to_owned())));
    assert_eq!(history.sections()[1].facts, [("Codec", "VP8".to_owned())]);
}

#[test]
fn what_is_not_observed_is_not_known() {
    let mut history = DetailsHistory::default();
    assert_eq!(history.sections().len(), 1, "nothing was observed yet");
    for second in [0, 2] {
        let streams =
            [StreamDirection::Received, StreamDirection::Sent].map(|way| stream(Source::Camera, way));
        history.add(&sample(second, streams.to_vec()));
    }
    for section in history.sections() {
        for Figure { metric, value, path } in section.figures {
            assert_eq!((value.as_str(), path.as_str()), (NOT_KNOWN, ""), "{metric:?} of {}", section.title);
        }
        assert!(section.facts.iter().all(|(_, value)| value == NOT_KNOWN), "{:?}", section.facts);
    }
    // Counters that begin anew, and a time in which nothing was sent.
    history.add(&sample(4, vec![camera(9000, 90, 0)]));
    history.add(&sample(6, vec![camera(4000, 40, 0)]));
    assert_eq!(values(&history, "Camera, received")[0].1, NOT_KNOWN);
    history.add(&sample(8, vec![camera(4000, 40, 0)]));
    let [bitrate, loss] = [0, 1].map(|at| values(&history, "Camera, received")[at].1.clone());
    assert_eq!([bitrate.as_str(), loss.as_str()], ["0 kbit/s", NOT_KNOWN], "that nothing comes was observed");
}

#[test]
fn without_samples_nothing_is_known() {
    let mut history = DetailsHistory::default();
    for second in [0, 2] {
        history.add(&sample(second, vec![camera(1000 * second, 0, 0)]));
    }
    history.miss();
    for section in history.sections() {
        assert!(section.figures.iter().all(|figure| figure.value == NOT_KNOWN), "{section:?}");
    }
    history.add(&sample(60, vec![camera(90_000, 0, 0)]));
    assert_eq!(values(&history, "Camera, received")[0].1, NOT_KNOWN, "of one sample");
}

#[test]
fn layers_are_counted_together_and_what_is_gone_is_not_shown() {
    let mut history = DetailsHistory::default();
    for second in [0, 2] {
        let layer = |bytes, width| {
            let (source, layer) = stream(Source::Camera, StreamDirection::Sent);
            let size = Some(VideoSize { width, height: width / 2 });
            let lost = Some(u16::from(width == 320) * 25);
            (source, StreamDetails { bytes: Some(bytes * second), size, fraction_lost: lost, ..layer })
        };
        history.add(&sample(second, vec![layer(10_000, 320), layer(40_000, 640), camera(0, 0, 0)]));
    }
    let sent = values(&history, "Camera, sent");
    assert_eq!(sent[0].1, "400 kbit/s");
    assert_eq!(sent[1].1, "2.5 %");
    assert!(sent.contains(&("frame-size", "640 × 320".to_owned())), "{sent:?}");
    history.add(&sample(4, vec![stream(Source::Microphone, StreamDirection::Received)]));
    let titles: Vec<_> = history.sections().into_iter().map(|section| section.title).collect();
    assert_eq!(titles, ["Connection", "Microphone, received"]);
    // Another connection has taken its place.
    let other = sample(6, vec![stream(Source::Microphone, StreamDirection::Received)]);
    history.add(&DetailsSample { connection: ConnectionId(2), ..other });
    assert_eq!(history.sections().len(), 2);
}

/// A server has one connection for each direction.
#[test]
fn two_connections_go_together() {
    let mut history = DetailsHistory::default();
    for second in [0, 2, 4] {
        history.add(&DetailsSample { forwarded: true, ..sample(second, vec![camera(0, 0, 0)]) });
        let sent = sample(second, vec![stream(Source::Camera, StreamDirection::Sent)]);
        history.add(&DetailsSample { connection: ConnectionId(2), forwarded: true, ..sent });
    }
    let titles: Vec<_> = history.sections().into_iter().map(|section| section.title).collect();
    assert_eq!(titles, ["Connection", "Camera, received", "Camera, sent"]);
}

#[test]
fn a_path_is_told_without_addresses() {
    use CandidateType::{Host, Reflexive, Relay};
    let mut history = DetailsHistory::default();
    for (forwarded, local, remote, expected) in [
        (false, Some(Host), Some(Reflexive), "direct"),
        (false, Some(Relay), Some(Host), "through a relay"),
        (false, Some(Host), Some(Relay), "through a relay"),
        (false, Some(Host), None, NOT_KNOWN),
        (true, Some(Host), Some(Host), "to a server, which forwards it"),
        (true, Some(Relay), Some(Host), "through a relay to a server, which forwards it"),
    ] {
        let protocol = Some(TransportProtocol::Udp);
        let path = Some(PathDetails { local, remote, protocol, round_trip: Some(48) });
        history.add(&DetailsSample { path, forwarded, ..sample(0, Vec::new()) });
        let text = history.text();
        assert!(text.contains(&["Path: ", expected, "\n"].concat()), "{text}");
        assert!(text.contains("Protocol: UDP\n"), "{text}");
        assert!(text.contains("Round trip: 48 ms\n"), "{text}");
        assert!(!text.contains("ben"), "{text}");
    }
}

#[test]
fn a_plot_ends_at_the_right_and_has_gaps() {
    let mut series = Series::default();
    assert_eq!(series.path(100), "");
    for value in [Some(0), Some(100), None, Some(50), Some(900)] {
        series.push(value);
    }
    assert_eq!(series.path(100), "M112 29h0L114 1M118 15h0L120 1");
    assert_eq!((series.last(), series.most()), (Some(900), Some(900)));
    assert_eq!(Series::default().path(0), "");
    series.push(Some(0));
    assert!(series.path(0).ends_with("L120 29"), "no scale divides by zero");
    series.push(None);
    assert_eq!(series.last(), None);
}

#[test]
fn no_more_is_kept_than_is_shown() {
    let (mut series, mut history) = (Series::default(), DetailsHistory::default());
    for value in 0..500 {
        series.push(Some(value));
    }
    assert_eq!(series.path(500).matches(['M', 'L']).count(), MAX_SAMPLES);
    assert!(series.path(500).starts_with("M2 "), "{}", series.path(500));
    for connection in 0..100 {
        let streams = vec![stream(Source::ALL[connection as usize % 5], StreamDirection::Received)];
        history.add(&DetailsSample { connection: ConnectionId(connection), ..sample(0, streams) });
    }
    assert!(history.sections().len() <= MAX_STREAMS + 1);
}

#[test]
fn values_have_units() {
    let words = |metric, value| {
        let mut series = Series::default();
        series.push(Some(value));
        Figure::new(metric, &series).value
    };
    let cases = [
        (Metric::Bitrate, 0, "0 kbit/s"),
        (Metric::Bitrate, 31_600, "32 kbit/s"),
        (Metric::Bitrate, 1_000_000, "1 Mbit/s"),
        (Metric::Bitrate, u32::MAX, "4294.9 Mbit/s"),
        (Metric::Loss, 1000, "100 %"),
        (Metric::Loss, 4, "0.4 %"),
        (Metric::RoundTrip, 212, "212 ms"),
        (Metric::FrameRate, 24, "24 fps"),
    ];
    for (metric, value, expected) in cases {
        assert_eq!(words(metric, value), expected);
    }
}
