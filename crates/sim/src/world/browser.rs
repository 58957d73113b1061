//! What the browsers do for their rooms.

use visavis_core::signaling::SdpType;
use visavis_core::{
    CaptureId, ConnectionEffect, ConnectionEvent, ConnectionId, Effect, Finding, Input, MediaEffect,
    MediaError, MediaEvent, MediaKind, Output, PeerChannelEvent, PreflightEffect, SocketEffect, Source,
    Stats, StreamStats, Test, TestId,
};

use super::page::{Conn, Peer};
use super::{Action, World};
use crate::browser::{MediaRequest, PeerChannel, Pending};
use crate::fake::SignalingState;

/// What is wrong with an effect, if anything: a browser would refuse it.
type EffectResult = Result<(), &'static str>;

impl World {
    pub(super) fn output(&mut self, peer: usize, output: Output) {
        if let Output::Effect(effect) = output {
            self.perform(peer, &effect);
        }
    }

    fn perform(&mut self, peer: usize, effect: &Effect) {
        let done = match effect.clone() {
            Effect::Socket(effect) => self.perform_socket(peer, effect),
            // Nobody looks: it is only for a better sentence.
            Effect::Probe(_) => Ok(()),
            Effect::Media(effect) => self.perform_media(peer, effect),
            Effect::Preflight(test, effect) => self.perform_preflight(peer, test, effect),
            Effect::LoadInteractions => {
                let delay = self.random.between(1, 5_000);
                self.schedule(delay, Action::InteractionsLoaded(peer));
                Ok(())
            }
            Effect::Connection(id, effect) => self.perform_connection(peer, id, effect),
        };
        if let Err(why) = done {
            self.report_illegal_effect(peer, effect, why);
        }
    }

    fn perform_socket(&mut self, peer: usize, effect: SocketEffect) -> EffectResult {
        let (socket, open) = (self.peers[peer].socket, self.peers[peer].socket_open);
        match (effect, socket) {
            (SocketEffect::Open(_), None) => self.peers[peer].socket = Some(self.open_socket(peer)),
            (SocketEffect::Send(frame), Some(socket)) if open => self.send_to_server(socket, frame),
            (SocketEffect::Close, Some(socket)) => {
                self.peers[peer].socket = None;
                self.peers[peer].socket_open = false;
                self.close_socket(socket);
            }
            (SocketEffect::Open(_) | SocketEffect::Send(_) | SocketEffect::Close, _) => {
                return Err("the socket is not in that state");
            }
        }
        Ok(())
    }

    fn perform_media(&mut self, peer: usize, effect: MediaEffect) -> EffectResult {
        let request = self.peers[peer].browser.perform_media(effect)?;
        if request == Some(MediaRequest::Enumerate) {
            self.schedule(20, Action::Enumerated(peer));
        } else if let Some(MediaRequest::Capture(capture, mut sources)) = request {
            let screen = sources.contains(&Source::Screen);
            let delay = self.random.between(1, if screen { 3_000 } else { 600 });
            // A person takes their time, and may leave the sound out.
            if screen && !self.random.chance(50) {
                sources.retain(|source| *source != Source::ScreenAudio);
            }
            self.schedule(delay, Action::CaptureDone(peer, capture, sources));
        }
        Ok(())
    }

    fn perform_preflight(&mut self, peer: usize, test: TestId, effect: PreflightEffect) -> EffectResult {
        match effect {
            PreflightEffect::Start(what) => {
                // A browser that makes connections says so at once.
                let most = if what == Test::Connection { 50 } else { 12_000 };
                let begun = self.peers[peer].tests.insert(test, what).is_none();
                let delay = self.random.between(1, most);
                self.schedule(delay, Action::TestDone(peer, test));
                begun.then_some(()).ok_or("it is under way")
            }
            PreflightEffect::End => self.peers[peer].tests.remove(&test).map(drop).ok_or("no such test"),
        }
    }

