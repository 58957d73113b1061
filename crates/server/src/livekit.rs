//! Access tokens for a LiveKit server, as it checks them: who may enter which room, signed with a secret that both share.
//!
//! A token is a JSON Web Token (RFC 7519) with the claims that LiveKit calls a video grant, signed with HMAC-SHA256 (`HS256`,
//! RFC 7518 section 3.2), the only algorithm that LiveKit's servers take.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use visavis_signaling::ParticipantId;

/// How long a token is good. It has to be when somebody joins, and when they reconnect before LiveKit has sent them a newer
/// one: the first comes right after the join, the others every five minutes.
pub(crate) const TOKEN_TTL: Duration = Duration::from_secs(600);

/// The LiveKit server that `/token` lets people into, and the key that signs their tokens.
#[derive(Clone)]
pub struct LiveKitConfig {
    /// Its address as pages reach it, `wss://...` or `ws://...`; everybody who gets a token is told.
    pub url: String,
    /// The name of the key, the `iss` of a token.
    pub api_key: String,
    /// The secret of the key.
    pub api_secret: String,
}

/// Without the secret: configurations end up in logs.
impl fmt::Debug for LiveKitConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveKitConfig")
            .field("url", &self.url)
            .field("api_key", &self.api_key)
            .finish_non_exhaustive()
    }
}

/// Who may enter which room.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grant<'a> {
    /// LiveKit throws out whoever was in the room under the same identity before.
    pub(crate) identity: &'a ParticipantId,
    /// What the others are shown; it may be empty.
    pub(crate) name: &'a str,
    /// LiveKit takes 1 to 256 bytes.
    pub(crate) room: &'a str,
}

impl LiveKitConfig {
    /// A token that is good from now on, for [`TOKEN_TTL`].
    pub(crate) fn mint(&self, grant: Grant<'_>) -> String {
        self.mint_at(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(), grant)
    }

    /// There is no `nbf` (not before): with it, a server whose clock is behind ours would refuse the token.
    fn mint_at(&self, now: Duration, grant: Grant<'_>) -> String {
        let header = json!({"alg": "HS256", "typ": "JWT"});
        let claims = json!({
            "iss": self.api_key,
            "sub": grant.identity.to_string(),
            "name": grant.name,
            "exp": (now + TOKEN_TTL).as_secs(),
            "video": {
                "roomJoin": true,
                "room": grant.room,
                "canPublish": true,
                "canSubscribe": true,
                "canPublishData": true,
            },
        });
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let signature = sign(self.api_secret.as_bytes(), &signed);
        format!("{signed}.{signature}")
    }
}

fn encode(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

/// HMAC-SHA256 (RFC 2104), in base 64 for URLs, without padding (RFC 7515 section 2).
fn sign(secret: &[u8], text: &str) -> String {
    // A key of any length will do, so this cannot fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return String::new() };
    mac.update(text.as_bytes());
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

/// Checks the address of a LiveKit server. LiveKit's tools take `http` and `https` for the same server as `ws` and `wss`; pages
/// are told the latter.
///
/// # Errors
/// If it is none, or holds what pages should not be told; the text is for the person who typed it.
pub(crate) fn parse_url(url: &str) -> Result<String, String> {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "ws" | "http" => "ws",
        "wss" | "https" => "wss",
        _ => "",
    };
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '@' | '?' | '#' | '"' | '<' | '>' | '\\');
    if scheme.is_empty() || rest.starts_with(['/', ':']) || rest.is_empty() || !rest.chars().all(plain) {
        return Err("must look like wss://HOST or ws://HOST:PORT".to_owned());
    }
    Ok(format!("{scheme}://{}", rest.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_as_the_standard_does() {
        // RFC 7515, appendix A.1.
        let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
        let text = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQog\
                    Imh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = sign(&URL_SAFE_NO_PAD.decode(key).unwrap(), text);
        assert_eq!(signature, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    }

    #[test]
    fn a_token_says_who_may_enter_which_room_and_until_when() {
        let livekit = LiveKitConfig {
            url: "wss://livekit.example.org".to_owned(),
            api_key: "key".to_owned(),
            api_secret: "north".to_owned(),
        };
        let identity = ParticipantId::new("ann").unwrap();
        let grant = Grant { identity: &identity, name: "Ann", room: "tea" };
        let token = livekit.mint_at(Duration::from_secs(1_700_000_000), grant);
        let (signed, signature) = token.rsplit_once('.').unwrap();
        assert_eq!(signature, sign(b"north", signed));
        let (header, claims) = signed.split_once('.').unwrap();
        let read = |part| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        assert_eq!(read(header), json!({"alg": "HS256", "typ": "JWT"}));
        assert_eq!(
            read(claims),
            json!({
                "iss": "key", "sub": "ann", "name": "Ann", "exp": 1_700_000_600,
                "video": {"roomJoin": true, "room": "tea",
                          "canPublish": true, "canSubscribe": true, "canPublishData": true},
            })
        );
        assert!(!format!("{livekit:?}").contains("north"));
    }

    #[test]
    fn pages_are_told_the_address_of_a_web_socket() {
        for (typed, told) in [
            ("wss://livekit.example.org", "wss://livekit.example.org"),
            ("HTTPS://livekit.example.org/", "wss://livekit.example.org"),
            ("http://127.0.0.1:7880", "ws://127.0.0.1:7880"),
            ("ws://[::1]:7880/base/", "ws://[::1]:7880/base"),
        ] {
            assert_eq!(parse_url(typed).as_deref(), Ok(told), "{typed}");
        }
        for typed in [
            "",
            "livekit.example.org",
            "wss://",
            "wss:///rtc",
            "wss://:7880",
            "ftp://livekit.example.org",
            "wss://key:secret@livekit.example.org",
            "wss://livekit.example.org?access_token=x",
            "wss://livekit example.org",
        ] {
            assert!(parse_url(typed).is_err(), "{typed}");
        }
    }
}
