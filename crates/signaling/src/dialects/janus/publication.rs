//! Our connection to the server: we offer, and send.

use std::time::Duration;

use super::api::{Api, ApiId, Request, body};
use super::people::{descriptions, sections_of};
use crate::dialect::DialectOutput;
use crate::json::{Fields, Json};
use crate::limits::MAX_SDP_BYTES;
use crate::signal::{IceCandidate, MediaState, SdpType, SessionDescription};
use crate::sources::Source;
use crate::time::Timestamp;

/// After the server has ended a connection by itself, another one begins this much later.
pub(super) const RENEWAL_DELAY: Duration = Duration::from_secs(1);

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The server has no connection of ours.
    Unpublished,
    /// It has, or has an offer.
    Published,
    /// Its answer was lost with the socket.
    Unanswered,
    /// We have asked it to end the connection.
    HangingUp,
    /// It has ended the connection; another one begins then.
    Ended(Timestamp),
}

/// The connection on which we publish.
#[derive(Debug)]
pub(super) struct Publication {
    /// Which peer connection it is.
    pub(super) epoch: u32,
    phase: Phase,
    /// What our offer has in which section.
    sections: Vec<(Source, String)>,
    /// What the others were last told that we send.
    announced: MediaState,
}

impl Publication {
    pub(super) fn new(epoch: u32) -> Self {
        Self { epoch, phase: Phase::Unpublished, sections: Vec::new(), announced: MediaState::default() }
    }

    /// Sends a description of ours: the first offer publishes, every further one changes what is published.
    pub(super) fn send_description(
        &mut self,
        api: &mut Api,
        handle: &ApiId,
        description: &SessionDescription,
        media: MediaState,
        out: &mut Vec<DialectOutput>,
    ) {
        let request = match self.phase {
            Phase::Unpublished => "publish",
            Phase::Published => "configure",
            Phase::Unanswered | Phase::HangingUp | Phase::Ended(_) => return,
        };
        if description.sdp_type != SdpType::Offer || description.sdp.len() > MAX_SDP_BYTES {
            return;
        }
        self.sections = sections_of(&description.sdp);
        self.announced = media;
        let mut body = body(request);
        if !self.sections.is_empty() {
            body.put("descriptions", descriptions(&self.sections, media));
        }
        self.phase = Phase::Published;
        let request = Request::Offer(self.epoch);
        out.push(DialectOutput::Frame(api.message(handle, body, Some(description), Some(request))));
    }

    /// Sends a candidate, or the end of them.
    pub(super) fn send_candidate(
        &self,
        api: &mut Api,
        handle: &ApiId,
        candidate: Option<&IceCandidate>,
        out: &mut Vec<DialectOutput>,
    ) {
        if self.phase == Phase::Published {
            out.push(trickle(api, handle, candidate));
        }
    }

    /// Tells the others what we send, if that has changed.
    pub(super) fn announce(
        &mut self,
        api: &mut Api,
        handle: &ApiId,
        media: MediaState,
        out: &mut Vec<DialectOutput>,
    ) {
        if self.phase == Phase::Published && self.announced != media && !self.sections.is_empty() {
            self.announced = media;
            let mut body = body("configure");
            body.put("descriptions", descriptions(&self.sections, media));
            out.push(DialectOutput::Frame(api.message(handle, body, None, None)));
        }
    }

    /// The server has refused an offer. If it was the first, nothing is published; else it says that it is, and another
    /// connection is on its way.
    pub(super) fn refused(&mut self) {
        if self.phase == Phase::Published {
            self.phase = Phase::Unpublished;
        }
    }

    /// Another connection is wanted. True if it can begin at once; else when the server has ended this one.
    pub(super) fn renew(&mut self, api: &mut Api, handle: &ApiId, out: &mut Vec<DialectOutput>) -> bool {
        match self.phase {
            Phase::Unpublished => return true,
            Phase::Published => {
                self.phase = Phase::HangingUp;
                let frame = api.about(handle, "hangup", Some(Request::HangUp)).encode();
                out.push(DialectOutput::Frame(frame));
            }
            Phase::Unanswered | Phase::HangingUp | Phase::Ended(_) => {}
        }
        false
    }

    /// The socket is lost.
    pub(super) fn interrupted(&mut self, api: &Api) {
        let lost = api.awaits(|request| matches!(request, Request::Offer(_) | Request::HangUp));
        if lost {
            self.phase = Phase::Unanswered;
        }
    }

    /// The server goes on with our session. If its answer was lost, another connection is to take the place of this one.
    pub(super) fn resume(&mut self, api: &mut Api, handle: &ApiId, out: &mut Vec<DialectOutput>) {
        if self.phase == Phase::Unanswered {
            self.phase = Phase::Published;
            self.renew(api, handle, out);
        }
    }

    /// The server has ended the connection by itself, or has no place for it. Another one begins after a while.
    pub(super) fn ended(&mut self, now: Timestamp, delay: Duration) {
        if self.phase == Phase::Published {
            self.phase = Phase::Ended(now + delay);
        }
    }

    /// When another one is to begin.
    pub(super) fn renewal_at(&self) -> Option<Timestamp> {
        match self.phase {
            Phase::Ended(at) => Some(at),
            Phase::Unpublished | Phase::Published | Phase::Unanswered | Phase::HangingUp => None,
        }
    }
}

/// A candidate of ours, or the end of them ("trickle").
pub(super) fn trickle(api: &mut Api, handle: &ApiId, candidate: Option<&IceCandidate>) -> DialectOutput {
    let mut fields = api.about(handle, "trickle", None);
    fields.put("candidate", candidate.map_or_else(completed, Json::from));
    DialectOutput::Frame(fields.encode())
}

fn completed() -> Json {
    let mut fields = Fields::default();
    fields.bool("completed", true);
    fields.into()
}
