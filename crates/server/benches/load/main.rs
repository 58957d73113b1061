//! Ten thousand people in a thousand rooms, against a real `visavis-server` on this machine, with all of its bounds: they
//! come from 2500 addresses of 127.0.0.0/8.
//!
//! ```sh
//! cargo bench -p visavis-server --bench load
//! cargo bench -p visavis-server --bench load -- 2000 200    # people, rooms
//! ```
//!
//! It prints what a connection costs the server in memory, how long a relayed message takes, and that somebody who
//! does not read delays nobody in another room. Linux only: it reads `/proc`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod client;
mod server;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::client::{Client, Latencies, offer};
use crate::server::Server;

/// How many connect at the same time.
const CONNECTING: usize = 64;
/// A heartbeat and a bit: after that the server keeps nothing that the newcomers have heard.
const CALM: Duration = Duration::from_secs(12);
/// How long each measurement takes.
const MEASURE: Duration = Duration::from_secs(15);
/// Relayed messages per second, in all rooms together. One in six is a description, the others are candidates.
const PER_SECOND: u32 = 5000;

#[tokio::main]
async fn main() {
    let (people, rooms) = wanted();
    rlimit::increase_nofile_limit(u64::MAX).unwrap();
    let server = Server::start(people, people.div_ceil(rooms));
    let empty = server.memory();
    let latencies = Arc::new(Latencies::default());

    let begin = Instant::now();
    let clients = Arc::new(join_all(&server, &latencies, people, rooms).await);
    println!("{people} people entered {rooms} rooms in {:.1} s", begin.elapsed().as_secs_f64());
    sleep(CALM).await;
    println!("{}", per_connection("at rest", server.memory(), empty, people));

    let busy = measure(&clients, rooms, &latencies).await;
    println!("relay of {PER_SECOND} messages a second: {busy}");
    println!("{}", per_connection("after that", server.memory(), empty, people));

    let slow = tokio::spawn(stall(server.url()));
    let beside = measure(&clients, rooms, &latencies).await;
    println!("the same beside somebody who does not read: {beside}");
    let (seconds, megabytes) = slow.await.unwrap();
    println!("who does not read was cut off after {seconds:.1} s and {megabytes:.1} MB");
    println!("at the end: {}", server.health().await);
    latencies.finished.store(true, Ordering::Relaxed);
}

/// People and rooms, from the command line. Cargo adds `--bench`.
fn wanted() -> (usize, usize) {
    let mut numbers = std::env::args().skip(1).filter_map(|word| word.parse().ok());
    (numbers.next().unwrap_or(10_000), numbers.next().unwrap_or(1_000))
}

fn per_connection(when: &str, now: u64, empty: u64, people: usize) -> String {
    let each = now.saturating_sub(empty) as f64 / people as f64 / 1024.0;
    let [now, empty] = [now, empty].map(|bytes| bytes as f64 / 1024.0 / 1024.0);
    format!("memory {when}: {now:.0} MB, {empty:.0} MB of them for nobody: {each:.1} KB for each connection")
}

/// Everybody connects and joins. Clients of one room stand one after the other.
async fn join_all(server: &Server, latencies: &Arc<Latencies>, people: usize, rooms: usize) -> Vec<Client> {
    let places = Arc::new(Semaphore::new(CONNECTING));
    let joining = (0..people).map(|n| {
        let (url, latencies, places) = (server.url(), Arc::clone(latencies), Arc::clone(&places));
        tokio::spawn(async move {
            let _place = places.acquire().await.unwrap();
            Client::join(&url, &format!("room {}", n * rooms / people), n, latencies).await
        })
    });
    let mut clients = Vec::with_capacity(people);
    for client in joining.collect::<Vec<_>>() {
        clients.push(client.await.unwrap());
    }
    clients
}

/// Lets people of all rooms send to each other for a while; says how long the messages took.
async fn measure(clients: &Arc<Vec<Client>>, rooms: usize, latencies: &Latencies) -> String {
    latencies.take();
    let sent = latencies.sent.load(Ordering::Relaxed);
    let mut ticks = interval(Duration::from_millis(10));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (begin, each_tick, room) = (Instant::now(), PER_SECOND as usize / 100, clients.len() / rooms);
    let mut n = 0;
    while begin.elapsed() < MEASURE {
        ticks.tick().await;
        for _ in 0..each_tick {
            // Over all rooms in turn, and round the people of each.
            let (first, turn) = (n % rooms * room, n / rooms);
            let (from, to) = (&clients[first + turn % room], &clients[first + (turn + 1) % room]);
            from.send_to(to, n % 6 == 0, latencies);
            n += 1;
        }
    }
    sleep(Duration::from_secs(1)).await;
    latencies.report(latencies.sent.load(Ordering::Relaxed) - sent)
}

/// Somebody who joins and never reads, and somebody who sends to them all they may. How long it takes until the server
/// has enough, and how much was sent.
async fn stall(url: String) -> (f64, f64) {
    let slow = client::open(&url, "the slow room", 1_000_000).await;
    let mut loud = client::open(&url, "the slow room", 1_000_001).await;
    let large = offer(&client::id_of(1_000_000), &"x".repeat(150_000));
    let (begin, mut bytes) = (Instant::now(), 0);
    while begin.elapsed() < MEASURE {
        bytes += large.len();
        if client::send_until_left(&mut loud, &large).await {
            break;
        }
        sleep(Duration::from_millis(if bytes < 7_000_000 { 1 } else { 160 })).await;
    }
    drop(slow);
    (begin.elapsed().as_secs_f64(), bytes as f64 / 1024.0 / 1024.0)
}
