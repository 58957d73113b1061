//! Which sentence follows from which counters, and for how long.

use super::*;

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

const fn limited(reason: QualityLimitationReason, active: bool) -> QualityLimitation {
    QualityLimitation { reason, active }
}

/// A path on which nothing is lost and nothing limited.
fn sound() -> PathState {
    PathState { connected: true, inbound_loss: Some(0), outbound_loss: Some(0), ..PathState::default() }
}

/// What is told of the first of these, and of ourselves, after some samples.
fn told(paths: &[PathState]) -> [Option<QualityIssue>; 2] {
    let (mut member, mut ours) = (MemberQuality::default(), OwnQuality::default());
    let own = OwnPaths::of(paths);
    for sample in 0..4 {
        member.sample(at(2000 * sample), &paths[0], &own);
        ours.sample(at(2000 * sample), paths, &own);
    }
    [member.told(), ours.told()]
}

fn issue(cause: QualityCause, video: SentVideo) -> Option<QualityIssue> {
    Some(QualityIssue { cause, video })
}

#[test]
fn of_one_other_person_it_is_told_what_is_wrong_between_us() {
    use QualityCause::{InboundBandwidth, InboundLoss, OutboundBandwidth, OutboundLoss, RemoteCpu};
    use QualityLimitationReason::{Bandwidth, Cpu};
    let (slow, off, busy) = (limited(Bandwidth, true), limited(Bandwidth, false), limited(Cpu, true));
    let cases = [
        (sound(), None),
        (PathState { inbound_loss: None, outbound_loss: None, ..sound() }, None),
        (PathState { inbound_loss: Some(39), ..sound() }, None),
        (PathState { inbound_loss: Some(80), ..sound() }, issue(InboundLoss(8), SentVideo::Full)),
        (
            PathState { inbound_loss: Some(84), theirs: slow, ..sound() },
            issue(InboundLoss(8), SentVideo::Reduced),
        ),
        (
            PathState { inbound_loss: Some(80), theirs: busy, ..sound() },
            issue(InboundLoss(8), SentVideo::Full),
        ),
        (PathState { theirs: off, ..sound() }, issue(InboundBandwidth, SentVideo::Off)),
        (PathState { theirs: busy, ..sound() }, issue(RemoteCpu, SentVideo::Reduced)),
        (PathState { outbound_loss: Some(145), ..sound() }, issue(OutboundLoss(15), SentVideo::Full)),
        (PathState { ours: slow, ..sound() }, issue(OutboundBandwidth, SentVideo::Reduced)),
        (
            PathState { inbound_loss: Some(60), outbound_loss: Some(90), ours: off, ..sound() },
            issue(InboundLoss(6), SentVideo::Full),
        ),
    ];
    for (path, expected) in cases {
        assert_eq!(told(&[path]), [expected, None], "{path:?}");
    }
    assert_eq!(
        told(&[PathState { ours: busy, ..sound() }]),
        [None, issue(QualityCause::Cpu, SentVideo::Reduced)],
        "our own computer"
    );
}

#[test]
fn what_is_wrong_with_everybody_is_wrong_with_us() {
    let off = limited(QualityLimitationReason::Bandwidth, false);
    let slow = limited(QualityLimitationReason::Bandwidth, true);
    let bad = PathState { inbound_loss: Some(80), theirs: off, ..sound() };
    let worse = PathState { inbound_loss: Some(120), ..sound() };
    let own_loss = issue(QualityCause::InboundLoss(12), SentVideo::Full);
    assert_eq!(told(&[bad, worse]), [issue(QualityCause::OwnLink, SentVideo::Off), own_loss]);
    assert_eq!(told(&[worse, bad]), [None, own_loss], "it stands on our own tile");
    assert_eq!(
        told(&[bad, worse, sound()]),
        [issue(QualityCause::InboundLoss(8), SentVideo::Off), None],
        "one of them is fine"
    );
    let weak = PathState { ours: slow, ..sound() };
    assert_eq!(told(&[weak, weak]), [None, issue(QualityCause::OutboundBandwidth, SentVideo::Reduced)]);
    let nobody = PathState::default();
    assert_eq!(told(&[weak, nobody])[1], None, "of one nobody can tell");
}

/// What is told after each sample of a loss; one every two seconds.
fn follow(losses: &[u16]) -> Vec<Option<u8>> {
    let mut member = MemberQuality::default();
    let samples = losses.iter().enumerate().map(|(sample, loss)| {
        let path = PathState { inbound_loss: Some(*loss), ..sound() };
        member.sample(at(2000 * sample as u64), &path, &OwnPaths::default());
        member.told().and_then(|told| told.cause.percent())
    });
    samples.collect()
}

#[test]
fn what_is_told_does_not_flicker() {
    assert_eq!(follow(&[80, 0, 80, 0]), [None; 4], "one bad sample is chance");
    let small = [80, 90, 110, 70, 130, 60];
    assert_eq!(follow(&small)[1..], [Some(9); 5], "a little more or less is the same");
    let rises = [50, 50, 200, 210, 200];
    assert_eq!(follow(&rises), [None, Some(5), Some(5), Some(21), Some(21)]);
    let ends = [80, 80, 50, 0, 0, 0, 0, 0];
    let told = follow(&ends);
    assert!(told[5].is_some(), "it may come back: {told:?}");
    assert_eq!(told[7], None, "{told:?}");
}

#[test]
fn a_sample_after_a_pause_begins_anew() {
    let mut member = MemberQuality::default();
    let path = PathState { inbound_loss: Some(80), ..sound() };
    for millis in [0, 2000] {
        member.sample(at(millis), &path, &OwnPaths::default());
    }
    assert!(member.told().is_some());
    member.sample(at(20_000), &path, &OwnPaths::default());
    assert_eq!(member.told(), None);
}

#[test]
fn loss_is_a_fraction_of_what_was_sent() {
    let mut loss = InboundLoss::default();
    loss.sample(at(2000), 92, 8);
    assert_eq!(loss.fraction, Some(80));
    loss.sample(at(4000), 122, 10);
    assert_eq!(loss.fraction, Some(80), "too few packets");
    loss.sample(at(6000), 192, 8);
    assert_eq!(loss.fraction, Some(0));
    loss.sample(at(17_000), 200, 8);
    assert_eq!(loss.fraction, None, "nothing is sent any more, so nothing is known");
    loss.sample(at(19_000), 7, 0);
    assert_eq!(loss.fraction, None, "counters that begin anew");
    loss.sample(at(21_000), u32::MAX, u32::MAX);
    assert_eq!(loss.fraction, Some(500), "no counter is too large");
}

#[test]
fn names_lead_back() {
    use QualityLimitationReason::{Bandwidth, Cpu, None};
    for reason in [None, Cpu, Bandwidth] {
        assert_eq!(QualityLimitationReason::from_name(reason.as_str()), reason);
    }
    assert_eq!(QualityLimitationReason::from_name("other"), None);
}
