//! A signaling server that a person chose in the lobby, or that a link names.

use visavis_core::is_loopback;
use visavis_signaling::dialects::{self, mapping, tabs};
use visavis_signaling::limits::MAX_SERVER_URL_BYTES;

use super::{AppConfig, is_absolute_url};

/// Whether people may choose the server (`signaling.choose`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChoicePolicy {
    /// Only where the configuration names no server and none is found.
    #[default]
    WithoutServer,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// A server, as a person chooses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerChoice {
    /// The name of its dialect.
    pub dialect: String,
    /// Its URL; empty if the dialect has no server.
    pub url: String,
}

/// Why a [`ServerChoice`] was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChoiceError {
    /// There is no such dialect.
    Dialect,
    /// The URL is invalid, or shows another host than it means.
    Url,
    /// The page came over https and the URL is not encrypted.
    MixedContent,
}

impl ChoiceError {
    /// The stable name, for `data-` attributes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dialect => "dialect",
            Self::Url => "url",
            Self::MixedContent => "mixed-content",
        }
    }
}

impl ServerChoice {
    /// Takes a choice from a person or from a link. `secure` says that the page came over https. The URL is as a parser
    /// has written it (WHATWG URL): nothing in it can look like another host than the one that will be spoken to.
    ///
    /// # Errors
    /// If it names no dialect or no URL, one that shows something else than it means, or one that this page may not talk
    /// to.
    pub fn new(dialect: &str, url: &str, secure: bool) -> Result<Self, ChoiceError> {
        let entry = dialects::named(dialect).ok_or(ChoiceError::Dialect)?;
        let url = if needs_url(entry.name) { url.trim() } else { "" };
        let absolute = url.len() <= MAX_SERVER_URL_BYTES && is_absolute_url(url);
        let path = url.starts_with('/') && !url.starts_with("//");
        if needs_url(entry.name) && (!(absolute || path) || is_deceptive(url)) {
            return Err(ChoiceError::Url);
        }
        if secure && is_mixed_content(url) {
            return Err(ChoiceError::MixedContent);
        }
        Ok(Self { dialect: entry.name.to_owned(), url: url.to_owned() })
    }

    /// The host of the server, with its port if it is not the usual one; empty if it is that of the page, or none.
    pub fn host(&self) -> &str {
        authority(&self.url)
    }
}

