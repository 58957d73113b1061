//! The pump: inbox -> core -> effects -> view. The only owner of the core's [`Room`].
//!
//! A listener or a settled promise calls `dispatch`; if the pump is already running, that only adds to the inbox. No
//! borrow of the room lives across a call into JavaScript, because such a call may come straight back.

mod page;
mod panic;
mod perform;
mod timer;

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::{Rc, Weak};

use js_sys::JsString;
use visavis_app::report;
use visavis_core::flight::Recorder;
use visavis_core::{Command, Event, Input, Output, ProbeResult, Queue, Room, RoomConfig, RoomView};
use visavis_signaling::limits::{MAX_NAME_CHARS, MAX_ROOM_CHARS};
use visavis_signaling::text::clean;
use visavis_signaling::{Dialect, Probe, Timestamp};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlElement, Window};

pub use self::panic::install_hook;
use self::timer::Timer;
use crate::dom::Listener;
use crate::media::Media;
use crate::on_demand::{self, NotLoaded, lazy_fn};
use crate::probe;
use crate::rtc::Rtc;
use crate::socket::Socket;
use crate::tracks::Tracks;
use crate::ui::{Ui, UiOptions};

/// What a driver is made with.
pub struct DriverOptions {
    /// The element that shows the room.
    pub root: HtmlElement,
    /// How the room begins.
    pub room: RoomConfig,
    /// The server's language.
    pub dialect: Box<dyn Dialect>,
    /// Makes what speaks where there is no server.
    pub fallback: Option<MakeDialect>,
    /// What writes down all that happens.
    pub recorder: Recorder,
    /// How the user interface begins.
    pub ui: UiOptions,
    /// Told of every view that differs from the one before, after it has been rendered.
    pub on_view: Box<dyn Fn(&RoomView)>,
}

/// Makes a dialect, unless it is in a part of the program that cannot be loaded.
pub type MakeDialect = Box<dyn Fn() -> Option<Box<dyn Dialect>>>;

/// A running room. Dropping it closes everything it holds, without a word to the server: send [`Command::Leave`] first.
pub struct Driver(Rc<Pump>);

impl Driver {
    /// Starts a room in `options.root`. Nothing is shown or opened before the first command.
    ///
    /// # Errors
    /// If the user interface cannot be built.
    pub fn start(mut options: DriverOptions) -> Result<Self, JsValue> {
        let window = web_sys::window().ok_or(JsValue::UNDEFINED)?;
        let (tracks, root, ui) = (Tracks::default(), options.root.clone(), std::mem::take(&mut options.ui));
        let pump = Rc::new_cyclic(|pump| Pump::new(pump, window, options, tracks.clone()));
        let weak = Rc::downgrade(&pump);
        let send = Rc::new(move |command| dispatch(&weak, Input::Command(command)));
        let weak = Rc::downgrade(&pump);
        // Whoever asks for it has loaded what makes it.
        let report = Rc::new(move || weak.upgrade().and_then(|pump| pump.report()).unwrap_or_default());
        let weak = Rc::downgrade(&pump);
        let refresh = Rc::new(move || weak.upgrade().iter().for_each(|pump| pump.refresh()));
        let _ = pump.ui.set(Ui::mount(&root, tracks, ui, send, report, refresh)?);
        panic::watch(&pump);
        Ok(Self(pump))
    }

    /// Does what a person, or the page, asks for.
    pub fn command(&self, command: Command) {
        self.0.dispatch(Input::Command(command));
    }
}

/// Everything one room needs.
struct Pump {
    myself: Weak<Self>,
    root: HtmlElement,
    window: Window,
    room: RefCell<Room>,
    recorder: RefCell<Recorder>,
    inbox: RefCell<Queue<Input>>,
    activity: Cell<Activity>,
    timer: RefCell<Timer>,
    shown: RefCell<Option<RoomView>>,
    on_view: Box<dyn Fn(&RoomView)>,
    socket: Socket,
    rtc: Rtc,
    media: Media,
    ui: OnceCell<Ui>,
    listeners: RefCell<Vec<Listener>>,
    /// Asks before the page is left; there while that would end a call with others.
    asks: RefCell<Option<Listener>>,
}

/// A text in the one spelling that all which look the same share (NFC, Unicode UAX #15): an é is one letter, or an e and
/// its accent. What nobody sees goes first, or it would keep the two apart.
fn normalize_nfc(text: &str, max_chars: usize) -> String {
    JsString::from(clean(text, max_chars)).normalize("NFC").into()
}

/// What the pump is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Activity {
    /// Nothing: an input starts it.
    Idle,
    /// Somebody further up the stack drains the inbox.
    Running,
    /// Everything is switched off for good, after a panic or because nothing can be shown.
    Halted,
}

fn dispatch(pump: &Weak<Pump>, input: Input) {
    if let Some(pump) = pump.upgrade() {
        pump.dispatch(input);
    }
}

