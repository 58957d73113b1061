//! Files that come.

use std::cell::Cell;
use std::rc::Rc;

use visavis_core::{ChunkVerdict, FileEvent, FileFailure, FileFrame, FileHandle, TransferId};
use wasm_bindgen_futures::spawn_local;

use super::{FileChannel, Told, now};
use crate::files::{self, Received};

/// A file that comes.
pub(super) struct Incoming {
    transfer: TransferId,
    file: Rc<Received>,
    size: u32,
    told: Told,
    /// Somebody waits for the disk, to say then how much has come.
    waits: Cell<bool>,
}

impl FileChannel {
    pub(super) fn begin_receiving(self: &Rc<Self>, transfer: TransferId, handle: FileHandle, size: u32) {
        let (this, file) = (Rc::clone(self), files::received(handle));
        let Some(file) = file else {
            // Not while the room is being told something else.
            return spawn_local(async move {
                this.emit(FileEvent::ReceivingFailed(transfer, FileFailure::NotWritten));
            });
        };
        let (told, waits) = (Told::default(), Cell::new(false));
        let incoming = Rc::new(Incoming { transfer, file, size, told, waits });
        self.incoming.borrow_mut().push(Rc::clone(&incoming));
        spawn_local(async move {
            let opened = incoming.file.open(size).await;
            if !this.is_receiving(&incoming) {
                return;
            }
            match opened {
                Err(failure) => this.emit(FileEvent::ReceivingFailed(transfer, failure)),
                Ok(bytes) => {
                    this.expected.borrow_mut().begin(transfer, bytes, size);
                    this.emit(FileEvent::Ready(transfer, bytes));
                    if bytes == size {
                        this.finish(&incoming).await;
                    }
                }
            }
        });
    }

    pub(super) fn end_receiving(&self, transfer: TransferId) {
        self.expected.borrow_mut().end(transfer);
        self.incoming.borrow_mut().retain(|incoming| incoming.transfer != transfer);
    }

    fn fail_receiving(&self, transfer: TransferId, failure: FileFailure) {
        self.end_receiving(transfer);
        self.emit(FileEvent::ReceivingFailed(transfer, failure));
    }

    fn is_receiving(&self, incoming: &Rc<Incoming>) -> bool {
        self.incoming.borrow().iter().any(|known| Rc::ptr_eq(known, incoming))
    }

    /// A piece has come.
    pub(super) fn on_chunk(self: &Rc<Self>, transfer: TransferId, offset: u32, bytes: &[u8]) {
        let verdict = self.expected.borrow_mut().accept(transfer, offset, bytes.len());
        let incoming = self.incoming.borrow().iter().find(|known| known.transfer == transfer).cloned();
        match (verdict, incoming) {
            (ChunkVerdict::Take, Some(incoming)) => self.take(&incoming, bytes),
            (ChunkVerdict::Wrong, _) => self.fail_receiving(transfer, FileFailure::Interrupted),
            (ChunkVerdict::Flood, _) => self.close(),
            (ChunkVerdict::Take | ChunkVerdict::Ignore, _) => {}
        }
    }

    fn take(self: &Rc<Self>, incoming: &Rc<Incoming>, bytes: &[u8]) {
        let file = &incoming.file;
        file.take(bytes);
        let flood = file.is_flooded().then_some(FileFailure::Interrupted);
        if let Some(failure) = file.failure().or(flood) {
            return self.fail_receiving(incoming.transfer, failure);
        }
        let is_complete = file.bytes() == incoming.size;
        if is_complete || !file.is_congested() {
            self.acknowledge(incoming);
        } else if !incoming.waits.replace(true) {
            let (this, incoming) = (Rc::clone(self), Rc::clone(incoming));
            spawn_local(async move {
                incoming.file.room().await;
                incoming.waits.set(false);
                this.acknowledge(&incoming);
            });
        }
        if is_complete {
            let (this, incoming) = (Rc::clone(self), Rc::clone(incoming));
            spawn_local(async move { this.finish(&incoming).await });
        } else if incoming.told.is_due(now()) {
            self.emit(FileEvent::Received(incoming.transfer, incoming.file.bytes()));
        }
    }

    /// Says how much has come.
    fn acknowledge(&self, incoming: &Incoming) {
        let ack = FileFrame::Ack { transfer: incoming.transfer, bytes: incoming.file.bytes() };
        // If it is closing, its end has been told, or will be.
        let _ = self.send(ack, &[]);
    }

    async fn finish(&self, incoming: &Rc<Incoming>) {
        let finished = incoming.file.finish().await;
        if self.is_receiving(incoming) {
            self.emit(match finished {
                Ok(sha256) => FileEvent::Complete(incoming.transfer, sha256),
                Err(failure) => FileEvent::ReceivingFailed(incoming.transfer, failure),
            });
        }
    }
}
