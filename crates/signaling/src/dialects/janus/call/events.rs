//! What the server and the room say while we are in it.

use std::time::Duration;

use super::{Call, Context, Stage, signal};
use crate::dialect::DialectOutput;
use crate::dialects::janus::api::{ApiId, Request};
use crate::dialects::janus::messages;
use crate::dialects::janus::people::list;
use crate::dialects::janus::publication::RENEWAL_DELAY;
use crate::dialects::janus::reject;
use crate::dialects::janus::subscription::Subscription;
use crate::json::Json;
use crate::rejection::{RejectCode, Rejection};
use crate::sfu::{PublishedSources, SfuConnection, SfuConnectionId, SfuDirection, SfuRequest, SfuSignal};
use crate::signal::{
    IceCandidate, Inbound, MediaState, Negotiation, NegotiationMessage, ParticipantId, Remote, SdpType,
    SessionDescription,
};
use crate::time::Timestamp;

/// The connection on which we publish...
const PUBLISHER: SfuConnectionId = SfuConnectionId(0);
/// ...and the one on which we receive.
const SUBSCRIBER: SfuConnectionId = SfuConnectionId(1);

impl Call {
    /// An event of the plugin, on one of our handles.
    pub(in crate::dialects::janus) fn on_event(
        &mut self,
        sender: &ApiId,
        request: Option<Request>,
        data: &Json,
        jsep: Option<SessionDescription>,
        cx: &mut Context<'_>,
    ) {
        if self.check.as_ref().is_some_and(|check| check.has_handle(sender)) {
            self.on_check_event(request, data, jsep, cx);
        } else if self.subscription.has_handle(sender) {
            self.on_subscription_event(request, data, jsep, cx);
        } else if self.handle.as_ref() == Some(sender) {
            self.on_publisher_event(request, data, jsep, cx);
        }
    }

    fn on_publisher_event(
        &mut self,
        request: Option<Request>,
        data: &Json,
        jsep: Option<SessionDescription>,
        cx: &mut Context<'_>,
    ) {
        match request {
            Some(Request::Join) if self.me().is_none() => return self.joined(data, cx),
            Some(Request::CreateRoom) => return self.send_join(cx),
            Some(Request::ListParticipants) => return self.update_people(data.at("participants"), cx),
            Some(Request::Offer(epoch)) => {
                let answer = jsep.filter(|description| description.sdp_type == SdpType::Answer);
                if let Some(answer) = answer.filter(|_| epoch == self.publication.epoch) {
                    negotiate(PUBLISHER, epoch, NegotiationMessage::Description(answer), cx);
                }
            }
            // Answers whose answer nobody waits for, and what the others do.
            Some(_) | None => {}
        }
        self.on_room_event(data, cx);
    }

    /// Somebody comes, goes, or publishes something else.
    fn on_room_event(&mut self, data: &Json, cx: &mut Context<'_>) {
        let Some(me) = self.me().cloned() else { return };
        for publisher in list(data.at("publishers")) {
            self.people.upsert(publisher, &me, cx.out);
            self.subscription.retry_refused();
        }
        self.people.upsert(data.at("joining"), &me, cx.out);
        // Somebody is called something else now.
        if data.at("display").as_text().is_some() {
            self.people.upsert(data, &me, cx.out);
        }
        self.people.unpublish(data.at("unpublished"), cx.out);
        self.people.remove(data.at("kicked"), cx.out);
        let (leaving, kind) = (data.at("leaving"), data.at("videoroom").as_text());
        if kind == Some("destroyed") {
            removed("the room was closed", cx);
        } else if leaving.as_text() == Some("ok") {
            // Whoever asks for it gets the same answer, without a reason.
            if data.at("reason").as_text() == Some("kicked") {
                removed("", cx);
            }
        } else {
            self.people.remove(leaving, cx.out);
        }
    }

    fn on_subscription_event(
        &mut self,
        request: Option<Request>,
        data: &Json,
        jsep: Option<SessionDescription>,
        cx: &mut Context<'_>,
    ) {
        let offer = jsep.filter(|description| description.sdp_type == SdpType::Offer);
        self.subscription.on_event(cx.now, data, offer.is_some(), request.is_some());
        self.announce_connections(cx);
        if let Some(offer) = offer {
            let epoch = self.subscription.epoch();
            negotiate(SUBSCRIBER, epoch, NegotiationMessage::Description(offer), cx);
        }
    }