/// What names the server in a URL (RFC 3986 section 3.2).
fn authority(url: &str) -> &str {
    // Looking for a text within a text would cost the bundle kilobytes.
    let rest = url.split_once(':').and_then(|(_, rest)| rest.strip_prefix("//")).unwrap_or_default();
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// Whether people may read another host in a URL than browsers do: one with a user in front of it, a backslash, which
/// browsers take for a slash, or anything but plain letters, of which some look like others or turn the rest around.
fn is_deceptive(url: &str) -> bool {
    authority(url).contains('@') || url.bytes().any(|byte| !byte.is_ascii_graphic() || byte == b'\\')
}

/// Whether a dialect has a server to talk to.
pub fn needs_url(dialect: &str) -> bool {
    dialect != tabs::NAME
}

/// Whether browsers refuse this URL to a page that came over https (W3C Mixed Content): it is not encrypted, and names
/// another machine.
pub fn is_mixed_content(url: &str) -> bool {
    (url.starts_with("ws://") || url.starts_with("http://")) && !is_loopback(url)
}

impl AppConfig {
    /// Whether this page can speak a dialect of the list: the one that follows a file needs that file.
    pub fn supports(&self, dialect: &str) -> bool {
        dialect != mapping::NAME || self.mapping.is_some()
    }

    /// The same configuration with another server. What is meant for the configured one is dropped: other URLs of it, its
    /// namespace, and what it is shown.
    #[must_use]
    pub fn with_server(&self, ServerChoice { dialect, url }: ServerChoice) -> Self {
        let (namespace, token_url) = (String::new(), String::new());
        let (auth, alternative_urls) = (None, None);
        Self { signaling_url: url, dialect, alternative_urls, token_url, namespace, auth, ..self.clone() }
    }
}

impl ServerChoice {
    /// The choice of no server: the `tabs` dialect.
    pub fn tabs() -> Self {
        Self { dialect: tabs::NAME.to_owned(), url: String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(dialect: &str, url: &str, secure: bool) -> Result<String, ChoiceError> {
        ServerChoice::new(dialect, url, secure).map(|choice| choice.url)
    }

    #[test]
    fn an_address_is_a_url_or_a_path() {
        for url in ["wss://example.org", " wss://example.org/x?key=a ", "/ws", "https://example.org/"] {
            assert_eq!(choose("visavis", url, true).as_deref(), Ok(url.trim()), "{url}");
        }
        let with_token = ["wss://example.org?access_token=", &"a".repeat(3000)].concat();
        assert_eq!(choose("livekit", &with_token, true).as_deref(), Ok(with_token.as_str()));
        for url in ["", "example.org", "ftp://example.org", "wss:", "wss://", "javascript:alert(1)"] {
            assert_eq!(choose("visavis", url, true), Err(ChoiceError::Url), "{url}");
        }
        assert_eq!(choose("klingon", "wss://example.org", true), Err(ChoiceError::Dialect));
        assert_eq!(choose("tabs", "whatever", true).as_deref(), Ok(""));
    }

    #[test]
    fn an_address_shows_what_it_means() {
        for url in [
            "wss://meet.example.org@elsewhere.example/",
            "wss://meet.example.org:443@elsewhere.example/",
            "wss://:@elsewhere.example/",
            "wss://localhost:80@elsewhere.example/",
            "ws://localhost:80@elsewhere.example/",
            "wss://elsewhere.example\\@meet.example.org/",
            "wss:\\\\elsewhere.example/",
            "wss://meet.example.org\u{202e}gro.rehtona/",
            "wss://meet.ex\u{430}mple.org/",
            "wss://meet.example.org\u{2024}elsewhere.example/",
            "wss://meet.example.org/\u{200b}",
            "wss://meet example/",
            "wss://meet\nexample/",
            "//elsewhere.example/ws",
            "/\\elsewhere.example/ws",
        ] {
            assert_eq!(choose("visavis", url, true), Err(ChoiceError::Url), "{url:?}");
        }
        for (url, host) in [
            ("wss://meet.example.org/ws?to=a@b", "meet.example.org"),
            ("wss://meet.example.org:8443/@someone", "meet.example.org:8443"),
            ("https://xn--mller-kva.example?a#b", "xn--mller-kva.example"),
            ("wss://[::1]:9/", "[::1]:9"),
            ("/ws", ""),
        ] {
            let choice = ServerChoice::new("visavis", url, true);
            assert_eq!(choice.map(|choice| choice.host().to_owned()).as_deref(), Ok(host));
        }
        assert_eq!(ServerChoice::tabs().host(), "");
    }

    #[test]
    fn a_secure_page_needs_a_secure_server() {
        for url in ["ws://example.org", "http://example.org/", "ws://192.0.2.1:80/"] {
            assert_eq!(choose("visavis", url, true), Err(ChoiceError::MixedContent), "{url}");
            assert!(choose("visavis", url, false).is_ok(), "{url}");
        }
        for url in ["ws://localhost:8080/ws", "ws://127.0.0.1/", "http://[::1]:8080/"] {
            assert!(choose("visavis", url, true).is_ok(), "{url}");
        }
    }

    #[test]
    fn a_choice_has_a_dialect() {
        let choice = ServerChoice::new("ayame", "wss://b", true).unwrap();
        let config = AppConfig::default().with_server(choice);
        let dialect = config.make_dialect("x".repeat(64), "1", "").unwrap();
        assert_eq!(dialect.endpoint().url, "wss://b");
        let tabs = ServerChoice::tabs();
        assert_eq!(ServerChoice::new(&tabs.dialect, "", true), Ok(tabs));
    }
}
