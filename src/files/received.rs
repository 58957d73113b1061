//! What there is of a file that is received: in the browser's own storage, so that memory does not grow, or in memory if it is small
//! or nothing else works.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use visavis_core::{FileFailure, MAX_MEMORY_FILE_BYTES};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::digest::Digest;
use super::storage;
use crate::dom::by_name::{call, construct, member};
use crate::dom::{object, sleep};
use crate::storage::StorageWriter;

/// Files of at most so many bytes are kept in memory: to write them costs more than it saves.
const SMALL_BYTES: u32 = 8 * 1024 * 1024;
/// So many bytes are written at once.
const WRITE_BYTES: usize = 1024 * 1024;
/// While more bytes than this wait to be written, the sender is not told that they have come.
const MAX_UNWRITTEN: u32 = 16 * 1024 * 1024;
/// How often whoever waits for the disk looks again, in milliseconds.
const WAIT: i32 = 10;
/// The only type that a received file has: no browser shows it as something.
const TYPE: &str = "application/octet-stream";

/// A file that comes.
#[derive(Default)]
pub(crate) struct Received {
    place: RefCell<Option<Place>>,
    /// Somebody opens it.
    opening: Cell<bool>,
    digest: RefCell<Digest>,
    /// What has come and is not yet to be written.
    pending: RefCell<Vec<u8>>,
    /// How many bytes are being written.
    unwritten: Cell<u32>,
    failure: Cell<Option<FileFailure>>,
    /// Where the page finds it, once it was asked for.
    url: RefCell<Option<String>>,
}

/// Where it is.
#[derive(Clone)]
enum Place {
    /// In a file, which this writes.
    File(Rc<StorageWriter>, String),
    /// In `Blob`s, in their order.
    Memory(Array),
}

impl Received {
    /// Makes it ready to take so many bytes; gives how many there are already.
    pub(crate) async fn open(&self, size: u32) -> Result<u32, FileFailure> {
        while self.opening.get() {
            sleep(WAIT).await;
        }
        if self.place.borrow().is_none() {
            self.opening.set(true);
            let place = choose_place(size).await;
            self.opening.set(false);
            *self.place.borrow_mut() = Some(place?);
        }
        self.failure.get().map_or(Ok(self.bytes()), Err)
    }

    /// How many bytes have come.
    pub(crate) fn bytes(&self) -> u32 {
        self.digest.borrow().seen()
    }

    /// Why nothing more can be taken.
    pub(crate) fn failure(&self) -> Option<FileFailure> {
        self.failure.get()
    }

    /// The next bytes have come.
    pub(crate) fn take(self: &Rc<Self>, bytes: &[u8]) {
        let offset = self.bytes();
        self.digest.borrow_mut().update(offset, bytes);
        self.pending.borrow_mut().extend_from_slice(bytes);
        if self.pending.borrow().len() >= WRITE_BYTES {
            self.write();
        }
    }

    fn write(self: &Rc<Self>) {
        let pending = self.pending.take();
        let bytes: JsValue = Uint8Array::from(&pending[..]).into();
        let place = self.place.borrow().clone();
        match place {
            Some(Place::Memory(blobs)) => match blob(&Array::of1(&bytes)) {
                Ok(blob) => drop(blobs.push(&blob)),
                Err(_) => self.failure.set(Some(FileFailure::NotWritten)),
            },
            Some(Place::File(writer, _)) => {
                let (this, length) = (Rc::clone(self), pending.len() as u32);
                this.unwritten.set(this.unwritten.get() + length);
                spawn_local(async move {
                    if let Err(name) = writer.write(&bytes).await {
                        let full = name == "QuotaExceededError";
                        let failure = if full { FileFailure::NoSpace } else { FileFailure::NotWritten };
                        this.failure.set(Some(failure));
                    }
                    this.unwritten.set(this.unwritten.get() - length);
                });
            }
            None => self.failure.set(Some(FileFailure::NotWritten)),
        }
    }

