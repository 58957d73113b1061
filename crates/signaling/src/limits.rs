//! Every bound on what the network may send, in one table.
//!
//! The reference server enforces the same numbers, and `docs/signaling-protocol.md` repeats them for outsiders
//! (a test compares the two).

/// Longest frame in bytes. A Chromium offer with eight media sections is about 20 KB.
pub const MAX_FRAME_BYTES: usize = 256 * 1024;
/// Longest SDP in bytes.
pub const MAX_SDP_BYTES: usize = 200 * 1024;
/// Longest candidate line in bytes. RFC 8839 lines are about 100 to 200.
pub const MAX_CANDIDATE_BYTES: usize = 1024;
/// Longest name of a room, in characters.
pub const MAX_ROOM_CHARS: usize = 64;
/// Longest name of a participant, in characters.
pub const MAX_NAME_CHARS: usize = 64;
/// Longest id of a participant, in bytes.
pub const MAX_ID_BYTES: usize = 128;
/// Shortest id that somebody gives themselves in an `x`, in bytes: 64 bits in hexadecimal...
pub const MIN_X_ID_BYTES: usize = 16;
/// ...and the longest.
pub const MAX_X_ID_BYTES: usize = 64;
/// Longest text in an `x`, in bytes; a name is then cut like any other.
pub const MAX_X_TEXT_BYTES: usize = 256;
/// Longest identity secret, in bytes.
pub const MAX_IDENTITY_BYTES: usize = 256;
/// Shortest identity secret, in bytes: 128 bits in hexadecimal.
pub const MIN_IDENTITY_BYTES: usize = 32;
/// Longest name of a session, in bytes.
pub const MAX_SESSION_BYTES: usize = 64;
/// Longest URL of a signaling server: it may hold an access token.
pub const MAX_SERVER_URL_BYTES: usize = 4 * 1024;
/// Most further URLs of a deployment with several servers.
pub const MAX_ALTERNATIVE_URLS: usize = 8;
/// Most of the answer to a request for an access token that is read, in bytes.
pub const MAX_TOKEN_RESPONSE_BYTES: usize = 16 * 1024;
/// Most messages of a session that either side keeps, to repeat them after a lost connection...
pub const MAX_BACKLOG_MESSAGES: usize = 256;
/// ...and most bytes of them; of more, the oldest are forgotten, and a session that misses those begins anew.
pub const MAX_BACKLOG_BYTES: usize = 256 * 1024;
/// Most offers that go with `join`.
pub const MAX_JOIN_OFFERS: usize = 8;
/// Longest SDP of an offer that goes with `join` or is deposited, in bytes: those of browsers have about 8000.
pub const MAX_EARLY_OFFER_BYTES: usize = 32 * 1024;
/// Most participants in a roster; a longer one is refused.
pub const MAX_PARTICIPANTS: usize = 64;
/// Most connections to a selective forwarding unit: two for each participant, and a few of our own.
pub const MAX_SFU_CONNECTIONS: usize = 2 * MAX_PARTICIPANTS + 4;
/// Most ICE servers, and most URLs of one.
pub const MAX_ICE_SERVERS: usize = 16;
/// Longest URL, user name or credential of an ICE server, in bytes.
pub const MAX_ICE_FIELD_BYTES: usize = 1024;
/// Longest text of an error that is shown to a person, in characters.
pub const MAX_ERROR_CHARS: usize = 200;
/// Most candidates of one participant that wait for their description in a dialect, and most that one description holds.
pub const MAX_EARLY_CANDIDATES: usize = 128;
/// Longest file that describes a server for the `mapping` dialect, in bytes.
pub const MAX_MAPPING_BYTES: usize = 64 * 1024;
/// Most examples of one kind of message in a mapping.
pub const MAX_MAPPED_MESSAGES: usize = 16;
