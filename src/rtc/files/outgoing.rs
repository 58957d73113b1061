//! Files that go out: read piece by piece as the channel drains, one after the other of those that are wanted.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use visavis_core::{
    FILE_CHANNEL_BUFFERED_AMOUNT_LIMIT, FileEvent, FileFrame, FileHandle, SendWindow, TransferId,
};
use wasm_bindgen_futures::spawn_local;

use super::{FileChannel, Told, now};
use crate::files::{self, Picked};

/// Most bytes that are read at once: a few pieces.
const MAX_READ: u32 = 240 * 1024;
/// Fewer are not read, unless they are the last: it would be many reads for a little.
const MIN_READ: u32 = 16 * 1024;

/// A file that goes out.
pub(super) struct Outgoing {
    transfer: TransferId,
    file: Rc<Picked>,
    size: u32,
    window: RefCell<SendWindow>,
    /// All of it is sent.
    ended: Cell<bool>,
    told: Told,
}

impl Outgoing {
    /// How many bytes are to be read next; `None` if it has to wait, or is over.
    fn next_read(&self, room: u32) -> Option<u32> {
        let window = self.window.borrow();
        let left = self.size - window.sent();
        let length = left.min(window.available()).min(room).min(MAX_READ);
        let is_worth_it = length >= MIN_READ || length == left;
        (is_worth_it && !self.ended.get()).then_some(length)
    }
}

impl FileChannel {
    pub(super) fn begin_sending(
        self: &Rc<Self>,
        transfer: TransferId,
        handle: FileHandle,
        offset: u32,
        size: u32,
    ) {
        let Some(file) = files::picked(handle) else {
            let this = Rc::clone(self);
            // Not while the room is being told something else.
            return spawn_local(async move { this.emit(FileEvent::SendingFailed(transfer)) });
        };
        let (window, ended) = (RefCell::new(SendWindow::new(offset)), Cell::new(false));
        let outgoing = Outgoing { transfer, file, size, window, ended, told: Told::default() };
        self.outgoing.borrow_mut().push(Rc::new(outgoing));
        self.pump();
    }

    pub(super) fn end_sending(&self, transfer: TransferId) {
        self.outgoing.borrow_mut().retain(|outgoing| outgoing.transfer != transfer);
    }

    fn is_sending(&self, outgoing: &Rc<Outgoing>) -> bool {
        self.outgoing.borrow().iter().any(|known| Rc::ptr_eq(known, outgoing))
    }

    /// So much has arrived.
    pub(super) fn on_ack(self: &Rc<Self>, transfer: TransferId, bytes: u32) {
        let outgoing = self.outgoing.borrow().iter().find(|known| known.transfer == transfer).cloned();
        let Some(outgoing) = outgoing else { return };
        let now = now();
        outgoing.window.borrow_mut().on_ack(now, bytes);
        let arrived = outgoing.window.borrow().acknowledged();
        if outgoing.told.is_due(now) || arrived == outgoing.size {
            self.emit(FileEvent::Sent(transfer, arrived));
        }
        self.pump();
    }

    /// Reads and sends as much as may be on its way, unless that is being done.
    pub(super) fn pump(self: &Rc<Self>) {
        if !self.pumping.replace(true) {
            let this = Rc::clone(self);
            spawn_local(async move {
                while let Some((outgoing, length)) = this.next_to_send() {
                    this.send_part(&outgoing, length).await;
                }
                this.pumping.set(false);
            });
        }
    }

    /// The file whose turn it is, and how much of it is to be read.
    fn next_to_send(&self) -> Option<(Rc<Outgoing>, u32)> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
        let buffered = self.channel.buffered_amount() as u32;
        let room = FILE_CHANNEL_BUFFERED_AMOUNT_LIMIT.saturating_sub(buffered);
        if !self.is_open() {
            return None;
        }
        let mut all = self.outgoing.borrow_mut();
        let (at, length) =
            all.iter().enumerate().find_map(|(at, outgoing)| Some((at, outgoing.next_read(room)?)))?;
        // The others come before it has another turn.
        let next = all.remove(at);
        all.push(Rc::clone(&next));
        Some((next, length))
    }

    async fn send_part(self: &Rc<Self>, outgoing: &Rc<Outgoing>, length: u32) {
        let begin = outgoing.window.borrow().sent();
        let read = outgoing.file.read(begin, length).await;
        if !self.is_sending(outgoing) {
            return;
        }
        let Ok(bytes) = read else { return self.fail(outgoing) };
        let (transfer, mut offset) = (outgoing.transfer, begin);
        let length = outgoing.window.borrow().chunk_bytes().min(self.max_chunk as usize);
        for chunk in bytes.chunks(length) {
            if self.send(FileFrame::Chunk { transfer, offset }, chunk).is_err() {
                // If it is closing, its end is told.
                return if self.is_open() { self.fail(outgoing) } else { self.end_sending(transfer) };
            }
            offset += chunk.len() as u32;
            outgoing.window.borrow_mut().on_sent(now(), chunk.len() as u32);
        }
        if offset == outgoing.size {
            outgoing.ended.set(true);
            let (this, outgoing) = (Rc::clone(self), Rc::clone(outgoing));
            // Others go on meanwhile.
            spawn_local(async move {
                let sha256 = outgoing.file.sha256().await;
                match sha256 {
                    _ if !this.is_sending(&outgoing) => {}
                    Ok(sha256) => this.emit(FileEvent::AllSent(outgoing.transfer, sha256)),
                    Err(_) => this.fail(&outgoing),
                }
            });
        }
    }

    fn fail(&self, outgoing: &Outgoing) {
        self.end_sending(outgoing.transfer);
        self.emit(FileEvent::SendingFailed(outgoing.transfer));
    }
}
