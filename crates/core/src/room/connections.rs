//! The connections to the others: made, negotiated, mended, and put away.

use visavis_signaling::{
    IceServers, Offerer, Outbound, ParticipantId, Remote, SfuConnectionId, SfuRequest, SfuSignal, Timestamp,
    ice,
};

use super::Room;
use crate::by_id::ById;
use crate::connection::{Connection, ConnectionRequest, Context, REDUCED_INITIAL_SCALE, Recovery, Repair};
use crate::input::{ConnectionEvent, ConnectionId};
use crate::output::{ConnectionConfig, ConnectionEffect, DataChannel, Event, Role};
use crate::quality::OwnQuality;
use crate::topology::{self, ConnectionPlan, ConnectionSpec, Sfu};
use crate::view::ConnectionReason;

impl Room {
    /// Makes the connections that should exist and closes those that should not.
    pub(super) fn reconcile(&mut self, now: Timestamp) {
        let specs = topology::connections(&self.roster, &self.sfu);
        let surplus = |remote: &Remote| !specs.iter().any(|spec| spec.remote == *remote);
        for remote in self.connections.remotes(|remote, _| surplus(remote)) {
            self.connections.close(&remote, &mut self.out);
        }
        for spec in specs {
            match (self.connections.get_mut(&spec.remote), spec.epoch) {
                (None, _) => self.connect(now, spec),
                (Some(connection), Some(epoch)) if epoch == connection.epoch() => {
                    connection.set_plan(spec.plan, &mut self.out);
                }
                (Some(connection), Some(epoch)) => {
                    let recovery = connection.recovery().for_successor(now);
                    self.replace_connection(&spec.remote, epoch, spec.plan, recovery);
                }
                (Some(_), None) => {}
            }
        }
    }

    fn connect(&mut self, now: Timestamp, spec: ConnectionSpec) {
        let ConnectionSpec { remote, plan, epoch, assumed } = spec;
        let epoch = epoch.unwrap_or_else(|| self.connections.next_epoch(&remote));
        let recovery = Recovery::new(now, self.is_polite(&remote));
        self.replace_connection(&remote, epoch, plan, recovery);
        if let (true, Some(connection)) = (assumed, self.connections.get_mut(&remote)) {
            connection.set_assumed();
        }
        if plan == ConnectionPlan::MeshAnswerer {
            self.prepare_answerer();
        }
    }

    /// Has an answerer made for the next offer, if there is none.
    pub(super) fn prepare_answerer(&mut self) {
        if self.connections.prepared_answerer().is_none() {
            let prepared = self.create_peer_connection(ConnectionPlan::MeshAnswerer);
            self.connections.set_prepared_answerer(prepared);
        }
    }

    /// Who yields when both offer at once: the one whose id sorts lower. Both sides can tell.
    pub(super) fn is_polite(&self, remote: &Remote) -> bool {
        topology::is_polite(self.session.id.as_ref(), remote)
    }

    /// Puts a new connection in place, for which the shell makes nothing yet; gives back the one that was there, closed.
    pub(super) fn replace_connection(
        &mut self,
        remote: &Remote,
        epoch: u32,
        plan: ConnectionPlan,
        recovery: Recovery,
    ) -> Option<Connection> {
        let new = Connection::new(epoch, plan, self.is_polite(remote), recovery);
        self.connections.replace(remote, new, &mut self.out)
    }

    /// Has the shell make a connection that sends what we send.
    pub(super) fn create_peer_connection(&mut self, plan: ConnectionPlan) -> ConnectionId {
        let connection = self.connections.new_id();
        let config = self.connection_config();
        self.out.connection(connection, ConnectionEffect::Create(plan.role(), config));
        if plan == ConnectionPlan::MeshOfferer {
            self.out.connection(connection, REDUCED_INITIAL_SCALE);
        }
        if plan.is_sfu() {
            self.create_server_channels(connection);
        }
        if plan.role() == Role::Offerer && self.signal_client.uses_hang_up_channel() {
            self.out.connection(connection, ConnectionEffect::CreateDataChannel(DataChannel::HangUp));
        }
        for (source, track) in self.media.tracks().into_iter().filter(|(source, _)| plan.sends(*source)) {
            self.out.connection(connection, ConnectionEffect::ReplaceTrack(source, Some(track)));
        }
        connection
    }