    /// The other subscription tells what everybody publishes. If ours carries that, it has missed nothing.
    fn on_check_event(
        &mut self,
        request: Option<Request>,
        data: &Json,
        jsep: Option<SessionDescription>,
        cx: &mut Context<'_>,
    ) {
        let Some(mut check) = self.check.take() else { return };
        self.people.update_streams(data.at("streams"), cx.out);
        check.on_event(cx.now, data, jsep.is_some(), request.is_some());
        let mut place = self.place.context(cx);
        if self.subscription.is_as_good_as(&check) {
            return check.replace(Duration::ZERO, &mut place);
        }
        self.subscription.replace(Duration::ZERO, &mut place);
        self.subscription = check;
        self.on_subscription_event(request, data, jsep, cx);
    }

    /// A candidate of the server, or the end of them.
    pub(in crate::dialects::janus) fn on_candidate(
        &mut self,
        sender: &ApiId,
        candidate: Option<IceCandidate>,
        cx: &mut Context<'_>,
    ) {
        let (id, epoch) = if self.subscription.has_handle(sender) {
            (SUBSCRIBER, self.subscription.epoch())
        } else if self.handle.as_ref() == Some(sender) {
            (PUBLISHER, self.publication.epoch)
        } else {
            return;
        };
        negotiate(id, epoch, NegotiationMessage::Candidate(candidate), cx);
    }

    /// The server has ended a connection.
    pub(in crate::dialects::janus) fn on_hang_up(&mut self, sender: &ApiId, cx: &mut Context<'_>) {
        if self.subscription.has_handle(sender) {
            self.subscription.replace(RENEWAL_DELAY, &mut self.place.context(cx));
        } else if self.handle.as_ref() == Some(sender) {
            self.publication.ended(cx.now, RENEWAL_DELAY);
        }
    }

    /// Our connection is over on both sides: another one takes its place.
    pub(in crate::dialects::janus) fn renew_publication(&mut self, cx: &mut Context<'_>) {
        if self.me().is_some() {
            self.begin_publication(cx);
        }
    }

    /// The room wants something of a connection that is broken.
    pub(in crate::dialects::janus) fn on_request(
        &mut self,
        id: SfuConnectionId,
        request: SfuRequest,
        cx: &mut Context<'_>,
    ) {
        let Some(handle) = self.handle.as_ref().filter(|_| self.me().is_some()) else { return };
        match (id, request) {
            (PUBLISHER, SfuRequest::Rebuild) => {
                if self.publication.renew(cx.api, handle, cx.out) {
                    self.begin_publication(cx);
                }
            }
            (SUBSCRIBER, SfuRequest::Rebuild) => {
                self.subscription.replace(Duration::ZERO, &mut self.place.context(cx));
            }
            (SUBSCRIBER, SfuRequest::RestartIce) => {
                self.subscription.restart_ice(&mut self.place.context(cx));
            }
            // We offer on the other one, and no others are known.
            (SfuConnectionId(_), SfuRequest::RestartIce | SfuRequest::Rebuild) => {}
        }
    }

    /// What we send has changed.
    pub(in crate::dialects::janus) fn announce(&mut self, media: MediaState, cx: &mut Context<'_>) {
        self.media = media;
        if let Some(handle) = &self.handle {
            self.publication.announce(cx.api, handle, media, cx.out);
        }
    }

    /// Sends a description of ours.
    pub(in crate::dialects::janus) fn send_description(
        &mut self,
        id: SfuConnectionId,
        epoch: u32,
        description: &SessionDescription,
        cx: &mut Context<'_>,
    ) {
        let Some(handle) = self.handle.as_ref().filter(|_| self.me().is_some()) else { return };
        if id == PUBLISHER && epoch == self.publication.epoch {
            self.publication.send_description(cx.api, handle, description, self.media, cx.out);
        } else if id == SUBSCRIBER && Some(epoch) == self.subscription.connection() {
            self.subscription.send_description(description, &mut self.place.context(cx));
        }
    }

