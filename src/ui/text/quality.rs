//! What tiles say of sound and pictures that are worse than they could be: why, and what was done about it. Loaded once a
//! call stands, with what finds that out: on a slow path nothing should have to be loaded first.

use visavis_core::{QualityCause, QualityIssue, SentVideo};

/// About what comes from somebody else, or goes to them.
#[inline(never)]
pub(in crate::ui) fn of(issue: QualityIssue, who: &str) -> String {
    let percent = |lost: u8| lost.to_string() + " % of what ";
    let is_slow = " is slow";
    let is_lost = " is lost on the way";
    let why = match issue.cause {
        QualityCause::InboundLoss(lost) => [&*percent(lost), who, " sends", is_lost],
        QualityCause::InboundBandwidth => ["The connection from ", who, is_slow, ""],
        QualityCause::RemoteCpu => ["The computer of ", who, " is busy", ""],
        QualityCause::OutboundLoss(lost) => [&*percent(lost), "you send to ", who, is_lost],
        QualityCause::OutboundBandwidth => ["The connection to ", who, is_slow, ""],
        QualityCause::OwnLink => ["Your connection", is_slow, "", ""],
        QualityCause::Cpu => return own(issue),
    };
    why.concat() + then(issue)
}

/// About what we send, or all that comes to us.
#[inline(never)]
pub(in crate::ui) fn own(issue: QualityIssue) -> String {
    let percent = |lost: u8| ["Your connection loses ", &lost.to_string(), " % of what "].concat();
    let why = match issue.cause {
        QualityCause::InboundLoss(lost) => return percent(lost) + "comes. Another network may help.",
        QualityCause::OutboundLoss(lost) => percent(lost) + "you send",
        QualityCause::Cpu => {
            return "Your computer is busy, so your video is smaller. Closing other programs may help."
                .to_owned();
        }
        QualityCause::OutboundBandwidth
        | QualityCause::InboundBandwidth
        | QualityCause::RemoteCpu
        | QualityCause::OwnLink => "Your connection is slow".to_owned(),
    };
    why + then(issue)
}

/// What became of the video.
fn then(issue: QualityIssue) -> &'static str {
    match (issue.video, issue.is_about_theirs()) {
        (SentVideo::Full, _) => ".",
        (SentVideo::Reduced, true) => ", so their video is smaller until it is better.",
        (SentVideo::Off, true) => ", so their video is off until it is better.",
        (SentVideo::Reduced, false) => ", so your video is smaller until it is better.",
        (SentVideo::Off, false) => ", so your video is off until it is better.",
    }
}
