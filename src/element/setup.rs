//! From what an element is told to its lobby.

use std::rc::Rc;

use visavis_app::{AppConfig, ChoicePolicy, ServerChoice};
use visavis_core::signaling::json::Json;
use visavis_core::{Command, Lifecycle, RoomView, Source};
use visavis_signaling::dialects::Mapping;
use wasm_bindgen::JsValue;
use web_sys::HtmlElement;

use super::deferred_room::DeferredRoom;
use super::identity::Identity;
use super::settings::{Settings, StartError, socket_url};
use crate::tracks::Tracks;
use crate::ui::{self, MappingEditorOptions, RoomHandle as _, ServerOptions, Ui, UiOptions};

/// A lobby without a room: what makes rooms may still be on its way.
pub(super) struct Opening {
    pub(super) settings: Settings,
    pub(super) identity: Identity,
    pub(super) ui: Rc<Ui>,
    pub(super) tracks: Tracks,
    /// Where the interface sends its commands.
    pub(super) handle: Rc<DeferredRoom>,
}

/// Shows the lobby of an element, or that somebody is joining. If that cannot be done, the element shows why.
pub(super) fn open(element: &HtmlElement, config: Result<AppConfig, StartError>) -> Option<Opening> {
    let settings = config.and_then(|config| Settings::gather(element, config));
    let settings = settings.map_err(|problem| show(element, &problem)).ok()?;
    let opened = try_open(element, settings).map_err(|error| show_failure(element, &error));
    opened.ok()
}

/// Says that something went wrong that nobody has foreseen.
pub(super) fn show_failure(element: &HtmlElement, error: &JsValue) {
    web_sys::console::error_1(error);
    ui::show_panic(element);
}

fn show(element: &HtmlElement, problem: &StartError) {
    match problem {
        StartError::Config(message) => ui::show_config_error(element, message),
        StartError::Unavailable(what) => ui::show_config_unavailable(element, what),
        StartError::NotLoaded => ui::show_not_loaded(element),
    }
}

fn try_open(element: &HtmlElement, mut settings: Settings) -> Result<Opening, JsValue> {
    let urls = servers(element, &settings);
    let mut identity = if settings.from_url { Identity::of_tab(&urls)? } else { Identity::new(urls.len())? };
    identity.restore_call(&mut settings);
    let (first_command, view) = first_step(&settings);
    let (handle, tracks) = (Rc::new(DeferredRoom::new(element)), Tracks::default());
    let ui =
        Ui::mount(element, tracks.clone(), ui_options(&settings, &identity), Box::new(Rc::clone(&handle)))?;
    // After what the interface wants from the beginning, and before what the person does.
    handle.command(first_command);
    ui.render(&Rc::new(view));
    Ok(Opening { settings, identity, ui, tracks, handle })
}

fn ui_options(settings: &Settings, identity: &Identity) -> UiOptions {
    let Settings { config, from_url, server, trace, mapping_editor, .. } = settings;
    let source = |mapping: &Rc<Mapping>| mapping.source().to_owned();
    UiOptions {
        secrets: secrets(&identity.secrets, config.auth.as_ref()),
        server: server.clone(),
        trace: *trace,
        mapping_editor: MappingEditorOptions {
            url: config.signaling_url.clone(),
            description: config.mapping.as_ref().map(source).unwrap_or_default(),
            on: *mapping_editor,
        },
        room: config.room.clone().unwrap_or_default(),
        name: config.name.clone().unwrap_or_default(),
        capacity: config.capacity,
        service_worker: config.service_worker,
        app_link: *from_url,
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
pub(super) fn choice_url(element: &HtmlElement, choice: &ServerChoice) -> String {
    let url = Some(&choice.url).filter(|url| !url.is_empty());
    url.and_then(|url| socket_url(element, url)).unwrap_or_default()
}

/// What a room is to do first, and what that looks like.
fn first_step(settings: &Settings) -> (Command, RoomView) {
    let config = &settings.config;
    let devices = [(Source::Microphone, config.microphone), (Source::Camera, config.camera)];
    let wanted: Vec<Source> =
        devices.into_iter().filter(|(_, wanted)| *wanted).map(|(source, _)| source).collect();
    match &config.room {
        Some(room) if settings.join && !room.is_empty() => {
            let name = config.name.clone().unwrap_or_default();
            let view = RoomView::opening(Lifecycle::Joining, room, &name, &wanted);
            (Command::Join { room: room.clone(), name }, view)
        }
        Some(_) | None => (Command::EnterLobby, RoomView::opening(Lifecycle::Lobby, "", "", &wanted)),
    }
}

/// What is spoken to instead of what the page is configured for, and what where there is no server.
pub(super) fn choices(config: &AppConfig, server: &ServerOptions) -> [Option<ServerChoice>; 2] {
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
