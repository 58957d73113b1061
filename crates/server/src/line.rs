//! What waits to be sent to one client, bounded, so that a slow reader costs nobody else anything.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, oneshot};
use tungstenite::Utf8Bytes;
use visavis_hub::ByteBudget;

/// What goes out on a socket.
#[derive(Debug)]
pub(crate) enum Item {
    /// A text frame.
    Frame(Utf8Bytes),
    /// The close frame; nothing follows it.
    Close,
}

/// Too much waits already.
#[derive(Debug)]
pub(crate) struct Overflow;

/// The end that is written to. Dropping it cuts the connection off at once, whatever still waits.
#[derive(Debug)]
pub(crate) struct Line {
    items: mpsc::Sender<Item>,
    waiting: Arc<Waiting>,
    max_bytes: usize,
    closing: bool,
    _alive: oneshot::Sender<Infallible>,
}

/// The end that the socket reads from.
#[derive(Debug)]
pub(crate) struct Delivery {
    items: mpsc::Receiver<Item>,
    waiting: Arc<Waiting>,
}

/// The bytes that wait in one line, counted in those that wait in all.
#[derive(Debug)]
struct Waiting {
    /// `None` once the line is cut.
    bytes: Mutex<Option<usize>>,
    all: ByteBudget,
}

impl Waiting {
    fn bytes(&self) -> MutexGuard<'_, Option<usize>> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many wait with these.
    fn add(&self, added: usize) -> usize {
        let mut bytes = self.bytes();
        let sum = bytes.map(|bytes| bytes + added);
        if sum.is_some() {
            self.all.add(added);
        }
        *bytes = sum;
        sum.unwrap_or_default()
    }

    fn remove(&self, removed: usize) {
        if let Some(bytes) = self.bytes().as_mut() {
            *bytes -= removed;
            self.all.remove(removed);
        }
    }
}

/// Resolves when the [`Line`] is dropped.
#[derive(Debug)]
pub(crate) struct Cut(oneshot::Receiver<Infallible>);

/// A line that holds at most so many messages and bytes, which count in `all` too.
pub(crate) fn line(max_messages: usize, max_bytes: usize, all: ByteBudget) -> (Line, Delivery, Cut) {
    let (sender, receiver) = mpsc::channel(max_messages);
    let (alive, cut) = oneshot::channel();
    let waiting = Arc::new(Waiting { bytes: Mutex::new(Some(0)), all });
    let line =
        Line { items: sender, waiting: Arc::clone(&waiting), max_bytes, closing: false, _alive: alive };
    (line, Delivery { items: receiver, waiting }, Cut(cut))
}

impl Line {
    /// Whether [`Line::close`] was called: the client is as good as gone, and what it sends counts no more.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing
    }

    /// How many bytes wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.bytes().unwrap_or_default()
    }

    /// Queues a frame; after [`Line::close`] it does nothing.
    pub(crate) fn send(&mut self, frame: String) -> Result<(), Overflow> {
        if self.closing {
            return Ok(());
        }
        if self.waiting.add(frame.len()) > self.max_bytes {
            return Err(Overflow);
        }
        self.push(Item::Frame(frame.into()))
    }

    /// Queues the close frame.
    pub(crate) fn close(&mut self) -> Result<(), Overflow> {
        if self.closing {
            return Ok(());
        }
        self.closing = true;
        self.push(Item::Close)
    }

    /// A receiver that is gone is no overflow: the connection ends by itself.
    fn push(&self, item: Item) -> Result<(), Overflow> {
        match self.items.try_send(item) {
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Overflow),
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.waiting.all.remove(self.waiting.bytes().take().unwrap_or_default());
    }
}

impl Delivery {
    /// The next thing to send; `None` once the line is cut and drained.
    pub(crate) async fn next(&mut self) -> Option<Item> {
        self.items.recv().await
    }

    /// A frame of so many bytes has left the house.
    pub(crate) fn sent(&self, bytes: usize) {
        self.waiting.remove(bytes);
    }
}

impl Cut {
    /// Waits for it.
    pub(crate) async fn wait(self) {
        // Nothing is ever sent: the only way to resolve is the drop of the other end.
        let _ = self.0.await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(max_messages: usize, max_bytes: usize) -> (Line, Delivery, Cut) {
        super::line(max_messages, max_bytes, ByteBudget::new(usize::MAX))
    }

    #[test]
    fn bounds_messages() {
        let (mut line, _delivery, _cut) = line(2, 100);
        assert!(line.send("a".into()).is_ok());
        assert!(line.send("b".into()).is_ok());
        assert!(line.send("c".into()).is_err());
    }

    #[tokio::test]
    async fn bounds_bytes_that_wait_not_bytes_ever_sent() {
        let (mut line, mut delivery, _cut) = line(100, 4);
        for _ in 0..3 {
            assert!(line.send("abcd".into()).is_ok());
            assert!(matches!(delivery.next().await, Some(Item::Frame(frame)) if frame.as_str() == "abcd"));
            delivery.sent(4);
        }
        assert!(line.send("abcde".into()).is_err());
    }

    #[test]
    fn what_waits_is_counted_until_the_line_is_cut() {
        let all = ByteBudget::new(100);
        let (mut line, delivery, _cut) = super::line(1000, 1000, all.clone());
        line.send("x".repeat(60)).unwrap();
        line.send("x".repeat(60)).unwrap();
        assert!(all.is_exceeded());
        delivery.sent(60);
        assert_eq!((all.used(), line.waiting()), (60, 60));
        drop(line);
        delivery.sent(60);
        assert_eq!(all.used(), 0);
    }

    #[tokio::test]
    async fn nothing_follows_a_close() {
        let (mut line, mut delivery, cut) = line(2, 100);
        line.close().unwrap();
        line.send("late".into()).unwrap();
        assert!(matches!(delivery.next().await, Some(Item::Close)));
        drop(line);
        assert!(delivery.next().await.is_none());
        cut.wait().await;
    }
}
