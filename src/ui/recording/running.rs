//! A recording that goes on.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use js_sys::{Array, Uint8Array};
use visavis_app::recording::webm::WebmIndex;
use visavis_core::{Command, Queue, RoomView};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::MediaStream;

use super::composer::Composer;
use super::kept::{self, Kept, Place};
use super::mark::Progress;
use super::mixer::Mixer;
use super::{RECORDED, Subject, menu, of};
use crate::dom::by_name::{call, call_async, construct, member};
use crate::dom::{self, Listener, object};
use crate::storage::StorageWriter;
use crate::ui::shared::Shared;
use crate::ui::text::recording as words;

/// What is tried, the first that the browser can write. Safari writes none of the first three: its files are MP4, which say
/// themselves how long they are.
const TYPES: [&str; 4] =
    ["video/webm;codecs=vp8,opus", "video/webm;codecs=vp9,opus", "video/webm", "video/mp4"];
/// Bits per second of the pictures: 1280x720 with twenty pictures a second...
const VIDEO_BITRATE: u32 = 2_500_000;
/// ...and of the voices.
const AUDIO_BITRATE: u32 = 128_000;
/// Milliseconds from one key frame to the next, at most: one can jump only to those.
const KEY_FRAME_INTERVAL: u32 = 2000;
/// Milliseconds after which what there is is written down: a crash loses not much more.
const TIMESLICE: u32 = 1000;
/// Most bytes of a recording that is only in memory.
pub(in crate::ui) const MAX_MEMORY: u64 = 500_000_000;

/// Why a recording has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ui) enum StopReason {
    /// The person wanted it.
    Asked,
    /// The call has ended.
    Left,
    /// There is no more room on the disk.
    StorageFull,
    /// There is no more room in memory.
    MemoryFull,
    /// What was recorded could not be written down.
    NotWritten,
    /// The recorder has given up.
    Failed,
}

/// Why a recording has not begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ui) enum NotStarted {
    /// The browser records nothing.
    Unsupported,
    /// It does not do so now.
    Failed,
}

/// It ends with this value, and what was written down stays.
pub(super) struct Running {
    shared: Weak<Shared>,
    subject: Subject,
    name: String,
    place: Place,
    writer: Rc<StorageWriter>,
    recorder: JsValue,
    composer: Composer,
    mixer: Mixer,
    progress: Progress,
    began_at: f64,
    stopped: Cell<Option<StopReason>>,
    /// What was recorded and is not written down yet. `None` is the end.
    waiting: RefCell<Queue<Option<JsValue>>>,
    is_writing: Cell<bool>,
    bytes: Cell<u64>,
    /// What is known of the file, unless something of it could not be written.
    index: RefCell<Option<WebmIndex>>,
    /// What is only in memory.
    pieces: Array,
    listeners: RefCell<Vec<Listener>>,
}

impl Running {
    /// Begins.
    ///
    /// # Errors
    /// Why that cannot be.
    pub(super) async fn start(
        shared: &Rc<Shared>,
        subject: Subject,
        writer: Rc<StorageWriter>,
    ) -> Result<Rc<Self>, NotStarted> {
        let kind = supported_type().ok_or(NotStarted::Unsupported)?;
        let name = file_name(kind);
        // Where nothing can be written, it is kept in memory.
        let is_written = writer.room().await.is_some() && writer.open(kept::FOLDER, &name).await.is_ok();
        let place = if is_written { Place::File } else { Place::Memory };
        let running =
            Self::make(shared, subject, kind, name, place, writer).map_err(|_| NotStarted::Failed)?;
        let weak = Rc::downgrade(&running);
        let draw = move || weak.upgrade().iter().for_each(|running| running.draw());
        running.writer.begin_ticks(Box::new(draw)).await;
        Ok(running)
    }

    fn make(
        shared: &Rc<Shared>,
        subject: Subject,
        kind: &str,
        name: String,
        place: Place,
        writer: Rc<StorageWriter>,
    ) -> Result<Rc<Self>, JsValue> {
        let composer = Composer::new(&shared.frame, subject.clone())?;
        let mixer = Mixer::new()?;
        let tracks = Array::of2(&composer.track()?, &mixer.track()?);
        let recorder = make_recorder(&MediaStream::new_with_tracks(&tracks)?, kind)?;
        let running = Rc::new(Self {
            progress: Progress::new(&shared.frame)?,
            shared: Rc::downgrade(shared),
            subject,
            name,
            place,
            writer,
            recorder,
            composer,
            mixer,
            began_at: dom::now(),
            stopped: Cell::default(),
            waiting: RefCell::default(),
            is_writing: Cell::default(),
            bytes: Cell::default(),
            index: RefCell::new(Some(WebmIndex::default())),
            pieces: Array::new(),
            listeners: RefCell::default(),
        });
        running.listen();
        shared.view().iter().for_each(|view| running.show(view));
        call(&running.recorder, "start", &[&TIMESLICE.into()])?;
        Ok(running)
    }

    fn listen(self: &Rc<Self>) {
        let on = |event, act: fn(&Rc<Self>, &JsValue)| {
            let weak = Rc::downgrade(self);
            Listener::new(self.recorder.unchecked_ref(), event, move |event| {
                weak.upgrade().iter().for_each(|running| act(running, &event));
            })
        };
        *self.listeners.borrow_mut() = vec![
            on("dataavailable", |running, event| running.take(Some(member(event, "data")))),
            on("error", |running, _| running.stop(StopReason::Failed)),
            on("stop", |running, _| {
                // By itself, if nobody has asked.
                if running.stopped.get().is_none() {
                    running.stopped.set(Some(StopReason::Failed));
                }
                running.take(None);
            }),
        ];
        self.listeners.borrow_mut().extend(dom::ask_before_unload());
    }

