//! Where the server is, and what lets us in: an access token, which is a JSON Web Token (RFC 7519) with the room, our identity
//! and our name in it.

use super::wire::{Compression, join_request_parameter};
use super::{PROTOCOL, SDK, SDK_VERSION};
use crate::dialect::TokenRequest;
use crate::dialects::{Options, known_as};
use crate::json::{self, Fields, Json};
use crate::limits::{MAX_ALTERNATIVE_URLS, MAX_ERROR_CHARS, MAX_TOKEN_RESPONSE_BYTES};
use crate::rejection::{RejectCode, Rejection};
use crate::text::clean;

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
    /// Who gives out tokens, if somebody does.
    source: Option<TokenSource>,
}

/// Somebody who gives out tokens.
#[derive(Debug)]
struct TokenSource {
    url: String,
    /// The secret that makes us the same participant again after a reload; only for the server that the page is from.
    secret: String,
    /// The same for all others: it is told to everybody in the room.
    identity: String,
    room: String,
    name: String,
}

impl Access {
    /// The token is in the query of the URL, or in `auth`, or is given out at `token_url`.
    pub(super) fn new(options: Options) -> Self {
        let Options { url, alternative_urls, token_url, identity, auth, .. } = options;
        let auth = |key: &&str| auth.as_ref()?.at(key).as_text();
        let mut token = TOKEN.iter().find_map(auth).unwrap_or_default().to_owned();
        let (url, query) = url.split_once('?').unwrap_or((&url, ""));
        for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            if TOKEN.contains(&key) {
                value.clone_into(&mut token);
            }
        }
        let mut servers = vec![socket_url(url)];
        let alternatives = alternative_urls.as_ref().unwrap_or(&Json::Null).elements();
        servers.extend(alternatives.iter().filter_map(Json::as_text).map(socket_url));
        let source = (!token_url.is_empty()).then(|| TokenSource {
            url: token_url,
            identity: known_as(&identity).to_owned(),
            secret: identity,
            room: String::new(),
            name: String::new(),
        });
        Self { servers, current: 0, token, source }
    }

    /// Where to connect.
    pub(super) fn url(&self) -> &str {
        self.servers.get(self.current).map_or("", String::as_str)
    }

    /// The server that was tried does not answer, or does not take the token: the next one of the deployment, if there are
    /// several, with another token, if somebody gives it.
    pub(super) fn next_server(&mut self) {
        self.current = (self.current + 1).checked_rem(self.servers.len()).unwrap_or_default();
        if self.source.is_some() {
            self.token.clear();
        }
    }

    /// Which room the token is to be for, and what we are called there.
    pub(super) fn enter(&mut self, room: &str, name: &str) {
        let Some(source) = &mut self.source else { return };
        if source.room != room || source.name != name {
            self.token.clear();
            room.clone_into(&mut source.room);
            name.clone_into(&mut source.name);
        }
    }

    /// Asks for a token, if there is none and somebody gives them (LiveKit's `TokenSourceRequest`).
    pub(super) fn token_request(&self) -> Option<TokenRequest> {
        let source = self.source.as_ref().filter(|_| self.token.is_empty())?;
        let mut body = Fields::of_texts(&[("room_name", &source.room), ("participant_name", &source.name)]);
        let own = !source.url.contains(':') && !source.url.starts_with("//");
        let authorization = if own {
            ["Bearer ", &source.secret].concat()
        } else {
            body.text("participant_identity", &source.identity);
            String::new()
        };
        Some(TokenRequest { url: source.url.clone(), authorization, body: body.encode() })
    }

    /// The answer to that (`TokenSourceResponse`).
    ///
    /// # Errors
    /// If it is a refusal, or makes no sense.
    pub(super) fn on_token_response(&mut self, status: u16, body: &str) -> Result<(), Rejection> {
        let rejected =
            |code, text: &str| Rejection { code, text: clean(text, MAX_ERROR_CHARS), closes: false };
        let code = match status {
            200..=299 if body.len() <= MAX_TOKEN_RESPONSE_BYTES => {
                let response = json::parse(body).unwrap_or(Json::Null);
                let field = |names: [&str; 2]| names.iter().find_map(|name| response.at(name).as_text());
                self.refresh(field(["participant_token", "participantToken"]).unwrap_or_default());
                if let Some(url) = field(["server_url", "serverUrl"]).filter(|url| is_socket_url(url)) {
                    let url = socket_url(url);
                    self.servers.retain(|known| *known != url);
                    self.servers.truncate(MAX_ALTERNATIVE_URLS);
                    self.servers.insert(0, url);
                    self.current = self.current.min(self.servers.len().saturating_sub(1));
                }
                return if self.token.is_empty() {
                    Err(rejected(
                        RejectCode::BadRequest,
                        "no access token is given out at the configured address",
                    ))
                } else {
                    Ok(())
                };
            }
            400 | 413 => RejectCode::BadRequest,
            401 | 403 => RejectCode::Unauthorised,
            429 => RejectCode::RateLimited,
            _ => RejectCode::Unknown,
        };
        Err(rejected(code, body))
    }

    /// The server gives a new token every few minutes, since the one that we came with does not last.
    pub(super) fn refresh(&mut self, token: &str) {
        if is_token(token) {
            token.clone_into(&mut self.token);
        }
    }

    /// The query of the URL where there is one connection, with a [`join_request`].
    pub(super) fn join_query(&self, join_request: &str) -> String {
        ["access_token=", self.token(), "&join_request=", join_request].concat()
    }

    /// What a browser does not tell of a WebSocket: whether the server takes the token; where there is none yet, whether it is
    /// there at all.
    pub(super) fn probe_url(&self) -> String {
        if self.token().is_empty() {
            let server = self.url().strip_suffix(PATH).unwrap_or_default();
            return [server, "/"].concat();
        }
        [self.url(), "/validate?", &self.query(None)].concat()
    }

    fn token(&self) -> &str {
        if is_token(&self.token) { &self.token } else { "" }
    }

    /// The query of the URL where there are two. `resumed` is the participant whose connections are to be taken up again.
    pub(super) fn query(&self, resumed: Option<&str>) -> String {
        let mut query =
            ["access_token=", self.token(), "&auto_subscribe=1&adaptive_stream=1&sdk=", SDK].concat();
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

/// A `JoinRequest` as it is in a URL. `resumed` is the participant whose connections are to be taken up again, `published` the
/// announcements of tracks, and the offer that they are in.
pub(super) fn join_request(resumed: Option<&str>, published: Option<(Vec<Json>, Fields)>) -> String {
    let mut client = Fields::of_texts(&[("sdk", "JS"), ("version", SDK_VERSION)]);
    client.put("protocol", Json::Number(PROTOCOL.to_owned()));
    let mut settings = Fields::default();
    settings.bool("autoSubscribe", true);
    settings.bool("adaptiveStream", true);
    let mut request = Fields::default();
    request.put("clientInfo", client);
    request.put("connectionSettings", settings);
    if let Some(sid) = resumed {
        request.bool("reconnect", true);
        request.text("reconnectReason", "RR_SIGNAL_DISCONNECTED");
        request.text("participantSid", sid);
    }
    // The rest is not worth it.
    let compression = if published.is_some() { Compression::Gzip } else { Compression::None };
    if let Some((announcements, offer)) = published {
        request.put("addTrackRequests", Json::List(announcements));
        request.put("publisherOffer", offer);
    }
    join_request_parameter(&request.encode(), compression).unwrap_or_default()
}

/// Where a server opens WebSockets: of its URL, as people write it.
fn socket_url(url: &str) -> String {
    let url = url.trim().trim_end_matches('/');
    let url = url.strip_suffix(PATH).unwrap_or(url);
    let scheme = if url.starts_with("http") { "ws" } else { "" };
    [scheme, url.strip_prefix("http").unwrap_or(url), PATH].concat()
}

/// Whether whoever gives out tokens may send us there.
fn is_socket_url(url: &str) -> bool {
    let known = ["ws://", "wss://", "http://", "https://"].iter().any(|scheme| url.starts_with(scheme));
    known && url.bytes().all(|byte| byte.is_ascii_graphic()) && !url.contains(['?', '#'])
}

/// Whether a text is made of what tokens and ids are made of (base64url and dots), so that it cannot become another part of a URL.
fn is_token(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !text.is_empty() && text.len() <= MAX_TOKEN_RESPONSE_BYTES && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    fn access(url: &str) -> Access {
        Access::new(Options { url: url.to_owned(), ..Options::default() })
    }

    #[test]
    fn a_link_or_the_configuration_has_the_token() {
        let from_link = access("wss://a.example/?x=1&access_token=aa.bb-c_c");
        assert_eq!(from_link.url(), "wss://a.example/rtc");
        assert!(from_link.query(None).starts_with("access_token=aa.bb-c_c&auto_subscribe=1"));
        let auth = parse(r#"{"token": "dd"}"#).ok();
        let options = Options { url: "https://a.example/base/rtc".into(), auth, ..Options::default() };
        let configured = Access::new(options);
        assert_eq!(configured.url(), "wss://a.example/base/rtc");
        assert!(configured.query(Some("PA_x")).ends_with("&reconnect=1&reconnect_reason=1&sid=PA_x"));
    }

    #[test]
    fn what_is_no_token_becomes_no_other_parameter() {
        let mut access = access("wss://a.example?token=a");
        access.refresh("b&hidden=1");
        assert!(access.query(Some("x&y=1")).starts_with("access_token=a&"));
        assert!(!access.query(Some("x&y=1")).contains("sid"));
    }

    #[test]
    fn servers_of_one_deployment_take_turns() {
        let alternative_urls = Some(Json::List(vec![Json::text("wss://b.example")]));
        let options = Options { url: "wss://a.example".into(), alternative_urls, ..Options::default() };
        let mut access = Access::new(options);
        let urls = [0; 3].map(|_| {
            access.next_server();
            access.url().to_owned()
        });
        assert_eq!(urls, ["wss://b.example/rtc", "wss://a.example/rtc", "wss://b.example/rtc"]);
    }

    #[test]
    fn a_token_is_asked_for_and_the_secret_is_for_the_pages_own_server_alone() {
        let identity = ["0123456789abcdef"; 4].concat();
        let with_source = |token_url: &str| {
            let token_url = token_url.to_owned();
            let options = Options { token_url, identity: identity.clone(), ..Options::default() };
            let mut access = Access::new(options);
            access.enter("tea", "Ann");
            access
        };
        for (url, own) in
            [("token", true), ("/token", true), ("//b.example/t", false), ("https://b.example", false)]
        {
            let asked = with_source(url).token_request().unwrap();
            assert_eq!(asked.authorization == format!("Bearer {identity}"), own, "{url}");
            assert_eq!(asked.body.contains("participant_identity"), !own, "{url}");
            assert!(!asked.body.contains(&identity), "{url}");
        }
        let mut access = with_source("/token");
        let refused = access.on_token_response(429, "Too many").unwrap_err();
        assert_eq!((refused.code, refused.text.as_str()), (RejectCode::RateLimited, "Too many"));
        assert!(access.on_token_response(200, "<html>").is_err(), "a page that is always there");
        let answer = r#"{"server_url": "wss://c.example", "participant_token": "e"}"#;
        assert_eq!(access.on_token_response(200, answer), Ok(()));
        assert_eq!((access.url(), access.token_request()), ("wss://c.example/rtc", None));
        // Another room needs another token.
        access.enter("soup", "Ann");
        assert!(access.token_request().is_some());
    }
}
