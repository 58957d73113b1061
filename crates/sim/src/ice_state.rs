//! What a browser calls a connection whose two ends reach each other, or do not.

use visavis_core::PeerConnectionState;

/// Milliseconds of silence until `disconnected`, `failed`, and until a connection that never worked is `failed`.
const DISCONNECTED_AFTER: u64 = 5_000;
const FAILED_AFTER: u64 = 20_000;
const NEVER_CONNECTED_AFTER: u64 = 30_000;

/// `connectionState`, and what it follows from.
#[derive(Debug, Default)]
pub(crate) struct IceState {
    pub(crate) state: PeerConnectionState,
    /// Since when the two ends have reached each other, or not (ms).
    reachable_since: Option<u64>,
    unreachable_since: Option<u64>,
    /// The ufrag with which it failed: only an ICE restart repairs it.
    failed_ufrag: Option<String>,
}

impl IceState {
    pub(crate) fn is_connected(&self) -> bool {
        self.state == PeerConnectionState::Connected
    }

    /// A moment passes. The new state, if it changes.
    pub(crate) fn tick(
        &mut self,
        now: u64,
        reachable: bool,
        local_ufrag: Option<&str>,
    ) -> Option<PeerConnectionState> {
        let next = if reachable { self.connect(now, local_ufrag) } else { self.lose(now, local_ufrag) }?;
        self.state = next;
        Some(next)
    }

    fn connect(&mut self, now: u64, local_ufrag: Option<&str>) -> Option<PeerConnectionState> {
        self.unreachable_since = None;
        let reachable_since = *self.reachable_since.get_or_insert(now);
        let restarted = self.failed_ufrag.is_none() || self.failed_ufrag.as_deref() != local_ufrag;
        let connects = !self.is_connected() && restarted && now > reachable_since;
        connects.then(|| {
            self.failed_ufrag = None;
            PeerConnectionState::Connected
        })
    }

    fn lose(&mut self, now: u64, local_ufrag: Option<&str>) -> Option<PeerConnectionState> {
        self.reachable_since = None;
        let silent = now - *self.unreachable_since.get_or_insert(now);
        let (limit, next) = match self.state {
            PeerConnectionState::Connected => (DISCONNECTED_AFTER, PeerConnectionState::Disconnected),
            PeerConnectionState::Disconnected => (FAILED_AFTER, PeerConnectionState::Failed),
            PeerConnectionState::New | PeerConnectionState::Connecting => {
                (NEVER_CONNECTED_AFTER, PeerConnectionState::Failed)
            }
            PeerConnectionState::Failed | PeerConnectionState::Closed => return None,
        };
        if silent < limit {
            return None;
        }
        if next == PeerConnectionState::Failed {
            self.failed_ufrag = local_ufrag.map(str::to_owned);
        }
        Some(next)
    }
}
