//! What an element is told: attributes, configuration file, address of the page.

use std::cell::Cell;
use std::rc::Rc;

use gloo_net::http::Response;

use js_sys::{Promise, Reflect};
use visavis_app::{AppConfig, ChoiceError, ChoicePolicy, ConfigError, ReadMapping, ServerChoice};
use visavis_core::signaling::dialects::visavis;
use visavis_core::signaling::json::JsonError;
use visavis_core::signaling::{Expects, Probe};
use visavis_core::{ContactPolicy, ProbeResult, UnreachableReason, is_loopback};
use visavis_signaling::dialects::{Mapping, mapping};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, HtmlElement, Url};

use super::{address, values};
use crate::dom::object;
use crate::on_demand::{self, NotLoaded, lazy_fn};
use crate::probe;
use crate::ui::{ServerOptions, choice, mapping_editor};

/// Everything that is known before a room begins.
pub(super) struct Settings {
    /// The configuration; the attributes and the address are already in it.
    pub(super) config: AppConfig,
    /// Join at once.
    pub(super) join: bool,
    /// The element is the whole page.
    pub(super) from_url: bool,
    /// The server that a person chose, and whether they may.
    pub(super) server: ServerOptions,
    /// Show what passes between us and the server.
    pub(super) trace: bool,
    /// A description of the server is being tried.
    pub(super) mapping_editor: bool,
}

/// Why a room cannot begin.
pub(super) enum StartError {
    /// The configuration is wrong: a sentence that names the field.
    Config(String),
    /// The configuration cannot be loaded at the moment: what came instead. One may try again.
    Unavailable(String),
    /// A part of the program could not be loaded.
    NotLoaded,
}

impl From<String> for StartError {
    fn from(sentence: String) -> Self {
        Self::Config(sentence)
    }
}

impl From<NotLoaded> for StartError {
    fn from(_: NotLoaded) -> Self {
        Self::NotLoaded
    }
}

/// Where a configuration comes from.
pub(super) struct ConfigSource {
    from_url: bool,
    /// An object that the page has given.
    given: JsValue,
    /// An answer that the page has asked for already; it can be read once.
    requested: Cell<Option<Promise>>,
    /// URL of the file.
    url: Option<String>,
    /// The page says where the file is, or is ours: then it must be what it says it is.
    expected: bool,
    /// What URLs in it are relative to.
    base: String,
    /// `ws` beside the page, if that is not the `/ws` of the whole site.
    beside: Option<String>,
}

/// Where the configuration of an element comes from.
pub(super) fn source_of(element: &HtmlElement) -> ConfigSource {
    let from_url = element.has_attribute("from-url");
    let attribute = element.get_attribute("config");
    let given = Reflect::get(element, &"config".into()).unwrap_or_default();
    let beside = socket_url(element, "ws").filter(|_| !element.has_attribute("signaling"));
    ConfigSource {
        from_url,
        requested: Cell::new(given.dyn_ref().cloned()),
        given: if given.is_object() && !given.is_instance_of::<Promise>() {
            given
        } else {
            JsValue::UNDEFINED
        },
        url: resolve(element, attribute.as_deref().unwrap_or("config.json")),
        expected: from_url || attribute.is_some(),
        base: element.base_uri().ok().flatten().unwrap_or_default(),
        beside: beside.filter(|beside| socket_url(element, "/ws").as_ref() != Some(beside)),
    }
}

impl ConfigSource {
    /// Reads the configuration.
    ///
    /// # Errors
    /// If it is wrong, or there should be one that cannot be loaded.
    pub(super) async fn read(&self) -> Result<AppConfig, StartError> {
        // Asked for at the same time as the file.
        let probe = self.beside.as_deref().and_then(send_probe);
        let text = if self.given.is_undefined() {
            match (self.requested.take(), &self.url) {
                (Some(answer), Some(url)) => text_of(url, answer, self.expected).await?,
                (Some(_), None) | (None, _) => fetch_text(self.url.as_deref(), self.expected).await?,
            }
        } else {
            let text = values::json_text(&self.given);
            Some(text.ok_or_else(|| "the property \"config\" is no plain data".to_owned())?)
        };
        let mut config = read_config(text, self.from_url).await?;
        if let Some(name) = config.missing_mapping_url() {
            let url = Url::new_with_base(name, &self.base).ok().map(|url| url.href());
            config = with_mapping(config, fetch_text(url.as_deref(), true).await?)?;
        }
        if let (Some(beside), Some(probe), false) = (&self.beside, probe, config.names_server)
            && is_there(beside, probe).await
        {
            config.signaling_url.clone_from(beside);
        }
        Ok(config)
    }
}

/// Asks over HTTP what is at the address of a server. The question is on its way when this returns.
fn send_probe(socket: &str) -> Option<Promise> {
    let timeout = AbortSignal::timeout_with_u32(probe::TIMEOUT.unsigned_abs());
    let init = object(&[("signal", timeout.into()), ("cache", "no-store".into())]).unchecked_into();
    Some(web_sys::window()?.fetch_with_str_and_init(&probe::to_http_url(socket), &init))
}

