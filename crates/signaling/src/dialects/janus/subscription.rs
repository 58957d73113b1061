//! The connection on which everybody else is received: the server offers.
//!
//! One subscription carries all that anybody publishes (VideoRoom plugin, "Subscribing to feeds"). It is told what to add
//! and to drop (`update`), answers with an offer, and makes offers by itself when somebody stops publishing. Each offer must
//! be answered (`start`) before the next is made; what is asked for meanwhile is answered `updating`, and the offer comes
//! later.

mod carried;
mod layers;

use std::time::Duration;

use self::carried::{Carried, Published, Wanted, carried};
use super::api::{Api, ApiId, Request, body};
use super::people::People;
use super::publication::{RENEWAL_DELAY, trickle};
use crate::dialect::DialectOutput;
use crate::json::{Fields, Json};
use crate::limits::MAX_PARTICIPANTS;
use crate::sfu::ForwardedTrack;
use crate::signal::{IceCandidate, SdpType, SessionDescription};
use crate::time::Timestamp;

/// Most streams of others that are asked for.
const MAX_STREAMS: usize = 3 * MAX_PARTICIPANTS;
/// A change of the subscription that has not led to an offer by then is lost, and another subscription takes its place.
const UPDATE_TIMEOUT: Duration = Duration::from_secs(5);

/// What every step needs.
pub(super) struct Context<'a> {
    pub(super) now: Timestamp,
    pub(super) api: &'a mut Api,
    /// What the plugin calls the room.
    pub(super) room: &'a Json,
    /// Proves to the plugin that we are in the room (`require_pvtid`).
    pub(super) private_id: &'a Json,
    pub(super) out: &'a mut Vec<DialectOutput>,
}

/// What we wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pending {
    Nothing,
    /// The answer to a request, at the latest then.
    Reply(Timestamp),
    /// The offer that the answer has promised (`updating`), at the latest then.
    Offer(Timestamp),
    /// The moment to ask again for what was refused.
    Retry(Timestamp),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// There is nobody to receive.
    Unused,
    /// Until then nothing is tried again.
    Waiting(Timestamp),
    /// A handle is asked for.
    Attaching,
    /// The handle is there, the first offer is not.
    Joining,
    /// It exists. `offered`: the server waits for our answer to its offer.
    Up { pending: Pending, offered: bool },
}

/// The subscription to everybody's streams.
#[derive(Debug)]
pub(super) struct Subscription {
    handle: Option<ApiId>,
    state: State,
    /// Which peer connection it is.
    epoch: u32,
    /// When the room should have answered the last offer. One that it does not answer holds up every further one.
    answer_due: Timestamp,
    carried: Vec<Carried>,
    /// What the last request was to add.
    requested: Vec<Published>,
    /// What the server did not add. Asked for again when it says something new of publishers.
    refused: Vec<Published>,
    /// What the room knows of what is carried.
    announced: Option<Vec<ForwardedTrack>>,
}

impl Subscription {
    pub(super) fn new() -> Self {
        Self {
            handle: None,
            state: State::Unused,
            epoch: 0,
            answer_due: Timestamp::default(),
            carried: Vec::new(),
            requested: Vec::new(),
            refused: Vec::new(),
            announced: None,
        }
    }

    /// Which peer connection it is, once there is an offer for one.
    pub(super) fn connection(&self) -> Option<u32> {
        matches!(self.state, State::Up { .. }).then_some(self.epoch)
    }

    /// Which peer connection it is, or will be.
    pub(super) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Whether a message from this handle is about it.
    pub(super) fn has_handle(&self, handle: &ApiId) -> bool {
        self.handle.as_ref() == Some(handle)
    }

    /// Whether it has asked for a handle.
    pub(super) fn awaits_handle(&self) -> bool {
        self.state == State::Attaching
    }

    /// Asks for a handle.
    pub(super) fn attach(&mut self, cx: &mut Context<'_>) {
        self.state = State::Attaching;
        let frame = cx.api.attach(Request::AttachSubscriber);
        cx.out.push(DialectOutput::Frame(frame));
    }

    /// The server says something new of publishers: what it did not add, it may now.
    pub(super) fn retry_refused(&mut self) {
        self.refused.clear();
    }

    /// Asks for what is missing, and gives up what is not published any more, unless something is under way.
    pub(super) fn sync(&mut self, people: &People, cx: &mut Context<'_>) {
        match self.state {
            State::Unused if !self.wanted(people).is_empty() => self.attach(cx),
            State::Up { pending: Pending::Nothing, offered: false } => self.update(people, cx),
            State::Unused | State::Waiting(_) | State::Attaching | State::Joining | State::Up { .. } => {}
        }
    }

