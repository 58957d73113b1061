//! What comes in on a WebSocket, counted before it is understood.
//!
//! The library gives whole messages, and a message may come in any number of frames, also in empty ones (RFC 6455,
//! section 5.4). So frames are counted here, below it; otherwise one that is never finished would cost nothing.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::addresses::{Act, Guest};
use crate::bucket::{Bucket, Rate};
use crate::config::Bounds;

/// Why reading ended: the client sent too much in too short a time.
#[derive(Debug)]
pub(crate) struct TooFast;

impl std::error::Error for TooFast {}

impl std::fmt::Display for TooFast {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("too many frames or bytes in too short a time")
    }
}

/// A stream of WebSocket frames that fails with [`TooFast`].
#[derive(Debug)]
pub(crate) struct Metered<S> {
    stream: S,
    heads: Heads,
    frames: Bucket,
    bytes: Bucket,
    guest: Option<Arc<Guest>>,
}

impl<S> Metered<S> {
    /// Counts for the connection, and for the address that it comes from.
    pub(crate) fn new(stream: S, bounds: &Bounds, guest: Option<Arc<Guest>>) -> Self {
        let now = Instant::now();
        let bucket = |burst, per_second| Bucket::new(now, Rate::new(burst, per_second));
        Self {
            stream,
            heads: Heads::default(),
            frames: bucket(bounds.message_burst, bounds.messages_per_second),
            bytes: bucket(bounds.byte_burst, bounds.bytes_per_second),
            guest,
        }
    }

    fn may_go_on(&mut self, bytes: &[u8]) -> bool {
        let Counted { frames, payload } = self.heads.read(bytes);
        let (now, guest) = (Instant::now(), self.guest.as_ref());
        let address_may = |act, amount| guest.is_none_or(|guest| guest.may(act, amount));
        self.frames.take(now, frames)
            && self.bytes.take(now, payload)
            && address_may(Act::Frames, frames)
            && address_may(Act::Bytes, payload)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let new = buffer.filled().get(before..).unwrap_or_default();
        Poll::Ready(if self.may_go_on(new) { Ok(()) } else { Err(io::Error::other(TooFast)) })
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Finds the heads of frames (RFC 6455, section 5.2) in a stream that comes in pieces.
#[derive(Debug, Default)]
struct Heads {
    head: [u8; MAX_HEAD],
    /// How much of a head is there.
    have: usize,
    /// How much of a payload is still to come.
    payload: u64,
}

/// Two bytes, the long form of a length, and a mask.
const MAX_HEAD: usize = 14;

/// What is in a piece of a stream.
#[derive(Debug, PartialEq)]
struct Counted {
    /// Heads that are complete with it.
    frames: f64,
    /// Bytes that are part of no head.
    payload: f64,
}

impl Heads {
    fn read(&mut self, mut bytes: &[u8]) -> Counted {
        let (mut frames, mut payload) = (0_u32, 0);
        while let Some((first, rest)) = bytes.split_first() {
            if self.payload > 0 {
                let ours = usize::try_from(self.payload).unwrap_or(usize::MAX).min(bytes.len());
                self.payload -= ours as u64;
                payload += ours;
                bytes = &bytes[ours..];
                continue;
            }
            self.head[self.have] = *first;
            self.have += 1;
            bytes = rest;
            if let Some(length) = length(&self.head[..self.have]) {
                (self.have, self.payload) = (0, length);
                frames = frames.saturating_add(1);
            }
        }
        Counted { frames: f64::from(frames), payload: payload as f64 }
    }
}

/// How long the payload is, once the head is complete.
fn length(head: &[u8]) -> Option<u64> {
    let [_, second, rest @ ..] = head else { return None };
    let mask = if second & 0x80 == 0 { 0 } else { 4 };
    let (long, length) = match second & 0x7f {
        126 => (2, rest.first_chunk().map(|bytes| u64::from(u16::from_be_bytes(*bytes)))),
        127 => (8, rest.first_chunk().map(|bytes| u64::from_be_bytes(*bytes))),
        short => (0, Some(u64::from(short))),
    };
    length.filter(|_| rest.len() == long + mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(payload: usize, masked: bool) -> Vec<u8> {
        let mask = if masked { 0x80 } else { 0 };
        let mut frame = vec![0x81];
        match payload {
            0..126 => frame.push(mask | payload as u8),
            126..65536 => {
                frame.push(mask | 126);
                frame.extend((payload as u16).to_be_bytes());
            }
            _ => {
                frame.push(mask | 127);
                frame.extend((payload as u64).to_be_bytes());
            }
        }
        frame.extend(vec![0xaa; if masked { 4 } else { 0 } + payload]);
        frame
    }

    #[test]
    fn counts_frames_however_they_are_cut() {
        let sizes = [0, 0, 1, 125, 126, 127, 65_535, 65_536, 0, 70_000];
        let stream: Vec<u8> = sizes.iter().flat_map(|size| frame(*size, size % 2 == 0)).collect();
        for piece in [1, 2, 3, 7, 4096, stream.len()] {
            let mut heads = Heads::default();
            let (mut frames, mut payload) = (0.0, 0.0);
            for bytes in stream.chunks(piece) {
                let counted = heads.read(bytes);
                frames += counted.frames;
                payload += counted.payload;
            }
            assert_eq!(
                (frames, payload),
                (sizes.len() as f64, sizes.iter().sum::<usize>() as f64),
                "{piece}"
            );
        }
    }

    #[test]
    fn a_length_that_nobody_can_send_is_only_waited_for() {
        let mut heads = Heads::default();
        let head = [&[0x81, 0xff][..], &u64::MAX.to_be_bytes(), &[0; 4]].concat();
        assert_eq!(heads.read(&head), Counted { frames: 1.0, payload: 0.0 });
        assert_eq!(heads.read(&[0; 100]), Counted { frames: 0.0, payload: 100.0 });
    }
}
