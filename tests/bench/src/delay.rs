//! A proxy that holds everything back for a while, each way: the distance to a server, on one machine.

use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

/// A running proxy. Dropping it stops it.
pub(crate) struct DelayProxy {
    port: u16,
    task: JoinHandle<()>,
}

impl DelayProxy {
    /// Starts one to a port of this machine, which is so far away.
    pub(crate) async fn start(target: u16, one_way: Duration) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass_on(stream, target, one_way));
            }
        });
        Ok(Self { port, task })
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for DelayProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass_on(mut near: TcpStream, target: u16, one_way: Duration) -> Result<()> {
    let accepted = Instant::now();
    let mut far = TcpStream::connect(("127.0.0.1", target)).await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    if one_way.is_zero() {
        copy_bidirectional(&mut near, &mut far).await?;
        return Ok(());
    }
    let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
    // The connection was accepted at once here; there, its handshake would have gone to and fro before the first byte.
    let first = accepted + one_way * 3;
    tokio::spawn(hold_back(from_far, to_near, one_way, accepted));
    hold_back(from_near, to_far, one_way, first).await
}

/// Delivers what is read after the delay, in order, and nothing before `first`.
async fn hold_back(
    mut from: impl AsyncRead + Unpin,
    to: impl AsyncWrite + Unpin + Send + 'static,
    one_way: Duration,
    first: Instant,
) -> Result<()> {
    let (sender, receiver) = unbounded_channel();
    tokio::spawn(deliver(receiver, to));
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        let due = (Instant::now() + one_way).max(first);
        // Nothing is the end, which takes as long as anything else.
        sender.send((due, buffer[..length].to_vec()))?;
        if length == 0 {
            return Ok(());
        }
    }
}

async fn deliver(
    mut queue: UnboundedReceiver<(Instant, Vec<u8>)>,
    mut to: impl AsyncWrite + Unpin,
) -> Result<()> {
    while let Some((due, bytes)) = queue.recv().await {
        sleep_until(due).await;
        if bytes.is_empty() {
            break;
        }
        to.write_all(&bytes).await?;
    }
    Ok(to.shutdown().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_answer_takes_two_round_trips_and_the_next_one() {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = server.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut stream, _) = server.accept().await.unwrap();
            let (mut from, mut to) = stream.split();
            tokio::io::copy(&mut from, &mut to).await.unwrap();
        });
        let one_way = Duration::from_millis(20);
        let proxy = DelayProxy::start(target, one_way).await.unwrap();
        let mut stream = TcpStream::connect(("127.0.0.1", proxy.port())).await.unwrap();
        let start = Instant::now();
        let mut ways = Vec::new();
        for _ in 0..2 {
            let before = Instant::now();
            stream.write_all(b"a").await.unwrap();
            stream.read_u8().await.unwrap();
            ways.push(before.elapsed().as_millis() / one_way.as_millis());
        }
        // At least: a busy machine may take longer.
        assert!(ways[0] >= 4, "{ways:?}");
        assert!(ways[1] >= 2, "{ways:?}");
        assert!(start.elapsed() >= one_way * 6);
    }
}
