//! What a server or a room wants to see before it lets somebody in.

use crate::json::{Fields, Json};
use crate::limits::MAX_ICE_FIELD_BYTES;

/// Where each of them stands in the query of the server's URL, and in `auth` of the configuration.
const KEYS: [&str; 3] = ["pin", "token", "apisecret"];

/// Credentials, from the configuration or from the URL of a link.
#[derive(Debug, Clone, Default)]
pub(super) struct Access {
    /// The PIN of the room; a room that we create gets it too.
    pub(super) pin: Option<String>,
    /// One that the server has been told of, or has signed ("Authenticating the Janus API"), or that the room lists as
    /// allowed.
    pub(super) token: Option<String>,
    /// The secret that clients of the Janus API share with the server.
    pub(super) apisecret: Option<String>,
}

impl Access {
    /// Takes what `auth` says, and what the query of the URL says instead. Gives the URL without the latter: what is a
    /// secret to the server is nobody's business on the way to it.
    pub(super) fn take(url: &str, auth: Option<&Json>) -> (Self, String) {
        let mut access = Self::default();
        for key in KEYS {
            let text = auth.and_then(|auth| auth.at(key).as_text());
            access.set(key, text.map(str::to_owned));
        }
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let mut kept = place.to_owned();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if KEYS.contains(&key) {
                access.set(key, Some(decode(value)));
            } else {
                kept.push(if kept.len() == place.len() { '?' } else { '&' });
                kept.push_str(pair);
            }
        }
        (access, kept)
    }

    fn set(&mut self, key: &str, value: Option<String>) {
        let value = value.filter(|value| !value.is_empty() && value.len() <= MAX_ICE_FIELD_BYTES);
        match key {
            "pin" => self.pin = value,
            "token" => self.token = value,
            _ => self.apisecret = value,
        }
    }

    /// Adds what goes with every request.
    pub(super) fn sign(&self, request: &mut Fields) {
        request.maybe_text("token", self.token.as_deref());
        request.maybe_text("apisecret", self.apisecret.as_deref());
    }
}

/// A value of a query as it was before it was encoded (RFC 3986 section 2.1), as far as it is ASCII.
fn decode(value: &str) -> String {
    let (mut decoded, mut chars) = (String::new(), value.chars());
    while let Some(c) = chars.next() {
        let mut digits = chars.clone();
        let mut digit = || digits.next()?.to_digit(16);
        let byte = || Some(digit()? * 16 + digit()?);
        match (c == '%').then(byte).flatten().and_then(char::from_u32).filter(char::is_ascii) {
            Some(c) => {
                decoded.push(c);
                chars = digits;
            }
            None => decoded.push(c),
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    #[test]
    fn a_link_carries_what_the_server_wants_to_see() {
        let (access, url) = Access::take("wss://host/x?a=1&pin=4%207&token=&b&apisecret=%zz%+1%", None);
        assert_eq!(url, "wss://host/x?a=1&b");
        assert_eq!(access.pin.as_deref(), Some("4 7"));
        assert_eq!(access.token, None);
        assert_eq!(access.apisecret.as_deref(), Some("%zz%+1%"));
    }

    #[test]
    fn the_configuration_may_say_it_too() {
        let auth = parse(r#"{"token": "t", "pin": "p"}"#).unwrap();
        let (access, url) = Access::take("wss://host?pin=q", Some(&auth));
        assert_eq!(
            (url.as_str(), access.pin.as_deref(), access.token.as_deref()),
            ("wss://host", Some("q"), Some("t"))
        );
        let mut request = Fields::default();
        access.sign(&mut request);
        assert_eq!(request.encode(), r#"{"token":"t"}"#);
    }
}
