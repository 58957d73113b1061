//! From what an element is told to a running room.

use std::cell::Cell;

use visavis_core::flight::Recorder;
use visavis_core::{AppConfig, Command, Lifecycle, RoomConfig, RoomView};
use wasm_bindgen::JsValue;
use web_sys::{CustomEvent, CustomEventInit, HtmlElement};

use super::address;
use super::identity::Identity;
use super::settings::{Settings, hex, random_bytes};
use crate::dom::{Listener, object};
use crate::driver::{Driver, DriverOptions};
use crate::ui::{self, UiOptions};

/// Builds the room of an element, and says what it does first. If that cannot be done, the element shows why.
///
/// Gives the room, what must live as long, and the first command.
pub(super) fn build(
    element: &HtmlElement,
    config: Result<AppConfig, String>,
) -> Option<(Driver, Vec<Listener>, Command)> {
    let settings = config.and_then(|config| Settings::gather(element, config));
    let settings = settings.map_err(|message| ui::show_config_error(element, &message)).ok()?;
    let started = start(element, settings).map_err(|error| {
        web_sys::console::error_1(&error);
        ui::show_panic(element);
    });
    started.ok()
}

fn start(element: &HtmlElement, mut settings: Settings) -> Result<(Driver, Vec<Listener>, Command), JsValue> {
    let mut identity = if settings.from_url { Identity::of_tab()? } else { Identity::new()? };
    identity.go_on(&mut settings);
    let first = first_command(&settings);
    let driver = Driver::start(driver_options(element, settings, &identity)?)?;
    Ok((driver, identity.into_listeners(), first))
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
    settings: Settings,
    identity: &Identity,
) -> Result<DriverOptions, JsValue> {
    let Settings { config, from_url, .. } = settings;
    let page = hex(&random_bytes::<8>()?);
    let dialect = config.make_dialect(&identity.secret, &page).ok_or(JsValue::UNDEFINED)?;
    let seed = u64::from_le_bytes(random_bytes()?);
    let browser = web_sys::window().and_then(|window| window.navigator().user_agent().ok());
    let recorder = Recorder::new(&config, &identity.secret, &page, seed, &browser.unwrap_or_default());
    Ok(DriverOptions {
        root: element.clone(),
        room: RoomConfig {
            ice_servers: config.ice_servers,
            relay_only: config.relay_only,
            capacity: config.capacity,
            microphone: config.microphone,
            camera: config.camera,
            seed,
        },
        dialect,
        recorder,
        ui: UiOptions {
            room: config.room.unwrap_or_default(),
            name: config.name.unwrap_or_default(),
            capacity: config.capacity,
            app_link: from_url,
        },
        on_view: Box::new(on_view(element.clone(), from_url, identity.note())),
    })
}

/// What the world outside the element is told of a view.
fn on_view(element: HtmlElement, from_url: bool, note: impl Fn(&RoomView)) -> impl Fn(&RoomView) {
    let told = Cell::new(None);
    move |view| {
        note(view);
        let news = Some((view.lifecycle, view.participants.len()));
        if told.replace(news) == news {
            return;
        }
        if from_url && view.lifecycle == Lifecycle::Joined {
            address::name_room(&view.room);
        }
        fire_state(&element, view);
    }
}

fn fire_state(element: &HtmlElement, view: &RoomView) {
    let participants = u32::try_from(view.participants.len()).unwrap_or(u32::MAX);
    let detail = object(&[("state", view.lifecycle.as_str().into()), ("participants", participants.into())]);
    let init = CustomEventInit::new();
    init.set_bubbles(true);
    init.set_detail(&detail);
    if let Ok(event) = CustomEvent::new_with_event_init_dict("visavis-state", &init) {
        let _ = element.dispatch_event(&event);
    }
}