impl Pump {
    fn new(pump: &Weak<Self>, window: Window, options: DriverOptions, tracks: Tracks) -> Self {
        let mut room = Room::new(options.room, options.dialect);
        if let Some(fallback) = options.fallback {
            room = room.with_fallback(fallback);
        }
        let (socket, rtc, media, timeout) = (pump.clone(), pump.clone(), pump.clone(), pump.clone());
        Self {
            myself: pump.clone(),
            listeners: RefCell::new(page::listen(pump, &window)),
            asks: RefCell::default(),
            timer: RefCell::new(Timer::new(&window, move || dispatch(&timeout, Input::Timeout))),
            socket: Socket::new(Rc::new(move |event| dispatch(&socket, Input::Socket(event)))),
            rtc: Rtc::new(
                tracks.clone(),
                Rc::new(move |id, event| dispatch(&rtc, Input::Connection(id, event))),
            ),
            media: Media::new(tracks, Rc::new(move |event| dispatch(&media, Input::Media(event)))),
            root: options.root,
            window,
            room: RefCell::new(room),
            recorder: RefCell::new(options.recorder),
            inbox: RefCell::default(),
            activity: Cell::new(Activity::Idle),
            shown: RefCell::default(),
            on_view: options.on_view,
            ui: OnceCell::new(),
        }
    }

    fn dispatch(&self, mut input: Input) {
        if let Input::Command(Command::Join { room, name }) = &mut input {
            *room = normalize_nfc(room, MAX_ROOM_CHARS);
            *name = normalize_nfc(name, MAX_NAME_CHARS);
        }
        self.inbox.borrow_mut().push(input);
        if self.activity.get() != Activity::Idle {
            return;
        }
        self.activity.set(Activity::Running);
        let mut events = Vec::new();
        // Rendering and listeners may ask for more: the view is shown again until nobody does.
        while self.activity.get() == Activity::Running && self.drain(&mut events) {
            self.arm_timer();
            self.render();
            self.publish(&mut events);
        }
        if self.activity.get() == Activity::Running {
            self.activity.set(Activity::Idle);
        }
    }

    /// Empties the inbox; whether there was anything in it.
    fn drain(&self, events: &mut Vec<Event>) -> bool {
        let mut any = false;
        while let Some(input) = self.next_input() {
            any = true;
            for output in self.handle(input) {
                match output {
                    Output::Effect(effect) => self.perform(effect),
                    Output::Event(event) => events.push(event),
                }
            }
        }
        any
    }

    fn next_input(&self) -> Option<Input> {
        self.inbox.borrow_mut().pop()
    }

    fn handle(&self, input: Input) -> Vec<Output> {
        let now = self.now();
        // First, and not borrowed meanwhile: the input that crashes the room is the one that matters.
        self.recorder.borrow_mut().input(now, &input);
        let mut room = self.room.borrow_mut();
        room.handle(now, input);
        let outputs: Vec<Output> = std::iter::from_fn(|| room.poll_output()).collect();
        self.recorder.borrow_mut().outputs(&outputs);
        outputs
    }

    /// What the flight recorder says, once [`on_demand::load`] has come back. Nothing if it is in the middle of a line, as
    /// in a panic.
    fn report(&self) -> Option<String> {
        let report = lazy_fn::<fn(&Recorder) -> String>(report::redact);
        self.recorder.try_borrow().ok().map(|recorder| report(&recorder))
    }

    fn probe_server(&self, probe: Probe) {
        let pump = self.myself.clone();
        spawn_local(async move {
            // What speaks where there is no server is in the same part. Whoever cannot load it is probably offline.
            match on_demand::load().await {
                Ok(()) => lazy_fn::<fn(Probe, probe::Tell)>(probe::probe)(
                    probe,
                    Box::new(move |probe, seen| dispatch(&pump, Input::Probed(probe, seen))),
                ),
                Err(NotLoaded) => dispatch(&pump, Input::Probed(probe, ProbeResult::NoAnswer)),
            }
        });
    }

    /// Milliseconds since the page began: a clock that never jumps.
    fn now(&self) -> Timestamp {
        let now = self.window.performance().map_or(0.0, |performance| performance.now());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "meant to be floored")]
        Timestamp::from_millis(now as u64)
    }

    fn arm_timer(&self) {
        let due = self.room.borrow().poll_timeout();
        self.timer.borrow_mut().arm(self.now(), due);
    }

    fn render(&self) {
        let view = self.room.borrow().view();
        let same = self.shown.borrow().as_ref() == Some(&view);
        if same && !self.ui.get().is_some_and(Ui::is_damaged) {
            return;
        }
        if let Some(Err(error)) = self.ui.get().map(|ui| ui.render(&view)) {
            web_sys::console::error_1(&error);
            return self.halt_unrenderable();
        }
        if same {
            return;
        }
        (self.on_view)(&view);
        page::ask_before_leaving(&mut self.asks.borrow_mut(), &self.window, &view);
        *self.shown.borrow_mut() = Some(view);
    }

    /// Shows the same once more: the user interface has more to say.
    fn refresh(&self) {
        if self.activity.get() == Activity::Idle {
            self.shown.take();
            self.render();
        }
    }

    /// Nothing can be shown any more, so nobody may be on the air. The room itself is sound: it says goodbye.
    fn halt_unrenderable(&self) {
        self.inbox.borrow_mut().push(Input::Command(Command::Leave));
        self.drain(&mut Vec::new());
        self.halt();
        (self.on_view)(&self.room.borrow().view());
    }

    fn publish(&self, events: &mut Vec<Event>) {
        for event in events.drain(..) {
            if let Event::ProtocolError(text) = &event {
                web_sys::console::warn_1(&text.into());
            }
            if let Some(ui) = self.ui.get() {
                ui.event(&event);
            }
        }
    }
}