    /// Schedules the check whether `negotiationneeded` is to fire.
    fn schedule_negotiation_needed(&mut self, peer: usize, connection: ConnectionId) {
        let delay = self.random.between(0, 5);
        self.schedule(delay, Action::Pending(peer, connection, Pending::NegotiationNeeded));
    }

    fn perform_connection(
        &mut self,
        peer: usize,
        id: ConnectionId,
        effect: ConnectionEffect,
    ) -> EffectResult {
        let delay = self.random.between(1, 30);
        self.verify_effect(peer, id, &effect)?;
        if effect == ConnectionEffect::Close {
            self.close_channel(peer, id);
        }
        match self.peers[peer].browser.perform(id, effect)? {
            Some(Pending::Create) => self.create(peer, id),
            Some(Pending::NegotiationNeeded) => self.schedule_negotiation_needed(peer, id),
            Some(Pending::SendMessage(text)) => {
                let conn = self.peers[peer].browser.connections.get_mut(&id);
                conn.into_iter().for_each(|conn| conn.path.outgoing.push(text.clone()));
            }
            Some(pending) => self.schedule(delay, Action::Pending(peer, id, pending)),
            None => {}
        }
        Ok(())
    }

    /// Refuses what a browser would do, but no room may ask for: only leaving closes a healthy connection. Counts the rest.
    fn verify_effect(&mut self, peer: usize, id: ConnectionId, effect: &ConnectionEffect) -> EffectResult {
        let page = &self.peers[peer];
        let Some(conn) = page.browser.connections.get(&id) else { return Ok(()) };
        let restarts = *effect == ConnectionEffect::RestartIce;
        let repairs = restarts || *effect == ConnectionEffect::Close && page.should_be_joined;
        if repairs && self.is_healthy(peer, conn) && !self.has_stale_media_state(peer, conn) {
            return Err("the connection is healthy");
        }
        if matches!(effect, ConnectionEffect::AddTransceiver(source, _) if conn.has_transceiver(*source)) {
            return Err("it has a transceiver");
        }
        let offered = matches!(effect, ConnectionEffect::SetRemoteDescription { description, .. }
            if description.sdp_type == SdpType::Offer);
        let glares = offered && conn.fake.signaling_state() == SignalingState::HaveLocalOffer;
        self.statistics.restarts += u64::from(restarts);
        self.statistics.glares += u64::from(glares);
        Ok(())
    }

    fn create(&mut self, peer: usize, id: ConnectionId) {
        self.statistics.connections += 1;
        let Peer { browser, refuses_connection, .. } = &mut self.peers[peer];
        if let Some(conn) = browser.connections.get_mut(&id) {
            conn.path.last_unhealthy_at = self.now;
        }
        if !std::mem::take(refuses_connection) {
            return self.schedule_negotiation_needed(peer, id);
        }
        for event in browser.finish(id, &Pending::Create, true).0 {
            self.schedule(0, Action::Connection(peer, id, event));
        }
    }

    /// What a connection was asked for happens.
    pub(super) fn finish(&mut self, peer: usize, id: ConnectionId, pending: &Pending) {
        let Peer { browser, refuses_description, .. } = &mut self.peers[peer];
        let Some(conn) = browser.connections.get_mut(&id) else { return };
        let refused = pending.sets_description() && std::mem::take(refuses_description);
        conn.path.description_refused |= refused;
        let (events, fault) = browser.finish(id, pending, refused);
        if let Some(fault) = fault {
            self.report_violation(format!("peer {peer}: {pending:?} on {id:?}: {fault}"));
        }
        for event in events {
            self.connection_event(peer, id, event);
        }
        match pending {
            Pending::SetLocalDescription if !refused => {
                self.gather(peer, id);
                self.schedule_negotiation_needed(peer, id);
            }
            Pending::SetRemoteDescription(..) if !refused => self.schedule_negotiation_needed(peer, id),
            Pending::GetStats => self.stats_done(peer, id),
            Pending::Create
            | Pending::NegotiationNeeded
            | Pending::SendMessage(_)
            | Pending::SetProvisionalAnswer
            | Pending::SetLocalDescription
            | Pending::SetRemoteDescription(..) => {}
        }
    }

