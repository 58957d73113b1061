//! Runs a room: inbox -> core -> effects -> subscribers. The only owner of the core's [`Room`].
//!
//! A listener or a settled promise calls `dispatch`; if the event loop is already running, that only adds to the inbox. No
//! borrow of the room lives across a call into JavaScript or of a subscriber, because such a call may come straight back.

mod page;
mod panic;
mod perform;
mod subscribers;
mod timer;
mod warm_up;

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use js_sys::JsString;
use visavis_app::report;
use visavis_core::flight::Recorder;
use visavis_core::{Command, Event, Input, Output, ProbeResult, Queue, Room, RoomConfig, RoomView};
use visavis_signaling::limits::{MAX_NAME_CHARS, MAX_ROOM_CHARS};
use visavis_signaling::text::clean;
use visavis_signaling::{Dialect, Probe, Timestamp};
use wasm_bindgen::JsValue;
use web_sys::Window;

pub use self::panic::install_hook;
use self::subscribers::{Callback, Subscribers};
pub use self::subscribers::{Subscription, Update};
use self::timer::Timer;
pub use self::warm_up::WarmUp;
use crate::dom::Listener;
use crate::media::Media;
use crate::on_demand::{self, NotLoaded, lazy_fn};
use crate::probe;
use crate::rtc::Rtc;
use crate::socket::Socket;
use crate::tracks::Tracks;

/// What a driver is made with.
pub struct DriverOptions {
    /// How the room begins.
    pub room: RoomConfig,
    /// The server's language.
    pub dialect: Box<dyn Dialect>,
    /// Makes what speaks where there is no server.
    pub fallback: Option<MakeDialect>,
    /// What writes down all that happens.
    pub recorder: Recorder,
    /// Where tracks are put that views name.
    pub tracks: Tracks,
}

/// Makes a dialect, unless it is in a part of the program that cannot be loaded.
pub type MakeDialect = Box<dyn Fn() -> Option<Box<dyn Dialect>>>;

/// A running room. Dropping it closes everything it holds, without a word to the server: send [`Command::Leave`] first.
pub struct Driver(Rc<EventLoop>);

/// A way to a driver that does not keep it running.
#[derive(Clone)]
pub struct WeakDriver(Weak<EventLoop>);

impl Driver {
    /// Makes a room. It opens nothing before the first command.
    ///
    /// # Errors
    /// Outside of a window.
    pub fn start(options: DriverOptions) -> Result<Self, JsValue> {
        let window = web_sys::window().ok_or(JsValue::UNDEFINED)?;
        let event_loop = Rc::new_cyclic(|event_loop| EventLoop::new(event_loop, window, options));
        panic::watch(&event_loop);
        Ok(Self(event_loop))
    }

    /// Does what a person, or the page, asks for. Called by a subscriber that is being told, it is done as soon as all have
    /// been told.
    pub fn command(&self, command: Command) {
        self.0.dispatch(Input::Command(command));
    }

    /// Has `callback` told of every update for as long as the subscription lives; of the present view at once, if
    /// subscribers could have been told of one.
    pub fn subscribe(&self, callback: impl Fn(Update<'_>) + 'static) -> Subscription {
        self.0.subscribe(Rc::new(callback))
    }

    /// The tracks that views name.
    pub fn tracks(&self) -> Tracks {
        self.0.tracks.clone()
    }

    /// Whether it is on us that somebody sees and hears somebody soon: whoever keeps the main thread busy now keeps them waiting.
    pub fn is_connecting(&self) -> bool {
        let now = self.0.now();
        self.0.room.try_borrow().is_ok_and(|room| room.is_connecting(now))
    }

    /// What the flight recorder says, once the other part of the program is loaded. Nothing if it is in the middle of a line, as
    /// in a panic.
    pub fn report(&self) -> Option<String> {
        let report = lazy_fn::<fn(&Recorder) -> String>(report::redact);
        self.0.recorder.try_borrow().ok().map(|recorder| report(&recorder))
    }

    /// Leaves the room and ends everything for good: nobody may be on the air when nothing can be shown any more.
    pub fn abort(&self) {
        self.0.abort();
    }

    /// A way to this driver that does not keep it running.
    pub fn downgrade(&self) -> WeakDriver {
        WeakDriver(Rc::downgrade(&self.0))
    }
}

impl WeakDriver {
    /// The driver, if somebody still keeps it.
    pub fn upgrade(&self) -> Option<Driver> {
        self.0.upgrade().map(Driver)
    }
}

/// Everything one room needs.
struct EventLoop {
    myself: Weak<Self>,
    window: Window,
    room: RefCell<Room>,
    recorder: RefCell<Recorder>,
    inbox: RefCell<Queue<Input>>,
    activity: Cell<Activity>,
    timer: RefCell<Timer>,
    subscribers: Subscribers,
    /// What subscribers were told last.
    view: RefCell<Option<Rc<RoomView>>>,
    tracks: Tracks,
    socket: Socket,
    rtc: Rtc,
    media: Media,
    listeners: RefCell<Vec<Listener>>,
}

/// A text in the one spelling that all which look the same share (NFC, Unicode UAX #15): an é is one letter, or an e and
/// its accent. What nobody sees goes first, or it would keep the two apart.
fn normalize_nfc(text: &str, max_chars: usize) -> String {
    JsString::from(clean(text, max_chars)).normalize("NFC").into()
}

/// What the event loop is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Activity {
    /// Nothing: an input starts it.
    Idle,
    /// Somebody further up the stack drains the inbox.
    Running,
    /// The same, and when the inbox is empty everything ends.
    Aborting,
    /// Everything has ended for good.
    Aborted,
}

