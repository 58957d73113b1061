//! The same room in another tab of this browser: both would play everybody's sound, and each the voice of the other.
//!
//! A tab that is about to enter a room, or has entered one, asks on a channel that all tabs of this origin hear; those
//! who are in that room answer. So only whoever comes later is told: before joining, and in the call with a way to be quiet.

pub(super) mod notice;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use visavis_core::{Lifecycle, RoomView};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{BroadcastChannel, HtmlElement, HtmlInputElement, MessageEvent};

use crate::dom::{self, Listener, random_bytes};
use crate::on_demand::{self, lazy_fn};

const CHANNEL: &str = "visavis-rooms";

/// What this tab has to do with a room.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Here {
    /// Nothing.
    Nowhere,
    /// It may enter this one.
    AtDoor(String),
    /// It is in this one.
    Inside(String),
}

/// Asks, answers and tells.
pub(super) struct SecondTab {
    line: Rc<Line>,
    _listeners: [Listener; 2],
}

struct Line {
    channel: BroadcastChannel,
    frame: HtmlElement,
    /// Answers to somebody else are not for us.
    token: String,
    here: RefCell<Here>,
    /// The person has been told of another tab.
    told: Cell<bool>,
}

impl SecondTab {
    /// Listens for as long as it lives.
    pub(super) fn new(frame: &HtmlElement) -> Result<Self, JsValue> {
        let token = u32::from_le_bytes(random_bytes()?).to_string();
        let (channel, here) = (BroadcastChannel::new(CHANNEL)?, RefCell::new(Here::Nowhere));
        let line = Rc::new(Line { channel, frame: frame.clone(), token, here, told: Cell::new(false) });
        let on = |target, event, act: fn(&Line, &web_sys::Event)| {
            let line = Rc::downgrade(&line);
            Listener::new(target, event, move |event| {
                line.upgrade().iter().for_each(|line| act(line, &event));
            })
        };
        let _listeners = [
            on(&line.channel, "message", |line, event| {
                let data = event.unchecked_ref::<MessageEvent>().data().as_string();
                data.iter().for_each(|text| line.on_message(text));
            }),
            on(frame, "input", |line, _| line.look_at_door()),
        ];
        Ok(Self { line, _listeners })
    }

    /// Follows the person.
    pub(super) fn render(&self, view: &RoomView, demo: bool) {
        match view.lifecycle {
            // In the demo a second tab is what it is about.
            _ if demo => self.line.go(Here::Nowhere),
            Lifecycle::Lobby | Lifecycle::Joining => self.line.look_at_door(),
            Lifecycle::Joined | Lifecycle::Reconnecting => self.line.go(Here::Inside(same(&view.room))),
            Lifecycle::Left => self.line.go(Here::Nowhere),
        }
    }
}

impl Drop for SecondTab {
    fn drop(&mut self) {
        self.line.go(Here::Nowhere);
        self.line.channel.close();
    }
}

impl Line {
    fn look_at_door(&self) {
        if let Ok(room) = dom::find::<HtmlInputElement>(&self.frame, "input[name=room]") {
            self.go(Here::AtDoor(same(&room.value())));
        }
    }

    fn go(&self, here: Here) {
        if *self.here.borrow() == here {
            return;
        }
        if let Here::Inside(room) = self.here.replace(here) {
            self.say(&["-", &room]);
        }
        self.ask();
    }

    fn ask(&self) {
        self.show(false);
        if let Here::AtDoor(room) | Here::Inside(room) = &*self.here.borrow() {
            self.say(&["?", &self.token, " ", room]);
        }
    }

    fn say(&self, words: &[&str]) {
        let _ = self.channel.post_message(&JsValue::from_str(&words.concat()));
    }

    fn on_message(&self, text: &str) {
        let here = self.here.borrow().clone();
        let (Here::AtDoor(room) | Here::Inside(room)) = &here else { return };
        if let Some(question) = text.strip_prefix('?') {
            let same_room = question.split_once(' ').is_some_and(|(_, asked)| asked == room);
            if same_room && matches!(here, Here::Inside(_)) {
                self.say(&["!", question]);
            }
        } else if text.strip_prefix('-') == Some(room) && self.told.get() {
            // There may be a third. Whoever was first does not ask: those who came later answer.
            self.ask();
        } else if text.strip_prefix('!') == Some(&*[&self.token, " ", room].concat()) {
            self.show(true);
        }
    }

    fn show(&self, second: bool) {
        if self.told.replace(second) == second {
            return;
        }
        let frame = self.frame.clone();
        spawn_local(async move {
            if on_demand::load().await.is_ok() {
                lazy_fn::<fn(&HtmlElement, bool)>(notice::show)(&frame, second);
            }
        });
    }
}

/// Rooms that differ in their letters' case are one on our own server.
fn same(room: &str) -> String {
    room.trim().to_ascii_lowercase()
}