    /// New local credentials make the browser gather candidates.
    fn gather(&mut self, peer: usize, id: ConnectionId) {
        let Some(conn) = self.peers[peer].browser.connections.get_mut(&id) else { return };
        if !conn.starts_gathering() {
            return;
        }
        let mut at = 0;
        for candidate in [Some(conn.candidate(0)), Some(conn.candidate(1)), None] {
            at += self.random.between(0, 40);
            self.schedule(at, Action::Connection(peer, id, ConnectionEvent::IceCandidate(candidate)));
        }
    }

    pub(super) fn connection_event(&mut self, peer: usize, id: ConnectionId, event: ConnectionEvent) {
        if let Some(conn) = self.peers[peer].browser.connections.get_mut(&id) {
            if let ConnectionEvent::ConnectionStateChange(state) = event {
                conn.path.reported_state = state;
            }
            if event == ConnectionEvent::PeerChannel(PeerChannelEvent::Closed) {
                conn.channel = PeerChannel::Closed;
            }
            if let ConnectionEvent::PeerChannel(PeerChannelEvent::Message(text)) = &event {
                self.verify_message(peer, id, text);
            }
            self.input(peer, Input::Connection(id, event));
        }
    }

    fn stats_done(&mut self, peer: usize, id: ConnectionId) {
        let Some(conn) = self.peers[peer].browser.connections.get(&id) else { return };
        let stream = |conn: &Conn, source: Source, packets: u32, frames: u32| {
            let mid = conn.mid(source)?;
            let frames = (source.kind() == MediaKind::Video).then_some(frames);
            Some(StreamStats { mid, kind: source.kind(), packets, frames, lost: None })
        };
        let [decoded, encoded, captured] = conn.path.frames;
        let theirs = self.other_end(conn).map(|(_, other)| other);
        let inbound = Source::ALL.into_iter().zip(conn.path.received).filter_map(|(source, packets)| {
            stream(theirs?, source, packets, if source == Source::Camera { decoded } else { 0 })
        });
        let outbound = Source::ALL.into_iter().zip(conn.path.sent).filter_map(|(source, packets)| {
            stream(conn, source, packets, if source == Source::Camera { encoded } else { 0 })
        });
        // On the paths of some pages one packet of sixteen is lost.
        let lossy = peer.is_multiple_of(4);
        let heard = conn.path.received[Source::Microphone as usize];
        let stats = Stats {
            inbound: inbound.collect(),
            outbound: outbound.collect(),
            captured: vec![(Source::Camera, Some(captured))],
            audio_packets_lost: if lossy { heard / 16 } else { 0 },
        };
        self.connection_event(peer, id, ConnectionEvent::Stats(stats));
    }

    /// Most of what is tried out works.
    pub(super) fn test_done(&mut self, peer: usize, test: TestId) {
        if let Some(what) = self.peers[peer].tests.get(&test) {
            let works = *what == Test::Connection || self.random.chance(70);
            let finding = if works { Finding::Good } else { Finding::Error(701) };
            self.input(peer, Input::Preflight(test, finding));
        }
    }

    pub(super) fn enumerated(&mut self, peer: usize) {
        let page = &self.peers[peer];
        let event = page.browser.enumerated(page.has_devices);
        self.input(peer, Input::Media(event));
    }

    pub(super) fn capture_done(&mut self, peer: usize, capture: CaptureId, sources: &[Source]) {
        let page = &mut self.peers[peer];
        if !page.alive {
            return;
        }
        let event = if page.has_devices || sources.contains(&Source::Screen) {
            page.browser.captured(capture, sources)
        } else {
            MediaEvent::CaptureFailed { capture, error: MediaError::NotFound }
        };
        self.input(peer, Input::Media(event));
    }
}
