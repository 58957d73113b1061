//! Every field of a mapping and every message that it can describe, and what may stand there: the reader, the schema and
//! the documentation follow from these three lists.

/// One field, or kind of message. Placeholders are words of a text, as errors name them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// Its key.
    pub(super) name: &'static str,
    /// What a field must be: `a text`, `a number`, `an object` or one of several words. Messages may be anything.
    pub(super) value_type: &'static str,
    /// Placeholders of which it must hold one.
    pub(super) required: &'static str,
    /// Those of which it must hold one as well, where participants have ids: those of the peer that it is for, from or about.
    pub(super) peer: &'static str,
    /// Those that it may hold besides.
    pub(super) optional: &'static str,
    /// What it is about.
    pub(super) group: Group,
}

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// We send it.
    Sent,
    /// A description, a candidate or an extension of another client. A message is handled as the first of these kinds that it
    /// fits.
    Signal,
    /// The server refuses something. A message is handled as the first of these kinds that it fits.
    Refusal,
    /// Who is in the room.
    Roster,
    /// The answer to our connecting or joining.
    Entry,
    /// Keep-alive, or messages to ignore.
    Other,
}

impl Kind {
    pub(super) fn is_sent(&self) -> bool {
        self.group == Group::Sent
    }

    /// Placeholders that may stand everywhere.
    pub(super) fn always_allowed(&self) -> &'static str {
        if self.is_sent() { "{room} {roomNumber} {name} {me}" } else { "{room} {me} {any}" }
    }
}

const fn field(name: &'static str, value_type: &'static str) -> Kind {
    Kind { name, value_type, required: "", peer: "", optional: "", group: Group::Other }
}

const fn kind(
    group: Group,
    name: &'static str,
    required: &'static str,
    peer: &'static str,
    optional: &'static str,
) -> Kind {
    Kind { name, value_type: "", required, peer, optional, group }
}

const fn send(
    name: &'static str,
    required: &'static str,
    peer: &'static str,
    optional: &'static str,
) -> Kind {
    kind(Group::Sent, name, required, peer, optional)
}

const TO: &str = "{to}";
const FROM: &str = "{from} {id}";
const DESCRIPTION: &str = "{sdp} {description}";
const CANDIDATE: &str = "{candidate} {line}";
const SENT_TYPE: &str = "{type} {ours}";
const TYPE: &str = "{type} {name} {ours}";
const PLACE: &str = "{sdpMid} {sdpMLineIndex} {usernameFragment} {ours}";
const WHO_OFFERS: &str = "{name} {weOffer} {theyOffer}";

/// The file itself.
pub(super) const FILE: &[Kind] = &[
    field("$schema", "a text"),
    field("carrier", "raw text socket.io"),
    field("subprotocol", "a text"),
    field("namespace", "a text"),
    field("path", "a text"),
    field("addressing", "directed pair broadcast"),
    field("offers", "newcomer existing both server"),
    field("candidates", "trickle bundled"),
    field("capacity", "a number"),
    field("keepAliveSeconds", "a number"),
    field("send", "an object"),
    field("receive", "an object"),
];

/// What follows the URL.
pub(super) const PATH: Kind = send("path", "", "", "");

/// What we send.
pub(super) const SEND: &[Kind] = &[
    send("hello", "", "", ""),
    send("join", "", "", ""),
    send("ready", "", "", ""),
    send("offer", DESCRIPTION, TO, SENT_TYPE),
    send("answer", DESCRIPTION, TO, SENT_TYPE),
    send("description", DESCRIPTION, TO, SENT_TYPE),
    send("candidate", CANDIDATE, TO, PLACE),
    send("end", "", TO, ""),
    send("signal", "{signal}", TO, "{ours}"),
    send("ours", "{ours}", TO, ""),
    send("leave", "", "", ""),
    send("keepAlive", "", "", ""),
    send("pong", "", "", ""),
];

/// What we receive, in the order in which a message is matched with it.
pub(super) const RECEIVE: &[Kind] = &[
    kind(Group::Entry, "welcome", "", "", "{iceServers}"),
    kind(Group::Entry, "joined", "", "", "{id} {peers} {name} {weOffer} {theyOffer} {iceServers}"),
    kind(Group::Roster, "roster", "", "{id} {peers}", WHO_OFFERS),
    kind(Group::Roster, "peerJoined", "", FROM, WHO_OFFERS),
    kind(Group::Signal, "offer", DESCRIPTION, FROM, TYPE),
    kind(Group::Signal, "answer", DESCRIPTION, FROM, TYPE),
    kind(Group::Signal, "description", DESCRIPTION, FROM, TYPE),
    kind(Group::Signal, "candidate", CANDIDATE, FROM, PLACE),
    kind(Group::Signal, "signal", "{signal}", FROM, TYPE),
    kind(Group::Signal, "ours", "{ours}", FROM, ""),
    kind(Group::Roster, "peerLeft", "", FROM, ""),
    kind(Group::Roster, "bye", "", FROM, ""),
    kind(Group::Refusal, "full", "", "", "{text}"),
    kind(Group::Refusal, "refused", "", "", "{text}"),
    kind(Group::Refusal, "error", "", "", "{text}"),
    kind(Group::Other, "ping", "", "", ""),
    kind(Group::Other, "pong", "", "", ""),
    kind(Group::Other, "ignore", "", "", ""),
];
