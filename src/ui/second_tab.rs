//! The same room in another tab of this browser: both would play everybody's sound, and each that of the other.
//!
//! A tab that shows the lobby or is in a room asks on a `BroadcastChannel`; tabs that are in the same room answer. So only the
//! later tab shows a notice: in the lobby, and in the call, where a button mutes it.
//!
//! The messages: `?TOKEN ROOM` asks who is in a room, `!TOKEN ROOM` answers, `-ROOM` says that a tab has left it.

pub(super) mod notice;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use visavis_core::{Lifecycle, RoomView};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, HtmlElement, HtmlInputElement, MessageEvent};

use crate::dom::{self, Listener, random_bytes};
use crate::on_demand::{self, lazy_fn};

const CHANNEL: &str = "visavis-rooms";

/// Which room this tab shows.
#[derive(Debug, Clone, PartialEq, Eq)]
enum TabRoom {
    /// None.
    None,
    /// This one is in the field of the lobby.
    Lobby(String),
    /// It has joined this one.
    Joined(String),
}

/// Asks and answers, and shows the notice.
pub(super) struct SecondTab {
    inner: Rc<Inner>,
    _listeners: [Listener; 2],
}

struct Inner {
    channel: BroadcastChannel,
    frame: HtmlElement,
    /// Names our questions, so that answers to those of other tabs are ignored.
    token: String,
    tab_room: RefCell<TabRoom>,
    /// The notice is shown.
    is_shown: Cell<bool>,
}

impl SecondTab {
    /// Answers other tabs until it is dropped.
    pub(super) fn new(frame: &HtmlElement) -> Result<Self, JsValue> {
        let token = u32::from_le_bytes(random_bytes()?).to_string();
        let (channel, tab_room) = (BroadcastChannel::new(CHANNEL)?, RefCell::new(TabRoom::None));
        let inner =
            Rc::new(Inner { channel, frame: frame.clone(), token, tab_room, is_shown: Cell::new(false) });
        let on = |target, event, act: fn(&Inner, &web_sys::Event)| {
            let inner = Rc::downgrade(&inner);
            Listener::new(target, event, move |event| {
                inner.upgrade().iter().for_each(|inner| act(inner, &event));
            })
        };
        let _listeners = [
            on(&inner.channel, "message", |inner, event| {
                let data = event.unchecked_ref::<MessageEvent>().data().as_string();
                data.iter().for_each(|text| inner.on_message(text));
            }),
            on(frame, "input", |inner, _| inner.read_lobby()),
        ];
        Ok(Self { inner, _listeners })
    }

    /// Updates the room of this tab.
    pub(super) fn render(&self, view: &RoomView, demo: bool) {
        match view.lifecycle {
            // Without a server, a second tab is how people try it out.
            _ if demo => self.inner.set_room(TabRoom::None),
            Lifecycle::Lobby | Lifecycle::Joining => self.inner.read_lobby(),
            Lifecycle::Joined | Lifecycle::Reconnecting => {
                self.inner.set_room(TabRoom::Joined(normalize(&view.room)));
            }
            Lifecycle::Left => self.inner.set_room(TabRoom::None),
        }
    }
}

impl Drop for SecondTab {
    fn drop(&mut self) {
        self.inner.set_room(TabRoom::None);
        self.inner.channel.close();
    }
}

impl Inner {
    fn read_lobby(&self) {
        if let Ok(room) = dom::find::<HtmlInputElement>(&self.frame, "input[name=room]") {
            self.set_room(TabRoom::Lobby(normalize(&room.value())));
        }
    }

    fn set_room(&self, tab_room: TabRoom) {
        if *self.tab_room.borrow() == tab_room {
            return;
        }
        if let TabRoom::Joined(room) = self.tab_room.replace(tab_room) {
            self.post(&["-", &room]);
        }
        self.ask();
    }

    fn ask(&self) {
        self.show(false);
        if let TabRoom::Lobby(room) | TabRoom::Joined(room) = &*self.tab_room.borrow() {
            self.post(&["?", &self.token, " ", room]);
        }
    }

    fn post(&self, parts: &[&str]) {
        let _ = self.channel.post_message(&JsValue::from_str(&parts.concat()));
    }

    fn on_message(&self, text: &str) {
        let tab_room = self.tab_room.borrow().clone();
        let (TabRoom::Lobby(room) | TabRoom::Joined(room)) = &tab_room else { return };
        if let Some(question) = text.strip_prefix('?') {
            let same_room = question.split_once(' ').is_some_and(|(_, asked)| asked == room);
            if same_room && matches!(tab_room, TabRoom::Joined(_)) {
                self.post(&["!", question]);
            }
        } else if text.strip_prefix('-') == Some(room) && self.is_shown.get() {
            // There may be a third tab in the room.
            self.ask();
        } else if text.strip_prefix('!') == Some(&*[&self.token, " ", room].concat()) {
            self.show(true);
        }
    }

    fn show(&self, second: bool) {
        if self.is_shown.replace(second) == second {
            return;
        }
        let frame = self.frame.clone();
        on_demand::load_then(Box::new(move |loaded| {
            if loaded.is_ok() {
                lazy_fn::<fn(&HtmlElement, bool)>(notice::show)(&frame, second);
            }
        }));
    }
}

/// Rooms that differ in their letters' case are one on our own server.
fn normalize(room: &str) -> String {
    room.trim().to_ascii_lowercase()
}
