//! Who gets credentials for the relays, and for how long.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, Instant};

use visavis_hub::{ClientId, Hub};
use visavis_signaling::ParticipantId;
use visavis_signaling::dialects::visavis::messages::{IceServerList, ServerMessage};

use crate::addresses::Source;
use crate::relay::Relay;

/// How long credentials last that somebody gets without joining: a check before a call is over by then.
pub(crate) const CHECK_TTL: Duration = Duration::from_secs(120);

/// The relays, and who has credentials for them.
#[derive(Debug)]
pub(crate) struct Credentials {
    relay: Option<Relay>,
    /// When those who are in a room get new ones.
    due: BTreeMap<ClientId, Instant>,
    /// Makes names of addresses that say nothing about them.
    names: RandomState,
}

impl Credentials {
    pub(crate) fn new(relay: Option<Relay>) -> Self {
        Self { relay, due: BTreeMap::new(), names: RandomState::new() }
    }

    /// Whoever is let in gets credentials, and whoever asks, before a call, whether the relays work.
    pub(crate) fn add(&mut self, hub: &Hub, to: ClientId, source: Source, message: &mut ServerMessage) {
        let Some(relay) = &self.relay else { return };
        match message {
            ServerMessage::Joined(welcome) => {
                self.due.insert(to, Instant::now() + relay.refresh_after());
                let list = welcome.ice_servers.take();
                welcome.ice_servers = Some(with_relay(list, relay, &welcome.id));
            }
            ServerMessage::IceServers(list) => {
                let stun = std::mem::take(list);
                *list = match hub.participant_of(to) {
                    Some(id) => with_relay(Some(stun), relay, id),
                    None => self.for_check(stun, relay, source),
                };
            }
            ServerMessage::ParticipantJoined { .. }
            | ServerMessage::ParticipantLeft { .. }
            | ServerMessage::Description { .. }
            | ServerMessage::Candidate { .. }
            | ServerMessage::Media { .. }
            | ServerMessage::Error { .. }
            | ServerMessage::Ping { .. } => {}
        }
    }

    /// For nobody in particular, so the name is that of the address: quotas of the relay hold for all of its checks.
    fn for_check(&self, stun: IceServerList, relay: &Relay, source: Source) -> IceServerList {
        let name = format!("check-{:016x}", self.names.hash_one(source.address()));
        let short = Relay { ttl: relay.ttl.min(CHECK_TTL), ..relay.clone() };
        ParticipantId::new(name).map_or(stun.clone(), |id| with_relay(Some(stun), &short, &id))
    }

    /// New ones for those whose own are half way through. Whoever has left gets none.
    pub(crate) fn renew(&mut self, hub: &Hub) -> Vec<(ClientId, ServerMessage)> {
        let Some(relay) = &self.relay else { return Vec::new() };
        let now = Instant::now();
        self.due.retain(|id, _| hub.participant_of(*id).is_some());
        let mut renewed = Vec::new();
        for (id, at) in self.due.iter_mut().filter(|(_, at)| **at <= now) {
            *at = now + relay.refresh_after();
            let stun = hub.config().ice_servers.clone();
            let list = hub.participant_of(*id).map(|participant| with_relay(stun, relay, participant));
            renewed.extend(list.map(|list| (*id, ServerMessage::IceServers(list))));
        }
        renewed
    }
}

fn with_relay(list: Option<IceServerList>, relay: &Relay, id: &ParticipantId) -> IceServerList {
    let mut servers = list.unwrap_or_default().servers;
    servers.push(relay.mint(id));
    IceServerList { servers, expires_in: u32::try_from(relay.ttl.as_secs()).ok() }
}
