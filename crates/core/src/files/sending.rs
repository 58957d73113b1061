//! Files of ours: what we offer, and to whom it goes.

use visavis_signaling::{ParticipantId, Timestamp};

use super::view::{FileRecipient, FileState, FileView, RecipientState};
use super::{
    Actions, FileEffect, FileHandle, FileId, FileMessage, MAX_FILE_BYTES, MAX_OFFERED_FILES, OfferedFile,
    StopReason, TransferId, millis, safe_file_name,
};
use crate::input::ConnectionId;

/// A file that we offer.
#[derive(Debug)]
struct Offer {
    id: FileId,
    /// Its number in our log.
    number: u32,
    handle: FileHandle,
    name: String,
    size: u32,
    offered_at: Timestamp,
}

/// Somebody who has asked for one. There is one for each of them and each file.
#[derive(Debug)]
struct Recipient {
    to: ParticipantId,
    file: FileId,
    /// The transfer on which it goes.
    transfer: Option<(ConnectionId, TransferId)>,
    bytes: u32,
    state: RecipientState,
}

/// All that we offer.
#[derive(Debug)]
pub(super) struct Sending {
    log: u32,
    last_number: u32,
    /// Grows with every change of what is offered; 0 as long as nothing ever was.
    revision: u32,
    offers: Vec<Offer>,
    recipients: Vec<Recipient>,
}

impl Sending {
    pub(super) fn new(log: u32) -> Self {
        Self { log, last_number: 0, revision: 0, offers: Vec::new(), recipients: Vec::new() }
    }

    pub(super) fn revision(&self) -> u32 {
        self.revision
    }

    pub(super) fn offer(&mut self, now: Timestamp, id: FileId, handle: FileHandle, name: &str, size: u32) {
        if size <= MAX_FILE_BYTES && self.offers.len() < MAX_OFFERED_FILES {
            self.last_number += 1;
            self.revision += 1;
            let (number, name) = (self.last_number, safe_file_name(name));
            self.offers.push(Offer { id, number, handle, name, size, offered_at: now });
        }
    }

    pub(super) fn withdraw(&mut self, id: FileId, actions: &mut Actions) {
        let Some(at) = self.offers.iter().position(|offer| offer.id == id) else { return };
        self.offers.remove(at);
        self.revision += 1;
        for recipient in self.recipients.iter_mut().filter(|recipient| recipient.file == id) {
            recipient.stop(actions);
        }
        self.recipients.retain(|recipient| recipient.file != id);
    }

    /// What the others are told.
    pub(super) fn offers(&self, now: Timestamp) -> FileMessage {
        let files = self.offers.iter().map(|offer| OfferedFile {
            id: offer.number,
            age: u32::try_from(now.as_millis().saturating_sub(offer.offered_at.as_millis()))
                .unwrap_or(u32::MAX),
            name: offer.name.clone(),
            size: offer.size,
        });
        FileMessage::Offers { log: self.log, files: files.collect() }
    }

    /// Somebody wants one of them. What they had asked for before of the same file, or under the same number, ends.
    pub(super) fn request(
        &mut self,
        from: &ParticipantId,
        (connection, transfer): (ConnectionId, TransferId),
        (log, number): (u32, u32),
        offset: u32,
        actions: &mut Actions,
    ) {
        let offer = self.offers.iter().find(|offer| offer.number == number && log == self.log);
        let Some(offer) = offer.filter(|offer| offset <= offer.size) else {
            return actions.send(connection, FileMessage::End { transfer, sha256: None });
        };
        let is_replaced = |recipient: &Recipient| {
            let same_file = recipient.to == *from && recipient.file == offer.id;
            same_file || recipient.transfer == Some((connection, transfer))
        };
        for recipient in self.recipients.iter_mut().filter(|recipient| is_replaced(recipient)) {
            recipient.stop(actions);
        }
        self.recipients.retain(|recipient| !is_replaced(recipient));
        let (to, file, handle, size) = (from.clone(), offer.id, offer.handle, offer.size);
        actions.effect(connection, FileEffect::Send { transfer, handle, offset, size });
        let (transfer, state) = (Some((connection, transfer)), RecipientState::Receiving);
        self.recipients.push(Recipient { to, file, transfer, bytes: offset, state });
    }

    /// Its receiver wants no more of it.
    pub(super) fn stop(
        &mut self,
        connection: ConnectionId,
        transfer: TransferId,
        reason: StopReason,
        actions: &mut Actions,
    ) {
        let Some(recipient) = self.find(connection, transfer) else { return };
        recipient.stop(actions);
        match reason {
            StopReason::Paused => recipient.state = RecipientState::Paused,
            StopReason::Failed => recipient.state = RecipientState::Failed,
            StopReason::Received => recipient.state = RecipientState::Received,
            StopReason::Cancelled => {
                let (to, file) = (recipient.to.clone(), recipient.file);
                self.recipients.retain(|recipient| recipient.to != to || recipient.file != file);
            }
        }
    }

    pub(super) fn progress(&mut self, connection: ConnectionId, transfer: TransferId, bytes: u32) {
        if let Some(recipient) = self.find(connection, transfer) {
            recipient.bytes = recipient.bytes.max(bytes);
        }
    }

    /// All of it is sent, and this is its digest; or it cannot be read.
    pub(super) fn end(
        &mut self,
        connection: ConnectionId,
        transfer: TransferId,
        sha256: Option<String>,
        actions: &mut Actions,
    ) {
        let Some(recipient) = self.find(connection, transfer) else { return };
        if sha256.is_none() {
            recipient.transfer = None;
            recipient.state = RecipientState::Failed;
        }
        actions.send(connection, FileMessage::End { transfer, sha256 });
    }

    /// The channels of some connections are gone.
    pub(super) fn interrupt(&mut self, is_gone: impl Fn(ConnectionId) -> bool) {
        for recipient in &mut self.recipients {
            if recipient.transfer.is_some_and(|(connection, _)| is_gone(connection)) {
                recipient.transfer = None;
                recipient.state = RecipientState::Interrupted;
            }
        }
    }

    /// Of those who are not there nothing is kept.
    pub(super) fn retain(&mut self, is_there: impl Fn(&ParticipantId) -> bool) {
        self.recipients.retain(|recipient| is_there(&recipient.to));
    }

    fn find(&mut self, connection: ConnectionId, transfer: TransferId) -> Option<&mut Recipient> {
        self.recipients.iter_mut().find(|recipient| recipient.transfer == Some((connection, transfer)))
    }

    pub(super) fn views(&self) -> impl Iterator<Item = FileView> {
        self.offers.iter().map(|offer| FileView {
            id: offer.id,
            owner: None,
            owner_name: String::new(),
            offered_at: millis(offer.offered_at),
            name: offer.name.clone(),
            size: offer.size,
            bytes: 0,
            state: FileState::Offered,
            available: true,
            handle: Some(offer.handle),
            recipients: self.recipients_of(offer.id),
        })
    }

    fn recipients_of(&self, file: FileId) -> Vec<FileRecipient> {
        let of_file = self.recipients.iter().filter(|recipient| recipient.file == file);
        let views = of_file.map(|recipient| FileRecipient {
            id: recipient.to.clone(),
            bytes: recipient.bytes,
            state: recipient.state,
        });
        views.collect()
    }
}

impl Recipient {
    fn stop(&mut self, actions: &mut Actions) {
        if let Some((connection, transfer)) = self.transfer.take() {
            actions.effect(connection, FileEffect::StopSending(transfer));
        }
    }
}