    /// All that is published.
    fn wanted(&self, people: &People) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        for them in people.iter() {
            let tracks = them.streams.iter().map(|stream| (&stream.mid, Some(stream.mid.clone())));
            for (mid, section) in tracks.chain(them.data.iter().map(|mid| (mid, None))) {
                let published = (them.id.clone(), section);
                if wanted.len() < MAX_STREAMS && !self.refused.contains(&published) {
                    wanted.push(Wanted { published, feed: them.wire_id.clone(), mid: mid.clone() });
                }
            }
        }
        wanted
    }

    fn carries(&self, published: &Published) -> bool {
        self.carried.iter().any(|carried| carried.of == *published)
    }

    /// The handle is there: asks for these streams.
    pub(super) fn attached(&mut self, handle: &ApiId, epoch: u32, streams: Vec<Json>, cx: &mut Context<'_>) {
        if streams.is_empty() {
            self.state = State::Unused;
            return detach(handle, cx);
        }
        let mut body = body("join");
        body.text("ptype", "subscriber");
        body.put("room", cx.room.clone());
        body.put("private_id", cx.private_id.clone());
        body.bool("use_msid", true);
        body.put("streams", Json::List(streams));
        body.maybe_text("pin", cx.api.pin());
        body.maybe_text("token", cx.api.token());
        (self.state, self.epoch, self.announced) = (State::Joining, epoch, None);
        let frame = cx.api.message(handle, body, None, Some(Request::Subscribe));
        cx.out.push(DialectOutput::Frame(frame));
        self.handle = Some(handle.clone());
    }

    /// What is published and not carried yet, as requests name it.
    pub(super) fn missing(&mut self, people: &People) -> Vec<Json> {
        let mut streams = Vec::new();
        self.requested.clear();
        for Wanted { published, feed, mid } in self.wanted(people) {
            if !self.carries(&published) {
                streams.push(stream(&feed, Some(&mid)));
                self.requested.push(published);
            }
        }
        streams
    }

    fn update(&mut self, people: &People, cx: &mut Context<'_>) {
        let Some(handle) = &self.handle else { return };
        let handle = handle.clone();
        let (wanted, mut over) = (self.wanted(people), Vec::new());
        // Messages of everybody come in one section, of which the server takes out whoever has stopped.
        for carried in self.carried.iter().filter(|carried| carried.of.1.is_some()) {
            if !wanted.iter().any(|wanted| wanted.published == carried.of) {
                over.push(Fields::of_texts(&[("sub_mid", &carried.mid)]).into());
            }
        }
        let missing = self.missing(people);
        if over.is_empty() && missing.is_empty() {
            return self.configure(&handle, people, cx);
        }
        let mut body = body("update");
        for (key, list) in [("subscribe", missing), ("unsubscribe", over)] {
            if !list.is_empty() {
                body.put(key, Json::List(list));
            }
        }
        self.expect_reply(cx.now);
        let frame = cx.api.message(&handle, body, None, Some(Request::UpdateSubscription));
        cx.out.push(DialectOutput::Frame(frame));
    }

    fn expect_reply(&mut self, now: Timestamp) {
        if let State::Up { pending, .. } = &mut self.state {
            *pending = Pending::Reply(now + UPDATE_TIMEOUT);
        }
    }

    /// An event about it: what it carries now, an offer, or that one will follow. `reply`: to a request of ours.
    pub(super) fn on_event(&mut self, now: Timestamp, data: &Json, offered: bool, reply: bool) {
        if self.state == State::Joining {
            self.state = State::Up { pending: Pending::Nothing, offered: false };
        }
        let State::Up { pending, offered: unanswered } = &mut self.state else { return };
        let updating = data.at("videoroom").as_text() == Some("updating");
        match pending {
            Pending::Reply(_) if reply && updating => *pending = Pending::Offer(now + UPDATE_TIMEOUT),
            Pending::Reply(_) if reply => *pending = Pending::Nothing,
            Pending::Offer(_) if offered => *pending = Pending::Nothing,
            Pending::Nothing | Pending::Reply(_) | Pending::Offer(_) | Pending::Retry(_) => {}
        }
        *unanswered |= offered;
        if offered {
            self.answer_due = now + UPDATE_TIMEOUT;
        }
        if *data.at("streams") != Json::Null {
            self.carried = carried(data.at("streams"), &self.carried);
        }
        if reply && !updating {
            for asked in std::mem::take(&mut self.requested) {
                if !self.carries(&asked) {
                    self.refused.push(asked);
                }
            }
        }
    }

    /// What comes on it, if that has changed since it was asked for last.
    pub(super) fn changed_tracks(&mut self, people: &People) -> Option<Vec<ForwardedTrack>> {
        let mut tracks = Vec::new();
        for Carried { mid, of: (publisher, feed_mid), .. } in &self.carried {
            let Some(feed_mid) = feed_mid else { continue };
            if let Some(source) = people.source_of(publisher, feed_mid) {
                tracks.push(ForwardedTrack { mid: mid.clone(), publisher: publisher.clone(), source });
            }
        }
        if self.connection().is_none() || self.announced.as_ref() == Some(&tracks) {
            return None;
        }
        self.announced = Some(tracks.clone());
        Some(tracks)
    }

    /// Whether it carries the same as another one, and nothing that was under way when the socket was lost.
    pub(super) fn is_as_good_as(&self, other: &Self) -> bool {
        let idle = self.state == State::Up { pending: Pending::Nothing, offered: false };
        idle && self.carried.len() == other.carried.len()
            && self.carried.iter().all(|carried| other.carries(&carried.of))
    }

    /// Sends our answer.
    pub(super) fn send_description(&mut self, description: &SessionDescription, cx: &mut Context<'_>) {
        let State::Up { pending, offered } = &mut self.state else { return };
        let Some(handle) =
            self.handle.as_ref().filter(|_| *offered && description.sdp_type == SdpType::Answer)
        else {
            return;
        };
        *offered = false;
        match pending {
            Pending::Reply(at) | Pending::Offer(at) => *at = cx.now + UPDATE_TIMEOUT,
            Pending::Nothing | Pending::Retry(_) => {}
        }
        let frame = cx.api.message(handle, body("start"), Some(description), None);
        cx.out.push(DialectOutput::Frame(frame));
    }

    /// Sends a candidate, or the end of them.
    pub(super) fn send_candidate(&self, candidate: Option<&IceCandidate>, cx: &mut Context<'_>) {
        if let (State::Up { .. }, Some(handle)) = (self.state, &self.handle) {
            cx.out.push(trickle(cx.api, handle, candidate));
        }
    }

    /// Asks for an offer with new ICE credentials.
    pub(super) fn restart_ice(&mut self, cx: &mut Context<'_>) {
        let State::Up { pending: Pending::Nothing, .. } = self.state else { return };
        let Some(handle) = self.handle.clone() else { return };
        let mut body = body("configure");
        body.bool("restart", true);
        self.expect_reply(cx.now);
        let frame = cx.api.message(&handle, body, None, Some(Request::RestartIce));
        cx.out.push(DialectOutput::Frame(frame));
    }

    /// A request has come to nothing, as it does if somebody has left meanwhile: it is made again, but not at once. Without
    /// its first offer it is of no use.
    pub(super) fn on_error(&mut self, cx: &mut Context<'_>) {
        match &mut self.state {
            State::Up { pending, .. } => *pending = Pending::Retry(cx.now + RENEWAL_DELAY),
            State::Attaching | State::Joining => self.replace(RENEWAL_DELAY, cx),
            State::Unused | State::Waiting(_) => {}
        }
    }

    /// Gives it up. Another one takes its place after a while, once [`Subscription::sync`] is called.
    pub(super) fn replace(&mut self, delay: Duration, cx: &mut Context<'_>) {
        if let Some(handle) = self.handle.take() {
            detach(&handle, cx);
        }
        self.state = State::Waiting(cx.now + delay);
        self.carried.clear();
        self.requested.clear();
        self.refused.clear();
    }

    /// Something has not come in time, or a wait is over.
    pub(super) fn on_timeout(&mut self, people: &People, cx: &mut Context<'_>) {
        if self.poll_timeout().is_none_or(|at| at > cx.now) {
            return;
        }
        match &mut self.state {
            State::Up { pending: pending @ Pending::Retry(_), .. } => *pending = Pending::Nothing,
            State::Up { .. } => {
                self.replace(Duration::ZERO, cx);
                self.state = State::Unused;
            }
            State::Unused | State::Waiting(_) | State::Attaching | State::Joining => {
                self.state = State::Unused;
            }
        }
        self.sync(people, cx);
    }

    /// When that would be.
    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        match self.state {
            State::Waiting(at)
            | State::Up { pending: Pending::Reply(at) | Pending::Offer(at), offered: false }
            | State::Up { pending: Pending::Retry(at), .. } => Some(at),
            State::Up { offered: true, .. } => Some(self.answer_due),
            State::Unused | State::Attaching | State::Joining | State::Up { .. } => None,
        }
    }
}

/// A stream of a publisher, or all of them, as requests name it.
pub(super) fn stream(feed: &Json, mid: Option<&str>) -> Json {
    let mut fields = Fields::default();
    fields.put("feed", feed.clone());
    fields.maybe_text("mid", mid);
    fields.into()
}

/// Gives a handle back.
pub(super) fn detach(handle: &ApiId, cx: &mut Context<'_>) {
    let frame = cx.api.about(handle, "detach", None).encode();
    cx.out.push(DialectOutput::Frame(frame));
}
