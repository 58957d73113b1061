//! What passes on the data channel of files: pieces of them, and how much has arrived. Every frame has nine bytes that say what it
//! is, in network byte order: `docs/peer-protocol.md`.

use super::{MAX_CHUNK_BYTES, TransferId};
use crate::by_id::ById;

/// The bytes in front of a piece, and all there are of an acknowledgment.
pub const FILE_FRAME_HEADER_BYTES: usize = 9;
const CHUNK: u8 = 1;
const ACK: u8 = 2;
/// So many bytes may come of transfers that nobody asked for, one after the other: more than what is on its way when one is stopped.
const MAX_UNASKED_BYTES: u32 = 32 * 1024 * 1024;

/// What a frame says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFrame {
    /// The bytes that follow stand at this place of the file.
    Chunk {
        /// Of which transfer, by the number that its receiver has given it.
        transfer: TransferId,
        /// Where, in bytes from the beginning.
        offset: u32,
    },
    /// So much of the file has arrived.
    Ack {
        /// Of which transfer.
        transfer: TransferId,
        /// Up to where, in bytes from the beginning.
        bytes: u32,
    },
}

impl FileFrame {
    /// The header.
    pub fn encode(self) -> [u8; FILE_FRAME_HEADER_BYTES] {
        let (kind, TransferId(transfer), number) = match self {
            Self::Chunk { transfer, offset } => (CHUNK, transfer, offset),
            Self::Ack { transfer, bytes } => (ACK, transfer, bytes),
        };
        let mut header = [kind; FILE_FRAME_HEADER_BYTES];
        header[1..5].copy_from_slice(&transfer.to_be_bytes());
        header[5..].copy_from_slice(&number.to_be_bytes());
        header
    }

    /// Reads a frame, and how many bytes follow its header. `None` if it is none: of another kind, cut, or longer than
    /// [`MAX_CHUNK_BYTES`] allows.
    pub fn decode(frame: &[u8]) -> Option<(Self, usize)> {
        let header = frame.get(..FILE_FRAME_HEADER_BYTES)?;
        let length = frame.len() - FILE_FRAME_HEADER_BYTES;
        let number = |at| Some(u32::from_be_bytes(header.get(at..at + 4)?.try_into().ok()?));
        let (transfer, number) = (TransferId(number(1)?), number(5)?);
        match (header.first(), length) {
            (Some(&CHUNK), 1..=MAX_CHUNK_BYTES) => Some((Self::Chunk { transfer, offset: number }, length)),
            (Some(&ACK), 0) => Some((Self::Ack { transfer, bytes: number }, 0)),
            _ => None,
        }
    }
}

/// What becomes of a piece that has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChunkVerdict {
    /// It is the next one.
    Take,
    /// It is of a transfer that nobody wants, or not any more.
    Ignore,
    /// It is not the next one of this transfer, or more than there is to be.
    Wrong,
    /// The other side goes on sending what nobody wants: the channel is to be closed.
    Flood,
}

/// How far the transfers on a channel are that we have asked for.
#[derive(Debug, Default)]
pub struct ExpectedChunks {
    /// How many bytes there are, and of how many.
    transfers: ById<TransferId, (u32, u32)>,
    unasked: u32,
}

impl ExpectedChunks {
    /// From here on a transfer is expected.
    pub fn begin(&mut self, transfer: TransferId, offset: u32, size: u32) {
        self.transfers.insert(transfer, (offset, size));
    }

    /// It is not any more.
    pub fn end(&mut self, transfer: TransferId) {
        self.transfers.remove(&transfer);
    }

    /// How many bytes there are.
    pub fn bytes(&self, transfer: TransferId) -> Option<u32> {
        self.transfers.get(&transfer).map(|(bytes, _)| *bytes)
    }

    /// A piece has come. What is to be taken counts.
    pub fn accept(&mut self, transfer: TransferId, offset: u32, length: usize) -> ChunkVerdict {
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        let Some((bytes, size)) = self.transfers.get_mut(&transfer) else {
            self.unasked = self.unasked.saturating_add(length);
            return if self.unasked > MAX_UNASKED_BYTES { ChunkVerdict::Flood } else { ChunkVerdict::Ignore };
        };
        if offset != *bytes || length > *size - *bytes {
            return ChunkVerdict::Wrong;
        }
        *bytes += length;
        self.unasked = 0;
        ChunkVerdict::Take
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEVEN: TransferId = TransferId(7);

    #[test]
    fn what_is_written_is_read_again() {
        for frame in [
            FileFrame::Chunk { transfer: TransferId(u32::MAX), offset: 0x0102_0304 },
            FileFrame::Ack { transfer: SEVEN, bytes: u32::MAX },
        ] {
            let mut bytes = frame.encode().to_vec();
            let length = if matches!(frame, FileFrame::Chunk { .. }) { 3 } else { 0 };
            bytes.extend(vec![9; length]);
            assert_eq!(FileFrame::decode(&bytes), Some((frame, length)));
        }
        assert_eq!(FileFrame::Ack { transfer: SEVEN, bytes: 258 }.encode(), [2, 0, 0, 0, 7, 0, 0, 1, 2]);
    }

    #[test]
    fn nonsense_is_no_frame() {
        let chunk = |length: usize| {
            [&FileFrame::Chunk { transfer: SEVEN, offset: 0 }.encode()[..], &vec![0; length]].concat()
        };
        let ack = [&FileFrame::Ack { transfer: SEVEN, bytes: 1 }.encode()[..], &[0]].concat();
        for frame in [vec![], vec![1], vec![1; 8], vec![3; 12], chunk(0), chunk(MAX_CHUNK_BYTES + 1), ack] {
            assert_eq!(FileFrame::decode(&frame), None, "{} bytes", frame.len());
        }
        assert!(FileFrame::decode(&chunk(MAX_CHUNK_BYTES)).is_some());
    }

    #[test]
    fn only_the_next_piece_is_taken_and_never_more_than_there_is() {
        let mut expected = ExpectedChunks::default();
        expected.begin(SEVEN, 100, 160);
        assert_eq!(expected.accept(SEVEN, 100, 50), ChunkVerdict::Take);
        assert_eq!(expected.bytes(SEVEN), Some(150));
        for (offset, length) in [(100, 50), (151, 1), (150, 11), (149, 5), (u32::MAX, 1)] {
            assert_eq!(expected.accept(SEVEN, offset, length), ChunkVerdict::Wrong, "{offset} {length}");
        }
        assert_eq!(expected.accept(SEVEN, 150, 10), ChunkVerdict::Take);
        assert_eq!(expected.accept(SEVEN, 160, 1), ChunkVerdict::Wrong, "it is complete");
    }

    #[test]
    fn what_nobody_wants_is_ignored_for_as_long_as_it_may_be_on_its_way() {
        let mut expected = ExpectedChunks::default();
        expected.begin(SEVEN, 0, u32::MAX);
        expected.end(SEVEN);
        expected.begin(TransferId(8), 0, u32::MAX);
        let flood = |expected: &mut ExpectedChunks| {
            (0..9999).position(|_| expected.accept(SEVEN, 0, MAX_CHUNK_BYTES) == ChunkVerdict::Flood)
        };
        let ignored = flood(&mut expected).unwrap();
        assert_eq!(ignored, MAX_UNASKED_BYTES as usize / MAX_CHUNK_BYTES);
        assert_eq!(expected.accept(TransferId(8), 0, 1), ChunkVerdict::Take);
        assert_eq!(
            flood(&mut expected),
            Some(ignored),
            "whoever sends what is wanted as well has some patience"
        );
    }
}
