//! Short-lived credentials for TURN relays, as coturn checks them with `use-auth-secret`.
//!
//! The relay and this server share a secret. A user name says until when it is good, and the credential is the
//! signature of the user name: so the relay can check it without asking anybody, and what leaks is soon worth nothing.
//! (The scheme of draft-uberti-behave-turn-rest-00.)

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha1::Sha1;
use visavis_signaling::{IceServer, ParticipantId};

/// The TURN servers that clients may use, and how their credentials are made.
#[derive(Clone)]
pub struct TurnConfig {
    /// Their `turn:` and `turns:` URLs.
    pub urls: Vec<String>,
    /// The shared secret, coturn's `static-auth-secret`.
    pub secret: String,
    /// How long credentials last. New ones are sent when half of it is over.
    pub ttl: Duration,
}

/// Without the secret: configurations end up in logs.
impl fmt::Debug for TurnConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TurnConfig").field("urls", &self.urls).field("ttl", &self.ttl).finish_non_exhaustive()
    }
}

impl TurnConfig {
    /// How long after minting new credentials are sent: early enough that a client that is away then, for instance on a
    /// sleeping laptop, still has valid ones.
    pub(crate) fn refresh_after(&self) -> Duration {
        self.ttl / 2
    }

    /// Credentials for one participant, valid from now on. The TURN server sees the id, so that its quotas are per person.
    pub(crate) fn mint(&self, id: &ParticipantId) -> IceServer {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.mint_at(now, id)
    }

    fn mint_at(&self, now: Duration, id: &ParticipantId) -> IceServer {
        let username = format!("{}:{id}", (now + self.ttl).as_secs());
        let credential = sign(&self.secret, &username);
        IceServer { urls: self.urls.clone(), username: Some(username), credential: Some(credential) }
    }
}

/// HMAC-SHA1 (RFC 2104), in base 64.
fn sign(secret: &str, text: &str) -> String {
    // A key of any length will do, so this cannot fail.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_as_the_standard_does() {
        // RFC 2202, HMAC-SHA-1 test case 2.
        let digest = [
            0xef, 0xfc, 0xdf, 0x6a, 0xe5, 0xeb, 0x2f, 0xa2, 0xd2, 0x74, 0x16, 0xd5, 0xf1, 0x84, 0xdf, 0x9c,
            0x25, 0x9a, 0x7c, 0x79,
        ];
        assert_eq!(sign("Jefe", "what do ya want for nothing?"), STANDARD.encode(digest));
    }

    #[test]
    fn a_user_name_says_until_when_it_is_good() {
        let turn = TurnConfig {
            urls: vec!["turn:turn.example.org".into()],
            secret: "north".into(),
            ttl: Duration::from_secs(600),
        };
        let id = ParticipantId::new("ann").unwrap();
        let server = turn.mint_at(Duration::from_secs(1_700_000_000), &id);
        assert_eq!(server.username.as_deref(), Some("1700000600:ann"));
        assert_eq!(server.credential, Some(sign("north", "1700000600:ann")));
        assert!(!format!("{turn:?}").contains("north"));
    }
}
