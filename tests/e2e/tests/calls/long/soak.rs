//! Two hundred visits to a room, some of them with a lost socket in the middle, leave nothing behind.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;
use visavis_e2e::call::{join, sees, sees_and_hears};
use visavis_e2e::relay::pass_through;
use visavis_e2e::snapshot::Resources;
use visavis_e2e::{Browser, Page, Relay, RelayedServer, Server, Setup, Snapshot, tools};

/// Visits before the first measurement: caches fill, code is compiled.
const WARM_UP: u32 = 20;
/// All visits.
const VISITS: u32 = 200;
/// How many closed connections the browser may keep. Chromium never lets go of one that is closed between the end of
/// its gathering and the event that tells of it: that event is never fired, and holds the connection as long as the page
/// lives. On a busy machine this happens to some; if we held them, it would be every one.
const CLOSED_SLACK: u64 = (VISITS / 10) as u64;
/// How many counts in a row must be the same.
const CALM: u32 = 4;
/// How long after many visits the server may take no more offers for newcomers: a minute, and the time that making one takes.
const OFFERS_LIMITED: Duration = Duration::from_secs(75);
/// What the heap may grow by in all the measured visits: a kilobyte each, as much as measuring it varies.
const HEAP_SLACK: f64 = 180_000.0;

/// In and out `count` times, as quickly as the page can: there as soon as the other's picture is there.
const VISIT: &str = r"
const [count] = arguments;
const until = async test => {
  const begin = performance.now();
  for (;;) {
    const found = test();
    if (found) return found;
    if (performance.now() - begin > 20000) throw new Error(`never seen: ${test}`);
    await new Promise(done => setTimeout(done, 10));
  }
};
const room = document.querySelector('visavis-room');
const button = name => room.querySelector(`[data-control=${name}]`);
for (let i = 0; i < count; i++) {
  (await until(() => button('rejoin'))).click();
  await until(() => room.dataset.state === 'joined');
  await until(() => room.querySelector('[data-connection=connected] video')?.videoWidth > 0);
  button('leave').click();
  await until(() => room.dataset.state === 'left');
}
return true;
";

/// What a page keeps alive after the garbage is gone.
#[derive(Debug)]
struct Remains {
    heap: f64,
    wasm: u64,
    /// Connections that are closed and not collected; the counts are without them.
    closed: u64,
    counts: Vec<(&'static str, u64)>,
}

impl fmt::Display for Remains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "heap {:.0} kB, wasm {} kB", self.heap / 1e3, self.wasm / 1024)?;
        write!(f, ", {} closed connections", self.closed)?;
        self.counts.iter().try_for_each(|(what, count)| write!(f, ", {what} {count}"))
    }
}

async fn metric(page: &Page, name: &str) -> f64 {
    let metrics = page.cdp("Performance.getMetrics", json!({})).await;
    let all = metrics["metrics"].as_array().expect("a list");
    all.iter().find(|metric| metric["name"] == name).and_then(|metric| metric["value"].as_f64()).expect(name)
}

/// How many objects of a class are reachable, and how many of them are closed connections. The browser collects its
/// garbage first.
async fn objects(page: &Page, class: &str) -> (u64, u64) {
    let group = json!("remains");
    let expression = format!("{class}.prototype");
    let prototype =
        page.cdp("Runtime.evaluate", json!({ "expression": expression, "objectGroup": group })).await;
    let id = &prototype["result"]["objectId"];
    let found =
        page.cdp("Runtime.queryObjects", json!({ "prototypeObjectId": id, "objectGroup": group })).await;
    let count = json!({
        "objectId": found["objects"]["objectId"],
        "functionDeclaration":
            "function () { return [this.length, this.filter(one => one.signalingState === 'closed').length] }",
        "returnByValue": true,
    });
    let counts = page.cdp("Runtime.callFunctionOn", count).await["result"]["value"].clone();
    page.cdp("Runtime.releaseObjectGroup", json!({ "objectGroup": group })).await;
    (counts[0].as_u64().expect("a number"), counts[1].as_u64().expect("a number"))
}

/// What remains once nothing has changed for a while: the browser lets go of ended tracks in its own time, and what a
/// person is told in passing stands for some seconds.
async fn remains(page: &Page) -> Remains {
    let (mut seen, mut calm) = (count(page).await, 0);
    for _ in 0..20 {
        sleep(Duration::from_secs(3)).await;
        let now = count(page).await;
        calm = if now.counts == seen.counts { calm + 1 } else { 0 };
        seen = now;
        if calm == CALM {
            break;
        }
    }
    seen
}

async fn count(page: &Page) -> Remains {
    page.cdp("Performance.enable", json!({})).await;
    page.cdp("HeapProfiler.enable", json!({})).await;
    let (mut counts, mut all_closed) = (Vec::new(), 0);
    for class in ["RTCPeerConnection", "MediaStreamTrack", "MediaStream", "HTMLVideoElement", "WebSocket"] {
        let (count, closed) = objects(page, class).await;
        counts.push((class, count - closed));
        all_closed += closed;
    }
    for _ in 0..3 {
        page.cdp("HeapProfiler.collectGarbage", json!({})).await;
    }
    for name in ["JSEventListeners", "Nodes"] {
        // Whole numbers, and far below the limit of exact ones.
        let count = metric(page, name).await;
        counts.push((name, format!("{count:.0}").parse().expect("a whole number")));
    }
    let (heap, wasm) = (metric(page, "JSHeapUsedSize").await, page.snapshot().await.resources.memory);
    Remains { heap, wasm, closed: all_closed, counts }
}

