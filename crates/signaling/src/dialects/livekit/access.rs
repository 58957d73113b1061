//! Where the server is, and what lets us in: an access token, which is a JSON Web Token (RFC 7519) with the room, our identity
//! and our name in it.

use super::{PROTOCOL, SDK, SDK_VERSION};
use crate::json::Json;
use crate::limits::MAX_ICE_FIELD_BYTES;

/// Most servers of one deployment.
const MAX_SERVERS: usize = 8;
/// What the token is called in `auth` of the configuration, and in the query of a link's URL.
const TOKEN: [&str; 2] = ["token", "access_token"];
/// The path at which a server opens WebSockets, below where it is.
const PATH: &str = "/rtc";

/// The servers of a deployment, and the newest token for them.
#[derive(Debug)]
pub(super) struct Access {
    /// Their URLs, without what is a secret.
    servers: Vec<String>,
    /// Which of them is tried now.
    current: usize,
    token: String,
}

impl Access {
    /// `url` is one URL, or several with commas between them; the token is in the query of one of them, or in `auth`.
    pub(super) fn new(url: &str, auth: Option<&Json>) -> Self {
        let configured = TOKEN.iter().find_map(|key| auth?.at(key).as_text()).unwrap_or_default();
        let mut access = Self { servers: Vec::new(), current: 0, token: configured.to_owned() };
        for url in url.split(',').take(MAX_SERVERS) {
            let (place, query) = url.split_once('?').unwrap_or((url, ""));
            let token = |pair: &&str| pair.split_once('=').is_some_and(|(key, _)| TOKEN.contains(&key));
            if let Some((_, token)) = query.split('&').find(token).and_then(|pair| pair.split_once('=')) {
                token.clone_into(&mut access.token);
            }
            let place = place.trim().trim_end_matches('/');
            access.servers.push([place.strip_suffix(PATH).unwrap_or(place), PATH].concat());
        }
        access
    }

    /// Where to connect.
    pub(super) fn url(&self) -> &str {
        self.servers.get(self.current).map_or("", String::as_str)
    }

    /// The server that was tried does not answer: the next one of the deployment, if there are several.
    pub(super) fn next_server(&mut self) {
        self.current = (self.current + 1).checked_rem(self.servers.len()).unwrap_or_default();
    }

    /// The server gives a new token every few minutes, since the one that we came with does not last.
    pub(super) fn refresh(&mut self, token: &str) {
        if is_token(token) {
            token.clone_into(&mut self.token);
        }
    }

    /// The query of the URL. `resumed` is the participant whose connections are to be taken up again.
    pub(super) fn query(&self, resumed: Option<&str>) -> String {
        let token = if is_token(&self.token) { &self.token } else { "" };
        let mut query = ["access_token=", token, "&auto_subscribe=1&adaptive_stream=1&sdk=", SDK].concat();
        for (key, value) in [("version", SDK_VERSION), ("protocol", PROTOCOL)] {
            query.push_str(&["&", key, "=", value].concat());
        }
        if let Some(sid) = resumed.filter(|sid| is_token(sid)) {
            // The signaling connection was lost (`RR_SIGNAL_DISCONNECTED`).
            query.push_str(&["&reconnect=1&reconnect_reason=1&sid=", sid].concat());
        }
        query
    }
}

/// Whether a text is made of what tokens and ids are made of (base64url and dots), so that it cannot become another part of a URL.
fn is_token(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    text.len() <= 4 * MAX_ICE_FIELD_BYTES && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    #[test]
    fn a_link_or_the_configuration_has_the_token() {
        let access = Access::new("wss://a.example/?x=1&access_token=aa.bb-c_c", None);
        assert_eq!(access.url(), "wss://a.example/rtc");
        assert!(access.query(None).starts_with("access_token=aa.bb-c_c&auto_subscribe=1"));
        let auth = parse(r#"{"token": "dd"}"#).unwrap();
        let access = Access::new("wss://a.example/base/rtc", Some(&auth));
        assert_eq!(access.url(), "wss://a.example/base/rtc");
        assert!(access.query(Some("PA_x")).ends_with("&reconnect=1&reconnect_reason=1&sid=PA_x"));
    }

    #[test]
    fn what_is_no_token_becomes_no_other_parameter() {
        let mut access = Access::new("wss://a.example?token=a", None);
        access.refresh("b&hidden=1");
        assert!(access.query(Some("x&y=1")).starts_with("access_token=a&"));
        assert!(!access.query(Some("x&y=1")).contains("sid"));
    }

    #[test]
    fn servers_of_one_deployment_take_turns() {
        let mut access = Access::new("wss://a.example, wss://b.example?token=t", None);
        assert_eq!(access.url(), "wss://a.example/rtc");
        access.next_server();
        assert_eq!(access.url(), "wss://b.example/rtc");
        access.next_server();
        assert_eq!(access.url(), "wss://a.example/rtc");
    }
}