fn dispatch(event_loop: &Weak<EventLoop>, input: Input) {
    if let Some(event_loop) = event_loop.upgrade() {
        event_loop.dispatch(input);
    }
}

impl EventLoop {
    fn new(event_loop: &Weak<Self>, window: Window, options: DriverOptions) -> Self {
        let mut room = Room::new(options.room, options.dialect);
        if let Some(fallback) = options.fallback {
            room = room.with_fallback(fallback);
        }
        let tracks = options.tracks;
        let (socket, rtc, media, timeout) =
            (event_loop.clone(), event_loop.clone(), event_loop.clone(), event_loop.clone());
        Self {
            myself: event_loop.clone(),
            listeners: RefCell::new(page::listen(event_loop, &window)),
            timer: RefCell::new(Timer::new(&window, move || dispatch(&timeout, Input::Timeout))),
            socket: Socket::new(Rc::new(move |event| dispatch(&socket, Input::Socket(event)))),
            rtc: Rtc::new(
                tracks.clone(),
                Rc::new(move |id, event| dispatch(&rtc, Input::Connection(id, event))),
            ),
            media: Media::new(tracks.clone(), Rc::new(move |event| dispatch(&media, Input::Media(event)))),
            tracks,
            window,
            room: RefCell::new(room),
            recorder: RefCell::new(options.recorder),
            inbox: RefCell::default(),
            activity: Cell::new(Activity::Idle),
            subscribers: Subscribers::default(),
            view: RefCell::default(),
        }
    }

    fn dispatch(&self, mut input: Input) {
        if let Input::Command(Command::Join { room, name }) = &mut input {
            *room = normalize_nfc(room, MAX_ROOM_CHARS);
            *name = normalize_nfc(name, MAX_NAME_CHARS);
        }
        self.inbox.borrow_mut().push(input);
        if self.activity.get() == Activity::Idle {
            self.activity.set(Activity::Running);
            self.run();
        }
    }

    /// Handles what is in the inbox and tells the subscribers, who may ask for more, until nobody does.
    fn run(&self) {
        let mut events = Vec::new();
        while self.activity.get() != Activity::Aborted && self.drain(&mut events) {
            self.arm_timer();
            self.notify_subscribers(&mut events);
        }
        match self.activity.get() {
            Activity::Running => self.activity.set(Activity::Idle),
            Activity::Aborting => self.shut_down(),
            Activity::Idle | Activity::Aborted => {}
        }
    }

    fn subscribe(&self, callback: Rc<Callback>) -> Subscription {
        self.subscribers.add(&callback);
        let view = self.view.borrow().clone();
        view.iter().for_each(|view| callback(Update::View(view)));
        Subscription(callback)
    }

    /// The room itself is sound: it says goodbye.
    fn abort(&self) {
        let before = self.activity.get();
        if matches!(before, Activity::Idle | Activity::Running) {
            self.activity.set(Activity::Aborting);
            self.inbox.borrow_mut().push(Input::Command(Command::Leave));
        }
        if before == Activity::Idle {
            self.run();
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

    fn probe_server(&self, probe: Probe) {
        let event_loop = self.myself.clone();
        // What speaks where there is no server is in the same part. Whoever cannot load it is probably offline.
        on_demand::load_then(Box::new(move |loaded| match loaded {
            Ok(()) => lazy_fn::<fn(Probe, probe::OnProbed)>(probe::probe)(
                probe,
                Box::new(move |probe, seen| dispatch(&event_loop, Input::Probed(probe, seen))),
            ),
            Err(NotLoaded) => dispatch(&event_loop, Input::Probed(probe, ProbeResult::NoAnswer)),
        }));
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

    /// Tells subscribers where the room is now, and what has happened on the way.
    fn notify_subscribers(&self, events: &mut Vec<Event>) {
        let view = Rc::new(self.room.borrow().view());
        let before = self.view.replace(Some(Rc::clone(&view)));
        let same = before.is_some_and(|before| before == view);
        self.notify(if same { Update::Unchanged } else { Update::View(&view) });
        for event in events.drain(..) {
            if let Event::ProtocolError(text) = &event {
                web_sys::console::warn_1(&text.into());
            }
            self.notify(Update::Event(&event));
        }
    }

    fn notify(&self, update: Update<'_>) {
        for callback in self.subscribers.current() {
            // A panic while one of them was told has ended the room for the others, too.
            if self.activity.get() != Activity::Aborted || matches!(update, Update::Aborted) {
                callback(update);
            }
        }
    }
}
