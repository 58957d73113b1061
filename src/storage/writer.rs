//! The worker that writes a file, and keeps the time for pages that are hidden.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use js_sys::{Array, Function, Promise, Reflect};
use visavis_core::Queue;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::StorageFolder;
use crate::dom::by_name::{call, construct, member};
use crate::dom::{self, Listener, object};
use crate::on_demand::url_beside_script;

const SCRIPT: &str = "storage-worker.js";
/// Milliseconds from one tick to the next...
const INTERVAL: f64 = 50.0;

/// ...and how long to wait after one that took `elapsed`: where a picture takes a browser long, half of the time is left for the
/// call. The next tick is asked for only now, so that none piles up in front of everything else that the page has to do.
fn wait_after(elapsed: f64) -> f64 {
    (INTERVAL - elapsed).max(elapsed)
}

/// With less room than this, in bytes, nothing is written.
const MIN_ROOM: f64 = 100e6;

/// What is called with each tick.
pub(crate) type OnTick = Box<dyn Fn()>;

/// It ends with this value.
pub(crate) struct StorageWriter {
    /// `None` where the browser makes none, as in a page whose script comes from another site.
    worker: Option<JsValue>,
    /// Who waits for an answer: they come in the order of the questions.
    waiting: RefCell<Queue<Function>>,
    on_tick: RefCell<Option<OnTick>>,
    listeners: RefCell<Vec<Listener>>,
}

impl StorageWriter {
    /// Starts it.
    pub(crate) fn start() -> Rc<Self> {
        let worker = web_sys::window().and_then(|window| {
            construct(&window, "Worker", &Array::of1(&url_beside_script(SCRIPT).into())).ok()
        });
        Rc::new_cyclic(|weak: &Weak<Self>| {
            let on = |worker: &JsValue, event| {
                let weak = weak.clone();
                Listener::new(worker.unchecked_ref(), event, move |event| {
                    weak.upgrade().iter().for_each(|writer| writer.on_message(&member(&event, "data")));
                })
            };
            let listeners = worker.iter().flat_map(|worker| [on(worker, "message"), on(worker, "error")]);
            Self {
                listeners: RefCell::new(listeners.collect()),
                worker,
                waiting: RefCell::default(),
                on_tick: RefCell::default(),
            }
        })
    }

    /// How many bytes it can write down; `None` if it cannot, or hardly any.
    pub(crate) async fn room(&self) -> Option<f64> {
        let answer = self.ask("room", &[]).await.ok()?;
        member(&answer, "room").as_f64().filter(|room| *room > MIN_ROOM)
    }

    /// Makes a file to write to.
    ///
    /// # Errors
    /// The name of what went wrong.
    pub(crate) async fn open(&self, folder: StorageFolder, name: &str) -> Result<(), String> {
        let lock = folder.lock_of(name);
        let file = [("folder", folder.name().into()), ("name", name.into()), ("lock", lock.into())];
        self.ask("open", &file).await.map(drop)
    }

    /// Writes more of it.
    ///
    /// # Errors
    /// The name of what went wrong.
    pub(crate) async fn write(&self, bytes: &JsValue) -> Result<(), String> {
        self.ask("write", &[("bytes", bytes.clone())]).await.map(drop)
    }

    /// Ends the file.
    pub(crate) async fn close(&self) {
        let _ = self.ask("close", &[]).await;
    }

    /// Has `on_tick` called twenty times a second from now on, or as often as it can be called in half of the time.
    pub(crate) async fn begin_ticks(self: &Rc<Self>, on_tick: OnTick) {
        *self.on_tick.borrow_mut() = Some(on_tick);
        // It answers whatever it is told, if it runs.
        if self.ask("ping", &[]).await.is_ok() {
            self.tick_after(INTERVAL);
        } else {
            spawn_local(tick_without_worker(Rc::downgrade(self)));
        }
    }

    /// Has the worker, whose timers are never slowed down, say when it is time.
    fn tick_after(&self, wait: f64) {
        let message = object(&[("type", "tick".into()), ("wait", wait.into())]);
        self.worker.iter().for_each(|worker| drop(call(worker, "postMessage", &[&message])));
    }

    async fn ask(&self, kind: &str, more: &[(&str, JsValue)]) -> Result<JsValue, String> {
        let worker = self.worker.as_ref().ok_or_else(String::new)?;
        let message = object(more);
        let _ = Reflect::set(&message, &"type".into(), &kind.into());
        let answer = Promise::new(&mut |resolve, _| self.waiting.borrow_mut().push(resolve));
        call(worker, "postMessage", &[&message]).map_err(|_| String::new())?;
        let answer = JsFuture::from(answer).await.unwrap_or_default();
        match member(&answer, "error").as_string() {
            None if answer.is_object() => Ok(answer),
            // A worker that could not be loaded says nothing.
            error => Err(error.unwrap_or_default()),
        }
    }

    fn on_message(&self, data: &JsValue) {
        if data.as_string().is_some() {
            let wait = self.tick();
            return self.tick_after(wait);
        }
        // Where it cannot be loaded, or breaks, nobody hears any more of it.
        let answered = if data.is_object() { 1 } else { usize::MAX };
        for _ in 0..answered {
            let next = self.waiting.borrow_mut().pop();
            let Some(resolve) = next else { break };
            let _ = resolve.call1(&JsValue::UNDEFINED, data);
        }
    }

    /// Returns in how many milliseconds to do so again.
    fn tick(&self) -> f64 {
        let began = dom::now();
        if let Ok(on_tick) = self.on_tick.try_borrow() {
            on_tick.iter().for_each(|on_tick| on_tick());
        }
        wait_after(dom::now() - began)
    }
}

/// As often as the browser lets a page that may be hidden.
async fn tick_without_worker(writer: Weak<StorageWriter>) {
    while let Some(writer) = writer.upgrade() {
        let wait = writer.tick();
        drop(writer);
        #[expect(clippy::cast_possible_truncation, reason = "it saturates")]
        dom::sleep(wait as i32).await;
    }
}

impl Drop for StorageWriter {
    fn drop(&mut self) {
        self.listeners.take().clear();
        self.worker.iter().for_each(|worker| drop(call(worker, "terminate", &[])));
    }
}
