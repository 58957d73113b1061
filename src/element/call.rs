//! From a lobby to a running room. All that a room is made of may be loaded after the lobby is shown.

use std::rc::Rc;

use visavis_app::report;
use visavis_app::{AppConfig, ServerChoice};
use visavis_core::{Command, VideoQuality};
use wasm_bindgen::JsValue;
use web_sys::HtmlElement;

use super::identity::Identity;
use super::settings::Settings;
use super::setup::{Opening, choice_url, choices};
use super::{address, subscribers};
use crate::dom::{Listener, hex, random_bytes};
use crate::driver::{Driver, DriverOptions, MakeDialect, Subscription, WarmUp};
use crate::on_demand::{self, lazy_fn};
use crate::tracks::Tracks;
use crate::ui::settings;

/// The room of an element, and what lives as long as it.
pub(super) struct ElementRoom {
    /// Runs it.
    pub(super) driver: Driver,
    _subscriptions: [Subscription; 2],
    _listeners: Vec<Listener>,
}

/// Makes the room of a lobby, and has it do what it was asked for so far.
///
/// # Errors
/// If the browser lacks something that it cannot do without.
#[inline(never)]
pub(super) fn start(element: &HtmlElement, opening: Opening) -> Result<ElementRoom, JsValue> {
    let Opening { settings, identity, ui, tracks, handle } = opening;
    let driver = Driver::start(driver_options(element, &settings, &identity, &tracks)?)?;
    let (server, video_quality) = (settings.server.choice.clone(), settings.config.video_quality);
    let inform_page = subscribers::inform_page(element, settings.from_url, server);
    let stage = Rc::downgrade(&ui);
    let _subscriptions = [
        subscribers::keep_call(&driver, identity.record_call()),
        // Whoever hears of a state finds it in the page.
        subscribers::show(&driver, ui, inform_page)?,
    ];
    let links = if settings.from_url { address::follow_links() } else { None };
    let _listeners = identity.into_listeners().into_iter().chain(links).collect();
    if on_demand::is_loaded() {
        // Before any device is opened.
        lazy_fn::<fn(VideoQuality) -> Option<Command>>(settings::restore)(video_quality)
            .into_iter()
            .for_each(|command| driver.command(command));
    }
    handle.set_driver(&driver);
    WarmUp::default().run(move |view| stage.upgrade().iter().for_each(|ui| ui.prepare_stage(view)));
    Ok(ElementRoom { driver, _subscriptions, _listeners })
}

fn driver_options(
    element: &HtmlElement,
    settings: &Settings,
    identity: &Identity,
    tracks: &Tracks,
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
    let browser = browser.unwrap_or_default();
    let recorder = {
        let fallback = fallback.as_ref().map_or("", |choice| &choice.dialect);
        let identities = [own, other];
        report::Header { config: &first, fallback, identities, page: &page, seed, about: &browser }.recorder()
    };
    let dialect = first.make_dialect(own, &*page, &*browser).ok_or(JsValue::UNDEFINED)?;
    let fallback = fallback.map(|choice| -> MakeDialect {
        let (config, other) = (config.clone(), other.to_owned());
        let make = move || with_server(&config, choice.clone()).make_dialect(&*other, &*page, &*browser);
        Box::new(move || on_demand::is_loaded().then(&make)?)
    });
    Ok(DriverOptions { room: config.room_config(seed), dialect, fallback, recorder, tracks: tracks.clone() })
}
