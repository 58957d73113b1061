//! What follows from requests that the server has refused.

use std::time::Duration;

use super::{Call, Context, Stage};
use crate::dialect::DialectOutput;
use crate::dialects::janus::api::Request;
use crate::dialects::janus::api_error::{
    ApiError, HANDLE_NOT_FOUND, ID_EXISTS, INVALID_ELEMENT, MISSING_ELEMENT, NO_SUCH_ROOM, PUBLISHERS_FULL,
    ROOM_EXISTS,
};
use crate::dialects::janus::reject;
use crate::rejection::{RejectCode, Rejection};

/// How many ids of ours are tried.
const MAX_IDS: u32 = 4;
/// Whoever comes back to a full room may find their own place taken by what the server has not given up yet of them: it is
/// asked again this often...
const FULL_ROOM_INTERVAL: Duration = Duration::from_secs(3);
/// ...and so many times, which is longer than its sessions live by default.
const MAX_REFUSED_OFFERS: u32 = 25;

impl Call {
    /// The server has refused a request of ours.
    pub(in crate::dialects::janus) fn on_error(
        &mut self,
        request: Request,
        error: &ApiError,
        cx: &mut Context<'_>,
    ) {
        match request {
            Request::Join => self.join_refused(error, cx),
            Request::CreateRoom if error.code == ROOM_EXISTS => self.send_join(cx),
            Request::CreateRoom => {
                let text = "no such room, and the server lets nobody make one".to_owned();
                reject(Rejection { code: RejectCode::BadRequest, text, closes: false }, cx.out);
            }
            Request::Offer(_) | Request::ListParticipants if error.code == HANDLE_NOT_FOUND => self.lost(cx),
            Request::ListParticipants => self.lost(cx),
            Request::Offer(epoch) if epoch == self.publication.epoch => self.offer_refused(error, cx),
            Request::HangUp => self.begin_publication(cx),
            Request::AttachSubscriber | Request::Subscribe if self.check.is_some() => {
                let mut place = self.place.context(cx);
                self.check.iter_mut().for_each(|check| check.on_error(&mut place));
            }
            Request::AttachSubscriber
            | Request::Subscribe
            | Request::UpdateSubscription
            | Request::ConfigureSubscription
            | Request::RestartIce => {
                let mut place = self.place.context(cx);
                if error.code == HANDLE_NOT_FOUND {
                    self.subscription.replace(Duration::ZERO, &mut place);
                } else {
                    self.subscription.on_error(&mut place);
                }
            }
            Request::Offer(_)
            | Request::Info
            | Request::CreateSession
            | Request::ClaimSession
            | Request::AttachPublisher => {}
        }
    }

    fn join_refused(&mut self, error: &ApiError, cx: &mut Context<'_>) {
        match error.code {
            NO_SUCH_ROOM if !self.attempts.room_created => self.create_room(cx),
            INVALID_ELEMENT if !self.attempts.id_type_changed => {
                self.attempts.id_type_changed = true;
                *cx.id_type = cx.id_type.other();
                self.send_join(cx);
            }
            ID_EXISTS if self.attempts.ids_taken + 1 < MAX_IDS => {
                self.attempts.ids_taken += 1;
                self.send_join(cx);
            }
            // Nothing else is left out.
            MISSING_ELEMENT => {
                let text = "the room asks for a PIN".to_owned();
                reject(Rejection { code: RejectCode::Unauthorised, text, closes: false }, cx.out);
            }
            _ => reject(error.rejection(), cx.out),
        }
    }

    fn offer_refused(&mut self, error: &ApiError, cx: &mut Context<'_>) {
        let full = error.code == PUBLISHERS_FULL;
        if full && self.returns && self.attempts.refused_offers < MAX_REFUSED_OFFERS {
            self.attempts.refused_offers += 1;
            return self.publication.ended(cx.now, FULL_ROOM_INTERVAL);
        }
        self.publication.refused();
        reject(error.rejection(), cx.out);
    }

    /// What we had on the server is not there any more: everything begins anew, on another socket.
    fn lost(&mut self, cx: &mut Context<'_>) {
        self.stage = Stage::Joining;
        cx.out.push(DialectOutput::ServerSilent);
    }
}
