//! What lets somebody into a room of LiveKit: a JSON Web Token, which elsewhere a site makes for those who have logged in.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::livekit::SECRET;

/// Who somebody is, and what they may do.
#[derive(Debug, Clone)]
pub struct Token<'a> {
    /// Who it is to the server: one at a time in a room.
    pub identity: &'a str,
    /// What the others call them.
    pub name: &'a str,
    /// The only room it leads into.
    pub room: &'a str,
    /// For how many seconds from now it lets in, but for a minute that clocks may differ by. Less than zero: it did.
    pub valid_for: i64,
    /// More claims for its `video`, such as `{"canPublish": false}` or `{"hidden": true}`.
    pub grants: Value,
}

impl Default for Token<'_> {
    fn default() -> Self {
        Self { identity: "", name: "", room: "", valid_for: 3600, grants: json!({}) }
    }
}

impl Token<'_> {
    /// The token as a text.
    pub(crate) fn sign(&self) -> String {
        let Self { identity, name, room, valid_for, grants } = self;
        let mut video = json!({ "roomJoin": true, "room": room });
        for (name, value) in grants.as_object().into_iter().flatten() {
            video[name] = value.clone();
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock that is set").as_secs();
        let expires = now.cast_signed() + valid_for;
        let claims =
            json!({ "iss": "visavis", "sub": identity, "name": name, "exp": expires, "video": video });
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let header = json!({ "alg": "HS256", "typ": "JWT" });
        let signed = [header, claims].map(|part| encode(part.to_string().as_bytes())).join(".");
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key may have any length");
        mac.update(signed.as_bytes());
        format!("{signed}.{}", encode(&mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_granted_stands_beside_the_room() {
        let grants = json!({ "canPublish": false });
        let token = Token { identity: "ann", room: "tea", grants, ..Token::default() }.sign();
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["sub"], "ann");
        assert_eq!(claims["video"], json!({ "roomJoin": true, "room": "tea", "canPublish": false }));
    }
}
