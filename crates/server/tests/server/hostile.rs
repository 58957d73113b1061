//! Clients that want to do harm: whoever plays by the rules goes on as if they were not there.

use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use visavis_server::{Config, Limits};

use crate::support::{Client, Running, config, id, offer, start, with_limits};

/// Two people who talk while others do what they do.
async fn pair(server: &Running, room: &str) -> [Client; 2] {
    let (mut ann, _) = server.join(room, 'a').await;
    let (bob, _) = server.join(room, 'b').await;
    ann.expect("participant-joined").await;
    [ann, bob]
}

/// The longest that one of `count` messages takes from Bob to Ann.
async fn slowest(pair: &mut [Client; 2], count: usize) -> Duration {
    let [ann, bob] = pair;
    let mut slowest = Duration::ZERO;
    for _ in 0..count {
        let begin = Instant::now();
        bob.send(&offer(&id('a'), "v=0\r\n")).await;
        ann.expect("description").await;
        slowest = slowest.max(begin.elapsed());
    }
    slowest
}

/// Far more than a relay takes, and far less than anybody who waits for a slow reader would.
const NOTICEABLE: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_slow_reader_delays_nobody_in_another_room() {
    let limits = Limits {
        queue_bytes: 512 * 1024,
        message_burst: 1_000_000,
        byte_burst: u32::MAX,
        ..Limits::default()
    };
    let server = start(with_limits(limits)).await;
    let mut others = pair(&server, "quiet").await;
    let (_slow, _) = server.join("loud", 's').await;
    let (mut loud, _) = server.join("loud", 'l').await;
    let large = offer(&id('s'), &"x".repeat(150_000));
    let flood = async {
        for _ in 0..100 {
            loud.send(&large).await;
        }
    };
    let (slowest, ()) = tokio::join!(slowest(&mut others, 100), flood);
    assert!(slowest < NOTICEABLE, "{slowest:?}");
}

/// None of them has more waiting than one may have, but all together do.
#[tokio::test]
async fn slow_readers_are_bounded_together_and_lose_before_others() {
    let limits = Limits {
        max_queued_bytes: 1024 * 1024,
        queue_bytes: usize::MAX,
        queue_messages: 100_000,
        message_burst: 1_000_000,
        byte_burst: u32::MAX,
        per_address: None,
        ..Limits::default()
    };
    let server = start(with_limits(limits)).await;
    let mut others = pair(&server, "quiet").await;
    let (_slow, _) = server.join("loud", 's').await;
    let (mut loud, _) = server.join("loud", 'l').await;
    let large = offer(&id('s'), &"x".repeat(150_000));
    let flood = async {
        for _ in 0..1000 {
            loud.send(&large).await;
            if let Some(Some(heard)) = loud.next().now_or_never() {
                return heard;
            }
        }
        panic!("150 MB wait for somebody who does not read");
    };
    let (heard, slowest) = tokio::join!(flood, slowest(&mut others, 100));
    assert_eq!((&heard["type"], &heard["reason"]), (&"participant-left".into(), &"gone".into()));
    assert!(slowest < NOTICEABLE, "{slowest:?}");
}

#[tokio::test]
async fn half_open_sockets_cost_others_no_more_than_their_time() {
    let limits = Limits { header_timeout: Duration::from_millis(500), ..Limits::default() };
    let server = start(with_limits(limits)).await;
    let mut others = pair(&server, "r").await;
    let mut half_open = Vec::new();
    for n in 0..600 {
        let mut stream = TcpStream::connect(server.addr).await.unwrap();
        if n % 2 == 0 {
            stream.write_all(b"GET /ws HTTP/1.1\r\nhost: test\r\nupgr").await.unwrap();
        }
        half_open.push(stream);
    }
    let slowest = slowest(&mut others, 20).await;
    assert!(slowest < NOTICEABLE, "{slowest:?}");
    // They take all the places there are for requests, but not for long.
    server.join("r", 'c').await;
}

#[tokio::test]
async fn a_flood_ends_its_own_connection_only() {
    let server = start(config()).await;
    let mut others = pair(&server, "r").await;
    let flood = async {
        let (mut mallory, _) = server.join("other", 'm').await;
        let mut sent = 0;
        while sent < 5000 && mallory.try_send(tungstenite::Message::text("{}")).await.is_ok() {
            sent += 1;
        }
        sent
    };
    let (slowest, sent) = tokio::join!(slowest(&mut others, 50), flood);
    assert!(slowest < NOTICEABLE, "{slowest:?}");
    assert!(sent < 5000, "it was let through");
    server.wait_for_connections(2).await;
}

/// A message that never ends, in frames with nothing in them: the library shows none of them, and each costs six bytes.
#[tokio::test]
async fn empty_frames_of_an_endless_message_are_counted() {
    let server = start(config()).await;
    let mut others = pair(&server, "r").await;
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    let upgrade = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                   sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    // The first frame comes with the request, so that nobody who counts begins in the wrong place.
    let mut begin = format!("GET /ws HTTP/1.1\r\nhost: test\r\n{upgrade}\r\n").into_bytes();
    begin.extend([0x01, 0x80, 0, 0, 0, 0]);
    stream.write_all(&begin).await.unwrap();
    let (mut reading, mut writing) = stream.into_split();
    let empty = [0x00, 0x80, 0, 0, 0, 0].repeat(1000);
    let flood = async {
        let mut frames = 0;
        while frames < 7_000_000 && writing.write_all(&empty).await.is_ok() {
            frames += 1000;
        }
        frames
    };
    let answer = async {
        let mut answer = Vec::new();
        let _ = reading.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    };
    let begin = Instant::now();
    let (frames, answer) = tokio::join!(flood, answer);
    assert!(frames < 1_000_000, "{frames} frames went through in {:?}", begin.elapsed());
    assert!(answer.contains("rate-limited"), "{answer}");
    assert!(slowest(&mut others, 20).await < NOTICEABLE);
    server.wait_for_connections(2).await;
}

#[tokio::test]
async fn a_frame_that_says_it_is_huge_is_not_waited_for() {
    let server = start(config()).await;
    let mut others = pair(&server, "r").await;
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    let upgrade = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                   sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    stream.write_all(format!("GET /ws HTTP/1.1\r\nhost: test\r\n{upgrade}\r\n").as_bytes()).await.unwrap();
    // A masked text frame of 2^62 bytes.
    let mut frame = vec![0x81, 0xff];
    frame.extend((1_u64 << 62).to_be_bytes());
    frame.extend([0; 4]);
    stream.write_all(&frame).await.unwrap();
    server.wait_for_connections(2).await;
    assert!(slowest(&mut others, 20).await < NOTICEABLE);
}

#[tokio::test]
async fn silent_sockets_are_hung_up_on() {
    let server = start(Config { heartbeat: Duration::from_millis(200), ..config() }).await;
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(server.connect().await);
    }
    server.wait_for_connections(0).await;
}
