//! Every deadline of the core, in one table.

use std::time::Duration;

/// A socket that neither opens nor fails for this long counts as failed; browsers wait up to two minutes.
pub const SOCKET_OPENS: Duration = Duration::from_secs(10);
/// A server that does not answer `join` for this long is taken for something else that happens to accept WebSockets.
pub const JOIN_ANSWERED: Duration = Duration::from_secs(10);
/// The first waits before the signaling socket is opened again. (As the LiveKit client does: quick for a blip, calm for an outage.)
pub const RECONNECT_FIRST: [Duration; 5] = [
    Duration::from_millis(0),
    Duration::from_millis(300),
    Duration::from_millis(1200),
    Duration::from_millis(2700),
    Duration::from_millis(4800),
];
/// Later waits are anything between the last of [`RECONNECT_FIRST`] and this, so that a thousand clients of a restarted
/// server do not come back in step.
pub const RECONNECT_MOST: Duration = Duration::from_secs(10);
/// From the start of a connection to `connected`; then it is built anew.
pub const CONNECTS: Duration = Duration::from_secs(15);
/// `disconnected` often heals by itself; this long it may try.
pub const DISCONNECTED_HEALS: Duration = Duration::from_millis(2500);
/// From an ICE restart to `connected`; then the connection is built anew.
pub const RESTART_CONNECTS: Duration = Duration::from_secs(12);
/// Both sides see a broken path, but one should act: the polite one gives the other this much time.
pub const POLITE_WAITS: Duration = Duration::from_millis(1500);
/// After this many repairs in a row without success, a connection shows as failed...
pub const REPAIRS_BEFORE_FAILED: u32 = 3;
/// ...and is tried again this often.
pub const FAILED_RETRIES: Duration = Duration::from_secs(30);
/// Somebody the server has lost, and whose media is silent too, is given up after this long.
pub const LOST_PEER: Duration = Duration::from_secs(12);
