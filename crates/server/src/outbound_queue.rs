//! The queue of frames to one client, bounded, so that a slow reader costs other clients nothing.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, oneshot};
use tungstenite::Utf8Bytes;
use visavis_hub::ByteBudget;

/// A frame to send.
#[derive(Debug)]
pub(crate) enum OutboundFrame {
    /// A text frame.
    Text(Utf8Bytes),
    /// The close frame; nothing follows it.
    Close,
}

/// The queue holds too many messages or bytes.
#[derive(Debug)]
pub(crate) struct QueueFull;

/// The sending end of a queue. Dropping it aborts the connection at once, whatever is still queued.
#[derive(Debug)]
pub(crate) struct OutboundQueue {
    frames: mpsc::Sender<OutboundFrame>,
    queued: Arc<QueuedBytes>,
    max_bytes: usize,
    closing: bool,
    _alive: oneshot::Sender<Infallible>,
}

/// The receiving end of a queue, from which the socket is fed.
#[derive(Debug)]
pub(crate) struct OutboundReceiver {
    frames: mpsc::Receiver<OutboundFrame>,
    queued: Arc<QueuedBytes>,
}

/// The bytes in one queue, which count in those of all queues too.
#[derive(Debug)]
struct QueuedBytes {
    /// `None` once the sending end is dropped.
    bytes: Mutex<Option<usize>>,
    total: ByteBudget,
}

impl QueuedBytes {
    fn bytes(&self) -> MutexGuard<'_, Option<usize>> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds bytes; the sum afterwards.
    fn add(&self, added: usize) -> usize {
        let mut bytes = self.bytes();
        let sum = bytes.map(|bytes| bytes + added);
        if sum.is_some() {
            self.total.add(added);
        }
        *bytes = sum;
        sum.unwrap_or_default()
    }

    fn remove(&self, removed: usize) {
        if let Some(bytes) = self.bytes().as_mut() {
            *bytes -= removed;
            self.total.remove(removed);
        }
    }
}

/// Resolves when the [`OutboundQueue`] is dropped.
#[derive(Debug)]
pub(crate) struct AbortSignal(oneshot::Receiver<Infallible>);

/// A queue of at most `max_messages` frames and `max_bytes` bytes, which count in `total` too.
pub(crate) fn outbound_queue(
    max_messages: usize,
    max_bytes: usize,
    total: ByteBudget,
) -> (OutboundQueue, OutboundReceiver, AbortSignal) {
    let (sender, receiver) = mpsc::channel(max_messages);
    let (alive, abort) = oneshot::channel();
    let queued = Arc::new(QueuedBytes { bytes: Mutex::new(Some(0)), total });
    let queue = OutboundQueue {
        frames: sender,
        queued: Arc::clone(&queued),
        max_bytes,
        closing: false,
        _alive: alive,
    };
    (queue, OutboundReceiver { frames: receiver, queued }, AbortSignal(abort))
}

impl OutboundQueue {
    /// Whether [`OutboundQueue::close`] was called; frames from the client are ignored then.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing
    }

    /// How many bytes are queued.
    pub(crate) fn queued_bytes(&self) -> usize {
        self.queued.bytes().unwrap_or_default()
    }

    /// Queues a text frame; does nothing after [`OutboundQueue::close`].
    pub(crate) fn send(&mut self, frame: String) -> Result<(), QueueFull> {
        if self.closing {
            return Ok(());
        }
        if self.queued.add(frame.len()) > self.max_bytes {
            return Err(QueueFull);
        }
        self.push(OutboundFrame::Text(frame.into()))
    }

    /// Queues the close frame, once.
    pub(crate) fn close(&mut self) -> Result<(), QueueFull> {
        if self.closing {
            return Ok(());
        }
        self.closing = true;
        self.push(OutboundFrame::Close)
    }

    /// A receiver that is gone is no error: the connection is ending.
    fn push(&self, frame: OutboundFrame) -> Result<(), QueueFull> {
        match self.frames.try_send(frame) {
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => Err(QueueFull),
        }
    }
}

impl Drop for OutboundQueue {
    fn drop(&mut self) {
        self.queued.total.remove(self.queued.bytes().take().unwrap_or_default());
    }
}

impl OutboundReceiver {
    /// The next frame; `None` once the sending end is dropped and all is received.
    pub(crate) async fn recv(&mut self) -> Option<OutboundFrame> {
        self.frames.recv().await
    }

    /// A frame of `bytes` bytes has been written to the socket, so it counts no longer.
    pub(crate) fn release(&self, bytes: usize) {
        self.queued.remove(bytes);
    }
}

impl AbortSignal {
    /// Waits until the sending end is dropped.
    pub(crate) async fn aborted(self) {
        // Nothing is ever sent: the only way to resolve is the drop of the other end.
        let _ = self.0.await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbound_queue(
        max_messages: usize,
        max_bytes: usize,
    ) -> (OutboundQueue, OutboundReceiver, AbortSignal) {
        super::outbound_queue(max_messages, max_bytes, ByteBudget::new(usize::MAX))
    }

    #[test]
    fn bounds_messages() {
        let (mut queue, _receiver, _abort) = outbound_queue(2, 100);
        assert!(queue.send("a".into()).is_ok());
        assert!(queue.send("b".into()).is_ok());
        assert!(queue.send("c".into()).is_err());
    }

    #[tokio::test]
    async fn bounds_queued_bytes_not_bytes_ever_sent() {
        let (mut queue, mut receiver, _abort) = outbound_queue(100, 4);
        for _ in 0..3 {
            assert!(queue.send("abcd".into()).is_ok());
            assert!(
                matches!(receiver.recv().await, Some(OutboundFrame::Text(frame)) if frame.as_str() == "abcd")
            );
            receiver.release(4);
        }
        assert!(queue.send("abcde".into()).is_err());
    }

    #[test]
    fn queued_bytes_count_until_the_sender_is_dropped() {
        let total = ByteBudget::new(100);
        let (mut queue, receiver, _abort) = super::outbound_queue(1000, 1000, total.clone());
        queue.send("x".repeat(60)).unwrap();
        queue.send("x".repeat(60)).unwrap();
        assert!(total.is_exceeded());
        receiver.release(60);
        assert_eq!((total.used(), queue.queued_bytes()), (60, 60));
        drop(queue);
        receiver.release(60);
        assert_eq!(total.used(), 0);
    }

    #[tokio::test]
    async fn nothing_follows_a_close() {
        let (mut queue, mut receiver, abort) = outbound_queue(2, 100);
        queue.close().unwrap();
        queue.send("late".into()).unwrap();
        assert!(matches!(receiver.recv().await, Some(OutboundFrame::Close)));
        drop(queue);
        assert!(receiver.recv().await.is_none());
        abort.aborted().await;
    }
}