    /// It is time for a connection to be made. An answerer may be there already.
    fn take_or_create_peer_connection(&mut self, now: Timestamp, remote: &Remote) {
        let Some(plan) = self.connections.get(remote).map(Connection::plan) else {
            return;
        };
        if self.webrtc_support.is_blocked() {
            return self.with_connection(now, remote, Connection::creation_failed);
        }
        if plan.role() != Role::Answerer
            && let Some(prepared) = self.take_prepared_offer(now, remote, plan)
        {
            return self.with_connection(now, remote, |connection, cx| connection.use_offer(prepared, cx));
        }
        let prepared = match plan {
            ConnectionPlan::MeshAnswerer => self.connections.take_prepared_answerer(),
            ConnectionPlan::MeshOfferer | ConnectionPlan::Sfu { .. } => None,
        };
        let made = prepared.unwrap_or_else(|| self.create_peer_connection(plan));
        if let Some(connection) = self.connections.get_mut(remote) {
            connection.set_id(made, &mut self.out);
        }
    }

    pub(super) fn connection_config(&self) -> ConnectionConfig {
        let ice_servers = self.config.ice_servers.iter().chain(&self.session.ice_servers).cloned().collect();
        ConnectionConfig { ice_servers, relay_only: self.config.relay_only }
    }

    /// Puts the next epoch in place of a connection that came to nothing; we offer.
    fn rebuild(&mut self, now: Timestamp, remote: &Remote) {
        let Some(connection) = self.connections.get(remote) else { return };
        let epoch = connection.epoch().saturating_add(1);
        let recovery = connection.recovery().for_successor(now);
        self.replace_connection(remote, epoch, ConnectionPlan::MeshOfferer, recovery);
    }

    /// What new connections are made with has changed, and so it should for those that are there: each side's next
    /// restart then uses the newest credentials. Chromium restarts ICE with the next offer after that, whatever it is for:
    /// where nobody but us restarts, that has time until we do.
    pub(super) fn use_ice_servers(&mut self, servers: Option<IceServers>) {
        let (servers, refused) = ice::usable(servers.map_or_else(Vec::new, |ice| ice.servers));
        for flaw in refused {
            self.out.event(Event::ProtocolError(["ICE server left out: ", &flaw].concat()));
        }
        if servers == self.session.ice_servers {
            return;
        }
        self.session.ice_servers = servers;
        let config = self.connection_config();
        for id in self.connections.reconfigurable().collect::<Vec<_>>() {
            self.out.connection(id, ConnectionEffect::SetConfiguration(config.clone()));
        }
    }

    /// Somebody is gone for good.
    pub(super) fn remove_participant(&mut self, id: &ParticipantId) {
        if let Some(member) = self.roster.remove(id) {
            self.interactions.depart(id);
            // Of those who stay it is told again, if it is so.
            self.own_quality = OwnQuality::default();
            self.connections.close(&Remote::Participant(id.clone()), &mut self.out);
            if !member.assumed {
                self.out.event(Event::ParticipantLeft(member.id, member.name));
            }
        }
    }

    /// We are gone ourselves. The others remember the epochs of us in case we come back, and so do we of them: else
    /// our first offer would be an old one to them, and theirs a second connection.
    pub(super) fn remove_everyone(&mut self) {
        self.connections.close_all(&mut self.out);
        self.roster.clear();
        self.sfu = Sfu::default();
        self.unsent.clear();
        self.video_settings = ById::default();
        self.forget_interactions();
        self.details_of = None;
        self.own_quality = OwnQuality::default();
    }

    /// We were away from the server, and messages may be lost. Healthy pairs are left alone; the others are built anew
    /// (we are the newcomer, so we offer).
    pub(super) fn rebuild_unstable(&mut self, now: Timestamp) {
        let hurt = |remote: &Remote, connection: &Connection| {
            // Those to a selective forwarding unit are replaced when it says so.
            remote.participant().is_some()
                && !connection.is_stable()
                && !connection.is_untouched()
                && self.can_send_to(remote)
        };
        for remote in self.connections.remotes(hurt) {
            self.rebuild_within_limit(now, &remote);
        }
    }

    /// Builds a pair anew, unless that has been done too often.
    pub(super) fn rebuild_within_limit(&mut self, now: Timestamp, remote: &Remote) {
        let may = |connection: &mut Connection| connection.recovery_mut().allow_repair(now);
        if self.connections.get_mut(remote).is_some_and(may) {
            self.rebuild(now, remote);
        }
    }

