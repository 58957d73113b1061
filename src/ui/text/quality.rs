//! What tiles say of sound and pictures that are worse than they could be: why, and what was done about it. Loaded once a
//! call stands, with what finds that out: on a slow path nothing should have to be loaded first.

use visavis_core::{QualityCause, QualityIssue, SentVideo};

use crate::dom::{message, message_key};

/// About what comes from somebody else, or goes to them.
#[inline(never)]
pub(in crate::ui) fn of(issue: QualityIssue, who: &str) -> String {
    let (percent, why) = match issue.cause {
        QualityCause::InboundLoss(lost) => {
            (lost, message_key!("{percent} % of what {who} sends is lost on the way"))
        }
        QualityCause::OutboundLoss(lost) => {
            (lost, message_key!("{percent} % of what you send to {who} is lost on the way"))
        }
        QualityCause::InboundBandwidth => (0, message_key!("The connection from {who} is slow")),
        QualityCause::OutboundBandwidth => (0, message_key!("The connection to {who} is slow")),
        QualityCause::RemoteCpu => (0, message_key!("The computer of {who} is busy")),
        QualityCause::OwnLink | QualityCause::Cpu => return own(issue),
    };
    message!(why, percent = &percent.to_string(), who = who) + then(issue)
}

/// About what we send, or all that comes to us.
#[inline(never)]
pub(in crate::ui) fn own(issue: QualityIssue) -> String {
    let percent = |lost: u8| lost.to_string();
    let why = match issue.cause {
        QualityCause::InboundLoss(lost) => {
            return message!(
                "Your connection loses {percent} % of what comes. Another network may help.",
                percent = &percent(lost)
            );
        }
        QualityCause::OutboundLoss(lost) => {
            message!("Your connection loses {percent} % of what you send", percent = &percent(lost))
        }
        QualityCause::Cpu => {
            return message!(
                "Your computer is busy, so your video is smaller. Closing other programs may help."
            )
            .to_owned();
        }
        QualityCause::OutboundBandwidth
        | QualityCause::InboundBandwidth
        | QualityCause::RemoteCpu
        | QualityCause::OwnLink => message!("Your connection is slow").to_owned(),
    };
    why + then(issue)
}

/// What became of the video.
fn then(issue: QualityIssue) -> &'static str {
    message!(match (issue.video, issue.is_about_theirs()) {
        (SentVideo::Full, _) => ".",
        (SentVideo::Reduced, true) => ", so their video is smaller until it is better.",
        (SentVideo::Off, true) => ", so their video is off until it is better.",
        (SentVideo::Reduced, false) => ", so your video is smaller until it is better.",
        (SentVideo::Off, false) => ", so your video is off until it is better.",
    })
}
