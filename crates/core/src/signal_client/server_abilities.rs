//! What the dialect says of its server.

use visavis_signaling::{EarlyOffers, SfuConnection, SfuDataChannels};

use super::SignalClient;

impl SignalClient {
    /// Whether the server takes offers with `join`, and deposits.
    pub(crate) fn early_offers(&self) -> EarlyOffers {
        self.dialect.early_offers()
    }

    /// The connection to a server that forwards on which we will offer first.
    pub(crate) fn first_connection(&self) -> Option<SfuConnection> {
        self.dialect.first_connection()
    }

    /// Whether to open the socket is to join.
    pub(crate) fn joins_by_opening(&self) -> bool {
        self.dialect.joins_by_opening()
    }

    /// Whether connections carry a channel whose end means goodbye.
    pub(crate) fn uses_hang_up_channel(&self) -> bool {
        self.dialect.uses_hang_up_channel()
    }

    /// The data channels on which a server that forwards carries messages.
    pub(crate) fn data_channels(&self) -> Option<SfuDataChannels> {
        self.dialect.data_channels()
    }

    /// Whether the server carries messages between those whose media it forwards.
    pub(crate) fn carries_peer_messages(&self) -> bool {
        self.dialect.carries_peer_messages()
    }
}
