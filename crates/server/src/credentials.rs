//! TURN credentials: who gets them, for how long, and when they are renewed.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, Instant};

use visavis_hub::{ClientId, Hub};
use visavis_signaling::ParticipantId;
use visavis_signaling::dialects::visavis::messages::{IceServerList, ServerMessage};

use crate::address_limiter::AddressKey;
use crate::turn::TurnConfig;

/// How long the credentials last that a `check` gets without joining: the preflight test before a call is over by then.
pub(crate) const PREFLIGHT_TTL: Duration = Duration::from_secs(120);

/// The TURN servers, and which clients have credentials for them.
#[derive(Debug)]
pub(crate) struct TurnCredentials {
    turn: Option<TurnConfig>,
    /// When the clients that are in a room get new ones.
    due: BTreeMap<ClientId, Instant>,
    /// Hashes addresses to user names that do not reveal them.
    hasher: RandomState,
}

impl TurnCredentials {
    pub(crate) fn new(turn: Option<TurnConfig>) -> Self {
        Self { turn, due: BTreeMap::new(), hasher: RandomState::new() }
    }

    /// Adds credentials to `joined`, and to `ice-servers`, the answer to a `check`.
    pub(crate) fn add(&mut self, hub: &Hub, to: ClientId, address: AddressKey, message: &mut ServerMessage) {
        let Some(turn) = &self.turn else { return };
        match message {
            ServerMessage::Joined(welcome) => {
                self.due.insert(to, Instant::now() + turn.refresh_after());
                let list = welcome.ice_servers.take();
                welcome.ice_servers = Some(with_turn(list, turn, &welcome.id));
            }
            ServerMessage::IceServers { list, .. } => {
                let stun = std::mem::take(list);
                *list = match hub.participant_of(to) {
                    Some(id) => with_turn(Some(stun), turn, id),
                    None => self.for_preflight(stun, turn, address),
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

    /// Credentials for a `check`. Their user name stands for the address, so that quotas of the TURN server hold for all
    /// checks of that address together.
    fn for_preflight(&self, stun: IceServerList, turn: &TurnConfig, address: AddressKey) -> IceServerList {
        let name = format!("check-{:016x}", self.hasher.hash_one(address.address()));
        let short = TurnConfig { ttl: turn.ttl.min(PREFLIGHT_TTL), ..turn.clone() };
        ParticipantId::new(name).map_or(stun.clone(), |id| with_turn(Some(stun), &short, &id))
    }

    /// The messages with new credentials that are due now. Clients that have left get none.
    pub(crate) fn renew(&mut self, hub: &Hub) -> Vec<(ClientId, ServerMessage)> {
        let Some(turn) = &self.turn else { return Vec::new() };
        let now = Instant::now();
        self.due.retain(|id, _| hub.participant_of(*id).is_some());
        let mut renewed = Vec::new();
        for (id, at) in self.due.iter_mut().filter(|(_, at)| **at <= now) {
            *at = now + turn.refresh_after();
            let stun = hub.config().ice_servers.clone();
            let list = hub.participant_of(*id).map(|participant| with_turn(stun, turn, participant));
            renewed.extend(list.map(|list| (*id, ServerMessage::IceServers { list, accepts_offers: true })));
        }
        renewed
    }
}

fn with_turn(list: Option<IceServerList>, turn: &TurnConfig, id: &ParticipantId) -> IceServerList {
    let mut servers = list.unwrap_or_default().servers;
    servers.push(turn.mint(id));
    IceServerList { servers, expires_in: u32::try_from(turn.ttl.as_secs()).ok() }
}
