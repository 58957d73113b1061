//! `config.json`: what a page is configured with, checked so that an error names the field.

mod choice;

use std::fmt;
use std::rc::Rc;

use visavis_core::{ContactPolicy, RoomConfig, VideoQuality};
use visavis_signaling::dialects::{self, Mapping, mapping};
use visavis_signaling::json::{self, Json, JsonError, Object, read_each};
use visavis_signaling::limits::{
    MAX_ALTERNATIVE_URLS, MAX_ICE_FIELD_BYTES, MAX_ICE_SERVERS, MAX_NAME_CHARS, MAX_ROOM_CHARS,
    MAX_SERVER_URL_BYTES,
};
use visavis_signaling::{Dialect, IceServer, ice, normalize};

pub use self::choice::{ChoiceError, ChoicePolicy, ServerChoice, is_mixed_content, needs_url};

/// The configuration of a page: the contents of `config.json` beside `index.html`.
///
/// Every field is optional; the default is a server at `/ws` of the page's own origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppConfig {
    /// URL of the signaling server: `ws:`, `wss:`, `http:`, `https:`, or relative to the page. Default: `/ws`.
    pub signaling_url: String,
    /// Which of the listed dialects (`docs/dialects.md`) the signaling server speaks. Default: our own.
    pub dialect: String,
    /// Other URLs of the same deployment: a list of texts. Only for dialects whose servers are several.
    pub alternative_urls: Option<Json>,
    /// Where an access token is given out to whoever wants to join (`POST`), relative to the page; empty if nowhere.
    pub token_url: String,
    /// Socket.IO servers: the namespace (`/admin`), if it is not the root.
    pub namespace: String,
    /// Socket.IO servers: what to show to a middleware (`{"token": "x"}`).
    pub auth: Option<Json>,
    /// Whether the file names a server at all.
    pub names_server: bool,
    /// Whether people may choose another server.
    pub choice_policy: ChoicePolicy,
    /// When a server that was chosen in place of this page's own may be contacted. Not set by the file.
    pub contact_policy: ContactPolicy,
    /// The `mapping` dialect: URL of the file that describes the server, relative to the page; empty if the
    /// configuration names none.
    pub mapping_url: String,
    /// The `mapping` dialect: the description of the server, once it has been read.
    pub mapping: Option<Rc<Mapping>>,
    /// The `mapping` dialect: a description that stands in the configuration itself and has not been read yet
    /// ([`AppConfig::resolve_mapping`]).
    pub inline_mapping: Option<Json>,
    /// ICE servers (`RTCIceServer`).
    pub ice_servers: Vec<IceServer>,
    /// Use relays only.
    pub relay_only: bool,
    /// Whether a connection is made ready before it is needed.
    pub prepare_connection: bool,
    /// Whether a page of ours registers a service worker, which says what is missing when the page cannot be loaded.
    pub service_worker: bool,
    /// How many people the lobby says a room takes, if the server does not tell.
    pub capacity: Option<u32>,
    /// The room that the lobby proposes.
    pub room: Option<String>,
    /// The name that the lobby proposes.
    pub name: Option<String>,
    /// Whether the microphone is on at first.
    pub microphone: bool,
    /// Whether the camera is on at first.
    pub camera: bool,
    /// How much videos may cost, until the person says otherwise.
    pub video_quality: VideoQuality,
}

impl Default for AppConfig {
    fn default() -> Self {
        Self {
            signaling_url: "/ws".to_owned(),
            dialect: "visavis".to_owned(),
            alternative_urls: None,
            token_url: String::new(),
            namespace: String::new(),
            auth: None,
            names_server: false,
            choice_policy: ChoicePolicy::default(),
            contact_policy: ContactPolicy::default(),
            mapping_url: String::new(),
            mapping: None,
            inline_mapping: None,
            ice_servers: Vec::new(),
            relay_only: false,
            prepare_connection: true,
            service_worker: true,
            capacity: None,
            room: None,
            name: None,
            microphone: true,
            camera: true,
            video_quality: VideoQuality::default(),
        }
    }
}