    /// Sends a candidate of ours, or the end of them.
    pub(in crate::dialects::janus) fn send_candidate(
        &mut self,
        id: SfuConnectionId,
        epoch: u32,
        candidate: Option<&IceCandidate>,
        cx: &mut Context<'_>,
    ) {
        let Some(handle) = self.handle.as_ref().filter(|_| self.me().is_some()) else { return };
        if id == PUBLISHER && epoch == self.publication.epoch {
            self.publication.send_candidate(cx.api, handle, candidate, cx.out);
        } else if id == SUBSCRIBER && Some(epoch) == self.subscription.connection() {
            self.subscription.send_candidate(candidate, &mut self.place.context(cx));
        }
    }

    /// Says this to some of the others, on the connection on which we publish.
    pub(in crate::dialects::janus) fn send_message(
        &self,
        to: &[ParticipantId],
        text: &str,
        cx: &mut Context<'_>,
    ) {
        let message = messages::encode(to, text);
        signal(Inbound::Sfu(SfuSignal::SendMessage { connection: PUBLISHER, message }), cx);
    }

    /// Somebody says something.
    pub(in crate::dialects::janus) fn on_message(&self, message: &str, out: &mut Vec<DialectOutput>) {
        if let Stage::Joined(me) | Stage::Interrupted(me) = &self.stage {
            messages::on_message(message, me, &self.people, out);
        }
    }

    /// Makes the subscription follow the room, and tells of connections and of what comes on them.
    pub(in crate::dialects::janus) fn synchronize(&mut self, cx: &mut Context<'_>) {
        if self.me().is_some() {
            // Else another subscription may take its place any moment.
            if self.check.is_none() {
                self.subscription.sync(&self.people, &mut self.place.context(cx));
            }
            self.announce_connections(cx);
        }
    }

    fn announce_connections(&mut self, cx: &mut Context<'_>) {
        let mut connections = vec![SfuConnection {
            id: PUBLISHER,
            epoch: self.publication.epoch,
            direction: SfuDirection::Publish(PublishedSources::All),
            // With a codec in which it knows no layers (VP9, AV1), its answer takes none.
            simulcast: true,
        }];
        connections.extend(self.subscription.connection().map(|epoch| SfuConnection {
            id: SUBSCRIBER,
            epoch,
            direction: SfuDirection::Subscribe,
            simulcast: false,
        }));
        if connections != self.announced {
            self.announced.clone_from(&connections);
            signal(Inbound::Sfu(SfuSignal::Connections(connections)), cx);
        }
        if let Some(tracks) = self.subscription.changed_tracks(&self.people) {
            signal(Inbound::Sfu(SfuSignal::Tracks { connection: SUBSCRIBER, tracks }), cx);
        }
    }

    /// A deadline has come.
    pub(in crate::dialects::janus) fn on_timeout(&mut self, cx: &mut Context<'_>) {
        if self.me().is_none() {
            return;
        }
        if self.publication.renewal_at().is_some_and(|at| at <= cx.now) {
            self.begin_publication(cx);
        }
        self.subscription.on_timeout(&self.people, &mut self.place.context(cx));
        let check_failed = |check: &Subscription| check.poll_timeout().is_some_and(|at| at <= cx.now);
        if self.check.take_if(|check| check_failed(check)).is_some() {
            self.ask_who_is_here(cx);
        }
    }

    /// When the next one is.
    pub(in crate::dialects::janus) fn poll_timeout(&self) -> Option<Timestamp> {
        let check = self.check.as_ref().and_then(Subscription::poll_timeout);
        let due = [self.publication.renewal_at(), self.subscription.poll_timeout(), check];
        due.into_iter().flatten().min().filter(|_| self.me().is_some())
    }
}

fn removed(text: &str, cx: &mut Context<'_>) {
    let rejection = Rejection { code: RejectCode::Kicked, text: text.to_owned(), closes: true };
    reject(rejection, cx.out);
}

fn negotiate(id: SfuConnectionId, epoch: u32, message: NegotiationMessage, cx: &mut Context<'_>) {
    signal(Inbound::Negotiation(Negotiation { remote: Remote::Server(id), epoch, message }), cx);
}
