//! The rate limit for incoming WebSocket frames and bytes, below the WebSocket library.
//!
//! The library gives whole messages, and a message may come in any number of frames, also in empty ones (RFC 6455,
//! section 5.4). Counted above it, a message that is never finished would cost its sender nothing.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::address_limiter::{LimitedAction, WebSocketPermit};
use crate::config::Limits;
use crate::token_bucket::{RateLimit, TokenBucket};

/// The error of a read: the client sent too much in too short a time.
#[derive(Debug)]
pub(crate) struct RateLimitExceeded;

impl std::error::Error for RateLimitExceeded {}

impl std::fmt::Display for RateLimitExceeded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("too many frames or bytes in too short a time")
    }
}

/// A stream of WebSocket frames that fails with [`RateLimitExceeded`].
#[derive(Debug)]
pub(crate) struct RateLimitedStream<S> {
    stream: S,
    parser: FrameHeaderParser,
    frames: TokenBucket,
    bytes: TokenBucket,
    permit: Option<Arc<WebSocketPermit>>,
}

impl<S> RateLimitedStream<S> {
    /// Limits the connection, and with a `permit` also the address that it comes from.
    pub(crate) fn new(stream: S, limits: &Limits, permit: Option<Arc<WebSocketPermit>>) -> Self {
        let now = Instant::now();
        let bucket = |burst, per_second| TokenBucket::new(now, RateLimit::new(burst, per_second));
        Self {
            stream,
            parser: FrameHeaderParser::default(),
            frames: bucket(limits.message_burst, limits.messages_per_second),
            bytes: bucket(limits.byte_burst, limits.bytes_per_second),
            permit,
        }
    }

    /// Takes tokens for what was read; false if there are too few.
    fn try_consume(&mut self, bytes: &[u8]) -> bool {
        let Counts { frames, payload } = self.parser.count(bytes);
        let (now, permit) = (Instant::now(), self.permit.as_ref());
        let address_allows = |action, amount| permit.is_none_or(|permit| permit.try_consume(action, amount));
        self.frames.try_take(now, frames)
            && self.bytes.try_take(now, payload)
            && address_allows(LimitedAction::Frames, frames)
            && address_allows(LimitedAction::Bytes, payload)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for RateLimitedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let new = buffer.filled().get(before..).unwrap_or_default();
        Poll::Ready(if self.try_consume(new) { Ok(()) } else { Err(io::Error::other(RateLimitExceeded)) })
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for RateLimitedStream<S> {
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

/// Finds frame headers (RFC 6455, section 5.2) in a stream that is read in pieces.
#[derive(Debug, Default)]
struct FrameHeaderParser {
    header: [u8; MAX_HEADER_BYTES],
    /// How many bytes of the current header have been read.
    header_len: usize,
    /// How many bytes of the current payload are still to come.
    payload_left: u64,
}

/// Two bytes, 8 bytes of extended length, and a mask of 4.
const MAX_HEADER_BYTES: usize = 14;

/// What was counted in a piece of a stream.
#[derive(Debug, PartialEq)]
struct Counts {
    /// Headers that were completed.
    frames: f64,
    /// Bytes that are part of no header.
    payload: f64,
}

impl FrameHeaderParser {
    fn count(&mut self, mut bytes: &[u8]) -> Counts {
        let (mut frames, mut payload) = (0_u32, 0);
        while let Some((first, rest)) = bytes.split_first() {
            if self.payload_left > 0 {
                let taken = usize::try_from(self.payload_left).unwrap_or(usize::MAX).min(bytes.len());
                self.payload_left -= taken as u64;
                payload += taken;
                bytes = &bytes[taken..];
                continue;
            }
            self.header[self.header_len] = *first;
            self.header_len += 1;
            bytes = rest;
            if let Some(length) = payload_length(&self.header[..self.header_len]) {
                (self.header_len, self.payload_left) = (0, length);
                frames = frames.saturating_add(1);
            }
        }
        Counts { frames: f64::from(frames), payload: payload as f64 }
    }
}

/// The length of the payload in bytes; `None` while the header is incomplete.
fn payload_length(header: &[u8]) -> Option<u64> {
    let [_, second, rest @ ..] = header else { return None };
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
            let mut parser = FrameHeaderParser::default();
            let (mut frames, mut payload) = (0.0, 0.0);
            for bytes in stream.chunks(piece) {
                let counts = parser.count(bytes);
                frames += counts.frames;
                payload += counts.payload;
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
        let mut parser = FrameHeaderParser::default();
        let header = [&[0x81, 0xff][..], &u64::MAX.to_be_bytes(), &[0; 4]].concat();
        assert_eq!(parser.count(&header), Counts { frames: 1.0, payload: 0.0 });
        assert_eq!(parser.count(&[0; 100]), Counts { frames: 0.0, payload: 100.0 });
    }
}