/// Whether there is a server, or something that stands in front of one.
async fn is_there(url: &str, answer: Promise) -> bool {
    let Ok(answer) = JsFuture::from(answer).await else { return false };
    let status = answer.unchecked_into::<web_sys::Response>().status();
    let (url, seen) = (url.to_owned(), ProbeResult::Response { status, body: String::new() });
    match UnreachableReason::of(&Probe { url, expects: Expects::Upgrade }, false, &seen) {
        UnreachableReason::NoWebSocket | UnreachableReason::Down | UnreachableReason::NoBackend => true,
        UnreachableReason::Unknown
        | UnreachableReason::MixedContent
        | UnreachableReason::NoAnswer
        | UnreachableReason::WrongPath
        | UnreachableReason::Refused
        | UnreachableReason::Subprotocol
        | UnreachableReason::SocketIoVersion
        | UnreachableReason::NoReply => false,
    }
}

async fn read_config(text: Option<String>, from_url: bool) -> Result<AppConfig, StartError> {
    let text = text.unwrap_or_else(|| "{}".to_owned());
    let wrong = |error: ConfigError| ["config.json: ", &error.in_text(&text)].concat();
    let config = AppConfig::parse_without_mapping(&text).map_err(wrong)?;
    if needs_more(&config, from_url) {
        on_demand::load().await?;
    }
    Ok(config.resolve_mapping(lazy_fn::<ReadMapping>(Mapping::read)).map_err(wrong)?)
}

/// Whether somebody asks for a dialect that is not at hand, a description of a server, or the panel of messages.
fn needs_more(config: &AppConfig, from_url: bool) -> bool {
    let page = || {
        let asked = address::asked_by(&page_address());
        asked.trace || asked.names_server || choice::is_remembered()
    };
    let own = config.dialect != visavis::NAME || config.has_unread_mapping();
    own || (from_url && page())
}

fn with_mapping(mut config: AppConfig, text: Option<String>) -> Result<AppConfig, String> {
    let Some(text) = text else { return Err([&config.mapping_url, " cannot be loaded"].concat()) };
    let mapping = lazy_fn::<fn(&str) -> Result<Mapping, JsonError>>(Mapping::parse)(&text);
    let mapping = mapping.map_err(|error| [&config.mapping_url, ": ", &error.in_text(&text)].concat())?;
    config.mapping = Some(Rc::new(mapping));
    Ok(config)
}

/// A URL of the page the element is in.
fn resolve(element: &HtmlElement, url: &str) -> Option<String> {
    let base = element.base_uri().ok().flatten()?;
    Url::new_with_base(url, &base).ok().map(|url| url.href())
}

/// A text file; `None` if there is none, which only 404 says for sure. `expected` files are never pages.
///
/// # Errors
/// Whatever else comes instead of the file: then nobody knows what it says, and the file may be there next time.
async fn fetch_text(url: Option<&str>, expected: bool) -> Result<Option<String>, StartError> {
    let Some(url) = url else { return Ok(None) };
    match request(url) {
        Some(answer) => text_of(url, answer, expected).await,
        None => Ok(None),
    }
}

/// Asks for a file. The question is on its way when this returns.
pub(super) fn request(url: &str) -> Option<Promise> {
    // Somebody may have just edited it: ask the server whether our copy is still right.
    let init = object(&[("cache", "no-cache".into())]).unchecked_into();
    Some(web_sys::window()?.fetch_with_str_and_init(url, &init))
}

/// The text of an answer.
///
/// # Errors
/// As for [`fetch_text`].
pub(super) async fn text_of(
    url: &str,
    answer: Promise,
    expected: bool,
) -> Result<Option<String>, StartError> {
    let unavailable = |what: &str| StartError::Unavailable([url, what].concat());
    let answer = JsFuture::from(answer).await.ok().and_then(|answer| answer.dyn_into().ok());
    let answer: Response = answer.map(web_sys::Response::into).ok_or_else(|| unavailable(BROKEN_OFF))?;
    if answer.status() == 404 {
        return Ok(None);
    }
    if !answer.ok() {
        return Err(unavailable(&[" answers with the status ", &answer.status().to_string()].concat()));
    }
    // Hosts for single-page apps answer every unknown path with their page.
    match is_html(&answer) {
        true if expected => Err(unavailable(" is a web page instead of a file")),
        true => Ok(None),
        false => answer.text().await.map(Some).map_err(|_| unavailable(BROKEN_OFF)),
    }
}

/// The network failed, before or during an answer.
const BROKEN_OFF: &str = " cannot be loaded, or only in part";

fn is_html(answer: &Response) -> bool {
    answer.headers().get("content-type").is_some_and(|kind| kind.starts_with("text/html"))
}

