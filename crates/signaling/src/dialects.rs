//! One file per server that Visavis speaks to, and the one list of them.
//!
//! The lobby's menu, the check of `config.json`, the table in `docs/dialects.md` and the contract tests follow from
//! [`ALL`]: a new dialect is its file, its name here, and a folder of transcripts.

mod ayame;
mod broadcast;
mod codelab;
mod create_room;
mod group_chat;
mod janus;
mod join_room;
pub mod livekit;
pub mod mapping;
mod matchbox;
mod mdn_chat;
mod peerjs;
mod sections;
mod simple_peer_rooms;
pub mod tabs;
mod uuid_dest;
pub mod visavis;
mod y_webrtc;

pub use self::mapping::Mapping;
use std::rc::Rc;

use crate::carrier::{Carrier, Raw, SocketIo};
use crate::dialect::Dialect;
use crate::foreign::{ForeignDialect, Protocol};
use crate::json::Json;
use crate::limits::MIN_X_ID_BYTES;

/// Every dialect, first that of the Visavis server.
pub const ALL: &[DialectEntry] = &[
    visavis::ENTRY,
    group_chat::ENTRY,
    codelab::ENTRY,
    broadcast::ENTRY,
    create_room::ENTRY,
    join_room::ENTRY,
    peerjs::ENTRY,
    mdn_chat::ENTRY,
    simple_peer_rooms::ENTRY,
    y_webrtc::ENTRY,
    matchbox::ENTRY,
    ayame::ENTRY,
    uuid_dest::ENTRY,
    janus::ENTRY,
    livekit::ENTRY,
    tabs::ENTRY,
    mapping::ENTRY,
];

/// Texts that a report keeps for every dialect: those of several dialects, of carriers and of the extension (`x`).
pub const REPORT_ALLOWLIST: &str = "type,id,name,room,from,to,x,media,microphone,camera,screen,screenAudio,host,generation,hello,bye,description,sdp,\
    offer,answer,signal,candidate,ice,sdpMid,sdpMLineIndex,sdpMLineindex,mlineIndex,mlineindex,label,usernameFragment,audio,\
    video,iceServers,urls,username,credential,message,code,reason,error,sid,pingInterval,pingTimeout,maxPayload,\
    Invalid namespace,true,false,null";

/// A dialect in the list.
#[derive(Debug, Clone, Copy)]
pub struct DialectEntry {
    /// Its name in `config.json`.
    pub name: &'static str,
    /// What is to be known of it. Behind a function, because a page that speaks our own need not load it.
    pub about: fn() -> About,
    /// Makes one.
    pub make: fn(Options) -> BoxedDialect,
}

/// What is to be known of a dialect.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// One sentence without a full stop: which servers speak it.
    pub title: &'static str,
    /// What a person types as the name of a room.
    pub room: &'static str,
    /// The texts of its messages that a report of the flight recorder keeps, besides those of [`REPORT_ALLOWLIST`], separated by
    /// commas. All others are replaced.
    pub report_allowlist: &'static str,
}

/// A dialect, made.
pub type BoxedDialect = Box<dyn Dialect>;

/// What a dialect is made with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// URL of the server.
    pub url: String,
    /// A secret from a cryptographic random source, at least
    /// [`MIN_IDENTITY_BYTES`](crate::limits::MIN_IDENTITY_BYTES) ASCII letters and digits, new for every page. Servers
    /// where clients choose their own ids see parts of it.
    pub identity: String,
    /// Names the page, with up to [`MAX_SESSION_BYTES`](crate::limits::MAX_SESSION_BYTES) letters and digits: a server of our own
    /// goes on with its session after a lost socket, but not with that of the page before a reload.
    pub page: String,
    /// Other URLs of the same deployment (a list of texts), for servers that have several.
    pub alternative_urls: Option<Json>,
    /// Where an access token is given out; empty if nowhere.
    pub token_url: String,
    /// The Socket.IO namespace (`/admin`); empty for the root.
    pub namespace: String,
    /// What Socket.IO servers with a middleware want to see (`{"token": "x"}`).
    pub auth: Option<Json>,
    /// The server's description, for the `mapping` dialect.
    pub mapping: Option<Rc<Mapping>>,
    /// `navigator.userAgent`: what some servers' clients do depends on the browser.
    pub user_agent: String,
}

/// Looks a dialect up by its name.
pub fn named(name: &str) -> Option<&'static DialectEntry> {
    ALL.iter().find(|entry| entry.name == name)
}

/// The end of the half of an identity that others may see: our id among Visavis clients on other servers.
pub fn known_as(identity: &str) -> &str {
    let (public, _) = split_identity(identity);
    public.get(public.len().saturating_sub(MIN_X_ID_BYTES)..).unwrap_or_default()
}

fn split_identity(identity: &str) -> (&str, &str) {
    identity.split_at_checked(identity.len() / 2).unwrap_or_default()
}

impl Options {
    /// An id of ours for servers that let clients choose, and another secret for those that want one too.
    fn ids(&self) -> (String, String) {
        let (public, secret) = split_identity(&self.identity);
        (public.to_owned(), secret.to_owned())
    }

    fn with_socket_io(self, protocol: impl Protocol + 'static) -> BoxedDialect {
        let carrier = SocketIo::new(&self.namespace, self.auth.clone());
        self.over(Box::new(carrier), Box::new(protocol))
    }

    fn with_raw_frames(self, protocol: impl Protocol + 'static) -> BoxedDialect {
        self.over(Box::new(Raw::default()), Box::new(protocol))
    }

    fn over(self, carrier: Box<dyn Carrier>, protocol: Box<dyn Protocol>) -> BoxedDialect {
        Box::new(ForeignDialect::new(&self.url, carrier, protocol, known_as(&self.identity).to_owned()))
    }
}
