//! Who we are, and the call we are in, also after a reload.
//!
//! Both wait in the storage of the tab only while no page of the tab is alive: a page takes them out when it starts and
//! puts them back when it goes. So a reload finds them, and a copy of the tab, which copies the storage too, does not:
//! two tabs are two people.
//!
//! To every server we are somebody else, also to the page's own and to one that a link names: what one of them is shown
//! of us must not let it pass for us at another.

use std::cell::RefCell;
use std::rc::Rc;

use visavis_app::stored_data::StoredData;
use visavis_core::signaling::json::{Fields, JsonError, Object, parse};
use visavis_core::signaling::limits::{MAX_IDENTITY_BYTES, MAX_NAME_CHARS, MAX_ROOM_CHARS};
use visavis_core::{ContactPolicy, RoomView, Source, SourceState};
use wasm_bindgen::JsValue;
use web_sys::{Event, Storage, Window};

use super::settings::Settings;
use crate::dom::{Listener, hex, random_bytes};

/// What is kept for a server stands under this and its URL.
const KEY: &str = StoredData::Identity.key();
/// `performance.navigation.type` of a reload.
const RELOAD: u16 = 1;

/// The call that a page was in when it went.
#[derive(Debug, Clone)]
struct Call {
    room: String,
    name: String,
    microphone: bool,
    camera: bool,
    /// It went through the server that was chosen, because the page has none of its own.
    fallback: bool,
}

/// The secrets that make us the same participants again, for as long as the element lives.
pub(super) struct Identity {
    /// One for each server, in the order in which they were named.
    pub(super) secrets: Vec<String>,
    before: Option<Call>,
    now: Rc<RefCell<Option<Call>>>,
    /// Puts it back, and takes it out again if the page comes back from the back-forward cache.
    listeners: Vec<Listener>,
}

impl Identity {
    /// One that nobody has had before, for so many servers.
    ///
    /// # Errors
    /// In browsers without `crypto`.
    pub(super) fn new(servers: usize) -> Result<Self, JsValue> {
        let secrets = (0..servers).map(|_| Ok(hex(&random_bytes::<32>()?)));
        let secrets = secrets.collect::<Result<_, JsValue>>()?;
        Ok(Self { secrets, before: None, now: Rc::default(), listeners: Vec::new() })
    }

    /// That of the page before this one in the same tab, if there was one, for servers at these URLs; the call is kept
    /// with the last. Only for an element that is the whole page: of several, each is somebody else.
    ///
    /// # Errors
    /// In browsers without `crypto`.
    pub(super) fn of_tab(urls: &[String]) -> Result<Self, JsValue> {
        let mut identity = Self::new(urls.len())?;
        let Some(window) = web_sys::window() else { return Ok(identity) };
        let keys: Vec<String> = urls.iter().map(|url| [KEY, url].concat()).collect();
        for (key, secret) in keys.iter().zip(&mut identity.secrets) {
            if let Some((kept, call)) = take_out(key).and_then(|text| read(&text).ok()) {
                *secret = kept;
                identity.before = call.filter(|_| is_reload(&window));
            }
        }
        let (secrets, now) = (identity.secrets.clone(), Rc::clone(&identity.now));
        let again = keys.clone();
        let put_back = move |_: Event| {
            let now = now.borrow();
            let mut call = now.as_ref();
            for (key, secret) in keys.iter().zip(&secrets).rev() {
                put_back(key, secret, call.take());
            }
        };
        identity.listeners = vec![
            Listener::new(&window, "pagehide", put_back),
            Listener::new(&window, "pageshow", move |_| again.iter().for_each(|key| drop(take_out(key)))),
        ];
        Ok(identity)
    }

    /// A page that is reloaded in a call goes on with it, and nobody who was silent is suddenly heard.
    pub(super) fn restore_call(&mut self, settings: &mut Settings) {
        let same = |call: &Call| settings.config.room.as_ref().is_none_or(|room| *room == call.room);
        if let Some(call) = self.before.take().filter(same) {
            settings.join = true;
            if call.fallback {
                settings.config.contact_policy = ContactPolicy::AtOnce;
            }
            settings.config.microphone = call.microphone;
            settings.config.camera = call.camera;
            settings.config.room = Some(call.room);
            settings.config.name = Some(call.name);
        }
    }

    /// Records the call that a view shows.
    pub(super) fn record_call(&self) -> impl Fn(&RoomView) + use<> {
        let now = Rc::clone(&self.now);
        move |view| *now.borrow_mut() = view.lifecycle.in_call().then(|| call_of(view))
    }

    /// What must live as long as the element.
    pub(super) fn into_listeners(self) -> Vec<Listener> {
        self.listeners
    }
}

fn call_of(view: &RoomView) -> Call {
    Call {
        room: view.room.clone(),
        name: view.me.name.clone(),
        microphone: view.me.source(Source::Microphone).state != SourceState::Off,
        camera: view.me.source(Source::Camera).state != SourceState::Off,
        fallback: view.fallback,
    }
}

fn is_reload(window: &Window) -> bool {
    window.performance().is_some_and(|performance| performance.navigation().type_() == RELOAD)
}

/// Forbidden in some frames, or by the person: then every page is somebody new.
fn storage() -> Option<Storage> {
    web_sys::window()?.session_storage().ok().flatten()
}

fn take_out(key: &str) -> Option<String> {
    let storage = storage()?;
    let text = storage.get_item(key).ok().flatten();
    let _ = storage.remove_item(key);
    text
}

fn put_back(key: &str, secret: &str, call: Option<&Call>) {
    let mut fields = Fields::default();
    fields.text("identity", secret);
    if let Some(call) = call {
        fields.text("room", &call.room);
        fields.text("name", &call.name);
        fields.bool("microphone", call.microphone);
        fields.bool("camera", call.camera);
        fields.bool("fallback", call.fallback);
    }
    if let Some(storage) = storage() {
        let _ = storage.set_item(key, &fields.encode());
    }
}

fn read(text: &str) -> Result<(String, Option<Call>), JsonError> {
    let value = parse(text)?;
    let fields = Object::root(&value)?;
    let secret = fields.text("identity", MAX_IDENTITY_BYTES)?.to_owned();
    let Some(room) = fields.optional_text("room", MAX_ROOM_CHARS * 4)? else { return Ok((secret, None)) };
    let name = fields.optional_text("name", MAX_NAME_CHARS * 4)?.unwrap_or_default();
    let on = |key| fields.optional_bool(key).map(Option::unwrap_or_default);
    let (room, name) = (room.to_owned(), name.to_owned());
    let (microphone, camera, fallback) = (on("microphone")?, on("camera")?, on("fallback")?);
    Ok((secret, Some(Call { room, name, microphone, camera, fallback })))
}