/// What waits in the storage of the tab.
type Kept = fn() -> Option<(String, Mapping)>;

impl Settings {
    /// What counts most is nearest to the person: address, then attribute, then configuration file.
    ///
    /// # Errors
    /// If the URL of the signaling server is none.
    pub(super) fn gather(element: &HtmlElement, mut config: AppConfig) -> Result<Self, StartError> {
        let from_url = element.has_attribute("from-url");
        let asked = if from_url { address::asked_by(&page_address()) } else { address::Asked::default() };
        let named = asked.room.is_some();
        config.room = asked.room.or_else(|| element.get_attribute("room")).or(config.room);
        config.name = asked.name.or_else(|| element.get_attribute("name")).or(config.name);
        if asked.watch {
            (config.microphone, config.camera) = (false, false);
        }
        let attribute = element.get_attribute("signaling");
        config.names_server |= attribute.is_some();
        let signaling = attribute.unwrap_or(config.signaling_url);
        config.signaling_url = socket_url(element, &signaling)
            .ok_or_else(|| ["\"signaling.url\" is not a URL: ", &signaling].concat())?;
        let tried =
            if from_url && asked.trace { lazy_fn::<Kept>(mapping_editor::stored_mapping)() } else { None };
        let mapping_editor = tried.is_some();
        if let Some((url, mapping)) = tried {
            let url = socket_url(element, &url)
                .ok_or_else(|| "the address that is tried is not a URL".to_owned())?;
            config = with_edited_mapping(config, url, mapping);
        }
        let server = server_options(&config, from_url, asked.names_server, named);
        // Whoever made the page may say so; whoever made a link to it may not.
        let join = element.has_attribute("join") && !named && !server.from_link;
        let linked = server.choice.as_ref().filter(|_| server.from_link);
        if linked
            .is_some_and(|choice| socket_url(element, &choice.url).as_ref() != Some(&config.signaling_url))
        {
            config.contact_policy = ContactPolicy::OnRequest;
        }
        Ok(Self { config, join, from_url, server, trace: asked.trace, mapping_editor })
    }
}

/// What is being tried counts more than all that the page is set up for. Another server than that of the page is not
/// shown what is meant for the page's own.
fn with_edited_mapping(mut config: AppConfig, url: String, mapping: Mapping) -> AppConfig {
    config.mapping = Some(Rc::new(mapping));
    config.names_server = true;
    config.choice_policy = ChoicePolicy::Never;
    if config.dialect == mapping::NAME && config.signaling_url == url {
        return config;
    }
    let choice = ServerChoice { dialect: mapping::NAME.to_owned(), url };
    lazy_fn::<fn(&AppConfig, ServerChoice) -> AppConfig>(AppConfig::with_server)(&config, choice)
}

/// What was chosen: the link counts most, and one that names a room but no server means that of the page.
fn server_options(config: &AppConfig, from_url: bool, asked: bool, named: bool) -> ServerOptions {
    let choice_policy = match config.choice_policy {
        ChoicePolicy::Always if from_url => ChoicePolicy::Always,
        ChoicePolicy::WithoutServer if from_url && !config.names_server => ChoicePolicy::WithoutServer,
        ChoicePolicy::Always | ChoicePolicy::WithoutServer | ChoicePolicy::Never => ChoicePolicy::Never,
    };
    let mut options = ServerOptions {
        choice_policy,
        url: config.signaling_url.clone(),
        local: is_loopback(&page_address()),
        dialect: config.dialect.clone(),
        has_mapping: config.mapping.is_some(),
        ..ServerOptions::default()
    };
    if choice_policy == ChoicePolicy::Never {
        return options;
    }
    if !asked && !choice::is_remembered() {
        return options;
    }
    // Whoever has one of both has loaded what reads them.
    let remembered = lazy_fn::<fn() -> Option<ServerChoice>>(choice::remembered)();
    let remembered = remembered.filter(|choice| config.supports(&choice.dialect));
    match if asked { address::server_of(&page_address()) } else { None } {
        Some(Ok(choice)) if !config.supports(&choice.dialect) => options.error = Some(ChoiceError::Dialect),
        Some(Ok(choice)) => {
            options.from_link = remembered.as_ref() != Some(&choice);
            options.choice = Some(choice);
        }
        Some(Err(error)) => options.error = Some(error),
        None => options.choice = remembered.filter(|_| !named),
    }
    options
}

/// The whole address of the page.
pub(super) fn page_address() -> String {
    web_sys::window().and_then(|window| window.location().href().ok()).unwrap_or_default()
}

/// `http:` becomes `ws:` and `https:` becomes `wss:`, so that a path means the page's own server.
pub(super) fn socket_url(element: &HtmlElement, url: &str) -> Option<String> {
    let url = resolve(element, url)?;
    match url.strip_prefix("http") {
        Some(rest) => Some(["ws", rest].concat()),
        None => url.starts_with("ws").then_some(url),
    }
}
