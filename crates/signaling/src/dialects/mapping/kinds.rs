//! Every field of a mapping and every message that it can describe, and what may stand there: the reader, the schema and
//! the documentation follow from these three lists.

/// One field, or kind of message. Placeholders are words of a text, as errors name them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// Its key.
    pub(super) name: &'static str,
    /// What a field must be: `a text`, `a number`, `an object` or one of several words. Messages may be anything.
    pub(super) is: &'static str,
    /// Placeholders of which it must hold one.
    pub(super) needs: &'static str,
    /// Those of which it must hold one as well, where people have ids.
    pub(super) whom: &'static str,
    /// Those that it may hold besides.
    pub(super) more: &'static str,
    /// What it is about.
    pub(super) group: Group,
}

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// We send it.
    Sent,
    /// What two browsers tell each other: of these, a message is only the first that it can be.
    Signal,
    /// We are not let in, or something is wrong: so of these.
    Refusal,
    /// Who is there.
    People,
    /// How the server receives us.
    Entry,
    /// Nothing.
    Other,
}

impl Kind {
    pub(super) fn sent(&self) -> bool {
        self.group == Group::Sent
    }

    /// Placeholders that may stand everywhere.
    pub(super) fn always(&self) -> &'static str {
        if self.sent() { "{room} {roomNumber} {name} {me}" } else { "{room} {me} {any}" }
    }
}

const fn field(name: &'static str, is: &'static str) -> Kind {
    Kind { name, is, needs: "", whom: "", more: "", group: Group::Other }
}

const fn kind(
    group: Group,
    name: &'static str,
    needs: &'static str,
    whom: &'static str,
    more: &'static str,
) -> Kind {
    Kind { name, is: "", needs, whom, more, group }
}

const fn send(name: &'static str, needs: &'static str, whom: &'static str, more: &'static str) -> Kind {
    kind(Group::Sent, name, needs, whom, more)
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

/// What we hear, in the order in which a message is held against it.
pub(super) const RECEIVE: &[Kind] = &[
    kind(Group::Entry, "welcome", "", "", "{iceServers}"),
    kind(Group::Entry, "joined", "", "", "{id} {peers} {name} {weOffer} {theyOffer} {iceServers}"),
    kind(Group::People, "roster", "", "{id} {peers}", WHO_OFFERS),
    kind(Group::People, "peerJoined", "", FROM, WHO_OFFERS),
    kind(Group::Signal, "offer", DESCRIPTION, FROM, TYPE),
    kind(Group::Signal, "answer", DESCRIPTION, FROM, TYPE),
    kind(Group::Signal, "description", DESCRIPTION, FROM, TYPE),
    kind(Group::Signal, "candidate", CANDIDATE, FROM, PLACE),
    kind(Group::Signal, "signal", "{signal}", FROM, TYPE),
    kind(Group::Signal, "ours", "{ours}", FROM, ""),
    kind(Group::People, "peerLeft", "", FROM, ""),
    kind(Group::People, "bye", "", FROM, ""),
    kind(Group::Refusal, "full", "", "", "{text}"),
    kind(Group::Refusal, "refused", "", "", "{text}"),
    kind(Group::Refusal, "error", "", "", "{text}"),
    kind(Group::Other, "ping", "", "", ""),
    kind(Group::Other, "pong", "", "", ""),
    kind(Group::Other, "ignore", "", "", ""),
];