    /// Waits until the disk keeps up.
    pub(crate) async fn room(&self) {
        while self.unwritten.get() > MAX_UNWRITTEN && self.failure.get().is_none() {
            sleep(WAIT).await;
        }
    }

    /// Whether so much waits that its sender cannot have heeded what was acknowledged.
    pub(crate) fn is_flooded(&self) -> bool {
        self.unwritten.get() > 2 * MAX_UNWRITTEN
    }

    /// Whether more waits to be written than should.
    pub(crate) fn is_congested(&self) -> bool {
        self.unwritten.get() > MAX_UNWRITTEN
    }

    /// All of it has come: gives its SHA-256 once it is written.
    pub(crate) async fn finish(self: &Rc<Self>) -> Result<String, FileFailure> {
        if !self.pending.borrow().is_empty() {
            self.write();
        }
        while self.unwritten.get() > 0 && self.failure.get().is_none() {
            sleep(WAIT).await;
        }
        self.failure.get().map_or_else(|| Ok(self.digest.borrow().hex()), Err)
    }

    /// Where the page finds all of it, for as long as it is on the shelf. Nothing of it is shown or opened there.
    pub(crate) async fn url(&self) -> Result<String, JsValue> {
        let known = self.url.borrow().clone();
        if let Some(url) = known {
            return Ok(url);
        }
        let place = self.place.borrow().clone();
        let parts = match place {
            Some(Place::File(writer, name)) => {
                writer.close().await;
                Array::of1(&storage::FOLDER.file(&name).await?)
            }
            Some(Place::Memory(blobs)) => blobs,
            None => Array::new(),
        };
        let url = call(&url_class()?, "createObjectURL", &[&blob(&parts)?])?.as_string().unwrap_or_default();
        Ok(self.url.borrow_mut().insert(url).clone())
    }

    /// Deletes it, for good.
    pub(super) fn delete(&self) {
        self.failure.set(Some(FileFailure::NotWritten));
        if let (Some(url), Ok(class)) = (self.url.take(), url_class()) {
            let _ = call(&class, "revokeObjectURL", &[&url.into()]);
        }
        if let Some(Place::File(writer, name)) = self.place.take() {
            spawn_local(async move {
                writer.close().await;
                drop(writer);
                let _ = storage::FOLDER.remove(&name).await;
            });
        }
    }
}

async fn choose_place(size: u32) -> Result<Place, FileFailure> {
    let memory = || Place::Memory(Array::new());
    if size <= SMALL_BYTES {
        return Ok(memory());
    }
    match open_file(size).await {
        Ok(place) => Ok(place),
        Err(_) if size <= MAX_MEMORY_FILE_BYTES => Ok(memory()),
        Err(Some(_)) => Err(FileFailure::NoSpace),
        Err(None) => Err(FileFailure::TooLargeForMemory),
    }
}

/// A file for so many bytes; if there is none, how much room there is, if that is known.
async fn open_file(size: u32) -> Result<Place, Option<f64>> {
    storage::tidy().await;
    let writer = StorageWriter::start();
    let room = writer.room().await;
    if room < Some(f64::from(size)) {
        return Err(room);
    }
    let name = storage::new_name().map_err(|_| None)?;
    writer.open(storage::FOLDER, &name).await.map_err(|_| None)?;
    Ok(Place::File(writer, name))
}

fn blob(parts: &Array) -> Result<JsValue, JsValue> {
    let window = web_sys::window().ok_or(JsValue::UNDEFINED)?;
    construct(&window, "Blob", &Array::of2(parts, &object(&[("type", TYPE.into())])))
}

fn url_class() -> Result<JsValue, JsValue> {
    let window: JsValue = web_sys::window().ok_or(JsValue::UNDEFINED)?.into();
    Ok(member(&window, "URL"))
}