    /// Somebody was away from the server, and an offer of ours may be lost. The rest is theirs to repair, unless the offer
    /// that we wait for is ours to make by now.
    pub(super) fn rebuild_after_return(&mut self, now: Timestamp, remote: &Remote, offerer: Offerer) {
        let waits =
            |pair: &Connection| pair.awaits_answer() || (offerer == Offerer::Us && pair.awaits_offer());
        if self.connections.get(remote).is_some_and(waits) {
            self.rebuild_within_limit(now, remote);
        }
    }

    /// The pairs whose repairs can be told to the other side. Somebody who may not even be there is not to be repaired.
    pub(super) fn repairable(&self) -> impl Iterator<Item = (&Remote, &Connection)> {
        let repairable = |(remote, connection): &(&Remote, &Connection)| {
            self.can_send_to(remote) && !connection.is_assumed()
        };
        self.connections.iter().filter(repairable)
    }

    /// Carries out the repairs that are due and that can be told to the other side.
    pub(super) fn repair(&mut self, now: Timestamp) {
        let reachable: Vec<_> = self.repairable().map(|(remote, _)| remote.clone()).collect();
        for remote in reachable {
            let Some(connection) = self.connections.get_mut(&remote) else { continue };
            if connection.recovery_mut().poll_remote_rebuild(now) {
                self.replay_early(now, &remote);
                continue;
            }
            if let Some(repair) = connection.recovery_mut().poll_repair(now) {
                self.perform_repair(now, &remote, repair);
            }
        }
    }

    fn perform_repair(&mut self, now: Timestamp, remote: &Remote, repair: Repair) {
        match (remote, repair) {
            (Remote::Server(id), Repair::RestartIce) if self.sfu.server_offers_on(*id) => {
                self.ask_sfu(now, *id, SfuRequest::RestartIce);
            }
            (_, Repair::RestartIce) => {
                let config = remote.participant().is_none().then(|| self.connection_config());
                self.with_connection(now, remote, |connection, cx| connection.restart_ice(config, cx));
            }
            (Remote::Participant(_), Repair::Rebuild) => self.rebuild(now, remote),
            (Remote::Server(id), Repair::Rebuild) => {
                if let Some(connection) = self.connections.get_mut(remote) {
                    *connection.recovery_mut() = connection.recovery().for_successor(now);
                }
                self.ask_sfu(now, *id, SfuRequest::Rebuild);
            }
        }
    }

    fn ask_sfu(&mut self, now: Timestamp, id: SfuConnectionId, request: SfuRequest) {
        self.signal_client.send(now, Outbound::Sfu(id, request), &mut self.out);
    }

    /// A signal of a selective forwarding unit about our connections to it.
    #[inline(never)]
    pub(super) fn on_sfu_signal(&mut self, now: Timestamp, signal: SfuSignal) {
        if let SfuSignal::PeerMessage { from, text } = signal {
            return self.on_relayed_message(now, &from, &text);
        }
        if let SfuSignal::Speakers(speaking) = signal {
            return self.on_speakers(&speaking);
        }
        if let SfuSignal::SubscribedQualities { source, enabled } = signal {
            return self.set_subscribed_qualities(source, enabled);
        }
        if let SfuSignal::SendMessage { connection, message } = signal {
            let connection = self.connections.get(&Remote::Server(connection));
            return connection.map_or((), |connection| connection.send_to_server(message, &mut self.out));
        }
        if let SfuSignal::NegotiationNeeded(id) = signal {
            let connection = self.connections.get_mut(&Remote::Server(id));
            return connection.into_iter().for_each(Connection::negotiation_needed);
        }
        let replaced = matches!(signal, SfuSignal::Connections(_));
        self.sfu.on_signal(signal);
        if replaced {
            self.reconcile(now);
            for remote in self.connections.remotes(|remote, _| remote.participant().is_none()) {
                self.replay_early(now, &remote);
            }
        }
    }

