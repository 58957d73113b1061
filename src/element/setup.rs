//! From what an element is told to a running room.

use visavis_app::report;
use visavis_app::{AppConfig, ChoicePolicy, ServerChoice};
use visavis_core::signaling::json::Json;
use visavis_core::{Command, RoomConfig};
use wasm_bindgen::JsValue;
use web_sys::HtmlElement;

use super::identity::Identity;
use super::settings::{Settings, StartError, hex, socket_url};
use super::{address, subscribers};
use crate::dom::{Listener, random_bytes};
use crate::driver::{Driver, DriverOptions, MakeDialect, Subscription};
use crate::on_demand::{self, lazy_fn};
use crate::ui::{self, MappingEditorOptions, ServerOptions, UiOptions};

/// The room of an element, and what lives as long as it.
pub(super) struct ElementRoom {
    /// Runs it.
    pub(super) driver: Driver,
    /// What it does first.
    pub(super) first_command: Command,
    _subscriptions: [Subscription; 2],
    _listeners: Vec<Listener>,
}

/// Builds the room of an element. If that cannot be done, the element shows why.
pub(super) fn build(element: &HtmlElement, config: Result<AppConfig, StartError>) -> Option<ElementRoom> {
    let settings = config.and_then(|config| Settings::gather(element, config));
    let settings = settings.map_err(|problem| show(element, &problem)).ok()?;
    let started = start(element, settings).map_err(|error| {
        web_sys::console::error_1(&error);
        ui::show_panic(element);
    });
    started.ok()
}

fn show(element: &HtmlElement, problem: &StartError) {
    match problem {
        StartError::Config(message) => ui::show_config_error(element, message),
        StartError::Unavailable(what) => ui::show_config_unavailable(element, what),
        StartError::NotLoaded => ui::show_not_loaded(element),
    }
}

fn start(element: &HtmlElement, mut settings: Settings) -> Result<ElementRoom, JsValue> {
    let urls = servers(element, &settings);
    let mut identity = if settings.from_url { Identity::of_tab(&urls)? } else { Identity::new(urls.len())? };
    identity.restore_call(&mut settings);
    let first_command = first_command(&settings);
    let (from_url, server) = (settings.from_url, settings.server.choice.clone());
    let driver = Driver::start(driver_options(element, &settings, &identity)?)?;
    let ui = ui_options(settings, &identity);
    let _subscriptions = [
        subscribers::keep_call(&driver, identity.record_call()),
        // Whoever hears of a state finds it in the page.
        subscribers::mount_ui(&driver, element, ui, subscribers::inform_page(element, from_url, server))?,
    ];
    let links = if from_url { address::follow_links() } else { None };
    let _listeners = identity.into_listeners().into_iter().chain(links).collect();
    Ok(ElementRoom { driver, first_command, _subscriptions, _listeners })
}

fn ui_options(settings: Settings, identity: &Identity) -> UiOptions {
    let Settings { config, from_url, server, trace, mapping_editor, .. } = settings;
    UiOptions {
        secrets: secrets(&identity.secrets, config.auth.as_ref()),
        server,
        trace,
        mapping_editor: MappingEditorOptions {
            url: config.signaling_url,
            description: config.mapping.map(|mapping| mapping.source().to_owned()).unwrap_or_default(),
            on: mapping_editor,
        },
        room: config.room.unwrap_or_default(),
        name: config.name.unwrap_or_default(),
        capacity: config.capacity,
        app_link: from_url,
    }
}

/// The URLs of all servers that this page may speak to, each once, in the order of [`choices`].
fn servers(element: &HtmlElement, settings: &Settings) -> Vec<String> {
    let own = || Some(settings.config.signaling_url.clone());
    let [first, fallback] = choices(&settings.config, &settings.server);
    let url = |choice: ServerChoice| choice_url(element, &choice);
    let mut urls: Vec<String> = [first.map_or_else(own, |choice| Some(url(choice))), fallback.map(url)]
        .into_iter()
        .flatten()
        .collect();
    urls.dedup();
    urls
}

