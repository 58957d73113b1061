//! `<visavis-room>`: a room as an element of any page.
//!
//! | attribute | what |
//! | - | - |
//! | `config` | URL of the configuration; default `config.json` beside the page. The property `config` is the configuration itself, as an object, or a promise of the answer with the file |
//! | `signaling` | URL of the signaling server, instead of the configured one |
//! | `room`, `name` | what the lobby proposes |
//! | `join` | join the `room` of this page at once; no room or server that a link names |
//! | `lang` | the language, if there are messages in it; default: what the person has chosen, or their browser asks for |
//! | `from-url` | the page is the app: `#room=R` and `?name=N` of its address count (and `dialect`, `server`, `try`), and the address names the room |
//!
//! It fires `visavis-state` with `detail: {state, participants}` whenever one of the two changes.

pub mod address;
mod call;
mod deferred_room;
mod identity;
mod language;
mod settings;
mod setup;
mod subscribers;
mod values;

use std::cell::{OnceCell, RefCell};
use std::rc::{Rc, Weak};

use visavis_core::{Command, VideoQuality};
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlElement;

use self::call::ElementRoom;
use self::settings::StartError;
use crate::dom;
use crate::driver;
use crate::on_demand;
use crate::ui;

/// When a configuration that cannot be loaded is asked for again, in milliseconds; each time waits twice as long...
const FIRST_RETRY: i32 = 2000;
/// ...but not longer than this.
const LAST_RETRY: i32 = 30_000;

#[wasm_bindgen(module = "/www/element.js")]
extern "C" {
    #[wasm_bindgen(js_name = defineElement)]
    fn define_element(name: &str, connected: &Callback, disconnected: &Callback);
}

/// `Fn`, because an element may be removed while another one is being removed.
type Callback = Closure<dyn Fn(HtmlElement)>;

thread_local! {
    /// The browser keeps a custom element's class for ever, and so do we what it calls.
    static CALLBACKS: OnceCell<[Callback; 2]> = const { OnceCell::new() };
    static ROOMS: RefCell<Vec<Rc<Mounted>>> = const { RefCell::new(Vec::new()) };
}

/// An element that is in a document. Its room comes as soon as the configuration is read.
struct Mounted {
    element: HtmlElement,
    room: OnceCell<ElementRoom>,
}

/// Defines `<visavis-room>`. Elements that are already in the page come to life. Calling it again changes nothing.
pub fn register() {
    CALLBACKS.with(|callbacks| {
        let [connected, disconnected] = callbacks.get_or_init(|| {
            driver::install_hook();
            [Closure::new(connected), Closure::new(|element| disconnected(&element))]
        });
        define_element("visavis-room", connected, disconnected);
    });
}

fn connected(element: HtmlElement) {
    let mounted = Rc::new(Mounted { element, room: OnceCell::new() });
    let weak = Rc::downgrade(&mounted);
    ROOMS.with_borrow_mut(|rooms| rooms.push(mounted));
    spawn_local(start(weak));
}

/// Moving an element counts as leaving and coming back: the browser tells no difference at this point.
fn disconnected(element: &HtmlElement) {
    let mounted = ROOMS.with_borrow_mut(|rooms| {
        let place = rooms.iter().position(|mounted| mounted.element == *element)?;
        Some(rooms.remove(place))
    });
    if let Some(room) = mounted.as_ref().and_then(|mounted| mounted.room.get()) {
        room.driver.command(Command::Leave);
    }
}

/// Holds the element weakly while it waits: it may be gone before its configuration is there.
async fn start(mounted: Weak<Mounted>) {
    let begin =
        |mounted: Rc<Mounted>| (settings::source_of(&mounted.element), language::request(&mounted.element));
    let Some((source, messages)) = mounted.upgrade().map(begin) else { return };
    if let Some(messages) = messages {
        // On a page of ours the configuration is on its way.
        messages.load().await;
    }
    let mut config = source.read().await;
    let mut wait = FIRST_RETRY;
    while let Err(StartError::Unavailable(what)) = &config {
        match mounted.upgrade() {
            Some(mounted) => ui::show_config_unavailable(&mounted.element, what),
            None => return,
        }
        dom::sleep(wait).await;
        wait = (wait * 2).min(LAST_RETRY);
        config = source.read().await;
    }
    let opening = mounted.upgrade().and_then(|mounted| setup::open(&mounted.element, config));
    let Some(opening) = opening else { return };
    if ui::settings::are_remembered() || opening.settings.config.video_quality != VideoQuality::Automatic {
        // The call with it, at the same time. Whoever cannot load it has the devices that the browser likes.
        let _ = on_demand::load().await;
    }
    let loaded = on_demand::load_call().await;
    let Some(mounted) = mounted.upgrade() else { return };
    if loaded.is_err() {
        return ui::show_not_loaded(&mounted.element);
    }
    match call::start(&mounted.element, opening) {
        Ok(room) => drop(mounted.room.set(room)),
        Err(error) => setup::show_failure(&mounted.element, &error),
    }
}