/// What reads a description of a server ([`Mapping::read`]); its second argument is the path of the description, for
/// errors.
pub type ReadMapping = fn(&Json, &str) -> Result<Mapping, JsonError>;

/// What is wrong with a configuration: [`fmt::Display`] gives one sentence that names the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(JsonError);

impl ConfigError {
    /// The field, as a path (`signaling.url`); empty if the whole file is not JSON.
    pub fn field(&self) -> &str {
        &self.0.field
    }

    /// The sentence, with the line of the text on which the field stands.
    pub fn in_text(&self, text: &str) -> String {
        self.0.in_text(text)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for ConfigError {}

impl From<JsonError> for ConfigError {
    fn from(error: JsonError) -> Self {
        Self(error)
    }
}

impl AppConfig {
    /// Reads the text of a `config.json`.
    ///
    /// ```
    /// let error = visavis_app::AppConfig::parse(r#"{"signaling": {"url": 7}}"#).unwrap_err();
    /// assert_eq!(error.to_string(), "\"signaling.url\" must be a text");
    /// ```
    ///
    /// # Errors
    /// If it is not a JSON object, a field has the wrong type, or there is a field that nobody knows: a misspelt name
    /// would otherwise be silently without effect.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        Self::parse_without_mapping(text)?.resolve_mapping(Mapping::read)
    }

    /// Reads all but a description of a server that stands inside, which stays in `inline_mapping`: a page may have to
    /// load the code that reads it.
    ///
    /// # Errors
    /// As for [`AppConfig::parse`].
    pub fn parse_without_mapping(text: &str) -> Result<Self, ConfigError> {
        let value = json::parse(text)?;
        let root = Object::root(&value)?;
        deny_unknown_fields(
            &root,
            &[
                "signaling",
                "iceServers",
                "relayOnly",
                "prepareConnection",
                "serviceWorker",
                "capacity",
                "defaults",
            ],
        )?;
        let mut config = Self {
            ice_servers: read_each(&root, "iceServers", MAX_ICE_SERVERS, read_server)?,
            relay_only: root.optional_bool("relayOnly")?.unwrap_or(false),
            prepare_connection: root.optional_bool("prepareConnection")?.unwrap_or(true),
            service_worker: root.optional_bool("serviceWorker")?.unwrap_or(true),
            capacity: read_capacity(&root)?,
            ..Self::default()
        };
        if let Some(signaling) = root.optional_object("signaling")? {
            config.read_signaling(&signaling)?;
        }
        if let Some(defaults) = root.optional_object("defaults")? {
            config.read_defaults(&defaults)?;
        }
        Ok(config)
    }

    /// Reads the description of a server that stands inside, if there is one.
    ///
    /// # Errors
    /// If the description is not valid.
    pub fn resolve_mapping(mut self, read: ReadMapping) -> Result<Self, ConfigError> {
        if let Some(inline_mapping) = self.inline_mapping.take() {
            self.mapping = Some(Rc::new(read(&inline_mapping, "signaling.mapping")?));
        }
        Ok(self)
    }

    fn read_signaling(&mut self, signaling: &Object<'_>) -> Result<(), JsonError> {
        deny_unknown_fields(
            signaling,
            &["url", "alternativeUrls", "tokenUrl", "dialect", "namespace", "auth", "choose", "mapping"],
        )?;
        self.names_server = signaling.get("url").is_some() || signaling.get("dialect").is_some();
        self.choice_policy = match signaling.optional_bool("choose")? {
            Some(true) => ChoicePolicy::Always,
            Some(false) => ChoicePolicy::Never,
            None => ChoicePolicy::WithoutServer,
        };
        if let Some(name) = signaling.optional_text("dialect", MAX_NAME_CHARS)? {
            if dialects::named(name).is_none() {
                let names = dialects::ALL.iter().flat_map(|entry| [" ", entry.name]);
                return Err(signaling
                    .error("dialect", &["must be one of:"].into_iter().chain(names).collect::<String>()));
            }
            name.clone_into(&mut self.dialect);
        }
        self.read_alternative_urls(signaling)?;
        if let Some(url) = signaling.optional_text("tokenUrl", MAX_ICE_FIELD_BYTES)? {
            url.clone_into(&mut self.token_url);
        }
        self.read_socket_io(signaling)?;
        self.read_mapping(signaling)?;
        if let Some(url) = signaling.optional_text("url", MAX_SERVER_URL_BYTES)? {
            if !is_signaling_url(url) {
                return Err(signaling.error("url", "must be a ws:, wss:, http: or https: URL, or a path"));
            }
            self.signaling_url = url.to_owned();
        }
        Ok(())
    }

    fn read_alternative_urls(&mut self, signaling: &Object<'_>) -> Result<(), JsonError> {
        let key = "alternativeUrls";
        for url in signaling.optional_list(key, MAX_ALTERNATIVE_URLS)?.unwrap_or_default() {
            if !url.as_text().is_some_and(is_absolute_url) {
                return Err(signaling.error(key, "must be ws: or wss: URLs"));
            }
        }
        self.alternative_urls = signaling.get(key).cloned();
        Ok(())
    }

    fn read_socket_io(&mut self, signaling: &Object<'_>) -> Result<(), JsonError> {
        if let Some(namespace) = signaling.optional_text("namespace", MAX_NAME_CHARS)? {
            if !namespace.starts_with('/') || namespace.contains([',', '?']) {
                return Err(signaling.error("namespace", "must start with a slash"));
            }
            namespace.clone_into(&mut self.namespace);
        }
        if signaling.optional_object("auth")?.is_some() {
            self.auth = signaling.get("auth").cloned();
        }
        Ok(())
    }

    /// A URL, or the description itself.
    fn read_mapping(&mut self, signaling: &Object<'_>) -> Result<(), JsonError> {
        match signaling.get("mapping") {
            Some(inline_mapping @ Json::Object(_)) => self.inline_mapping = Some(inline_mapping.clone()),
            _ => {
                if let Some(url) = signaling.optional_text("mapping", MAX_ICE_FIELD_BYTES)? {
                    url.clone_into(&mut self.mapping_url);
                }
            }
        }
        Ok(())
    }

    /// URL of the description of a server that is still to be read from a file, if one is named or needed; relative to
    /// the page.
    pub fn missing_mapping_url(&self) -> Option<&str> {
        let named = Some(self.mapping_url.as_str()).filter(|url| !url.is_empty());
        let needed = (self.dialect == mapping::NAME).then_some("mapping.json");
        named.or(needed).filter(|_| self.mapping.is_none() && self.inline_mapping.is_none())
    }

    /// Whether a description of a server is still to be read, here or in a file.
    pub fn has_unread_mapping(&self) -> bool {
        self.inline_mapping.is_some() || self.missing_mapping_url().is_some()
    }

    /// How a room of this page begins. `seed` is [`RoomConfig::seed`].
    pub fn room_config(&self, seed: u64) -> RoomConfig {
        RoomConfig {
            ice_servers: self.ice_servers.clone(),
            relay_only: self.relay_only,
            capacity: self.capacity,
            microphone: self.microphone,
            camera: self.camera,
            contact_policy: self.contact_policy,
            prepare_connection: self.prepare_connection,
            seed,
        }
    }

    /// The dialect that this configuration asks for; `None` if there is none of that name. The arguments are as in
    /// [`dialects::Options`].
    pub fn make_dialect(
        &self,
        identity: impl Into<String>,
        page: impl Into<String>,
        user_agent: impl Into<String>,
    ) -> Option<Box<dyn Dialect>> {
        let entry = dialects::named(&self.dialect)?;
        Some((entry.make)(dialects::Options {
            url: self.signaling_url.clone(),
            alternative_urls: self.alternative_urls.clone(),
            token_url: self.token_url.clone(),
            identity: identity.into(),
            page: page.into(),
            namespace: self.namespace.clone(),
            auth: self.auth.clone(),
            mapping: self.mapping.clone(),
            user_agent: user_agent.into(),
        }))
    }

    fn read_defaults(&mut self, defaults: &Object<'_>) -> Result<(), JsonError> {
        deny_unknown_fields(defaults, &["room", "name", "microphone", "camera", "videoQuality"])?;
        self.room = defaults.optional_text("room", MAX_ROOM_CHARS * 4)?.map(str::to_owned);
        self.name = defaults.optional_text("name", MAX_NAME_CHARS * 4)?.map(str::to_owned);
        self.microphone = defaults.optional_bool("microphone")?.unwrap_or(true);
        self.camera = defaults.optional_bool("camera")?.unwrap_or(true);
        if let Some(name) = defaults.optional_text("videoQuality", MAX_NAME_CHARS)? {
            self.video_quality = VideoQuality::named(name).ok_or_else(|| {
                defaults.error("videoQuality", "must be \"automatic\", \"saveData\" or \"best\"")
            })?;
        }
        Ok(())
    }
}

fn deny_unknown_fields(object: &Object<'_>, known: &[&str]) -> Result<(), JsonError> {
    match object.keys().find(|key| !known.contains(key)) {
        Some(key) => Err(object.error(key, "is not a known setting")),
        None => Ok(()),
    }
}

fn read_server(fields: &Object<'_>) -> Result<IceServer, JsonError> {
    deny_unknown_fields(fields, &["urls", "username", "credential"])?;
    let server = normalize::ice_server(fields)?;
    ice::validate(&server).map_err(|(field, flaw)| fields.error(field, flaw))?;
    Ok(server)
}

fn read_capacity(root: &Object<'_>) -> Result<Option<u32>, JsonError> {
    match root.optional_u32("capacity")? {
        Some(0 | 1) => Err(root.error("capacity", "must be 2 or more")),
        capacity => Ok(capacity),
    }
}

fn is_signaling_url(url: &str) -> bool {
    is_absolute_url(url) || (!url.is_empty() && !url.contains(':'))
}

/// Whether a text is an absolute URL with a scheme that reaches a signaling server and an authority.
fn is_absolute_url(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once(':') else { return false };
    matches!(scheme, "ws" | "wss" | "http" | "https") && rest.starts_with("//") && rest.len() > 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        AppConfig::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn empty_is_the_default() {
        assert_eq!(AppConfig::parse("{}"), Ok(AppConfig::default()));
    }

    #[test]
    fn reads_everything() {
        let config = AppConfig::parse(
            r#"{"signaling": {"url": "wss://example.org/ws"}, "iceServers": [{"urls": "stun:example.org"}],
                "relayOnly": true, "serviceWorker": false, "capacity": 4, "defaults": {"room": "tea", "name": "Ann", "camera": false, "videoQuality": "best"}}"#,
        )
        .unwrap();
        assert_eq!(config.signaling_url, "wss://example.org/ws");
        assert_eq!(config.ice_servers[0].urls, ["stun:example.org"]);
        assert!(config.relay_only);
        assert!(!config.service_worker);
        assert!(config.microphone);
        assert!(!config.camera);
        assert_eq!(config.video_quality, VideoQuality::Best);
        assert_eq!(
            (config.capacity, config.room.as_deref(), config.name.as_deref()),
            (Some(4), Some("tea"), Some("Ann"))
        );
    }