/// The whole URL of a chosen server; empty if there is no server to it.
fn choice_url(element: &HtmlElement, choice: &ServerChoice) -> String {
    let url = Some(&choice.url).filter(|url| !url.is_empty());
    url.and_then(|url| socket_url(element, url)).unwrap_or_default()
}

fn first_command(settings: &Settings) -> Command {
    match &settings.config.room {
        Some(room) if settings.join && !room.is_empty() => {
            Command::Join { room: room.clone(), name: settings.config.name.clone().unwrap_or_default() }
        }
        Some(_) | None => Command::EnterLobby,
    }
}

fn driver_options(
    element: &HtmlElement,
    settings: &Settings,
    identity: &Identity,
) -> Result<DriverOptions, JsValue> {
    let Settings { config, server, .. } = settings;
    let page = hex(&random_bytes::<8>()?);
    let [first, fallback] = choices(config, server);
    let at = |choice: ServerChoice| ServerChoice { url: choice_url(element, &choice), ..choice };
    // Whoever has chosen a server has loaded this; and what speaks where there is none is only made then.
    let with_server = lazy_fn::<fn(&AppConfig, ServerChoice) -> AppConfig>(AppConfig::with_server);
    let first = first.map_or_else(|| config.clone(), |choice| with_server(config, at(choice)));
    let fallback = fallback.map(at);
    // Those of the first server and of the one that is spoken to where there is none, which may be the same.
    let [own, other] =
        [identity.secrets.first(), identity.secrets.last()].map(|secret| secret.map_or("", |s| s));
    let seed = u64::from_le_bytes(random_bytes()?);
    let browser = web_sys::window().and_then(|window| window.navigator().user_agent().ok());
    let recorder = {
        let fallback = fallback.as_ref().map_or("", |choice| &choice.dialect);
        let (identities, about) = ([own, other], browser.unwrap_or_default());
        report::Header { config: &first, fallback, identities, page: &page, seed, about: &about }.recorder()
    };
    let dialect = first.make_dialect(own, &*page).ok_or(JsValue::UNDEFINED)?;
    let fallback = fallback.map(|choice| -> MakeDialect {
        let (config, other) = (config.clone(), other.to_owned());
        let make = move || with_server(&config, choice.clone()).make_dialect(&*other, &*page);
        Box::new(move || on_demand::is_loaded().then(&make)?)
    });
    Ok(DriverOptions {
        room: RoomConfig {
            ice_servers: config.ice_servers.clone(),
            relay_only: config.relay_only,
            capacity: config.capacity,
            microphone: config.microphone,
            camera: config.camera,
            contact_policy: config.contact_policy,
            prepare_connection: config.prepare_connection,
            seed,
        },
        dialect,
        fallback,
        recorder,
    })
}

/// What is spoken to instead of what the page is configured for, and what where there is no server.
fn choices(config: &AppConfig, server: &ServerOptions) -> [Option<ServerChoice>; 2] {
    let chosen = server.choice.clone();
    match server.choice_policy {
        ChoicePolicy::Always if config.names_server || chosen.is_some() => [chosen, None],
        ChoicePolicy::Always | ChoicePolicy::WithoutServer => {
            [None, Some(chosen.unwrap_or_else(ServerChoice::tabs))]
        }
        ChoicePolicy::Never => [None, None],
    }
}

/// What no panel shows: who can say our identities is us, and servers see half of one as a password.
fn secrets(identities: &[String], auth: Option<&Json>) -> Vec<String> {
    let halves = identities.iter().filter_map(|whole| whole.get(whole.len() / 2..)).map(str::to_owned);
    let mut secrets: Vec<String> = identities.iter().cloned().chain(halves).collect();
    if let Some(Json::Object(fields)) = auth {
        let texts = fields.keys().filter_map(|key| fields.get(key)?.as_text());
        secrets.extend(texts.filter(|text| text.len() >= 6).map(str::to_owned));
    }
    secrets
}