    pub(super) fn on_connection_event(
        &mut self,
        now: Timestamp,
        connection: ConnectionId,
        event: ConnectionEvent,
    ) {
        let prepared = self.connections.prepared_answerer() == Some(connection);
        if prepared && event == ConnectionEvent::CreationFailed {
            self.connections.take_prepared_answerer();
            self.out.connection(connection, ConnectionEffect::Close);
        }
        let id = connection;
        let Some((remote, connection)) = self.connections.find_mut(connection) else {
            return self.on_prepared_offer_event(id, event);
        };
        let remote = remote.clone();
        match event {
            ConnectionEvent::CreationFailed => {
                self.with_connection(now, &remote, Connection::creation_failed);
            }
            ConnectionEvent::NegotiationNeeded => connection.negotiation_needed(),
            // It was asked for while nobody was at the other end.
            ConnectionEvent::ProvisionalAnswerSet => {}
            ConnectionEvent::ConnectionStateChange(state) => {
                connection.connection_state_changed(now, state);
                if connection.is_connected() && remote.participant().is_none() {
                    self.session.relayed_media = None;
                }
            }
            ConnectionEvent::Track { mid, kind, track } => connection.add_track(mid, kind, track),
            ConnectionEvent::TransceiverAssociated(source, mid) => connection.associated(source, mid),
            ConnectionEvent::Stats(stats) => self.on_stats(now, &remote, &stats),
            ConnectionEvent::SendStats(stats) => self.on_send_stats(now, &remote, &stats),
            ConnectionEvent::Details(details) => self.on_details(now, id, &remote, *details),
            ConnectionEvent::File(event) => self.on_file_event(id, event),
            ConnectionEvent::Speech(mids) => self.on_speech(&remote, &mids),
            ConnectionEvent::RemoteCertificate(fingerprint) => connection.remote_certificate(fingerprint),
            ConnectionEvent::PeerChannel(event) => self.on_data_channel(now, &remote, event),
            ConnectionEvent::HangUpChannelClosed => {
                let Remote::Participant(id) = remote else { return };
                self.signal_client.on_hang_up_channel_closed(now, id, &mut self.out);
            }
            ConnectionEvent::IceCandidate(candidate) => {
                self.with_connection(now, &remote, |connection, cx| {
                    connection.candidate_gathered(candidate, cx);
                });
            }
            ConnectionEvent::LocalDescriptionSet(Ok(description)) => {
                self.with_connection(now, &remote, |connection, cx| {
                    connection.local_description_set(description, cx);
                });
            }
            ConnectionEvent::RemoteDescriptionSet(Ok(())) => {
                self.with_connection(now, &remote, Connection::remote_description_set);
            }
            ConnectionEvent::LocalDescriptionSet(Err(error)) => {
                connection.operation_failed(now, ConnectionReason::Refused);
                self.out.event(Event::ProtocolError(error.name));
            }
            ConnectionEvent::RemoteDescriptionSet(Err(error)) => {
                connection.operation_failed(now, ConnectionReason::Incompatible);
                self.out.event(Event::ProtocolError(error.name));
            }
        }
    }

    /// Lets every negotiation take its next step.
    pub(super) fn negotiate_all(&mut self, now: Timestamp) {
        for remote in self.connections.remotes(|_, _| true) {
            while let Some(request) = self.negotiate(now, &remote) {
                match request {
                    ConnectionRequest::ReplaceWithAnswerer => self.replace_with_answerer(now, &remote),
                    ConnectionRequest::CreatePeerConnection => {
                        self.take_or_create_peer_connection(now, &remote);
                    }
                }
            }
        }
    }

    fn negotiate(&mut self, now: Timestamp, remote: &Remote) -> Option<ConnectionRequest> {
        let mut request = None;
        self.with_connection(now, remote, |connection, cx| request = connection.negotiate(cx));
        request
    }

    /// Both made their first offer at once, and ours yields: an answerer of the same epoch takes over.
    fn replace_with_answerer(&mut self, now: Timestamp, remote: &Remote) {
        let Some(connection) = self.connections.get(remote) else { return };
        let (epoch, recovery) = (connection.epoch(), connection.recovery().for_successor(now));
        let before = self.replace_connection(remote, epoch, ConnectionPlan::MeshAnswerer, recovery);
        if let (Some(connection), Some(before)) = (self.connections.get_mut(remote), before) {
            connection.take_waiting_from(before);
        }
    }

    /// Lets a connection act.
    pub(super) fn with_connection(
        &mut self,
        now: Timestamp,
        remote: &Remote,
        act: impl FnOnce(&mut Connection, &mut Context<'_>),
    ) {
        let can_send = self.can_send_to(remote);
        let is_deliverable = self.is_deliverable(remote);
        let unsent = (!self.session.is_joined()).then_some(&mut self.unsent);
        if let Some(connection) = self.connections.get_mut(remote) {
            let (signal_client, out) = (&mut self.signal_client, &mut self.out);
            let mut cx = Context { now, signal_client, out, remote, can_send, is_deliverable, unsent };
            act(connection, &mut cx);
        }
    }
}