    #[test]
    fn any_listed_dialect_can_be_asked_for() {
        for entry in dialects::ALL {
            let config = ["{\"signaling\": {\"dialect\": \"", entry.name, "\"}}"].concat();
            let config = AppConfig::parse(&config).unwrap();
            assert!(config.make_dialect("x".repeat(64), "1", "").is_some(), "{}", entry.name);
        }
        let config = r#"{"signaling": {"dialect": "join-room", "namespace": "/a", "auth": {"token": "x"}}}"#;
        let config = AppConfig::parse(config).unwrap();
        assert_eq!((config.namespace.as_str(), config.auth.is_some()), ("/a", true));
        let error = problem(r#"{"signaling": {"dialect": "klingon"}}"#);
        assert!(error.starts_with("\"signaling.dialect\" must be one of: visavis group-chat "), "{error}");
        assert_eq!(
            problem(r#"{"signaling": {"namespace": "a"}}"#),
            "\"signaling.namespace\" must start with a slash"
        );
    }

    #[test]
    fn people_may_choose_a_server_where_it_says_so() {
        let of = |text: &str| {
            AppConfig::parse(text).map(|config| (config.choice_policy, config.names_server)).unwrap()
        };
        assert_eq!(of("{}"), (ChoicePolicy::WithoutServer, false));
        assert_eq!(of(r#"{"signaling": {"choose": true}}"#), (ChoicePolicy::Always, false));
        assert_eq!(of(r#"{"signaling": {"choose": false, "url": "/ws"}}"#), (ChoicePolicy::Never, true));
        assert_eq!(problem(r#"{"signaling": {"choose": 1}}"#), "\"signaling.choose\" must be true or false");
    }

    #[test]
    fn a_mapping_is_a_file_or_stands_inside() {
        let config = AppConfig::parse(r#"{"signaling": {"dialect": "mapping"}}"#).unwrap();
        assert_eq!(config.missing_mapping_url(), Some("mapping.json"));
        // Where people may choose the server, it may be there for those who choose it.
        for dialect in ["mapping", "visavis"] {
            let text = format!(r#"{{"signaling": {{"dialect": "{dialect}", "mapping": "our.json"}}}}"#);
            let config = AppConfig::parse(&text).unwrap();
            assert_eq!(config.missing_mapping_url(), Some("our.json"));
            assert!(!config.supports("mapping"));
            assert!(config.supports("ayame"));
        }
        assert_eq!(AppConfig::default().missing_mapping_url(), None);
        let inside = "{\n\"signaling\": {\"dialect\": \"mapping\",\n\"mapping\": {\n\"carrier\": 7}}}";
        let error = AppConfig::parse(inside).unwrap_err().in_text(inside);
        assert_eq!(error, "line 4: \"signaling.mapping.carrier\" must be: raw text socket.io");
    }

    #[test]
    fn errors_name_the_field() {
        assert_eq!(problem(r#"{"signalling": {}}"#), "\"signalling\" is not a known setting");
        assert_eq!(problem(r#"{"capacity": "8"}"#), "\"capacity\" must be a whole number");
        assert_eq!(problem(r#"{"capacity": 1}"#), "\"capacity\" must be 2 or more");
        assert_eq!(
            problem(r#"{"signaling": {"url": "ftp://x"}}"#),
            "\"signaling.url\" must be a ws:, wss:, http: or https: URL, or a path"
        );
        assert_eq!(
            problem(r#"{"iceServers": [{"urls": "stun:a"}, {"urls": "http://b"}]}"#),
            "\"iceServers[1].urls\" must be one or several stun:, turn: or turns: URLs"
        );
        assert_eq!(
            problem(r#"{"iceServers": [{"urls": "turn:a", "credential": "c"}]}"#),
            "\"iceServers[0].username\" is missing, and TURN asks for one"
        );
        let url = problem(r#"{"iceServers": [{"urls": ["stun:a", "stun://b"]}]}"#);
        assert!(url.starts_with("\"iceServers[0].urls\" must name a host"), "{url}");
        assert_eq!(problem("{\n  ,}"), "not valid JSON at line 2, column 3");
    }
}
