//! Reports: what a flight recorder has kept, as people save and send it.
//!
//! A report is a JSON list with one entry in each line: how the room was made ([`Header`]), then what the recorder has
//! written down since ([`visavis_core::flight`]), all of it without anything private.

mod redact;
mod sdp;

use visavis_core::flight::{self, Recorder};
use visavis_core::{ContactPolicy, is_turn};
use visavis_signaling::known_as;

pub use self::redact::{SECRET_KEYS, redact};
use crate::config::AppConfig;

/// The key of the description of the server. It is a file beside the page, which everybody can read, and stays as it is:
/// without it what the server says means nothing.
const MAPPING: &str = "mapping";

/// How a room is made, as a report says it and a replay reads it.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    /// The configuration of the page, with the server that is spoken to first.
    pub config: &'a AppConfig,
    /// The dialect of what is spoken where there is no server, or empty.
    pub fallback: &'a str,
    /// [`Options::identity`](visavis_signaling::dialects::Options::identity) of the dialect, and that of the fallback.
    pub identities: [&'a str; 2],
    /// [`Options::page`](visavis_signaling::dialects::Options::page).
    pub page: &'a str,
    /// [`RoomConfig::seed`](visavis_core::RoomConfig::seed).
    pub seed: u64,
    /// Which browser it is: [`Options::user_agent`](visavis_signaling::dialects::Options::user_agent).
    pub about: &'a str,
}

impl Header<'_> {
    /// A recorder for the room that is about to be made like this.
    pub fn recorder(&self) -> Recorder {
        Recorder::new(&self.entry())
    }

    fn entry(&self) -> String {
        let Self { config, fallback, identities, page, seed, about } = *self;
        let numbers = [
            flight::FORMAT,
            (seed >> 32) as u32,
            seed as u32,
            config.relay_only.into(),
            config.capacity.unwrap_or_default(),
            config.microphone.into(),
            config.camera.into(),
            (config.contact_policy == ContactPolicy::OnRequest).into(),
            config.prepare_connection.into(),
        ];
        // What the addresses are is nobody's business, and nothing hangs on it.
        let mut kinds = String::new();
        for url in config.ice_servers.iter().flat_map(|server| &server.urls) {
            kinds.push(if is_turn(url) { 't' } else { 's' });
        }
        // Of an identity some see the one half, some the other, and some the end of the first.
        let [own, other] = identities;
        let [first, second] =
            identities.map(|whole| whole.split_at_checked(whole.len() / 2).unwrap_or_default());
        let texts = [
            ("about", about),
            ("ice", &kinds),
            ("dialect", config.dialect.as_str()),
            ("fallback", fallback),
            ("namespace", &config.namespace),
            ("identity", first.0),
            ("secret", first.1),
            ("id", known_as(own)),
            ("fallback-identity", second.0),
            ("fallback-secret", second.1),
            ("fallback-id", known_as(other)),
            ("page", page),
        ];
        let mapping = config.mapping.as_ref().map(|mapping| (MAPPING, mapping.source()));
        flight::entry("visavis-report", &numbers, texts.into_iter().chain(mapping))
    }
}

#[cfg(test)]
mod tests;