    /// Goes on with what there is to see and hear now.
    pub(super) fn show(&self, view: &RoomView) {
        let Some(shared) = self.shared.upgrade() else { return };
        self.mixer.show(&shared.tracks, view, &self.subject);
        let _ = self.progress.keep(&shared.frame);
        self.subject.tiles(&shared.frame).iter().for_each(|tile| dom::set_flag(tile, RECORDED, true));
    }

    /// Ends it: what is recorded so far is kept.
    pub(super) fn stop(&self, reason: StopReason) {
        if self.stopped.get().is_none() {
            self.stopped.set(Some(reason));
            let _ = call(&self.recorder, "stop", &[]);
        }
    }

    fn draw(&self) {
        match self.shared.upgrade().filter(|shared| shared.view().is_some()) {
            Some(shared) => drop(self.composer.draw(&shared.frame)),
            // The room has ended for good.
            None => self.stop(StopReason::Left),
        }
    }

    /// Something was recorded; nothing is the end.
    fn take(self: &Rc<Self>, piece: Option<JsValue>) {
        self.waiting.borrow_mut().push(piece);
        if !self.is_writing.replace(true) {
            spawn_local(Rc::clone(self).write());
        }
    }

    /// Writes down what waits, one after the other.
    async fn write(self: Rc<Self>) {
        loop {
            let next = self.waiting.borrow_mut().pop();
            match next {
                Some(Some(piece)) => self.write_piece(piece).await,
                Some(None) => return self.finish().await,
                None => break,
            }
        }
        self.is_writing.set(false);
    }

    async fn write_piece(&self, piece: JsValue) {
        if self.index.borrow().is_none() {
            return;
        }
        let Ok(buffer) = call_async(&piece, "arrayBuffer", &[]).await else { return };
        let bytes = Uint8Array::new(&buffer).to_vec();
        match self.place {
            Place::Memory => drop(self.pieces.push(&piece)),
            Place::File => {
                if let Err(error) = self.writer.write(&buffer).await {
                    *self.index.borrow_mut() = None;
                    let is_full = error == "QuotaExceededError";
                    return self.stop(if is_full { StopReason::StorageFull } else { StopReason::NotWritten });
                }
            }
        }
        self.index.borrow_mut().iter_mut().for_each(|index| index.push(&bytes));
        self.bytes.set(self.bytes.get() + bytes.len() as u64);
        self.progress.show(self.seconds(), self.bytes.get());
        if matches!(self.place, Place::Memory) && self.bytes.get() > MAX_MEMORY {
            self.stop(StopReason::MemoryFull);
        }
    }

    fn seconds(&self) -> u64 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
        let seconds = ((dom::now() - self.began_at) / 1000.0) as u64;
        seconds
    }

    /// All of it is written down.
    async fn finish(&self) {
        self.listeners.take();
        let blob = match self.place {
            Place::Memory => kept::make_blob(&self.pieces, &self.name),
            Place::File => {
                self.writer.close().await;
                kept::FOLDER.file(&self.name).await
            }
        };
        let Some(shared) = self.shared.upgrade() else { return };
        self.unmark(&shared);
        let Some(recordings) = of(&shared) else { return };
        if let Ok(blob) = blob {
            let kept = Kept::new(&self.name, self.place, blob, self.index.take());
            recordings.kept.borrow_mut().insert(0, Rc::new(kept));
        }
        drop(recordings.running.take());
        shared.send(Command::SetRecording(false));
        let reason = self.stopped.get().unwrap_or(StopReason::Asked);
        menu::open(&shared, words::ended(reason));
    }

    fn unmark(&self, shared: &Shared) {
        let marked = dom::find_all(&shared.frame, &["[", RECORDED, "]"].concat());
        marked.iter().for_each(|tile| dom::set_flag(tile, RECORDED, false));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.listeners.take();
        if member(&self.recorder, "state").as_string().is_some_and(|state| state != "inactive") {
            let _ = call(&self.recorder, "stop", &[]);
        }
    }
}

/// The kind of file that the browser writes; `None` if it records nothing.
pub(super) fn supported_type() -> Option<&'static str> {
    let class = member(&web_sys::window()?.into(), "MediaRecorder");
    let is_supported = |kind: &&str| {
        call(&class, "isTypeSupported", &[&(*kind).into()]).is_ok_and(|supported| supported.is_truthy())
    };
    TYPES.into_iter().find(is_supported)
}

fn make_recorder(stream: &MediaStream, kind: &str) -> Result<JsValue, JsValue> {
    let options = object(&[
        ("mimeType", kind.into()),
        ("videoBitsPerSecond", VIDEO_BITRATE.into()),
        ("audioBitsPerSecond", AUDIO_BITRATE.into()),
        ("videoKeyFrameIntervalDuration", KEY_FRAME_INTERVAL.into()),
    ]);
    let window = web_sys::window().ok_or(JsValue::UNDEFINED)?;
    construct(&window, "MediaRecorder", &Array::of2(stream, &options))
}

/// When it began, in universal time, as files may be called everywhere.
fn file_name(kind: &str) -> String {
    let date = web_sys::window().and_then(|window| construct(&window, "Date", &Array::new()).ok());
    let date = date.and_then(|date| call(&date, "toISOString", &[]).ok()?.as_string()).unwrap_or_default();
    let date: String = date.chars().map(|c| if c == ':' || c == '.' { '-' } else { c }).collect();
    [&*date, if kind.starts_with("video/webm") { ".webm" } else { ".mp4" }].concat()
}