/// In pieces, each well within what a driver lets a script take; meanwhile all sockets are cut every few visits.
async fn visit(page: &Page, count: u32, relay: &Relay) {
    for _ in 0..count / 20 {
        let visits = page.eval(VISIT, vec![json!(20)]);
        let done = tokio::select! {
            done = visits => done,
            () = cut_often(relay) => Value::Null,
        };
        assert_eq!(done, Value::Bool(true));
    }
}

async fn cut_often(relay: &Relay) {
    loop {
        sleep(Duration::from_secs(3)).await;
        relay.cut();
    }
}

/// What a closed connection that the browser keeps holds in turn: the other's voice and picture.
fn held_by_one_closed(what: &str) -> u64 {
    match what {
        "MediaStreamTrack" => 2,
        "MediaStream" => 1,
        _ => 0,
    }
}

/// Nothing is held any more, and nothing is there that was not there after the warm-up.
fn assert_flat(page: &Page, before: &Remains, after: &Remains) {
    let (name, visits) = (page.name(), VISITS - WARM_UP);
    println!("{name} before {visits} visits: {before}\n{name} after: {after}");
    for ((what, before), (_, now)) in before.counts.iter().zip(&after.counts) {
        let slack = after.closed * held_by_one_closed(what);
        assert!(*now <= before + slack, "{name}: {what}: {before} before {visits} visits, {now} after");
    }
    assert!(after.closed <= CLOSED_SLACK, "{name}: closed connections are kept: {after}");
    assert!(before.wasm > 0, "{name}: the memory of the program was not seen");
}

/// Whoever is in a room has two connections ready for the next newcomer: the offer that lies with the server, and one to
/// answer with.
async fn awaits_a_newcomer(page: &Page) {
    let is_ready = |snapshot: &Snapshot| {
        let Resources { connections, prepared, .. } = snapshot.resources;
        snapshot.others().count() == 0 && connections == 0 && prepared == 2
    };
    page.within(OFFERS_LIMITED, "to be alone, and ready for a newcomer", is_ready).await;
}

/// Ben's visits after the warm-up, and what then remains of both.
async fn measured_visits(ann: &Page, ben: &Page, relay: &Relay, before: &[Remains; 2]) -> [Remains; 2] {
    visit(ben, VISITS - WARM_UP, relay).await;
    awaits_a_newcomer(ann).await;
    ben.wait_until("to hold nothing", |snapshot| {
        snapshot.resources.connections == 0
            && snapshot.resources.prepared == 0
            && snapshot.resources.tracks.is_empty()
            && snapshot.resources.videos == 0
    })
    .await;
    let after = [remains(ann).await, remains(ben).await];
    for ((page, before), after) in [ann, ben].into_iter().zip(before).zip(&after) {
        assert_flat(page, before, after);
    }
    after
}

/// Whether the memory of one of the programs grew, or what the browser keeps for it.
fn grew(before: &[Remains; 2], after: &[Remains; 2]) -> bool {
    let one =
        |before: &Remains, after: &Remains| after.wasm > before.wasm || after.heap - before.heap > HEAP_SLACK;
    before.iter().zip(after).any(|(before, after)| one(before, after))
}

#[tokio::test]
async fn two_hundred_visits_leave_nothing_behind() {
    // What a page keeps, to repeat it after a lost socket, it lets go of at each heartbeat: with short ones it has kept as
    // much as it ever will before the first measurement.
    let site =
        RelayedServer::start(Server::with(tools::dist(), &["--heartbeat", "2"]).await, pass_through).await;
    let browser = Browser::start(Setup::small_chrome()).await;
    let (ann, ben) = (browser.open("Ann", &site.url()).await, browser.open("Ben", &site.url()).await);
    join(&ann, "tea").await;
    join(&ben, "tea").await;
    sees(&ben, &["Ann"]).await;
    ben.press("leave").await;
    ben.wait_until("to be out", |snapshot| snapshot.state == "left").await;

    visit(&ben, WARM_UP, &site.relay).await;
    awaits_a_newcomer(&ann).await;
    let before = [remains(&ann).await, remains(&ben).await];
    let after = measured_visits(&ann, &ben, &site.relay, &before).await;
    if grew(&before, &after) {
        // The program's memory grows by pages of 64 kB, and once in some runs a peak needs one more than any before it; the
        // heap grew by half a megabyte in one run of many, with nothing more in it that could be counted. What leaks
        // 400 bytes in a visit, as one forgotten future does, needs as much again for as many visits again.
        let later = measured_visits(&ann, &ben, &site.relay, &after).await;
        assert!(!grew(&after, &later), "the memory of a program grows and grows: {after:?}; {later:?}");
    }

    ben.press("rejoin").await;
    sees_and_hears(&ben, &["Ann"]).await;
    sees_and_hears(&ann, &["Ben"]).await;
}
