//! The limits of HTTP connections: those who exceed them, and honest clients meanwhile.

use std::collections::VecDeque;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use visavis_server::{Config, Limits};

use crate::support::{Running, TIMEOUT, config, get, local, start, stream_from, with_limits};

/// Far more than an answer takes, and far less than anybody who waits for a stranger to give a place up would.
const NOTICEABLE: Duration = Duration::from_secs(2);
/// More than the buffers of both ends take.
const LARGE: usize = 32 * 1024 * 1024;
const REQUEST: &[u8] = b"GET /large.bin HTTP/1.1\r\nhost: test\r\n\r\n";

/// A server with something to download.
async fn serve(home: &TempDir, limits: Limits) -> Running {
    fs::write(home.path().join("index.html"), "<!doctype html>").unwrap();
    fs::File::create(home.path().join("large.bin")).unwrap().set_len(LARGE as u64).unwrap();
    start(Config { dist: Some(home.path().to_owned()), ..with_limits(limits) }).await
}

/// A health check and somebody who joins, as if nobody else were there.
async fn honest_people_are_served(server: &Running, room: &str) {
    let begin = Instant::now();
    assert_eq!(timeout(TIMEOUT, get(server.addr, "/healthz", "")).await.unwrap().status, 200);
    let (mut ann, _) = server.join(room, 'a').await;
    ann.expect_quiet().await;
    assert!(begin.elapsed() < NOTICEABLE, "{room}: {:?}", begin.elapsed());
}

#[tokio::test]
async fn answers_that_nobody_reads_silence_nobody() {
    let home = tempfile::tempdir().unwrap();
    let server = serve(&home, Limits::default()).await;
    for addresses in [1, 8, 260] {
        let mut unread = Vec::new();
        for n in 0..520 {
            let mut stream = stream_from(local(1 + n % addresses), server.addr).await;
            // One that had to make room may be closed already.
            let _ = stream.write_all(REQUEST).await;
            unread.push(stream);
        }
        honest_people_are_served(&server, &format!("beside {addresses}")).await;
    }
}

#[tokio::test]
async fn requests_that_never_end_silence_nobody() {
    let server = start(config()).await;
    for addresses in [1, 8, 300] {
        let (to, opened) = (server.addr, Arc::new(AtomicU16::new(0)));
        let counter = Arc::clone(&opened);
        // New ones all the time, so that those that are given up leave no gap.
        let flood = tokio::spawn(async move {
            let mut half_open = VecDeque::new();
            loop {
                let n = counter.fetch_add(1, Ordering::Relaxed);
                let mut stream = stream_from(local(1 + n % addresses), to).await;
                let _ = stream.write_all(b"GET /ws HTTP/1.1\r\nhost: test\r\nupgr").await;
                half_open.push_back(stream);
                half_open.truncate(2000);
            }
        });
        let enough = async {
            while opened.load(Ordering::Relaxed) < 560 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(TIMEOUT, enough).await.expect("the server accepts");
        honest_people_are_served(&server, &format!("beside {addresses}")).await;
        flood.abort();
    }
}

/// Whoever shares an address with a stranger (a school, a hall) loses nothing to them either.
#[tokio::test]
async fn not_even_from_the_same_address() {
    let home = tempfile::tempdir().unwrap();
    let server = serve(&home, Limits::default()).await;
    let mut streams = Vec::new();
    for n in 0..600 {
        let mut stream = stream_from([127, 0, 0, 1].into(), server.addr).await;
        let _ = stream.write_all(if n % 2 == 0 { REQUEST } else { b"GET /" }).await;
        streams.push(stream);
    }
    honest_people_are_served(&server, "r").await;
}

/// A slow reader is no stranger as long as it reads, and one that stopped does not keep its place.
#[tokio::test]
async fn an_answer_that_nobody_reads_is_given_up() {
    let home = tempfile::tempdir().unwrap();
    let server =
        serve(&home, Limits { write_timeout: Duration::from_millis(300), ..Limits::default() }).await;
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    stream.write_all(REQUEST).await.unwrap();
    let hung_up = async {
        while stream.write_all(b"\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(TIMEOUT, hung_up).await.expect("the server hangs up");

    let mut slow = TcpStream::connect(server.addr).await.unwrap();
    slow.write_all(b"GET /large.bin HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n").await.unwrap();
    let (mut read, mut some) = (0, vec![0; LARGE / 16]);
    loop {
        let new = timeout(TIMEOUT, slow.read(&mut some)).await.unwrap().unwrap();
        if new == 0 {
            break;
        }
        read += new;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(read > LARGE, "{read}: the head and all of it");
}

/// Somebody who goes on asking, and somebody who reads a little now and then, keep no place for ever.
#[tokio::test]
async fn no_connection_lasts_for_ever() {
    let home = tempfile::tempdir().unwrap();
    let short = Duration::from_millis(300);
    let limits = Limits { http_lifetime: short, response_timeout: short, ..Limits::default() };
    let server = serve(&home, limits).await;
    let mut asks = TcpStream::connect(server.addr).await.unwrap();
    let mut some = vec![0; 64 * 1024];
    let hung_up = async {
        while asks.write_all(b"GET /healthz HTTP/1.1\r\nhost: test\r\n\r\n").await.is_ok() {
            if asks.read(&mut some).await.is_ok_and(|read| read > 0) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            } else {
                break;
            }
        }
    };
    timeout(TIMEOUT, hung_up).await.expect("the server hangs up on who asks again and again");

    let mut slow = TcpStream::connect(server.addr).await.unwrap();
    slow.write_all(REQUEST).await.unwrap();
    let (mut read, begin) = (0, Instant::now());
    // It reads all the time, so no write times out, until the server has given up; then whatever is under way.
    while let Ok(new @ 1..) = timeout(TIMEOUT, slow.read(&mut some)).await.expect("the answer ends") {
        read += new;
        if begin.elapsed() < 4 * short {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    assert!(read < LARGE, "{read}");
}
